"""`/gestione/registro`: who did what, found by a filter in the address, and whether the chain is sound."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.operators import add_operator
from app.accounts.staff import staff_by_email
from app.audit.chain import current_head, record
from app.audit.models import AuditEntry
from app.audit.words import EVENTS
from app.desk import log
from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.reading import OpenResponse
from tests.conftest import START
from tests.fill.person import Person, Screen, flat
from tests.open_edition import respond

__all__ = ["respond"]


def rows(page: Screen) -> list[str]:
    return [flat(row.text) for row in page.page.all("tr") if row.inside("tbody")]


def ask(person: Person, **filters: str) -> Screen:
    return person.get(f"/gestione/registro?{urlencode(filters)}")


@pytest.fixture
def told(administrator: Person) -> int:
    """Some entries of all kinds of actors; the id of Firenze's operator."""
    firenze, member = find_by_code("048017"), staff_by_email("administrator@example.org")
    assert firenze is not None
    assert member is not None
    operator = add_operator(firenze.id, name="Nome Operatore", office="Ufficio", email="a@example.org", phone="", now=START)
    record("signed_in", actor="entity:048017", subject="entity:048017", detail={"by": "code"}, now=START)
    record("response_submitted", actor=f"operator:{operator}", subject="entity:048017", detail={"content": "a" * 64}, now=START)
    changed = {"role": "territory", "region": "09"}
    record("staff_role_changed", actor="command", subject=f"staff:{member.id}", detail=changed, now=START)
    record(
        "never_heard_of", actor=f"staff:{member.id}", subject="thing:7", detail={"odd": None}, now=START + dt.timedelta(days=1)
    )
    db.session.commit()
    return operator


def test_entries_read_as_sentences_with_names(administrator: Person, told: int) -> None:
    found = rows(administrator.get("/gestione/registro"))
    assert "never_heard_of" in found[0]
    assert "Persona administrator" in found[0]
    assert "Comando sul server Ruolo cambiato Regione: Toscana; ruolo: Territorio Persona administrator" in found[1]
    assert "Nome Operatore (non verificato) – Firenze (FI) Risposta inviata" in found[2]
    assert "a" * 64 not in found[2]
    assert "Entrata di un ente con: codice della lettera il proprio accesso" in found[3]
    links = administrator.get("/gestione/registro").links()
    assert links["Firenze (FI)"] == "/gestione/enti/048017"
    assert links["Persona administrator"].startswith("/gestione/utenti/")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"oggetto": "048017"}, {"Risposta inviata", "Entrata di un ente"}),
        ({"oggetto": "firenze", "evento": "signed_in"}, {"Entrata di un ente"}),
        ({"oggetto": "administrator@example.org"}, {"Ruolo cambiato"}),
        ({"oggetto": "thing:7"}, {"never_heard_of"}),
        ({"chi": "enti", "evento": "response_submitted"}, {"Risposta inviata"}),
        ({"chi": "programma", "evento": "staff_role_changed"}, {"Ruolo cambiato"}),
        ({"chi": "gestione"}, {"never_heard_of"}),
        ({"da": "2026-03-17"}, {"never_heard_of"}),
    ],
)
def test_a_filter_stands_in_the_address(administrator: Person, told: int, filters: dict[str, str], found: set[str]) -> None:
    page = ask(administrator, **filters)
    known = ("Risposta inviata", "Entrata di un ente", "Ruolo cambiato", "never_heard_of")
    assert {name for name in known for row in rows(page) if name in row} == found
    assert len(rows(page)) == len(found)
    assert "Togli il filtro" in page.text


def test_an_entitys_responses_are_found_by_its_name(administrator: Person, respond: Callable[[str], OpenResponse]) -> None:
    firenze, other = respond("048017"), respond("022165")
    for response in (firenze, other):
        record("response_submitted", actor="operator:1", subject=f"response:{response.id}", detail={"number": 1}, now=START)
    db.session.commit()
    (row,) = rows(ask(administrator, oggetto="Firenze", evento="response_submitted"))
    assert "Risposta inviata ricevuta n.: 1 Risposta di Firenze (FI)" in row


def test_a_filter_that_finds_nothing_says_so(administrator: Person, told: int) -> None:
    assert "Nessuna registrazione per questo filtro." in ask(administrator, a="2020-01-01").text


@pytest.mark.parametrize(
    ("filters", "field"), [({"da": "17/03"}, "da"), ({"a": "9999-12-31"}, "a"), ({"oggetto": "Atlantide <b>"}, "oggetto")]
)
def test_a_wrong_filter_is_said_beside_its_field_and_stays(
    administrator: Person, told: int, filters: dict[str, str], field: str
) -> None:
    page = ask(administrator, **filters)
    assert page.summary()[0][0] == f"#{field}"
    assert page.by_id(field).attributes["value"] == filters[field]
    assert not rows(page)


