"""Links that sign an entity in without its password: sent to a registered address, good for some minutes and one use.

Not for: asking for one (`sending.py`), its message (`messages.py`) or the session that follows (`signing_in.py`).
Holds always: as with the links that set a password: 256 random bits, stored hashed, one use that a single UPDATE decides, an
address built from the configured base URL, and asking what a link is for changes nothing.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.accounts.links import DeadLinkError
from app.accounts.models import SignInLink
from app.accounts.suspensions import select_suspended
from app.accounts.tokens import has_token_shape, new_token, token_hash
from app.accounts.ways_in import hold_logins
from app.config import settings
from app.extensions import db
from app.registry.entities import EntityRow, find_by_id, is_in_force
from app.web.site_address import site_address


def create_sign_in_link(entity_id: int, now: dt.datetime) -> str:
    """Make a link for the entity and return its address: the only time that it can be read. Flushes only."""
    token = new_token()
    db.session.execute(
        sa.insert(SignInLink).values(
            token_hash=token_hash(token),
            entity_id=entity_id,
            created_at=now,
            expires_at=now + dt.timedelta(minutes=settings().sign_in_link_minutes),
        )
    )
    return site_address("access.enter_by_link", token=token)


def entity_of_sign_in_link(token: str, now: dt.datetime) -> EntityRow:
    """For which entity a live link is. Changes nothing. Raises `DeadLinkError`."""
    if not has_token_shape(token):
        raise DeadLinkError
    entity_id = db.session.execute(sa.select(SignInLink.entity_id).where(*_live(token, now))).scalar_one_or_none()
    entity = None if entity_id is None else find_by_id(entity_id)
    if entity is None or not is_in_force(entity.id):
        raise DeadLinkError
    return entity


def redeem_sign_in_link(token: str, now: dt.datetime) -> EntityRow:
    """Use the link up and say whom to sign in. Of two at once, one succeeds. Raises `DeadLinkError`.

    Flushes only: the session is opened in the same transaction (`signing_in.sign_in_by_link`), so that no reset falls between.
    """
    entity = entity_of_sign_in_link(token, now)
    hold_logins(entity.id)
    use = sa.update(SignInLink).where(*_live(token, now)).values(ended_at=now).returning(SignInLink.entity_id)
    if db.session.execute(use).scalar_one_or_none() is None:
        db.session.rollback()
        raise DeadLinkError
    return entity


def _live(token: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    link = SignInLink
    same = (link.token_hash == token_hash(token), link.ended_at.is_(None), link.expires_at > now)
    return (*same, link.entity_id.not_in(select_suspended()))
