"""`flask privacy …`: terms, and the personal data of one who filled in: export and erasure."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from app.accounts.operators import operator_names
from app.audit.chain import record
from app.clock import now
from app.database import unit_of_work
from app.extensions import db
from app.privacy.erasing import NothingToEraseError, erase_operator
from app.privacy.exporting import UnknownPersonError, person_data
from app.privacy.purging import length_of, purge, what_is_due
from app.registry.entities import find_by_code
from app.terminal import print_row

privacy_group = AppGroup("privacy", help="Personal data: what is over its term, one person's export and erasure.")
ACTOR = "command"


@privacy_group.command("purge")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
def purge_command(dry_run: bool) -> None:
    """Forget what is over its term (the settings retention_…). Run it daily; a run that was broken off goes on."""
    instant = now()
    if dry_run:
        with unit_of_work(writes=False):
            for due in what_is_due(instant):
                length, unit = length_of(due.term)
                until = f"{due.before:%Y-%m-%d}" if due.before else "never"
                click.echo(f"{due.number:9} {due.term.name:40} {length:5} {unit:6} before {until}")
        return
    total: dict[str, int] = {}
    for term, gone in purge(ACTOR, instant):
        total[term.name] = gone
    for name, number in total.items():
        click.echo(f"{number:9} {name}")
    click.echo(f"{sum(total.values())} rows forgotten")


@privacy_group.command("people")
@click.argument("code")
def people(code: str) -> None:
    """Show the numbers and names of those who filled in for the entity CODE. Personal data: keep the list to yourself."""
    entity = find_by_code(code)
    if entity is None:
        raise click.ClickException(f"no entity in force has the code {code}")
    for number, name in operator_names(entity.id).items():
        print_row(number, name)


@privacy_group.command("export")
@click.argument("operator", type=int)
def export(operator: int) -> None:
    """Print as JSON all that is kept of the OPERATOR of this number (`privacy people` shows them)."""
    try:
        found = person_data(operator)
    except UnknownPersonError as error:
        raise click.ClickException(f"there is nobody of number {operator}") from error
    record("operator_exported", actor=ACTOR, subject=f"operator:{operator}", detail={}, now=now())
    db.session.commit()
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@privacy_group.command("erase")
@click.argument("operator", type=int)
@click.confirmation_option(prompt="The person's data cannot be brought back. Erase them?")
def erase(operator: int) -> None:
    """Erase the personal data of the OPERATOR of this number (`privacy people` shows them); the entity's answers stay."""
    try:
        erase_operator(operator, actor=ACTOR, now=now())
    except NothingToEraseError as error:
        raise click.ClickException(f"there is nobody of number {operator} whose data could be erased") from error
    click.echo(f"operator {operator}: erased")
