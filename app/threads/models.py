"""Tables of the threads room. Others go through its functions.

Holds always: who wrote a message is one operator or one member of staff, as its side says; what was read is kept as the id of
the last message that was, so that unread is a comparison and never a count of messages.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class Thread(Base):
    """A conversation of an entity with the desk in an edition. `state`: one of `sides.STATES`.

    `question`, `item`: the answer that it is about (code, id of the sheet), empty for a general question. `opened_by`: entity
    or desk; a query on an answer is one that the desk opened about a question. `assigned_id`: who of the staff looks after it.
    `entity_last`, `desk_last`: id of the last message of each side, 0 for none. `entity_read`, `desk_read`: up to which message
    somebody of the entity, somebody of the staff has read; each member's own mark is a `ThreadMark`.
    """

    __tablename__ = "thread"
    __table_args__ = (
        sa.Index("ix_thread_desk", "edition_id", "state", "last_at"),
        sa.Index("ix_thread_entity", "entity_id", "last_at"),
        sa.CheckConstraint("state IN ('desk', 'entity', 'open', 'closed')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"))
    subject: Mapped[str] = mapped_column(sa.String(150))
    question: Mapped[str] = mapped_column(sa.String(40))
    item: Mapped[str] = mapped_column(sa.String(36))
    opened_by: Mapped[str] = mapped_column(sa.String(10))
    assigned_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    entity_last: Mapped[int] = mapped_column(default=0)
    desk_last: Mapped[int] = mapped_column(default=0)
    entity_read: Mapped[int] = mapped_column(default=0)
    desk_read: Mapped[int] = mapped_column(default=0)


class ThreadMessage(Base):
    """One message. `key`: of the form that sent it, so that a second click sends nothing. An erased text is empty."""

    __tablename__ = "thread_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(sa.ForeignKey("thread.id"), index=True)
    side: Mapped[str] = mapped_column(sa.String(10))
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_member.id"))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(sa.Text)
    erased_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)


class ThreadFile(Base):
    """A file that came with a message. `kind`: one of `files.KINDS`; `content`: None once it was erased."""

    __tablename__ = "thread_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("thread_message.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(10))
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


class ThreadMark(Base):
    """Up to which message a member of staff has read a thread."""

    __tablename__ = "thread_mark"

    thread_id: Mapped[int] = mapped_column(sa.ForeignKey("thread.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), primary_key=True, autoincrement=False)
    message_id: Mapped[int]


class SavedAnswer(Base):
    """A text that the desk keeps to answer with, whatever the edition. `removed_at`: taken back, and may be put back."""

    __tablename__ = "saved_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(100))
    text: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
