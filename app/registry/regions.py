"""The Regions of the country, as the registry names them.

Holds always: a Region stands here if an entity of the registry lies in it; codes are ISTAT's, two digits, text.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import db
from app.registry.models import Entity


def region_names() -> dict[str, str]:
    """Code → name, by name."""
    query = sa.select(Entity.region_code, sa.func.min(Entity.region).label("name"))
    query = query.where(Entity.region_code.is_not(None), Entity.region.is_not(None)).group_by(Entity.region_code)
    return {row.region_code: row.name for row in db.session.execute(query.order_by("name", Entity.region_code))}
