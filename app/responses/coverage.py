"""Who answers for whom: what is counted, exactly. The rules, decided in docs/decisions/0008-coverage-rules.md:

- *Universe*: the municipalities in force on the day that it is in Rome (`valid_from` ≤ day < `valid_to`).
- A *name* (of a lead, or of a municipality) means the entity in force at the end of its chain of successors, once, however many
  of its predecessors are named. Whoever has ended without a successor, or in a circle of them, is nobody.
- A response of an entity that has ended is kept and never counted, and so are its replies. Nobody names itself: no lead covers
  itself.
- *Answered*: the last version sent of its own response is an answer or "nothing to report". One withdrawn is not sent.
- *Covered*: the last version sent of another entity's response claims it, unless it has replied that this entity does not
  answer for it. What a lead no longer claims in what it sends is covered no longer.
- *Claimed*: the draft of another entity claims it, with the same exception, and it is not covered.
- *Declared*: its own last version sent names who answers for it, neither of the two has said no, and it is not covered. With
  services of its own it is answered as well.
- *Both*: answered and covered; *represented*: answered or covered, each once.
- *Claimed twice*: claimed by two or more other entities, in what they sent or in their drafts, those denied left out.
- Populations are the registry's; an unknown one adds nothing and is counted in `unknown_population`.
- The last word of each side counts. A version sent that names a lead takes back the sender's own "no" to that lead.

Not for: writing any of it (`links`, `replies`, `withdrawal`) or what one entity sees of it (`standing`).
Holds always: reads only; all numbers of a count come from one statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import EntityRow, entity_table, find_by_ids
from app.responses.claims import ANSWERED, EDITION, RESPONSE, denied, in_force, parameters, select_named
from app.responses.links import CLAIMS, DECLARES, SUBMITTED, rewrite_links
from app.responses.replies import NotAskedError, reply_to_lead, reply_to_member
from app.responses.standing import Standing, named_by, standing_of, told_of
from app.responses.withdrawal import NothingToWithdrawError, withdraw_declaration

__all__ = [
    "Counts",
    "DoubleClaim",
    "MemberState",
    "NotAskedError",
    "NothingToWithdrawError",
    "RegionCounts",
    "Standing",
    "Tally",
    "counts",
    "counts_by_region",
    "double_claims",
    "doubly_claimed",
    "named_by",
    "reply_to_lead",
    "reply_to_member",
    "rewrite_links",
    "standing_of",
    "states",
    "told_of",
    "withdraw_declaration",
]

_MUNICIPALITY: Final = "municipality"
_STATES: Final = ("answered", "covered", "claimed", "declared")


@dataclass(frozen=True, slots=True)
class Tally:
    """So many municipalities, the residents of those whose number is known, and how many have no known number."""

    municipalities: int = 0
    population: int = 0
    unknown_population: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.municipalities + other.municipalities,
            self.population + other.population,
            self.unknown_population + other.unknown_population,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """What this module's docstring defines, by its names there."""

    universe: Tally = field(default_factory=Tally)
    answered: Tally = field(default_factory=Tally)
    covered: Tally = field(default_factory=Tally)
    both: Tally = field(default_factory=Tally)
    represented: Tally = field(default_factory=Tally)
    declared: Tally = field(default_factory=Tally)
    claimed: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class RegionCounts:
    """The counts of a Region; code and name are empty for municipalities of none."""

    code: str
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class DoubleClaim:
    """A municipality that several entities claim, each by name."""

    member: EntityRow
    leads: tuple[EntityRow, ...]


@dataclass(frozen=True, slots=True)
class MemberState:
    """What holds of one entity in force, of any kind: the states of this module's docstring."""

    answered: bool
    covered: bool
    claimed: bool
    declared: bool


def _facts(kind: str | None = _MUNICIPALITY) -> sa.CompoundSelect[Any]:
    """Rows about municipalities (or entities of any kind), of which those of one are to be put together: what it is (`exists`
    1, with Region and residents), and what holds of it (1 in the column of the state)."""
    entity, named, no, yes = entity_table.c, select_named().cte("named"), sa.literal(0), sa.literal(1)
    is_one = sa.select(entity.id.label("member"), yes.label("exists"), entity.region_code, entity.region, entity.population)
    is_one = is_one.add_columns(*(no.label(state) for state in _STATES))
    is_one = is_one.where(*(() if kind is None else (entity.kind == kind,)), in_force(entity))
    about = (no, *(sa.cast(sa.null(), column.type) for column in (entity.region_code, entity.region, entity.population)))
    own = sa.select(RESPONSE.entity_id, *about, yes, no, no, no)
    own = own.where(RESPONSE.edition_id == EDITION, RESPONSE.submitted_as.in_(ANSWERED))
    sent = sa.case((named.c.stage == SUBMITTED, 1), else_=0)
    claims = sa.select(named.c.other, *about, no, sent, yes, no)
    claims = claims.where(named.c.relation == CLAIMS, ~denied(named.c.owner, named.c.other, "member"))
    declares = sa.select(named.c.owner, *about, no, no, no, yes)
    declares = declares.where(
        named.c.relation == DECLARES, named.c.stage == SUBMITTED, ~denied(named.c.other, named.c.owner, "member", "lead")
    )
    return sa.union_all(is_one, own, claims, declares)


