"""Saved audiences at the desk, and the list of whom a planned batch reaches."""

from __future__ import annotations

import pytest

from app.chasing.filters import Filter
from app.editions.current import EditionView
from app.registry.entities import find_by_code
from app.reminders.saved_audiences import list_saved
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact
from tests.registry_rows import CODES

LIST = "/gestione/risposte"
AUDIENCES = "/gestione/promemoria/destinatari"
NEW = f"{AUDIENCES}/nuovo"
CHOSEN = "provincia=TN&attivita=quiet&attivita_giorni=7"


@pytest.fixture
def reachable(edition: EditionView) -> EditionView:
    for code in CODES[:-1]:
        entity = find_by_code(code)
        assert entity is not None
        add_contact(entity.id, "social_services", f"u{code}@example.org")
    return edition


def save(person: Person, page: Screen, name: str) -> Screen:
    (form,) = [one for one in page.forms() if "nome" in one.offered]
    return person._send(form, {"nome": name}, None)


def test_a_filter_is_kept_counted_used_renamed_and_taken_away(edition: EditionView, coordinator: Person) -> None:
    assert "Non ci sono ancora gruppi." in coordinator.get(AUDIENCES).text
    listed = coordinator.get(f"{LIST}?provincia=TN")
    form = coordinator.get(listed.links()["Salva come gruppo"])
    assert "Provincia: TN" in form.text
    kept = save(coordinator, form, "Trentini")
    assert (kept.path, "Trentini 1 ente" in kept.text) == (AUDIENCES, True)
    assert kept.links()["Vedi gli enti: Trentini"] == f"{LIST}?provincia=TN"
    planned = coordinator.get(kept.links()["Promemoria: Trentini"])
    assert planned.links()["Trentini"].startswith("/gestione/promemoria/nuovo?passo=chi&provincia=TN")
    renamed = save(coordinator, coordinator.get(kept.links()["Rinomina: Trentini"]), "Del Trentino")
    gone = coordinator.press(renamed, "Togli", "Del Trentino")
    assert ("«Del Trentino» non è più fra i gruppi." in gone.text, list_saved()) == (True, [])
    assert "Del Trentino 1 ente" in coordinator.press(gone, "Rimettilo fra i gruppi").text


def test_what_cannot_be_kept_comes_back_with_its_error(edition: EditionView, coordinator: Person) -> None:
    form = coordinator.get(f"{NEW}?{CHOSEN}")
    assert "Nessuna attività da almeno 7 giorni" in form.text
    refused = save(coordinator, form, "  ")
    assert (refused.status, "Scrivi un nome" in refused.text) == (422, True)
    save(coordinator, refused, "Fermi")
    twice = save(coordinator, coordinator.get(f"{NEW}?{CHOSEN}"), "FERMI")
    assert (twice.status, "C'è già un gruppo con questo nome" in twice.text) == (422, True)
    empty = save(coordinator, coordinator.get(NEW), "Tutti")
    assert (empty.status, "Scegli prima almeno un filtro" in empty.text) == (422, True)
    assert [(row.name, row.filter) for row in list_saved()] == [
        ("Fermi", Filter(province="TN", activity="quiet", activity_days=7))
    ]
    assert coordinator.get(f"{AUDIENCES}/999").status == 404


def test_the_steps_count_and_list_whom_the_batch_reaches(reachable: EditionView, coordinator: Person) -> None:
    step = coordinator.get(f"/gestione/promemoria/nuovo?senza={CODES[0]}&lingua_ente=it")
    reached = coordinator.get(step.links()["Elenco di chi lo riceve"])
    left_out = coordinator.get(step.links()["Elenco degli enti esclusi"])
    assert "Esclusi a mano" in left_out.text
    shown = [code for code in CODES if code in reached.text]
    assert CODES[0] not in shown
    assert f"{len(shown)} enti" in step.text
    assert step.links()["Elenco di chi lo riceve"].count("lingua_ente=it") == 1
    confirm = coordinator.get(f"/gestione/promemoria/nuovo?passo=conferma&senza={CODES[0]}&lingua_ente=it")
    assert f"{len(shown)} enti" in confirm.text


def test_a_criterion_that_an_address_breaks_asks_nothing(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get(
        f"{LIST}?da=90&a=10&attivita=quiet&messaggio=before&lingua_ente=xx&precedente=maybe&ultimo_canale=fax"
    )
    assert (page.status, "Filtri attivi" in page.text) == (200, False)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("da=40&a=60", "Avanzamento dal 40 al 60 %"),
        ("attivita=recent&attivita_giorni=1", "Attività nell'ultimo giorno"),
        ("messaggio=none", "Nessun promemoria in questa edizione"),
        ("messaggio=before&messaggio_giorni=10", "Ultimo promemoria da almeno 10 giorni"),
        ("ultimo_canale=pec", "Ultimo promemoria: PEC spedita dal programma"),
        ("lingua_ente=de", "Lingua: tedesco"),
        ("precedente=no", "Nell'edizione precedente: non aveva risposto"),
        ("problema=extension", "Con una proroga propria"),
    ],
)
def test_each_part_is_told_and_can_be_taken_away(edition: EditionView, coordinator: Person, query: str, words: str) -> None:
    page = coordinator.get(f"{LIST}?regione=04&{query}")
    assert page.links()[f"Togli il filtro: {words} ×"] == f"{LIST}?regione=04"
