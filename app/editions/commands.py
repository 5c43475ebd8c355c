"""`flask edition …`: load an edition from its file, move it from state to state, list what is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.clock import now
from app.editions.current import edition_by_code, list_editions
from app.editions.extensions import MINUTE, ExtensionRefusedError, extend
from app.editions.files import ROME, EditionFileError, read_edition_file, typed_instant
from app.editions.lifecycle import TRANSITIONS, EditionRefusedError, move_edition, store_edition
from app.editions.reopenings import UnknownReopeningError, refuse_reopening, waiting_reopenings
from app.questionnaire.loader import DefinitionError
from app.terminal import print_row

edition_group = AppGroup("edition", help="The editions of the survey.")


@edition_group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path) -> None:
    """Create the edition that FILE describes, or bring the stored one up to it."""
    try:
        described = read_edition_file(file)
        outcome = store_edition(described, actor="command", now=now())
    except (EditionFileError, DefinitionError, EditionRefusedError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"edition {described.code} {outcome}: {described.title}")


@edition_group.command("move")
@click.argument("code")
@click.argument("state", type=click.Choice(sorted(TRANSITIONS)))
def move(code: str, state: str) -> None:
    """Move edition CODE to STATE: draft, pilot, open, closed, published."""
    try:
        move_edition(code, state, actor="command", now=now())
    except EditionRefusedError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"edition {code} is now {state}")


@edition_group.command("list")
def list_all() -> None:
    """Show the stored editions, latest first."""
    editions = list_editions()
    if not editions:
        click.echo("no edition yet: `edition load FILE` makes one")
    for edition in editions:
        opens, deadline = (
            instant.astimezone(ROME).strftime("%Y-%m-%d %H:%M") for instant in (edition.opens_at, edition.deadline)
        )
        click.echo(f"{edition.code}\t{edition.state}\t{opens} – {deadline}\t{edition.title}")


class RomanMinute(click.ParamType[dt.datetime]):
    """A minute in Rome's time, as 2026-12-20 23:59; an aware instant."""

    name = "minute"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Raises click.BadParameter for what is no minute, a day alone included."""
        problems: list[str] = []
        instant = typed_instant(value, "DEADLINE", problems)
        if instant is None:
            self.fail("; ".join(problems), param, ctx)
        return instant


def _own_deadline(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments that extending and reopening share."""
    command = click.option("--reason", required=True, help="Why: it is kept with the deadline.")(command)
    for name, kind in (("deadline", RomanMinute()), ("entity", click.STRING), ("code", click.STRING)):
        command = click.argument(name, type=kind)(command)
    return command


@edition_group.command("extend")
@_own_deadline
def extend_one(code: str, entity: str, deadline: dt.datetime, reason: str) -> None:
    """Let ENTITY answer edition CODE until DEADLINE, Rome's time, before its time is over; the whole minute counts."""
    _grant(code, entity, deadline, reason, reopened=False)


@edition_group.command("reopen")
@_own_deadline
def reopen_one(code: str, entity: str, deadline: dt.datetime, reason: str) -> None:
    """Let ENTITY answer edition CODE again until DEADLINE, Rome's time, after its time is over; the whole minute counts."""
    _grant(code, entity, deadline, reason, reopened=True)


@edition_group.command("requests")
@click.argument("code")
@click.option("--refuse", type=int, metavar="ID", help="Close this request without reopening.")
def requests(code: str, refuse: int | None) -> None:
    """Show who asks to answer edition CODE again after the deadline. Personal data: keep the list to yourself."""
    edition = edition_by_code(code)
    if edition is None:
        raise click.ClickException(f"there is no edition {code}: `edition list` shows them")
    if refuse is not None:
        try:
            refuse_reopening(refuse, refused_by="command", now=now())
        except UnknownReopeningError as error:
            raise click.ClickException(f"no request {refuse} waits (`edition requests {code}` shows those that do)") from error
        click.echo(f"request {refuse}: refused")
        return
    waiting = waiting_reopenings(edition.id)
    if not waiting:
        click.echo("nobody waits")
    for one in waiting:
        asked = one.created_at.strftime("%Y-%m-%d %H:%M UTC")
        who = (one.name, one.office, one.email, one.phone)
        print_row(one.id, asked, one.entity_code, one.entity_label, *who, one.reason)


def _grant(code: str, entity: str, deadline: dt.datetime, reason: str, *, reopened: bool) -> None:
    try:
        extend(code, entity, deadline + MINUTE, reason, actor="command", now=now(), reopened=reopened)
    except ExtensionRefusedError as error:
        raise click.ClickException(str(error)) from error
    until = deadline.astimezone(ROME).strftime("%Y-%m-%d %H:%M")
    click.echo(f"{entity} may answer edition {code} until {until}, Rome time")
