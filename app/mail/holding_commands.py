"""`flask mail hold`, `compare`, `confirm`, `clock`: what stops all sending, and a person's word that it may go on.

Not for: sending (`commands.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import click

from app.clock import now
from app.config import settings
from app.extensions import db
from app.mail.comparing import Difference, compare, confirm
from app.mail.holds import BY_HAND, RESTORED, hold_by_hand, holds, lift_hold
from app.mail.journal import Journal, JournalError, folder_of
from app.mail.workers import confirm_clocks

SHOWN = 200
_ACTOR = "command"
T = TypeVar("T")


@click.command("hold")
@click.argument("why")
def hold_command(why: str) -> None:
    """Send nothing more, on any machine, until `mail confirm`: before a database is brought back, for example."""
    click.echo("nothing is sent from now on" if hold_by_hand(why, actor=_ACTOR, now=now()) else "it was held already")


@click.command("compare")
def compare_command() -> None:
    """Show what this machine's send journal knows and the database does not. Changes nothing."""
    found = _with_journal(compare)
    for one in holds():
        click.echo(f"held since {one.since:%Y-%m-%d %H:%M} UTC ({one.reason}): {one.detail}")
    if found.strange:
        click.echo("this journal is not the one that the database knows, or is not whole: a new machine, or a copy")
    for difference in found.differences[:SHOWN]:
        click.echo(_row(difference))
    if len(found.differences) > SHOWN:
        click.echo(f"… and {len(found.differences) - SHOWN} more")
    if found.agrees:
        click.echo("the database knows all that the send journal knows")
    else:
        click.echo("Look at them. `flask mail confirm` has the database learn them: none of them is sent again by itself.")


@click.command("confirm")
def confirm_command() -> None:
    """Say that the two were compared: the database learns what the journal knows, and sending goes on."""
    at = now()
    learnt = _with_journal(lambda journal: confirm(journal, actor=_ACTOR, now=at))
    lift_hold(BY_HAND, actor=_ACTOR, now=at)
    db.session.commit()
    click.echo(f"{learnt} messages learnt from the journal; sending goes on")
    for one in holds():
        click.echo(f"still held: {one.reason}" + (" (on another machine)" if one.reason == RESTORED else ""))


@click.command("clock")
@click.option("--right", is_flag=True, help="The clocks that jumped ahead are right.")
def clock_command(right: bool) -> None:
    """Say of clocks that jumped ahead that they are right: until then, what was planned for later waits."""
    if not right:
        raise click.UsageError("say --right once you have looked at the machine's clock")
    number = confirm_clocks(actor=_ACTOR, now=now())
    click.echo(f"clocks believed: of {number} workers")


def _with_journal(use: Callable[[Journal], T]) -> T:
    try:
        with closing(Journal(folder_of(settings()))) as journal:
            return use(journal)
    except JournalError as error:
        raise click.ClickException(str(error)) from error


def _row(difference: Difference) -> str:
    line = difference.line
    became = difference.state or "begun, its end unknown"
    stands = difference.stands or "not there"
    return f"{line.at:%Y-%m-%d %H:%M:%S} {line.kind} {line.reference}: {became}; in the database: {stands} {line.message_id}"
