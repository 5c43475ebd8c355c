"""The public list and a practice's page in a real browser: by keyboard, without JavaScript, shared and printed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from app.extensions import db
from tests.e2e.conftest import OpenPage
from tests.live_site import Demos, Site
from tests.public_practices import clear_practices, publish_samples

# Pages look the same on both databases.
pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, demos: Demos) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, with practices published."""
    with demos.site(request.param) as site:
        with site.application().app_context():
            clear_practices()
            publish_samples(dt.datetime.now(dt.UTC))
            db.session.remove()
            db.engine.dispose()
        yield site


def test_the_list_is_filtered_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page("/pratiche")
    page.get_by_label("Cerca nel testo").focus()
    page.keyboard.type("ludotèca")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label(re.compile("^2025 ")).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pratiche?q=*anno=2025*")
    expect(page.get_by_role("heading", name="10 schede")).to_be_visible()
    page.get_by_role("link", name="Togli il filtro: Anno: 2025").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/pratiche[?]q=[^&]*$"))
    expect(page.get_by_role("heading", name="29 schede")).to_be_visible()


def test_the_list_needs_no_script(open_page: OpenPage) -> None:
    page = open_page("/pratiche", java_script_enabled=False)
    page.get_by_text("Filtri", exact=True).click()
    page.locator("label[for=anno-2024]").click()
    page.get_by_role("button", name="Applica i filtri").click()
    expect(page.get_by_role("heading", name="10 schede")).to_be_visible()
    page.get_by_role("link", name="Tabella").click()
    assert page.locator("tbody tr").count() == 10
    page.locator("tbody a").first.click()
    expect(page.locator("h1")).to_have_text("Ludoteca")
    expect(page.locator("h1")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Copia")).to_be_hidden()
    assert page.get_by_label("Indirizzo di questa scheda").input_value() == page.url


def test_the_address_of_a_practice_is_copied(open_page: OpenPage) -> None:
    page = open_page("/pratiche")
    page.locator("h3 a").first.click()
    page.get_by_role("button", name="Copia").click()
    expect(page.get_by_role("status")).to_have_text("Copiato")
    box = page.get_by_label("Indirizzo di questa scheda")
    page.evaluate("document.querySelector('#indirizzo').removeAttribute('readonly')")
    box.fill("")
    box.focus()
    page.keyboard.press("Control+V")
    expect(box).to_have_value(page.url)


def test_a_page_that_the_browser_kept_is_asked_for_again_and_not_sent(open_page: OpenPage) -> None:
    page = open_page("/pratiche")
    with page.expect_response("**/pratiche") as asked:
        page.goto("/pratiche")
    assert asked.value.request.all_headers().get("if-none-match") or asked.value.status == 304


def test_the_menu_leads_to_the_list_and_back(open_page: OpenPage) -> None:
    page = open_page("/aiuto")
    menu = page.get_by_role("navigation", name="Pagine pubbliche")
    menu.get_by_role("link", name="Buone pratiche").click()
    page.wait_for_url("**/pratiche")
    expect(menu.get_by_role("link", name="Buone pratiche")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/pratiche")
    expect(page.locator("html")).to_have_attribute("lang", "en")
