"""The tables of the mail room. Others go through `outbox.py`.

Holds always: a delivery is written in the transaction of what it tells of; recipient and texts are frozen then; no usable
secret stands in it: the hook of its kind makes links when it is claimed.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base
from app.mail.channels import CHANNELS, EMAIL, PEC

__all__ = ["CHANNELS", "EMAIL", "PEC"]

STATES = (
    *("queued", "claimed", "data", "accepted", "delivered", "bounced"),
    *("retry_wait", "failed", "unknown", "cancelled"),
)


class DeliveryGroup(Base):
    """Deliveries that are paused, resumed and cancelled together. `label`: what logs and pages call it.

    `paused_at`: since when none of it is claimed, with `pause_reason`; `per_hour`: its pace, by which a resumed one is spread;
    `working_hours`: only on working days between 8 and 18 in Rome. `by_hand`: somebody sends it, and no worker ever does.
    `files`: how many attachments each of its messages has.
    """

    __tablename__ = "delivery_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(200))
    per_hour: Mapped[int]
    working_hours: Mapped[bool] = mapped_column(default=False)
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    files: Mapped[int] = mapped_column(default=0, server_default="0")
    paused_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    pause_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    cancelled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class GroupFile(Base):
    """A file that goes with every message of a group, stored once for all of them. It never changes."""

    __tablename__ = "delivery_group_file"

    group_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery_group.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(120))
    media_type: Mapped[str] = mapped_column(sa.String(60))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Delivery(Base):
    """One message to one address, alone or in a group.

    `reference`: what the kind's hook needs ("entity:17"), opaque to this room. `not_before`: the first instant at which it may
    be claimed, also after a retry. `reply` is what the server said, one line. `channel`: by which way it goes, email or pec.
    `domain`: the recipient's, by which the pace is kept; `claimed_at`: when a worker last took it; `tries_noted`: how often one
    did, which the send journal is compared with.
    `pec_…`: when the receipts of certified mail came and why there is none; they never send anything again.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index("ix_delivery_due", "state", "not_before"),
        sa.Index("ix_delivery_reference", "reference", "created_at"),
        sa.Index("ix_delivery_group", "group_id", "state"),
        sa.Index("ix_delivery_domain", "domain", "claimed_at"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery_group.id"))
    dedupe_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    reference: Mapped[str] = mapped_column(sa.String(80))
    channel: Mapped[str] = mapped_column(sa.String(8), default=EMAIL, server_default=EMAIL)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    domain: Mapped[str] = mapped_column(sa.String(253), default="", server_default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    subject: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)
    message_id: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="queued")
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    reply: Mapped[str] = mapped_column(sa.String(500), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    claim_token: Mapped[str | None] = mapped_column(sa.String(32))
    claimed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    tries_noted: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    pec_accepted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    pec_delivered_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    pec_failed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    pec_error: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")


class Suppression(Base):
    """An address that a server has called bad: nothing is sent to it until somebody mends it."""

    __tablename__ = "mail_suppression"

    email: Mapped[str] = mapped_column(sa.String(254), primary_key=True)
    reply: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class MailRate(Base):
    """How much of a channel's pace is used up, held by whoever claims. `lately`: when how many were claimed in the last minute,
    as JSON."""

    __tablename__ = "mail_rate"

    channel: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    lately: Mapped[str] = mapped_column(sa.Text)


class MailHold(Base):
    """Why nothing at all is sent until a person has confirmed. `detail`: what was found, for that person."""

    __tablename__ = "mail_hold"

    reason: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    since: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class MailJournal(Base):
    """A send journal that this database knows. `position`: up to where the two are known to agree."""

    __tablename__ = "mail_journal"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    position: Mapped[str] = mapped_column(sa.String(100), default="")
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class MailWorker(Base):
    """A worker that sends, as it was last heard of. `boot`: its machine since its last start; `clock_ahead`: by how many
    seconds that machine's clock has jumped ahead, 0 where nothing is wrong; `clock_offset`: see `steady.py`."""

    __tablename__ = "mail_worker"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    machine: Mapped[str] = mapped_column(sa.String(100))
    boot: Mapped[str] = mapped_column(sa.String(40), index=True)
    clock_offset: Mapped[float] = mapped_column(sa.Double)
    clock_ahead: Mapped[float] = mapped_column(sa.Double, default=0.0)
    started_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)
    stopped_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
