"""A municipality that has merged: who filled in for it, and what each wrote and sent, stays readable with their names."""

from __future__ import annotations

import datetime as dt

from flask import Flask

from app.accounts.merged import merged_entity
from app.accounts.operators import list_operators, operator_names
from app.editions.current import current_edition
from app.extensions import db
from app.fill.answer_history import answer_history
from app.registry.entities import find_by_code
from app.responses.reading import find_response
from app.responses.submission import list_receipts, submitted_document
from tests.fill.conftest import NewPerson
from tests.fill.walk import answer_all, submit
from tests.registry.rows import end_entity

OLD, NEW = "048017", "022165"


def test_people_and_history_stay_after_a_merger(app: Flask, new_person: NewPerson) -> None:
    person, heir = new_person("Operatore A", OLD), new_person("Operatore B", NEW)
    answer_all(person)
    submit(person)
    ended, successor = find_by_code(OLD), find_by_code(NEW)
    assert ended is not None
    assert successor is not None
    before = operator_names(ended.id)
    end_entity(ended.id, dt.date(2026, 3, 1), successor.id)
    assert person.get("/compila").path == "/accedi", "the session of an entity that has ended is over"
    merged = merged_entity(ended.label)
    assert merged is not None
    assert merged.successor == successor
    assert operator_names(ended.id) == before
    assert [row.name for row in list_operators(ended.id)] == ["Operatore A"]
    db.session.rollback()
    edition = current_edition()
    assert edition is not None
    response = find_response(ended.id, edition.id)
    assert response is not None
    (receipt,) = list_receipts(response.id)
    assert before[receipt.operator_id or 0] == "Operatore A (non verificato)"
    assert submitted_document(response.id, receipt.number) is not None
    with app.test_request_context("/"):
        told = {row.who for answer in answer_history(response) for row in answer.values}
    assert told == {"Operatore A (non verificato)"}
    page = heir.get("/compila")
    assert "Firenze" in page.text, "what was answered is offered to the successor"
    assert "Operatore A" not in heir.get("/ente").text, "its people are not the successor's"
