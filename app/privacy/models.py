"""The table of the privacy room."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import UTCDateTime
from app.extensions import Base


class Acceptance(Base):
    """An operator has read and accepted a version of the privacy notice, the first time at `at`."""

    __tablename__ = "privacy_acceptance"

    operator_id: Mapped[int] = mapped_column(sa.ForeignKey("operator.id"), primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
