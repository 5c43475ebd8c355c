"""Who is asking: an entity's session and, once chosen, the operator behind it.

Not for: staff, or reading the database. Holds always: an `Identity` is what one live session row said in this request.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """`session_key` is the hash of the session's id (safe to store beside an answer). `last_seen_at` is the row's, in UTC."""

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
