"""Who submits between queueing and claiming is not chased: 500 submissions, half on each database, each committed after its
reminder was queued and before a worker could claim it; how many of them are written to all the same.

A batch to a thousand entities is queued; two workers run. One half of the submissions is made before any message is due; the
other while the workers send to those who do not submit, each reminder made due in the moment after its submission was
committed.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from app.chasing.respondents import refresh_respondents
from app.clock import now
from app.editions.current import EditionView, current_edition
from app.extensions import db
from app.mail.models import Delivery
from app.registry.models import ContactAddress, Entity
from app.reminders.audience import Choice
from app.reminders.batches import Plan, queue_batch
from app.reminders.schedule import Schedule
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import find_response, open_response
from app.responses.submission import submit_response
from tests.figures.harness import DATABASES, EXACTLY, Figure, bench
from tests.live_site import Site
from tests.mail.outboxes import ROW
from tests.mail.workers import SECONDS, start_worker
from tests.responses.people import DONE, NOTHING
from tests.smtp_server import SmtpServer, smtp_server

SUBMISSIONS = 500
ENTITIES = 1_000
WORKERS = 2
SHIPPED_TEMPLATE = 0


def measure() -> Iterator[Figure]:
    """Of both databases: who was reminded after having submitted, and who was not although they should."""
    chased, missed, made = 0, 0, 0
    with bench() as sites:
        for kind in DATABASES:
            with smtp_server() as server:
                settings = {"smtp_host": "127.0.0.1", "smtp_port": str(server.port), "smtp_security": "none"}
                with sites.site(
                    kind, smtp_sender="survey@example.org", mail_domain_per_minute="0", log_level="warning", **settings
                ) as site:
                    wrong, silent, submitted = _submit_meanwhile(site, server)
            print(f"{DATABASES[kind]}: {submitted} submitted, {len(server.taken)} messages in all, receipts included")
            chased, missed, made = chased + wrong, missed + silent, made + submitted
    yield Figure("submissions between queueing and claiming", made, "", EXACTLY, SUBMISSIONS)
    yield Figure("reminders that were due and not sent", missed, "", EXACTLY, 0)
    yield Figure("not-chased", chased, "sent to who had submitted", EXACTLY, 0)


def _submit_meanwhile(site: Site, server: SmtpServer) -> tuple[int, int, int]:
    """(reminded though they had submitted, not reminded though they had not, submissions)"""
    with site.application().app_context():
        edition = current_edition()
        assert edition is not None
        entities = _queue(edition)
        number = SUBMISSIONS // len(DATABASES)
        first, second = entities[: number // 2], entities[number // 2 : number]
        for entity_id in first:
            _submit(entity_id, edition)
        _make_due([*first, *entities[number:]])
        workers = [
            start_worker(site.database_url, site.folder, dict(site.settings), "deliver", "--loop") for _ in range(WORKERS)
        ]
        try:
            for entity_id in second:
                _submit(entity_id, edition)
                _make_due([entity_id])
            _wait_until_sent()
        finally:
            for worker in workers:
                worker.terminate()
                worker.communicate(timeout=SECONDS)
        reminders = set(db.session.scalars(sa.select(ROW.message_id).where(ROW.kind == "reminder")))
        db.session.remove()
        db.engine.dispose()
    sent = [taken for taken in server.taken if taken.message_id in reminders]  # the others are receipts of what was submitted
    reached = {recipient.partition("@")[0] for taken in sent for recipient in taken.recipients}
    submitted = {f"u{entity_id}" for entity_id in (*first, *second)}
    others = {f"u{entity_id}" for entity_id in entities[number:]}
    return len(reached & submitted), len(others - reached), len(submitted)


def _queue(edition: EditionView) -> list[int]:
    """A batch to a thousand entities, of which nothing is due yet; who they are."""
    busy = sa.select(ContactAddress.entity_id)
    query = sa.select(Entity.id).where(Entity.kind == "municipality", Entity.id.not_in(busy), Entity.valid_to.is_(None))
    entities = list(db.session.execute(query.order_by(Entity.id).limit(ENTITIES)).scalars())
    db.session.execute(sa.update(ContactAddress).values(ended_at=now()))
    common = {"purpose": "registry_office", "source": "csv", "created_at": now()}
    rows = [{**common, "entity_id": one, "email": f"u{one}@comune.example.org"} for one in entities]
    db.session.execute(sa.insert(ContactAddress), rows)
    db.session.commit()
    refresh_respondents(edition, now())
    schedule = Schedule(now() + dt.timedelta(hours=1), 20_000, working_hours=False)
    queue_batch(edition, Plan("A molti", Choice(), SHIPPED_TEMPLATE, schedule), key="many", actor="staff:1", now=now())
    db.session.execute(sa.update(Delivery).where(ROW.kind == "reminder").values(not_before=now() + dt.timedelta(days=1)))
    db.session.commit()
    return entities


def _submit(entity_id: int, edition: EditionView) -> None:
    """Nothing to report, as an entity says it on the short path."""
    author = Author(None, secrets.token_hex(32))
    response = open_response(entity_id, edition, now())
    operations = [Operation("set", question=code, value=value) for code, value in (DONE | NOTHING).items()]
    reply, _changed = apply(response, operations, author, now(), save_id=f"s{entity_id}")
    assert not reply.refused, reply.refused
    db.session.rollback()
    found = find_response(entity_id, edition.id)
    assert found is not None
    submit_response(found, author, now(), seen_version=found.version)
    db.session.rollback()


def _make_due(entities: Sequence[int]) -> None:
    references = [f"entity:{entity_id}" for entity_id in entities]
    mine = sa.and_(ROW.kind == "reminder", ROW.reference.in_(references))
    db.session.execute(sa.update(Delivery).where(mine).values(not_before=now()))
    db.session.commit()


def _wait_until_sent() -> None:
    end = time.monotonic() + 2 * SECONDS
    waiting = sa.select(sa.func.count()).select_from(Delivery)
    waiting = waiting.where(ROW.kind == "reminder", ROW.state.in_(("queued", "claimed", "data", "retry_wait")))
    while db.session.scalar(waiting):
        db.session.rollback()
        assert time.monotonic() < end, "the workers did not come to an end"
        time.sleep(0.2)
    db.session.rollback()
