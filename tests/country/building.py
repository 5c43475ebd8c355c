"""A country to begin with: the shipped municipalities, 433 Unioni over 2,797 of them, 600 Ambiti over all, and an edition.

Holds always: the same generator gives the same country; Ambiti and Unioni overlap; a few populations are unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from app.editions.current import EditionView, edition_by_code
from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.registry.folding import search_name
from app.registry.load import load_municipalities
from app.registry.models import Association, Entity, Membership
from tests.country.model import Body, Country

UNIONI = 433
IN_UNIONI = 2797
AMBITI = 600
UNKNOWN_POPULATIONS = 120
BODIES_LEADING = 6  # every sixth Ambito is led by a body of its own, the others by their largest municipality
START = dt.datetime(2026, 10, 1, 8, 0, tzinfo=dt.UTC)
EDITION = """
code: "2026"
title: Ricognizione 2026
period: {from: 2025-09-01, to: 2026-08-31}
opening: 2026-09-01 09:00
deadline: 2027-12-18 23:59
questionnaire: RBP5
contacts: [{name: Segreteria, email: segreteria@example.org}]
"""


@dataclass(frozen=True)
class Group:
    """An association: who leads it, in what capacity, and its members."""

    lead: str
    capacity: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """What there is when the events begin. `ids`: of each code in the database."""

    edition: EditionView
    country: Country
    groups: tuple[Group, ...]
    ids: dict[str, int]


def build(random: Random) -> Ground:
    """Fill an empty database, and tell the same to a model."""
    load_municipalities(START)
    _forget_populations(random)
    towns = [row.code for row in db.session.execute(sa.select(Entity.code).order_by(Entity.code))]
    groups = [*_unioni(towns, random), *_ambiti(towns)]
    _add_bodies(groups)
    rows = db.session.execute(sa.select(Entity).order_by(Entity.id)).scalars().all()
    ids = {row.code: row.id for row in rows}
    bodies = {row.code: Body(row.code, row.kind, row.region_code or "", row.population) for row in rows}
    _add_associations(groups, ids)
    return Ground(_edition(), Country(bodies), tuple(groups), ids)


def _forget_populations(random: Random) -> None:
    ids = db.session.execute(sa.select(Entity.id).order_by(Entity.id)).scalars().all()
    unknown = random.sample(list(ids), UNKNOWN_POPULATIONS)
    db.session.execute(sa.update(Entity).where(Entity.id.in_(unknown)).values(population=None, under_18=None))
    db.session.commit()


def _unioni(towns: Sequence[str], random: Random) -> list[Group]:
    """Neighbours in the order of the codes, in groups of six or seven with gaps between them."""
    sizes = [IN_UNIONI // UNIONI] * UNIONI
    for extra in range(IN_UNIONI % UNIONI):
        sizes[extra] += 1
    random.shuffle(sizes)
    gap = (len(towns) - IN_UNIONI) // UNIONI
    groups, at = [], 0
    for number, size in enumerate(sizes, 1):
        groups.append(Group(f"U{number:03}", "union", tuple(towns[at : at + size])))
        at += size + gap
    return groups


def _ambiti(towns: Sequence[str]) -> list[Group]:
    known = dict(db.session.execute(sa.select(Entity.code, sa.func.coalesce(Entity.population, 0)).order_by(Entity.code)).all())
    groups = []
    for number in range(AMBITI):
        members = tuple(towns[number * len(towns) // AMBITI : (number + 1) * len(towns) // AMBITI])
        if number % BODIES_LEADING:
            groups.append(Group(max(members, key=lambda code: (known[code], code)), "lead_ambito", members))
        else:
            groups.append(Group(f"A{number:03}", "delegate", members))
    return groups


def _add_bodies(groups: Sequence[Group]) -> None:
    kinds = {"union": ("union", "Unione"), "delegate": ("consortium", "Consorzio")}
    rows = []
    for group in groups:
        if group.capacity in kinds:
            kind, title = kinds[group.capacity]
            name = f"{title} {group.lead}"
            rows.append({"code": group.lead, "kind": kind, "name": name, "search_name": search_name(name, None)})
    db.session.execute(sa.insert(Entity), rows)
    db.session.commit()


def _add_associations(groups: Sequence[Group], ids: dict[str, int]) -> None:
    kinds = {"union": "union", "delegate": "ambito", "lead_ambito": "ambito"}
    rows = [
        {
            "id": number,
            "code": f"ASS{number}",
            "kind": kinds[group.capacity],
            "name": f"Forma {number}",
            "lead_id": ids[group.lead],
        }
        for number, group in enumerate(groups, 1)
    ]
    db.session.execute(sa.insert(Association), rows)
    members = [
        {"association_id": number, "entity_id": ids[code]} for number, group in enumerate(groups, 1) for code in group.members
    ]
    db.session.execute(sa.insert(Membership), members)
    db.session.commit()


def _edition() -> EditionView:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "edition.yaml"
        file.write_text(EDITION, encoding="utf-8")
        store_edition(read_edition_file(file), actor="test", now=START)
    move_edition("2026", "open", actor="test", now=START)
    stored = edition_by_code("2026")
    assert stored is not None
    return stored
