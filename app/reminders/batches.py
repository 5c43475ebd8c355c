"""Batches: planned, queued whole in one transaction, found again by a second click, watched, paused, resumed, cancelled.

Not for: whom it reaches (`audience.py`), what it says (`wording.py`), sending (`app.mail`).
Holds always: of two who confirm the same form one queues it and both find it; a batch, its group and all its deliveries are
there or none is; each address gets one message of an entity; the order and the text of several are drawn by lot, so
that what a batch brings can be told from what would have come anyway; each deed leaves its audit entry in its own transaction.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.tokens import keyed_hash
from app.audit.chain import Scalar, record
from app.chasing.respondents import fresh_respondents
from app.config import settings
from app.database import unit_of_work
from app.editions.current import EditionView, edition_table
from app.extensions import db, table_of
from app.mail.attachments import attach
from app.mail.channels import EMAIL, PEC
from app.mail.groups import GroupMessage, cancel_group, open_group, pause_group, queue_into, resume_group
from app.mail.ways import sends_certified
from app.reminders.audience import KIND, KINDS, TO_PERSON, Audience, Choice, find_audience
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC
from app.reminders.learning.arms import Expected, keep_arms, look_ahead, places_of
from app.reminders.learning.turns import Turn, turns
from app.reminders.models import Batch
from app.reminders.occasions import UNCOUNTED
from app.reminders.reference_codes import with_code
from app.reminders.schedule import FASTEST, Schedule
from app.reminders.template_files import files_of_template, have_same_files
from app.reminders.templates import TemplateRow, template_of
from app.reminders.writing import Writer
from app.web.language import SOURCE_LANGUAGE

LONGEST_NAME: Final = 120
CANCELLED: Final = "the batch was cancelled"
_ROW: Final = table_of(Batch).c


class EmptyBatchError(Exception):
    """Nobody would be written to."""


class GrownBatchError(Exception):
    """More entities would be written to than whoever confirmed has seen. `number`: how many."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{number} entities")
        self.number = number


class OtherBatchError(Exception):
    """Somebody has queued another batch in this edition since the form was shown: `batch` tells of it."""

    def __init__(self, batch: BatchRow) -> None:
        super().__init__(f"batch {batch.id}")
        self.batch = batch


class MixedOccasionsError(ValueError):
    """The texts that a batch should try are for different occasions."""


class MixedFilesError(ValueError):
    """The texts that a batch should try have not the same attachments: what differs would not be the text alone."""


class ClosedChannelError(Exception):
    """The program cannot send by this channel: its server is not set."""


