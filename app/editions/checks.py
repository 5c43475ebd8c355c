"""What must hold of an edition's parts, whoever brings them: a file or a form.

Not for: words (the file's are in `files.py`, the pages' in the desk) or for storing anything.
Holds always: one check for each rule, used by the file and by the pages; a check reads its arguments only and raises nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.editions.current import Contact, Plan
from app.editions.letter_text import LetterProblem, LetterTextError, read_letter_text

ROME: Final = ZoneInfo("Europe/Rome")
MINUTE: Final = dt.timedelta(minutes=1)
LONGEST_CODE: Final = 40
LONGEST_TITLE: Final = 300
LONGEST_ADDRESS: Final = 500
LONGEST_CONTACT: Final = 200
MOST_CONTACTS: Final = 20
MOST_PLAN_ROWS: Final = 60
MAX_LETTER_BYTES: Final = 5 * 1024 * 1024
YEARS: Final = range(2000, 2200)
_UNFIT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ALL_CONTACT_TEXTS: Final = ("name", "role", "email", "phone", "hours")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which part, why, and in which of its rows (from 0; None: it has no rows)."""

    place: str
    reason: str
    row: int | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    letter: LetterProblem | None = None


class EditionProblemsError(Exception):
    """A part of an edition is wrong: `problems` names each place. Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{one.place}: {one.reason}" for one in self.problems))


class WrongInstantError(Exception):
    """What was written is no minute of Rome's time. `reason`: instant (unreadable) or hour (skipped by daylight saving)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_instant(written: object) -> dt.datetime:
    """The minute that is written, Rome's time where no zone stands with it; in UTC. Raises WrongInstantError.

    A day alone is none: its first minute would be taken for a deadline.
    """
    value = _parsed_instant(written) if isinstance(written, str) else written
    if not isinstance(value, dt.datetime) or value.year not in YEARS:
        raise WrongInstantError("instant")
    value = value.replace(second=0, microsecond=0)
    local = value if value.tzinfo else value.replace(tzinfo=ROME)
    if local.astimezone(dt.UTC).astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise WrongInstantError("hour")
    return local.astimezone(dt.UTC)


def _parsed_instant(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text) if ":" in text else None
    except ValueError:
        return None


def is_fit(text: str) -> bool:
    """Whether a page can show the text, a database store it, a path hold it."""
    return _UNFIT.search(text) is None


def unfit_problems(texts: Mapping[str, str]) -> Iterator[Problem]:
    """The texts, by place, that hold a character which is not one to read."""
    return (Problem(place, "unfit") for place, text in texts.items() if not is_fit(text))


def name_problems(code: str, title: str) -> Iterator[Problem]:
    """Code and title."""
    if not (code.isascii() and code.replace("-", "").isalnum()) or len(code) > LONGEST_CODE:
        yield Problem("code", "code", params={"most": LONGEST_CODE})
    if not 1 <= len(title.strip()) <= LONGEST_TITLE:
        yield Problem("title", "title", params={"most": LONGEST_TITLE})


def period_problems(start: dt.date, end: dt.date) -> Iterator[Problem]:
    """The reference period."""
    if start > end:
        yield Problem("period", "period_order")
    elif start.year not in YEARS or end.year not in YEARS:
        yield Problem("period", "period_years", params={"least": YEARS[0], "most": YEARS[-1]})


def date_problems(opens_at: dt.datetime, deadline: dt.datetime) -> Iterator[Problem]:
    """Opening and deadline."""
    if opens_at >= deadline:
        yield Problem("deadline", "deadline_order")


def address_problems(results_url: str | None, accessibility_url: str | None) -> Iterator[Problem]:
    """The two web addresses, None: there is none."""
    for place, address in (("results_url", results_url), ("accessibility_url", accessibility_url)):
        if address is not None and (not _is_web_address(address) or len(address) > LONGEST_ADDRESS):
            yield Problem(place, "web_address")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def contact_problems(contacts: Sequence[Contact]) -> Iterator[Problem]:
    """Whom to call or write to."""
    if len(contacts) > MOST_CONTACTS:
        yield Problem("contacts", "too_many_rows", params={"most": MOST_CONTACTS})
    for row, contact in enumerate(contacts):
        if not contact.name.strip():
            yield Problem("name", "contact_name", row)
        if contact.email and not _EMAIL.fullmatch(contact.email):
            yield Problem("email", "contact_email", row)
        for place in _ALL_CONTACT_TEXTS:
            if len(getattr(contact, place)) > LONGEST_CONTACT:
                yield Problem(place, "too_long", row, {"most": LONGEST_CONTACT})


def plan_problems(plan: Plan, opens_at: dt.datetime, closes_at: dt.datetime) -> Iterator[Problem]:
    """The response plan, its rows by day: days between opening and deadline, once each, percents that grow."""
    first, last = opens_at.astimezone(ROME).date(), (closes_at - MINUTE).astimezone(ROME).date()
    if len(plan) > MOST_PLAN_ROWS:
        yield Problem("plan", "too_many_rows", params={"most": MOST_PLAN_ROWS})
    for row, (day, percent) in enumerate(plan):
        if not first <= day <= last:
            yield Problem("day", "plan_outside", row, {"first": first.isoformat(), "last": last.isoformat()})
        elif row and day == plan[row - 1][0]:
            yield Problem("day", "plan_day_twice", row)
        if not 1 <= percent <= 100:
            yield Problem("percent", "plan_percent", row)
        elif row and percent <= plan[row - 1][1]:
            yield Problem("percent", "plan_growth", row)


def pdf_problems(content: bytes) -> Iterator[Problem]:
    """The public letter."""
    if not content.startswith(b"%PDF-"):
        yield Problem("letter", "not_pdf")
    if len(content) > MAX_LETTER_BYTES:
        yield Problem("letter", "pdf_size", params={"most": MAX_LETTER_BYTES // 1024 // 1024})


def letter_text_problems(text: str) -> Iterator[Problem]:
    """The text of the letter to each entity."""
    try:
        read_letter_text(text)
    except LetterTextError as error:
        yield from (Problem("letter_text", one.reason, letter=one) for one in error.found)


def pilot_problems(codes: Sequence[str]) -> Iterator[Problem]:
    """Who may answer while the edition is a pilot."""
    for code in sorted(set(codes)):
        if codes.count(code) > 1:
            yield Problem("pilot", "pilot_twice", params={"code": code})
