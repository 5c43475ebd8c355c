"""The kept numbers: those of the rules of coverage in a country where much goes wrong, and a plain count of the rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa
from flask import Flask

from app.chasing.board import Board, tally_of
from app.chasing.counting import NO_ASSOCIATION, NOWHERE, Sum
from app.chasing.respondents import KEPT, refresh_respondents, respondent_table
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Suppression
from app.registry.addresses import add_address
from app.registry.associations import association_rows
from app.registry.models import Entity
from app.responses.coverage import Counts, Tally, counts, counts_by_region
from app.responses.history import newly_represented
from app.responses.models import Response
from tests.conftest import START
from tests.country.building import build
from tests.country.events import Life
from tests.country.model import STATES

ROW = respondent_table.c
EVENTS = 60


def numbers(tally: Tally) -> Sum:
    return Sum(tally.municipalities, tally.population, tally.unknown_population)


def assert_counted_as(board: Board, wanted: Counts) -> None:
    for state in STATES:
        assert (state, getattr(board.part.total, state)) == (state, numbers(getattr(wanted, state)))


def ids(code: str) -> int:
    return db.session.execute(sa.select(Entity.id).where(Entity.code == code)).scalar_one()


def test_numbers_are_those_of_the_rules_in_a_country_where_much_goes_wrong(app: Flask) -> None:
    with app.app_context():
        life = Life(build(Random(4)), Random(4))
        life.begin(200, 100)
        for _event in range(EVENTS):
            life.happen()
        edition, now = life.ground.edition, life.hands.now
        refresh_respondents(edition, now)
        board = tally_of(edition, now)
        assert_counted_as(board, counts(edition.id, now))
        regions = {one.code: one.counts for one in counts_by_region(edition.id, now)}
        assert {row.key for row in board.part.regions} == set(regions)
        for code, wanted in regions.items():
            assert_counted_as(tally_of(edition, now, code), wanted)
        represented = board.part.total.represented.entities
        assert represented > 500, "hardly anybody is represented, so this proves little"
        assert board.part.curve.days[-1][1] == sum(newly_represented(edition.id, now).values()) == represented
        assert_adds_up(board)
        assert_groups(board, life)


def assert_adds_up(board: Board) -> None:
    """Each municipality in one state; the Regions and the sizes make the country, and so do their parts."""
    total, part = board.part.total, board.part
    assert sum(getattr(total, name).entities for name in ("never", "opened", "draft", "sent", "led")) == total.universe.entities
    assert sum(part.bands) == total.draft.entities
    for rows in (part.regions, part.sizes):
        for name in total.__struct_fields__:
            assert sum(getattr(row.line, name).population for row in rows) == getattr(total, name).population


def assert_groups(board: Board, life: Life) -> None:
    """Kinds, states and associations, counted in plain Python."""
    rows = db.session.execute(sa.select(respondent_table).order_by(ROW.entity_id)).all()
    assert {row.key: row.line.universe.entities for row in board.part.kinds} == Counter(row.kind for row in rows)
    towns = {row.entity_id: row for row in rows if row.kind == "municipality"}
    stand = Counter("led" if row.covered and row.state != "submitted" else row.state for row in towns.values())
    total = board.part.total
    assert (total.never.entities, total.draft.entities) == (stand["never"], stand["draft"])
    assert (total.sent.entities, total.led.entities) == (stand["submitted"], stand["led"])
    members: dict[str, set[int]] = {}
    for association in association_rows(life.day):
        members.setdefault(association.kind, set()).update(member.id for member in association.members)
    wanted = {kind: len(own & towns.keys()) for kind, own in members.items()}
    wanted[NO_ASSOCIATION] = len(towns.keys() - set().union(*members.values()))
    found = {row.key: row.line.universe.entities for row in board.part.associations}
    assert found == {kind: number for kind, number in wanted.items() if number}
    lead = board.part.leads[0]
    led = [row for row in towns.values() if row.lead_id == ids(lead.code)]
    assert (lead.members, lead.represented) == (len(led), sum(row.answered or row.covered for row in led))


def test_numbers_are_kept_for_a_minute(edition: EditionView) -> None:
    first = tally_of(edition, START)
    add_response(edition, "048017", START)
    assert tally_of(edition, START + KEPT / 2) == first
    later = tally_of(edition, START + KEPT)
    assert (first.part.total.answered.entities, later.part.total.answered.entities) == (0, 1)
    assert (first.taken_at, later.taken_at) == (START, START + KEPT)


def add_response(edition: EditionView, code: str, at: dt.datetime) -> None:
    """A municipality has answered."""
    values = {"edition_id": edition.id, "entity_id": ids(code), "definition_id": edition.definition_id, "document": "{}"}
    sent = {"status": "submitted", "submitted_as": "answer", "submitted_at": at, "opened_at": at, "last_activity": at}
    db.session.execute(sa.insert(Response).values(**values, **sent))
    db.session.commit()


def test_the_part_of_a_region_holds_nothing_of_another(edition: EditionView) -> None:
    add_response(edition, "048017", START)
    toscana, piemonte = tally_of(edition, START, "09"), tally_of(edition, START, "01")
    assert (toscana.part.name, toscana.part.total.universe.entities, toscana.part.total.answered.entities) == ("Toscana", 1, 1)
    assert [row.key for row in toscana.part.provinces] == ["FI"]
    assert (piemonte.part.name, piemonte.part.total.answered.entities) == ("Piemonte", 0)
    assert (toscana.part.regions, toscana.part.curve.days) == ((), ((START.date(), 1),))
    assert tally_of(edition, START, "20").part.total.universe == Sum()


@pytest.mark.parametrize(("hour", "day"), [(22, 16), (23, 17)])
def test_a_day_of_the_curve_is_one_of_rome(edition: EditionView, hour: int, day: int) -> None:
    at = dt.datetime(2026, 3, 16, hour, 30, tzinfo=dt.UTC)
    add_response(edition, "048017", at)
    assert tally_of(edition, at).part.curve.days == ((dt.date(2026, 3, day), 1),)


def test_what_is_to_be_mended_is_counted(edition: EditionView) -> None:
    for code, email in (("048017", "a@example.org"), ("022165", "b@example.org")):
        add_address(ids(code), purpose="mayor", email=email, source="csv", actor="test", now=START)
    db.session.execute(sa.insert(Suppression).values(email="b@example.org", reply="550", at=START))
    db.session.commit()
    country, toscana = tally_of(edition, START).part, tally_of(edition, START, "09").part
    assert (country.without_address, country.bad_address) == (4, 1)
    assert (toscana.without_address, toscana.bad_address) == (0, 0)


def test_an_entity_of_no_region_counts_in_the_country_and_in_no_region(edition: EditionView) -> None:
    db.session.execute(sa.update(Entity).where(Entity.code == "048017").values(region_code=None, population=None))
    db.session.commit()
    board = tally_of(edition, START)
    row = next(row for row in board.part.regions if row.key == NOWHERE)
    assert (row.line.universe, board.part.total.universe.unknown) == (Sum(1, 0, 1), 1)


def test_numbers_that_another_program_left_are_taken_anew(edition: EditionView) -> None:
    tally_of(edition, START)
    db.session.execute(sa.text("UPDATE response_tally SET numbers = :text"), {"text": '{"parts": 7}'})
    db.session.commit()
    assert tally_of(edition, START).part.total.universe.entities == 5


def test_the_edition_before_is_counted_once_a_day(edition: EditionView) -> None:
    before = last_year(edition)
    add_response(before, "048017", before.opens_at + dt.timedelta(days=3))
    board = tally_of(edition, START)
    assert (board.before_title, board.before_opened_on) == ("Ricognizione 2025", dt.date(2025, 3, 1))
    assert (board.part.before.universe, board.part.before.days) == (5, ((dt.date(2025, 3, 4), 1),))
    assert tally_of(edition, START, "01").part.before.days == ()
    add_response(before, "022165", before.opens_at + dt.timedelta(days=4))
    assert len(tally_of(edition, START + KEPT).part.before.days) == 1
    assert len(tally_of(edition, START + dt.timedelta(days=1)).part.before.days) == 2


def last_year(edition: EditionView) -> EditionView:
    """An edition that was open a year ago."""
    from dataclasses import replace

    from app.editions.models import Edition

    columns = {"period_from": edition.period_from, "period_to": edition.period_to, "definition_id": edition.definition_id}
    opens, closes = (instant.replace(year=2025) for instant in (edition.opens_at, edition.closes_at))
    values = {"code": "2025", "title": "Ricognizione 2025", "state": "closed", "opens_at": opens, "closes_at": closes}
    added = sa.insert(Edition).values(**values, **columns, changed_at=START).returning(Edition.id)
    edition_id = db.session.execute(added).scalar_one()
    db.session.commit()
    return replace(edition, id=edition_id, opens_at=opens, closes_at=closes)
