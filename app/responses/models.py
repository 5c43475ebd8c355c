"""Tables of the responses room. Others go through `drafts.py`, `reading.py`, `submission.py`."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class Response(Base):
    """An entity's answers in an edition: the document, and the plain columns by which others filter.

    `status`: opened (seen, nothing written), draft, submitted. `progress`: percent of the required answers on the reached
    path. `active_seconds`: time spent, counted as the gaps between saves of at most five minutes. `submitted_content`: digest
    of what was last submitted, by which later corrections are noticed. `submitted_as`: what the last submitted version is:
    answer, nothing (nothing to report), declaration (another entity answers). `submitted_mode`: how it was filled in when it
    was sent: web (by the entity itself) or telephone (by staff with an officer on the line). `synthetic`: made by the demo
    command.
    """

    __tablename__ = "response"
    __table_args__ = (
        sa.UniqueConstraint("edition_id", "entity_id"),
        sa.Index("ix_response_edition_status", "edition_id", "status", "last_activity"),
        sa.CheckConstraint("status IN ('opened', 'draft', 'submitted')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("definition.id"))
    document: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(sa.String(20), default="opened")
    progress: Mapped[int] = mapped_column(default=0)
    open_conflicts: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_activity: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    active_seconds: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    submissions: Mapped[int] = mapped_column(default=0)
    submitted_content: Mapped[str | None] = mapped_column(sa.String(64))
    submitted_as: Mapped[str | None] = mapped_column(sa.String(20))
    submitted_mode: Mapped[str | None] = mapped_column(sa.String(10))
    synthetic: Mapped[bool] = mapped_column(default=False)


class DraftConsent(Base):
    """An entity lets the desk read its open draft until an instant. `withdrawn_at`: it has taken the consent back."""

    __tablename__ = "draft_consent"
    __table_args__ = (sa.Index("ix_draft_consent_response", "response_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"))
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    given_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    until: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ResponseItem(Base):
    """One sheet of a repeated step, written with the document so that review and desk filter by SQL."""

    __tablename__ = "response_item"

    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), primary_key=True, autoincrement=False)
    item_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    step: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(300), default="")
    removed: Mapped[bool] = mapped_column(default=False)


class ResponseLink(Base):
    """Whom a response names, written with the document: the rows by which coverage is counted.

    `relation`: declares (the target answers for this entity), claims (this entity answers for the target). `stage`: draft
    (the document as it is) or submitted (the last version that was sent).
    """

    __tablename__ = "response_link"

    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    relation: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    target_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False, index=True)


class CoverageReply(Base):
    """What a lead or a member says when it is asked whether the one answers for the other. The last word of each counts."""

    __tablename__ = "coverage_reply"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    lead_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False, index=True)
    said_by: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    agrees: Mapped[bool]
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class JournalEntry(Base):
    """One save: what was asked and what was decided. Appended, never changed, but for the erasure of personal values,
    which stand in `PersonalValue` and not here."""

    __tablename__ = "response_journal"
    __table_args__ = (sa.UniqueConstraint("response_id", "save_id", "digest"),)

    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    save_id: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
    line: Mapped[str] = mapped_column(sa.Text)
    reply: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class PersonalValue(Base):
    """A personal answer, out of document and journal, which hold its salted digest. Erasing sets `value` to NULL."""

    __tablename__ = "personal_value"

    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    salt: Mapped[str] = mapped_column(sa.String(32))
    value: Mapped[str | None] = mapped_column(sa.Text)
    erased_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class LateSave(Base):
    """A save that came after its edition had closed: no part of the draft until somebody brings it in.

    `operations`: JSON, personal values sealed; emptied when it is settled. `number`: of its operations as it came. `state`:
    waiting, taken (brought into the draft) or discarded; the row stays, so that a repetition of the save is known.
    """

    __tablename__ = "late_save"
    __table_args__ = (
        sa.UniqueConstraint("response_id", "save_id", "digest"),
        sa.CheckConstraint("state IN ('waiting', 'taken', 'discarded')", name="state"),
        sa.Index("ix_late_save_waiting", "state", "response_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"))
    save_id: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    session: Mapped[str] = mapped_column(sa.String(16))
    channel: Mapped[str] = mapped_column(sa.String(10))
    number: Mapped[int]
    operations: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")
    settled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))


class Submission(Base):
    """One submitted version, kept as it was sent. `staff_id`: who of the staff sent it by telephone; NULL: nobody."""

    __tablename__ = "submission"
    __table_args__ = (sa.UniqueConstraint("response_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"))
    number: Mapped[int]
    receipt: Mapped[str] = mapped_column(sa.String(80), unique=True)
    version: Mapped[int]
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("definition.id"))
    document: Mapped[str] = mapped_column(sa.Text)
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))
    submitted_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"))


class TelephoneCopy(Base):
    """The copy of a version that was sent by telephone, which the entity is asked to confirm.

    `addresses`: how many it was sent to; 0 where the entity has none. `confirmed_at`, `contested_at`: what the entity said, at
    most one of them, with its `note`. `handled_at`: since when the desk has seen to what was contested.
    """

    __tablename__ = "telephone_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(sa.ForeignKey("submission.id"), unique=True)
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("response.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    addresses: Mapped[int]
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    contested_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    handled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    handled_by: Mapped[str | None] = mapped_column(sa.String(100))


class TelephoneLink(Base):
    """A single-use link with which the entity confirms or contests a copy; the answer ends it and its copy's others."""

    __tablename__ = "telephone_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    copy_id: Mapped[int] = mapped_column(sa.ForeignKey("telephone_copy.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
