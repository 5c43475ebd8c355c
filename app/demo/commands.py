"""`flask demo …`: a demonstration on one's own machine."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.clock import now
from app.config import settings
from app.demo.desk import UnknownMemberError, demo_code, load_demo_staff, staff_lines
from app.demo.filling import NoOpenEditionError, fill_synthetic
from app.demo.loading import NotLocalError, account_lines, load_demo
from app.demo.practices import load_practices, publish_share
from app.editions.lifecycle import EditionRefusedError
from app.registry.imports.plan import PlanRefusedError
from app.registry.load import RegistryFileError

demo_group = AppGroup("demo", help="A demonstration on your own machine; refuses where the base URL is not local.")


@demo_group.command("load")
def load() -> None:
    """Load the registry and an open edition, and print who can sign in: three municipalities, a Unione, and staff."""
    try:
        accounts = load_demo(settings(), now())
        members = load_demo_staff(settings(), now())
        load_practices(settings(), now())
    except (NotLocalError, EditionRefusedError, RegistryFileError, PlanRefusedError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(account_lines(settings().base_url, accounts)))
    click.echo("\n".join(staff_lines(settings().base_url, members)))


@demo_group.command("code")
@click.argument("email")
def code(email: str) -> None:
    """Print the six digits that a phone of the member of staff EMAIL would show now."""
    try:
        click.echo(demo_code(settings(), email, now()))
    except NotLocalError as error:
        raise click.ClickException(str(error)) from error
    except UnknownMemberError as error:
        raise click.ClickException(f"nobody of the staff has the address {email} (`staff list` shows all)") from error


@demo_group.command("fill")
@click.option("--share", type=click.FloatRange(0, 1), default=0.3, show_default=True, help="Of the municipalities.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same answers.")
def fill(share: float, seed: int) -> None:
    """Answer for a share of the municipalities with synthetic answers, marked so."""
    try:
        with click.progressbar(fill_synthetic(settings(), share, now(), seed=seed), label="Synthetic answers") as progress:
            total = 0
            for done, of in progress:
                progress.length = of
                total = done
        public = publish_share(settings(), now())
    except (NotLocalError, NoOpenEditionError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{total} municipalities answered synthetically; {public} practices published")
