"""Sheets of a repeated step: add, fill, details, duplicate, move, delete with undo, and what two people do to one."""

from __future__ import annotations

import pytest

from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reviewing import review_response
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import DETAILS, LEAVE, Person, Screen
from tests.fill.walk import SHORT_SHEET, add_practice, begin

DELETED = "Scheda eliminata. Se è stato un errore, la trovi in fondo alla pagina e puoi ripristinarla."
EDITED_MEANWHILE = "Un collega ha modificato questa scheda nel frattempo: decidi se tenerla o eliminarla."


def titles(screen: Screen) -> list[str]:
    """The titles of the sheets on the list, in order."""
    return [
        " ".join(one.text.split())
        for one in screen.page.all("a")
        if one.parent is not None and one.parent.attributes.get("class") == "sheet-name"
    ]


def removed(screen: Screen) -> list[str]:
    """The lines of the sheets that were deleted."""
    live = set(titles(screen))
    return [text for text in screen.texts("sheet-name") if not any(text.startswith(title) for title in live)]


@pytest.fixture
def three(person: Person) -> list[str]:
    """Three practices, as the addresses of their sheets."""
    begin(person)
    for title in ("Uno", "Due", "Tre"):
        shown = add_practice(person, P01=title)
    return [shown.links()[title] for title in ("Uno", "Due", "Tre")]


def test_the_empty_list_says_what_a_sheet_takes(person: Person) -> None:
    begin(person)
    page = person.get("/compila/P")
    assert page.heading == "Buone pratiche"
    assert titles(page) == []
    assert page.texts("empty") == [
        "Non hai ancora aggiunto nessuna buona pratica. "
        "Bastano cinque minuti: titolo, due frasi, a chi si rivolge e un contatto."
    ]
    assert page.links()["Continua"] == "/compila/E"


def test_a_sheet_is_added_filled_and_listed(person: Person, stored: Stored) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    assert empty.heading == "Nuova buona pratica"
    assert empty.value("P06") == ["municipality"]
    listed = person.send(empty, SHORT_SHEET)
    assert listed.path == "/compila/P"
    assert listed.texts("sheet-name") == ["Sportello di ascolto Completato"]
    assert person.get(empty.path).heading == "Sportello di ascolto"
    item = empty.path.rpartition("/")[2]
    answers = stored().document.answers
    assert {key: answers[f"{item}/{key}"].value for key in ("P01", "P02", "P04", "P15")} == {
        "P01": "Sportello di ascolto",
        "P02": {"code": "families"},
        "P04": {"codes": ["all"]},
        "P15": {"email": "sportello@example.org"},
    }


def test_the_details_stand_on_pages_of_their_own(person: Person) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    details = person.send(empty, SHORT_SHEET, DETAILS)
    assert (details.path, details.heading) == (f"{empty.path}/2", "Altri dettagli (facoltativi)")
    assert details.texts("page-place") == ["Sportello di ascolto"]
    assert details.questions() == ["P05", "P08", "P09", "P10", "P11", "P12", "P13", "P14"]
    typed = {"P05": ["listening"], "P09.from": "9/2025", "P09.state": "running", "P14.address": "via Roma 12"}
    assert person.send(details, typed).path == "/compila/P"
    again = person.get(details.path)
    assert {name: again.value(name) for name in typed} == {
        "P05": ["listening"],
        "P09.from": ["09/2025"],
        "P09.state": ["running"],
        "P14.address": ["via Roma 12"],
    }


def test_a_choice_that_another_answer_offers_follows_that_answer(person: Person) -> None:
    begin(person)
    details = person.send(person.press(person.get("/compila/P"), "Aggiungi una buona pratica"), SHORT_SHEET, DETAILS)
    offered = details.form().offered["P05"]
    assert offered == {"parenting", "listening", "mediation", "worklife", "other"}
    person.fill(details.path.removesuffix("/2"), {"P02": "childhood"})
    assert person.get(details.path).form().offered["P05"] == {"education", "fees", "newborn", "services", "other"}


def test_saving_and_leaving_a_half_filled_sheet_keeps_it(person: Person) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    assert person.send(empty, {"P01": "Banca del tempo"}, LEAVE).path == "/compila"
    assert dict(person.get("/compila").task_states())["Banca del tempo"] == "In corso"


def test_a_copy_stands_below_its_original_with_the_same_answers(person: Person, three: list[str]) -> None:
    listed = person.press(person.get("/compila/P"), "Duplica", "Due")
    assert titles(listed) == ["Uno", "Due", "Due", "Tre"]
    assert listed.alerts == ["Scheda duplicata: è subito sotto l’originale."]
    copies = [one.attributes["href"] for one in listed.page.all("a") if one.text.strip() == "Due"]
    original, copy = (person.get(path) for path in copies)
    assert original.path == three[1]
    assert copy.value("P03") == original.value("P03") == [SHORT_SHEET["P03"]]
    person.send(copy, {"P01": "Due bis"})
    assert titles(person.get("/compila/P")) == ["Uno", "Due", "Due bis", "Tre"]


