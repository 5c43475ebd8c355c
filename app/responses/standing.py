"""What an entity sees of who answers for whom: who names it, whom it names, what waits for its yes or no.

Not for: the rules (`coverage` has them) or replying (`replies`).
Holds always: reads only, a handful of queries whatever the number of municipalities.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.among import among
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.registry.entities import EntityRow, entity_table, find_by_ids
from app.responses.claims import ANSWERED, EDITION, LINK, REPLY, RESPONSE, means, parameters, select_named
from app.responses.links import CLAIMS, DECLARES, DRAFT, SUBMITTED
from app.responses.models import ResponseLink

Pair = tuple[int, int]
# Made once: to put such a query together costs more than to run it.
_ME: Final = sa.bindparam("me", type_=sa.Integer)
_THOSE: Final = sa.bindparam("those", type_=sa.Integer, expanding=True)
_ABOUT: Final = sa.union(select_named(RESPONSE.entity_id == _ME), select_named(means(_THOSE), by_target=True))
_CLAIMED: Final = select_named(LINK.relation == CLAIMS, RESPONSE.entity_id != _ME, means(_THOSE), by_target=True).distinct()


@dataclass(frozen=True, slots=True)
class Contested:
    """A municipality that this entity claims and `others` claim as well."""

    member: EntityRow
    others: tuple[EntityRow, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One entity in an edition. Entities by name, as they are today; what is claimed is without what the entity denied.

    As a member. `declared_to`: whom its last version sent names as answering for it; `refused_by`: those of them who said no.
    `claimed_by`: who claims it in a draft that is not sent; `covered_by`: who claims it in what was sent last; `denied`: whose
    claim it has denied. `unconfirmed`: of those who claim it, whom it has neither named nor answered with yes or no.
    As a lead. `named_by`: whose sent declaration names it and waits for its yes or no. `refused`: to whom it said no;
    `promised`: to whom it said yes, though its draft does not claim them (they are off its path, or were removed).
    `claims`: whom its draft claims; `denied_by`: who has said that it does not answer for them,
    whether it claims them or not, those that have ended since included.
    `contested`: what it claims and others claim as well.
    """

    entity_id: int
    submitted_as: str | None
    declared_to: tuple[EntityRow, ...]
    refused_by: tuple[EntityRow, ...]
    claimed_by: tuple[EntityRow, ...]
    covered_by: tuple[EntityRow, ...]
    denied: tuple[EntityRow, ...]
    unconfirmed: tuple[EntityRow, ...]
    named_by: tuple[EntityRow, ...]
    refused: tuple[EntityRow, ...]
    promised: tuple[EntityRow, ...]
    claims: tuple[EntityRow, ...]
    denied_by: tuple[EntityRow, ...]
    contested: tuple[Contested, ...]

    @property
    def claimed_in_vain(self) -> tuple[EntityRow, ...]:
        """Whom its draft claims although they have said no: it counts for nothing until one of the two changes its word."""
        return tuple(row for row in self.claims if row in self.denied_by)

    @property
    def answered(self) -> bool:
        """Whether its own last version sent is an answer, or says that there is nothing to report."""
        return self.submitted_as in ANSWERED

    @property
    def covered(self) -> bool:
        """Whether another entity answers for it in what it sent."""
        return bool(self.covered_by)

    @property
    def both(self) -> bool:
        """Whether it answers for itself and another answers for it as well."""
        return self.answered and self.covered

    @property
    def double(self) -> bool:
        """Whether two or more entities claim it."""
        return len(self.claimed_by) + len(self.covered_by) > 1

    @property
    def declared(self) -> bool:
        """Whether it waits for a lead that it has named."""
        return not self.covered and any(lead not in self.refused_by and lead not in self.denied for lead in self.declared_to)

    @property
    def must_answer_itself(self) -> bool:
        """Whether it has declared a lead, and that lead said no: nobody answers for it."""
        return bool(self.refused_by) and not (self.answered or self.covered or self.claimed_by or self.declared)


def told_of(entity_ids: Collection[int], edition: EditionView) -> set[int]:
    """Those of these entities of which something is known in an edition: they have sent a version, name somebody or are named,
    or stand in another's place. Of all others `standing_of` says nothing."""
    sent = sa.select(RESPONSE.entity_id).where(RESPONSE.edition_id == edition.id, among(RESPONSE.entity_id, entity_ids))
    names = sent.join(table_of(ResponseLink), LINK.response_id == RESPONSE.id)
    named = sa.select(LINK.target_id).where(among(LINK.target_id, entity_ids))
    successors = sa.select(entity_table.c.successor_id).where(among(entity_table.c.successor_id, entity_ids))
    query = sa.union(sent.where(RESPONSE.submitted_as.is_not(None)), names, named, successors)
    return {entity_id for entity_id in db.session.execute(query).scalars() if entity_id is not None}


