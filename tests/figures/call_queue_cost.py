"""What the queue of calls costs: the page «Chi chiamare», and taking the next one, by the clock.

As a caller meets it: the page asked for over HTTP from gunicorn, its copy of the respondents kept; and the statement that finds
whom to take next, in this process. The country as it is, 7,896 entities, and ten times as many, on each database, populated as
`audience_cost.py` does, with a call to one in six, of which a third promise another. Nearly all of them are worth a call.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from app.chasing.call_queue import Wanted, next_free, queue_page
from app.chasing.models import Call
from app.clock import now
from app.extensions import db
from app.registry.models import Entity
from tests.browsing import Visitor
from tests.desk.staff import STAFF_COOKIE, add_member
from tests.figures.audience_cost import ASKED, GOALS, _ask, _insert, _populate, _since, time
from tests.figures.desk_cost import _edition, _staff_token
from tests.figures.harness import AT_MOST, DATABASES, Figure, Share, bench
from tests.live_site import Site

PAGE = "/gestione/telefonate"
OUTCOMES = ("no_answer", "call_back", "will_answer")


def measure() -> Iterator[Figure | Share]:
    """Each database and size with its goal, and last how many are within theirs."""
    parts: list[Figure] = []
    with bench() as sites:
        for kind in DATABASES:
            for size, goal in GOALS.items():
                with sites.site(kind) as site:
                    _populate(site, size)
                    _add_calls(site)
                    parts.append(Figure(f"call-queue-cost-{size}-{kind}", _page(site), "ms", AT_MOST, goal))
    yield from parts
    yield Share("call-queue-cost", sum(part.reached for part in parts), len(parts), "parts within their goals")


def _page(site: Site) -> float:
    """The median of the page, in milliseconds; the statement that finds the next one is told beside."""
    with site.application().app_context():
        token, edition, at = _staff_token(), _edition(), now()
        total = queue_page(edition, Wanted(), 1, at).total
        began = time.perf_counter()
        next_free(edition, Wanted(), at, region=None, most=20)
        print(f"{total} to call; the next one in {_since(began):.0f} ms")
        db.session.remove()
        db.engine.dispose()
    staff = Visitor(site.url)
    staff.cookies[STAFF_COOKIE] = token
    _ask(staff, PAGE)
    return statistics.median(_ask(staff, PAGE) for _time in range(ASKED))


def _add_calls(site: Site) -> None:
    with site.application().app_context():
        edition, at = _edition(), now()
        staff = add_member("coordinator", at)
        ids = list(db.session.execute(sa.select(Entity.id).order_by(Entity.id)).scalars())

        def calls() -> Iterator[dict[str, Any]]:
            for number, entity_id in enumerate(ids[::6]):
                outcome, days = OUTCOMES[number % 3], number % 9
                promised = at.date() + dt.timedelta(days=number % 5 - 3) if outcome == "call_back" else None
                row = {"edition_id": edition.id, "entity_id": entity_id, "staff_id": staff, "outcome": outcome}
                yield row | {"at": at - dt.timedelta(days=days), "call_back_on": promised, "call_back_time": ""}

        _insert(Call, calls())
        db.session.remove()
        db.engine.dispose()
