"""What the desk costs: CPU and queries of its pages, with 7,896 municipalities of which 3,000 have a response, and the time
that a batch to everybody takes.

Pages, on SQLite, whose work is done by the application's own processes: gunicorn as in production, and a bare Flask application
in a gunicorn of its own; batches of one and of the other take turns in one run, and the median of the batches' ratios counts.
Entities go on saving between the batches, so that what is kept for a minute is never of all that has been saved: when its
minute is over, whichever page is asked for next renews it, and pays for it within its batch. So often asked, few pages do; what
a page costs that renews the numbers is told beside, asked for again and again with numbers that have been made old.
Queries are counted in this process, on the same database, for a page whose numbers are kept.

A batch to everybody, on each database, before anybody has answered: 7,896 entities and an address each; from the confirmation
to the commit, with whom it reaches worked out and every text written.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa
from flask import Flask

from app.chasing.board import tally_of
from app.chasing.filters import Filter
from app.chasing.models import Tally
from app.chasing.respondents import KEPT, refresh_respondents
from app.clock import now
from app.config import settings
from app.database import unit_of_work
from app.demo.filling import fill_synthetic
from app.desk.addresses import RESPONSES
from app.editions.current import EditionView, current_edition
from app.extensions import db
from app.mail.models import Delivery
from app.registry.models import ContactAddress, Entity
from app.reminders.audience import Choice
from app.reminders.batches import Plan, batch_of, queue_batch
from app.reminders.schedule import Schedule
from app.responses.models import Response, ResponseLink, Submission
from tests.bare_site import BareSite
from tests.browsing import Visitor
from tests.desk.staff import STAFF_COOKIE, add_member, sit_down
from tests.figures.harness import AT_MOST, DATABASES, Figure, Share, bench
from tests.figures.save_cost import Saver, prepared
from tests.live_site import Site

PAGES = {"dashboard": 30.0, "list": 25.0, "entity": 25.0}
MOST_QUERIES = 8
QUEUE_SECONDS = 6.0
RESPONSES_WANTED = 3_000
ANSWERED_BY_HAND = 150  # the others are copies of these, each under another municipality
ROUNDS = 9
ASKED = 100
BARE_PAGES = 1_000  # processes are billed in hundredths of a second: a batch must take many
SAVES = 10
RENEWED = 12
SHIPPED_TEMPLATE = 0


def measure() -> Iterator[Figure | Share]:
    """Each part with its goal, and last how many are within theirs."""
    parts: list[Figure] = []
    with bench() as sites:
        for kind in DATABASES:
            with sites.site(kind) as site:
                parts.append(Figure(f"desk-cost-queue-{kind}", _seconds_to_queue(site), "s", AT_MOST, QUEUE_SECONDS))
                if kind == "sqlite":
                    parts += _pages(site)
    yield from parts
    yield Share("desk-cost", sum(part.reached for part in parts), len(parts), "parts within their goals")


# A batch to everybody -------------------------------------------------------------------------------------------------


def _seconds_to_queue(site: Site) -> float:
    with site.application().app_context():
        edition = _edition()
        _add_addresses()
        refresh_respondents(edition, now())
        schedule = Schedule(now() + dt.timedelta(hours=1), 3_600, working_hours=False)
        plan = Plan("A tutti", Choice(), SHIPPED_TEMPLATE, schedule)
        began = time.perf_counter()
        batch_id = queue_batch(edition, plan, key="everybody", actor="staff:1", now=now())
        spent = time.perf_counter() - began
        deliveries = batch_of(edition.id, batch_id).deliveries
        assert deliveries >= 7_896, deliveries
        print(f"{deliveries} deliveries queued in {spent:.2f} s")
        with unit_of_work(writes=True):  # as after a day, when all have gone out
            db.session.execute(sa.update(Delivery).values(state="accepted", changed_at=now()))
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return spent


def _edition() -> EditionView:
    edition = current_edition()
    assert edition is not None
    return edition


def _add_addresses() -> None:
    """An address of its own for every entity that has none."""
    known = sa.select(ContactAddress.entity_id)
    codes = db.session.execute(sa.select(Entity.id, Entity.code).where(Entity.id.not_in(known)).order_by(Entity.id))
    common = {"purpose": "registry_office", "source": "csv", "created_at": now()}
    rows = [{**common, "entity_id": row.id, "email": f"protocollo.{row.code.lower()}@example.org"} for row in codes]
    db.session.execute(sa.insert(ContactAddress), rows)
    db.session.commit()


# Pages ----------------------------------------------------------------------------------------------------------------


@dataclass
class _Costs:
    """What was measured of a page: seconds of CPU a page, and multiples of a bare one, a value each batch."""

    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)


def _pages(site: Site) -> list[Figure]:
    with site.application().app_context():
        _answer(_edition())
        token, code = _staff_token(), _answered_code()
        db.session.remove()
        db.engine.dispose()
    paths = _paths(code)
    costs = _measure(site, paths, token)
    queries = _queries(site, paths)
    figures = []
    for name, goal in PAGES.items():
        cost = costs[name]
        print(
            f"{name}: {statistics.median(cost.seconds) * 1_000:.2f} ms, ratio {min(cost.ratios):.1f}–{max(cost.ratios):.1f}; "
            f"{len(queries[name])} queries"
        )
        figures.append(Figure(f"desk-cost-{name}", statistics.median(cost.ratios), "× a bare page", AT_MOST, goal))
        figures.append(Figure(f"desk-cost-{name}-queries", len(queries[name]), "queries", AT_MOST, MOST_QUERIES))
    return figures


def _paths(code: str) -> dict[str, str]:
    listed = "&".join(f"{name}={value}" for name, value in Filter(states=("draft",), region="09").to_args())
    return {"dashboard": "/gestione", "list": f"{RESPONSES}?{listed}", "entity": f"/gestione/enti/{code}"}


def _measure(site: Site, paths: dict[str, str], token: str) -> dict[str, _Costs]:
    costs = {name: _Costs() for name in paths}
    saver = Saver(prepared(site))
    staff = Visitor(site.url)
    staff.cookies[STAFF_COOKIE] = token
    with BareSite() as bare:
        plain = Visitor(bare.url)
        for path in paths.values():
            _ask(staff, path, 20)
        _ask(plain, "/", 20)
        for _round in range(ROUNDS):
            page = _cpu(bare, plain, "/", BARE_PAGES)
            for name, path in paths.items():
                for _save in range(SAVES):
                    saver.save()
                spent = _cpu(site, staff, path, ASKED)
                costs[name].seconds.append(spent)
                costs[name].ratios.append(spent / page)
        renewing = [_renewing(site, staff, paths["dashboard"]) for _time in range(RENEWED)]
        spent = statistics.mean(renewing)
        print(f"renewing the numbers, once a minute at most: {spent * 1_000:.0f} ms, {spent / page:.0f} × a bare page")
    return costs


def _cpu(site: Site | BareSite, visitor: Visitor, path: str, times: int) -> float:
    before = site.cpu_seconds()
    _ask(visitor, path, times)
    return (site.cpu_seconds() - before) / times


def _ask(visitor: Visitor, path: str, times: int) -> None:
    for _time in range(times):
        status, _location, _body = visitor.get(path)
        assert status == 200, f"{path}: {status}"


def _renewing(site: Site, staff: Visitor, path: str) -> float:
    """CPU of one page for which the kept numbers are too old."""
    with site.application().app_context():
        db.session.execute(sa.update(Tally).values(taken_at=now() - 2 * KEPT))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return _cpu(site, staff, path, 1)


def _queries(site: Site, paths: dict[str, str]) -> dict[str, list[str]]:
    """The statements of each page, asked for the second time."""
    found: dict[str, list[str]] = {}
    app = site.application()
    with app.app_context():
        client = sit_down(app.test_client(), "coordinator", now())
        made: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *about: made.append(about[2]))
        tally_of(_edition(), now())
        db.session.remove()
    for name, path in paths.items():
        assert client.get(path).status_code == 200, path
        made.clear()
        client.get(path)
        found[name] = list(made)
    _dispose(app)
    return found


def _dispose(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _staff_token() -> str:
    from app.accounts.staff_sessions import open_staff_session

    token = open_staff_session(add_member("coordinator", now()), now())
    db.session.commit()
    return token


# 3,000 responses ------------------------------------------------------------------------------------------------------


def _answer(edition: EditionView) -> None:
    """Some municipalities answer, and the same answers stand under others until so many have a response."""
    share = ANSWERED_BY_HAND / db.session.execute(sa.select(sa.func.count()).select_from(Entity)).scalar_one()
    for _done in fill_synthetic(settings(), share, now()):
        pass
    written = db.session.execute(sa.select(Response.__table__).order_by(Response.id)).mappings().all()
    without = sa.select(Entity.id).where(Entity.kind == "municipality", Entity.id.not_in(sa.select(Response.entity_id)))
    free = iter(db.session.execute(without.order_by(sa.func.substr(Entity.code, 4), Entity.code)).scalars().all())
    while (missing := RESPONSES_WANTED - _count_responses()) > 0:
        _copy(written[:missing], list(islice(free, min(missing, len(written)))))
    db.session.commit()
    refresh_respondents(edition, now())


def _copy(written: Sequence[sa.RowMapping], entities: Sequence[int]) -> None:
    """The same responses under other municipalities, with what was sent and whom they name."""
    rows = [
        {**{name: value for name, value in row.items() if name != "id"}, "entity_id": entity}
        for row, entity in zip(written, entities, strict=True)
    ]
    inserted = sa.insert(Response).returning(Response.id, sort_by_parameter_order=True)
    ids = dict(zip((row["id"] for row in written), db.session.execute(inserted, rows).scalars(), strict=True))
    for model in (Submission, ResponseLink):
        table = model.__table__
        own = db.session.execute(sa.select(table).where(table.c.response_id.in_(ids))).mappings().all()
        copies = [_copied(dict(row), ids[row["response_id"]]) for row in own]
        if copies:
            db.session.execute(sa.insert(model), copies)
    db.session.flush()


def _copied(row: dict[str, object], response_id: int) -> dict[str, object]:
    row["response_id"] = response_id
    row.pop("id", None)
    if "receipt" in row:
        row["receipt"] = f"{row['receipt']}-{response_id}"
    return row


def _count_responses() -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(Response)).scalar_one()


def _answered_code() -> str:
    """A municipality that has sent its answer."""
    query = sa.select(Entity.code).join(Response, Response.entity_id == Entity.id).where(Response.status == "submitted")
    return db.session.execute(query.order_by(Response.id).limit(1)).scalar_one()
