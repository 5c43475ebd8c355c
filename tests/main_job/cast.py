"""Who takes part in the main job: 200 entities of all kinds, their addresses, and who leads whom.

Not for: what they do (`officer.py`).
Holds always: written into the registry by its own functions; every address is of one entity alone, so that a message tells by
its recipient for whom it was; nobody else in the registry has an address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.extensions import db
from app.registry.addresses import add_address
from app.registry.entities import entities_in_force, find_by_code
from app.registry.folding import search_name
from app.registry.models import Association, ContactAddress, Entity, Membership
from tests.live_site import Site

OTHERS = (("union", 6), ("metropolitan", 2), ("consortium", 3), ("ambito", 2), ("region", 2))
LEADS = 5
MEMBERS = 3
ENTITIES = 200


@dataclass
class Part:
    """One entity: its role in the play, its addresses, and the members that it leads."""

    code: str
    label: str
    kind: str
    emails: tuple[str, ...]
    role: str = "silent"
    members: list[str] = field(default_factory=list)


def gather(site: Site, now: dt.datetime) -> list[Part]:
    """The 200, in the database of a site: leads with their members first, then bodies of other kinds, then municipalities."""
    taken = {account.code for account in site.accounts}
    app = site.application()
    with app.app_context():
        db.session.execute(sa.update(ContactAddress).values(ended_at=now))
        towns = [town for town in entities_in_force(kind="municipality") if town.code not in taken][::37]
        bodies = [_body(kind, number) for kind, count in OTHERS for number in range(count)]
        db.session.commit()
        parts = [_part(code, now) for code in [*bodies, *(town.code for town in towns[: ENTITIES - len(bodies)])]]
        _associate(parts)
        db.session.commit()
        db.engine.dispose()
    return parts


def _body(kind: str, number: int) -> str:
    name, code = f"Ente {kind} {number}", f"prova-{kind}-{number}"
    db.session.add(Entity(code=code, kind=kind, name=name, search_name=search_name(name, None), region_code="09"))
    db.session.flush()
    return code


def _part(code: str, now: dt.datetime) -> Part:
    entity = find_by_code(code)
    assert entity is not None
    emails = [f"sociale.{code}@example.org"]
    if entity.id % 4 == 0:
        emails.append(f"famiglia.{code}@example.org")
    for email in emails:
        add_address(entity.id, purpose="social_services", email=email, source="csv", actor="test", now=now)
    return Part(code, entity.label, entity.kind, tuple(sorted(emails)))


def _associate(parts: Sequence[Part]) -> None:
    """The first unions and the first municipalities lead three members each."""
    towns = [part for part in parts if part.kind == "municipality"]
    leads = [part for part in parts if part.kind == "union"][: LEADS - 2] + towns[:2]
    free = iter(towns[2:])
    for lead in leads:
        union = Association(code=f"prova-{lead.code}", kind="union", name=f"Associazione {lead.label}", lead_id=_id(lead))
        db.session.add(union)
        db.session.flush()
        for member in [next(free) for _ in range(MEMBERS)]:
            member.role = "member"
            lead.members.append(member.code)
            db.session.add(Membership(association_id=union.id, entity_id=_id(member)))
        lead.role = "lead"


def _id(part: Part) -> int:
    entity = find_by_code(part.code)
    assert entity is not None
    return entity.id
