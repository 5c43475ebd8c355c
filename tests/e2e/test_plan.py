"""The plan of an edition in a real browser: proposed, looked at, changed with a mistake, approved, paused; and moved dates that
say first what they do."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.desk import sit_down, turns_to
from tests.live_site import Site

PLAN = "/gestione/promemoria/piano"
SAVE = 'form[action^="/gestione/promemoria/piano/"] p.button-row button'


@pytest.mark.parametrize(("site", "way"), [("sqlite", "mouse"), ("sqlite", "telephone")], indirect=["site"], scope="module")
def test_a_plan_is_made_and_approved(site: Site, open_page: OpenPage, way: str) -> None:
    person = sit_down(site, open_page, way, "coordinator")
    turns_to(person, "/gestione/promemoria")
    person.presses(f'main a[href="{PLAN}"]')
    if person.page.locator(f'form[action="{PLAN}/proponi"]').count():
        person.shoots("plan proposed")
        person.presses(f'form[action="{PLAN}/proponi"] button')
    person.reads("Sulla linea del tempo")
    person.shoots("plan")
    person.presses('main table a:has-text("Promemoria a 2 giorni") >> nth=0')
    person.shoots("plan step")
    person.types("giorni", "tanti")
    person.presses(SAVE)
    assert person.page.locator(".error-summary").count() == 1, "days are a number"
    person.shoots("plan step with a mistake")
    person.types("giorni", "3")
    person.presses(SAVE)
    person.reads("Modifiche salvate")
    if person.page.locator('form[action$="/approva"]').count():
        person.presses('form[action$="/approva"] button')
        person.reads("Approvato il")
        person.presses('form[action$="/ritira"] button')
    person.unfolds('details:has(form[action$="/pausa"])')
    person.presses('form[action$="/pausa"] button')
    assert person.page.locator(".error-summary").count() == 1, "a pause has a reason"
    person.page.fill("#motivo-pausa", "Si rivede il testo.")
    person.presses('form[action$="/pausa"] button')
    person.reads("In pausa")
    person.presses('form[action$="/riprendi"] button')
    person.reads("Previsto")
    person.shoots("plan step resumed")
    person.page.goto(f"{site.url}/gestione/edizioni/demo/modifica/date")
    person.looks()
    person.page.fill("#deadline_day", "2027-12-17")
    person.presses('main .page-actions button[value="salva"]')
    person.reads("Non è ancora salvato nulla")
    person.shoots("effects of other dates")
