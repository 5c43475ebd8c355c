"""The history of practices is written in one place and read back as it was written."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

import app as program
from app.extensions import db
from app.practices.history import (
    PROGRAM,
    Happened,
    forget_history,
    history_of,
    last_of,
    last_sent_back,
    reviewed_submission,
    tell,
)
from app.practices.models import ReviewEntry
from tests.conftest import START
from tests.practices.sheets import Sheets
from tests.responses.people import FIRENZE


def line(action: str, submission: int = 0) -> Happened:
    return Happened(action, "", f'{{"submission": {submission}}}' if submission else "{}", PROGRAM, START)


def test_no_other_module_writes_lines_of_history() -> None:
    root = Path(program.__file__).parent
    writers = [path for path in root.rglob("*.py") if "ReviewEntry" in path.read_text(encoding="utf-8")]
    assert sorted(path.relative_to(root).as_posix() for path in writers) == ["practices/history.py", "practices/models.py"]


def test_lines_read_back_the_latest_first_with_what_they_keep(sheets: Sheets) -> None:
    first, second = (sheets.row(item).id for item in sheets.send_sheets(FIRENZE, {}, {}))
    kept = {"corrections": {"title": "Più corto", "types": ("a", "b")}}
    tell([first, second], "sent_back", actor="staff:1", now=sheets.now, note="Perché", detail=kept)
    tell([first], "assigned", actor="staff:2", now=sheets.now)
    tell([], "approved", actor="staff:2", now=sheets.now)
    assert [(one.action, one.actor, one.note) for one in history_of(first)] == [
        ("assigned", "staff:2", ""),
        ("sent_back", "staff:1", "Perché"),
        ("arrived", PROGRAM, ""),
    ]
    assert [one.submission for one in history_of(first)] == [0, 0, 1]
    last = last_of(first, without=("assigned",))
    assert last is not None
    assert last.corrections == {"title": "Più corto", "types": ("a", "b")}
    assert {number: one.note for number, one in last_sent_back([first, second]).items()} == {first: "Perché", second: "Perché"}
    assert last_sent_back([]) == {}
    forget_history([first])
    assert (history_of(first), last_of(first)) == ([], None)
    assert db.session.execute(sa.select(sa.func.count()).select_from(ReviewEntry)).scalar_one() == 2


def test_the_version_that_was_reviewed_is_the_one_before_the_sending_back() -> None:
    told = [line("sent_again", 3), line("assigned"), line("sent_back"), line("sent_again", 2), line("arrived", 1)]
    assert reviewed_submission(told) == 2
    assert reviewed_submission(told[2:]) == 0, "it still waits for its entity"
    assert reviewed_submission([line("sent_again", 2), line("arrived", 1)]) == 0, "nobody had sent it back"
    assert reviewed_submission([line("approved"), *told]) == 0, "decided since"
    assert reviewed_submission([line("decision_undone"), line("approved"), *told]) == 2
