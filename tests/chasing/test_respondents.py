"""The copy that lists are made of: the same as what the other rooms hold, renewed once a minute, by one at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.chasing.filters import Filter, conditions
from app.chasing.respondents import KEPT, fresh_respondents, refresh_respondents, respondent_table, size_class
from app.editions.current import EditionView
from app.extensions import db
from app.registry.addresses import add_address
from app.registry.entities import find_by_code
from app.registry.models import Association, Entity, Membership
from app.responses.drafts import Author
from app.responses.reading import OpenResponse
from tests.accounts.few import at_once
from tests.conftest import START
from tests.fill.conftest import NewPerson, new_person
from tests.fill.walk import answer_all, submit

__all__ = ["new_person"]
ROW = respondent_table.c
TODAY = START.date()


def ids(*codes: str) -> list[int]:
    found = [find_by_code(code) for code in codes]
    return [entity.id for entity in found if entity is not None]


def matching(wanted: Filter, region: str | None = None) -> set[str]:
    query = sa.select(Entity.code).join(respondent_table, ROW.entity_id == Entity.id)
    return set(db.session.execute(query.where(*conditions(wanted, TODAY, region=region))).scalars())


def row(code: str) -> sa.Row[object]:
    return db.session.execute(sa.select(respondent_table).where(ROW.entity_id == ids(code)[0])).one()


@pytest.mark.parametrize(("population", "size"), [(None, 0), (0, 1), (999, 1), (1_000, 2), (99_999, 4), (100_000, 5)])
def test_size_classes_begin_where_they_say(population: int | None, size: int) -> None:
    assert size_class(population) == size


def test_rows_are_those_of_all_who_are_asked(edition: EditionView, respond: Callable[..., OpenResponse]) -> None:
    respond("048017")
    add_address(ids("022165")[0], purpose="mayor", email="a@example.org", source="csv", actor="test", now=START)
    db.session.commit()
    assert fresh_respondents(edition, START) == START
    assert db.session.execute(sa.select(sa.func.count()).select_from(respondent_table)).scalar_one() == 5
    firenze, samone = row("048017"), row("022165")
    assert (firenze.state, firenze.progress, firenze.region_code, firenze.size_class) == ("opened", 0, "09", 5)
    assert (samone.state, samone.has_address, samone.last_activity) == ("never", True, None)
    assert not firenze.has_address


def test_rows_are_kept_for_a_minute_and_renewed_then(edition: EditionView, respond: Callable[..., OpenResponse]) -> None:
    fresh_respondents(edition, START)
    respond("048017")
    db.session.commit()
    assert fresh_respondents(edition, START + KEPT / 2) == START
    assert row("048017").state == "never"
    later = START + KEPT
    assert fresh_respondents(edition, later) == later
    assert row("048017").state == "opened"
    assert refresh_respondents(edition, later) == later


def test_an_entity_that_has_ended_is_asked_no_more(edition: EditionView) -> None:
    refresh_respondents(edition, START)
    db.session.execute(sa.update(Entity).where(Entity.code == "021008").values(valid_to=TODAY))
    db.session.commit()
    refresh_respondents(edition, START)
    assert matching(Filter()) == {"048017", "022165", "001235", "068038"}


def test_many_at_once_make_the_rows_once(app: Flask, edition: EditionView) -> None:
    db.session.rollback()
    outcomes = at_once(app, [lambda: refresh_respondents(edition, START)] * 5)
    assert all(isinstance(outcome, dt.datetime) for outcome in outcomes), outcomes
    db.session.rollback()
    assert db.session.execute(sa.select(sa.func.count()).select_from(respondent_table)).scalar_one() == 5


@pytest.mark.parametrize(
    ("args", "codes"),
    [
        ({"q": "samone"}, {"022165", "001235"}),
        ({"q": "048017"}, {"048017"}),
        ({"regione": "09"}, {"048017"}),
        ({"provincia": "tn"}, {"022165"}),
        ({"stato": "never"}, {"022165", "001235", "021008"}),
        ({"stato": ["submitted", "opened"]}, {"048017", "068038"}),
        ({"stato": "covered"}, set()),
        ({"classe": "5"}, {"048017", "021008"}),
        ({"tipo": "union"}, set()),
        ({"capofila": "048017"}, {"022165"}),
        ({"problema": "leads"}, {"048017"}),
        ({"problema": "no_address"}, {"048017", "001235", "068038", "021008"}),
        ({"problema": "bad_address"}, set()),
        ({"regione": "09", "stato": "never"}, set()),
        ({"regione": "<b>", "classe": "9", "stato": "x", "tipo": "y"}, {"048017", "022165", "001235", "068038", "021008"}),
    ],
)
def test_each_filter_finds_what_it_says(
    edition: EditionView,
    author: Author,
    respond: Callable[..., OpenResponse],
    new_person: NewPerson,
    args: dict[str, str | list[str]],
    codes: set[str],
) -> None:
    person = new_person()
    answer_all(person)
    submit(person)
    respond("068038")
    add_address(ids("022165")[0], purpose="mayor", email="a@example.org", source="csv", actor="test", now=START)
    union = Association(code="U", kind="ambito", name="Ambito", lead_id=ids("048017")[0])
    db.session.add(union)
    db.session.flush()
    db.session.add_all(Membership(association_id=union.id, entity_id=one) for one in ids("048017", "022165"))
    db.session.commit()
    refresh_respondents(edition, START)
    wanted = Filter.from_args(MultiDict(args))
    assert matching(wanted) == codes
    assert matching(wanted, "04") == codes & {"022165", "021008"}
    assert Filter.from_args(MultiDict(wanted.to_args())) == wanted
