"""The forms of an edition's parts: what each shows first, what was typed, and what saving it calls.

Not for: rules (`app.editions.checks`, by way of the functions called here) or drawing (`edition_parts.py`).
Holds always: what was typed is kept as it was typed, so that it comes back with its error; empty rows are no rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from app.editions import changing
from app.editions.changing import Act
from app.editions.checks import ROME, EditionProblemsError, Problem, WrongInstantError, read_instant
from app.editions.current import Contact, EditionView, letter_text_of, plan_of
from app.letters.writing import default_text

Typed = dict[str, Any]
Posted = MultiDict[str, str]
CONTACT_FIELDS: Final = ("name", "role", "email", "phone", "hours")
PLAN_FIELDS: Final = ("day", "percent")
_ITALIAN_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an edition with a form of its own. `stored`: its fields as they stand; `save` raises EditionProblemsError."""

    title: LazyString
    template: str
    stored: Callable[[EditionView], Typed]
    typed: Callable[[Posted], Typed]
    save: Callable[[Act, Typed], None]
    row_fields: tuple[str, ...] = ()


def one_line(text: str) -> str:
    """Text of a box of one line."""
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """Text of a box of several lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def fields(form: Posted, *names: str) -> Typed:
    """These boxes of one line as they were typed."""
    return {name: one_line(form.get(name, "")) for name in names}


def typed_day(text: str) -> dt.date | None:
    """A day as a browser sends it, or as people write it: 31/10/2026."""
    italian = _ITALIAN_DAY.fullmatch(text)
    try:
        return dt.date(int(italian[3]), int(italian[2]), int(italian[1])) if italian else dt.date.fromisoformat(text)
    except ValueError:
        return None


def days_of(values: Mapping[str, str], *names: str) -> tuple[dt.date, ...]:
    """These days. Raises EditionProblemsError naming those that are none."""
    days = [typed_day(values[name]) for name in names]
    wrong = [Problem(name, "date") for name, day in zip(names, days, strict=True) if day is None]
    if wrong:
        raise EditionProblemsError(wrong)
    return tuple(day for day in days if day is not None)


def instants_of(values: Mapping[str, str], *names: str) -> tuple[dt.datetime, ...]:
    """The instants of the boxes NAME_day and NAME_time, Rome's time. Raises EditionProblemsError."""
    found, wrong = [], []
    for name in names:
        day = typed_day(values[f"{name}_day"])
        try:
            found.append(read_instant(f"{day} {values[f'{name}_time']}" if day else ""))
        except WrongInstantError as error:
            wrong.append(Problem(name, error.reason))
    if wrong:
        raise EditionProblemsError(wrong)
    return tuple(found)


def boxes_of(name: str, instant: dt.datetime) -> Typed:
    """An instant as the two boxes NAME_day and NAME_time hold it."""
    local = instant.astimezone(ROME)
    return {f"{name}_day": local.date().isoformat(), f"{name}_time": local.strftime("%H:%M")}


