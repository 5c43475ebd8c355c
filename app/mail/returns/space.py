"""How full our own mailboxes are: a certified one that is full takes no receipts, and nobody would notice.

Not for: asking the server (`imap.py`).
Holds always: flushes only; a warning of the provider counts until the server itself says that there is room again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db, table_of
from app.mail.returns.models import MailboxSpace

ALARM_PERCENT: Final = 80
WARNING_LASTS: Final = dt.timedelta(days=14)
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ROW: Final = table_of(MailboxSpace).c


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """One of our mailboxes, `imap` or `pec`. `used_kib` of `limit_kib` (KiB) when last asked, None where its server does not
    say.

    `warning`: what its provider wrote last, at `warned_at`; empty for nothing.
    """

    name: str
    used_kib: int | None
    limit_kib: int | None
    checked_at: dt.datetime | None
    warning: str
    warned_at: dt.datetime | None

    @property
    def percent(self) -> int | None:
        """How much of it is used."""
        return None if not self.limit_kib or self.used_kib is None else self.used_kib * 100 // self.limit_kib

    def is_alarming(self, now: dt.datetime) -> bool:
        """Whether somebody should make room: over 80 percent, or a warning of these days."""
        warned = self.warned_at is not None and self.warned_at > now - WARNING_LASTS
        return warned or (self.percent is not None and self.percent > ALARM_PERCENT)


def mailbox_space() -> list[MailboxRow]:
    """Our mailboxes of which something is known, by name."""
    columns = [_ROW[name] for name in MailboxRow.__slots__]
    return [MailboxRow(*row) for row in db.session.execute(sa.select(*columns).order_by(_ROW.name))]


def note_space(name: str, used_kib: int | None, limit_kib: int | None, now: dt.datetime) -> None:
    """What a server said of a mailbox, None where it says nothing; room again ends a warning. Flushes only."""
    values: dict[str, object] = {"used_kib": used_kib, "limit_kib": limit_kib, "checked_at": now}
    if limit_kib and used_kib is not None and used_kib * 100 <= ALARM_PERCENT * limit_kib:
        values |= {"warning": "", "warned_at": None}
    _write(name, values)


def note_warning(name: str, warning: str, now: dt.datetime) -> None:
    """That a provider warned. Flushes only."""
    _write(name, {"warning": warning[:300], "warned_at": now})


def _write(name: str, values: dict[str, object]) -> None:
    insert = _INSERTS[db.session.get_bind().dialect.name](table_of(MailboxSpace)).values(
        **{"warning": "", **values, "name": name}
    )
    db.session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
