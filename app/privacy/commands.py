"""`flask privacy …`: terms, and the personal data of one who filled in: export and erasure."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.clock import now
from app.database import unit_of_work
from app.privacy.erasing import NothingToEraseError, erase_operator
from app.privacy.purging import length_of, purge, what_is_due

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
