"""Messages that somebody asks for: an entity its link to sign in, the desk an activation.

Not for: their texts (`messages.py`) or a reset (`resets.py`).
Holds always: a message goes to registered addresses only; an entity gets a sign-in message at most every two minutes and five
times an hour, whoever asks; nothing is queued without the audit entry that tells of it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.accounts import throttle
from app.accounts.entity_accounts import stored_hash
from app.accounts.links import ACTIVATION, entity_in_force
from app.accounts.messages import SIGN_IN, Occasion, queue_messages
from app.accounts.rations import AskedTooOftenError, Ration, take
from app.accounts.suspensions import refuse_if_suspended
from app.audit.chain import record
from app.extensions import db
from app.registry.entities import EntityRow

MOST_AN_HOUR: Final = 5
PAUSE: Final = dt.timedelta(minutes=2)


class NoAddressError(Exception):
    """No address is registered to which the message could go."""


class AlreadyActivatedError(Exception):
    """The entity has its password: what it may need is a sign-in link, or a reset."""


def send_sign_in_link(entity: EntityRow, *, network: str, language: str, now: dt.datetime) -> list[str]:
    """Queue the message with a sign-in link and say to which addresses it goes: show them masked.

    Raises `NoAddressError`, `AskedTooOftenError` (entity) or `TooManyAttemptsError` (network), and queues nothing then;
    `SuspendedLoginError`.
    """
    throttle.count_try([throttle.limit_of_asking(network)], now)
    refuse_if_suspended(entity.id)
    try:
        take(Ration(f"sign-in|{entity.id}", MOST_AN_HOUR, dt.timedelta(hours=1), PAUSE), now)
    except AskedTooOftenError:
        db.session.rollback()
        raise
    return _send(SIGN_IN, entity, "visitor", language, None, now)


def invite_entity(
    entity_code: str, *, actor: str, now: dt.datetime, language: str = "it", occasion: Occasion | None = None
) -> list[str]:
    """Queue the message with an activation link and say to which addresses it goes.

    Raises `UnknownEntityError`, `AlreadyActivatedError`, `NoAddressError` or `SuspendedLoginError`.
    """
    entity = entity_in_force(entity_code)
    refuse_if_suspended(entity.id)
    if stored_hash(entity.id) is not None:
        raise AlreadyActivatedError(entity_code)
    return _send(ACTIVATION, entity, actor, language, occasion, now)


def _send(kind: str, entity: EntityRow, actor: str, language: str, occasion: Occasion | None, now: dt.datetime) -> list[str]:
    recipients = queue_messages(kind, entity, now, language=language, occasion=occasion)
    if not recipients:
        db.session.rollback()
        raise NoAddressError(entity.code)
    detail: dict[str, str | int] = {"kind": kind, "addresses": len(recipients)}
    record("message_asked_for", actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)
    db.session.commit()
    return recipients
