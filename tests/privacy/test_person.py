"""One person's data: the notice that is asked for and blocks nothing, the copy, the erasure that keeps the history."""

from __future__ import annotations

import json

import sqlalchemy as sa
from flask import Flask

from app.accounts.operators import operator_names
from app.extensions import db
from app.privacy import notice
from app.privacy.models import Acceptance
from app.registry.entities import find_by_code
from tests.fill.conftest import NewPerson

ACCEPT = "Ho letto l'informativa e accetto"


def firenze() -> int:
    entity = find_by_code("048017")
    assert entity is not None
    return entity.id


def test_the_notice_is_asked_for_once_a_version_and_blocks_nothing(new_person: NewPerson) -> None:
    person = new_person()
    page = person.get("/ente")
    assert ACCEPT in page.text
    assert person.get("/compila/B").status == 200
    done = person.press(page, ACCEPT)
    assert done.alerts[0].startswith("Grazie")
    assert ACCEPT not in person.get("/ente").text
    again = person.press(page, ACCEPT)
    assert again.alerts[0].startswith("Grazie")
    assert db.session.execute(sa.select(Acceptance.version)).scalars().all() == [notice.CURRENT.name]
    assert ACCEPT in new_person("Operatore B").get("/ente").text


def test_a_new_version_is_asked_for_again(new_person: NewPerson) -> None:
    person = new_person()
    old = person.get("/ente")
    db.session.execute(sa.insert(Acceptance).values(operator_id=1, version="1", at=sa.func.current_timestamp()))
    db.session.commit()
    assert ACCEPT in person.get("/ente").text
    shown = person.client.get("/privacy").text
    assert all(f"Versione {one.name}" in shown for one in notice.VERSIONS)
    assert "24 mesi" in shown
    assert old.status == 200


def test_who_fills_in_sees_and_takes_along_their_own_data_alone(new_person: NewPerson) -> None:
    new_person("Operatore B", email="b@example.org")
    other = new_person("Operatore C", "022165", email="c@example.org")
    person = new_person("Operatore A", email="a@example.org")
    shown = person.get("/ente/i-tuoi-dati")
    assert "a@example.org" in shown.text
    assert "b@example.org" not in shown.text
    file = person.client.get("/ente/i-tuoi-dati.json")
    assert [one["email"] for one in file.json["person"]] == ["a@example.org"]
    assert len(file.json["sessions"]) == 1
    assert "c@example.org" in other.get("/ente/i-tuoi-dati").text


def test_an_erasure_keeps_the_history_readable_and_is_for_good(app: Flask, new_person: NewPerson) -> None:
    person = new_person("Operatore A", email="a@example.org")
    colleague = new_person("Operatore B", email="b@example.org")
    person.get("/compila/B")
    db.session.rollback()
    run = app.test_cli_runner().invoke
    people = run(args=["privacy", "people", "048017"]).output
    assert people == "1\tOperatore A (non verificato)\n2\tOperatore B (non verificato)\n"
    db.session.rollback()
    assert json.loads(run(args=["privacy", "export", "1"]).output)["person"][0]["name"] == "Operatore A"
    db.session.rollback()
    assert run(args=["privacy", "erase", "1"], input="n\n").exit_code == 1
    assert operator_names(firenze())[1] == "Operatore A (non verificato)"
    db.session.rollback()
    assert run(args=["privacy", "erase", "1"], input="y\n").exit_code == 0
    assert operator_names(firenze()) == {1: "persona rimossa n. 1", 2: "Operatore B (non verificato)"}
    db.session.rollback()
    assert run(args=["privacy", "erase", "1", "--yes"]).exit_code == 1
    assert run(args=["privacy", "export", "1"]).exit_code == 1
    assert "Operatore A" not in colleague.get("/ente").html
    assert "persona rimossa" not in colleague.get("/ente").text
    assert person.get("/ente").path == "/operatore"
    put_back = colleague.client.post("/ente/persone/1/ripristina", data={})
    assert put_back.status_code in (303, 400)
    assert operator_names(firenze())[1] == "persona rimossa n. 1"
