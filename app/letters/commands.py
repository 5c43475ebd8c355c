"""`flask letter …`: the letter of one entity, or of thousands in a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import AppGroup

from app.audit.chain import record
from app.clock import now
from app.editions.current import EditionView, current_edition, edition_by_code
from app.extensions import db
from app.letters.files import private_file
from app.letters.printing import pdf_of_letter, print_page
from app.letters.running import LettersRefusedError, refuse_if_over, run_letters
from app.letters.writing import letter_for
from app.registry.entities import entities_in_force, find_by_code, is_in_force

letter_group = AppGroup("letter", help="Letters with which an entity gets in: each holds its code.")
_edition = click.option("--edition", "edition_code", help="Of which edition; the current one unless named.")


@letter_group.command("print")
@click.argument("code")
@click.option("--html", "as_page", is_flag=True, help="A page instead of a PDF.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to; CODE.pdf or CODE.html here.")
@_edition
def print_one(code: str, as_page: bool, output: Path | None, edition_code: str | None) -> None:
    """Make the letter of the entity CODE. Its code is the same each time, until it is used or withdrawn."""
    edition = _wanted(edition_code)
    entity = find_by_code(code)
    if entity is None or not is_in_force(entity.id):
        raise click.ClickException(f"no entity in force has the code {code}; codes are text, as in 001001")
    instant = now()
    try:
        refuse_if_over(edition, instant)
    except LettersRefusedError as error:
        raise click.ClickException(str(error)) from error
    letter = letter_for(entity, edition, instant)
    content = print_page(letter).encode() if as_page else pdf_of_letter(letter)
    record("letters_made", actor="command", subject=f"entity:{entity.code}", detail={"letters": 1}, now=instant)
    db.session.commit()
    target = output or Path(f"{entity.code}.{'html' if as_page else 'pdf'}")
    try:
        with private_file(target) as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from error
    click.echo(f"letter of {entity.label}: {target}")


@letter_group.command("run")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The zip file to write.")
@click.option("--region", help="Only of this Region, by its two-digit code: 09.")
@click.option("--kind", help="Only of this kind: municipality, union, …")
@click.option("--together", is_flag=True, help="A hundred letters in each PDF, to print, instead of a PDF for each entity.")
@_edition
def run_all(output: Path, region: str | None, kind: str | None, together: bool, edition_code: str | None) -> None:
    """Make the letters of all entities in force into one zip file, with a list. Run it again as often as you like."""
    edition = _wanted(edition_code)
    entities = entities_in_force(kind=kind, region_code=region)
    try:
        done = _show(run_letters(entities, edition, now(), output, actor="command", together=together), len(entities))
    except LettersRefusedError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    click.echo(f"{done} letters of {len(entities)}: {output}. They hold codes: keep the file as you would keep passwords.")


def _show(steps: Iterator[int], total: int) -> int:
    """Show how far a run is: a bar on a terminal, else a line for each tenth. How many were done at the end."""
    done, told, began = 0, 0, time.monotonic()
    with click.progressbar(length=total, label="Letters", show_pos=True, hidden=not sys.stdout.isatty()) as bar:
        for count in steps:
            bar.update(count - done)
            done = count
            if bar.hidden and done * 10 // total > told:
                told = done * 10 // total
                left = (time.monotonic() - began) * (total - done) / done
                click.echo(f"{done} of {total} letters, {left:.0f} s left")
    return done


def _wanted(code: str | None) -> EditionView:
    edition = current_edition() if code is None else edition_by_code(code)
    if edition is None:
        raise click.ClickException("there is no such edition: `edition list` shows them")
    return edition
