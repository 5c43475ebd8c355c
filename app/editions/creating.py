"""Making an edition in the page: an empty one, or one that takes over what an earlier one has.

Not for: one that a file describes (`lifecycle.store_edition`).
Holds always: a new edition is a draft; of an earlier one it takes contacts, both letters, the questionnaire, the addresses,
how entities sign in, and the plan, its days moved by the years between the two openings; never its dates, its code, its state
or its pilot.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.chain import record
from app.editions.calendar import same_day_in
from app.editions.checks import (
    LONGEST_CODE,
    MINUTE,
    ROME,
    EditionProblemsError,
    Problem,
    date_problems,
    name_problems,
    period_problems,
    unfit_problems,
)
from app.editions.current import EditionView, Plan, plan_of
from app.editions.definitions import store_definition
from app.editions.models import Edition
from app.extensions import db
from app.questionnaire.loader import load_definition, read_shipped, shipped_definitions

_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class NewEdition:
    """What somebody must say of a new edition. `deadline`: the last minute that counts."""

    code: str
    title: str
    period_from: dt.date
    period_to: dt.date
    opens_at: dt.datetime
    deadline: dt.datetime


def create_edition(new: NewEdition, earlier_code: str | None, *, actor: str, now: dt.datetime) -> None:
    """Store a draft, with what the edition of `earlier_code` has. Commits. Raises EditionProblemsError."""
    problems = [
        *name_problems(new.code, new.title),
        *unfit_problems({"code": new.code, "title": new.title}),
        *period_problems(new.period_from, new.period_to),
        *date_problems(new.opens_at, new.deadline),
    ]
    earlier = _edition(earlier_code) if earlier_code is not None else None
    if earlier_code is not None and earlier is None:
        problems.append(Problem("code", "earlier_unknown"))
    if _edition(new.code) is not None:
        problems.append(Problem("code", "code_taken"))
    if problems:
        db.session.rollback()
        raise EditionProblemsError(problems)
    edition = Edition(
        code=new.code,
        title=new.title.strip(),
        state="draft",
        period_from=new.period_from,
        period_to=new.period_to,
        opens_at=new.opens_at,
        closes_at=new.deadline + MINUTE,
        changed_at=now,
    )
    _take_over(edition, earlier, now)
    _store(edition, earlier_code, actor=actor, now=now)


def _take_over(edition: Edition, earlier: Edition | None, now: dt.datetime) -> None:
    if earlier is None:
        source = read_shipped(shipped_definitions()[0])
        edition.definition_id = store_definition(load_definition(source, "questionnaire.yaml"), source, now)
        return
    edition.definition_id = earlier.definition_id
    edition.contacts = earlier.contacts
    edition.results_url, edition.accessibility_url = earlier.results_url, earlier.accessibility_url
    edition.letter = earlier.letter
    edition.letter_text = earlier.letter_text
    edition.second_step, edition.telephone = earlier.second_step, earlier.telephone
    years = edition.opens_at.astimezone(ROME).year - earlier.opens_at.astimezone(ROME).year
    edition.plan = msgspec.json.encode(moved_plan(plan_of(earlier.id), years)).decode()


def _store(edition: Edition, earlier_code: str | None, *, actor: str, now: dt.datetime) -> None:
    db.session.add(edition)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise EditionProblemsError([Problem("code", "code_taken")]) from None
    detail = {"earlier": earlier_code, "opens_at": edition.opens_at.isoformat(), "closes_at": edition.closes_at.isoformat()}
    record("edition_created", actor=actor, subject=f"edition:{edition.code}", detail=detail, now=now)
    db.session.commit()


def moved_plan(plan: Plan, years: int) -> Plan:
    """The plan some years later, on the same days."""
    return tuple((same_day_in(day.year + years, day), percent) for day, percent in plan)


def names_year(text: str) -> bool:
    """Whether a code or a title holds a year, which a clone's can count up."""
    return _YEAR.search(text) is not None


def proposed_after(earlier: EditionView, taken: Collection[str] = ()) -> NewEdition:
    """What a clone may be called and when it may run, a year after this one: its years counted up, its dates moved.

    A code or a title that names no year gets the year of the opening; a code that is `taken`, a number.
    """
    opens, deadline = (_year_later(instant) for instant in (earlier.opens_at, earlier.deadline))
    return NewEdition(
        code=_free_code(earlier.code, str(opens.astimezone(ROME).year), taken),
        title=_counted_up(earlier.title) if names_year(earlier.title) else f"{earlier.title} {opens.astimezone(ROME).year}",
        period_from=same_day_in(earlier.period_from.year + 1, earlier.period_from),
        period_to=same_day_in(earlier.period_to.year + 1, earlier.period_to),
        opens_at=opens,
        deadline=deadline,
    )


def _free_code(earlier: str, year: str, taken: Collection[str]) -> str:
    code = _counted_up(earlier) if names_year(earlier) else f"{earlier[: LONGEST_CODE - len(year) - 1]}-{year}"
    number = 2
    free = code
    while free in taken:
        free, number = f"{code[: LONGEST_CODE - len(str(number)) - 1]}-{number}", number + 1
    return free


def _counted_up(text: str) -> str:
    return _YEAR.sub(lambda found: str(int(found[0]) + 1), text)


def _year_later(instant: dt.datetime) -> dt.datetime:
    local = instant.astimezone(ROME)
    day = same_day_in(local.year + 1, local.date())
    return dt.datetime.combine(day, local.time(), tzinfo=ROME).astimezone(dt.UTC)


def _edition(code: str) -> Edition | None:
    return db.session.execute(sa.select(Edition).where(Edition.code == code)).scalar_one_or_none()
