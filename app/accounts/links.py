"""Links with which an entity's password is set, once: the first one (activation) or a new one (reset).

Not for: delivering them (commands print them, `messages.py` puts them into mail), or links that sign in (`sign_in_links.py`).
Holds always: 256 random bits, stored hashed; one use, which a single UPDATE decides; setting a password ends every other link
of its entity, and the code in its letter (paper that lies about is no second key); the address is built from the configured
base URL, whatever a request's Host header says; asking what a link is for changes nothing, because mail scanners ask. A link
of one purpose is dead at the other's address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from app.accounts.entity_accounts import set_password_hash
from app.accounts.models import ActivationLink
from app.accounts.passwords import check_new_password, hash_password
from app.accounts.suspensions import select_suspended
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.accounts.ways_in import end_codes, end_links, end_password_links, hold_logins
from app.audit.chain import record, record_all
from app.config import settings
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code, find_by_id, is_in_force
from app.web.site_address import site_address

ACTIVATION: Final = "activation"
RESET: Final = "reset"
_PAGES: Final = {ACTIVATION: "access.activate", RESET: "access.reset"}
_DEEDS: Final = {ACTIVATION: "entity_activated", RESET: "password_replaced"}


class UnknownEntityError(Exception):
    """No entity in force has this code."""


class DeadLinkError(Exception):
    """The link was used, replaced or never made, or its time is over: which of these is nobody's business."""


def entity_in_force(code: str) -> EntityRow:
    """The entity with this code. Raises `UnknownEntityError` where there is none, or none any more."""
    entity = find_by_code(code)
    if entity is None or not is_in_force(entity.id):
        raise UnknownEntityError(code)
    return entity


def create_activation_link(entity_code: str, now: dt.datetime) -> str:
    """Make a link for the entity's first password, end its older ones, and return the address: the only time that it can be
    read. Raises `UnknownEntityError`.
    """
    return _create(entity_code, ACTIVATION, now)


def create_reset_link(entity_code: str, now: dt.datetime) -> str:
    """The same for a new password. Raises `UnknownEntityError`."""
    return _create(entity_code, RESET, now)


def add_link(entity: EntityRow, purpose: str, now: dt.datetime, *, actor: str) -> str:
    """Make a link beside those that there are, and return its address. Flushes only: a message to several addresses makes one
    for each, and the first to be used ends the others."""
    return add_links([entity], purpose, now, actor=actor)[0]


def add_links(entities: Sequence[EntityRow], purpose: str, now: dt.datetime, *, actor: str) -> list[str]:
    """The same for many, a link for each, in their order. Flushes only."""
    tokens = [new_token() for _ in entities]
    until = now + dt.timedelta(days=settings().activation_days)
    shared = {"purpose": purpose, "created_at": now, "expires_at": until}
    rows = [
        {**shared, "token_hash": token_hash(token), "entity_id": one.id} for one, token in zip(entities, tokens, strict=True)
    ]
    if rows:
        db.session.execute(sa.insert(ActivationLink), rows)
    record_all(f"{purpose}_link_created", actor=actor, told=[(f"entity:{one.code}", {}) for one in entities], now=now)
    return [site_address(_PAGES[purpose], token=token) for token in tokens]


def entity_of_link(token: str, now: dt.datetime, purpose: str = ACTIVATION) -> EntityRow:
    """For which entity a live link is. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    link = sa.select(ActivationLink.entity_id).where(*_live(token, purpose, now))
    entity_id = db.session.execute(link).scalar_one_or_none()
    entity = None if entity_id is None else find_by_id(entity_id)
    if entity is None or not is_in_force(entity.id):
        raise DeadLinkError
    return entity


def redeem_activation_link(token: str, password: str, now: dt.datetime, purpose: str = ACTIVATION) -> EntityRow:
    """Use the link up: set the password, end every session, other link and code of the entity. Of two at once, one succeeds.

    Raises `DeadLinkError`, `WeakPasswordError` or `HashingBusyError`, and then the link is as good as it was.
    """
    entity = entity_of_link(token, now, purpose)
    db.session.rollback()  # the hash below takes its time, and nobody should wait for it
    check_new_password(password, own_words(entity))
    password_hash = hash_password(password)
    hold_logins(entity.id)
    use = sa.update(ActivationLink).where(*_live(token, purpose, now)).values(ended_at=now).returning(ActivationLink.entity_id)
    entity_id = db.session.execute(use).scalar_one_or_none()
    if entity_id is None:
        db.session.rollback()
        raise DeadLinkError
    set_password_hash(entity_id, password_hash, now)
    end_links(entity_id, now)
    end_codes(entity_id, now)
    subject = f"entity:{entity.code}"
    record(_DEEDS[purpose], actor=subject, subject=subject, detail={"by": "link"}, now=now)
    db.session.commit()
    return entity


def own_words(entity: EntityRow) -> tuple[str, ...]:
    """What a password of this entity may not be made of."""
    return (entity.name, entity.name_other_language or "", entity.code)


def _create(entity_code: str, purpose: str, now: dt.datetime) -> str:
    entity = entity_in_force(entity_code)
    hold_logins(entity.id)
    end_password_links(entity.id, now)
    address = add_link(entity, purpose, now, actor="command")
    db.session.commit()
    return address


def _live(token: str, purpose: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    link = ActivationLink
    same = (link.token_hash == token_hash(token), link.purpose == purpose, link.ended_at.is_(None), link.expires_at > now)
    return (*same, link.entity_id.not_in(select_suspended()))
