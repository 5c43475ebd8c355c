"""Dates and periods, typed as people write them.

For: "31/01/2026", "31.1.2026", "31 gennaio 2026", "2026-01-31", and for periods also "03/2026", "marzo 2026", "2026".
Not for: times, or knowing today. What always holds: the document has ISO 8601 (a full date, or for periods a year or a month);
years of two digits are asked again, never guessed.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from babel.dates import format_date, format_skeleton

from app.questionnaire.answers.base import (
    AnswerRefused,
    AnswerType,
    Scalar,
    Typed,
    Unreadable,
    Value,
    expect_parts,
    expect_text,
    tidy,
)
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Question

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
MONTHS: Final = tuple(
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()  # noqa: SIM905 - a list of words
)

NOT_A_DATE: Final = N_("Inserisci una data, per esempio 31/01/2026.")
NOT_A_MOMENT: Final = N_("Inserisci una data, un mese o un anno, per esempio 31/01/2026, 03/2026 o 2026.")
NO_SUCH_DAY: Final = N_("Il giorno %(typed)s non esiste: controlla giorno e mese.")
TOO_EARLY: Final = N_("Inserisci una data non precedente al %(min)s.")
TOO_LATE: Final = N_("Inserisci una data non successiva al %(max)s.")
SHORT_YEAR: Final = N_("Scrivi l'anno con quattro cifre, per esempio 2026.")

_ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_ITALIAN: Final = re.compile(r"(?:(?:([0-9]{1,2})[/. -])?([0-9]{1,2})[/. -])?([0-9]{4})")
_WORDS: Final = re.compile(r"(?:([0-9]{1,2})[°º]?\s+)?([a-z]{3,9})\.?\s+([0-9]{4})", re.IGNORECASE)
_TWO_DIGITS: Final = re.compile(r"(?:[0-9]{1,2}[/. -]){1,2}[0-9]{2}")


def _month_of(word: str) -> int | None:
    low = word.lower()
    return next((number for number, month in enumerate(MONTHS, 1) if low in (month, month[:3])), None)


def _numbers_of(text: str) -> tuple[int, int | None, int | None] | None:
    """Find (year, month or None, day or None) in a writing that is known."""
    match = _ISO.fullmatch(text)
    if match:
        year, month, day = match.groups()
    elif match := _ITALIAN.fullmatch(text):
        day, month, year = match.groups()
    elif (match := _WORDS.fullmatch(text)) and (number := _month_of(match[2])):
        day, month, year = match[1], str(number), match[3]
    else:
        return None
    return int(year), int(month) if month else None, int(day) if day else None


def read_moment(typed: str, whole: bool) -> str:
    """Read a date (`whole`), or also a month or a year, into ISO 8601; Unreadable says what to write instead."""
    text = tidy(typed).replace(" /", "/").replace("/ ", "/")
    numbers = _numbers_of(text)
    if numbers is None and _TWO_DIGITS.fullmatch(text):
        raise Unreadable(SHORT_YEAR)
    if numbers is None or (whole and numbers[2] is None):
        raise Unreadable(NOT_A_DATE if whole else NOT_A_MOMENT)
    year, month, day = numbers
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(N_("L'anno %(year)s è fuori dal possibile: controlla le cifre."), year=str(year))
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        raise Unreadable(NO_SUCH_DAY, typed=text) from None
    return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)])


def admit_moment(value: object, whole: bool) -> str:
    """Take an ISO date (`whole`), or also a month or a year, from a client; AnswerRefused if it is none."""
    text = expect_text(value)
    try:
        if read_moment(text, whole) == text:
            return text
    except Unreadable:
        pass  # what is wrong with it is told to a developer, below, not in the words for a person
    raise AnswerRefused("an ISO 8601 date is expected, such as 2026-01-31" + ("" if whole else ", 2026-01 or 2026"))


def write_moment(iso: str) -> str:
    """Write an ISO date, month or year in the Italian way: "31/01/2026", "01/2026", "2026"."""
    return "/".join(reversed(iso.split("-")))


def say_moment(iso: str, locale: str) -> str:
    """Show an ISO date, month or year in words: "31 gennaio 2026", "gennaio 2026", "2026"."""
    year, month, day = (*map(int, iso.split("-")), 0, 0)[:3]
    if day:
        return format_date(date(year, month, day), "long", locale=locale)
    return format_skeleton("yMMMM", date(year, month, 1), locale=locale) if month else iso


class Date(AnswerType):
    """A day: ISO str "2026-01-31". `min`, `max`: ISO dates."""

    name = "date"
    kind = "text"
    takes = frozenset({"min", "max", "message"})
    missing = NOT_A_DATE

    def read(self, question: Question, typed: Typed) -> Value | None:
        return read_moment(" ".join(typed[""]), whole=True)

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": [write_moment(value)]}

    def admit(self, question: Question, value: object) -> Value | None:
        return admit_moment(value, whole=True)

    def judge(self, question: Question, value: Any) -> list[Problem]:
        if question.min is not None and value < str(question.min):
            return [self.breach(question, TOO_EARLY, min=write_moment(str(question.min)))]
        if question.max is not None and value > str(question.max):
            return [self.breach(question, TOO_LATE, max=write_moment(str(question.max)))]
        return []

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return say_moment(value, speech.locale)


class Period(AnswerType):
    """A period with a state: {"from": "2025-03", "to": "2025-03-31", "state": "running"}, each optional.

    `options`: the states. Conditions see the state, "" if it is not given.
    """

    name = "period"
    kind = "text"
    takes = frozenset({"options"})
    missing = N_("Indica quando comincia, quando finisce o a che punto è.")

    def parts(self, question: Question) -> tuple[str, ...]:
        return ("from", "to", "state") if question.options else ("from", "to")

    def read(self, question: Question, typed: Typed) -> Value | None:
        period: dict[str, Any] = {}
        for end in ("from", "to"):
            if end in typed:
                try:
                    period[end] = read_moment(" ".join(typed[end]), whole=False)
                except Unreadable as reason:
                    raise Unreadable(reason.msgid, end, **reason.params) from None
        if "state" in typed:
            state = typed["state"][0]
            if all(state != option.code for option in question.options):
                raise Unreadable(N_("Scegli una delle risposte proposte."), "state")
            period["state"] = state
        return period or None

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {part: [text if part == "state" else write_moment(text)] for part, text in value.items()}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, self.parts(question))
        period: dict[str, Any] = {end: admit_moment(given[end], whole=False) for end in ("from", "to") if end in given}
        if "state" in given:
            if given["state"] not in [option.code for option in question.options]:
                raise AnswerRefused("state: unknown option")
            period["state"] = given["state"]
        return period or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        begin, end = value.get("from"), value.get("to")
        # Ends of different precision are compared as far as both reach: "2025-03" and "2025" do not contradict each other.
        if begin and end and begin[: len(end)] > end[: len(begin)]:
            msgid = N_("La conclusione (%(to)s) viene prima dell'avvio (%(begin)s): controlla le due date.")
            return [self.problem(question, msgid, "to", to=write_moment(end), begin=write_moment(begin))]
        return []

    def meaning(self, value: Any) -> ConditionValue:
        return str(value.get("state", ""))

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        lines = []
        if "from" in value:
            lines.append(speech.translate(N_("Avvio: %(date)s")) % {"date": say_moment(value["from"], speech.locale)})
        if "to" in value:
            lines.append(speech.translate(N_("Conclusione: %(date)s")) % {"date": say_moment(value["to"], speech.locale)})
        lines += [option.label for option in question.options if option.code == value.get("state")]
        return "\n".join(lines)

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {part: None if value is None else value.get(part) for part in self.parts(question)}
