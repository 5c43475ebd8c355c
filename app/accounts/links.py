"""Activation links: whoever holds one may set the entity's password, once.

Not for: delivering them (a command prints them; letters and mail come later).
Holds always: 256 random bits, stored hashed; one use, which a single UPDATE decides; a new link ends the older ones of its
entity; the address is built from the configured base URL, whatever a request's Host header says; asking what a link is for
changes nothing, because mail scanners ask.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from app.accounts.entity_accounts import set_password_hash
from app.accounts.models import ActivationLink
from app.accounts.passwords import check_new_password, hash_password
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.audit.chain import record
from app.config import settings
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code, find_by_id, is_in_force


class UnknownEntityError(Exception):
    """No entity in force has this code."""


class DeadLinkError(Exception):
    """The link was used, replaced or never made, or its time is over: which of these is nobody's business."""


def create_activation_link(entity_code: str, now: dt.datetime) -> str:
    """Make a link for the entity, end its older ones, and return the address: the only time that it can be read.

    Raises `UnknownEntityError`.
    """
    entity = find_by_code(entity_code)
    if entity is None or not is_in_force(entity.id):
        raise UnknownEntityError(entity_code)
    token = new_token()
    _end_links(entity.id, now)
    db.session.execute(
        sa.insert(ActivationLink).values(
            token_hash=token_hash(token),
            entity_id=entity.id,
            created_at=now,
            expires_at=now + dt.timedelta(days=settings().activation_days),
        )
    )
    record("activation_link_created", actor="command", subject=f"entity:{entity.code}", detail={}, now=now)
    db.session.commit()
    return settings().base_url + _path(token)


def entity_of_link(token: str, now: dt.datetime) -> EntityRow:
    """For which entity a live link is. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    entity_id = db.session.execute(sa.select(ActivationLink.entity_id).where(*_live(token, now))).scalar_one_or_none()
    entity = None if entity_id is None else find_by_id(entity_id)
    if entity is None:
        raise DeadLinkError
    return entity


def redeem_activation_link(token: str, password: str, now: dt.datetime) -> EntityRow:
    """Use the link up: set the password, end every session of the entity. Of two at once, one succeeds.

    Raises `DeadLinkError`, `WeakPasswordError` or `HashingBusyError`, and then the link is as good as it was.
    """
    entity = entity_of_link(token, now)
    db.session.rollback()  # the hash below takes its time, and nobody should wait for it
    check_new_password(password, (entity.name, entity.name_other_language or "", entity.code))
    password_hash = hash_password(password)
    use = sa.update(ActivationLink).where(*_live(token, now)).values(ended_at=now).returning(ActivationLink.entity_id)
    entity_id = db.session.execute(use).scalar_one_or_none()
    if entity_id is None:
        db.session.rollback()
        raise DeadLinkError
    set_password_hash(entity_id, password_hash, now)
    subject = f"entity:{entity.code}"
    record("entity_activated", actor=subject, subject=subject, detail={}, now=now)
    db.session.commit()
    return entity


def _live(token: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    link = ActivationLink
    return (link.token_hash == token_hash(token), link.ended_at.is_(None), link.expires_at > now)


def _end_links(entity_id: int, now: dt.datetime) -> None:
    older = sa.and_(ActivationLink.entity_id == entity_id, ActivationLink.ended_at.is_(None))
    db.session.execute(sa.update(ActivationLink).where(older).values(ended_at=now))


def _path(token: str) -> str:
    """The page's path by the URL map alone: a bound request would lend its Host header."""
    path: str = current_app.url_map.bind("unused.invalid").build("access.activate", {"token": token})
    return path
