"""`flask coverage …`: how far an edition has come, and which municipalities two entities claim."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.clock import now
from app.editions.current import EditionView, current_edition, edition_by_code
from app.responses.coverage import Counts, Tally, counts, counts_by_region, double_claims

coverage_group = AppGroup("coverage", help="Who has answered, and for whom.")


@coverage_group.command("counts")
@click.argument("edition", required=False)
@click.option("--regions", is_flag=True, help="A line for each Region as well.")
def show_counts(edition: str | None, regions: bool) -> None:
    """Count the municipalities answered and covered in EDITION, the current one unless named, with their residents."""
    chosen, instant = _edition(edition), now()
    _show("Italy", counts(chosen.id, instant))
    for region in counts_by_region(chosen.id, instant) if regions else ():
        _show(region.name or "no Region", region.counts)


@coverage_group.command("double")
@click.argument("edition", required=False)
def show_double_claims(edition: str | None) -> None:
    """List the municipalities that two or more entities claim in EDITION, with those who claim them."""
    found = double_claims(_edition(edition).id, now())
    for claim in found:
        leads = ", ".join(f"{lead.label} [{lead.code}]" for lead in claim.leads)
        click.echo(f"{claim.member.code}\t{claim.member.label}\t{leads}")
    if not found:
        click.echo("no municipality is claimed twice")


def _edition(code: str | None) -> EditionView:
    found = current_edition() if code is None else edition_by_code(code)
    if found is None:
        raise click.ClickException("there is no current edition" if code is None else f"there is no edition {code}")
    return found


def _show(where: str, counted: Counts) -> None:
    parts = ("answered", "covered", "both", "represented", "declared", "claimed")
    told = [f"{name} {_tally(getattr(counted, name))}" for name in parts]
    click.echo(f"{where}: {_tally(counted.universe)} municipalities; {'; '.join(told)}")


def _tally(tally: Tally) -> str:
    return f"{tally.municipalities} ({tally.population} residents)"
