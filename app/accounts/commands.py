"""`flask entity …`: links for those who sign in, and who can."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.accounts.entity_accounts import list_accounts
from app.accounts.links import UnknownEntityError, create_activation_link
from app.clock import now
from app.config import settings

entity_group = AppGroup("entity", help="The logins of those who answer.")


@entity_group.command("activate")
@click.argument("code")
def activate(code: str) -> None:
    """Print a single-use link with which the entity CODE sets its password; older links of it end."""
    try:
        link = create_activation_link(code, now())
    except UnknownEntityError as error:
        message = f"no entity in force has the code {code}; codes are text, as in 001001 (`entity list` shows all)"
        raise click.ClickException(message) from error
    click.echo(link)
    click.echo(f"good for {settings().activation_days} days, for one use", err=True)


@entity_group.command("list")
@click.option("--activated", is_flag=True, help="Only those whose password is set.")
def list_all(activated: bool) -> None:
    """Show code, name and since when each entity has its password."""
    for account in list_accounts(activated_only=activated):
        since = account.activated_at.strftime("%Y-%m-%d %H:%M UTC") if account.activated_at else "not activated"
        click.echo(f"{account.code}\t{account.label}\t{since}")
