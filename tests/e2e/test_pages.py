"""Every page that anybody can open, and each of the entity's own, in a real browser: accessible, fitting, at two widths."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page

from app.accounts.sessions import open_session
from app.editions.current import edition_by_code
from app.extensions import db
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.live_site import Site
from tests.roles.world import SESSION_COOKIE, Owner, add_owner

PUBLIC = (
    "/",
    "/accedi",
    "/accedi/link",
    "/accedi/codice",
    "/accedi/richiesta",
    "/questionario",
    "/aiuto",
    "/privacy",
    "/accessibilita",
    "/contatti",
    "/attiva/consumato",
    "/manca",
)
OWN = (
    "/compila",
    "/compila/B",
    "/compila/B/2",
    "/compila/C",
    "/compila/S",
    "/compila/P",
    "/compila/E",
    "/compila/centri/{centri}",
    "/compila/pratiche/{pratiche}",
    "/compila/pratiche/{pratiche}/2",
    "/compila/conflitti",
    "/compila/verifica",
    "/compila/bozza",
    "/ricevuta",
    "/ricevuta/1/copia",
    "/storico",
    "/operatore",
)
SIZES = {"narrow": browsers.NARROW, "wide": browsers.WIDE}
NARROWEST = {"width": 320, "height": 640}
# Pages look the same on both databases; the journeys run on both.
pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def owner(site: Site) -> Owner:
    """A municipality whose response has a centre and a practice and was sent once."""
    app = site.application()
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        made = add_owner("068038", "Ginepro", edition, dt.datetime.now(dt.UTC))
        db.engine.dispose()
    return made


def session_cookie(site: Site, owner: Owner) -> dict[str, str]:
    app = site.application()
    with app.app_context():
        token = open_session(owner.entity_id, dt.datetime.now(dt.UTC), operator_id=owner.operator_id)
        db.session.commit()
        db.engine.dispose()
    return {"name": SESSION_COOKIE, "value": token, "url": site.url}


def inspect(page: Page, name: str) -> None:
    browsers.assert_fits(page)
    browsers.assert_accessible(page)
    assert page.locator("h1").count() == 1
    browsers.shoot(page, name)
    if page.viewport_size == browsers.NARROW:
        page.set_viewport_size(NARROWEST)
        browsers.assert_fits(page)
        page.set_viewport_size(browsers.NARROW)


@pytest.mark.parametrize("size", SIZES)
def test_public_pages_are_accessible(open_page: OpenPage, size: str) -> None:
    page = open_page("/", viewport=SIZES[size])
    for path in PUBLIC:
        page.goto(path)
        inspect(page, f"page {size} {path if path != '/' else 'home'}")


@pytest.mark.parametrize("size", SIZES)
def test_the_entitys_pages_are_accessible(site: Site, owner: Owner, open_page: OpenPage, size: str) -> None:
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([session_cookie(site, owner)])
    for pattern in OWN:
        path = pattern.format(**owner.items)
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        assert page.url == site.url + path, f"{path} led to {page.url}"
        inspect(page, f"page {size} {pattern}")


def test_the_language_switch_stays_on_the_page_and_is_remembered(open_page: OpenPage) -> None:
    page = open_page("/aiuto")
    italian = page.locator("h1").inner_text()
    page.get_by_text("English", exact=True).click()
    page.wait_for_load_state()
    assert page.url.endswith("/aiuto")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() != italian
    page.goto("/privacy")
    assert page.locator("html").get_attribute("lang") == "en"
    browsers.assert_accessible(page)


def test_the_first_tab_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/aiuto")
    page.keyboard.press("Tab")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    assert target.startswith("#")
    assert page.evaluate("id => document.querySelector(id).contains(document.querySelector('h1'))", target)


def test_nothing_is_fetched_from_elsewhere(site: Site, open_page: OpenPage) -> None:
    asked: list[str] = []
    page = open_page("/")
    page.on("request", lambda request: asked.append(request.url))
    for path in PUBLIC:
        page.goto(path)
    assert asked
    assert not [url for url in asked if not url.startswith((site.url, "data:"))]