def test_pages_follow_each_other_and_keep_the_filter(administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE_SIZE", 2)
    for number in range(5):
        record("signed_in", actor="entity:048017", subject="entity:048017", detail={"by": "link", "n": number}, now=START)
    db.session.commit()
    page = ask(administrator, oggetto="048017")
    seen = rows(page)
    while "Meno recenti" in page.links():
        page = administrator.get(page.links()["Meno recenti"])
        seen += rows(page)
    assert len(seen) == len(set(seen)) == 5
    assert "oggetto=048017" in page.links()["Le più recenti"]


def test_the_chain_is_checked_on_request(administrator: Person, told: int) -> None:
    page = administrator.press(administrator.get("/gestione/registro"), "Verifica ora")
    assert page.alerts[0].startswith("Catena verificata: le registrazioni dalla n. 1")
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.number == 2).values(actor="nobody"))
    db.session.commit()
    broken = administrator.press(administrator.get("/gestione/registro"), "Verifica ora")
    assert broken.alerts[0].startswith("ATTENZIONE: la catena non torna dalla registrazione n. 2.")


def test_it_is_for_administrators(coordinator: Person) -> None:
    assert coordinator.get("/gestione/registro").status == 403


def test_a_page_costs_few_queries(administrator: Person, told: int) -> None:
    for number in range(60):
        record("signed_in", actor="entity:048017", subject="entity:048017", detail={"by": "link", "n": number}, now=START)
    db.session.commit()
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    administrator.get("/gestione/registro")
    selects = [one for one in statements if one.startswith("SELECT")]
    assert len(selects) <= 8, "\n".join(selects)


def _told_in_the_code() -> dict[str, str]:
    """Each action that the program records by its name, with where."""
    found: dict[str, str] = {}
    for path in sorted(Path("app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id.lstrip("_") in {"record", "record_all", "recorded"} and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found[first.value] = str(path)
    return found


def test_every_event_that_the_program_records_has_its_words() -> None:
    told = _told_in_the_code()
    assert len(told) > 40
    assert {action: where for action, where in told.items() if action not in EVENTS} == {}


def test_details_are_words_and_dates_not_codes(administrator: Person) -> None:
    until = "2026-05-01T22:00:00+00:00"
    for action, detail in (
        ("deadline_extended", {"edition": "2026", "before": None, "after": until}),
        ("call_noted", {"call": 1234, "outcome": "refused", "call_back": "2026-03-20"}),
        ("access_request_handled", {"outcome": "refused"}),
        ("address_added", {"purpose": "registry_office", "source": "desk", "address": 3}),
        ("edition_changed", {"part": "dates", "before": f"{until}/{until}"}),
        ("respondents_exported", {"rows": 7896, "format": "csv", "filter": ""}),
    ):
        record(action, actor="command", subject="entity:048017", detail=detail, now=START)
    db.session.commit()
    found = " | ".join(rows(administrator.get("/gestione/registro")))
    for words in (
        "dopo: 02/05/2026 00:00; edizione: 2026",
        "telefonata n.: 1.234; da richiamare il: 20/03/2026; esito: Non vuole rispondere",
        "esito: Non è dell'ente: rifiutata",
        "tipo di indirizzo: ufficio protocollo",
        "prima: 02/05/2026 00:00 – 02/05/2026 00:00; parte: apertura e scadenza",
        "formato: csv; righe: 7.896 ",
    ):
        assert words in found, words


def test_it_says_from_where_without_an_address_and_finds_what_came_from_there(
    app: Flask, administrator: Person, told: int
) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        record("signed_in", actor="entity:048017", subject="entity:048017", detail={"by": "link"}, now=START)
        db.session.commit()
    page = administrator.get("/gestione/registro")
    assert "192.0.2" not in page.html
    places = {name: address for name, address in page.links().items() if name.startswith("luogo ")}
    assert len(places) == 1
    ((_, address),) = places.items()
    found = administrator.get(address)
    assert (len(rows(found)), len(rows(page)) > 1) == (1, True)
    assert "Solo dallo stesso luogo" in found.text
    assert rows(ask(administrator, luogo="0" * 16)) == []


def test_the_end_of_the_chain_stands_there_to_be_copied(administrator: Person, told: int) -> None:
    head = current_head()
    assert f"{head.number}:{head.entry_hash}" in administrator.get("/gestione/registro").html
