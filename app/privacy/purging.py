"""Terms: what is over goes, some rows at a time, each slice with its entry in the record.

Not for: what a row is and how it is forgotten (each room's `forgetting.py`).
Holds always: a slice is one transaction, with its entry: what was killed in between has done whole slices, and the next run
goes on; where nothing is over nothing is written. A term of 0 means that it never ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts import forgetting as accounts
from app.audit.chain import record
from app.audit.forgetting import ORIGINS, PURGE, Term
from app.chasing import forgetting as chasing
from app.config import settings
from app.editions import forgetting as editions
from app.extensions import db
from app.mail import forgetting as mail
from app.practices.importing import forgetting as imports
from app.privacy.erasing import OPERATORS
from app.reminders import forgetting as reminders
from app.responses import forgetting as responses
from app.threads import forgetting as threads

AT_A_TIME: Final = 500
_OF_ANSWERS: Final = (*editions.TERMS, *chasing.TERMS, *responses.TERMS, *threads.TERMS, *reminders.TERMS, *imports.TERMS)
TERMS: Final = (*accounts.TERMS, *mail.TERMS, *_OF_ANSWERS, OPERATORS, ORIGINS)
"""Sessions before operators: they tell when somebody was last seen."""
_DAYS: Final = {"days": 1.0, "months": 30.4375}


@dataclass(frozen=True, slots=True)
class Due:
    """A term with what is over. `before`: the instant that parts, None where the term never ends; `number`: of rows."""

    term: Term
    before: dt.datetime | None
    number: int


def length_of(term: Term) -> tuple[int, str]:
    """How long a term is: (number, "days" or "months")."""
    length: int = getattr(settings(), term.setting)
    return length, term.setting.rpartition("_")[2]


def retention_lengths() -> dict[str, int]:
    """Name of each setting → its number of days or months, for the notice."""
    return {term.setting: length_of(term)[0] for term in TERMS}


def parting_instant(term: Term, now: dt.datetime) -> dt.datetime | None:
    """Before which instant a term is over; None for never."""
    length, unit = length_of(term)
    return now - dt.timedelta(days=length * _DAYS[unit]) if length else None


def what_is_due(now: dt.datetime) -> Iterator[Due]:
    """Each term with what a purge would forget. Reads only."""
    for term in TERMS:
        before = parting_instant(term, now)
        query = sa.select(sa.func.count()).select_from(_keys(term, before).subquery()) if before else None
        yield Due(term, before, db.session.execute(query).scalar_one() if query is not None else 0)


def purge(actor: str, now: dt.datetime) -> Iterator[tuple[Term, int]]:
    """Forget what is over; (term, rows of it that are gone so far) after each slice. Commits each."""
    for term in TERMS:
        before = parting_instant(term, now)
        if before is None:
            continue
        if _slice(term, before, None):
            term.announce(before, actor, now)
        db.session.commit()
        last, gone = None, 0
        while keys := _slice(term, before, last):
            term.erase(keys, now)
            record("privacy_purged", actor=actor, subject=PURGE, detail={"term": term.name, "erased": len(keys)}, now=now)
            db.session.commit()
            last, gone = keys[-1], gone + len(keys)
            yield term, gone
        db.session.commit()


def _slice(term: Term, before: dt.datetime, last: Any) -> list[Any]:
    query = _keys(term, before)
    if last is not None:
        query = query.where(term.key > last)
    return list(db.session.execute(query.order_by(term.key).limit(AT_A_TIME)).scalars())


def _keys(term: Term, before: dt.datetime) -> sa.Select[Any]:
    return sa.select(term.key).where(*term.over(before))
