"""Changing an edition part by part: what is refused changes nothing, what is done leaves an entry and a newer version."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.chain import first_broken_entry
from app.audit.models import AuditEntry
from app.editions import changing
from app.editions.changing import Act, UnknownEditionError, pilot_codes
from app.editions.checks import EditionProblemsError
from app.editions.creating import NewEdition, create_edition, moved_plan, proposed_after
from app.editions.current import Contact, EditionView, edition_by_code, plan_of
from app.editions.lifecycle import ChangedEditionError, move_edition, store_edition
from app.editions.readiness import points_before
from app.extensions import db
from tests.conftest import START
from tests.editions.conftest import ReadFile
from tests.registry_rows import add_municipalities

NEW = NewEdition(
    code="2027",
    title="Ricognizione 2027",
    period_from=dt.date(2026, 9, 1),
    period_to=dt.date(2027, 8, 31),
    opens_at=dt.datetime(2027, 3, 1, 8, tzinfo=dt.UTC),
    deadline=dt.datetime(2027, 4, 30, 21, 59, tzinfo=dt.UTC),
)


@pytest.fixture
def draft(db_session: object, read: ReadFile) -> EditionView:
    store_edition(read(), actor="test", now=START)
    return stored()


def stored(code: str = "2026") -> EditionView:
    db.session.expire_all()
    found = edition_by_code(code)
    assert found is not None
    return found


def act(edition: EditionView) -> Act:
    return Act(edition.code, edition.changed_at, "staff:1", START)


def reasons(change: Callable[[], object]) -> list[tuple[str, str, int | None]]:
    before = [stored(), plan_of(stored().id), pilot_codes(stored().id), entries()]
    with pytest.raises(EditionProblemsError) as caught:
        change()
    assert [stored(), plan_of(stored().id), pilot_codes(stored().id), entries()] == before
    return [(one.place, one.reason, one.row) for one in caught.value.problems]


def entries() -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(AuditEntry)).scalar_one()


def last_detail() -> dict[str, Any]:
    query = sa.select(AuditEntry.detail).order_by(AuditEntry.number.desc()).limit(1)
    detail: dict[str, Any] = json.loads(db.session.execute(query).scalar_one())
    return detail


def test_each_change_makes_a_newer_version_even_in_the_same_instant(draft: EditionView) -> None:
    versions = [draft.changed_at]
    for title in ("Uno", "Due", "Tre"):
        changing.rename(act(stored()), code="2026", title=title)
        versions.append(stored().changed_at)
    assert versions == sorted(set(versions))
    assert first_broken_entry() is None


def test_a_change_of_what_has_changed_is_refused(draft: EditionView) -> None:
    first, second = act(draft), act(draft)
    changing.rename(first, code="2026", title="Il primo")
    with pytest.raises(ChangedEditionError):
        changing.rename(second, code="2026", title="Il secondo")
    with pytest.raises(ChangedEditionError):
        move_edition("2026", "open", actor="test", now=START, seen=draft.changed_at)
    assert (stored().title, stored().state) == ("Il primo", "draft")


def test_of_two_at_once_one_is_refused(app: Flask, draft: EditionView) -> None:
    outcomes: list[str] = []

    def change(title: str) -> None:
        with app.app_context():
            try:
                changing.rename(Act("2026", draft.changed_at, "staff:1", START), code="2026", title=title)
                outcomes.append(title)
            except ChangedEditionError:
                outcomes.append("refused")

    db.session.rollback()
    threads = [Thread(target=change, args=(title,)) for title in ("Uno", "Due")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=len, reverse=True)[0] == "refused"
    assert stored().title in outcomes


def test_an_edition_that_is_not_there_is_none(draft: EditionView) -> None:
    with pytest.raises(UnknownEditionError):
        changing.set_addresses(Act("1999", draft.changed_at, "staff:1", START), results_url=None, accessibility_url=None)


def test_names_and_codes(draft: EditionView) -> None:
    create_edition(NEW, None, actor="staff:1", now=START)
    assert reasons(lambda: changing.rename(act(stored()), code="2027", title=" ")) == [
        ("title", "title", None),
        ("code", "code_taken", None),
    ]
    assert reasons(lambda: changing.rename(act(stored()), code="a b", title="x\x07")) == [
        ("code", "code", None),
        ("title", "unfit", None),
    ]
    move_edition("2026", "pilot", actor="test", now=START)
    assert reasons(lambda: changing.rename(act(stored()), code="altro", title="x")) == [("code", "frozen", None)]


def test_the_same_rules_as_in_the_file(draft: EditionView) -> None:
    period = {"start": dt.date(2026, 2, 1), "end": dt.date(2026, 1, 1)}
    assert reasons(lambda: changing.set_period(act(draft), **period)) == [("period", "period_order", None)]
    same = {"opens_at": draft.opens_at, "deadline": draft.opens_at, "confirmed": True}
    assert reasons(lambda: changing.set_dates(act(draft), **same)) == [("deadline", "deadline_order", None)]
    plan = ((dt.date(2026, 2, 28), 5), (dt.date(2026, 4, 1), 5), (dt.date(2026, 4, 1), 101))
    assert reasons(lambda: changing.set_plan(act(draft), plan)) == [
        ("day", "plan_outside", 0),
        ("percent", "plan_growth", 1),
        ("day", "plan_day_twice", 2),
        ("percent", "plan_percent", 2),
    ]
    contacts = (Contact(name="A"), Contact(name=" ", email="x", phone="1" * 201, hours="\x01"))
    assert reasons(lambda: changing.set_contacts(act(draft), contacts)) == [
        ("name", "contact_name", 1),
        ("email", "contact_email", 1),
        ("phone", "too_long", 1),
        ("hours", "unfit", 1),
    ]
    assert reasons(lambda: changing.set_letter(act(draft), b"PK")) == [("letter", "not_pdf", None)]
    assert reasons(lambda: changing.set_letter_text(act(draft), "niente")) == [
        ("letter_text", "title", None),
        ("letter_text", "no_code", None),
    ]
    wrong = {"results_url": "ftp://x", "accessibility_url": "https://" + "a" * 500}
    assert [place for place, _, _ in reasons(lambda: changing.set_addresses(act(draft), **wrong))] == list(wrong)


def test_the_last_day_of_the_plan_is_that_of_the_deadline(draft: EditionView) -> None:
    plan = ((dt.date(2026, 3, 1), 5), (dt.date(2026, 4, 30), 60))
    changing.set_plan(act(draft), plan)
    assert plan_of(draft.id) == plan
    assert reasons(lambda: changing.set_plan(act(stored()), ((dt.date(2026, 5, 1), 5),))) == [("day", "plan_outside", 0)]


def test_an_open_edition_ends_earlier_only_when_that_is_meant_and_never_in_the_past(draft: EditionView) -> None:
    move_edition("2026", "open", actor="test", now=START)
    opens_at = draft.opens_at
    earlier = draft.deadline - dt.timedelta(days=1)

    def to(deadline: dt.datetime, *, confirmed: bool) -> None:
        changing.set_dates(act(stored()), opens_at=opens_at, deadline=deadline, confirmed=confirmed)

    assert reasons(lambda: to(earlier, confirmed=False)) == [("confirmed", "deadline_earlier", None)]
    assert reasons(lambda: to(START - dt.timedelta(minutes=1), confirmed=True)) == [("deadline", "deadline_past", None)]
    to(earlier, confirmed=True)
    assert stored().deadline == earlier
    assert last_detail()["after"].endswith(stored().closes_at.isoformat())
    opens_at += dt.timedelta(days=1)
    assert reasons(lambda: to(earlier, confirmed=True)) == [("opening", "frozen", None)]


def test_no_contact_of_a_person_stands_in_the_log(draft: EditionView) -> None:
    changing.set_contacts(act(draft), (Contact(name="Ufficio", email="nome.cognome@example.org"),))
    assert last_detail() == {"part": "contacts", "before": 1, "after": 1}


def test_the_pilot_takes_entities_of_today_whole_or_not_at_all(draft: EditionView) -> None:
    add_municipalities()
    assert reasons(lambda: changing.add_pilots(act(draft), ["048017", "999999"])) == [("pilot", "pilot_unknown", None)]
    assert changing.add_pilots(act(draft), ["048017", "022165", "048017"]) == 2
    assert changing.add_pilots(act(stored()), ["048017"]) == 0
    changing.remove_pilot(act(stored()), "048017")
    assert pilot_codes(draft.id) == ["022165"]


def test_a_clone_moves_the_plan_by_a_year_and_leaves_pilot_and_state(draft: EditionView) -> None:
    add_municipalities()
    changing.set_plan(act(draft), ((dt.date(2026, 3, 31), 20), (dt.date(2026, 4, 30), 60)))
    changing.add_pilots(act(stored()), ["048017"])
    create_edition(NEW, "2026", actor="staff:1", now=START)
    made = stored("2027")
    assert plan_of(made.id) == ((dt.date(2027, 3, 31), 20), (dt.date(2027, 4, 30), 60))
    assert (made.state, made.contacts, pilot_codes(made.id)) == ("draft", draft.contacts, [])
    assert last_detail()["earlier"] == "2026"
    with pytest.raises(EditionProblemsError) as caught:
        create_edition(NEW, "1999", actor="staff:1", now=START)
    assert [one.reason for one in caught.value.problems] == ["earlier_unknown", "code_taken"]


def test_what_is_proposed_for_a_clone(draft: EditionView) -> None:
    proposed = proposed_after(draft)
    assert (proposed.code, proposed.title) == ("2027", "Ricognizione 2027")
    assert (proposed.opens_at, proposed.deadline) == (NEW.opens_at, NEW.deadline)
    assert moved_plan(((dt.date(2028, 2, 29), 7),), 1) == ((dt.date(2029, 2, 28), 7),)


@pytest.mark.parametrize(
    ("code", "taken", "proposed"),
    [
        ("pilota", (), "pilota-2027"),
        ("ric2026", (), "ric2027"),
        ("2026", ("2026", "2027", "2027-2"), "2027-3"),
        ("x" * 40, (), "x" * 35 + "-2027"),
        ("x" * 36 + "2026", ("x" * 36 + "2027",), "x" * 36 + "20-2"),
    ],
)
def test_a_clone_always_has_a_code_of_its_own_proposed(
    draft: EditionView, code: str, taken: tuple[str, ...], proposed: str
) -> None:
    assert proposed_after(replace(draft, code=code), taken).code == proposed


def test_the_check_list_says_what_blocks_and_what_is_advice(draft: EditionView) -> None:
    def unmet(now: dt.datetime) -> dict[str, bool]:
        return {point.name: point.blocks for point in points_before(stored(), "open", now) if not point.met}

    assert unmet(START) == {"letter": False, "plan": False}
    assert unmet(draft.closes_at) == {"deadline": True, "letter": False, "plan": False}
    create_edition(NEW, None, actor="staff:1", now=START)
    move_edition("2027", "open", actor="test", now=START)
    changing.set_plan(act(stored()), ((dt.date(2026, 3, 2), 20),))
    sunday = dt.datetime(2026, 5, 3, 21, 59, tzinfo=dt.UTC)
    changing.set_dates(act(stored()), opens_at=draft.opens_at + dt.timedelta(days=9), deadline=sunday, confirmed=False)
    assert unmet(START) == {"other": True, "letter": False, "plan_dates": False, "day": False}
    assert [point.name for point in points_before(stored(), "pilot", START) if not point.met] == ["pilots"]
    assert points_before(stored(), "closed", START) == ()


def test_an_edition_that_takes_over_another_takes_how_entities_sign_in(draft: EditionView) -> None:
    changing.set_second_step(act(draft), wanted=True)
    create_edition(NEW, "2026", actor="test", now=START)
    assert (stored().second_step, stored("2027").second_step) == (True, True)
