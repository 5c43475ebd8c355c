"""The response over time as a chart and as its table: this edition, its plan, and the edition before by days since opening.

Not for: counting (`app.chasing.figures`).
Holds always: percents of the municipalities asked; the table tells what the chart shows, week by week and for the last day.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from app.chasing.board import Board
from app.chasing.figures import Curve
from app.editions.current import EditionView
from app.editions.files import ROME
from app.web.charts import Plane, Series, plane
from app.web.numbers import NumberWords

Points = Sequence[tuple[dt.date, float]]
WEEK: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the table: percents represented by the end of a day, as words; "" where there is nothing to compare."""

    day: dt.date
    now: str
    plan: str
    before: str


@dataclass(frozen=True, slots=True)
class OverTime:
    """What the page shows. `today`: where the day of the numbers stands in the plane; `told`: the chart in words."""

    plane: Plane
    today: str
    series: tuple[Series, ...]
    moments: tuple[Moment, ...]
    told: str
    planned_today: float | None
    before_title: str


def over_time(edition: EditionView, board: Board, plan: Points, words: NumberWords) -> OverTime:
    """The response of the board's territory up to its instant."""
    opened, last = (instant.astimezone(ROME).date() for instant in (edition.opens_at, edition.deadline))
    today = max(board.taken_at.astimezone(ROME).date(), opened)
    now = _percents(board.part.curve)
    before = _moved(board, opened)
    drawn = plane(opened, max(last, today), [percent for points in (now, plan, before) for _day, percent in points])
    end = min(today, drawn.last)
    reached, planned = _held(now, end), _between(opened, plan, end)
    series = [Series(_("Questa edizione"), "now", drawn.steps(now, end), words.share(reached, 100))]
    if plan:
        series.append(Series(_("Piano"), "plan", drawn.slopes(plan), words.share(planned or 0, 100)))
    if before:
        value = words.share(_held(before, end), 100)
        series.append(Series(board.before_title, "before", drawn.steps(before, drawn.last), value))
    days = [*_weeks(opened, end), end]
    moments = tuple(_moment(day, opened, (now, plan, before), words) for day in days)
    told = "; ".join(f"{one.name}: {one.value}" for one in series)
    return OverTime(drawn, drawn.x(end), tuple(series), moments, told, planned, board.before_title if before else "")


def _percents(curve: Curve) -> Points:
    return [(day, number * 100 / curve.universe) for day, number in curve.days] if curve.universe else []


def _moved(board: Board, opened: dt.date) -> Points:
    """The curve of the edition before as if it had opened on this one's day."""
    if board.before_opened_on is None:
        return []
    later = opened - board.before_opened_on
    return [(day + later, percent) for day, percent in _percents(board.part.before)]


def _weeks(first: dt.date, end: dt.date) -> list[dt.date]:
    """The last day of each week since the opening, before the end."""
    days = []
    day = first + WEEK - dt.timedelta(days=1)
    while day < end:
        days.append(day)
        day += WEEK
    return days


def _moment(day: dt.date, opened: dt.date, curves: tuple[Points, Points, Points], words: NumberWords) -> Moment:
    now, plan, before = curves
    planned = _between(opened, plan, day)
    return Moment(
        day,
        words.share(_held(now, day), 100),
        "" if planned is None else words.share(planned, 100),
        words.share(_held(before, day), 100) if before else "",
    )


def _held(points: Points, day: dt.date) -> float:
    """What had been reached by the end of a day."""
    at = bisect_right(points, day, key=lambda point: point[0])
    return points[at - 1][1] if at else 0.0


def _between(opened: dt.date, plan: Points, day: dt.date) -> float | None:
    """What the plan hopes for by a day, evenly from one of its points to the next; None without a plan."""
    if not plan:
        return None
    known = [(opened, 0.0), *plan]
    at = bisect_right(known, day, key=lambda point: point[0])
    if at in (0, len(known)):
        return known[at - 1 if at else 0][1]
    (since, low), (until, high) = known[at - 1], known[at]
    return low + (high - low) * (day - since).days / max((until - since).days, 1)
