"""Resets of many: nothing before the confirmation, each login once, and a run that goes on where it was left."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import login_runs
from app.accounts.code_lists import MOST_LINES, UnreadableListError, decode_list, find_listed, read_codes
from app.accounts.entity_accounts import stored_hash
from app.accounts.login_runs import (
    EmptyRunError,
    UnknownRunError,
    WrongCountError,
    confirm_run,
    list_runs,
    prepare_run,
    run_by_id,
    run_items,
    stop_run,
    without_address,
    work_off,
)
from app.accounts.models import LoginRunItem
from app.accounts.resets import reset_login
from app.accounts.sessions import find_identity, open_session
from app.audit.models import AuditEntry
from app.config import settings
from app.extensions import db
from app.registry.models import Entity
from tests.accounts.few import AGLIE, ALDINO, SAMONE_TN, SAMONE_TO, activate, at_once, entity
from tests.accounts.mailbox import OFFICE, claim, queued, register

pytestmark = pytest.mark.usefixtures("few")
ALL = (AGLIE, SAMONE_TO, SAMONE_TN, ALDINO)
ACTOR = "staff:7"


def prepared(now: dt.datetime, *codes: str) -> int:
    return prepare_run([entity(code).id for code in codes or ALL], source="file", actor=ACTOR, now=now)


def confirmed(now: dt.datetime, *codes: str) -> int:
    run_id = prepared(now, *codes)
    confirm_run(run_id, typed="", actor=ACTOR, now=now)
    return run_id


def resets() -> list[str]:
    query = sa.select(AuditEntry.subject).where(AuditEntry.action == "login_reset").order_by(AuditEntry.number)
    return list(db.session.execute(query).scalars())


def test_nothing_changes_before_the_run_is_confirmed(now: dt.datetime) -> None:
    activate(AGLIE, now)
    run_id = prepared(now)
    assert work_off(run_id, lambda: now) == 0
    assert stored_hash(entity(AGLIE).id) is not None
    assert (run_by_id(run_id).state, resets(), queued()) == ("prepared", [], [])


def test_a_confirmed_run_resets_each_login_once_and_says_who_could_not_be_written_to(now: dt.datetime) -> None:
    register(AGLIE)
    activate(AGLIE, now)
    session = open_session(entity(AGLIE).id, now)
    db.session.commit()
    run_id = confirmed(now)
    assert (run_by_id(run_id).state, without_address(run_id, now)) == ("running", 3)
    assert work_off(run_id, lambda: now) == 4
    assert work_off(run_id, lambda: now) == 0
    run = run_by_id(run_id)
    assert (run.state, run.counts) == ("ended", {"waiting": 0, "done": 1, "no_address": 3, "failed": 0})
    assert stored_hash(entity(AGLIE).id) is None
    assert find_identity(session, now) is None
    assert [delivery.recipient for delivery in queued()] == [OFFICE]
    assert sorted(resets()) == sorted(f"entity:{code}" for code in ALL)
    assert [(row.entity_code, row.addresses) for row in run_items(run_id, now, states=["done"], limit=9)] == [(AGLIE, 1)]


def test_the_messages_of_a_run_keep_the_pace_of_reminders_also_over_slices(now: dt.datetime) -> None:
    for number, code in enumerate(ALL):
        register(code, f"ente{number}@comune.example.org")
    register(AGLIE, "sindaco@comune.example.org", "mayor")
    step = dt.timedelta(hours=1) / settings().reminders_per_hour
    run_id = confirmed(now)
    assert work_off(run_id, lambda: now, most=2) == 2
    first = [delivery.not_before for delivery in queued()]
    assert first == [now + place * step for place in range(len(first))]
    claim(now + dt.timedelta(minutes=1))
    soon = now + (len(first) - 1) * step + dt.timedelta(seconds=1)
    assert work_off(run_id, lambda: soon) == 2
    times = [delivery.not_before for delivery in queued()]
    assert times == [now + place * step for place in range(len(times))]
    assert login_runs.last_message_at(soon) == times[-1]
    assert login_runs.last_message_at(times[-1]) is None
    later = now + dt.timedelta(days=1)
    assert work_off(confirmed(later, AGLIE), lambda: later) == 1
    assert min(delivery.not_before for delivery in queued() if delivery.created_at == later) == later


def test_a_single_reset_does_not_wait_behind_a_run(now: dt.datetime) -> None:
    for number, code in enumerate(ALL):
        register(code, f"ente{number}@comune.example.org")
    work_off(confirmed(now, *ALL[:3]), lambda: now)
    reset_login(ALL[3], actor=ACTOR, now=now)
    assert [one.not_before for one in queued() if one.recipient == "ente3@comune.example.org"] == [now]


def test_a_slice_ends_after_so_many_and_the_next_goes_on(now: dt.datetime) -> None:
    run_id = confirmed(now)
    assert [work_off(run_id, lambda: now, most=3), run_by_id(run_id).settled, work_off(run_id, lambda: now, most=3)] == [
        3,
        3,
        1,
    ]
    assert run_by_id(run_id).state == "ended"
    assert work_off(confirmed(now), lambda: now, seconds=0) == 1


def test_two_workers_at_once_reset_no_login_twice(app: Flask, now: dt.datetime) -> None:
    run_id = confirmed(now)
    outcomes = at_once(app, [lambda: work_off(run_id, lambda: now)] * 3)
    assert sum(int(str(one)) for one in outcomes) == 4, outcomes
    db.session.rollback()
    work_off(run_id, lambda: now)
    assert sorted(resets()) == sorted(f"entity:{code}" for code in ALL)
    assert run_by_id(run_id).state == "ended"


def test_a_process_killed_in_a_reset_leaves_that_login_as_it_was(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    activate(AGLIE, now)
    run_id = confirmed(now, AGLIE)
    whole = login_runs.end_login

    def killed(*given: object, **more: object) -> list[str]:
        whole(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(login_runs, "end_login", killed)
    with pytest.raises(KeyboardInterrupt):
        work_off(run_id, lambda: now)
    db.session.rollback()
    assert stored_hash(entity(AGLIE).id) is not None
    assert (run_by_id(run_id).settled, resets()) == (0, [])
    monkeypatch.setattr(login_runs, "end_login", whole)
    assert work_off(run_id, lambda: now) == 1
    assert stored_hash(entity(AGLIE).id) is None


def test_a_stopped_run_resets_nobody_more(now: dt.datetime) -> None:
    run_id = confirmed(now)
    work_off(run_id, lambda: now, most=1)
    stop_run(run_id, actor=ACTOR, now=now)
    assert work_off(run_id, lambda: now) == 0
    run = run_by_id(run_id)
    assert (run.state, run.settled, run.stopped_by) == ("stopped", 1, ACTOR)
    confirm_run(run_id, typed="", actor=ACTOR, now=now)
    assert work_off(run_id, lambda: now) == 0


def test_an_entity_that_has_ended_meanwhile_is_left_alone_and_named(now: dt.datetime) -> None:
    run_id = confirmed(now, AGLIE)
    db.session.execute(sa.update(Entity).where(Entity.code == AGLIE).values(valid_to=dt.date(2026, 1, 1)))
    db.session.commit()
    work_off(run_id, lambda: now)
    assert [(row.entity_code, row.reason) for row in run_items(run_id, now, states=["failed"], limit=9)] == [
        (AGLIE, "not_in_force")
    ]
    assert resets() == []


def test_a_large_run_asks_for_the_number_of_its_logins(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_runs, "TYPED_BEYOND", 3)
    run_id = prepared(now)
    for typed in ("", "3", "quattro"):
        with pytest.raises(WrongCountError):
            confirm_run(run_id, typed=typed, actor=ACTOR, now=now)
    assert run_by_id(run_id).state == "prepared"
    confirm_run(run_id, typed=" 4 ", actor=ACTOR, now=now)
    assert run_by_id(run_id).state == "running"


def test_runs_are_listed_the_last_one_first_with_their_own_counts(now: dt.datetime) -> None:
    first, second = prepared(now, AGLIE), prepared(now, SAMONE_TO, ALDINO)
    assert [(run.id, run.total) for run in list_runs()] == [(second, 2), (first, 1)]
    with pytest.raises(UnknownRunError):
        run_by_id(second + 1)
    with pytest.raises(EmptyRunError):
        prepare_run([], source="file", actor=ACTOR, now=now)
    assert db.session.execute(sa.select(sa.func.count()).select_from(LoginRunItem)).scalar_one() == 3


def test_a_list_is_read_as_spreadsheets_and_people_write_it() -> None:
    text = '\ufeffCodice;Ente\r\n"001001";Agliè\r\n\r\n1235,Samone\r\n022165\r\n999999\r\n22165\r\n'
    listed = find_listed(decode_list(text.encode("utf-8")))
    assert listed.entity_ids == tuple(entity(code).id for code in (AGLIE, SAMONE_TO, SAMONE_TN))
    assert listed.unknown == ((6, "999999"),)
    assert decode_list("001001;Agliè".encode("cp1252")) == "001001;Agliè"


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("001001\nComune di Agliè\n", "code", 2),
        ("\n\n", "empty", 0),
        ("codice\n", "empty", 0),
        ("1\n" * (MOST_LINES + 1), "lines", 0),
        ("x" * 40, "code", 1),
        ("=1+1\n", "code", 1),
    ],
)
def test_what_is_no_list_is_refused_naming_the_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(UnreadableListError) as refused:
        read_codes(text)
    assert (refused.value.reason, refused.value.line) == (reason, line)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a workbook", b"\0\0", b"1\n" * 400_000])
def test_a_workbook_or_a_huge_file_is_no_list(content: bytes) -> None:
    with pytest.raises(UnreadableListError):
        decode_list(content)
