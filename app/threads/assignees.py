"""Who may look after an entity's threads: asked when one is given to somebody, and again when a notice goes out.

Not for: giving it (`looking_after.py`).
Holds always: pure; a member whose role or Region has changed may do what the new one allows.
"""

from __future__ import annotations

from app.accounts.staff import REVIEWER, TERRITORY, StaffRow


def may_look_after(member: StaffRow, region_code: str | None) -> bool:
    """Whether this member of staff sees the threads of an entity of this Region."""
    if member.disabled_at is not None or member.role == REVIEWER:
        return False
    return member.role != TERRITORY or (region_code is not None and member.region_code == region_code)
