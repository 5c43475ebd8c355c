"""The respondents of an edition: one row an entity with what the desk filters, sorts and counts by.

Not for: deciding whom a batch reaches (`app.reminders.audience` asks the rules at that moment), or one entity's page.
Holds always: a row copies what registry, responses and editions hold, and never decides anything; whoever looks finds rows no
older than a minute, and the instant they are of (a deadline granted to one entity since is there at once); they are renewed in
one transaction, by one process at a time, and only what has changed is written.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from app.chasing.contacted import Contact, contacts_by_entity
from app.chasing.figures import look_beside, take_tally
from app.chasing.models import Respondent, Tally
from app.database import unit_of_work
from app.editions.current import EditionView, edition_before, extension_table, pilot_table
from app.editions.extensions import own_ends
from app.editions.files import ROME
from app.extensions import db, table_of
from app.registry.associations import leads_by_member
from app.registry.entities import entity_table
from app.registry.languages import language_of
from app.registry.recipients import mailboxes_for, select_with_address
from app.registry.successors import read_succession
from app.responses.coverage import MemberState, doubly_claimed, states
from app.responses.overview import ResponseState, response_states
from app.responses.telephone_copies import TELEPHONE
from app.responses.waiting import members_waiting

KEPT: Final = dt.timedelta(seconds=60)
SIZES: Final = (1_000, 5_000, 20_000, 100_000)
"""Residents from which a size class begins: class 1 holds fewer than the first, class 5 at least the last."""
respondent_table: Final = table_of(Respondent)
_ROW: Final = respondent_table.c
_COLUMNS: Final = tuple(respondent_table.columns)
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_TALLY: Final = table_of(Tally)
_UNSEEN: Final = ResponseState("never", None, 0, dt.datetime.min.replace(tzinfo=dt.UTC), None)
_NOTHING: Final = MemberState(answered=False, covered=False, claimed=False, declared=False)
_UNWRITTEN: Final = Contact()
ANSWERED: Final = frozenset({"answer", "nothing"})


def fresh_respondents(edition: EditionView, now: dt.datetime) -> dt.datetime:
    """Renew the rows if they are older than a minute, and say of which instant they are."""
    taken_at = _taken_at(edition.id)
    if taken_at is not None and abs(now - taken_at) < KEPT:
        return taken_at
    return refresh_respondents(edition, now)


def refresh_respondents(edition: EditionView, now: dt.datetime) -> dt.datetime:
    """Renew the rows now, in a transaction of its own, and say of which instant they are: another process's, if it was first.

    Ends a transaction that only reads.
    """
    db.session.rollback()
    with unit_of_work(writes=False):
        seen = _taken_at(edition.id)
        wanted = _wanted(edition, now)
        known = {row[1]: tuple(row) for row in db.session.connection().execute(_stored(edition.id))}
        beside = look_beside(edition, now)
        db.session.rollback()
    with unit_of_work(writes=True):
        if not _claim(edition.id, seen, now):
            db.session.rollback()
            return _taken_at(edition.id) or now
        _write(edition.id, known, wanted)
        take_tally(edition, beside, now)
        db.session.commit()
    return now


def correct_deadline(edition_id: int, entity_id: int) -> None:
    """Copy the entity's own deadline anew, for whoever has just changed it: of this row alone, whose age stays. Commits."""
    own = sa.select(extension_table.c.closes_at)
    own = own.where(extension_table.c.edition_id == edition_id, extension_table.c.entity_id == entity_id)
    mine = sa.update(respondent_table).where(_ROW.edition_id == edition_id, _ROW.entity_id == entity_id)
    db.session.execute(mine.values(closes_at=own.scalar_subquery()))
    db.session.commit()


def size_class(population: int | None) -> int:
    """0 for an unknown population, else 1 to 5, by `SIZES`."""
    return 0 if population is None else 1 + sum(population >= least for least in SIZES)


def _taken_at(edition_id: int) -> dt.datetime | None:
    query = sa.select(_TALLY.c.taken_at).where(_TALLY.c.edition_id == edition_id)
    return db.session.execute(query).scalar_one_or_none()


