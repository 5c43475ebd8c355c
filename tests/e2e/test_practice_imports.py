"""A map of an earlier edition comes in, and a Region's initiative, in a real browser, by mouse and on a telephone's width."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.desk import sit_down
from tests.live_site import Site
from tests.practices.importing.files import feature, umap

PAGE = "/gestione/pratiche/importa"
SAVE = "main .page-actions button[type=submit]"
LONG = "San Valentino in Abruzzo Citeriore, una buona pratica con un titolo che non finisce mai davvero"


def old_map() -> bytes:
    return umap(
        **{
            "Attività a favore dell'infanzia": [feature("Nido aperto", description="<b>Comune di Firenze</b>"), feature(LONG)],
            "Attività a favore della natalità": [feature("Pacco nascita", None), feature("Da lasciare fuori", None)],
        }
    )


@pytest.mark.parametrize("way", ["mouse", "telephone"])
def test_a_map_comes_in_with_what_was_not_sure_settled(site: Site, open_page: OpenPage, way: str) -> None:
    person = sit_down(site, open_page, way, "coordinator")
    person.goes_to(PAGE)
    person.page.set_input_files("#file", [{"name": f"{way}.umap", "mimeType": "application/json", "buffer": old_map()}])
    person.types("edition", "2017")
    person.types("year", "2017" if way == "mouse" else "2018")
    person.presses("main form .button-row button[type=submit]")
    person.reads("Come si legge il file")
    person.shoots("import meaning")
    person.presses(SAVE)
    person.reads("Entrano 2 pratiche.")
    person.shoots("import preview")
    person.presses('main a[href*="stato=unmatched"]')
    person.presses("main .sheet-name a >> nth=0")
    person.types("q", "fiesole")
    person.presses("main form[role=search] button[type=submit]")
    person.shoots("import feature")
    person.chooses("ente", "048015")
    person.presses(SAVE)
    person.chooses("ente", "-")
    person.presses(SAVE)
    person.presses(f"{SAVE}")
    person.reads("Scegli che cosa succede ora.")
    person.chooses("esame", "coda")
    person.presses(SAVE)
    person.reads("Sono entrate 3 pratiche.")
    person.shoots("import done")
    person.presses("main .post-button button")
    person.reads("Tolte 3 pratiche.")
    person.goes_to(PAGE)
    person.shoots("imports")


def test_a_regions_person_enters_an_initiative(site: Site, open_page: OpenPage) -> None:
    person = sit_down(site, open_page, "telephone", "territory", "09")
    person.goes_to("/gestione/pratiche/iniziative/nuova")
    person.types("title", "Piano per le famiglie")
    person.picks("area", "families")
    person.presses("main form .button-row button[type=submit]")
    person.reads("Scrivi due frasi.")
    person.shoots("initiative refused")
    person.types("description", "Contributi ai Comuni.")
    person.presses("main form .button-row button[type=submit]")
    person.reads("Piano per le famiglie")
    person.shoots("initiatives")
    person.presses("main .post-button button")
    person.reads("non è più sul sito")
