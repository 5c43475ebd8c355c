"""Audiences under a name: kept, named anew, taken away and brought back; no two of one name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.chasing.filters import PROBLEMS, STATES, Filter
from app.extensions import db
from app.reminders.saved_audiences import (
    MOST,
    UnfitAudienceError,
    UnknownAudienceError,
    list_saved,
    rename_audience,
    save_audience,
    saved_audience,
    set_audience_removed,
)
from tests.accounts.few import at_once
from tests.conftest import START

WHOLE = Filter(
    *("san vito", STATES, "09", "FI", "union", 3, "048017", PROBLEMS, "ambito"),
    *(10, 90, "quiet", 14, "before", 7, "pec", "de", "no"),
)
LATER = START + dt.timedelta(hours=1)


@pytest.fixture
def save(db_session: object) -> Callable[..., int]:
    def keep(name: str, chosen: Filter = WHOLE) -> int:
        return save_audience(name, chosen, actor="staff:1", now=START)

    return keep


def test_what_was_chosen_is_read_again(save: Callable[..., int]) -> None:
    number = save("  Piccoli   in bozza ")
    row = saved_audience(number)
    assert (row.name, row.filter, row.created_by, row.changed_at) == ("Piccoli in bozza", WHOLE, "staff:1", START)
    assert [one.id for one in list_saved()] == [number]


@pytest.mark.parametrize(
    ("name", "chosen", "reason"),
    [
        (" ", WHOLE, "no_name"),
        ("a" * 121, WHOLE, "long_name"),
        ("a\0b", WHOLE, "long_name"),
        ("Tutti", Filter(), "empty"),
        ("IN BOZZA", WHOLE, "taken"),
    ],
)
def test_what_cannot_be_kept_changes_nothing(save: Callable[..., int], name: str, chosen: Filter, reason: str) -> None:
    save("in bozza")
    with pytest.raises(UnfitAudienceError) as refused:
        save(name, chosen)
    assert refused.value.reason == reason
    assert [one.name for one in list_saved()] == ["in bozza"]


def test_a_name_is_free_again_once_its_audience_is_removed(save: Callable[..., int]) -> None:
    first = save("in bozza")
    set_audience_removed(first, True, actor="staff:1", now=LATER)
    assert list_saved() == []
    second = save("In bozza")
    with pytest.raises(UnfitAudienceError, match="taken"):
        set_audience_removed(first, False, actor="staff:1", now=LATER)
    rename_audience(second, "Altro", actor="staff:1", now=LATER)
    set_audience_removed(first, False, actor="staff:1", now=LATER)
    assert [one.name for one in list_saved()] == ["Altro", "in bozza"]


def test_one_that_is_not_there_is_told(save: Callable[..., int]) -> None:
    number = save("in bozza")
    set_audience_removed(number, True, actor="staff:1", now=LATER)
    for change in (
        lambda: rename_audience(number, "x", actor="a", now=LATER),
        lambda: set_audience_removed(number + 1, True, actor="a", now=LATER),
    ):
        with pytest.raises(UnknownAudienceError):
            change()


def test_each_deed_is_told_in_the_audit_without_the_words_that_were_searched_for(save: Callable[..., int]) -> None:
    number = save("in bozza")
    rename_audience(number, "Bozze", actor="staff:2", now=LATER)
    set_audience_removed(number, True, actor="staff:2", now=LATER)
    set_audience_removed(number, True, actor="staff:2", now=LATER)
    query = sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail).where(AuditEntry.subject == f"audience:{number}")
    told = db.session.execute(query.order_by(AuditEntry.number)).all()
    assert [row.action for row in told] == ["audience_saved", "audience_renamed", "audience_removed"]
    assert "san vito" not in str(told[0].detail)
    assert "stato=draft" in str(told[0].detail)


def test_there_is_an_end_to_them(save: Callable[..., int]) -> None:
    for number in range(MOST):
        save(f"n{number}")
    with pytest.raises(UnfitAudienceError, match="too_many"):
        save("one more")


def test_of_many_at_once_one_has_the_name(app: Flask, db_session: object) -> None:
    db.session.rollback()
    outcomes = at_once(app, [lambda: save_audience("in bozza", WHOLE, actor="staff:1", now=START)] * 5)
    assert sum(isinstance(one, int) for one in outcomes) == 1, outcomes
    assert sum(isinstance(one, UnfitAudienceError) for one in outcomes) == 4, outcomes
