"""Sessions as rows: one query, idle and absolute ends, an operator of one's own entity."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import WebSession
from app.accounts.operators import add_operator, get_operator, list_operators
from app.accounts.sessions import (
    LIVE_SESSION,
    OperatorOfAnotherEntityError,
    choose_operator,
    end_all_sessions,
    end_session,
    entity_code_of,
    find_identity,
    identity_from,
    keep_alive,
    live_session_parameters,
    open_session,
)
from app.accounts.tokens import token_hash
from app.database import unit_of_work
from app.extensions import db
from app.registry.entities import entity_table
from tests.accounts.few import AGLIE, SAMONE_TN, SAMONE_TO, entity

pytestmark = pytest.mark.usefixtures("few")
HOUR = dt.timedelta(hours=1)


def opened(code: str, now: dt.datetime) -> str:
    token = open_session(entity(code).id, now)
    db.session.commit()
    return token


def operator_of(code: str, name: str, now: dt.datetime) -> int:
    email = "ufficio@comune.esempio.it"
    return add_operator(entity(code).id, name=name, office="Ufficio servizi sociali", email=email, phone="", now=now)


def test_a_session_says_who_is_asking(now: dt.datetime) -> None:
    identity = find_identity(opened(SAMONE_TN, now), now)
    assert identity is not None
    assert (identity.entity_code, identity.entity_name, identity.entity_label) == (SAMONE_TN, "Samone", "Samone (TN)")
    assert (identity.entity_kind, identity.operator_id, identity.operator_name) == ("municipality", None, None)
    assert (identity.is_authenticated, identity.is_active, identity.is_anonymous) == (True, True, False)


def test_the_id_is_stored_nowhere(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    row = db.session.execute(sa.select(*WebSession.__table__.columns)).one()
    assert token not in str(row)
    assert row.id_hash == token_hash(token)
    assert find_identity(row.id_hash, now) is None


def test_identity_is_found_in_one_query(app: Flask, now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    db.session.rollback()
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert find_identity(token, now) is not None
    assert [text.split()[0] for text in statements if not text.startswith("BEGIN")] == ["SELECT"]


def test_others_can_join_their_tables(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    query = LIVE_SESSION.add_columns(entity_table.c.population.label("people"))
    row = db.session.execute(query, live_session_parameters(token, now)).one()
    assert (identity_from(row), row.people) == (find_identity(token, now), 2558)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "' OR 1=1 --", "\x00" * 43, "è" * 43])
def test_a_made_up_id_is_nobody(now: dt.datetime, token: str) -> None:
    opened(AGLIE, now)
    assert find_identity(token, now) is None
    assert entity_code_of(token) is None


def test_a_session_ends_when_idle_and_in_any_case(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    assert find_identity(token, now + 8 * HOUR - dt.timedelta(seconds=1)) is not None
    assert find_identity(token, now + 8 * HOUR) is None
    db.session.execute(sa.update(WebSession).values(last_seen_at=now + 72 * HOUR))
    assert find_identity(token, now + 72 * HOUR - dt.timedelta(seconds=1)) is not None
    assert find_identity(token, now + 72 * HOUR) is None


def test_use_keeps_a_session_alive_with_few_writes(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    seen = []
    instant = now
    with unit_of_work(writes=False):
        for _ in range(120):
            instant += dt.timedelta(minutes=10)
            identity = find_identity(token, instant)
            assert identity is not None
            keep_alive(identity, instant, writes=False)
            seen.append(db.session.execute(sa.select(WebSession.last_seen_at)).scalar_one())
            db.session.rollback()
    assert len(set(seen)) == 41
    assert seen == sorted(seen)


def test_a_note_in_a_writing_transaction_is_a_part_of_it(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    identity = find_identity(token, now + HOUR)
    assert identity is not None
    keep_alive(identity, now + HOUR, writes=True)
    db.session.rollback()
    assert db.session.execute(sa.select(WebSession.last_seen_at)).scalar_one() == now


def test_ending_one_session_or_all_of_an_entity(now: dt.datetime) -> None:
    first, second, others = opened(AGLIE, now), opened(AGLIE, now), opened(SAMONE_TO, now)
    end_session(token_hash(first), now)
    assert [find_identity(token, now) is None for token in (first, second, others)] == [True, False, False]
    assert entity_code_of(first) == AGLIE
    assert end_all_sessions(entity(AGLIE).id, now) == 1
    assert [find_identity(token, now) is None for token in (first, second, others)] == [True, True, False]


def test_an_ended_session_is_not_kept_alive(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    identity = find_identity(token, now + HOUR)
    assert identity is not None
    end_session(identity.session_key, now)
    keep_alive(identity, now + HOUR, writes=False)
    assert db.session.execute(sa.select(WebSession.last_seen_at)).scalar_one() == now


def test_an_operator_of_another_entity_cannot_be_chosen(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    own, others = operator_of(AGLIE, "Operatore A", now), operator_of(SAMONE_TO, "Operatore B", now)
    for stranger in (others, 0, -1, 999_999):
        with pytest.raises(OperatorOfAnotherEntityError):
            choose_operator(token_hash(token), stranger)
    identity = find_identity(token, now)
    assert identity is not None
    assert identity.operator_id is None
    choose_operator(token_hash(token), own)
    identity = find_identity(token, now)
    assert identity is not None
    assert (identity.operator_id, identity.operator_name) == (own, "Operatore A")
    with pytest.raises(OperatorOfAnotherEntityError):
        choose_operator(token_hash(token), others)


def test_an_operator_of_another_entity_in_the_row_is_not_shown(now: dt.datetime) -> None:
    token = opened(AGLIE, now)
    db.session.execute(sa.update(WebSession).values(operator_id=operator_of(SAMONE_TO, "Operatore B", now)))
    identity = find_identity(token, now)
    assert identity is not None
    assert (identity.operator_id, identity.operator_name) == (None, None)


def test_operators_are_listed_for_their_own_entity(now: dt.datetime) -> None:
    second, first = operator_of(AGLIE, "operatore B", now), operator_of(AGLIE, "Operatore A", now)
    others = operator_of(SAMONE_TO, "Operatore C", now)
    assert [operator.id for operator in list_operators(entity(AGLIE).id)] == [first, second]
    assert get_operator(entity(AGLIE).id, others) is None
    assert get_operator(entity(SAMONE_TO).id, others) is not None


def test_the_same_person_sent_twice_is_one_operator(now: dt.datetime) -> None:
    assert operator_of(AGLIE, "Operatore A", now) == operator_of(AGLIE, "Operatore A", now)
    assert operator_of(AGLIE, "Operatore B", now) != operator_of(AGLIE, "Operatore A", now)
    assert operator_of(SAMONE_TO, "Operatore A", now) not in {one.id for one in list_operators(entity(AGLIE).id)}
