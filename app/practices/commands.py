"""`flask practices …`: bring in a file of earlier practices, take in what was sent before there was a queue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup

from app.clock import now
from app.editions.current import edition_by_code
from app.extensions import db
from app.practices.importing.drafting import READY, STATES, Row
from app.practices.importing.mapping import Meaning, UnfitMeaningError, read_meaning, write_meaning
from app.practices.importing.matching import Matcher
from app.practices.importing.source import MOST_BYTES, Problem, UnfitFileError
from app.practices.importing.storing import (
    NothingReadyError,
    NotUndoneError,
    draft_upload,
    list_imports,
    same_file,
    take_in_upload,
    undo_import,
)
from app.practices.importing.uploads import (
    FIRST_YEAR,
    LONGEST_LABEL,
    Upload,
    change_meaning,
    drop_upload,
    keep_upload,
    read_upload,
)
from app.practices.intake import take_in_all
from app.practices.vocabulary import labels
from app.terminal import print_row

ACTOR: Final = "command"
SHOWN: Final = 20
_EXISTING: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
practices_group = AppGroup("practices", help="The practices that become public, and those of earlier editions.")


@practices_group.command("import")
@click.argument("file", type=_EXISTING)
@click.option("--edition", required=True, metavar="LABEL", help="Of which edition they are, for example 2017.")
@click.option("--year", required=True, type=click.IntRange(FIRST_YEAR, 2100), help="By which they are found.")
@click.option("--mapping", type=_EXISTING, help="How to read the file: what --write-mapping wrote, changed by you.")
@click.option("--write-mapping", type=click.Path(dir_okay=False, path_type=Path), help="Write our guess there, to be changed.")
@click.option("--confirm", is_flag=True, help="Take in what is ready; without it nothing is stored.")
@click.option("--approve", is_flag=True, help="Approve them at once, because they were public: an audit entry of its own.")
def import_file(
    file: Path, edition: str, year: int, mapping: Path | None, write_mapping: Path | None, confirm: bool, approve: bool
) -> None:
    """Show what FILE (.umap, GeoJSON or CSV) would become; with --confirm, take it in. What is not sure stays out."""
    if approve and not confirm:
        raise click.UsageError("--approve goes with --confirm")
    meaning = None if mapping is None else _meaning(mapping)
    number = _keep(file, edition, year, meaning)
    try:
        upload = read_upload(number, now())
        if write_mapping is not None:
            write_mapping.write_text(write_meaning(upload.meaning) + "\n", encoding="utf-8")
        rows, matcher = draft_upload(upload, labels("en"), now())
        _show(upload, rows, matcher)
        if confirm:
            taken = take_in_upload(number, upload.revision, labels("en"), approve=approve, actor=ACTOR, now=now())
            click.echo(
                f"import {taken}: {sum(row.state == READY for row in rows)} practices {'approved' if approve else 'waiting'}"
            )
        else:
            click.echo("nothing was stored; --confirm takes in what is ready")
    except NothingReadyError as error:
        raise click.ClickException("no feature of the file can come in (nothing was stored)") from error
    finally:
        drop_upload(number)
        db.session.commit()


@practices_group.command("imports")
@click.option("--undo", type=int, metavar="ID", help="Take all of this import away, while nothing of it was changed or public.")
def imports(undo: int | None) -> None:
    """List the files that came in, the last first, or undo one."""
    if undo is not None:
        try:
            click.echo(f"import {undo}: {undo_import(undo, actor=ACTOR, now=now())} practices taken away")
        except NotUndoneError as error:
            raise click.ClickException(f"import {undo} is not there, undone already, changed or public: withdraw it") from error
        return
    for row in list_imports(limit=1_000):
        state = "undone" if row.undone_at else "approved" if row.approved else "waiting"
        print_row(str(row.id), row.edition_label, f"{row.rows} practices", state, row.file_name)


@practices_group.command("take-in")
@click.argument("edition")
def take_in(edition: str) -> None:
    """Take in what was sent in the edition of code EDITION before there was a queue; may be stopped and started again."""
    found = edition_by_code(edition)
    if found is None:
        raise click.ClickException(f"no edition has the code {edition} (`edition list` shows them)")
    click.echo(f"{take_in_all(found, actor=ACTOR, now=now())} responses taken in")


def _meaning(file: Path) -> Meaning:
    try:
        return read_meaning(file.read_bytes())
    except UnfitMeaningError as error:
        raise click.ClickException(f"{file.name}: {error}") from error


def _keep(file: Path, edition: str, year: int, meaning: Meaning | None) -> int:
    if not edition.strip() or len(edition) > LONGEST_LABEL:
        raise click.UsageError(f"--edition is a label of at most {LONGEST_LABEL} characters")
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    try:
        number = keep_upload(
            file.name, content, edition_label=edition.strip(), year=year, labels=labels("it"), actor=ACTOR, now=now()
        )
    except UnfitFileError as error:
        lines = "\n".join(f"  {_told(one)}" for one in error.problems)
        raise click.ClickException(f"{file.name} cannot be read (nothing was stored):\n{lines}") from error
    if meaning is not None:
        change_meaning(number, meaning, now())
    return number


def _told(problem: Problem) -> str:
    where = [f"line or feature {problem.place}"] if problem.place else []
    where += [part for part in (problem.field, problem.detail) if part]
    return f"{', '.join(where)}: {problem.reason}" if where else problem.reason


def _show(upload: Upload, rows: list[Row], matcher: Matcher) -> None:
    counts = Counter(row.state for row in rows)
    click.echo(", ".join(f"{counts[state]} {state}" for state in STATES))
    for column, target in upload.meaning.columns.items():
        click.echo(f"  column {column} -> {target}")
    for name, layer in upload.meaning.layers.items():
        click.echo(f"  layer {name} -> {layer.kind or 'left out'} {layer.area}".rstrip())
    if same := same_file(upload.digest):
        click.echo(f"  this very file came in before, as import {same[0]}")
    if outside := sum(row.outside for row in rows):
        click.echo(f"  points outside of Italy, not taken: {outside}")
    away = [row for row in rows if row.state != READY]
    for row in away[:SHOWN]:
        candidates = ", ".join(matcher.label(key) for key in row.match.candidates)
        click.echo(f"  {row.place}: {row.state}, {row.match.how}{f' ({candidates})' if candidates else ''}: {row.record.title}")
    if len(away) > SHOWN:
        click.echo(f"  … and {len(away) - SHOWN} more: settle them at the desk")
