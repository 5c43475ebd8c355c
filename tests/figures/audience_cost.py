"""What choosing an audience costs: counting whom a batch would reach and who is left out for which reason, and the list.

As a coordinator meets it: two pages asked for over HTTP from gunicorn, the step "A chi" of a new reminder with its count and
the first page of "Elenco di chi lo riceve"; the time of both together by the clock, of the choice that takes the longest.
The country as it is, 7,896 entities, and ten times as many, on each database: two addresses and three past batches each, two in
five have a response, one in three belongs to an association.

Once a minute one of these pages renews the copy that all of them are counted from, and takes longer: told beside, as is the
exact answer of the rules, which the confirmation asks for.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

import sqlalchemy as sa

from app.chasing.filters import Filter
from app.chasing.models import Tally
from app.chasing.respondents import KEPT, refresh_respondents
from app.clock import now
from app.editions.current import EditionView
from app.extensions import db
from app.mail.groups import open_group
from app.mail.models import Delivery
from app.registry.models import Association, ContactAddress, Entity, Membership
from app.reminders.audience import Choice, find_audience
from app.reminders.models import Batch
from app.responses.models import Response
from tests.browsing import Visitor
from tests.desk.staff import STAFF_COOKIE
from tests.figures.desk_cost import _edition, _staff_token
from tests.figures.harness import AT_MOST, DATABASES, Figure, Share, bench
from tests.live_site import Site

GOALS = {7_896: 150.0, 78_960: 600.0}
"""Entities → milliseconds."""
ASKED = 15
CHOICES = {
    "everybody": Filter(),
    "by name": Filter(text="san"),
    "in no association": Filter(association="none"),
    "every problem": Filter(problems=("bad_address", "call_back", "late_work", "phone_unconfirmed", "bounced", "no_address")),
    "long silent": Filter(
        least=1, most=99, activity="quiet", activity_days=3, message="before", message_days=2, channel="email"
    ),
    "all at once": Filter(
        *("a", ("never", "opened", "draft"), "", "", "municipality", 0, "", ("bad_address", "no_pec", "silent_lead"), "none"),
        *(0, 90, "quiet", 1, "within", 200, "email", "it", "no"),
    ),
}
T = TypeVar("T")
STATES = ("never", "opened", "draft", "submitted", "never")


def measure() -> Iterator[Figure | Share]:
    """Each database and size with its goal, and last how many are within theirs."""
    parts: list[Figure] = []
    with bench() as sites:
        for kind in DATABASES:
            for size, goal in GOALS.items():
                with sites.site(kind) as site:
                    _populate(site, size)
                    parts.append(Figure(f"audience-cost-{size}-{kind}", _slowest(site), "ms", AT_MOST, goal))
    yield from parts
    yield Share("audience-cost", sum(part.reached for part in parts), len(parts), "parts within their goals")


def _in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(rows)
    while part := list(islice(waiting, size)):
        yield part


# Asking ---------------------------------------------------------------------------------------------------------------


def _slowest(site: Site) -> float:
    with site.application().app_context():
        token = _staff_token()
        edition = _edition()
        began = time.perf_counter()
        audience = find_audience(edition, Choice(), now(), now())
        print(f"by the rules, as at a confirmation: {len(audience.recipients)} reached, {_since(began):.0f} ms")
        db.session.remove()
        db.engine.dispose()
    staff = Visitor(site.url)
    staff.cookies[STAFF_COOKIE] = token
    found = {name: _both_pages(site, staff, chosen) for name, chosen in CHOICES.items()}
    print(", ".join(f"{name}: {took:.0f} ms" for name, took in found.items()))
    return max(found.values())


def _both_pages(site: Site, staff: Visitor, chosen: Filter) -> float:
    query = urlencode([("passo", "chi"), *chosen.to_args()])
    count, listed = f"/gestione/promemoria/nuovo?{query}", f"/gestione/promemoria/nuovo/elenco?{query}"
    if chosen.is_empty:
        _make_old(site)
        print(f"with the copy renewed: {_ask(staff, count):.0f} ms")
    _ask(staff, count)
    _ask(staff, listed)
    return statistics.median(_ask(staff, count) + _ask(staff, listed) for _time in range(ASKED))


def _ask(staff: Visitor, path: str) -> float:
    began = time.perf_counter()
    status, location, _body = staff.get(path)
    assert status == 200, (path, status, location)
    return _since(began)


def _since(began: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - began) * 1_000


def _make_old(site: Site) -> None:
    with site.application().app_context():
        db.session.execute(sa.update(Tally).values(taken_at=now() - 2 * KEPT))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


# A country ------------------------------------------------------------------------------------------------------------


def _populate(site: Site, size: int) -> None:
    with site.application().app_context():
        edition, at = _edition(), now()
        _add_entities(size)
        ids = list(db.session.execute(sa.select(Entity.id).order_by(Entity.id)).scalars())
        assert len(ids) >= size, len(ids)
        _insert(ContactAddress, _addresses(ids, at))
        _insert(Response, _responses(edition, ids, at))
        _add_associations(ids, at)
        for number in range(3):
            _add_batch(edition, ids, at - dt.timedelta(days=10 * (number + 1)), number)
        db.session.commit()
        refresh_respondents(edition, now())
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))
        db.session.remove()
        db.engine.dispose()


def _insert(model: type, rows: Iterator[dict[str, Any]]) -> None:
    for part in _in_parts(rows, 2_000):
        db.session.execute(sa.insert(model), part)
    db.session.commit()


def _add_entities(size: int) -> None:
    """The same municipalities again under other codes until there are so many."""
    table = Entity.__table__
    known = db.session.execute(sa.select(table).where(table.c.kind == "municipality").order_by(table.c.id)).mappings().all()
    unique = [column.name for column in table.columns if column.unique and column.nullable]
    missing = size - db.session.execute(sa.select(sa.func.count()).select_from(Entity)).scalar_one()

    def copies() -> Iterator[dict[str, Any]]:
        for number in range(max(0, missing)):
            row = {name: value for name, value in known[number % len(known)].items() if name != "id"}
            yield row | {"code": f"z{number:06}", **dict.fromkeys(unique, None)}

    _insert(Entity, copies())


def _addresses(ids: list[int], at: dt.datetime) -> Iterator[dict[str, Any]]:
    for entity_id in ids:
        for purpose in ("registry_office", "social_services") if entity_id % 50 else ():
            email = f"{purpose}.{entity_id}@example.org"
            yield {"entity_id": entity_id, "purpose": purpose, "email": email, "source": "csv", "created_at": at}


def _responses(edition: EditionView, ids: list[int], at: dt.datetime) -> Iterator[dict[str, Any]]:
    known = set(db.session.execute(sa.select(Response.entity_id).order_by(Response.id)).scalars())
    for entity_id in ids:
        status = STATES[entity_id % len(STATES)]
        if status == "never" or entity_id in known:
            continue
        seen = at - dt.timedelta(hours=entity_id % 400)
        row = {"edition_id": edition.id, "entity_id": entity_id, "definition_id": edition.definition_id, "document": "{}"}
        row |= {"status": status, "progress": entity_id % 100, "opened_at": seen, "last_activity": seen}
        sent = status == "submitted"
        row |= {"submitted_at": seen if sent else None, "submitted_as": "answer" if sent else None, "submissions": int(sent)}
        yield row


def _add_associations(ids: list[int], at: dt.datetime) -> None:
    """One in three belongs to one of ten members."""
    members = [entity_id for entity_id in ids if entity_id % 3 == 0]
    for number, part in enumerate(_in_parts(members, 10)):
        association = {"code": f"u{number}", "kind": "union", "name": f"Unione {number}", "lead_id": part[0]}
        made = sa.insert(Association).values(**association).returning(Association.id)
        association_id = db.session.execute(made).scalar_one()
        db.session.execute(sa.insert(Membership), [{"association_id": association_id, "entity_id": one} for one in part])
    db.session.commit()


def _add_batch(edition: EditionView, ids: list[int], at: dt.datetime, number: int) -> None:
    """A past batch to two addresses of two entities in three."""
    group_id = open_group(f"Promemoria {number}", 400, at, working_hours=False)
    values = {"edition_id": edition.id, "group_id": group_id, "key": f"k{number}", "name": f"n{number}", "filter": "{}"}
    values |= {"excluded": "{}", "respondents": len(ids), "deliveries": 2 * len(ids), "starts_at": at, "ends_at": at}
    db.session.execute(sa.insert(Batch).values(**values, created_by="figure", created_at=at))
    shared = {"group_id": group_id, "kind": "reminder", "language": "it", "text": "…", "subject": "…", "not_before": at}
    shared |= {"created_at": at, "changed_at": at, "claimed_at": at, "attempts": 1, "domain": "example.org"}

    def deliveries() -> Iterator[dict[str, Any]]:
        for entity_id in ids:
            if entity_id % 3 != number:
                for place in range(2):
                    key, state = f"{number}.{entity_id}.{place}", "bounced" if entity_id % 40 == 1 else "accepted"
                    own = {"dedupe_key": key, "message_id": key, "reference": f"entity:{entity_id}", "state": state}
                    yield shared | own | {"recipient": f"{place}.{entity_id}@example.org"}

    _insert(Delivery, deliveries())
