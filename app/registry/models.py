"""The tables of everybody who can be asked, of their associations, addresses and variations in time.

Not for: who answers for whom in an edition (`responses.coverage`), sign-in or answers.
Holds always: `code` is text and never used again for another entity; an unknown number is NULL, never zero; `search_name`
is what `app.registry.folding.search_name` makes of the two names, so a search needs no function of the database.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base

MUNICIPALITY = "municipality"
KINDS = ("municipality", "union", "metropolitan", "consortium", "ambito", "province", "region", "other")
"""`ambito`: a body that leads an Ambito territoriale and is none of the others (a plan office, an agency)."""
ASSOCIATION_KINDS = ("ambito", "union", "other")
PURPOSES = ("pec", "registry_office", "mayor", "social_services", "other")
"""What an address is: certified mail, registry office (protocollo), mayor's office, social services."""


class Entity(Base):
    """One entity. `valid_to` is the first day on which it no longer exists; `successor_id` says who took its place; `language`:
    in which it has asked to be written to (`languages.py`), NULL: by its place."""

    __tablename__ = "entity"
    # The few that have ended, of whom every question about a successor begins: without it each reads all entities.
    __table_args__ = (
        sa.Index(
            "ix_entity_ended",
            "valid_to",
            "successor_id",
            sqlite_where=sa.text("valid_to IS NOT NULL"),
            postgresql_where=sa.text("valid_to IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(32), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_other_language: Mapped[str | None] = mapped_column(sa.String(200))
    search_name: Mapped[str] = mapped_column(sa.String(1000))
    province_sign: Mapped[str | None] = mapped_column(sa.String(4))
    province: Mapped[str | None] = mapped_column(sa.String(100))
    region_code: Mapped[str | None] = mapped_column(sa.String(2), index=True)
    region: Mapped[str | None] = mapped_column(sa.String(100))
    cadastral_code: Mapped[str | None] = mapped_column(sa.String(4))
    ipa_code: Mapped[str | None] = mapped_column(sa.String(32))
    population: Mapped[int | None]
    under_18: Mapped[int | None]
    latitude: Mapped[float | None] = mapped_column(sa.Double)
    longitude: Mapped[float | None] = mapped_column(sa.Double)
    geometry_code: Mapped[str | None] = mapped_column(sa.String(16))
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entity.id"))
    language: Mapped[str | None] = mapped_column(sa.String(2))
    patron_day: Mapped[str | None] = mapped_column(sa.String(5))


class Association(Base):
    """An Ambito, a Unione or another form in which municipalities act together. `lead_id`: the entity that answers for it."""

    __tablename__ = "association"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]


class Membership(Base):
    """A municipality in an association. `valid_to` is the first day on which it is no longer a member."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    association_id: Mapped[int] = mapped_column(sa.ForeignKey("association.id"), index=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]


class ContactAddress(Base):
    """An e-mail address of an entity's office; `purpose` pec is certified mail. `ended_at`: no longer used, kept as history.
    `no_reminders_at`: since when a person's own one, registered among the others, gets no reminders."""

    __tablename__ = "contact_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    email: Mapped[str] = mapped_column(sa.String(254))
    source: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    no_reminders_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class AddressChange(Base):
    """A change of address that an entity proposes; it holds once the desk has confirmed it. `replaces_id`: instead of which.

    An empty `email` proposes to end the address that it replaces. `outcome`: confirmed, refused, withdrawn; NULL waits.
    """

    __tablename__ = "address_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact_address.id"))
    purpose: Mapped[str] = mapped_column(sa.String(20))
    email: Mapped[str] = mapped_column(sa.String(254))
    proposed_by: Mapped[str] = mapped_column(sa.String(100))
    proposed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(sa.String(100))
    decided_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str | None] = mapped_column(sa.String(20))


class AddressHold(Base):
    """A new address that gets no link yet, so that whoever read until now can stop it. `added_id`: the new one.

    `replaced_id`: the one in whose place it came, which goes on getting the links until `takes_effect_at`. `token_hash`: of the
    link with which the change is stopped.
    """

    __tablename__ = "address_hold"

    added_id: Mapped[int] = mapped_column(sa.ForeignKey("contact_address.id"), primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"), index=True)
    replaced_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact_address.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    held_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    takes_effect_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    stopped_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    stopped_by: Mapped[str | None] = mapped_column(sa.String(100))


class Variation(Base):
    """What happened to an entity on a day, as ISTAT lists it: CS institution, ES suppression, CD name, AP province.

    `before` and `after`: canonical JSON of the columns that changed; `successor_id`: who took the place of a suppressed one.
    """

    __tablename__ = "variation"
    __table_args__ = (sa.UniqueConstraint("entity_id", "kind", "effective_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(sa.ForeignKey("entity.id"))
    kind: Mapped[str] = mapped_column(sa.String(4))
    effective_on: Mapped[dt.date]
    before: Mapped[str] = mapped_column(sa.Text)
    after: Mapped[str] = mapped_column(sa.Text)
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entity.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
