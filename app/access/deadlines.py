"""The edition as it is for one entity: with its own deadline, where it has one.

Not for: deciding who gets an extension (`app.editions.extensions`).
"""

from __future__ import annotations

from app.editions import extensions
from app.editions.current import EditionView, current_edition


def edition_for(entity_id: int) -> EditionView | None:
    """The current edition; `closes_at` is what holds for this entity."""
    edition = current_edition()
    return None if edition is None else extensions.edition_for(edition, entity_id)
