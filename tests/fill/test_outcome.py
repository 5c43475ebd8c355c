"""`/esito`: what became of one's own answers, one's figures beside similar entities, and nothing private of anybody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask

from app.editions.current import EditionView
from app.extensions import db, table_of
from app.practices import similar
from app.practices.models import REJECTED, SENT_BACK, WITHDRAWN, Practice, ReviewEntry
from app.practices.record import PublicRecord
from app.practices.similar import Group
from app.responses.reading import OpenResponse
from tests.conftest import START
from tests.fill.conftest import NewPerson
from tests.fill.person import Person, flat
from tests.practices.sheets import PRACTICE, Sheets
from tests.public_practices import add_practices, practice_row, publish_all
from tests.registry_rows import CODES, add_municipalities
from tests.responses.people import FIRENZE, NOTHING

LARGE = ("001272", "015146", "037006", "058091", "063049", "082053")
"""Cities of Firenze's size, as Bolzano is: none of its Region."""
TUSCAN = ("048001", "048002", "048004", "048005", "048006")
_ROW = table_of(Practice).c


@pytest.fixture
def sheets(edition: EditionView, respond: Callable[[str], OpenResponse]) -> Sheets:
    return Sheets(edition, respond)


@pytest.fixture
def more(edition: EditionView) -> None:
    """More municipalities: six of Firenze's size elsewhere, five of its Region that are smaller."""
    add_municipalities(*CODES, *LARGE, *TUSCAN)
    db.session.commit()


def decide(item: str, **values: Any) -> None:
    db.session.execute(sa.update(Practice).where(_ROW.item_id == item).values(**values))
    db.session.commit()


def look(person: Person, path: str = "/esito") -> Any:
    db.session.rollback()
    return person.get(path)


def fates(page: Any) -> dict[str, str]:
    """Title → what became of it."""
    return dict(zip(page.texts("outcome-name"), page.texts("tag"), strict=True))


def text_of(content: bytes) -> str:
    return flat(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))


def test_before_anything_is_sent_it_says_what_will_be_here(person: Person) -> None:
    page = look(person)
    assert (page.status, page.heading) == (200, "Che cosa è nato dalle vostre risposte")
    assert "Non avete ancora inviato niente" in page.text
    assert page.links()["Vai al questionario"] == "/compila"
    assert page.with_class("sheet-row") == []


def test_what_is_sent_and_not_yet_public_tells_what_happens_now(person: Person, sheets: Sheets) -> None:
    sheets.send_sheets(FIRENZE, {"P01": "Prima"})
    page = look(person)
    assert fates(page) == {"Prima": "In verifica"}
    assert "Che cosa succede ora" in page.text
    assert "Apri la pagina pubblica" not in page.text


def test_nothing_to_report_is_an_answer_too(person: Person, sheets: Sheets) -> None:
    sheets.send(FIRENZE, NOTHING)
    assert "conta nelle statistiche" in look(person).text


def test_each_sheet_says_what_became_of_it(person: Person, sheets: Sheets) -> None:
    titles = ("Pubblica", "Approvata", "Attesa", "Rimandata", "Riservata", "Rifiutata", "Ritirata", "Tolta")
    values = [{"P01": title} | ({"P16": {"code": "statistics"}} if title == "Riservata" else {}) for title in titles]
    public, approved, _waits, back, _private, no, taken, removed = sheets.send_sheets(FIRENZE, *values)
    sheets.approve(public)
    sheets.publish()
    sheets.approve(approved)
    sheets.remove(FIRENZE, removed)
    sheets.submit(FIRENZE)
    decide(back, state=SENT_BACK)
    decide(no, state=REJECTED)
    decide(taken, state=WITHDRAWN)
    number = sheets.row(back).id
    for action, note in (("sent_back", "Vecchia nota"), ("sent_back", "Aggiungi i destinatari"), ("assigned", "SEGRETO")):
        values_of = {"practice_id": number, "action": action, "note": note, "actor": "staff:1", "at": sheets.now}
        db.session.execute(sa.insert(ReviewEntry).values(values_of))
    db.session.commit()
    page = look(person)
    assert fates(page) == {
        "Pubblica": "Pubblicata",
        "Approvata": "Approvata",
        "Attesa": "In verifica",
        "Rimandata": "Da correggere",
        "Riservata": "Solo nelle statistiche",
        "Rifiutata": "Non pubblicata",
        "Ritirata": "Ritirata",
        "Tolta": "Tolta da voi",
    }
    assert page.texts("outcome-note") == ["Aggiungi i destinatari"]
    assert page.links()["Correggi la scheda: Rimandata"] == f"/compila/pratiche/{back}"
    assert "1 scheda di questa edizione è pubblica, su 8" in page.text
    assert "SEGRETO" not in page.html


