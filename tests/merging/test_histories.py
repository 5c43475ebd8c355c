"""Histories find nothing lost as the program is, and find losses where it is broken: a model that cannot fail says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, seed, settings

from app.extensions import db
from app.responses import judging
from app.responses.models import JournalEntry, Response, ResponseItem
from app.responses.reading import OpenResponse
from tests.merging.histories import HISTORIES, History, play
from tests.open_edition import author, edition, later, respond

__all__ = ["author", "edition", "respond"]

Respond = Callable[[str], OpenResponse]
FEW = 12


def faults_of(response: OpenResponse, number: int, *, blind: bool = False) -> tuple[list[str], Counter[str]]:
    """The faults of so many histories on one draft, emptied before each, and what took place in them."""
    faults: list[str] = []
    counts: Counter[str] = Counter()

    @seed(2026)
    @settings(max_examples=number, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HealthCheck)
    @given(HISTORIES)
    def each(history: History) -> None:
        for table in (JournalEntry, ResponseItem):
            db.session.execute(sa.delete(table))
        db.session.execute(sa.update(Response).values(document="{}", version=0, status="opened", open_conflicts=0))
        db.session.commit()
        server, _text = play(history, response, later(minutes=1), blind=blind)
        faults.extend(server.faults)
        counts.update(server.counts)

    each()
    return faults, counts


def test_nothing_is_lost_and_every_kind_of_meeting_takes_place(respond: Respond) -> None:
    faults, counts = faults_of(respond("048017"), FEW)
    assert faults == []
    expected = {"saves", "repeated", "conflicts", "decisions", "decisions about sheets"}
    assert expected <= {kind for kind, number in counts.items() if number}


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("judge", ["set", "delete"])
def test_a_server_that_lets_the_last_one_win_is_found_out(
    respond: Respond, monkeypatch: pytest.MonkeyPatch, judge: str
) -> None:
    monkeypatch.setitem(judging._JUDGES, judge, lambda *_: judging.APPLIED)
    faults, _counts = faults_of(respond("048017"), FEW)
    assert any(fault.startswith("lost by") for fault in faults)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_browser_that_takes_for_seen_what_it_has_not_shown_is_found_out(respond: Respond) -> None:
    faults, _counts = faults_of(respond("048017"), 8 * FEW, blind=True)
    assert any(fault.startswith("lost by") for fault in faults)
