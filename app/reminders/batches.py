"""Batches: planned, queued whole in one transaction, found again by a second click, watched, paused, resumed, cancelled.

Not for: whom it reaches (`audience.py`), what it says (`wording.py`), sending (`app.mail`).
Holds always: of two who confirm the same form one queues it and both find it; a batch, its group and all its deliveries are
there or none is; each address gets one message of an entity; the order in which entities are written to is drawn by lot, so
that what a batch brings can be told from what would have come anyway; each deed leaves its audit entry in its own transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.accounts.tokens import keyed_hash
from app.audit.chain import Scalar, record
from app.chasing.respondents import fresh_respondents
from app.config import settings
from app.database import unit_of_work
from app.editions.current import EditionView, edition_table
from app.editions.messages import contact_line, minute
from app.extensions import db, table_of
from app.mail.channels import EMAIL, PEC
from app.mail.groups import GroupMessage, cancel_group, open_group, pause_group, queue_into, resume_group
from app.mail.pace import ROME
from app.mail.ways import sends_certified
from app.reminders.audience import KIND, Audience, Choice, Recipient, find_audience
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC
from app.reminders.models import AUDIENCES, Batch
from app.reminders.reference_codes import with_code
from app.reminders.schedule import FASTEST, Schedule
from app.reminders.templates import TemplateRow, template_of
from app.reminders.wording import Prepared, Written
from app.web.language import SOURCE_LANGUAGE

LONGEST_NAME: Final = 120
CANCELLED: Final = "the batch was cancelled"
_ROW: Final = table_of(Batch).c
_MINUTE: Final = dt.timedelta(minutes=1)


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


class ClosedChannelError(Exception):
    """The program cannot send by this channel: its server is not set."""


class UnknownBatchError(Exception):
    """No batch of the edition has this id."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a batch is made of. `name`: what the desk calls it; `region`: the only one that whoever plans may see;
    `channel`: one of `app.reminders.channels.CHANNELS`; `step`: of the plan of the edition, which it turns into messages;
    `kind`: reminder or extension."""

    name: str
    choice: Choice
    template_id: int
    schedule: Schedule
    region: str | None = None
    channel: str = BY_EMAIL
    step: int | None = None
    kind: str = "reminder"


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

    @property
    def template_name(self) -> str:
        """What the text was called of which it was made."""
        return str(self.filter.get("template_name", ""))


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
    the same transaction, or rolls back and raises. What is only read is read before the
    database's writer is held. Raises `EmptyBatchError`, `GrownBatchError`, `OtherBatchError`, `UnknownTemplateError`,
    `ClosedChannelError`; ValueError for a pace that is none.
    """
    _check(plan, key)
    db.session.rollback()
    with unit_of_work(writes=False):
        known = batch_with_key(key)
        if known is not None:
            db.session.rollback()
            return known
        audience, template = _read(edition, plan, now)
        db.session.rollback()
    if not audience.recipients:
        raise EmptyBatchError
    if seen is not None and len(audience.recipients) > seen:
        raise GrownBatchError(len(audience.recipients))
    messages = list(write_messages(edition, audience, template, plan, key))
    with unit_of_work(writes=True):
        _hold_queueing(edition, key, after)
        within()
        try:
            return _store(edition, plan, audience, template, messages, key, actor, now)
        except IntegrityError:
            return _first_with(key)


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


def _read(edition: EditionView, plan: Plan, now: dt.datetime) -> tuple[Audience, TemplateRow]:
    fresh_respondents(edition, now)
    audience = find_audience(edition, plan.choice, plan.schedule.starts_at, now, region=plan.region, channel=plan.channel)
    return audience, template_of(edition.id, plan.template_id)


def write_messages(
    edition: EditionView, audience: Audience, template: TemplateRow, plan: Plan, key: str
) -> Iterator[GroupMessage]:
    """The messages of a batch in the order and at the instants at which they go out, `{link}` still in them.

    What is sent by hand has no HTML, and a code in its subject by which its receipts are known.
    """
    by_hand = plan.channel == BY_HAND
    with force_locale(SOURCE_LANGUAGE):
        prepared = {name: Prepared(template.texts[name], SOURCE_LANGUAGE) for name in AUDIENCES}
        values = ReaderValues(edition)
        times = iter(plan.schedule.times(audience.messages))
        for one in sorted(audience.recipients, key=lambda one: _lot(key, one.entity_id)):
            for email in one.emails:
                at = next(times)
                written = prepared[one.audience].write(values.of(one, at))
                dedupe_key = keyed_hash(f"{KIND}|{key}|{one.entity_id}|{email}")
                yield GroupMessage(
                    reference=f"entity:{one.entity_id}",
                    recipient=email,
                    subject=with_code(written.subject, dedupe_key) if by_hand else written.subject,
                    text=written.text,
                    html=None if by_hand else written.html,
                    dedupe_key=dedupe_key,
                    not_before=at,
                )


