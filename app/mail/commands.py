"""`flask mail …`: send what waits, once or as a service; the other commands of the outbox are put beside it."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from app.audit.chain import record
from app.clock import now
from app.config import settings
from app.extensions import db
from app.mail.delivering import Tally
from app.mail.health import planned_later
from app.mail.holding_commands import clock_command, compare_command, confirm_command, hold_command
from app.mail.journal import JournalError
from app.mail.status_command import CLOCK_ADVICE, status_command
from app.mail.suppressions import lift_suppression
from app.mail.ways import senders_of
from app.mail.workers import Rest, Worker

POLL_SECONDS = 3.0
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = {"server": 300.0, "database": 30.0}
TALLIED = {
    "accepted": "sent",
    "retry_wait": "to be tried again",
    "failed": "failed",
    "unknown": "of unknown fate",
    "cancelled": "cancelled",
    "queued": "put back for later",
    "lost": "taken over by another worker",
}

mail_group = AppGroup("mail", help="The outbox: what waits, and sending it.")


for command in (status_command, hold_command, compare_command, confirm_command, clock_command):
    mail_group.add_command(command)


@mail_group.command("deliver")
@click.option("--once", "how", flag_value="once", help="Send what is due, then end.")
@click.option("--loop", "how", flag_value="loop", help="Send what becomes due, until told to end (a service).")
def deliver(how: str | None) -> None:
    """Send what is due, e-mail and certified mail, each through its own server.

    SIGTERM and SIGINT end it after the message in hand.
    """
    if how is None:
        raise click.UsageError("say --once or --loop")
    try:
        worker = Worker(now, senders_of(settings()))
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    with _told_to_stop() as stop, worker:
        if how == "loop":
            _deliver_for_ever(worker, stop)
        else:
            _deliver_once(worker, stop)


@mail_group.command("allow")
@click.argument("address")
def allow(address: str) -> None:
    """Send to ADDRESS again, which a mail server had called bad."""
    if not lift_suppression(address):
        raise click.ClickException(f"nothing is held back from {address}")
    record("mail_address_allowed", actor="command", subject="mail:suppression", detail={}, now=now())
    db.session.commit()
    click.echo(f"messages to {address} are sent again from now on")


def _deliver_once(worker: Worker, stop: threading.Event) -> None:
    total: dict[str, int] = dict.fromkeys(TALLIED, 0)
    while not stop.is_set():
        try:
            tally = worker.turn(stop.is_set)
        except OperationalError as error:
            raise click.ClickException("the database does not answer; nothing is lost, try again later") from error
        for state in TALLIED:
            total[state] += getattr(tally, state)
        if tally.stopped:
            click.echo(_in_words(total))
            raise click.ClickException(_why(tally))
        if not tally.claimed:
            break
    worker.say_goodbye()
    click.echo(_in_words(total))
    _tell_what_waits(worker)
    if worker.resting:
        raise click.ClickException(_resting(worker.resting))


def _tell_what_waits(worker: Worker) -> None:
    """What this run has left for later: by the pace of its batch, or since the machine's clock is not believed."""
    later = planned_later(now())
    db.session.rollback()
    if later.number:
        click.echo(f"{later.number} planned for later, the first at {later.first:%Y-%m-%d %H:%M:%S} UTC")
    if worker.clock_ahead:
        jumped = dt.timedelta(seconds=round(worker.clock_ahead))
        click.echo(f"the clock has jumped ahead by {jumped}: what was planned for later waits; {CLOCK_ADVICE}", err=True)


def _deliver_for_ever(worker: Worker, stop: threading.Event) -> None:
    """Poll until told to stop; a server or a database that is away is asked again ever more seldom."""
    pause, told = FIRST_PAUSE_SECONDS, ""
    click.echo("delivering: messages are sent as they become due")
    while not stop.is_set():
        away = "server"
        try:
            tally = worker.turn(stop.is_set)
        except OperationalError:
            away, tally = "database", Tally(stopped="the database does not answer")
        if worker.resting and not tally.stopped and (said := _resting(worker.resting)) != told:
            told = said
            click.echo(said, err=True)
        if tally.claimed:
            click.echo(_in_words({state: getattr(tally, state) for state in TALLIED}))
        if tally.stopped:
            worker.rest()
            pause = min(pause, LONGEST_PAUSE_SECONDS[away])
            click.echo(f"{_why(tally)}; next try in {pause:.0f} seconds", err=True)
            stop.wait(pause)
            pause = pause * 2
            continue
        pause = FIRST_PAUSE_SECONDS
        if not tally.claimed:
            worker.rest()
            stop.wait(POLL_SECONDS)
    with contextlib.suppress(OperationalError):
        worker.say_goodbye()
    click.echo("ended as told; what waits is sent by the next one")


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set while the block runs."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_words(counts: dict[str, int]) -> str:
    told = [f"{count} {TALLIED[state]}" for state, count in counts.items() if count]
    return ", ".join(told) or "nothing was due"


def _resting(channels: Mapping[str, Rest]) -> str:
    told = (f"{channel}: sending stopped: {rest.why}" for channel, rest in channels.items())
    return f"{'; '.join(told)}; the other channel goes on"


def _why(tally: Tally) -> str:
    return f"sending stopped: {tally.stopped}"
