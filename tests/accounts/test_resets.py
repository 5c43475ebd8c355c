"""A reset: every way in ends at once, drafts stay, and the link goes to registered addresses."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.entity_accounts import list_accounts, stored_hash
from app.accounts.links import (
    RESET,
    DeadLinkError,
    UnknownEntityError,
    create_reset_link,
    entity_of_link,
    redeem_activation_link,
)
from app.accounts.messages import queue_messages
from app.accounts.models import ActivationLink, EntityAccount
from app.accounts.places import known_at, place_of
from app.accounts.resets import reset_login
from app.accounts.sessions import find_identity, open_session
from app.accounts.sign_in_links import create_sign_in_link, entity_of_sign_in_link
from app.accounts.signing_in import EmptiedPasswordError, WrongPasswordError, sign_in_activated, sign_in_entity
from app.audit.models import AuditEntry
from app.demo.loading import demo_edition
from app.editions.current import edition_by_code
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.responses.document import write_document
from app.responses.reading import response_by_id
from tests.accounts.few import AGLIE, PASSWORD, SAMONE_TN, SAMONE_TO, activate, at_once, entity, token_for
from tests.accounts.mailbox import OFFICE, claim, queued, register
from tests.roles.world import add_owner

pytestmark = pytest.mark.usefixtures("few")
NEW = "quattro parole messe qui"
HOME = place_of(None, "192.0.2.1")


def test_a_reset_ends_password_sessions_and_links_of_its_entity_only(now: dt.datetime) -> None:
    activate(AGLIE, now)
    activate(SAMONE_TO, now)
    own, others = open_session(entity(AGLIE).id, now), open_session(entity(SAMONE_TO).id, now)
    link, others_link = token_for(AGLIE, now), token_for(SAMONE_TO, now)
    mailed = create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    db.session.commit()
    reset_login(AGLIE, actor="test", now=now)
    assert stored_hash(entity(AGLIE).id) is None
    assert find_identity(own, now) is None
    for dead in (lambda: entity_of_link(link, now), lambda: entity_of_sign_in_link(mailed, now)):
        with pytest.raises(DeadLinkError):
            dead()
    assert stored_hash(entity(SAMONE_TO).id) is not None
    assert find_identity(others, now) is not None
    assert entity_of_link(others_link, now).code == SAMONE_TO
    assert [account.code for account in list_accounts(activated_only=True)] == [SAMONE_TO]
    assert [account.activated_at for account in list_accounts() if account.code == AGLIE] == [None]


def test_who_tries_the_old_password_is_told_that_it_was_reset(now: dt.datetime) -> None:
    activate(AGLIE, now)
    reset_login(AGLIE, actor="test", now=now)
    for password in (PASSWORD, "", "sbagliata sbagliata"):
        with pytest.raises(EmptiedPasswordError):
            sign_in_entity(entity(AGLIE), password, HOME, now)
    with pytest.raises(WrongPasswordError) as never:
        sign_in_entity(entity(SAMONE_TN), PASSWORD, HOME, now)
    assert not isinstance(never.value, EmptiedPasswordError)


def test_an_empty_hash_matches_no_password(now: dt.datetime) -> None:
    activate(AGLIE, now)
    reset_login(AGLIE, actor="test", now=now)
    assert db.session.execute(sa.select(EntityAccount.password_hash)).scalars().all() == [""]
    with pytest.raises(WrongPasswordError):
        sign_in_entity(entity(AGLIE), "the password of an entity that has none", HOME, now)


def test_the_link_that_arrives_sets_a_new_password_once(now: dt.datetime) -> None:
    register(AGLIE)
    activate(AGLIE, now)
    assert reset_login(AGLIE, actor="test", now=now) == [OFFICE]
    (arrived,) = claim(now)
    assert (arrived.kind, arrived.recipient, arrived.reason) == ("reset", OFFICE, None)
    assert arrived.path.startswith("/reimposta/")
    with pytest.raises(DeadLinkError):
        entity_of_link(arrived.token, now)  # it is no activation
    assert redeem_activation_link(arrived.token, NEW, now, RESET).code == AGLIE
    assert sign_in_entity(entity(AGLIE), NEW, HOME, now)
    with pytest.raises(DeadLinkError):
        redeem_activation_link(arrived.token, PASSWORD, now, RESET)


def test_of_two_who_use_the_link_at_once_one_succeeds(app: Flask, now: dt.datetime) -> None:
    register(AGLIE)
    reset_login(AGLIE, actor="test", now=now)
    (arrived,) = claim(now)
    passwords = [NEW, PASSWORD]
    outcomes = at_once(app, [lambda word=word: redeem_activation_link(arrived.token, word, now, RESET) for word in passwords])
    assert sum(isinstance(outcome, DeadLinkError) for outcome in outcomes) == 1, outcomes


def test_two_links_of_one_entity_used_at_once_do_not_wait_for_each_other_for_ever(app: Flask, now: dt.datetime) -> None:
    register(AGLIE)
    for _ in range(2):
        queue_messages(RESET, entity(AGLIE), now, language="it")
        now += dt.timedelta(seconds=1)
    tokens = [arrived.token for arrived in claim(now)]
    assert len(tokens) == 2
    outcomes = at_once(app, [lambda token=token: redeem_activation_link(token, NEW, now, RESET) for token in tokens])
    assert sum(isinstance(outcome, DeadLinkError) for outcome in outcomes) == 1, outcomes


def test_a_reset_and_a_link_at_once_leave_no_password_that_the_reset_did_not_see(app: Flask, now: dt.datetime) -> None:
    for _ in range(5):
        token = token_for(AGLIE, now)
        outcomes = at_once(
            app,
            [
                lambda token=token: redeem_activation_link(token, NEW, now),
                lambda: reset_login(AGLIE, actor="test", now=now),
            ],
        )
        assert all(isinstance(outcome, DeadLinkError) or not isinstance(outcome, Exception) for outcome in outcomes), outcomes
        db.session.rollback()
        assert stored_hash(entity(AGLIE).id) is None
        live = sa.select(sa.func.count()).select_from(ActivationLink).where(ActivationLink.ended_at.is_(None))
        assert db.session.execute(live).scalar_one() == 0


def test_whoever_has_just_set_the_password_is_not_signed_in_after_a_reset(now: dt.datetime) -> None:
    entered = activate(AGLIE, now)
    reset_login(AGLIE, actor="test", now=now)
    with pytest.raises(DeadLinkError):
        sign_in_activated(entered, HOME, now)


def test_a_reset_forgets_where_the_entity_signed_in_before(now: dt.datetime) -> None:
    for code in (AGLIE, SAMONE_TO):
        activate(code, now)
        sign_in_entity(entity(code), PASSWORD, HOME, now)
    reset_login(AGLIE, actor="test", now=now)
    assert [known_at(entity(code).id, HOME, now).network for code in (AGLIE, SAMONE_TO)] == [False, True]


def test_drafts_stay(now: dt.datetime) -> None:
    store_edition(demo_edition(now), actor="test", now=now)
    move_edition("demo", "open", actor="test", now=now)
    edition = edition_by_code("demo")
    assert edition is not None
    owner = add_owner(AGLIE, "Ginepro", edition, now)

    def stored() -> bytes | str:
        response = response_by_id(owner.response_id)
        assert response is not None
        return write_document(response.document)

    before = stored()
    reset_login(AGLIE, actor="test", now=now)
    assert stored() == before
    assert "Ginepro" in str(before)


def test_an_entity_without_an_address_is_reset_all_the_same(now: dt.datetime) -> None:
    activate(AGLIE, now)
    assert reset_login(AGLIE, actor="test", now=now) == []
    assert queued() == []
    assert stored_hash(entity(AGLIE).id) is None
    token = create_reset_link(AGLIE, now).rpartition("/")[2]
    assert redeem_activation_link(token, NEW, now, RESET).code == AGLIE


def test_the_audit_tells_of_it_and_names_no_address(now: dt.datetime) -> None:
    register(AGLIE)
    reset_login(AGLIE, actor="staff:7", now=now)
    entry = db.session.execute(sa.select(AuditEntry).order_by(AuditEntry.number.desc())).scalars().first()
    assert entry is not None
    assert (entry.action, entry.actor, entry.subject, entry.detail) == (
        "login_reset",
        "staff:7",
        f"entity:{AGLIE}",
        '{"addresses":1}',
    )


def test_nobody_can_be_reset_who_does_not_exist(now: dt.datetime) -> None:
    with pytest.raises(UnknownEntityError):
        reset_login("999999", actor="test", now=now)
