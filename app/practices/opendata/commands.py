"""`flask practices …`: the files of the open data, made before somebody asks for them."""

from __future__ import annotations

import click

from app.database import unit_of_work
from app.practices.commands import practices_group
from app.practices.opendata.files import make_files
from app.practices.published import current_version, list_versions
from app.terminal import print_row


@practices_group.command("files")
@click.option("--all", "every", is_flag=True, help="Of every version, not of the last one alone.")
@click.option("--again", is_flag=True, help="Also those that are there: after another base URL, licence or holder.")
def files(every: bool, again: bool) -> None:
    """Make the files of the open data, so that nobody waits for them; a line each: version, bytes, SHA-256, name."""
    with unit_of_work(writes=False):  # so that others can write while a file is made
        last = current_version()
        versions = list_versions() if every else [last] if last else []
        for version in versions:
            for one in make_files(version, again=again):
                print_row(version.number, one.bytes, one.sha256, one.name)
    if not versions:
        click.echo("nothing has been published yet")
