"""The initiatives of Regions that the desk writes: entered, corrected and withdrawn by whoever follows the Region.

Not for: what a Region sends in a response of its own (`intake.py`), deciding on them (`review.py`).
Holds always: whoever follows one Region reaches the initiatives of no other; what was corrected waits for review again, while
what is public stays until that is decided; what is withdrawn is out of the public at once. Each deed has its audit entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record as write_down
from app.editions.current import current_edition
from app.extensions import db, table_of
from app.practices.history import tell
from app.practices.intake import LONGEST_TITLE, REGION, new_code, year_of
from app.practices.models import APPROVED, DESK, IMPORT, INITIATIVE, WAITING, WITHDRAWN, Practice
from app.practices.publishing import TAKEN_BACK, retract
from app.practices.record import PublicRecord, digest_of, read_record, write_record
from app.registry.entities import entity_table
from app.registry.regional_bodies import need_regional_body

_ROW: Final = table_of(Practice).c
_ENTITY: Final = entity_table.c


class UnknownInitiativeError(LookupError):
    """There is no such initiative for whoever asks."""


class ChangedInitiativeError(Exception):
    """Somebody has changed it since the page was opened."""


@dataclass(frozen=True, slots=True)
class InitiativeRow:
    """An initiative of a Region. `public`: it is in what is public now; `revision`: rises with every change."""

    id: int
    code: str
    title: str
    year: int
    state: str
    public: bool
    revision: int
    region_code: str
    owner: str
    changed_at: dt.datetime
    content: str

    @property
    def record(self) -> PublicRecord:
        """What it says, corrections that wait for review included."""
        return read_record(self.content)


def _select(region: str | None) -> sa.Select[Any]:
    """The initiatives that the desk can change, of this Region alone if one is given."""
    columns = (_ROW.id, _ROW.code, _ROW.title, _ROW.year, _ROW.state, _ROW.published.is_not(None), _ROW.revision)
    query = sa.select(*columns, _ENTITY.region_code, _ENTITY.name, _ROW.changed_at, _ROW.content)
    query = query.join(entity_table, _ENTITY.id == _ROW.entity_id)
    query = query.where(_ROW.kind == INITIATIVE, _ROW.source.in_((DESK, IMPORT)), _ENTITY.kind == REGION)
    return query if region is None else query.where(_ENTITY.region_code == region)


def list_initiatives(region: str | None, limit: int, offset: int = 0) -> list[InitiativeRow]:
    """Those of a Region, None: of all, what was changed last first."""
    query = _select(region).order_by(_ROW.changed_at.desc(), _ROW.id.desc()).limit(limit).offset(offset)
    return [InitiativeRow(*row) for row in db.session.execute(query)]


def count_initiatives(region: str | None) -> int:
    """How many `list_initiatives` would give without a limit."""
    return db.session.execute(sa.select(sa.func.count()).select_from(_select(region).subquery())).scalar_one()


def find_initiative(code: str, region: str | None) -> InitiativeRow:
    """One of them. Raises UnknownInitiativeError, also for that of another Region."""
    row = db.session.execute(_select(region).where(_ROW.code == code)).one_or_none()
    if row is None:
        raise UnknownInitiativeError(code)
    return InitiativeRow(*row)


def add_initiative(region_code: str, record: PublicRecord, *, actor: str, now: dt.datetime) -> str:
    """Enter one for a Region; its code. It waits for review. Commits. Raises KeyError for a code that no Region has."""
    body = need_regional_body(region_code, actor=actor, now=now)
    edition = current_edition()
    values = {
        "code": new_code(),
        "kind": INITIATIVE,
        "source": DESK,
        "edition_id": edition.id if edition else None,
        "edition_label": edition.code if edition else str(now.year),
        "year": year_of(edition) if edition else now.year,
        "entity_id": body.id,
        "consent": True,
        "state": WAITING,
        "arrived_at": now,
        "changed_at": now,
        **_content(record),
    }
    added = db.session.execute(sa.insert(Practice).values(values).returning(_ROW.id)).scalar_one()
    tell([added], "written", actor=actor, now=now)
    write_down("initiative_added", actor=actor, subject=f"practice:{values['code']}", detail={"region": region_code}, now=now)
    db.session.commit()
    return str(values["code"])


def change_initiative(code: str, region: str | None, record: PublicRecord, seen: int, *, actor: str, now: dt.datetime) -> bool:
    """Correct one; whether anything changed. What differs from what was approved waits for review again, and so does one
    that was withdrawn. `seen`: the revision that the page showed. Commits.

    Raises UnknownInitiativeError, ChangedInitiativeError.
    """
    row = _locked(code, region, seen)
    values = _content(record)
    if values["content"] == row.content and row.state != WITHDRAWN:
        db.session.rollback()
        return False
    back = sa.and_(_ROW.approved_digest == values["digest"], _ROW.state.in_((APPROVED, WAITING)))
    values |= {"state": sa.case((back, APPROVED), else_=WAITING), "arrived_at": now, "changed_at": now}
    changed = sa.update(Practice).where(_ROW.id == row.id).values(**values, revision=_ROW.revision + 1)
    db.session.execute(changed)
    tell([row.id], "rewritten", actor=actor, now=now)
    write_down("initiative_changed", actor=actor, subject=f"practice:{code}", detail={"region": row.region_code}, now=now)
    db.session.commit()
    return True


def withdraw_initiative(code: str, region: str | None, seen: int, *, actor: str, now: dt.datetime) -> None:
    """Take one back; to bring it again, correct it. Commits. Raises UnknownInitiativeError, ChangedInitiativeError."""
    row = _locked(code, region, seen)
    if row.state == WITHDRAWN:
        db.session.rollback()
        return
    values: Mapping[str, Any] = TAKEN_BACK | {"changed_at": now, "revision": _ROW.revision + 1}
    db.session.execute(sa.update(Practice).where(_ROW.id == row.id).values(values))
    tell([row.id], "withdrawn", actor=actor, now=now)
    retract([row.id], actor=actor, now=now)
    write_down("initiative_withdrawn", actor=actor, subject=f"practice:{code}", detail={"region": row.region_code}, now=now)
    db.session.commit()


def _locked(code: str, region: str | None, seen: int) -> InitiativeRow:
    found = db.session.execute(_select(region).where(_ROW.code == code).with_for_update(of=table_of(Practice))).one_or_none()
    if found is None:
        db.session.rollback()
        raise UnknownInitiativeError(code)
    if found.revision != seen:
        db.session.rollback()
        raise ChangedInitiativeError(code)
    return InitiativeRow(*found)


def _content(record: PublicRecord) -> dict[str, Any]:
    text = write_record(record)
    return {"title": record.title[:LONGEST_TITLE], "area": record.area, "content": text, "digest": digest_of(text)}