class UnknownBatchError(Exception):
    """No batch of the edition has this id."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a batch is made of. `name`: what the desk calls it; `region`: the only one that whoever plans may see;
    `channel`: one of `app.reminders.channels.CHANNELS`; `others`: the templates of the other variants, if there are any;
    `step`: of the plan of the edition, which it turns into messages."""

    name: str
    choice: Choice
    template_id: int
    schedule: Schedule
    region: str | None = None
    channel: str = BY_EMAIL
    others: tuple[int, ...] = ()
    step: int | None = None

    @property
    def learns(self) -> bool:
        """Whether it is set up so that something can be compared."""
        return self.schedule.days > 1 or bool(self.others)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as it was queued. `excluded`: reason → number."""

    id: int
    edition_id: int
    group_id: int
    name: str
    channel: str
    filter: dict[str, Any]
    excluded: dict[str, int]
    respondents: int
    deliveries: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    created_by: str
    created_at: dt.datetime
    occasion: str

    @property
    def template_name(self) -> str:
        """What the text was called of which it was made."""
        return str(self.filter.get("template_name", ""))

    @property
    def variant_names(self) -> list[str]:
        """What the text of each variant was called."""
        return [self.template_name, *map(str, self.filter.get("other_names", ()))]


def queue_batch(
    edition: EditionView,
    plan: Plan,
    *,
    key: str,
    actor: str,
    now: dt.datetime,
    seen: int | None = None,
    after: int | None = None,
    within: Callable[[], None] = lambda: None,
) -> int:
    """Queue a batch; its id, or that of the batch which this key has queued before. Commits.

    `key`: of the form that was confirmed; `seen`: how many entities it showed; `after`: the latest batch of the edition when it
    was shown, 0 for none: of two coordinators who confirm a form each at once, one queues; `within`: flushes what belongs into
    the same transaction, or rolls back and raises. What is only read is read before the database's writer is held.

    Raises `EmptyBatchError`, `GrownBatchError`, `OtherBatchError`, `UnknownTemplateError`,
    `MixedOccasionsError`, `MixedFilesError`, `ClosedChannelError`, `CrowdedDaysError`, `LateDaysError`; ValueError for a pace
    that is none.
    """
    _check(plan, key)
    db.session.rollback()
    with unit_of_work(writes=False):
        known = batch_with_key(key)
        if known is not None:
            db.session.rollback()
            return known
        read = _read(edition, plan, now)
        db.session.rollback()
    _check_number(read.audience, seen)
    order = turns(read.audience.recipients, read.places, plan.schedule, key, variants=len(read.templates))
    messages = list(write_messages(edition, order, read.templates, plan, key))
    with unit_of_work(writes=True):
        _hold_queueing(edition, key, after)
        within()
        try:
            return _store(edition, plan, read, order, messages, key, actor, now)
        except IntegrityError:
            return _first_with(key)


def _check_number(audience: Audience, seen: int | None) -> None:
    if not audience.recipients:
        raise EmptyBatchError
    if seen is not None and len(audience.recipients) > seen:
        raise GrownBatchError(len(audience.recipients))


def _check(plan: Plan, key: str) -> None:
    if plan.channel == BY_PEC and not sends_certified(settings()):
        raise ClosedChannelError(plan.channel)
    if not 0 < plan.schedule.per_hour <= FASTEST or not 0 < len(key) <= 64:
        raise ValueError("a pace of at least one an hour, and a key of at most 64 characters")


def _first_with(key: str) -> int:
    """The batch that a form has queued a moment before. Raises LookupError where the database refused for another reason."""
    db.session.rollback()
    first = batch_with_key(key)
    if first is None:
        raise LookupError("the database refused a batch whose key it does not have")
    return first


@dataclass(frozen=True, slots=True)
class _Read:
    """What a batch is made of beside its plan. `templates`: of each variant; `places`, `expected`: see `learning/arms.py`."""

    audience: Audience
    templates: list[TemplateRow]
    places: dict[int, tuple[str, int]]
    expected: Expected | None


def _read(edition: EditionView, plan: Plan, now: dt.datetime) -> _Read:
    fresh_respondents(edition, now)
    templates = [template_of(edition.id, number) for number in (plan.template_id, *plan.others)]
    occasions = {template.occasion for template in templates}
    if len(occasions) > 1:
        raise MixedOccasionsError(occasions)
    if plan.others and not have_same_files([template.id for template in templates]):
        raise MixedFilesError
    given: dict[str, Any] = {"region": plan.region, "channel": plan.channel, "occasion": templates[0].occasion}
    audience = find_audience(edition, plan.choice, plan.schedule.starts_at, now, **given)
    places = places_of(edition.id) if plan.learns else {}
    expected = look_ahead(edition, plan.schedule, plan.region or plan.choice.filter.region, now) if plan.learns else None
    return _Read(audience, templates, places, expected)


def write_messages(
    edition: EditionView, order: Sequence[Turn], templates: Sequence[TemplateRow], plan: Plan, key: str
) -> Iterator[GroupMessage]:
    """The messages of a batch in the order and at the instants at which they go out, `{link}` still in them.

    What is sent by hand has no HTML, and a code in its subject by which its receipts are known.
    """
    by_hand, writers = plan.channel == BY_HAND, [Writer(edition, template) for template in templates]
    for turn in order:
        one, writer = turn.recipient, writers[turn.lot.variant]
        to_offices, to_people = ((email, False) for email in one.emails), ((email, True) for email in one.people)
        for (email, to_person), at in zip((*to_offices, *to_people), turn.at, strict=True):
            message = writer.write(one, at, to_person=to_person)
            written = message.written
            dedupe_key = keyed_hash(f"{TO_PERSON if to_person else KIND}|{key}|{one.entity_id}|{email}")
            yield GroupMessage(
                reference=f"entity:{one.entity_id}",
                recipient=email,
                subject=with_code(written.subject, dedupe_key) if by_hand else written.subject,
                text=written.text,
                html=None if by_hand else written.html,
                dedupe_key=dedupe_key,
                not_before=at,
                language=message.language,
                kind=TO_PERSON if to_person else "",
            )


def batch_with_key(key: str) -> int | None:
    """The batch that this form has queued."""
    return db.session.execute(sa.select(_ROW.id).where(_ROW.key == key)).scalar_one_or_none()


def latest_batch(edition_id: int) -> int:
    """The id of the batch of an edition that was queued last, 0 for none."""
    query = sa.select(sa.func.coalesce(sa.func.max(_ROW.id), 0)).where(_ROW.edition_id == edition_id)
    return int(db.session.execute(query).scalar_one())


def list_batches(edition_id: int) -> list[BatchRow]:
    """The batches of an edition, the latest first."""
    query = _select().where(_ROW.edition_id == edition_id).order_by(_ROW.starts_at.desc(), _ROW.id.desc())
    return [_row(row) for row in db.session.execute(query)]


def batch_of(edition_id: int, batch_id: int) -> BatchRow:
    """One batch of an edition. Raises `UnknownBatchError`."""
    row = db.session.execute(_select().where(_ROW.edition_id == edition_id, _ROW.id == batch_id)).one_or_none()
    if row is None:
        raise UnknownBatchError(batch_id)
    return _row(row)


def batches_of_groups(group_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Group → (the edition in which its batch is, what it is for), for those that are batches."""
    query = sa.select(_ROW.group_id, _ROW.edition_id, _ROW.occasion).where(_ROW.group_id.in_(group_ids))
    return {row.group_id: (row.edition_id, row.occasion) for row in db.session.execute(query.order_by(_ROW.group_id))}


