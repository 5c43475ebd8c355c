"""The tables of the audit record: its entries and its head.

Not for: the journal of answers (`responses` keeps its own).
Holds always: rows of `audit_entry` are inserted by `app.audit.chain` alone, never deleted, and never changed but for the
erasure of `origin` with its salt once their term is over (`app.audit.forgetting`).
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class AuditEntry(Base):
    """Who did what to whom. `entry_hash` covers the other columns and `previous_hash`; `detail` is canonical JSON.

    `form`: how it is hashed (`hashing.py`). `origin`: the mark of where it was done (`origin.py`), which its hash covers
    through `origin_hash`, the digest of salt and origin: empty where there was none.
    """

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)
    action: Mapped[str] = mapped_column(sa.String(64))
    actor: Mapped[str] = mapped_column(sa.String(100), index=True)
    subject: Mapped[str] = mapped_column(sa.String(100), index=True)
    detail: Mapped[str] = mapped_column(sa.Text)
    form: Mapped[int] = mapped_column(default=1, server_default="1")
    origin: Mapped[str | None] = mapped_column(sa.String(16), index=True)
    origin_salt: Mapped[str | None] = mapped_column(sa.String(32))
    origin_hash: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    entry_hash: Mapped[str] = mapped_column(sa.String(64))


class AuditHead(Base):
    """The one row that says where the chain ends. Locked while an entry is added, so that two never share a number."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    entry_hash: Mapped[str] = mapped_column(sa.String(64))
