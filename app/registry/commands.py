"""`flask registry …`: bring the registry up to its file, import others after a preview, look things up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from flask.cli import AppGroup

from app.clock import now
from app.database import unit_of_work
from app.registry.addresses import addresses_of
from app.registry.associations import AssociationRow, association_rows
from app.registry.entities import EntityRow, find_by_code
from app.registry.imports.plan import SOURCES, Plan, PlanOutdatedError, PlanRefusedError, apply_import, plan_import
from app.registry.load import SHIPPED, RegistryFileError, load_municipalities

SHOWN = 20
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


@registry_group.command("import")
@click.argument("kind", type=click.Choice(sorted(SOURCES)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--confirm", "digest", metavar="DIGEST", help="Apply the plan whose preview ended with this digest.")
@click.option("--all", "everything", is_flag=True, help=f"Show every change and note, not the first {SHOWN}.")
def import_file(kind: str, file: Path, digest: str | None, everything: bool) -> None:
    """Show what FILE would change; with --confirm, change it."""
    instant = now()
    with unit_of_work(writes=digest is not None):
        plan = plan_import(kind, file, instant) if digest is None else _applied(kind, file, digest, instant)
    _show(plan, None if everything else SHOWN)
    if plan.problems:
        raise click.ClickException(f"{len(plan.problems)} problems in {file.name}: nothing was changed")
    if digest is not None:
        click.echo("done")
    elif plan.changes:
        click.echo(f"nothing was changed yet; to apply exactly this: --confirm {plan.digest}")
    else:
        click.echo("there is nothing to change")


@registry_group.command("addresses")
@click.argument("code")
def addresses(code: str) -> None:
    """List the addresses in use of the entity CODE."""
    entity = _entity(code)
    for row in addresses_of(entity.id):
        click.echo(f"{row.purpose}\t{row.email}\t{row.source}\t{row.created_at:%Y-%m-%d}")


@registry_group.command("associations")
@click.argument("code", required=False)
def associations(code: str | None) -> None:
    """List today's associations: all, or those that the entity CODE leads or is a member of."""
    today = now().date()
    if code is None:
        for row in association_rows(today):
            click.echo(_line(row))
        return
    entity = _entity(code)
    own = association_rows(today, lead_ids=[entity.id]) + association_rows(today, member_ids=[entity.id])
    for row in {row.code: row for row in own}.values():
        click.echo(_line(row))
        for member in row.members:
            click.echo(f"  {member.code}\t{member.label}")


def _entity(code: str) -> EntityRow:
    entity = find_by_code(code)
    if entity is None:
        raise click.ClickException(f"no entity has the code {code}")
    return entity


def _line(row: AssociationRow) -> str:
    lead = f"{row.lead.label} [{row.lead.code}]" if row.lead is not None else "nobody"
    return f"{row.code}\t{row.kind}\t{row.name}\tled by {lead}\t{len(row.members)} members"


def _applied(kind: str, file: Path, digest: str, instant: dt.datetime) -> Plan:
    try:
        return apply_import(kind, file, digest, actor="command", now=instant)
    except PlanRefusedError as error:
        return error.plan
    except PlanOutdatedError as error:
        message = "file or registry have changed since that preview: look at a new one (nothing was changed)"
        raise click.ClickException(message) from error


def _show(plan: Plan, most: int | None) -> None:
    click.echo(", ".join(f"{count} {group}" for group, count in plan.counts().items()))
    for change in plan.changes[:most]:
        click.echo(f"  {change.group}, line {change.line}: {change.text}")
    _tell_more(len(plan.changes), most)
    for line, message in plan.notes[:most]:
        click.echo(f"  note, {_place(line)}: {message}")
    _tell_more(len(plan.notes), most)
    for line, message in plan.problems:
        click.echo(f"  problem, {_place(line)}: {message}", err=True)


def _tell_more(count: int, most: int | None) -> None:
    if most is not None and count > most:
        click.echo(f"  … and {count - most} more (--all shows them)")


def _place(line: int) -> str:
    return f"line {line}" if line else "the file"