def pause_batch(edition_id: int, batch_id: int, reason: str, *, actor: str, now: dt.datetime) -> None:
    """Send none of it until it is resumed; again changes nothing. Commits. Raises `UnknownBatchError`, `GroupEndedError`."""
    batch = batch_of(edition_id, batch_id)
    if pause_group(batch.group_id, reason, now):
        _record("batch_paused", batch, actor, now)
    db.session.commit()


def resume_batch(edition_id: int, batch_id: int, *, actor: str, now: dt.datetime) -> None:
    """Go on at its pace. Commits. Raises `UnknownBatchError`, `GroupEndedError`."""
    batch = batch_of(edition_id, batch_id)
    if resume_group(batch.group_id, now):
        _record("batch_resumed", batch, actor, now)
    db.session.commit()


def cancel_batch(edition_id: int, batch_id: int, *, actor: str, now: dt.datetime) -> int:
    """Send no more of it, for good; how many messages are cancelled. Commits. Raises `UnknownBatchError`."""
    batch = batch_of(edition_id, batch_id)
    number = cancel_group(batch.group_id, CANCELLED, now)
    if number is not None:
        _record("batch_cancelled", batch, actor, now, messages=number)
    db.session.commit()
    return number or 0


def _hold_queueing(edition: EditionView, key: str, after: int | None) -> None:
    """From here to the end of the transaction nobody else queues a batch in the edition. Raises `OtherBatchError`."""
    row = edition_table.c.id
    db.session.execute(sa.select(row).where(row == edition.id).with_for_update(key_share=True)).one()
    last = latest_batch(edition.id)
    if after is not None and last > after and batch_with_key(key) is None:
        other = batch_of(edition.id, last)
        db.session.rollback()
        raise OtherBatchError(other)


def _store(
    edition: EditionView,
    plan: Plan,
    read: _Read,
    order: Sequence[Turn],
    messages: Sequence[GroupMessage],
    key: str,
    actor: str,
    now: dt.datetime,
) -> int:
    """The batch comes first: its key stops a second click before that one has written anything else."""
    name, schedule, audience = plan.name.strip()[:LONGEST_NAME], plan.schedule, read.audience
    by_hand, channel = plan.channel == BY_HAND, EMAIL if plan.channel == BY_EMAIL else PEC
    group_id = open_group(name, schedule.per_hour, now, working_hours=schedule.working_hours, by_hand=by_hand)
    values = {
        "edition_id": edition.id,
        "group_id": group_id,
        "key": key,
        "name": name,
        "channel": plan.channel,
        "occasion": read.templates[0].occasion,
        "filter": _chosen(plan, read.templates),
        "excluded": json.dumps(audience.by_reason(), sort_keys=True),
        "respondents": len(audience.recipients),
        "deliveries": len(messages),
        "starts_at": messages[0].not_before,
        "ends_at": messages[-1].not_before,
        "created_by": actor,
        "created_at": now,
    }
    attach(group_id, files_of_template(read.templates[0].id))
    batch_id: int = db.session.execute(sa.insert(Batch).values(**values).returning(_ROW.id)).scalar_one()
    queue_into(group_id, KINDS[read.templates[0].occasion], SOURCE_LANGUAGE, messages, now, channel=channel)
    if read.expected is not None:
        keep_arms(batch_id, order, read.expected, days=schedule.days, variants=len(read.templates))
    detail = _detail(edition, plan, read, len(messages))
    record("batch_queued", actor=actor, subject=f"batch:{batch_id}", detail=detail, now=now)
    db.session.commit()
    return batch_id


def _detail(edition: EditionView, plan: Plan, read: _Read, messages: int) -> dict[str, Scalar]:
    """What the log says of a batch."""
    detail: dict[str, Scalar] = {"edition": edition.code, "entities": len(read.audience.recipients), "messages": messages}
    detail |= {"channel": plan.channel} | ({} if plan.step is None else {"step": plan.step})
    if plan.choice.beyond_limit and read.templates[0].occasion not in UNCOUNTED:
        detail["beyond"] = True  # whoever queues it has decided so
    return detail


def _chosen(plan: Plan, templates: Sequence[TemplateRow]) -> str:
    """What was chosen, kept for whoever asks later why these were written to."""
    kept = asdict(plan.choice) | {"template": plan.template_id, "template_name": templates[0].name, "region": plan.region}
    if plan.others:
        kept |= {"others": plan.others, "other_names": [one.name for one in templates[1:]]}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _select() -> sa.Select[Any]:
    return sa.select(*(_ROW[name] for name in BatchRow.__slots__))


def _row(row: sa.Row[Any]) -> BatchRow:
    values = dict(row._mapping)
    return BatchRow(**{**values, "filter": json.loads(values["filter"]), "excluded": json.loads(values["excluded"])})


def _record(action: str, batch: BatchRow, actor: str, now: dt.datetime, **detail: int) -> None:
    record(action, actor=actor, subject=f"batch:{batch.id}", detail=detail, now=now)
