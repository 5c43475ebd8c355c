"""Tables of response chasing. Others go through this room's functions.

Holds always: `respondent` can be made again from the tables of the other rooms at any time (`respondents.py`), and nothing is
decided by it alone: a batch asks the rules themselves.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base

OUTCOMES = (
    *("will_answer", "sent_now", "no_answer", "call_back", "refused", "wrong_contact", "nothing_to_report"),
    *("through_lead", "merged", "other"),
)
"""What a call came to (outcome codes of response chasing), as somebody writes it down."""
PHONE_BEGUN, PHONE_SENT = "phone_begun", "phone_sent"
WRITTEN_BY_ITSELF = (PHONE_BEGUN, PHONE_SENT)
"""The same of a call in which staff filled in: the program writes it down."""


class Respondent(Base):
    """An entity in an edition as the desk lists it: a copy of what other rooms hold, made anew once a minute where it is read.

    `state`: never (not opened), opened, draft, submitted, withdrawn counts as draft. `submitted_as` as in `response`.
    `size_class`: 0 unknown, then 1 (< 1,000), 2 (< 5,000), 3 (< 20,000), 4 (< 100,000), 5. `lead_id`: who leads an association
    to which it belongs today (one of them).
    `is_lead`: whether it leads one. `by_phone`: whether what counts was sent by telephone. `has_address`: whether a message
    could be sent; `mailboxes`: to how many addresses a reminder goes; `has_pec`: whether certified mail could be sent.
    `language`: in which it is written to. `answered_before`: whether it answered in the edition before. `waiting_members`: how
    many count on its answer. Of the reminders of this edition: `emails` and `pecs`, by how many batches it was written to or is
    going to be; `last_message_at` and `last_channel`, of the last that went out; `bounced`, whether the last one came back.
    """

    __tablename__ = "respondent"
    __table_args__ = (
        sa.Index("ix_respondent_list", "edition_id", "state", "region_code"),
        sa.Index("ix_respondent_region", "edition_id", "region_code", "province_sign"),
    )

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(32))
    region_code: Mapped[str | None] = mapped_column(sa.String(2))
    province_sign: Mapped[str | None] = mapped_column(sa.String(4))
    size_class: Mapped[int]
    population: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    submitted_as: Mapped[str | None] = mapped_column(sa.String(20))
    by_phone: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    progress: Mapped[int]
    answered: Mapped[bool]
    covered: Mapped[bool]
    claimed: Mapped[bool]
    declared: Mapped[bool]
    doubly_claimed: Mapped[bool]
    is_lead: Mapped[bool]
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    has_address: Mapped[bool]
    last_activity: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    language: Mapped[str] = mapped_column(sa.String(2), default="it", server_default="it")
    answered_before: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    mailboxes: Mapped[int] = mapped_column(default=0, server_default="0")
    has_pec: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    waiting_members: Mapped[int] = mapped_column(default=0, server_default="0")
    emails: Mapped[int] = mapped_column(default=0, server_default="0")
    pecs: Mapped[int] = mapped_column(default=0, server_default="0")
    last_message_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_channel: Mapped[str] = mapped_column(sa.String(8), default="", server_default="")
    bounced: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Tally(Base):
    """The dashboard's numbers of an edition as they were at `taken_at`: JSON, see `figures.py`."""

    __tablename__ = "response_tally"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    taken_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    numbers: Mapped[str] = mapped_column(sa.Text)


class Call(Base):
    """A call to or from an entity, with what it came to. `call_back_on`: the day on which somebody promised to call again.

    `call_back_time`: from what time of that day, HH:MM in Rome; "" for any.

    `operator_id`: who was on the line, where staff filled in by telephone and the program wrote the call down.
    """

    __tablename__ = "call"
    __table_args__ = (sa.Index("ix_call_entity", "edition_id", "entity_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(sa.String(20))
    spoke_with: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    call_back_on: Mapped[dt.date | None]
    call_back_time: Mapped[str] = mapped_column(sa.String(5), default="", server_default="")
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    operator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("operator.id"))


class CallClaim(Base):
    """Who has taken an entity to call it, and until when nobody else does. What is over binds nobody."""

    __tablename__ = "call_claim"

    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    until: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class EntityNote(Base):
    """What the desk should know of an entity, whatever the edition. `removed_at`: taken back, kept for the log."""

    __tablename__ = "entity_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(sa.String(2000))
    removed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
