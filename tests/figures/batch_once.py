"""Two coordinators press the button of the same batch at once, 100 times, half on each database: how many batches, and how many
messages an address gets.

Each has a form of their own open, with a key of its own, and both post it over HTTP in the same instant; who comes second is
shown the first's batch. Between the rounds what was queued is taken away, so that each begins as the first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import sqlalchemy as sa

from app.accounts.models import StaffMember
from app.accounts.staff_sessions import open_staff_session
from app.clock import now
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.registry.models import ContactAddress, Entity
from app.reminders.models import Batch
from tests.browsing import Visitor
from tests.desk.staff import STAFF_COOKIE, add_member
from tests.figures.harness import DATABASES, EXACTLY, Figure, bench
from tests.live_site import Site

TIMES = 100
ENTITIES = 30
NEW = "/gestione/promemoria/nuovo?passo=conferma&nome=Insieme"
_ROW = table_of(Delivery).c


def measure() -> Iterator[Figure]:
    """Batches queued in all the rounds, and addresses that would get more or less than one message of theirs."""
    with bench() as sites:
        batches, wrong = 0, 0
        for kind in DATABASES:
            with sites.site(kind) as site:
                people = [_coordinator(site, number) for number in range(2)]
                _reachable(site)
                for _time in range(TIMES // len(DATABASES)):
                    _press_at_once(people)
                    queued, odd = _count_and_clear(site)
                    batches, wrong = batches + queued, wrong + odd
        yield Figure("addresses with more or less than one message", wrong, "", EXACTLY, 0)
        yield Figure("batch-once", batches, "batches", EXACTLY, TIMES)


def _coordinator(site: Site, number: int) -> Visitor:
    person = Visitor(site.url)
    with site.application().app_context():
        member = add_member("coordinator", now(), str(number) if number else None)
        db.session.execute(sa.update(StaffMember).where(StaffMember.id == member).values(region_code=None))
        token = open_staff_session(member, now())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    person.cookies[STAFF_COOKIE] = token
    return person


def _reachable(site: Site) -> None:
    """Addresses for a few entities, and none for the others."""
    with site.application().app_context():
        db.session.execute(sa.update(ContactAddress).values(ended_at=now()))
        codes = db.session.execute(
            sa.select(Entity.id).where(Entity.kind == "municipality").order_by(Entity.id).limit(ENTITIES)
        )
        common = {"purpose": "registry_office", "source": "csv", "created_at": now()}
        rows = [{**common, "entity_id": one, "email": f"protocollo{one}@example.org"} for one in codes.scalars()]
        db.session.execute(sa.insert(ContactAddress), rows)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _press_at_once(people: list[Visitor]) -> None:
    for person in people:
        person.open(NEW)
    ready, failures = threading.Barrier(len(people)), []

    def press(person: Visitor) -> None:
        ready.wait()
        try:
            person.submit_open({}, form="/gestione/promemoria/nuovo", saying="Conferma: invia", refused=True)
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def _count_and_clear(site: Site) -> tuple[int, int]:
    """(how many batches the round made, how many addresses have not exactly one message)"""
    with site.application().app_context():
        batches = db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) or 0
        counts = sa.select(_ROW.recipient, sa.func.count().label("number")).where(_ROW.kind == "reminder")
        number = {row.recipient: row.number for row in db.session.execute(counts.group_by(_ROW.recipient))}
        odd = sum(count != 1 for count in number.values()) + abs(ENTITIES - len(number))
        db.session.execute(sa.delete(Batch))
        db.session.execute(sa.delete(Delivery).where(_ROW.kind == "reminder"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return batches, odd
