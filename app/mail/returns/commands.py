"""`flask mail receive` and `flask mail fetch`: where returned messages come in, one from a pipe or all that wait in a mailbox.

Not for: what they are and do (`handling.py`).
Holds always: a message is forgotten by its source only when its row is committed; one that breaks the program stays where it is
and stops no other; exit codes of `receive` are those that mail servers know (sysexits): 0 stored, 75 try again.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from app.clock import now
from app.config import settings
from app.extensions import db
from app.mail.commands import _told_to_stop, mail_group
from app.mail.returns.handling import Taken, take_return
from app.mail.returns.imap import Box, Mailbox, MailboxError, boxes
from app.mail.returns.kinds import MOST_BYTES
from app.mail.returns.maildir import Maildir, NoMaildirError
from app.mail.returns.redirecting import forget_what_was_sent
from app.mail.returns.space import mailbox_space, note_space
from app.web.log import log_fault

TRY_AGAIN = 75
POLL_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0


@mail_group.command("receive")
@click.option("--recipient", "recipients", multiple=True, help="The envelope address it came to, as the mail server knows it.")
def receive(recipients: tuple[str, ...]) -> None:
    """Take in one message from standard input, as a mail server's pipe gives it. Exit code 75: try again later."""
    content = sys.stdin.buffer.read(MOST_BYTES)
    size = len(content)
    while more := sys.stdin.buffer.read(1 << 16):
        size += len(more)
    try:
        taken = take_return(content, "pipe", now(), envelope=recipients, size=size)
    except DBAPIError as error:
        click.echo("the database does not answer; try again later", err=True)
        raise SystemExit(TRY_AGAIN) from error
    except Exception as error:  # a defect of ours is no reason to lose a message: the mail server keeps it
        log_fault(error, "mail receive")
        click.echo("a defect of the program; try again later", err=True)
        raise SystemExit(TRY_AGAIN) from error
    click.echo(f"{taken.kind}{'' if taken.new else ', known already'}")


@mail_group.command("fetch")
@click.option("--maildir", type=click.Path(path_type=Path, file_okay=False), help="A Maildir to read.")
@click.option("--imap", is_flag=True, help="Read the mailboxes of the settings (return_imap_…, pec_imap_…).")
@click.option("--loop", is_flag=True, help="Go on until told to end (a service); else once.")
def fetch(maildir: Path | None, imap: bool, loop: bool) -> None:
    """Take in what waits in a mailbox. SIGTERM and SIGINT end it after the message in hand."""
    if (maildir is None) == (not imap):
        raise click.UsageError("say --maildir PATH or --imap")
    wanted = boxes(settings()) if imap else []
    if imap and not wanted:
        raise click.ClickException("no mailbox is set: return_imap_host or pec_imap_host")
    with _told_to_stop() as stop:
        if loop:
            _fetch_for_ever(maildir, wanted, stop)
        else:
            failed = _fetch_once(maildir, wanted, stop)
            if failed:
                raise click.ClickException("; ".join(failed))


@mail_group.command("space")
def space() -> None:
    """Show how full our own mailboxes are, as of the last fetch. Exit code 1 where somebody should make room."""
    rows, instant = mailbox_space(), now()
    for row in rows:
        used = "not told by its server" if row.percent is None else f"{row.percent} % used"
        click.echo(f"{row.name}: {used}{f'; its provider warned: {row.warning}' if row.warning else ''}")
    if not rows:
        click.echo("nothing is known of any mailbox: has `flask mail fetch --imap` run?")
    if any(row.is_alarming(instant) for row in rows):
        raise click.ClickException("a mailbox is nearly full: receipts would be lost")


def _fetch_once(maildir: Path | None, wanted: Sequence[Box], stop: threading.Event) -> list[str]:
    """One round; what failed, in words. A mailbox that is away stops no other."""
    failed: list[str] = []
    taken: list[Taken] = []
    try:
        if maildir is not None:
            _from_maildir(maildir, taken, failed, stop)
        for box in wanted:
            try:
                _from_box(box, taken, failed, stop)
            except MailboxError as error:
                failed.append(f"{box.name}: {error}")
        forget_what_was_sent()
    except NoMaildirError as error:
        failed.append(str(error))
    except OperationalError:
        failed.append("the database does not answer; nothing is lost, try again later")
    finally:
        db.session.rollback()
    new = [one for one in taken if one.new]
    if new:
        click.echo(f"{len(new)} taken in, {sum(one.matched for one in new)} of them about a delivery")
    return failed


def _fetch_for_ever(maildir: Path | None, wanted: Sequence[Box], stop: threading.Event) -> None:
    """Poll until told to stop; what is away is asked again ever more seldom."""
    click.echo("fetching: what comes back is taken in")
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        failed = _fetch_once(maildir, wanted, stop)
        if failed:
            click.echo(f"{'; '.join(failed)}; next try in {pause:.0f} seconds", err=True)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        else:
            pause = FIRST_PAUSE_SECONDS
            stop.wait(POLL_SECONDS)
    click.echo("ended as told; what waits is taken in by the next one")


def _from_maildir(folder: Path, taken: list[Taken], failed: list[str], stop: threading.Event) -> None:
    maildir = Maildir(folder)
    for found in maildir.waiting():
        if stop.is_set():
            return
        one = _take(found.content, "maildir", (), found.size, failed)
        if one is not None:
            maildir.done(found, left=one.left)
            taken.append(one)


def _from_box(box: Box, taken: list[Taken], failed: list[str], stop: threading.Event) -> None:
    with Mailbox(box) as mailbox:
        for fetched in mailbox.waiting():
            if stop.is_set():
                return
            one = _take(fetched.content, box.name, (), fetched.size, failed)
            if one is not None:
                mailbox.done(fetched, left=one.left)
                taken.append(one)
        used, limit = mailbox.quota()
    note_space(box.name, used, limit, now())
    db.session.commit()


def _take(content: bytes, source: str, envelope: Sequence[str], size: int, failed: list[str]) -> Taken | None:
    """None for one that meets a defect of ours: it stays where it is. Raises OperationalError."""
    try:
        return take_return(content, source, now(), envelope=envelope, size=size)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 — one message that meets a defect stops no other
        db.session.rollback()
        log_fault(error, "mail fetch")
        failed.append(f"a defect of the program at one message: {type(error).__name__}")
        return None
