"""Tables of the editions room. Others go through `current.py` and `lifecycle.py`."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import UTCDateTime
from app.extensions import Base

NOBODY, DESK, TERRITORY = TELEPHONE = ("nobody", "desk", "territory")
"""Who of the staff fills in with an officer on the line: nobody; coordinators; those, and a Region's people for their own."""


class Definition(Base):
    """A questionnaire's source text, kept as it was when an edition took it; found again by the digest of that text."""

    __tablename__ = "definition"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[str] = mapped_column(sa.String(40))
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    source: Mapped[str] = mapped_column(sa.Text)
    stored_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class Edition(Base):
    """One run of the survey. `plan`: JSON, [[day, percent of municipalities represented that are hoped for by then], …].

    `second_step`: beside the password, an entity needs a code by e-mail in a browser where it has not signed in before.
    `telephone`: who fills in with an officer on the line, one of `TELEPHONE`.
    """

    __tablename__ = "edition"
    __table_args__ = (
        sa.CheckConstraint("state IN ('draft', 'pilot', 'open', 'closed', 'published')", name="state"),
        sa.CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    state: Mapped[str] = mapped_column(sa.String(20), default="draft")
    period_from: Mapped[dt.date] = mapped_column(sa.Date)
    period_to: Mapped[dt.date] = mapped_column(sa.Date)
    opens_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)
    closes_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    definition_id: Mapped[int] = mapped_column(sa.ForeignKey("definition.id"))
    contacts: Mapped[str] = mapped_column(sa.Text, default="[]")
    results_url: Mapped[str | None] = mapped_column(sa.String(500))
    accessibility_url: Mapped[str | None] = mapped_column(sa.String(500))
    letter_bytes: Mapped[int] = mapped_column(default=0)
    letter_text: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    plan: Mapped[str] = mapped_column(sa.Text, default="[]", server_default="[]")
    second_step: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    telephone: Mapped[str] = mapped_column(sa.String(10), default="nobody", server_default="nobody")
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    letter_file: Mapped[EditionLetter | None] = relationship(cascade="all, delete-orphan")

    @property
    def letter(self) -> bytes | None:
        """The letter that everybody may read, a PDF."""
        return self.letter_file.content if self.letter_file else None

    @letter.setter
    def letter(self, content: bytes | None) -> None:
        if content is None:
            self.letter_file = None
        elif self.letter_file is None:
            self.letter_file = EditionLetter(content=content)
        else:
            self.letter_file.content = content
        self.letter_bytes = len(content or b"")

    def note_change(self, now: dt.datetime) -> None:
        """Set `changed_at`, by which a form notices that the edition was changed meanwhile: always later than it was."""
        known: dt.datetime | None = self.changed_at
        self.changed_at = now if known is None else max(now, known + dt.timedelta(microseconds=1))


class EditionLetter(Base):
    """The letter of an edition that everybody may read: in a row of its own, since each page reads the edition's."""

    __tablename__ = "edition_letter"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Extension(Base):
    """A deadline of an entity's own in an edition: an extension, or a reopening after the deadline with its reason."""

    __tablename__ = "extension"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    closes_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(sa.String(500))
    reopened: Mapped[bool] = mapped_column(default=False)
    granted_by: Mapped[str] = mapped_column(sa.String(100))
    granted_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ReopeningRequest(Base):
    """An operator asks to answer again after the deadline. Personal data: name, office, email and phone can be erased.

    `outcome`: granted or refused, once `closed_at` is set; before that, one waits an entity and edition.
    """

    __tablename__ = "reopening_request"
    __table_args__ = (
        sa.Index(
            "uq_reopening_request_waiting",
            "edition_id",
            "entity_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    office: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(254))
    phone: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(500))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[str | None] = mapped_column(sa.String(100))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))


class PilotEntity(Base):
    """An entity that may answer while the edition is a pilot."""

    __tablename__ = "pilot_entity"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True)
    entity_code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
