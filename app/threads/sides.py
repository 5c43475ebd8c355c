"""The two sides of a thread, and where it stands: who has to write next.

Not for: the tables (`models.py`).
"""

from __future__ import annotations

from typing import Final

ENTITY: Final = "entity"
DESK: Final = "desk"
"""Who writes: an entity's operator or a member of staff; as a state, who has to write next."""
OPEN: Final = "open"
CLOSED: Final = "closed"
STATES: Final = (DESK, ENTITY, OPEN, CLOSED)
"""Who has to write next: the desk, the entity, nobody for now; or nobody any more."""
