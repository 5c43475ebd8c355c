"""Editions from draft to published: each step allowed or refused, and what stays from the opening on."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.editions.current import (
    current_edition,
    edition_by_code,
    is_pilot_entity,
    letter_of,
    list_editions,
    plan_of,
    questionnaire_in,
)
from app.editions.lifecycle import EditionRefusedError, move_edition, store_edition
from app.editions.models import Definition
from app.extensions import db
from app.questionnaire.loader import read_shipped
from tests.conftest import START, Clock
from tests.editions.conftest import ReadFile, WriteFile

STATES = ("draft", "pilot", "open", "closed", "published")
ALLOWED = {
    ("draft", "pilot"),
    ("draft", "open"),
    ("pilot", "draft"),
    ("pilot", "open"),
    ("open", "closed"),
    ("closed", "open"),
    ("closed", "published"),
    ("published", "closed"),
}
WAY_TO = {
    "draft": (),
    "pilot": ("pilot",),
    "open": ("open",),
    "closed": ("open", "closed"),
    "published": ("open", "closed", "published"),
}

pytestmark = pytest.mark.usefixtures("db_session")


def bring(read: ReadFile, state: str, code: str = "2026") -> None:
    """An edition in this state."""
    store_edition(read(code=code), actor="test", now=START)
    for step in WAY_TO[state]:
        move_edition(code, step, actor="test", now=START)


def state_of(code: str = "2026") -> str:
    db.session.rollback()
    found = edition_by_code(code)
    assert found is not None
    return found.state


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in STATES for b in STATES])
def test_each_step_is_allowed_or_refused(read: ReadFile, before: str, after: str) -> None:
    bring(read, before)
    if (before, after) in ALLOWED:
        move_edition("2026", after, actor="test", now=START)
        assert state_of() == after
    else:
        with pytest.raises(EditionRefusedError, match=f"^edition 2026 is {before}: it can become .*, not {after}$"):
            move_edition("2026", after, actor="test", now=START)
        assert state_of() == before


def test_an_unknown_edition_is_refused() -> None:
    with pytest.raises(EditionRefusedError, match=r"^there is no edition 2031: `edition list` shows them$"):
        move_edition("2031", "open", actor="test", now=START)


def test_only_one_edition_is_open(read: ReadFile) -> None:
    bring(read, "open")
    bring(read, "draft", "2027")
    with pytest.raises(EditionRefusedError, match=r"^edition 2026 is open: close it before you open 2027$"):
        move_edition("2027", "open", actor="test", now=START)
    assert state_of("2027") == "draft"
    move_edition("2026", "closed", actor="test", now=START)
    move_edition("2027", "open", actor="test", now=START)
    with pytest.raises(EditionRefusedError, match=r"^edition 2027 is open: close it before you open 2026$"):
        move_edition("2026", "open", actor="test", now=START)


def test_an_edition_is_not_opened_after_its_deadline(read: ReadFile) -> None:
    bring(read, "closed")
    past = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
    with pytest.raises(EditionRefusedError, match=r"^the deadline of edition 2026 has passed: move it first"):
        move_edition("2026", "open", actor="test", now=past)
    assert store_edition(read(deadline="2026-05-31 23:59"), actor="test", now=past) == "changed"
    move_edition("2026", "open", actor="test", now=past)
    assert state_of() == "open"


@pytest.mark.parametrize("state", ["open", "closed", "published"])
def test_from_the_opening_on_the_questionnaire_and_the_opening_stay(
    read: ReadFile, write: WriteFile, tmp_path: Path, state: str
) -> None:
    bring(read, state)
    before = edition_by_code("2026")
    (tmp_path / "altro.yaml").write_text(read_shipped("RBP5") + "\n# another text\n", encoding="utf-8")
    with pytest.raises(EditionRefusedError, match=f"^edition 2026 is {state}: its questionnaire is frozen"):
        store_edition(read(questionnaire="altro.yaml", title="Cambiato"), actor="test", now=START)
    with pytest.raises(EditionRefusedError, match=f"^edition 2026 is {state}: its opening can no longer be moved"):
        store_edition(read(opening="2026-03-02 09:00", title="Cambiato"), actor="test", now=START)
    db.session.rollback()
    assert edition_by_code("2026") == before
    assert db.session.execute(sa.select(sa.func.count()).select_from(Definition)).scalar_one() == 1
    store_edition(read(title="Titolo corretto", deadline="2026-05-15 12:00"), actor="test", now=START)
    after = edition_by_code("2026")
    assert after is not None
    assert (after.title, after.state) == ("Titolo corretto", state)
    assert after.deadline == dt.datetime(2026, 5, 15, 10, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("state", ["draft", "pilot"])
def test_before_the_opening_the_questionnaire_may_change(read: ReadFile, tmp_path: Path, state: str) -> None:
    bring(read, state)
    source = read_shipped("RBP5").replace("Bisogni e priorità", "Priorità e bisogni")
    (tmp_path / "altro.yaml").write_text(source, encoding="utf-8")
    assert store_edition(read(questionnaire="altro.yaml"), actor="test", now=START) == "changed"
    edition = edition_by_code("2026")
    assert edition is not None
    assert questionnaire_in(edition, "it").question("E02").label == "Priorità e bisogni per il prossimo anno"
    assert edition.state == state


def test_storing_the_same_file_again_changes_nothing_that_is_shown(read: ReadFile) -> None:
    assert store_edition(read(), actor="test", now=START) == "created"
    first = edition_by_code("2026")
    assert store_edition(read(), actor="test", now=START) == "changed"
    assert edition_by_code("2026") == first
    assert len(list_editions()) == 1


def test_the_letter_and_the_pilot_follow_the_file(read: ReadFile, tmp_path: Path) -> None:
    (tmp_path / "lettera.pdf").write_bytes(b"%PDF-1.7")
    store_edition(read(letter="lettera.pdf", pilot=["048017", "022165"]), actor="test", now=START)
    edition = edition_by_code("2026")
    assert edition is not None
    assert (edition.has_letter, letter_of(edition.id)) == (True, b"%PDF-1.7")
    assert [is_pilot_entity(edition.id, code) for code in ("048017", "022165", "068038")] == [True, True, False]
    store_edition(read(pilot=["068038"]), actor="test", now=START)
    again = edition_by_code("2026")
    assert again is not None
    assert (again.has_letter, letter_of(edition.id)) == (False, None)
    assert [is_pilot_entity(edition.id, code) for code in ("048017", "022165", "068038")] == [False, False, True]


def test_the_current_edition_is_the_open_one_or_the_latest_that_is_no_draft(read: ReadFile) -> None:
    assert current_edition() is None
    bring(read, "draft")
    assert current_edition() is None
    move_edition("2026", "open", actor="test", now=START)
    store_edition(read(code="2027", opening="2026-04-01 09:00", deadline="2027-01-31 12:00"), actor="test", now=START)
    move_edition("2027", "pilot", actor="test", now=START)
    assert getattr(current_edition(), "code", None) == "2026"
    move_edition("2026", "closed", actor="test", now=START)
    assert getattr(current_edition(), "code", None) == "2027"


def test_each_change_leaves_an_audit_entry_and_a_refused_one_none(read: ReadFile) -> None:
    bring(read, "open")
    with pytest.raises(EditionRefusedError):
        move_edition("2026", "published", actor="test", now=START)
    db.session.rollback()
    rows = db.session.execute(sa.select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.number)).all()
    assert [tuple(row) for row in rows] == [("edition_stored", "edition:2026"), ("edition_moved", "edition:2026")]


def test_the_commands_load_move_and_list(app: Flask, write: WriteFile, clock: Clock) -> None:
    run = app.test_cli_runner().invoke
    db.session.rollback()
    assert run(args=["edition", "list"]).output == "no edition yet: `edition load FILE` makes one\n"
    loaded = run(args=["edition", "load", str(write())])
    assert (loaded.exit_code, loaded.output) == (0, "edition 2026 created: Ricognizione 2026\n")
    moved = run(args=["edition", "move", "2026", "open"])
    assert (moved.exit_code, moved.output) == (0, "edition 2026 is now open\n")
    assert run(args=["edition", "load", str(write(title="Nuovo"))]).output == "edition 2026 changed: Nuovo\n"
    listed = run(args=["edition", "list"])
    assert listed.output == "2026\topen\t2026-03-01 09:00 – 2026-04-30 23:59\tNuovo\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["move", "2026", "open"], "Error: there is no edition 2026: `edition list` shows them\n"),
        (["load", "{wrong}"], "Error: edition.yaml: title: between 1 and 300 characters\n"),
    ],
)
def test_a_refused_command_says_why_and_changes_nothing(app: Flask, write: WriteFile, arguments: list[str], said: str) -> None:
    wrong = str(write(title=" "))
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["edition", *(part.format(wrong=wrong) for part in arguments)])
    assert (result.exit_code, result.output) == (1, said)
    assert list_editions() == []


def test_the_ways_of_this_test_are_allowed_steps() -> None:
    for way in WAY_TO.values():
        assert set(pairwise(("draft", *way))) <= ALLOWED


def test_the_plan_is_stored_and_read_back(app: Flask, db_session: object, read: ReadFile) -> None:
    plan = ((dt.date(2026, 3, 31), 20), (dt.date(2026, 4, 30), 60))
    rows = [{"day": day.isoformat(), "percent": percent} for day, percent in plan]
    store_edition(read(plan=rows), actor="test", now=START)
    edition = edition_by_code("2026")
    assert edition is not None
    assert plan_of(edition.id) == plan
    store_edition(read(), actor="test", now=START)
    assert plan_of(edition.id) == ()
