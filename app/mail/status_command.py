"""`flask mail status`: how the outbox stands, in words, with what to do; with `--check`, for whatever watches, what is wrong
alone.

Not for: finding it out (`health.py`).
Holds always: changes nothing; names no recipient.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from typing import Final

import click

from app.clock import now
from app.config import settings
from app.mail import health
from app.mail.files import folder_of
from app.mail.health import OutboxHealth, outbox_health
from app.mail.workers import WorkerRow

STATE_WORDS: Final = {
    "queued": "waiting",
    "retry_wait": "waiting to be tried again",
    "claimed": "claimed by a worker",
    "data": "being sent",
    "accepted": "sent: the mail server has taken them",
    "delivered": "delivered: a report says that they arrived",
    "bounced": "come back: they could not be delivered",
    "failed": "failed: the mail server has refused them, or they could not be made",
    "unknown": "of unknown fate: the connection or the worker was lost while sending",
    "cancelled": "cancelled: no longer wanted, or to a bad address",
}
CLOCK_ADVICE: Final = "set it right; or, if it is right, flask --app wsgi mail clock --right"
_DELIVER: Final = "flask --app wsgi mail deliver --loop"


@click.command("status")
@click.option("--check", is_flag=True, help="Say only what is wrong; exit code 1 if anything is, else nothing and 0.")
def status_command(check: bool) -> None:
    """Show how the outbox stands: what is wrong and what to do, how many messages are in each state, who sends."""
    found = outbox_health(now())
    problems = [_PROBLEMS[word](found) for word in found.problems]
    if not check:
        for line in _told(found, problems):
            click.echo(line)
        return
    for saw, mend in problems:
        click.echo(f"{saw} → {mend}")
    if problems:
        sys.exit(1)


def _told(found: OutboxHealth, problems: list[tuple[str, str]]) -> Iterator[str]:
    read = settings()
    where = f"{read.smtp_host}:{read.smtp_port}" if read.smtp_host else f"files in {folder_of(read)} (no smtp_host is set)"
    yield f"messages go to {where}"
    for saw, mend in problems:
        yield f"! {saw}"
        yield f"  → {mend}"
    if not problems:
        yield "nothing is wrong"
    for state, words in STATE_WORDS.items():
        if found.counts[state]:
            yield f"{found.counts[state]:7} {words}"
    if not any(found.counts.values()):
        yield "the outbox is empty"
    yield _due(found)
    yield f"sent in the last hour: {found.sent_hour}, in the last day: {found.sent_day}"
    for worker in found.workers:
        yield _worker(worker, found.at)
    for group in found.paused:
        who = "by the mail server" if group.by_server else "by a person"
        yield f"paused {who} since {_minute(group.since)}: {group.label}: {group.words}"
    for box in found.mailboxes:
        yield f"mailbox {box.name}: {_space(box.percent)}" + (f", its provider warned: {box.warning}" if box.warning else "")


def _due(found: OutboxHealth) -> str:
    if found.oldest_due is None:
        return f"nothing is due; within the hour: {found.soon}"
    since = f"the oldest since {_minute(found.oldest_due)}, {_span(found.late_by)} ago"
    return f"due now: {found.due}, {since}; more within the hour: {found.soon}"


def _worker(worker: WorkerRow, at: dt.datetime) -> str:
    if worker.stopped_at is not None:
        stands = f"ended as told at {_minute(worker.stopped_at)}"
    elif worker.lives(at):
        stands = f"sends, last heard of at {_minute(worker.seen_at)}"
    else:
        stands = f"silent since {_minute(worker.seen_at)}: it was killed, or its machine is down"
    return f"worker on {worker.machine}, started at {_minute(worker.started_at)}: {stands}"


def _space(percent: int | None) -> str:
    return "its server does not say how full it is" if percent is None else f"{percent} % full"


def _minute(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: dt.timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


# What is wrong, and what to do ----------------------------------------------------------------------------------------


def _no_worker(found: OutboxHealth) -> tuple[str, str]:
    heard = f"the last one was heard of at {_minute(found.workers[0].seen_at)}" if found.workers else "none in the last day"
    return (
        f"nobody sends ({heard}); messages due: {found.due}, more within the hour: {found.soon}",
        f"start the service that runs: {_DELIVER}",
    )


def _late(found: OutboxHealth) -> tuple[str, str]:
    return (
        f"the oldest message that could have gone is {_span(found.late_by)} late (due: {found.due})",
        "look at what the service says (journalctl -u ricognizione-mail) and at mail_per_minute and mail_domain_per_minute; "
        "start more workers if one is too slow",
    )


def _held(found: OutboxHealth) -> tuple[str, str]:
    told = "; ".join(f"since {_minute(one.since)}, {one.reason}: {one.detail}" for one in found.holds)
    return (
        f"all sending is held ({told})",
        "look with flask --app wsgi mail compare, on the machine that sends; then flask --app wsgi mail confirm",
    )


def _clock_ahead(found: OutboxHealth) -> tuple[str, str]:
    told = ", ".join(f"{one.machine} by {_span(dt.timedelta(seconds=one.clock_ahead))}" for one in found.clocks_ahead)
    return (
        f"a clock has jumped ahead ({told}): what was planned for later waits",
        CLOCK_ADVICE,
    )


def _refused(found: OutboxHealth) -> tuple[str, str]:
    told = [f"{one.label}: {one.words}" for one in found.refused]
    if found.refusal is not None:
        told.append(f"messages of no batch, {found.refusal.number}: {found.refusal.words}")
    return (
        f"the mail server refuses us ({'; '.join(told)})",
        "mend smtp_username, smtp_password or smtp_sender, or ask who runs the server; then resume the batches it has paused",
    )


def _unknown(found: OutboxHealth) -> tuple[str, str]:
    return f"messages of unknown fate: {found.counts['unknown']}", "decide each in the page /gestione/consegne"


def _mailbox_full(found: OutboxHealth) -> tuple[str, str]:
    told = ", ".join(f"{one.name} ({one.warning or _space(one.percent)})" for one in found.full_mailboxes)
    return f"a mailbox is nearly full ({told})", "make room in it: one that is full takes no reports and no receipts"


_PROBLEMS: Final[dict[str, Callable[[OutboxHealth], tuple[str, str]]]] = {
    health.NO_WORKER: _no_worker,
    health.LATE_MAIL: _late,
    health.HELD: _held,
    health.CLOCK_AHEAD: _clock_ahead,
    health.REFUSED: _refused,
    health.UNKNOWN: _unknown,
    health.MAILBOX_FULL: _mailbox_full,
}
