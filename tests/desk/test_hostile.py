"""Requests to the desk that none of its pages sends: none is a fault, none does what its form would not do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app import database
from app.audit import verifying
from app.desk import log
from app.editions.checks import name_problems
from app.editions.current import EditionView
from app.extensions import db
from tests.desk.conftest import NewStaff
from tests.fill.person import Person
from tests.open_edition import respond

__all__ = ["respond"]

HUGE = ["2147483648", "9223372036854775808", "9" * 300]
BATCHES = "/gestione/promemoria"
TEXTS = "/gestione/promemoria/testi"


def post(person: Person, path: str, **fields: str) -> TestResponse:
    token = person.get("/gestione/profilo").form("/gestione/esci").fields["csrf_token"][0]
    return person.client.post(path, data={"csrf_token": token, **fields})


@pytest.mark.parametrize("number", HUGE)
def test_numbers_that_no_database_holds_are_no_pages(coordinator: Person, administrator: Person, number: str) -> None:
    batch, text = f"{BATCHES}/{number}", f"{TEXTS}/{number}"
    for path in (batch, f"{batch}/annulla", f"{batch}/non-riusciti.csv", text, f"{text}/anteprima"):
        assert coordinator.client.get(path).status_code == 404, path
    for path in (f"{batch}/pausa", f"{batch}/riprendi", f"{batch}/annulla", f"{text}/copia", f"{text}/prova", f"{text}/togli"):
        assert post(coordinator, path, motivo="x").status_code == 404, path
    assert coordinator.client.get(f"{TEXTS}?tolto={number}").status_code in {200, 404}
    assert coordinator.client.get(f"{TEXTS}?tolto=-{number}").status_code in {200, 404}
    assert coordinator.client.get(f"/gestione/risposte?pagina={number}&classe={number}").status_code == 200
    for path in ("registro?prima=", "accessi?pagina=", "richieste?pagina=", "consegne?pagina=", "accessi/gruppi?pagina="):
        assert administrator.client.get(f"/gestione/{path}{number}").status_code == 200, path
    for path in (f"utenti/{number}", f"accessi/gruppi/{number}", f"accessi/048017/indirizzi/{number}"):
        assert administrator.client.get(f"/gestione/{path}").status_code == 404, path


def test_the_character_that_no_keyboard_types_breaks_no_page(coordinator: Person, administrator: Person) -> None:
    for path in ("enti/%00", "enti/048017%00", "edizioni/%00", "edizioni/%00/pilota", "edizioni/demo/modifica/%00"):
        assert coordinator.client.get(f"/gestione/{path}").status_code == 404, path
    for path in (
        "risposte?q=%00&capofila=%00",
        "promemoria/nuovo?q=%00&senza=%00&inizio=%00",
        "promemoria/testi/0/anteprima?ente=%00",
    ):
        assert coordinator.client.get(f"/gestione/{path}").status_code == 200, path
    for path in ("accessi/%00", "accessi/%00/azzera", "accessi/%00/indirizzi", "accessi/%00/lettera"):
        assert administrator.client.get(f"/gestione/{path}").status_code == 404, path
    assert administrator.client.get("/gestione/registro?chi=%00&oggetto=%00&evento=%00").status_code == 200
    assert post(administrator, "/gestione/consegne/indirizzi", email="\0").status_code == 303
    assert post(administrator, "/gestione/utenti/nuovo", email="a\0@b.it", name="\0", role="\0").status_code == 422


def test_a_list_of_more_codes_than_a_query_takes_is_refused_in_words(coordinator: Person, edition: EditionView) -> None:
    db.session.execute(sa.text("UPDATE edition SET state = 'draft'"))
    db.session.commit()
    path = f"/gestione/edizioni/{edition.code}/pilota"
    shown = post(coordinator, path, visto=edition.changed_at.isoformat(), codici=" ".join(map(str, range(70_000))))
    assert shown.status_code == 422


def test_who_has_just_submitted_gets_no_extension(
    coordinator: Person, edition: EditionView, respond: Callable[[str], object]
) -> None:
    respond("048017")
    address = "/gestione/proroga?giorno=2026-05-20&ora=12:00"
    assert "Proroga per 5 enti" in coordinator.get(address).html
    db.session.execute(sa.text("UPDATE response SET status = 'submitted'"))
    db.session.commit()  # the desk's copy is not a minute old
    assert "Proroga per 4 enti" in coordinator.get(address).html


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_checking_the_log_holds_no_writer_up(administrator: Person, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[bool] = []
    check = verifying.check_chain
    monkeypatch.setattr(log, "check_chain", lambda most: begun.append(database._writes.get()) or check(most))
    assert post(administrator, "/gestione/registro/verifica").status_code == 303
    assert begun == [False]


def test_a_code_of_an_edition_fits_into_a_files_name() -> None:
    assert [problem.reason for problem in name_problems("2026Ω", "Titolo")] == ["code"]
    assert not list(name_problems("2026-b", "Titolo"))


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/gestione\t//evil.example"])
def test_signing_in_leads_nowhere_else(coordinator: Person, target: str) -> None:
    shown = coordinator.client.get("/gestione/accedi", query_string={"next": target})
    assert shown.headers["Location"] == "/gestione"


@pytest.mark.parametrize("role", ["coordinator", "reviewer", "territory"])
def test_an_administrators_deeds_are_refused_to_others(new_staff: NewStaff, administrator: Person, role: str) -> None:
    person = new_staff(role)
    for path in (
        "utenti/nuovo",
        "utenti/1/azzera",
        "utenti/1",
        "accessi/048017/azzera",
        "accessi/048017/sblocca",
        "registro/verifica",
    ):
        assert post(person, f"/gestione/{path}", role="administrator").status_code == 403, path


def test_another_regions_entity_is_closed_to_a_territory(new_staff: NewStaff) -> None:
    person = new_staff("territory", "04")
    assert person.client.get("/gestione/enti/048017").status_code == 404
    for deed in ("telefonate", "note", "telefonate/1/togli", "note/1/togli"):
        assert post(person, f"/gestione/enti/048017/{deed}", esito="answered", nota="x").status_code == 404
    for query in ("regione=09", "q=Firenze", "capofila=048017", "provincia=FI"):
        taken = post(person, f"/gestione/risposte/esporta?{query}", formato="csv").get_data(as_text=True)
        listed = post(person, f"/gestione/risposte/telefonate?{query}").get_data(as_text=True)
        assert "Firenze" not in taken + listed
    assert "Firenze" not in person.get("/gestione?regione=09").text