def test_a_newer_version_waits_while_the_old_one_stays_public(person: Person, sheets: Sheets) -> None:
    (item,) = sheets.send_sheets(FIRENZE, {"P01": "Prima"})
    sheets.approve(item)
    sheets.publish()
    sheets.write_sheets(FIRENZE, {item: {"P01": "Seconda"}})
    sheets.submit(FIRENZE)
    page = look(person)
    assert fates(page) == {"Seconda": "In verifica"}
    assert "Intanto resta pubblica la versione precedente" in page.text


def test_the_public_page_is_linked(person: Person, sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    sheets.approve(item)
    sheets.publish()
    code = sheets.row(item).code
    known = {link for link in look(person).links().values() if code in link}
    assert known == {f"/pratiche/{code}"}


def test_nobody_sees_what_is_private_of_another(new_person: NewPerson, sheets: Sheets, more: None) -> None:
    private = {"P01": "MARCAPRIVATA", "P03": "MARCATESTO", "P16": {"code": "statistics"}}
    back, _private, _draft = sheets.send_sheets("022165", {"P01": "MARCARIMANDATA"}, private, {"P01": "MARCAATTESA"})
    sheets.write_sheets("022165", {}, E03={"codes": ["learn"]}, E02="MARCABISOGNI")
    sheets.submit("022165")
    decide(back, state=SENT_BACK)
    entry = {"practice_id": sheets.row(back).id, "action": "sent_back", "note": "MARCANOTA", "actor": "staff:1", "at": START}
    db.session.execute(sa.insert(ReviewEntry).values(entry))
    db.session.commit()
    stranger = new_person("Operatore B", FIRENZE)
    content = look(stranger).html + text_of(stranger.client.get("/esito.pdf").data)
    assert "MARCA" not in content
    own = new_person("Operatore C", "022165")
    assert "MARCARIMANDATA" in look(own).html
    assert "MARCANOTA" in look(own).html


def test_a_small_group_is_not_told_and_a_large_one_is(person: Person, more: None, monkeypatch: pytest.MonkeyPatch) -> None:
    page = look(person)
    names = page.texts("results-name")
    assert set(names) == {"Comuni con 100.000 residenti o più", "Comuni, Toscana"}
    monkeypatch.setattr(similar, "SMALLEST_GROUP", 6)
    assert set(look(person).texts("results-name")) == {"Comuni con 100.000 residenti o più"}


def test_with_few_others_there_is_no_comparison(person: Person) -> None:
    page = look(person)
    assert page.with_class("count-bars") == []
    assert "Accanto a enti simili" not in page.text


def test_the_figures_of_similar_entities_and_their_ideas(person: Person, sheets: Sheets, more: None) -> None:
    sheets.send(LARGE[0], NOTHING)
    sheets.send_sheets(FIRENZE, {"P01": "Nostra"})
    nursery = PublicRecord(title="Nido", area="childhood", recipients=("age02",), email="nido@example.org")
    same = PublicRecord(title="Sportello altrui", area="families", recipients=("parents",))
    add_practices([practice_row(LARGE[1], nursery, START), practice_row(LARGE[1], same, START)])
    publish_all(START)
    page = look(person)
    rows = [flat(cell.text) for cell in page.page.all("td") if "data-label" in cell.attributes][:8]
    assert rows[:4] == ["7", "1", "1", "2"]
    assert rows[4:] == ["5", "0", "0", "0"]
    ideas = next(one for one in page.page.all("section") if one.attributes.get("aria-labelledby") == "idee")
    assert "Nido" in ideas.text
    assert "Sportello altrui" not in ideas.text
    assert "nido@example.org" not in page.html
    assert page.unnamed_cells() == []


def test_exchanges_are_spoken_of_only_to_who_asked_for_them(person: Person, sheets: Sheets, more: None) -> None:
    nursery = PublicRecord(title="Nido", area="childhood", email="nido@example.org")
    add_practices([practice_row(LARGE[1], nursery, START)])
    publish_all(START)
    sheets.send_sheets(FIRENZE, {"P01": "Nostra"})
    assert "Gemellaggi" not in look(person).text
    sheets.write_sheets(FIRENZE, {}, E03={"codes": ["learn"]})
    sheets.submit(FIRENZE)
    page = look(person)
    assert "Gemellaggi e scambi" in page.text
    assert "nido@example.org" in page.text


def test_a_lead_sees_what_it_did_for_its_members(person: Person, sheets: Sheets) -> None:
    sheets.write_sheets(
        FIRENZE,
        {sheets.new(): {**_practice("Insieme"), "P06": {"code": "ambito"}, "P07": ["022165"]}},
        E05={"code": "lead_ambito"},
        E06=["022165", "001235"],
    )
    sheets.submit(FIRENZE)
    page = look(person)
    assert "Avete risposto anche per 2 Comuni" in page.text
    assert "Pratiche che vanno oltre il vostro territorio: 1, pubbliche: 0" in page.text


def _practice(title: str) -> dict[str, Any]:
    return PRACTICE | {"P01": title}


def test_earlier_years_stand_below(person: Person, sheets: Sheets) -> None:
    sheets.send_sheets(FIRENZE, {"P01": "Nuova"})
    add_practices([practice_row(FIRENZE, PublicRecord(title="Di prima"), START, year=2025, edition_label="2025")])
    publish_all(START)
    page = look(person)
    assert fates(page) == {"Nuova": "In verifica", "Di prima": "Pubblicata"}
    assert page.text.index("Le vostre schede del 2026") < page.text.index("Le vostre schede del 2025")


def test_the_pdf_is_tagged_in_the_readers_language_and_two_sheets_at_most(person: Person, sheets: Sheets, more: None) -> None:
    items = sheets.send_sheets(FIRENZE, *({"P01": f"Pratica numero {number}, " + "lunga " * 15} for number in range(20)))
    sheets.approve(*items[:3])
    sheets.publish()
    db.session.rollback()
    answer = person.client.get("/esito.pdf")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        200,
        "application/pdf",
        "no-store, private",
    )
    read = pypdf.PdfReader(io.BytesIO(answer.data))
    assert read.trailer["/Root"]["/Lang"] == "it"
    assert read.metadata is not None
    assert read.metadata.title == "Che cosa è nato dalle nostre risposte"
    assert len(read.pages) <= 2
    text = text_of(answer.data)
    for said in ("Firenze (FI)", "20 schede inviate, pubbliche: 3.", "Pratica numero 0", "E altre 6 nella pagina.", "Toscana"):
        assert said in text
    person.get("/?lingua=en")
    english = person.client.get("/esito.pdf").data
    assert pypdf.PdfReader(io.BytesIO(english)).trailer["/Root"]["/Lang"] == "en"
    assert "What came of our answers" in text_of(english)
    assert "What came of your answers" in look(person).text


