"""Activation links: single use, expiring, hashed, built from the configured base URL."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.entity_accounts import list_accounts, stored_hash
from app.accounts.links import (
    DeadLinkError,
    UnknownEntityError,
    create_activation_link,
    entity_of_link,
    redeem_activation_link,
)
from app.accounts.models import ActivationLink
from app.accounts.passwords import WeakPasswordError, verify_password
from app.accounts.sessions import find_identity, open_session
from app.audit.models import AuditEntry
from app.extensions import db
from app.registry.models import Entity
from tests.accounts.few import AGLIE, BASE_URL, PASSWORD, SAMONE_TO, at_once, entity, token_for

pytestmark = pytest.mark.usefixtures("few")
OTHER = "quattro parole messe qui"


def password_is(code: str, password: str) -> bool:
    return verify_password(stored_hash(entity(code).id), password)


def test_a_link_sets_the_password_once(now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    assert entity_of_link(token, now).code == AGLIE
    assert redeem_activation_link(token, PASSWORD, now).code == AGLIE
    assert password_is(AGLIE, PASSWORD)
    with pytest.raises(DeadLinkError):
        redeem_activation_link(token, OTHER, now)
    with pytest.raises(DeadLinkError):
        entity_of_link(token, now)
    assert password_is(AGLIE, PASSWORD)


def test_looking_at_a_link_does_not_use_it(now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    for _ in range(5):
        entity_of_link(token, now)
    assert redeem_activation_link(token, PASSWORD, now).code == AGLIE


def test_a_link_expires(now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    last = now + dt.timedelta(days=30) - dt.timedelta(seconds=1)
    assert entity_of_link(token, last).code == AGLIE
    with pytest.raises(DeadLinkError):
        redeem_activation_link(token, PASSWORD, now + dt.timedelta(days=30))
    assert stored_hash(entity(AGLIE).id) is None


def test_a_new_link_ends_the_older_ones_of_its_entity_only(now: dt.datetime) -> None:
    older, others = token_for(AGLIE, now), token_for(SAMONE_TO, now)
    newer = token_for(AGLIE, now)
    with pytest.raises(DeadLinkError):
        entity_of_link(older, now)
    assert entity_of_link(newer, now).code == AGLIE
    assert entity_of_link(others, now).code == SAMONE_TO


def test_of_many_at_once_one_succeeds(app: Flask, now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    passwords = [f"cavallo batteria numero {number}" for number in range(4)]
    outcomes = at_once(app, [lambda password=word: redeem_activation_link(token, password, now) for word in passwords])
    winners = [word for word, outcome in zip(passwords, outcomes, strict=True) if not isinstance(outcome, Exception)]
    assert len(winners) == 1, outcomes
    assert sum(isinstance(outcome, DeadLinkError) for outcome in outcomes) == 3
    db.session.rollback()
    assert [word for word in passwords if password_is(AGLIE, word)] == winners
    assert (
        db.session.execute(
            sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "entity_activated")
        ).scalar_one()
        == 1
    )


def test_a_weak_password_leaves_the_link_good(now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    with pytest.raises(WeakPasswordError):
        redeem_activation_link(token, "corta", now)
    assert redeem_activation_link(token, PASSWORD, now).code == AGLIE


def test_a_second_link_ends_password_and_sessions_of_its_entity_only(now: dt.datetime) -> None:
    redeem_activation_link(token_for(AGLIE, now), PASSWORD, now)
    own, others = open_session(entity(AGLIE).id, now), open_session(entity(SAMONE_TO).id, now)
    db.session.commit()
    token = token_for(AGLIE, now)
    assert find_identity(own, now) is not None
    redeem_activation_link(token, OTHER, now)
    assert find_identity(own, now) is None
    assert find_identity(others, now) is not None
    assert password_is(AGLIE, OTHER)
    assert not password_is(AGLIE, PASSWORD)


def test_the_secret_is_stored_nowhere(now: dt.datetime) -> None:
    token = token_for(AGLIE, now)
    assert len(token) == 43
    row = db.session.execute(sa.select(*ActivationLink.__table__.columns)).one()
    told = db.session.execute(sa.select(*AuditEntry.__table__.columns)).all()
    assert token not in str(row)
    assert token not in str(told)


@pytest.mark.settings(base_url="https://rilevazione.esempio.it")
def test_the_address_is_the_configured_one_whatever_the_host_header_says(app: Flask, now: dt.datetime) -> None:
    hostile = {"Host": "cattivo.example", "X-Forwarded-Host": "cattivo.example"}
    with app.test_request_context("/", headers=hostile):
        link = create_activation_link(AGLIE, now)
    assert link.startswith("https://rilevazione.esempio.it/attiva/")


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ù" * 43, "a" * 10_000, "a" * 42 + "\n", "\ud800" * 43])
def test_what_is_no_link_is_dead(now: dt.datetime, token: str) -> None:
    with pytest.raises(DeadLinkError):
        redeem_activation_link(token, PASSWORD, now)


def test_an_entity_that_is_not_in_force_gets_no_link(now: dt.datetime) -> None:
    for code in ("999999", ""):
        with pytest.raises(UnknownEntityError):
            create_activation_link(code, now)
    db.session.execute(sa.update(Entity).where(Entity.code == AGLIE).values(valid_to=dt.date(2026, 1, 1)))
    with pytest.raises(UnknownEntityError):
        create_activation_link(AGLIE, now)


def test_the_commands(app: Flask, now: dt.datetime) -> None:
    runner = app.test_cli_runner()
    link = runner.invoke(args=["entity", "activate", AGLIE]).stdout.strip()
    assert link.startswith(f"{BASE_URL}/attiva/")
    db.session.rollback()
    redeem_activation_link(link.rpartition("/")[2], PASSWORD, now)
    assert [account.code for account in list_accounts(activated_only=True)] == [AGLIE]
    listed = runner.invoke(args=["entity", "list"]).stdout.splitlines()
    assert listed[0] == "001001\tAgliè (TO)\t2026-03-16 09:00 UTC"
    assert listed[1] == "001235\tSamone (TO)\tnot activated"
    refused = runner.invoke(args=["entity", "activate", "1001"])
    assert refused.exit_code == 1
    assert "no entity in force has the code 1001" in refused.output