def write_for(edition: EditionView, template: TemplateRow, one: Recipient, at: dt.datetime) -> Written:
    """The message that one entity would get at an instant."""
    with force_locale(SOURCE_LANGUAGE):
        return Prepared(template.texts[one.audience], SOURCE_LANGUAGE).write(ReaderValues(edition).of(one, at))


class ReaderValues:
    """What stands in the place of each placeholder for each reader. What many share is put into words once."""

    def __init__(self, edition: EditionView) -> None:
        self._shared = {
            "edizione": edition.title,
            "contatti": "\n".join(contact_line(contact) for contact in edition.contacts) or edition.title,
        }
        self._deadlines: dict[dt.datetime, tuple[str, dt.date]] = {}
        self._days: dict[int, str] = {}

    def of(self, one: Recipient, at: dt.datetime) -> dict[str, str]:
        """By the placeholders' names, for whoever reads at an instant."""
        words, last_day = self._deadline(one.closes_at)
        members = ngettext("%(num)d Comune", "%(num)d Comuni", one.members) if one.members else ""
        return self._shared | {
            "ente": one.label,
            "scadenza": words,
            "giorni": self._left((last_day - at.astimezone(ROME).date()).days),
            "avanzamento": f"{one.progress} %",
            "comuni": members,
        }

    def _deadline(self, closes_at: dt.datetime) -> tuple[str, dt.date]:
        known = self._deadlines.get(closes_at)
        if known is None:
            deadline = closes_at - _MINUTE
            known = self._deadlines[closes_at] = (minute(deadline, SOURCE_LANGUAGE), deadline.astimezone(ROME).date())
        return known

    def _left(self, days: int) -> str:
        if days not in self._days:
            self._days[days] = ngettext("%(num)d giorno", "%(num)d giorni", days) if days > 0 else _("poche ore")
        return self._days[days]


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


def editions_of_groups(group_ids: Collection[int]) -> dict[int, int]:
    """Group → the edition in which its batch is, for those that are batches."""
    query = sa.select(_ROW.group_id, _ROW.edition_id).where(_ROW.group_id.in_(group_ids)).order_by(_ROW.group_id)
    return {row.group_id: row.edition_id for row in db.session.execute(query)}


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
    audience: Audience,
    template: TemplateRow,
    messages: Sequence[GroupMessage],
    key: str,
    actor: str,
    now: dt.datetime,
) -> int:
    """The batch comes first: its key stops a second click before that one has written anything else."""
    name, schedule = plan.name.strip()[:LONGEST_NAME], plan.schedule
    by_hand, channel = plan.channel == BY_HAND, EMAIL if plan.channel == BY_EMAIL else PEC
    group_id = open_group(name, schedule.per_hour, now, working_hours=schedule.working_hours, by_hand=by_hand)
    values = {
        "edition_id": edition.id,
        "group_id": group_id,
        "key": key,
        "name": name,
        "channel": plan.channel,
        "kind": plan.kind,
        "filter": _chosen(plan, template),
        "excluded": json.dumps(audience.by_reason(), sort_keys=True),
        "respondents": len(audience.recipients),
        "deliveries": len(messages),
        "starts_at": messages[0].not_before,
        "ends_at": messages[-1].not_before,
        "created_by": actor,
        "created_at": now,
    }
    batch_id: int = db.session.execute(sa.insert(Batch).values(**values).returning(_ROW.id)).scalar_one()
    queue_into(group_id, KIND, SOURCE_LANGUAGE, messages, now, channel=channel)
    detail: dict[str, Scalar] = {"edition": edition.code, "entities": len(audience.recipients), "messages": len(messages)}
    detail |= {"channel": plan.channel} | ({} if plan.step is None else {"step": plan.step})
    record("batch_queued", actor=actor, subject=f"batch:{batch_id}", detail=detail, now=now)
    db.session.commit()
    return batch_id


def _chosen(plan: Plan, template: TemplateRow) -> str:
    """What was chosen, kept for whoever asks later why these were written to."""
    kept = asdict(plan.choice) | {"template": plan.template_id, "template_name": template.name, "region": plan.region}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _lot(key: str, entity_id: int) -> bytes:
    """A number that the key of the form draws for an entity."""
    return hashlib.sha256(f"{key}|{entity_id}".encode()).digest()


def _select() -> sa.Select[Any]:
    return sa.select(*(_ROW[name] for name in BatchRow.__slots__))


def _row(row: sa.Row[Any]) -> BatchRow:
    values = dict(row._mapping)
    return BatchRow(**{**values, "filter": json.loads(values["filter"]), "excluded": json.loads(values["excluded"])})


def _record(action: str, batch: BatchRow, actor: str, now: dt.datetime, **detail: int) -> None:
    record(action, actor=actor, subject=f"batch:{batch.id}", detail=detail, now=now)
