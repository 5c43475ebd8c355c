"""The words in which the room speaks of kinds and states of practices, for the surfaces.

Not for: the tables, which are this room's (`models.py`).
"""

from __future__ import annotations

from app.practices.models import (
    APPROVED,
    CENTRE,
    INITIATIVE,
    KINDS,
    PRACTICE,
    REJECTED,
    SENT_BACK,
    STATES,
    WAITING,
    WITHDRAWN,
)

__all__ = [
    "APPROVED",
    "CENTRE",
    "INITIATIVE",
    "KINDS",
    "PRACTICE",
    "REJECTED",
    "SENT_BACK",
    "STATES",
    "WAITING",
    "WITHDRAWN",
]