def _claim(edition_id: int, seen: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether it is this process that renews: the row's instant is still the one that it has seen."""
    own = sa.and_(_TALLY.c.edition_id == edition_id, _TALLY.c.taken_at == seen)
    if seen is not None:
        changed = sa.update(_TALLY).where(own).values(taken_at=now).returning(_TALLY.c.edition_id)
        return db.session.execute(changed).scalar_one_or_none() is not None
    missing = sa.select(sa.literal(edition_id), sa.literal(now, _TALLY.c.taken_at.type), sa.literal("{}"))
    missing = missing.where(~sa.exists().where(_TALLY.c.edition_id == edition_id))
    try:
        added = sa.insert(_TALLY).from_select(["edition_id", "taken_at", "numbers"], missing).returning(_TALLY.c.edition_id)
        return db.session.execute(added).scalar_one_or_none() is not None
    except sa.exc.IntegrityError:
        return False


def _stored(edition_id: int) -> sa.Select[Any]:
    return sa.select(*_COLUMNS).where(_ROW.edition_id == edition_id)


def _wanted(edition: EditionView, now: dt.datetime) -> dict[int, tuple[Any, ...]]:
    """Entity's id → its row, in the order of the table's columns."""
    day = now.astimezone(ROME).date()
    responses, standing = response_states(edition.id), states(edition.id, now)
    double, ends, leads = doubly_claimed(edition.id, now), own_ends(edition), leads_by_member(day)
    leading = {lead for several in leads.values() for lead in several}
    reachable = set(db.session.execute(select_with_address()).scalars())
    certified = set(db.session.execute(select_with_address(purpose="pec")).scalars())
    mailboxes, waiting = mailboxes_for("reminder"), members_waiting(edition.id, now)
    contacts, before = contacts_by_entity(edition.id), _answered_before(edition, day)
    rows: dict[int, tuple[Any, ...]] = {}
    for entity in db.session.connection().execute(_asked(edition, day)):
        response, state = responses.get(entity.id, _UNSEEN), standing.get(entity.id, _NOTHING)
        others = leads.get(entity.id, set()) - {entity.id}
        rows[entity.id] = (
            *(edition.id, entity.id, entity.kind, entity.region_code, entity.province_sign),
            *(size_class(entity.population), entity.population),
            *(response.status, response.submitted_as, response.submitted_mode == TELEPHONE, response.progress),
            *(state.answered, state.covered, state.claimed, state.declared, entity.id in double),
            *(entity.id in leading, min(others) if others else None, entity.id in reachable),
            None if response is _UNSEEN else response.last_activity,
            *(response.submitted_at, ends.get(entity.id)),
            language_of(entity.region_code, entity.province_sign, entity.name_other_language, entity.language),
            *(entity.id in before, mailboxes.get(entity.id, 0), entity.id in certified, len(waiting.get(entity.id, ()))),
            *contacts.get(entity.id, _UNWRITTEN).columns(),
        )
    return rows


def _answered_before(edition: EditionView, today: dt.date) -> set[int]:
    """Who answered in the edition before, also through what has become of it since."""
    before = edition_before(edition)
    if before is None:
        return set()
    answered = {entity for entity, state in response_states(before.id).items() if state.submitted_as in ANSWERED}
    succession = read_succession()
    return {heir for entity in answered if (heir := succession.standing_on(entity, today)) is not None}


def _asked(edition: EditionView, day: dt.date) -> sa.Select[Any]:
    """The entities that this edition asks: all in force, or the pilot's own."""
    entity = entity_table.c
    columns = (entity.id, entity.kind, entity.region_code, entity.province_sign, entity.population)
    query = sa.select(*columns, entity.name_other_language, entity.language)
    query = query.where(sa.or_(entity.valid_from.is_(None), entity.valid_from <= day))
    query = query.where(sa.or_(entity.valid_to.is_(None), entity.valid_to > day))
    if edition.state != "pilot":
        return query
    pilots = sa.select(pilot_table.c.entity_code).where(pilot_table.c.edition_id == edition.id)
    return query.where(entity.code.in_(pilots))


def _write(edition_id: int, known: dict[int, tuple[Any, ...]], wanted: dict[int, tuple[Any, ...]]) -> None:
    new = [dict(zip(_NAMES, row, strict=True)) for entity, row in wanted.items() if entity not in known]
    changed = [row for entity, row in wanted.items() if entity in known and known[entity] != row]
    gone = [entity for entity in known if entity not in wanted]
    connection = db.session.connection()
    if new:
        connection.execute(sa.insert(respondent_table), new)
    if changed:
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _NAMES[2:]}
        own = sa.and_(_ROW.edition_id == edition_id, _ROW.entity_id == sa.bindparam("new_entity_id"))
        told = [{f"new_{name}": value for name, value in zip(_NAMES[1:], row[1:], strict=True)} for row in changed]
        connection.execute(sa.update(respondent_table).where(own).values(values), told)
    for entity in gone:
        connection.execute(sa.delete(respondent_table).where(_ROW.edition_id == edition_id, _ROW.entity_id == entity))
