"""A reset: an entity's ways in end all at once, and it gets a link for a new password at its registered addresses.

Not for: an entity that only forgot its password and still reads its mail: a sign-in link does.
Holds always: one transaction; password, sessions, links (those still in the outbox too), known devices and the letter's code
end together; drafts and everything that was sent stay; nobody, whoever asks, sees or sets a password.
"""

from __future__ import annotations

import datetime as dt

from app.accounts.entity_accounts import empty_password
from app.accounts.links import RESET, entity_in_force
from app.accounts.messages import cancel_links, queue_messages
from app.accounts.places import forget_places
from app.accounts.ways_in import end_codes, end_links, hold_logins
from app.audit.chain import record
from app.extensions import db


def reset_login(entity_code: str, *, actor: str, now: dt.datetime, language: str = "it") -> list[str]:
    """End every way in and say to which addresses the message with the new link goes; none, where none is registered: then
    somebody must hand the entity a link (`create_reset_link`) or a new code.

    Raises `UnknownEntityError`.
    """
    entity = entity_in_force(entity_code)
    cancel_links(entity.id, now)
    hold_logins(entity.id)
    end_links(entity.id, now)
    end_codes(entity.id, now)
    empty_password(entity.id, now)
    forget_places(entity.id)
    recipients = queue_messages(RESET, entity, now, language=language)
    detail = {"addresses": len(recipients)}
    record("login_reset", actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)
    db.session.commit()
    return recipients
