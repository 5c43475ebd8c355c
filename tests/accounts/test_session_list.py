"""An entity's live sessions as it sees them itself, and its operators removed and brought back."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.models import KnownPlace, WebSession
from app.accounts.operators import (
    OperatorAtWorkError,
    UnknownOperatorError,
    add_operator,
    get_operator,
    list_operators,
    operator_names,
    remove_operator,
    removed_operators,
    restore_operator,
)
from app.accounts.places import place_of, remember_operator, remember_sign_in
from app.accounts.session_list import end_other_sessions, end_session_of, list_sessions
from app.accounts.sessions import OperatorOfAnotherEntityError, choose_operator, find_identity, open_session
from app.accounts.tokens import token_hash
from app.audit.models import AuditEntry
from app.extensions import db
from tests.accounts.few import AGLIE, SAMONE_TO, entity

pytestmark = pytest.mark.usefixtures("few")
MINUTE = dt.timedelta(minutes=1)


def opened(code: str, now: dt.datetime, operator_id: int | None = None) -> str:
    token = open_session(entity(code).id, now, operator_id=operator_id)
    db.session.commit()
    return token


def operator(code: str, name: str, now: dt.datetime) -> int:
    email = f"{name.lower().replace(' ', '.')}@example.org"
    return add_operator(entity(code).id, name=name, office="Servizi sociali", email=email, phone="", now=now)


def last_entry() -> tuple[str, str, str, str]:
    columns = (AuditEntry.action, AuditEntry.actor, AuditEntry.subject, AuditEntry.detail)
    row = db.session.execute(sa.select(*columns).order_by(AuditEntry.number.desc()).limit(1)).one()
    return row[0], row[1], row[2], row[3]


def test_only_live_sessions_of_the_entity_are_listed_the_last_seen_first(now: dt.datetime) -> None:
    first = opened(AGLIE, now, operator(AGLIE, "Operatore A", now))
    second = opened(AGLIE, now + MINUTE)
    opened(SAMONE_TO, now + MINUTE)
    listed = list_sessions(entity(AGLIE).id, now + 2 * MINUTE, current=token_hash(first))
    assert [(row.operator, row.current) for row in listed] == [(None, False), ("Operatore A (non verificato)", True)]
    assert [row.created_at for row in listed] == [now + MINUTE, now]
    assert {row.key for row in listed}.isdisjoint({token_hash(first)[:16], token_hash(second)[:16]})
    assert all(len(row.key) == 16 for row in listed)
    assert list_sessions(entity(AGLIE).id, now + dt.timedelta(days=30)) == []


def test_one_session_is_ended_by_its_key(now: dt.datetime) -> None:
    kept, gone = opened(AGLIE, now), opened(AGLIE, now + MINUTE)
    (key,) = [row.key for row in list_sessions(entity(AGLIE).id, now + MINUTE) if row.created_at == now + MINUTE]
    assert end_session_of(entity(AGLIE).id, key, now + MINUTE, actor="operator:1")
    assert find_identity(gone, now + MINUTE) is None
    assert find_identity(kept, now + MINUTE) is not None
    assert last_entry() == ("sessions_ended", "operator:1", f"entity:{AGLIE}", '{"count":1}')
    assert not end_session_of(entity(AGLIE).id, key, now + MINUTE, actor="operator:1")


def test_a_key_of_another_entity_ends_nothing(now: dt.datetime) -> None:
    token = opened(SAMONE_TO, now)
    (row,) = list_sessions(entity(SAMONE_TO).id, now)
    assert not end_session_of(entity(AGLIE).id, row.key, now, actor="operator:1")
    assert find_identity(token, now) is not None


def test_all_others_are_ended_and_one_s_own_stays(now: dt.datetime) -> None:
    mine, others, stranger = opened(AGLIE, now), [opened(AGLIE, now) for _ in range(3)], opened(SAMONE_TO, now)
    assert end_other_sessions(entity(AGLIE).id, token_hash(mine), now, actor="operator:1") == 3
    assert [find_identity(token, now) for token in others] == [None, None, None]
    assert find_identity(mine, now) is not None
    assert find_identity(stranger, now) is not None
    assert end_other_sessions(entity(AGLIE).id, token_hash(mine), now, actor="operator:1") == 0


def test_a_removed_operator_is_offered_to_nobody_and_keeps_its_name(now: dt.datetime) -> None:
    own, other = operator(AGLIE, "Operatore A", now), operator(AGLIE, "Operatore B", now)
    assert remove_operator(entity(AGLIE).id, other, by=own, now=now) == "Operatore B"
    assert [row.id for row in list_operators(entity(AGLIE).id)] == [own]
    assert [row.id for row in removed_operators(entity(AGLIE).id)] == [other]
    assert get_operator(entity(AGLIE).id, other) is None
    assert operator_names(entity(AGLIE).id) == {own: "Operatore A (non verificato)", other: "Operatore B (non verificato)"}
    assert last_entry() == ("operator_removed", f"entity:{AGLIE}", f"operator:{other}", "{}")
    with pytest.raises(OperatorOfAnotherEntityError):
        choose_operator(token_hash(opened(AGLIE, now)), other)


def test_sessions_and_devices_of_a_removed_operator_ask_again(now: dt.datetime) -> None:
    own, other = operator(AGLIE, "Operatore A", now), operator(AGLIE, "Operatore B", now)
    theirs, mine = opened(AGLIE, now, other), opened(AGLIE, now, own)
    device = remember_sign_in(entity(AGLIE).id, place_of(None, "192.0.2.1"), now)
    remember_operator(entity(AGLIE).id, device, other)
    remove_operator(entity(AGLIE).id, other, by=own, now=now)
    assert [one and one.operator_id for one in (find_identity(theirs, now), find_identity(mine, now))] == [None, own]
    assert db.session.execute(sa.select(KnownPlace.operator_id).where(KnownPlace.operator_id == other)).all() == []


def test_a_removal_is_undone_and_adding_the_same_person_undoes_it_too(now: dt.datetime) -> None:
    own, other = operator(AGLIE, "Operatore A", now), operator(AGLIE, "Operatore B", now)
    for bring_back in (
        lambda: restore_operator(entity(AGLIE).id, other, now),
        lambda: operator(AGLIE, "Operatore B", now),
    ):
        remove_operator(entity(AGLIE).id, other, by=own, now=now)
        bring_back()
        assert [row.id for row in list_operators(entity(AGLIE).id)] == [own, other]
    assert removed_operators(entity(AGLIE).id) == []


def test_nobody_is_removed_by_themselves_or_by_another_entity(now: dt.datetime) -> None:
    own, theirs = operator(AGLIE, "Operatore A", now), operator(SAMONE_TO, "Operatore C", now)
    with pytest.raises(OperatorAtWorkError):
        remove_operator(entity(AGLIE).id, own, by=own, now=now)
    for change in (
        lambda: remove_operator(entity(AGLIE).id, theirs, by=own, now=now),
        lambda: restore_operator(entity(AGLIE).id, theirs, now),
    ):
        with pytest.raises(UnknownOperatorError):
            change()
    assert [row.id for row in list_operators(entity(SAMONE_TO).id)] == [theirs]
    assert db.session.execute(sa.select(sa.func.count()).select_from(WebSession)).scalar_one() == 0
