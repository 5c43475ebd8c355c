"""The states that are easily forgotten, in a real browser: two answers to decide between, an entity's closed survey, its paper.

Pages look the same on both databases; here SQLite is enough.
"""

from __future__ import annotations

import datetime as dt

import pytest

from app.editions.current import edition_by_code
from app.editions.lifecycle import move_edition
from app.extensions import db
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import response_by_id
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.e2e.test_pages import OWN, SIZES, inspect, session_cookie
from tests.e2e.walk import CONTINUE
from tests.live_site import Site
from tests.roles.world import Owner, add_owner

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def owner(site: Site) -> Owner:
    app = site.application()
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        made = add_owner("021008", "Ginepro", edition, dt.datetime.now(dt.UTC))
        db.engine.dispose()
    return made


def answer_as_a_colleague(site: Site, owner: Owner, base: int, text: str, session: str) -> None:
    """Another browser of the same entity answers E02, having seen the revision `base`."""
    app = site.application()
    with app.app_context():
        response = response_by_id(owner.response_id)
        assert response is not None
        author = Author(owner.operator_id, session * 64)
        operation = Operation("set", question="E02", base=base, value=text)
        apply(response, [operation], author, dt.datetime.now(dt.UTC), save_id=f"colleague-{session}")
        db.engine.dispose()


def test_two_answers_stand_side_by_side_until_somebody_chooses(site: Site, owner: Owner, open_page: OpenPage) -> None:
    answer_as_a_colleague(site, owner, 1, "Servono educatori", "b")
    answer_as_a_colleague(site, owner, 1, "Servono spazi", "c")
    page = open_page("/")
    page.context.add_cookies([session_cookie(site, owner)])
    person = Person(page, keyboard=True, pictures="conflict")
    person.goes_to("/compila")
    person.presses('main a[href="/compila/conflitti"]')
    person.presses('main a[href^="/compila/E"]')
    person.reads("Servono educatori")
    person.reads("Servono spazi")
    person.goes_to("/compila/verifica")
    person.chooses("dichiarazione", "1")
    person.presses("form.declaration button[type=submit]")
    person.is_at("/compila/verifica")
    person.goes_to("/compila/E")
    options = page.locator('[name="E02.scelta"]')
    values = [options.nth(index).get_attribute("value") or "" for index in range(options.count())]
    assert len(values) >= 3
    person.chooses("E02.scelta", values[1])
    person.presses(CONTINUE)
    person.goes_to("/compila/conflitti")
    assert page.locator('main a[href^="/compila/E"]').count() == 0


def test_paper_has_no_navigation(site: Site, owner: Owner, open_page: OpenPage) -> None:
    page = open_page("/")
    page.context.add_cookies([session_cookie(site, owner)])
    page.emulate_media(media="print")
    for path in ("/compila/bozza", "/ricevuta/1/copia", "/questionario"):
        page.goto(path)
        for hidden in ("header nav", "footer", ".document-tools"):
            for index in range(page.locator(hidden).count()):
                assert not page.locator(hidden).nth(index).is_visible(), f"{hidden} is printed on {path}"
        browsers.show(page, f"print {path}")
    page.goto("/compila/bozza")
    assert "BOZZA" in page.locator("body").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_a_closed_survey_can_be_read_and_not_changed(site: Site, owner: Owner, open_page: OpenPage, size: str) -> None:
    app = site.application()
    with app.app_context():
        edition = edition_by_code("demo")
        if edition is not None and edition.state == "open":
            move_edition("demo", "closed", actor="test", now=dt.datetime.now(dt.UTC))
        db.engine.dispose()
    page = open_page("/", viewport=SIZES[size])
    inspect(page, f"closed {size} home")
    page.context.add_cookies([session_cookie(site, owner)])
    for pattern in OWN:
        if "{thread}" in pattern:  # this entity has none
            continue
        response = page.goto(pattern.format(**owner.items))
        assert response is not None
        assert response.status == 200, pattern
        inspect(page, f"closed {size} {pattern}")
        if not pattern.startswith(("/operatore", "/ente", "/messaggi")):  # people, addresses, messages: all year
            saving = page.locator('main form[method="post"] button[type="submit"]:visible')
            assert saving.count() == 0, f"{pattern} offers to save in a closed survey"
