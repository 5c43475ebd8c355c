"""How a login stands, as the desk sees it, and the end of the waiting that wrong passwords have brought upon it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.links import RESET
from app.accounts.login_state import login_rows, login_state
from app.accounts.messages import queue_messages
from app.accounts.places import place_of
from app.accounts.resets import reset_login, unlock_login
from app.accounts.sign_in_links import create_sign_in_link
from app.accounts.signing_in import WrongPasswordError, sign_in_entity
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.extensions import db
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TO, activate, entity, token_for
from tests.accounts.mailbox import claim, register

pytestmark = pytest.mark.usefixtures("few")
HOME = place_of(None, "192.0.2.1")


def lock(code: str, now: dt.datetime) -> None:
    with pytest.raises(TooManyAttemptsError):
        for _ in range(100):
            with pytest.raises(WrongPasswordError):
                sign_in_entity(entity(code), "sbagliata sbagliata", HOME, now)


def test_a_login_never_used_active_and_emptied_are_told_apart(now: dt.datetime) -> None:
    ids = [entity(code).id for code in (AGLIE, SAMONE_TO)]
    assert [row.state for row in login_rows(ids, now).values()] == ["never", "never"]
    activate(AGLIE, now)
    assert [(row.state, row.since) for row in login_rows(ids, now).values()] == [("active", now), ("never", None)]
    reset_login(AGLIE, actor="test", now=now)
    assert login_rows(ids, now)[ids[0]].state == "emptied"


def test_links_and_sessions_that_live_are_counted(now: dt.datetime) -> None:
    register(AGLIE)
    before = login_state(entity(AGLIE).id, None, now)
    assert (before.activation_links, before.reset_links, before.sign_in_links, before.code) == (0, 0, 0, "none")
    token_for(AGLIE, now)
    create_sign_in_link(entity(AGLIE).id, now)
    queue_messages(RESET, entity(AGLIE), now, language="it")
    db.session.commit()
    claim(now)
    state = login_state(entity(AGLIE).id, None, now)
    assert (state.activation_links, state.reset_links, state.sign_in_links) == (1, 1, 1)
    assert state.links_end_at is not None
    assert login_state(entity(AGLIE).id, None, now + dt.timedelta(days=999)).sign_in_links == 0
    assert state.last_entered_at is None


def test_who_waits_is_seen_and_let_try_again(now: dt.datetime) -> None:
    activate(AGLIE, now)
    lock(AGLIE, now)
    activate(SAMONE_TO, now)
    lock(SAMONE_TO, now)
    waits = [login_rows([entity(code).id], now)[entity(code).id].waits_until for code in (AGLIE, SAMONE_TO)]
    assert None not in waits
    assert unlock_login(AGLIE, actor="staff:7", now=now) is True
    assert login_rows([entity(AGLIE).id], now)[entity(AGLIE).id].waits_until is None
    assert login_rows([entity(SAMONE_TO).id], now)[entity(SAMONE_TO).id].waits_until is not None
    elsewhere = place_of(None, "198.51.100.7")  # the network of before still waits for its own tries at all accounts
    assert sign_in_entity(entity(AGLIE), PASSWORD, elsewhere, now)
    assert unlock_login(AGLIE, actor="staff:7", now=now) is False
    actions = db.session.execute(sa.select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.number.desc())).first()
    assert actions is not None
    assert tuple(actions) == ("login_unlocked", "staff:7")


def test_a_wait_written_while_the_clock_was_ahead_is_none(now: dt.datetime) -> None:
    activate(AGLIE, now)
    lock(AGLIE, now + dt.timedelta(days=30))
    assert login_rows([entity(AGLIE).id], now)[entity(AGLIE).id].waits_until is None