def test_the_page_is_found_from_the_receipt_the_task_list_and_the_entitys_page(person: Person, sheets: Sheets) -> None:
    assert "/esito" not in person.get("/compila").links().values()
    sheets.send_sheets()
    for path in ("/ricevuta", "/compila", "/ente"):
        assert "/esito" in look(person, path).links().values(), path


def test_the_statements_do_not_grow_with_the_practices(app: Flask, person: Person, sheets: Sheets, more: None) -> None:
    def count() -> int:
        made: list[object] = []

        def note(*about: object, seen: list[object] = made) -> None:
            seen.append(about[2])

        look(person)
        sa.event.listen(db.engine, "before_cursor_execute", note)
        look(person)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len([text for text in made if "SELECT" in str(text)])

    sheets.send_sheets(FIRENZE, {})
    few = count()
    sheets.write_sheets(FIRENZE, {sheets.new(): _practice(str(number)) for number in range(8)})
    sheets.submit(FIRENZE)
    assert count() == few
    assert few <= 20


def test_a_group_whose_rest_would_be_small_does_not_tell_of_it() -> None:
    def told(**sizes: int) -> list[str]:
        return [one.key for one in similar._told({key: Group(key, entities=number) for key, number in sizes.items()})]

    assert told(size=9, region=5, both=4) == ["size", "region"]
    assert told(size=20, region=20, both=10) == ["size", "region", "both"]
    assert told(size=20, region=12, both=8) == ["size", "region"]
    assert told(size=8, region=20, both=8) == ["size", "region", "both"]
    assert told(size=4, region=4, both=0) == []
