"""10,000 random plans, extensions, pauses, moved deadlines and clocks: messages outside hours, out of order, beyond the limits,
or to somebody who answered (goal 0).

Each story is played through the program's own rules in memory; a share of them on both databases as well, through all that
production runs: steps stored and approved, `reminders plan`, the audience, the queue, a worker's claims and the hook, and a
sender that notes what it gets. The judge (`tests.reminders.plan_stories`) has a calendar of his own and asks nothing of the
program. What was sent is a figure too: where nothing goes out nothing is wrong.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app import create_app
from app.editions.changing import Act, set_dates
from app.editions.current import EditionView, edition_by_code
from app.editions.extensions import MINUTE, ExtensionRefusedError, extend
from app.editions.files import read_edition_file
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.mail.delivering import deliver_due
from app.mail.groups import GroupEndedError
from app.mail.models import Delivery
from app.mail.senders import nothing
from app.registry.models import ContactAddress, Entity
from app.registry.patrons import set_patron_day
from app.reminders.batches import list_batches, pause_batch, resume_batch
from app.reminders.models import Batch
from app.reminders.plans import steps as plans
from app.reminders.plans.marks import mark_of
from app.reminders.plans.moving import apply_effects, effects_of
from app.reminders.plans.previews import template_of_step
from app.reminders.plans.running import run_plans
from app.reminders.plans.steps import ChangedStepError, Deed, add_step, list_steps
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import open_response
from app.responses.submission import submit_response
from tests.figures.harness import AT_LEAST, DATABASES, EXACTLY, Figure, bench
from tests.registry_rows import add_municipalities
from tests.reminders.plan_stories import ROME, Event, Sent, Story, broken_rules, story
from tests.reminders.plan_worlds import ModelWorld
from tests.responses.people import DONE, NOTHING

STORIES = 10_000
FOR_REAL = 15
AMONG = 400
STAFF = "staff:1"
LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
BROKEN = ("outside hours", "out of order", "beyond the limits", "to somebody who answered", "twice of one step")
EDITION = """
code: "{code}"
title: Piano {code}
period: {{from: 2025-09-01, to: 2026-08-31}}
opening: {opening}
deadline: {deadline}
questionnaire: RBP5
contacts: [{{name: Segreteria, email: segreteria@example.org}}]
"""


def measure() -> Iterator[Figure]:
    """Of the stories in memory, and of those on both databases."""
    found, sent = _in_memory()
    print(f"in memory: {STORIES} stories, {sent} messages, {dict(found)}")
    with bench(empty=True) as sites:
        for kind, name in DATABASES.items():
            broken, number = _for_real(sites.databases, kind)
            print(f"{name}: {FOR_REAL} stories, {number} messages, {dict(broken)}")
            yield Figure(f"messages sent on {name}", number, "messages", AT_LEAST, FOR_REAL)
            found += broken
    yield Figure("messages sent in memory", sent, "messages", AT_LEAST, STORIES)
    for rule in BROKEN:
        yield Figure(rule, found[rule], "messages", EXACTLY, 0)
    yield Figure("plan-invariants", sum(found.values()), "messages against a rule", EXACTLY, 0)


def _in_memory() -> tuple[Counter[str], int]:
    found: Counter[str] = Counter()
    sent = 0
    with ProcessPoolExecutor(max_workers=2) as pool:
        for broken, number in pool.map(_model, range(0, STORIES, 100)):
            found, sent = found + broken, sent + number
    return found, sent


def _model(first: int) -> tuple[Counter[str], int]:
    found, number = Counter[str](), 0
    for told in map(story, range(first, first + 100)):
        world = ModelWorld(told)
        sent = world.play()
        found, number = found + broken_rules(told, sent, world.answered), number + len(sent)
    return found, number


def _for_real(databases: Any, kind: str) -> tuple[Counter[str], int]:
    found, number, url = Counter[str](), 0, databases.fresh(kind)
    with tempfile.TemporaryDirectory(prefix="plans-") as folder:
        app = create_app({"database_url": url, "instance_path": folder})
        try:
            with app.app_context():
                _settle_in()
                for told in _telling():
                    world = RealWorld(told)
                    sent = world.play()
                    found, number = found + broken_rules(told, sent, world.answered), number + len(sent)
                db.session.remove()
                db.engine.dispose()
        finally:
            databases.drop(url)
    return found, number


def _telling() -> list[Story]:
    """The stories in which a worker has most to refuse: somebody has answered since, or a later step has come."""
    stories = [story(number, channels=("email",)) for number in range(AMONG)]
    refused = []
    for told in stories:
        world = ModelWorld(told)
        world.play()
        refused.append(sum(one.state == "cancelled" for one in world.messages))
    ordered = sorted(stories, key=lambda told: refused[told.number], reverse=True)
    return ordered[:FOR_REAL]


def _settle_in() -> None:
    """Five municipalities with an address each."""
    add_municipalities()
    common = {"purpose": "registry_office", "source": "csv", "created_at": LONG_AGO}
    rows = [{**common, "entity_id": one, "email": f"u{one}@comune.example.org"} for one in _entities()]
    db.session.execute(sa.insert(ContactAddress), rows)
    db.session.commit()


def _entities() -> list[int]:
    return list(db.session.scalars(sa.select(Entity.id).order_by(Entity.id)))


@dataclass
class Noting:
    """A sender that takes everything and notes when."""

    taken: list[tuple[str, dt.datetime]] = field(default_factory=list)
    now: dt.datetime = LONG_AGO

    def offer(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Nothing to prepare."""

    def announce(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Nothing to prepare."""

    def has_named(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> bool:
        """Nobody was told."""
        return False

    def send(self, message_id: str, content: bytes, meanwhile: Callable[[], None] = nothing) -> str:
        self.taken.append((message_id, self.now))
        return "250 taken"

    def close(self) -> None:
        """Nothing to end."""


def standing_at(now: dt.datetime) -> Callable[[], dt.datetime]:
    """A clock that does not move."""
    return lambda: now


class RealWorld:
    """A story in an installation: an edition of its own beside those of the stories before."""

    def __init__(self, told: Story) -> None:
        self.told, self.code, self.sender = told, f"p{told.number}", Noting()
        self.entities = _entities()
        self.answered: dict[int, dt.datetime] = {}
        self._open()
        self.steps = [add_step(self.edition.id, one, actor=STAFF, now=told.opens_at) for one in told.steps]
        for place, entity_id in enumerate(self.entities):
            set_patron_day(entity_id, told.patrons.get(place))
        db.session.commit()

    @property
    def edition(self) -> EditionView:
        found = edition_by_code(self.code)
        assert found is not None
        return found

    def _open(self) -> None:
        for other in db.session.scalars(sa.text("SELECT code FROM edition WHERE state = 'open'")).all():
            move_edition(other, "closed", actor=STAFF, now=self.told.opens_at)
        opening, deadline = self.told.opens_at.astimezone(ROME), (self.told.closes_at - MINUTE).astimezone(ROME)
        text = EDITION.format(code=self.code, opening=f"{opening:%Y-%m-%d %H:%M}", deadline=f"{deadline:%Y-%m-%d %H:%M}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "edition.yaml"
            file.write_text(text, encoding="utf-8")
            store_edition(read_edition_file(file), actor=STAFF, now=self.told.opens_at)
        move_edition(self.code, "open", actor=STAFF, now=self.told.opens_at - dt.timedelta(days=1))

    def play(self) -> list[Sent]:
        """What was sent."""
        events = list(self.told.events)
        for now in self.told.ticks:
            quiet = not (events and events[0].at <= now) and not self._anything_due(now)
            while events and events[0].at <= now:
                self._do(events.pop(0), now)
            if quiet:
                continue
            self.sender.now = now
            run_plans(now)
            deliver_due(standing_at(now), self.sender, limit=100)
        return self._sent()

    def _anything_due(self, now: dt.datetime) -> bool:
        """Whether a run could do anything: else it is left out, to save time."""
        edition = self.edition
        frame = plans.frame_of(edition)
        due = any(one.state == "planned" and one.due(frame).at <= now for one in list_steps(edition.id))
        waiting = sa.and_(Delivery.state.in_(("queued", "retry_wait")), Delivery.not_before <= now)
        found = due or db.session.scalar(sa.select(Delivery.id).where(waiting).limit(1)) is not None
        db.session.rollback()
        return found

    def _do(self, event: Event, now: dt.datetime) -> None:
        if event.what == "submit":
            self._submit(event.which, now)
        elif event.what == "extend":
            code = db.session.scalar(sa.select(Entity.code).where(Entity.id == self.entities[event.which])) or ""
            closes_at = self.edition.closes_at + dt.timedelta(hours=event.span)
            try:
                extend(self.code, code, closes_at, "prova", actor=STAFF, now=now)
            except ExtensionRefusedError:
                db.session.rollback()
        elif event.what in {"hold", "release"}:
            self._hold(event.what, now)
        elif event.what == "deadline":
            self._move_deadline(event, now)
        else:
            self._change(event, now)

    def _submit(self, place: int, now: dt.datetime) -> None:
        edition, author = self.edition, Author(None, "f" * 64)
        response = open_response(self.entities[place], edition, now)
        if place in self.answered or not response.takes_answers(now):
            db.session.rollback()
            return
        operations = [Operation("set", question=code, value=value) for code, value in (DONE | NOTHING).items()]
        apply(response, operations, author, now, save_id=f"s{place}")
        db.session.rollback()
        response = open_response(self.entities[place], edition, now)
        submit_response(response, author, now, seen_version=response.version)
        db.session.rollback()
        self.answered[place] = now

    def _hold(self, what: str, now: dt.datetime) -> None:
        for row in list_batches(self.edition.id):
            try:
                if what == "hold":
                    pause_batch(row.edition_id, row.id, "prova", actor=STAFF, now=now)
                else:
                    resume_batch(row.edition_id, row.id, actor=STAFF, now=now)
            except GroupEndedError:
                db.session.rollback()

    def _move_deadline(self, event: Event, now: dt.datetime) -> None:
        edition = self.edition
        closes_at = edition.closes_at + dt.timedelta(hours=event.span)
        if closes_at <= now or closes_at <= edition.opens_at:
            return
        effects = effects_of(edition, edition.opens_at, closes_at, now)
        act = Act(self.code, edition.changed_at, STAFF, now, lambda: apply_effects(effects, STAFF, now))
        set_dates(act, opens_at=edition.opens_at, deadline=closes_at - MINUTE, confirmed=True)

    def _change(self, event: Event, now: dt.datetime) -> None:
        edition = self.edition
        step = next(one for one in list_steps(edition.id) if one.id == self.steps[event.which])
        deed = Deed(edition.id, step.id, step.version, STAFF, now)
        try:
            if event.what == "approve":
                plans.approve_step(deed, mark_of(step, template_of_step(edition.id, step), edition))
            elif event.what == "move":
                day = self.told.opens_at.date() + dt.timedelta(days=event.span)
                plans.change_step(deed, replace(step.content, moved_to=day))
            elif event.what == "resume":
                plans.resume_step(deed)
            else:
                {"pause": plans.pause_step, "skip": plans.skip_step}[event.what](deed, "prova")
        except ChangedStepError:
            db.session.rollback()

    def _sent(self) -> list[Sent]:
        db.session.rollback()
        query = sa.select(Delivery.message_id, Delivery.reference, Delivery.channel, Batch.key)
        rows = db.session.execute(query.join(Batch, Batch.group_id == Delivery.group_id)).all()
        known = {row.message_id: row for row in rows}
        of_key = {one.key: one for one in list_steps(self.edition.id)}
        found = []
        for message_id, at in self.sender.taken:
            row = known.get(message_id)
            if row is not None and row.key in of_key:
                step = of_key[row.key]
                place = self.entities.index(int(row.reference.removeprefix("entity:")))
                found.append(Sent(place, self.steps.index(step.id), step.content.kind, row.channel, at))
        return found
