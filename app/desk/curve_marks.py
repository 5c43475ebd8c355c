"""What was done to raise the response, marked in its chart and told in a table: days of reminders, calls by week, extensions.

Not for: the response itself (`curve.py`), or reading what was done (`app.chasing.happenings`).
Holds always: the table tells all that the marks show; a mark is told apart by its form and not by colour alone.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app.chasing.happenings import CALLS, EXTENSIONS
from app.editions.files import ROME
from app.mail.working_days import is_working_day
from app.reminders.latest import BatchLine
from app.web.charts import PLANE, Plane, Series
from app.web.numbers import NumberWords

WEEK: Final = dt.timedelta(days=7)
DAY: Final = dt.timedelta(days=1)
HIGHEST: Final = 150
"""So high in the plane stands the mark of the week with most calls."""


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the table. `day`: on which it was, or the first of its week."""

    day: dt.date
    text: str


@dataclass(frozen=True, slots=True)
class Marks:
    """`drawn`: as the chart takes them, each with its number; `table`: the same in the order of time."""

    drawn: tuple[Series, ...] = ()
    table: tuple[Done, ...] = ()


def marks_of(plane: Plane, batches: Sequence[BatchLine], happened: Mapping[str, Counter[dt.date]], words: NumberWords) -> Marks:
    """The marks of an edition up to the last day of its plane. `batches`: none for whoever does not see them."""
    shown = [batch for batch in batches if batch.starts_at.astimezone(ROME).date() <= plane.last]
    days = sorted({day for batch in shown for day in _days(batch) if day <= plane.last})
    weeks, granted = _weeks(happened[CALLS], plane), happened[EXTENSIONS]
    drawn = [
        Series(
            _("Giorni di promemoria"), "batch", "".join(f"M{plane.x(day)} 0V{PLANE}" for day in days), words.whole(len(days))
        ),
        Series(_("Telefonate, per settimana"), "calls", _bars(plane, weeks), words.whole(sum(weeks.values()))),
        Series(
            _("Proroghe concesse"),
            "extension",
            "".join(f"M{plane.x(day)} 0V{PLANE}" for day in sorted(granted)),
            words.whole(sum(granted.values())),
        ),
    ]
    told = [Done(batch.starts_at.astimezone(ROME).date(), _batch(batch)) for batch in shown]
    told += [Done(day, ngettext("%(num)d proroga concessa", "%(num)d proroghe concesse", granted[day])) for day in granted]
    for day, number in weeks.items():
        told.append(
            Done(day, ngettext("%(num)d telefonata in questa settimana", "%(num)d telefonate in questa settimana", number))
        )
    return Marks(tuple(one for one in drawn if one.path), tuple(sorted(told, key=lambda done: (done.day, done.text))))


def _days(batch: BatchLine) -> list[dt.date]:
    """On which days a batch went out: from its first to its last, without those on which offices are closed between them."""
    first, last = (instant.astimezone(ROME).date() for instant in (batch.starts_at, batch.ends_at))
    days = [first + DAY * number for number in range((last - first).days + 1)]
    return [day for day in days if day in (first, last) or is_working_day(day)]


def _batch(batch: BatchLine) -> str:
    days = _days(batch)
    if len(days) == 1:
        return str(_("Promemoria «%(name)s»", name=batch.name))
    return str(_("Promemoria «%(name)s», fino al %(last)s", name=batch.name, last=format_date(days[-1], "d MMMM")))


def _weeks(days: Counter[dt.date], plane: Plane) -> dict[dt.date, int]:
    """First day of each week since the opening → calls in it, of the weeks that have some."""
    found: Counter[dt.date] = Counter()
    for day, number in days.items():
        if day <= plane.last:
            found[plane.first + WEEK * ((day - plane.first).days // 7)] += number
    return dict(sorted(found.items()))


def _bars(plane: Plane, weeks: Mapping[dt.date, int]) -> str:
    """A bar in the middle of each week, the higher the more calls."""
    most = max(weeks.values(), default=1)
    return "".join(f"M{plane.x(day + WEEK / 2)} {PLANE}V{PLANE - HIGHEST * number // most}" for day, number in weeks.items())
