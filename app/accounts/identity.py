"""Who is asking: an entity's session and, once chosen, the operator behind it.

Not for: staff at the desk, or reading the database.
Holds always: an `Identity` is what one live session row said in this request.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TelephoneSession:
    """Who of the staff fills in with an officer on the line, with which session at the desk, in which edition."""

    staff_id: int
    staff_session: str
    edition_id: int


@dataclass(frozen=True, slots=True)
class Identity:
    """`session_key` is the hash of the session's id (safe to store beside an answer). `last_seen_at` is the row's, in UTC.

    `telephone`: where it is staff that fills in by telephone; None for the entity itself.
    """

    session_key: str
    entity_id: int
    entity_code: str
    entity_name: str
    entity_label: str
    entity_kind: str
    operator_id: int | None
    operator_name: str | None
    last_seen_at: dt.datetime | None = None
    operator_verified: bool = False
    telephone: TelephoneSession | None = None

    @property
    def is_authenticated(self) -> bool:
        """For Flask-Login: whoever has an identity has signed in."""
        return True

    @property
    def is_active(self) -> bool:
        """For Flask-Login: an ended session gives no identity at all."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """For Flask-Login."""
        return False

    def get_id(self) -> str:
        """For Flask-Login, which stores it nowhere: sessions are rows, not cookies."""
        return self.session_key
