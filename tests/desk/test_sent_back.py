"""Answering the desk from a page that is no longer new: what a colleague wrote since is never replaced without a word."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.responses.document import read_document
from app.responses.models import Response
from tests.desk.logins import FIRENZE
from tests.desk.test_practices import decide, row, sent
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person

__all__ = ["new_person"]


@pytest.mark.parametrize("button", ["Accetta", "Accetta tutte"])
def test_a_correction_that_is_taken_from_an_old_page_does_not_replace_what_a_colleague_wrote_since(
    coordinator: Person, new_person: NewPerson, button: str
) -> None:
    person = new_person()
    code = sent(person)
    decide(coordinator, code, "rimanda", title="Titolo proposto", phone="055 123456", nota="Così va meglio")
    address = f"/compila/pratiche/{row()[3]}"
    opened = person.get(address)
    colleague = new_person("Operatore B", FIRENZE, "b@example.org")
    colleague.fill(address, {"P01": "Titolo del collega"})
    after = person.press(opened, button, "Titolo" if button == "Accetta" else "")
    assert after.alerts[0] == "Un collega ha modificato questa risposta nel frattempo: decidi quale vale."
    db.session.rollback()
    document = read_document(db.session.execute(sa.select(Response.document)).scalar_one())
    key = f"{row()[3]}/P01"
    assert document.answers[key].value == "Titolo del collega"
    assert [one.value for one in document.conflicts[key]] == ["Titolo proposto"]
    for title in ("Titolo del collega", "Titolo proposto"):
        assert title in after.text
    assert list(document.conflicts) == [key], "what nobody else touched is simply taken"