def typed_rows(form: Posted, names: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a form whose columns have these names."""
    columns = [form.getlist(name) for name in names]
    return [{name: one_line(text) for name, text in zip(names, texts, strict=True)} for texts in zip(*columns, strict=False)]


def kept_rows(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Those in which something stands."""
    return [row for row in rows if any(row.values())]


def _dates_stored(edition: EditionView) -> Typed:
    return boxes_of("opening", edition.opens_at) | boxes_of("deadline", edition.deadline) | {"confirmed": "", "avvisa": ""}


def _dates_typed(form: Posted) -> Typed:
    return fields(form, "opening_day", "opening_time", "deadline_day", "deadline_time", "confirmed", "avvisa")


def _save_dates(act: Act, values: Typed) -> None:
    opens_at, deadline = instants_of(values, "opening", "deadline")
    changing.set_dates(act, opens_at=opens_at, deadline=deadline, confirmed=bool(values["confirmed"]))


def _save_period(act: Act, values: Typed) -> None:
    start, end = days_of(values, "period_from", "period_to")
    changing.set_period(act, start=start, end=end)


def _contacts_stored(edition: EditionView) -> Typed:
    return {"rows": [{name: getattr(contact, name) for name in CONTACT_FIELDS} for contact in edition.contacts]}


def _save_contacts(act: Act, values: Typed) -> None:
    changing.set_contacts(act, tuple(Contact(**row) for row in values["rows"]))


def _plan_stored(edition: EditionView) -> Typed:
    return {"rows": [{"day": day.isoformat(), "percent": str(percent)} for day, percent in plan_of(edition.id)]}


def _plan_typed(form: Posted) -> Typed:
    """By day where every day is one, so that the rows stand in the order in which they are checked."""
    rows = typed_rows(form, PLAN_FIELDS)
    days = [typed_day(row["day"]) for row in rows]
    if all(day is not None for day in days):
        rows = [row for _day, row in sorted(zip(days, rows, strict=True), key=lambda one: one[0] or dt.date.min)]
    return {"rows": rows}


def _save_plan(act: Act, values: Typed) -> None:
    plan, wrong = [], []
    for number, row in enumerate(values["rows"]):
        day, percent = typed_day(row["day"]), row["percent"].removesuffix("%").strip()
        if day is None:
            wrong.append(Problem("day", "date", number))
        if not (percent.isascii() and percent.isdigit() and len(percent) < 4):
            wrong.append(Problem("percent", "plan_percent", number))
        elif day is not None:
            plan.append((day, int(percent)))
    if wrong:
        raise EditionProblemsError(wrong)
    changing.set_plan(act, tuple(plan))


def _letter_stored(edition: EditionView) -> Typed:
    return {"letter_text": letter_text_of(edition.id) or default_text().strip(), "entity": ""}


def _letter_typed(form: Posted) -> Typed:
    return {"letter_text": paragraphs(form.get("letter_text", "")), "entity": one_line(form.get("entity", ""))}


def _save_letter(act: Act, values: Typed) -> None:
    text = values["letter_text"]
    changing.set_letter_text(act, "" if text == default_text().strip() else text)


def _save_addresses(act: Act, values: Typed) -> None:
    changing.set_addresses(
        act, results_url=values["results_url"] or None, accessibility_url=values["accessibility_url"] or None
    )


PARTS: Final[dict[str, Part]] = {
    "titolo": Part(
        _l("Titolo e codice"),
        "desk/edition_name.html",
        lambda edition: {"code": edition.code, "title": edition.title},
        lambda form: fields(form, "code", "title"),
        lambda act, values: changing.rename(act, code=values["code"], title=values["title"]),
    ),
    "periodo": Part(
        _l("Periodo di riferimento"),
        "desk/edition_period.html",
        lambda edition: {"period_from": edition.period_from.isoformat(), "period_to": edition.period_to.isoformat()},
        lambda form: fields(form, "period_from", "period_to"),
        _save_period,
    ),
    "date": Part(_l("Apertura e scadenza"), "desk/edition_dates.html", _dates_stored, _dates_typed, _save_dates),
    "contatti": Part(
        _l("Contatti"),
        "desk/edition_contacts.html",
        _contacts_stored,
        lambda form: {"rows": typed_rows(form, CONTACT_FIELDS)},
        _save_contacts,
        CONTACT_FIELDS,
    ),
    "lettera": Part(_l("Lettera a ciascun ente"), "desk/edition_letter.html", _letter_stored, _letter_typed, _save_letter),
    "piano": Part(_l("Piano di risposta"), "desk/edition_plan.html", _plan_stored, _plan_typed, _save_plan, PLAN_FIELDS),
    "indirizzi": Part(
        _l("Indirizzi pubblici"),
        "desk/edition_addresses.html",
        lambda edition: {
            "results_url": edition.results_url or "",
            "accessibility_url": edition.accessibility_url or "",
        },
        lambda form: fields(form, "results_url", "accessibility_url"),
        _save_addresses,
    ),
    "accesso": Part(
        _l("Accesso degli enti"),
        "desk/edition_sign_in.html",
        lambda edition: {"second_step": "1" if edition.second_step else ""},
        lambda form: fields(form, "second_step"),
        lambda act, values: changing.set_second_step(act, wanted=bool(values["second_step"])),
    ),
    "telefono": Part(
        _l("Compilazione al telefono"),
        "desk/edition_telephone.html",
        lambda edition: {"telephone": edition.telephone},
        lambda form: fields(form, "telephone"),
        lambda act, values: changing.set_telephone(act, values["telephone"]),
    ),
}
"""Last word of the address → the part."""