def test_sheets_move_up_and_down(person: Person, three: list[str]) -> None:
    listed = person.press(person.get("/compila/P"), "Sposta su", "Tre")
    assert titles(listed) == ["Uno", "Tre", "Due"]
    assert listed.alerts == ["Scheda spostata."]
    assert titles(person.press(listed, "Sposta giù", "Uno")) == ["Tre", "Uno", "Due"]
    assert titles(person.press(person.get("/compila/P"), "Sposta giù", "Uno")) == ["Tre", "Due", "Uno"]
    assert titles(person.press(person.get("/compila/P"), "Sposta su", "Uno")) == ["Tre", "Uno", "Due"]
    buttons = [form.text for form in person.get("/compila/P").forms()]
    assert not any(text.startswith("Sposta su Tre") for text in buttons)
    assert not any(text.startswith("Sposta giù Due") for text in buttons)


def test_moving_passes_over_a_deleted_sheet(person: Person, three: list[str]) -> None:
    person.press(person.get("/compila/P"), "Elimina", "Due")
    assert titles(person.press(person.get("/compila/P"), "Sposta su", "Tre")) == ["Tre", "Uno"]
    assert titles(person.press(person.get("/compila/P"), "Sposta giù", "Tre")) == ["Uno", "Tre"]


def test_a_deleted_sheet_can_be_brought_back_where_it_was(person: Person, three: list[str]) -> None:
    listed = person.press(person.get("/compila/P"), "Elimina", "Due")
    assert titles(listed) == ["Uno", "Tre"]
    assert listed.alerts == [DELETED]
    assert removed(listed) == ["Due eliminata il 16 marzo 2026, 10:00"]
    assert "Due" not in person.get("/compila/bozza").text
    gone = person.get(three[1])
    assert gone.path == "/compila/P"
    assert gone.alerts == ["Questa scheda è stata eliminata. Se serve ancora, ripristinala."]
    back = person.press(gone, "Ripristina", "Due")
    assert titles(back) == ["Uno", "Due", "Tre"]
    assert back.alerts == ["Scheda ripristinata."]
    assert person.get(three[1]).value("P03") == [SHORT_SHEET["P03"]]


def test_no_sheet_is_added_at_the_maximum(person: Person, stored: Stored, author: Author, clock: Clock) -> None:
    begin(person)
    before = person.get("/compila/P")
    fill_up(stored, author, clock, 30)
    full = person.get("/compila/P")
    assert len(titles(full)) == 30
    assert "Hai raggiunto il numero massimo di schede." in full.alerts
    refused = "Hai raggiunto il numero massimo di schede: elimina quelle che non servono."
    assert not any("Aggiungi" in form.text for form in full.forms())
    assert refused in person.press(before, "Aggiungi una buona pratica").alerts
    assert refused in person.press(full, "Duplica", "Pratica 7").alerts
    assert len(titles(person.get("/compila/P"))) == 30


def test_no_sheet_is_brought_back_at_the_maximum(person: Person, stored: Stored, author: Author, clock: Clock) -> None:
    begin(person)
    fill_up(stored, author, clock, 30)
    person.press(person.get("/compila/P"), "Elimina", "Pratica 7")
    add_practice(person, P01="Al suo posto")
    refused = person.press(person.get("/compila/P"), "Ripristina", "Pratica 7")
    assert "Hai raggiunto il numero massimo di schede: elimina quelle che non servono." in refused.alerts
    assert len(titles(refused)) == 30
    assert review_response(stored()).item_problems == {}


def fill_up(stored: Stored, author: Author, clock: Clock, count: int) -> None:
    """Add practices 1 to `count` with their title."""
    items = [f"00000000-0000-4000-8000-{number:012d}" for number in range(1, count + 1)]
    operations = [Operation("add", item=item, step="P") for item in items]
    operations += [
        Operation("set", item=item, question="P01", value=f"Pratica {number}") for number, item in enumerate(items, 1)
    ]
    reply, _saved = apply(stored(), operations, author, clock(), save_id="filling")
    assert not reply.refused


def test_a_delete_against_a_colleagues_edit_asks(person: Person, three: list[str], new_person: NewPerson) -> None:
    colleague = new_person("Operatore B")
    stale = person.get("/compila/P")
    colleague.fill(three[1], {"P03": "Il collega ha riscritto."})
    asked = person.press(stale, "Elimina", "Due")
    assert asked.alerts == [EDITED_MEANWHILE]
    assert asked.texts("sheet-name")[1] == "Due Completato Da decidere"
    assert person.get("/compila/conflitti").links()["Due"] == "/compila/P"
    kept = person.press(asked, "Tieni la scheda", "Due")
    assert kept.alerts == ["La scheda resta."]
    assert titles(kept) == ["Uno", "Due", "Tre"]
    assert "Da decidere" not in kept.text
    assert person.get(three[1]).value("P03") == ["Il collega ha riscritto."]


