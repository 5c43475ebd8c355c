"""A form of messages that is sent again with something else: said on the page, from either side, and nothing is lost."""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import db
from app.threads.models import ThreadMessage
from tests.desk.test_threads import begin_at_desk
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person
from tests.threads.writing import ask

__all__ = ["new_person"]


def test_a_form_that_was_sent_with_something_else_says_so_and_keeps_the_text(
    coordinator: Person, new_person: NewPerson
) -> None:
    person = new_person()
    ask(person)
    begin_at_desk(coordinator)
    for who, pages in ((person, "/messaggi"), (coordinator, "/gestione/messaggi")):
        form = who.get(f"{pages}/1").form(f"{pages}/1")
        assert who._send(form, {"testo": "La prima"}, None).status == 200
        assert who._send(form, {"testo": "La prima"}, None).status == 200, "a second click"
        other = who.get(f"{pages}/2").form(f"{pages}/2")
        other.fields["invio"] = form.fields["invio"]
        for wrong, text in ((form, "La seconda"), (other, "La prima")):
            refused = who._send(wrong, {"testo": text}, None)
            assert refused.status == 422
            assert "era già partito un altro messaggio" in refused.text
            assert refused.value("testo", wrong.action) == [text]
            assert refused.value("invio", wrong.action) != form.fields["invio"]
        fresh = refused.form(f"{pages}/2")
        assert "La prima" in who._send(fresh, {}, None).text
    assert len(db.session.execute(sa.select(ThreadMessage.id).where(ThreadMessage.text == "La prima")).all()) == 4
    assert db.session.scalar(sa.select(sa.func.count()).where(ThreadMessage.text == "La seconda")) == 0
