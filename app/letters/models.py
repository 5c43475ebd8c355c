"""The table of letters for many at once: whose, who asked, and how far the file has come.

Not for: the letters or their codes, which are stored nowhere.
Holds always: one file for one run: `taken_at` is when it had gone out whole, and then it cannot be had again.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class LetterRun(Base):
    """Letters of many. `entities`: JSON, ids in the order of the letters; `made`: how many stand in the file that is under way.

    `unknown`: JSON, the codes of nobody with their lines. `begun_at`: when a file was last begun.
    """

    __tablename__ = "letter_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    source: Mapped[str] = mapped_column(sa.String(20))
    filter: Mapped[str] = mapped_column(sa.Text, default="")
    entities: Mapped[str] = mapped_column(sa.Text)
    unknown: Mapped[str] = mapped_column(sa.Text, default="[]")
    prepared_by: Mapped[str] = mapped_column(sa.String(100))
    prepared_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    begun_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    made: Mapped[int] = mapped_column(default=0)
    taken_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
