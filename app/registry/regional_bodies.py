"""The Regions as entities that can have something of their own: those of IndicePA, and where there is none one of ours.

Not for: their names and codes (`regions.py`).
Holds always: a Region has an entity once somebody needs it, never two of ours; the bodies of IndicePA come
first (of Trentino-Alto Adige they are three). IndicePA's own code is not taken, so that its import finds no stranger under it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code, find_by_ids
from app.registry.folding import search_name
from app.registry.models import Entity
from app.registry.regions import REGIONS

REGION: Final = "region"
OWN_CODE: Final = "regione-"


def regional_bodies(region_code: str) -> list[EntityRow]:
    """The entities of kind region of a Region that exist today, those of IndicePA first, then by name."""
    query = sa.select(Entity.id).where(Entity.kind == REGION, Entity.region_code == region_code, Entity.valid_to.is_(None))
    found = find_by_ids(db.session.execute(query.order_by(Entity.id)).scalars().all())
    return sorted(found, key=lambda row: row.code.startswith(OWN_CODE))


def need_regional_body(region_code: str, *, actor: str, now: dt.datetime) -> EntityRow:
    """The first of them, made where there is none. Flushes. Raises KeyError for a code that no Region has."""
    name = REGIONS[region_code]
    if known := regional_bodies(region_code):
        return known[0]
    italian, _bar, other = name.partition("/")
    code = f"{OWN_CODE}{region_code}"
    values = {
        "code": code,
        "kind": REGION,
        "name": italian,
        "name_other_language": other or None,
        "search_name": search_name(italian, other or None),
        "region_code": region_code,
        "region": name,
    }
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(Entity).values(**values))
    except sa.exc.IntegrityError:  # somebody else made it at the same time
        pass
    else:
        detail = {"region": region_code}
        record("regional_body_added", actor=actor, subject=f"entity:{code}", detail=detail, now=now)
    made = find_by_code(code)
    if made is None:
        raise LookupError(code)
    return made
