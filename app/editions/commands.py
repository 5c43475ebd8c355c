"""`flask edition …`: load an edition from its file, move it from state to state, list what is stored."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import now
from app.editions.current import list_editions
from app.editions.files import ROME, EditionFileError, read_edition_file
from app.editions.lifecycle import TRANSITIONS, EditionRefusedError, move_edition, store_edition
from app.questionnaire.loader import DefinitionError

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