def standing_of(
    entity_id: int, edition: EditionView, now: dt.datetime, *, sent_as: tuple[str | None] | None = None
) -> Standing:
    """How an entity stands in an edition. `sent_as`: its response's `submitted_as`, where the caller has read it already."""
    links = _links_about(entity_id, edition, now)
    mine = {other for owner, _stage, relation, other in links if owner == entity_id and relation == CLAIMS}
    rivals = _rivals(entity_id, mine, edition, now)
    said = _replies(entity_id, mine, edition)
    ids = _ids(entity_id, links, said)
    contested: dict[int, set[int]] = {}
    for lead, member in rivals:
        if said.get((lead, member, "member")) is not False and said.get((entity_id, member, "member")) is not False:
            contested.setdefault(member, set()).add(lead)
    named = {one for group in ids.values() for one in group}
    rows = find_by_ids({*named, *contested, *(lead for several in contested.values() for lead in several)})
    return Standing(
        entity_id=entity_id,
        submitted_as=sent_as[0] if sent_as else _submitted_as(entity_id, edition),
        contested=tuple(
            Contested(row, tuple(lead for lead in rows if lead.id in contested[row.id])) for row in rows if row.id in contested
        ),
        **{name: tuple(row for row in rows if row.id in group) for name, group in ids.items()},
    )


def named_by(lead_id: int, edition: EditionView, now: dt.datetime) -> tuple[EntityRow, ...]:
    """The members whose sent declaration names this lead and that wait for its yes or no, by name."""
    links = _links_about(lead_id, edition, now)
    return tuple(find_by_ids(_ids(lead_id, links, _replies(lead_id, (), edition))["named_by"]))


def _ids(me: int, links: Iterable[tuple[int, str, str, int]], said: dict[tuple[int, int, str], bool]) -> dict[str, set[int]]:
    """The groups of a standing, by the names of its fields."""
    found: dict[tuple[str, str, bool], set[int]] = {}
    for owner, stage, relation, other in links:
        found.setdefault((relation, stage, owner == me), set()).add(other if owner == me else owner)

    def group(relation: str, stage: str, own: bool) -> set[int]:
        return found.get((relation, stage, own), set())

    declared_to, declaring = group(DECLARES, SUBMITTED, True), group(DECLARES, SUBMITTED, False)
    covering, claiming = group(CLAIMS, SUBMITTED, False), group(CLAIMS, DRAFT, False)
    denied = {lead for lead in covering | claiming | declared_to if said.get((lead, me, "member")) is False}
    answered = {lead for lead in covering | claiming if (lead, me, "member") in said}
    drafted = group(CLAIMS, DRAFT, True)
    waiting = {member for member in declaring - drafted if said.get((me, member, "member")) is not False}
    return {
        "declared_to": declared_to,
        "refused_by": {lead for lead in declared_to if said.get((lead, me, "lead")) is False},
        "claimed_by": claiming - covering - denied,
        "covered_by": covering - denied,
        "denied": denied,
        "unconfirmed": (covering | claiming) - answered - declared_to,
        "named_by": {member for member in waiting if (me, member, "lead") not in said},
        "refused": {member for member in waiting if said.get((me, member, "lead")) is False},
        "promised": {member for member in waiting if said.get((me, member, "lead")) is True},
        "claims": drafted,
        "denied_by": {member for (lead, member, by), agrees in said.items() if lead == me and by == "member" and not agrees},
    }


def _links_about(entity_id: int, edition: EditionView, now: dt.datetime) -> list[tuple[int, str, str, int]]:
    """(owner, stage, relation, other) of the links in which the entity is either."""
    asked = parameters(edition.id, now) | {"me": entity_id, "those": [entity_id]}
    rows = db.session.connection().execute(_ABOUT, asked)
    return sorted((row[0], row[1], row[2], row[3]) for row in rows)


def _rivals(entity_id: int, members: Collection[int], edition: EditionView, now: dt.datetime) -> set[Pair]:
    """(lead, member) of what others claim of these."""
    if not members:
        return set()
    asked = parameters(edition.id, now) | {"me": entity_id, "those": sorted(members)}
    return {(row[0], row[3]) for row in db.session.connection().execute(_CLAIMED, asked)}


def _replies(entity_id: int, members: Collection[int], edition: EditionView) -> dict[tuple[int, int, str], bool]:
    """(lead, member, said by) → yes or no: the replies to, by and about the entity, and about these members."""
    about = sa.or_(REPLY.lead_id == entity_id, REPLY.member_id.in_({entity_id, *members}))
    query = sa.select(REPLY.lead_id, REPLY.member_id, REPLY.said_by, REPLY.agrees).where(REPLY.edition_id == EDITION, about)
    ordered = query.order_by(REPLY.lead_id, REPLY.member_id, REPLY.said_by)
    return {(row[0], row[1], row[2]): row[3] for row in db.session.execute(ordered, {"edition": edition.id})}


def _submitted_as(entity_id: int, edition: EditionView) -> str | None:
    query: sa.Select[Any] = sa.select(RESPONSE.submitted_as).where(
        RESPONSE.edition_id == EDITION, RESPONSE.entity_id == entity_id
    )
    found: str | None = db.session.execute(query, {"edition": edition.id}).scalar_one_or_none()
    return found
