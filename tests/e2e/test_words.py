"""Texts in four languages at the desk, and the message as its reader sees it, in a real browser at two widths."""

from __future__ import annotations

import pytest

from app.registry.languages import LANGUAGES
from app.reminders.library import texts_that_ship, words
from app.reminders.wording import Prepared, fill_late
from tests.browser import assert_fits, shoot
from tests.e2e.conftest import OpenPage
from tests.e2e.desk import sit_down
from tests.live_site import Site

TEXTS = "/gestione/promemoria/testi"
WAYS = [("sqlite", "mouse"), ("sqlite", "telephone")]
VALUES = {"ente": "Arnad (AO)", "edizione": "Ricognizione 2026", "scadenza": "30. 4. 2026", "giorni": "12", "apertura": "1"}
VALUES |= {"contatti": "Segreteria: segreteria@example.org", "avanzamento": "40 %", "durata": "20"}
LATE = {"mancano": "A, B", "minuti": "15", "stop": "https://ricognizione.example.org/promemoria/1"}


@pytest.mark.parametrize(("site", "way"), WAYS, indirect=["site"], scope="module")
def test_the_texts_are_read_and_copied(site: Site, open_page: OpenPage, way: str) -> None:
    person = sit_down(site, open_page, way, "coordinator")
    person.goes_to(site.url + TEXTS)
    person.reads("Risultati pubblicati")
    person.shoots("texts")
    for language in LANGUAGES:
        person.goes_to(f"{site.url}{TEXTS}/0/anteprima?in={language}")
        person.shoots(f"preview {language}")
    person.goes_to(site.url + TEXTS)
    person.presses(f'form[action="{TEXTS}/-3/copia"] button')
    person.reads("Altre lingue")
    person.shoots("text")
    person.goes_to(f"{site.url}/gestione/enti/021008")
    person.reads("Tedesco")
    person.shoots("entity language")
    person.page.set_viewport_size({"width": 360 if way == "telephone" else 1280, "height": 800})
    with site.application().test_request_context():
        for language in LANGUAGES:
            text = texts_that_ship(language)["reminder"]["draft"]
            tail = f"{words(language)['stop_how']}\n{{stop}}"
            written = Prepared(text, language, words(language)["button"], tail).write(VALUES)
            html = fill_late(written.html, LATE, html=True)
            person.page.set_content(html.replace("{link}", "https://ricognizione.example.org/accedi?ente=007003"))
            assert person.page.locator("html").get_attribute("lang") == language
            assert_fits(person.page)
            shoot(person.page, f"message {language} {way}")
