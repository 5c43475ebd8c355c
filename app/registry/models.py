"""The table of everybody who can be asked: municipalities now, Unioni, lead bodies and Regions in the same rows later.

Not for: who answers for whom (associations), sign-in or answers.
Holds always: `code` is text and never used again for another entity; an unknown number is NULL, never zero; `search_name`
is what `app.registry.folding.search_name` makes of the two names, so a search needs no function of the database.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base

MUNICIPALITY = "municipality"


class Entity(Base):
    """One entity. `valid_to` is the first day on which it no longer exists; `successor_id` says who took its place."""

    __tablename__ = "entity"

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
