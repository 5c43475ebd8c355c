"""What was acknowledged and is not in the database is found, and so is what was applied twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.models import JournalEntry
from app.responses.reading import OpenResponse
from tests.killing.reading_back import Reader
from tests.killing.writers import Acknowledged
from tests.open_edition import author, edition, later, respond

__all__ = ["author", "edition", "respond"]

ITEM = str(uuid.UUID(int=7))
TITLE = f"{ITEM}/P01"


@pytest.fixture
def reader(database_url: str) -> Iterator[Reader]:
    made = Reader(database_url)
    yield made
    made.close()


@pytest.fixture
def saved(respond: Callable[[], OpenResponse], author: Author) -> Acknowledged:
    """A save that is in the database, the second of its draft."""
    response = respond()
    apply(response, [Operation("add", item=ITEM, step="P")], author, later(minutes=1), save_id="s1")
    apply(response, [Operation("set", item=ITEM, question="P01", value="1.5")], author, later(minutes=2), save_id="s2")
    return Acknowledged(response.id, "s2", {TITLE: "1.5"}, frozenset())


def test_what_is_there_is_no_problem_and_the_database_is_whole(reader: Reader, saved: Acknowledged) -> None:
    reader.check([saved])
    reader.check_integrity()
    assert (reader.problems, reader.checked) == ([], 1)
    assert reader.how in {"PRAGMA integrity_check", "amcheck of all indexes, with their tables"} or "by index" in reader.how


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"save_id": "s3"}, "save s3 of response {} is lost"),
        ({"values": {TITLE: "1.4"}}, "save s2: " + TITLE + " is '1.5' in the journal, not '1.4'"),
    ],
)
def test_what_was_acknowledged_and_is_not_in_the_journal_is_lost(
    reader: Reader, saved: Acknowledged, change: dict[str, object], problem: str
) -> None:
    reader.check([saved, replace(saved, **change)])
    assert reader.problems == [problem.format(saved.response)]


def test_an_answer_that_is_older_than_the_last_acknowledged_is_lost(reader: Reader, saved: Acknowledged) -> None:
    reader.check([replace(saved, values={TITLE: "1.6"})])
    assert f"{TITLE} of response {saved.response} is '1.5', and 1.6 was acknowledged" in reader.problems


def test_a_challenger_that_is_gone_is_lost(reader: Reader, saved: Acknowledged) -> None:
    reader.check([replace(saved, save_id="s2", values={TITLE: "2.1"}, conflicts=frozenset({TITLE}))])
    assert f"{TITLE} of response {saved.response}: '2.1' was in conflict and is gone" in reader.problems


def test_a_save_that_was_applied_twice_is_found(reader: Reader, saved: Acknowledged, author: Author) -> None:
    line = sa.select(JournalEntry.line).where(JournalEntry.save_id == "s2")
    again = {"response_id": saved.response, "version": 3, "save_id": "s2", "digest": "other", "reply": "{}"}
    text = db.session.execute(line).scalar_one()
    db.session.execute(sa.insert(JournalEntry).values(**again, line=text, at=later(minutes=3)))
    db.session.commit()
    reader.check([saved])
    assert reader.problems == [f"save s2 of response {saved.response} was applied 2 times"]


def test_a_line_that_has_left_the_journal_is_found(reader: Reader, saved: Acknowledged) -> None:
    reader.check([saved])
    db.session.execute(sa.delete(JournalEntry).where(JournalEntry.version == 1))
    db.session.commit()
    reader.check([saved])
    assert f"the journal of response {saved.response} has gaps" in reader.problems
