"""A reset: an entity's ways in end all at once, and it gets a link for a new password at its registered addresses; and the
end of the waiting that wrong passwords have brought upon an account.

Not for: resets of many (`login_runs.py`), or an entity that only forgot its password and still reads its mail: for that there
are sign-in links.
Holds always: one transaction; password, sessions, links (those still in the outbox too), known devices and the letter's code
end together; drafts and everything that was sent stay; nobody, whoever asks, sees or sets a password.
"""

from __future__ import annotations

import datetime as dt

from app.accounts.entity_accounts import empty_password
from app.accounts.links import RESET, entity_in_force
from app.accounts.messages import cancel_links, queue_messages
from app.accounts.places import forget_places
from app.accounts.suspensions import is_suspended
from app.accounts.throttle import forget_counts
from app.accounts.ways_in import end_codes, end_links, hold_logins
from app.audit.chain import Scalar, record
from app.config import settings
from app.extensions import db
from app.registry.entities import EntityRow


def reset_login(entity_code: str, *, actor: str, now: dt.datetime, language: str = "it") -> list[str]:
    """End every way in and say to which addresses the message with the new link goes; none, where none is registered
    (then somebody must hand the entity a link, `create_reset_link`, or a new code) or the login is suspended.

    Raises `UnknownEntityError`.
    """
    recipients = end_login(entity_in_force(entity_code), actor=actor, now=now, language=language)
    db.session.commit()
    return recipients


def end_login(entity: EntityRow, *, actor: str, now: dt.datetime, language: str = "it", run_id: int | None = None) -> list[str]:
    """As `reset_login`, within its caller's transaction. Flushes only.

    `run_id`: the run to which it belongs, whose messages go out at the pace of reminders.
    """
    cancel_links(entity.id, now)
    hold_logins(entity.id)
    end_links(entity.id, now)
    end_codes(entity.id, now)
    empty_password(entity.id, now)
    forget_places(entity.id)
    forget_counts(entity.id, now)
    per_hour = None if run_id is None else settings().reminders_per_hour
    suspended = is_suspended(entity.id)  # what it ends stays ended; a link would open nothing
    recipients = [] if suspended else queue_messages(RESET, entity, now, language=language, per_hour=per_hour)
    detail: dict[str, Scalar] = {"addresses": len(recipients)}
    if run_id is not None:
        detail["run"] = run_id
    record("login_reset", actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)
    return recipients


def unlock_login(entity_code: str, *, actor: str, now: dt.datetime) -> bool:
    """Let whoever tries the entity's password try again at once, and say whether somebody had to wait.

    Raises `UnknownEntityError`.
    """
    entity = entity_in_force(entity_code)
    waited = forget_counts(entity.id, now)
    record("login_unlocked", actor=actor, subject=f"entity:{entity.code}", detail={"waited": waited}, now=now)
    db.session.commit()
    return waited
