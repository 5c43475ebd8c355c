"""A save on a response that was read without its lock: whoever is overtaken reads again, and nothing is lost or overwritten."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.editions.current import EditionView
from app.editions.lifecycle import move_edition
from app.extensions import db
from app.responses import drafts
from app.responses.document import Operation, write_document
from app.responses.drafts import Author, EditionClosedError, apply
from app.responses.journal import folded_document, journal_lines
from app.responses.models import Response
from app.responses.reading import OpenResponse, response_by_id
from tests.conftest import START
from tests.responses.conftest import later, operator

Respond = Callable[..., OpenResponse]


def put(question: str, value: str, item: str | None = None) -> Operation:
    return Operation("set", item=item, question=question, value=value)


def read(response_id: int) -> OpenResponse:
    db.session.rollback()
    found = response_by_id(response_id)
    assert found is not None
    db.session.rollback()
    return found


def test_a_plain_save_takes_no_lock(respond: Respond, author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    response = read(respond().id)
    monkeypatch.setattr(drafts, "_locked", lambda _response: pytest.fail("read again"))
    reply, changed = apply(response, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    assert reply.applied == ("E02",)
    assert (changed.version, read(response.id).version, changed.locked) == (1, 1, False)
    assert response.document.values() == {}  # what the caller has read is still what it has read


def test_who_is_overtaken_at_the_same_answer_is_asked(respond: Respond, author: Author) -> None:
    first, second = read(respond().id), read(respond().id)
    apply(first, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    other = operator("048017", "Operatore B", "b" * 64)
    reply, changed = apply(second, [put("E02", "Più centri")], other, later(minutes=2), save_id="s2")
    assert reply.conflicts == ("E02",)
    assert changed.document.answers["E02"].value == "Più nidi"
    assert [one.value for one in changed.document.conflicts["E02"]] == ["Più centri"]


def test_a_submission_in_between_stays_one(respond: Respond, author: Author) -> None:
    response = read(respond().id)
    row = sa.update(Response).where(Response.id == response.id)
    db.session.execute(row.values(status="submitted", submissions=1, submitted_at=START))
    db.session.commit()
    apply(response, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    found = read(response.id)
    assert (found.status, found.submissions, found.document.answers["E02"].value) == ("submitted", 1, "Più nidi")


def test_an_edition_that_closes_in_between_takes_nothing(respond: Respond, author: Author, edition: EditionView) -> None:
    response = read(respond().id)
    move_edition(edition.code, "closed", actor="test", now=later(minutes=1))
    with pytest.raises(EditionClosedError):
        apply(response, [put("E02", "Tardi")], author, later(minutes=2), save_id="s1")
    assert read(response.id).version == 0


@pytest.mark.parametrize("code", ["E02", "E04"])
def test_an_edition_that_moves_while_the_lock_is_waited_for_is_read_again(
    respond: Respond, author: Author, edition: EditionView, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """PostgreSQL reads the row again after waiting for its lock, and not the tables beside it."""
    response = respond()
    stale = [replace(read(response.id), locked=True)]
    move_edition(edition.code, "closed", actor="test", now=later(minutes=1))
    lock = drafts._locked
    monkeypatch.setattr(drafts, "_locked", lambda one: stale.pop() if stale else lock(one))
    value = "Tardi" if code == "E02" else {"name": "Operatore A", "office": "Servizi sociali", "email": "a@example.org"}
    with pytest.raises(EditionClosedError):
        apply(response, [Operation("set", question=code, value=value)], author, later(minutes=2), save_id="s1")
    assert not stale
    assert read(response.id).version == 0


def test_the_same_save_twice_at_once_is_stored_once(respond: Respond, author: Author) -> None:
    first, second = read(respond().id), read(respond().id)
    one, _ = apply(first, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    two, _ = apply(second, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    assert one == two
    assert len(list(journal_lines(first.id))) == 1


def test_many_at_once_lose_nothing(app: Flask, respond: Respond) -> None:
    response_id = respond().id
    db.session.commit()
    people, each = 4, 12
    items = [[str(uuid.uuid4()) for _ in range(2)] for _ in range(people)]
    problems: list[BaseException] = []

    def work(person: int) -> None:
        who = Author(None, f"{person}" * 64, "json")
        at = START + dt.timedelta(minutes=1)
        with app.app_context():
            try:
                adds = [Operation("add", item=item, step="P") for item in items[person]]
                apply(read(response_id), adds, who, at, save_id=f"p{person}")
                for number in range(each):
                    item = items[person][number % 2]
                    now = read(response_id)
                    base = now.document.answers.get(f"{item}/P01")
                    change = Operation(
                        "set", item=item, question="P01", value=f"{person}-{number}", base=base.revision if base else 0
                    )
                    reply, _ = apply(now, [change], who, at, save_id=f"p{person}-{number}")
                    assert reply.applied, reply
            except BaseException as error:  # noqa: BLE001 — told in the test's own thread
                problems.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(person,)) for person in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    found = read(response_id)
    written = {op.value for line in journal_lines(response_id) for op in line.operations if op.op == "set"}
    assert written == {f"{person}-{number}" for person in range(people) for number in range(each)}
    assert found.version == people * (each + 1)
    assert not found.document.conflicts
    assert write_document(folded_document(response_id)) == write_document(found.document)
