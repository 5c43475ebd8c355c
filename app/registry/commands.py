"""`flask registry …`: bring the registry up to its file."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import now
from app.registry.load import SHIPPED, RegistryFileError, load_municipalities

registry_group = AppGroup("registry", help="The entities that can be asked.")


@registry_group.command("load")
@click.argument("file", type=click.Path(path_type=Path), default=SHIPPED)
def load(file: Path) -> None:
    """Load the municipalities of FILE, the shipped list unless another is named."""
    try:
        report = load_municipalities(now(), file)
    except RegistryFileError as error:
        raise click.ClickException(f"{error} (nothing was changed)") from error
    click.echo(
        f"municipalities: {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.not_in_file} not in the file and left as they are"
    )