def test_a_delete_against_a_colleagues_edit_may_win(person: Person, three: list[str], new_person: NewPerson) -> None:
    stale = person.get("/compila/P")
    new_person("Operatore B").fill(three[1], {"P03": "Il collega ha riscritto."})
    asked = person.press(stale, "Elimina", "Due")
    gone = person.press(asked, "Elimina la scheda", "Due")
    assert titles(gone) == ["Uno", "Tre"]
    assert "Da decidere" not in gone.text
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text


def test_deleting_after_ones_own_edit_asks_nothing(person: Person, three: list[str]) -> None:
    stale = person.get("/compila/P")
    person.fill(three[1], {"P03": "Io stesso ho riscritto."})
    assert titles(person.press(stale, "Elimina", "Due")) == ["Uno", "Tre"]


def test_an_edit_against_a_colleagues_delete_is_kept_and_asks(person: Person, three: list[str], new_person: NewPerson) -> None:
    stale = person.get(three[1])
    colleague = new_person("Operatore B")
    colleague.press(colleague.get("/compila/P"), "Elimina", "Due")
    after = person.send(stale, {"P03": "Nel frattempo ho scritto molto."})
    assert after.path == "/compila/P"
    assert after.alerts == ["Questa scheda era stata eliminata: quello che hai scritto è conservato. Decidi se ripristinarla."]
    assert removed(after) == ["Due eliminata il 16 marzo 2026, 10:00"]
    assert "È stata modificata dopo l'eliminazione: ripristinala se le modifiche servono." in after.text
    assert [one.attributes.get("open") for one in after.with_class("disclosure")] == [""]
    assert "Risposte da decidere" in person.get("/compila/verifica").text
    back = person.press(after, "Ripristina", "Due")
    assert titles(back) == ["Uno", "Due", "Tre"]
    assert person.get(three[1]).value("P03") == ["Nel frattempo ho scritto molto."]
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text


def test_an_edit_against_a_delete_may_give_way(person: Person, three: list[str], new_person: NewPerson) -> None:
    stale = person.get(three[1])
    colleague = new_person("Operatore B")
    colleague.press(colleague.get("/compila/P"), "Elimina", "Due")
    after = person.send(stale, {"P03": "Nel frattempo ho scritto molto."})
    gone = person.press(after, "Conferma l'eliminazione")
    assert titles(gone) == ["Uno", "Tre"]
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text


def test_a_stale_page_of_a_copy_does_not_fight_a_colleague(person: Person, three: list[str], new_person: NewPerson) -> None:
    listed = person.press(person.get("/compila/P"), "Duplica", "Due")
    copy = [one.attributes["href"] for one in listed.page.all("a") if one.text.strip() == "Due"][1]
    stale = person.get(copy)
    new_person("Operatore B").fill(copy, {"P03": "Il collega ha riscritto.", "P15.phone": "055 1234567"})
    saved = person.send(stale, {"P01": "Due bis"})
    assert "Non c'è niente da decidere." in person.get("/compila/conflitti").text
    assert titles(saved) == ["Uno", "Due", "Due bis", "Tre"]
    again = person.get(copy)
    assert again.value("P03") == ["Il collega ha riscritto."]
    assert again.value("P15.phone") == ["055 1234567"]


def test_a_sheet_of_another_entity_is_not_found(person: Person, three: list[str], new_person: NewPerson) -> None:
    other = new_person("Operatore C", "022165")
    begin(other)
    assert other.get(three[0]).status == 404
    assert "Uno" not in other.get("/compila/P").text


def test_copies_that_would_outgrow_the_response_are_refused_in_words(
    person: Person, stored: Stored, author: Author, clock: Clock
) -> None:
    begin(person)
    item = "00000000-0000-4000-8000-000000000001"
    long = {"raw": {"": ["x" * 90_000]}}
    operations = [Operation("add", item=item, step="P"), Operation("set", item=item, question="P01", value="Lunga")]
    operations += [Operation("set", item=item, question=code, value=long) for code in ("P08", "P12")]
    reply, _saved = apply(stored(), operations, author, clock(), save_id="long")
    assert not reply.refused
    page = person.get("/compila/P")
    for _copy in range(11):
        page = person.press(page, "Duplica", "Lunga")
    assert "Le risposte sono troppo lunghe: accorcia i testi prima di aggiungere altre schede." in page.alerts
