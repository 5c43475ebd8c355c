"""Tables of the reminders room. Others go through its functions."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base
from app.reminders.channels import BY_EMAIL
from app.reminders.occasions import AUDIENCES, REMINDER

__all__ = ["AUDIENCES"]


class Template(Base):
    """A message that batches are made of, in an edition: a text for each reader of its `occasion` (`occasions.READERS`), in one
    language or more. `removed_at`: offered no more."""

    __tablename__ = "message_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    occasion: Mapped[str] = mapped_column(sa.String(20), default=REMINDER, server_default=REMINDER)
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(100))
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class TemplateText(Base):
    """What a template says to one audience in a language. Placeholders in braces; paragraphs parted by an empty line."""

    __tablename__ = "message_template_text"

    template_id: Mapped[int] = mapped_column(sa.ForeignKey("message_template.id"), primary_key=True, autoincrement=False)
    audience: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(2), primary_key=True, default="it", server_default="it")
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)


class TemplateFile(Base):
    """A PDF that goes with a template's messages. `position`: its place among them, from 1."""

    __tablename__ = "message_template_file"

    template_id: Mapped[int] = mapped_column(sa.ForeignKey("message_template.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(120))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Batch(Base):
    """A reminder batch: whom it was meant for (`filter`, JSON), the deliveries it became (`group_id`), when and by whom.

    `channel`: one of `app.reminders.channels.CHANNELS`; `occasion`: what it is for. `key`: of the form with which it was
    confirmed, so that a second click finds it again. `excluded`: JSON, reason → number.
    """

    __tablename__ = "reminder_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), index=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery_group.id"), unique=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    channel: Mapped[str] = mapped_column(sa.String(8), default=BY_EMAIL, server_default=BY_EMAIL)
    occasion: Mapped[str] = mapped_column(sa.String(20), default=REMINDER, server_default=REMINDER)
    filter: Mapped[str] = mapped_column(sa.Text)
    excluded: Mapped[str] = mapped_column(sa.Text)
    respondents: Mapped[int]
    deliveries: Mapped[int]
    starts_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(100))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class SavedAudience(Base):
    """A choice of entities that the desk keeps under a name, whatever the edition. `chosen`: the filter as in an address.

    `folded`: the name without capitals, which no two have."""

    __tablename__ = "saved_audience"
    __table_args__ = (
        sa.Index(
            "uq_saved_audience_name",
            "folded",
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    folded: Mapped[str] = mapped_column(sa.String(400))
    chosen: Mapped[str] = mapped_column(sa.String(1000))
    created_by: Mapped[str] = mapped_column(sa.String(100))
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class Comparison(Base):
    """What a batch was set up to show, written when it was queued. `days`, `variants`: over how many it was dealt; `days_base`,
    `variants_base`: the share that was expected to answer anyway, until the days and until the variants are compared."""

    __tablename__ = "reminder_comparison"

    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("reminder_batch.id"), primary_key=True, autoincrement=False)
    days: Mapped[int]
    variants: Mapped[int]
    days_base: Mapped[float] = mapped_column(sa.Double)
    variants_base: Mapped[float] = mapped_column(sa.Double)


class Arm(Base):
    """What was drawn by lot for an entity in a batch over days or in several variants: see `app.reminders.learning.lots.Lot`.

    `planned_at`: when its first message was to go; when it really went stands with the delivery. It never changes.
    """

    __tablename__ = "reminder_arm"

    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("reminder_comparison.batch_id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False, index=True)
    region_code: Mapped[str] = mapped_column(sa.String(2))
    stratum: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int]
    day: Mapped[int]
    variant: Mapped[int]
    planned_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ReceiptUpload(Base):
    """Receipts of a batch that somebody has uploaded and not confirmed yet. `content`: the file, as it came; it goes with the
    confirmation, or after a day."""

    __tablename__ = "receipt_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("reminder_batch.id"), index=True)
    uploaded_by: Mapped[str] = mapped_column(sa.String(100))
    uploaded_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


STEP_KINDS = ("letter", "invitation", "reminder", "certified")
"""In the order in which they go out; the last two share a place."""
STEP_STATES = ("planned", "paused", "skipped", "done")


class PlanStep(Base):
    """A step of the plan of an edition. `channel`: of a batch, or `paper` for a letter that somebody prints and sends.

    `days`: for a letter or an invitation working days after the opening, negative before it; for the others days before the
    deadline. `moved_to`: the day that somebody has chosen instead. `minute`: of the day, in Rome. `audience`: the filter as it
    stands in an address. `beyond_by`, `beyond_why`: who has decided that the limits do not hold, and why. `key`: of the batch
    that it becomes, drawn when the step is made. `version`: counts the changes. `approved_mark`: of exactly what was approved.
    `note`: why it is paused or skipped. `removed_at`: taken out of the plan; it can come back.
    """

    __tablename__ = "plan_step"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {STEP_KINDS}", name="kind"),
        sa.CheckConstraint(f"state IN {STEP_STATES}", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    channel: Mapped[str] = mapped_column(sa.String(8))
    template_id: Mapped[int]
    audience: Mapped[str] = mapped_column(sa.Text, default="")
    days: Mapped[int]
    minute: Mapped[int]
    moved_to: Mapped[dt.date | None]
    per_hour: Mapped[int]
    beyond_by: Mapped[str | None] = mapped_column(sa.String(100))
    beyond_why: Mapped[str] = mapped_column(sa.String(300), default="")
    state: Mapped[str] = mapped_column(sa.String(8), default="planned")
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    approved_by: Mapped[str | None] = mapped_column(sa.String(100))
    approved_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    approved_mark: Mapped[str] = mapped_column(sa.String(64), default="")
    changed_by: Mapped[str] = mapped_column(sa.String(100))
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
