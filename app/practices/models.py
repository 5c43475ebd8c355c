"""Tables of the practices room. Others go through its functions.

Holds always: `practice` is what a reviewer works on, `published_practice` is what everybody may read; a row of the second is
never changed but to end it (`to_number`) or to take it back from every version (`redacted_at`).
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base

PRACTICE, CENTRE, INITIATIVE = KINDS = ("practice", "centre", "initiative")
"""A good practice of an entity, a Centre for families, an initiative of a Region."""
ANSWER, IMPORT, DESK = SOURCES = ("answer", "import", "desk")
"""Where one comes from: a sheet of a response, a file of an earlier edition, a form of the desk."""
WAITING, SENT_BACK, APPROVED, REJECTED, WITHDRAWN = STATES = ("waiting", "sent_back", "approved", "rejected", "withdrawn")
"""`withdrawn`: the desk took it back from the public; who takes it back by its answer is told by `consent` and `present`."""


class PracticeUpload(Base):
    """A file of earlier practices that was uploaded and not yet confirmed. `source`: what was read of it, JSON, compressed;
    `meaning`: JSON, how it is to be read; `settled`: JSON, feature → whose somebody said it is; `revision`: rises with both."""

    __tablename__ = "practice_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    digest: Mapped[str] = mapped_column(sa.String(64))
    edition_label: Mapped[str] = mapped_column(sa.String(40))
    year: Mapped[int]
    features: Mapped[int]
    source: Mapped[bytes] = mapped_column(sa.LargeBinary)
    meaning: Mapped[str] = mapped_column(sa.Text)
    settled: Mapped[str] = mapped_column(sa.Text, default="{}")
    revision: Mapped[int] = mapped_column(default=1)
    uploaded_by: Mapped[str] = mapped_column(sa.String(100))
    uploaded_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)


class PracticeImport(Base):
    """A file of earlier practices that was brought in. `mapping`: JSON, how its columns and categories were read; `rows`: how
    many practices it brought; `approved`: they were approved with it; `undone_at`: they were all taken away again."""

    __tablename__ = "practice_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    digest: Mapped[str] = mapped_column(sa.String(64), index=True)
    edition_label: Mapped[str] = mapped_column(sa.String(40))
    year: Mapped[int]
    mapping: Mapped[str] = mapped_column(sa.Text, default="{}")
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    approved: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    undone_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(sa.String(100))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class Practice(Base):
    """One practice, centre or initiative as the desk reviews it.

    `code`: its address for ever, eight characters that can be read out. `edition_id`: NULL for what was brought in from an
    edition that is not stored; `edition_label` and `year` are there always. `item_id`: the sheet's UUID in `response_id`;
    `submission`: the number of the version that brought `content`. `content`: JSON of a `PublicRecord`, with only what `gate`
    lets through; `digest`: of it. `consent`: the entity lets it be published; `present`: the sheet still stands in what counts.
    `approved`: the content that was approved, corrections of the desk included; `approved_digest`: of the `content` from which
    it was approved, so that a change of the entity's shows. `published`: the content that the last publication holds, NULL for
    none. `revision`: rises with every change; a decision names the one that its page showed.
    """

    __tablename__ = "practice"
    __table_args__ = (
        sa.UniqueConstraint("response_id", "item_id"),
        sa.CheckConstraint("kind IN ('practice', 'centre', 'initiative')", name="kind"),
        sa.CheckConstraint("state IN ('waiting', 'sent_back', 'approved', 'rejected', 'withdrawn')", name="state"),
        sa.Index("ix_practice_queue", "state", "edition_id", "arrived_at"),
        sa.Index("ix_practice_arrival", "state", "arrived_at", "id"),
        sa.Index("ix_practice_entity", "entity_id", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.String(10))
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id"))
    edition_label: Mapped[str] = mapped_column(sa.String(40))
    year: Mapped[int]
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"))
    response_id: Mapped[int | None] = mapped_column(sa.ForeignKey("response.id"))
    item_id: Mapped[str | None] = mapped_column(sa.String(36))
    submission: Mapped[int] = mapped_column(default=0)
    import_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice_import.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    area: Mapped[str] = mapped_column(sa.String(40), default="")
    content: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.String(64))
    consent: Mapped[bool]
    present: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(sa.String(10), default=WAITING)
    approved: Mapped[str | None] = mapped_column(sa.Text)
    approved_digest: Mapped[str | None] = mapped_column(sa.String(64))
    published: Mapped[str | None] = mapped_column(sa.Text)
    assigned_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    arrived_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ReviewEntry(Base):
    """What happened with a practice: `action` is a past event. `note`: what the desk wrote; to the entity where it was sent
    back. `detail`: JSON, the corrections that were proposed or made (field → value). `actor`: staff:id, operator:id, program.
    """

    __tablename__ = "review_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    detail: Mapped[str] = mapped_column(sa.Text, default="{}")
    actor: Mapped[str] = mapped_column(sa.String(100))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class Publication(Base):
    """A numbered version of what everybody may read. `added`, `changed`, `withdrawn`: how many entries against the one before.

    `revision`: rises when entries of this version are taken back later, so that its files are made anew; `revised_at`: when.
    """

    __tablename__ = "publication"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(sa.String(100))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    added: Mapped[int]
    changed: Mapped[int]
    withdrawn: Mapped[int]
    entries: Mapped[int]
    revision: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class PublishedPractice(Base):
    """An entry of the publications from `from_number` on, until before `to_number`; one that was taken back is in none.

    `record`: JSON of a `PublicRecord`. `tags`: " types:counter recipients:age02 … " (`entries.tag`), for filters over fields of
    several values; `search_text`: title, description, entity and place, folded (`app.registry.folding.fold`) between spaces.
    """

    __tablename__ = "published_practice"
    __table_args__ = (
        sa.Index(
            "ix_published_practice_now",
            "year",
            "region_code",
            sqlite_where=sa.text("to_number IS NULL AND redacted_at IS NULL"),
            postgresql_where=sa.text("to_number IS NULL AND redacted_at IS NULL"),
        ),
        sa.Index("ix_published_practice_code", "code", "from_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(12))
    from_number: Mapped[int] = mapped_column(sa.ForeignKey("publication.number"))
    to_number: Mapped[int | None]
    redacted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(sa.String(12))
    year: Mapped[int]
    edition_label: Mapped[str] = mapped_column(sa.String(40))
    entity_code: Mapped[str] = mapped_column(sa.String(32))
    entity_name: Mapped[str] = mapped_column(sa.String(200))
    entity_kind: Mapped[str] = mapped_column(sa.String(32))
    province_sign: Mapped[str | None] = mapped_column(sa.String(4))
    province: Mapped[str | None] = mapped_column(sa.String(100))
    region_code: Mapped[str | None] = mapped_column(sa.String(2))
    region: Mapped[str | None] = mapped_column(sa.String(100))
    title: Mapped[str] = mapped_column(sa.String(300))
    area: Mapped[str] = mapped_column(sa.String(40))
    level: Mapped[str] = mapped_column(sa.String(40))
    latitude: Mapped[float | None] = mapped_column(sa.Double)
    longitude: Mapped[float | None] = mapped_column(sa.Double)
    tags: Mapped[str] = mapped_column(sa.Text)
    search_text: Mapped[str] = mapped_column(sa.Text)
    record: Mapped[str] = mapped_column(sa.Text)


class PublicationFile(Base):
    """A file of a publication as it is sent, made once for a version and its `revision`. `sha256`: of the content as it is
    without compression; `content`: compressed with `encoding` (br, or empty for none)."""

    __tablename__ = "publication_file"

    number: Mapped[int] = mapped_column(sa.ForeignKey("publication.number"), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    encoding: Mapped[str] = mapped_column(sa.String(10))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
