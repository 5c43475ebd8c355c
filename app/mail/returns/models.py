"""The tables of what came back: one row a message, its content apart, addresses to correct, and how full our mailboxes are.

Holds always: a message is known by its `digest`; words of a person (sender, subject) stand only in rows of people and of what
waits.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class MailReturn(Base):
    """One message that came back. `kind`: one of `app.mail.returns.kinds.KINDS`; `source`: pipe, maildir, imap or pec.

    `day`: that of `received_at` in UTC, by which soft ones are counted. `matched_by`: how the delivery was found, empty where
    it was not. `recipient`: whom the report is about; `own`: whether that is the delivery's own address. `waits`: somebody
    should look at it, until `settled_at`.
    """

    __tablename__ = "mail_return"
    __table_args__ = (
        sa.Index("ix_mail_return_delivery", "delivery_id", "received_at"),
        sa.Index("ix_mail_return_waits", "waits", "settled_at", "received_at"),
        sa.Index("ix_mail_return_recipient", "recipient", "kind", "day"),
        sa.Index("ix_mail_return_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    source: Mapped[str] = mapped_column(sa.String(12))
    kind: Mapped[str] = mapped_column(sa.String(20))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id"))
    matched_by: Mapped[str] = mapped_column(sa.String(12))
    received_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    day: Mapped[dt.date] = mapped_column(sa.Date)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    own: Mapped[bool]
    status: Mapped[str] = mapped_column(sa.String(16))
    diagnostic: Mapped[str] = mapped_column(sa.String(500))
    sender: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(300))
    size: Mapped[int]
    cut: Mapped[bool]
    waits: Mapped[bool]
    settled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ReturnContent(Base):
    """The message itself, for as long as somebody may need it: until it is sent on, or settled."""

    __tablename__ = "mail_return_content"

    return_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_return.id"), primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Correction(Base):
    """An address that somebody should correct, in lower case, until `settled_at`; what comes back later opens it again.

    `reason`: one of `app.mail.returns.corrections.REASONS`. `reference`: what the delivery was about ("entity:17").
    """

    __tablename__ = "mail_correction"
    __table_args__ = (sa.Index("ix_mail_correction_open", "settled_at", "noted_at"),)

    email: Mapped[str] = mapped_column(sa.String(254), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(20))
    reference: Mapped[str] = mapped_column(sa.String(80))
    status: Mapped[str] = mapped_column(sa.String(16))
    diagnostic: Mapped[str] = mapped_column(sa.String(500))
    noted_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    settled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class MailboxSpace(Base):
    """How full one of our mailboxes was when last asked (`used_kib` of `limit_kib`), and the last warning that its provider
    sent."""

    __tablename__ = "mailbox_space"

    name: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    used_kib: Mapped[int | None] = mapped_column(sa.BigInteger)
    limit_kib: Mapped[int | None] = mapped_column(sa.BigInteger)
    checked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    warning: Mapped[str] = mapped_column(sa.String(300))
    warned_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