def _counting() -> sa.Select[Any]:
    """(region's code and name, answered, covered, claimed, declared, municipalities, population, unknown) of each mix.

    Put together by grouping, without a join: a database that has no statistics of its tables yet would choose a bad one.
    """
    fact = _facts().subquery("fact").c
    columns = [sa.func.max(column).label(column.name) for column in fact if column.name not in ("member", "exists")]
    grouped = sa.select(*columns).group_by(fact.member).having(sa.func.max(fact.exists) == 1).subquery("municipality")
    one = grouped.c
    region, states = sa.func.coalesce(one.region_code, ""), [one[state] for state in _STATES]
    unknown = sa.case((one.population.is_(None), 1), else_=0)
    sums = (sa.func.count(), sa.func.sum(sa.func.coalesce(one.population, 0)), sa.func.sum(unknown))
    named = sa.func.min(sa.func.coalesce(one.region, ""))
    return sa.select(region, named, *states, *sums).group_by(region, *states).order_by(region, *states)


_COUNTING: Final = _counting()


def _stating() -> sa.Select[Any]:
    """(entity's id, its states) of each entity in force of which one holds."""
    fact = _facts(None).subquery("fact").c
    states = [sa.func.max(fact[state]) for state in _STATES]
    holds = sa.or_(*(state == 1 for state in states))
    return sa.select(fact.member, *states).group_by(fact.member).having(sa.func.max(fact.exists) == 1, holds)


_STATING: Final = _stating()


def states(edition_id: int, now: dt.datetime) -> dict[int, MemberState]:
    """Entity's id → its states, for every entity in force of which one of them holds."""
    rows = db.session.connection().execute(_STATING, parameters(edition_id, now))
    return {
        entity: MemberState(bool(answered), bool(covered), bool(claimed and not covered), bool(declared and not covered))
        for entity, answered, covered, claimed, declared in rows
    }


def counts(edition_id: int, now: dt.datetime) -> Counts:
    """The counts of the whole country."""
    return _summed(db.session.connection().execute(_COUNTING, parameters(edition_id, now)))


def counts_by_region(edition_id: int, now: dt.datetime) -> list[RegionCounts]:
    """The counts of each Region that has a municipality in force, by its code; together they are those of the country."""
    rows: Sequence[Any] = db.session.connection().execute(_COUNTING, parameters(edition_id, now)).all()
    regions: dict[str, list[Any]] = {}
    for row in rows:
        regions.setdefault(row[0], []).append(row)
    return [RegionCounts(code, min(row[1] for row in own), _summed(own)) for code, own in regions.items()]


def _summed(rows: Iterable[Sequence[Any]]) -> Counts:
    sums = dict.fromkeys(Counts.__dataclass_fields__, Tally())
    for _code, _name, answered, covered, claimed, declared, *numbers in rows:
        tally = Tally(*map(int, numbers))
        holds = {
            "universe": True,
            "answered": answered,
            "covered": covered,
            "both": answered and covered,
            "represented": answered or covered,
            "declared": declared and not covered,
            "claimed": claimed and not covered,
        }
        for state, is_so in holds.items():
            if is_so:
                sums[state] += tally
    return Counts(**sums)


def _doubly_claimed() -> sa.Select[Any]:
    named = select_named().cte("named")
    claims = sa.select(named.c.owner, named.c.other).distinct()
    claims = claims.where(named.c.relation == CLAIMS, ~denied(named.c.owner, named.c.other, "member"))
    claimed = claims.subquery("claimed").c
    claimants = sa.func.count().over(partition_by=claimed.other).label("claimants")
    counted = sa.select(claimed.other, claimed.owner, claimants).subquery("counted").c
    query = sa.select(counted.other, counted.owner).join(entity_table, entity_table.c.id == counted.other)
    query = query.where(counted.claimants > 1, entity_table.c.kind == _MUNICIPALITY)
    return query.order_by(counted.other, counted.owner)


_DOUBLY_CLAIMED: Final = _doubly_claimed()


def doubly_claimed(edition_id: int, now: dt.datetime) -> set[int]:
    """The ids of the municipalities that two or more entities claim."""
    return {row[0] for row in db.session.connection().execute(_DOUBLY_CLAIMED, parameters(edition_id, now))}


def double_claims(edition_id: int, now: dt.datetime) -> list[DoubleClaim]:
    """The municipalities that two or more entities claim, by name."""
    rows = db.session.connection().execute(_DOUBLY_CLAIMED, parameters(edition_id, now)).all()
    leads: dict[int, set[int]] = {}
    for member, lead in rows:
        leads.setdefault(member, set()).add(lead)
    entities = find_by_ids({*leads, *(lead for several in leads.values() for lead in several)})
    return [
        DoubleClaim(member, tuple(lead for lead in entities if lead.id in leads[member.id]))
        for member in entities
        if member.id in leads
    ]
