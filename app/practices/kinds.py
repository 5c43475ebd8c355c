"""The kinds and states of a practice, for rooms that ask; the tables are this room's."""

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

__all__ = ["APPROVED", "CENTRE", "INITIATIVE", "KINDS", "PRACTICE", "REJECTED", "SENT_BACK", "STATES", "WAITING", "WITHDRAWN"]
