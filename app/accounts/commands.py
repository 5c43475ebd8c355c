"""`flask entity …`: links for those who sign in, who can, resets, and who has received nothing.

Not for: what depends on the edition (`app.access.commands` adds it to the same group).
"""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.accounts.entity_accounts import list_accounts
from app.accounts.links import UnknownEntityError, create_activation_link
from app.accounts.login_runs import RunRow, UnknownRunError, run_by_id, work_off
from app.accounts.requests import OUTCOMES, UnknownRequestError, count_open_requests, handle_request, open_requests
from app.accounts.resets import reset_login
from app.clock import now
from app.config import settings
from app.registry.addresses import masked
from app.terminal import print_row

entity_group = AppGroup("entity", help="The logins of those who answer.")
ACTOR = "command"
MOST_LISTED = 1_000


def unknown_entity(code: str) -> click.ClickException:
    """What to tell whoever typed the code of nobody."""
    return click.ClickException(
        f"no entity in force has the code {code}; codes are text, as in 001001 (`entity list` shows all)"
    )


@entity_group.command("activate")
@click.argument("code")
def activate(code: str) -> None:
    """Print a single-use link with which the entity CODE sets its password; older links of it end."""
    try:
        link = create_activation_link(code, now())
    except UnknownEntityError as error:
        raise unknown_entity(code) from error
    click.echo(link)
    click.echo(f"good for {settings().activation_days} days, for one use", err=True)


@entity_group.command("list")
@click.option("--activated", is_flag=True, help="Only those whose password is set.")
def list_all(activated: bool) -> None:
    """Show code, name and since when each entity has its password."""
    for account in list_accounts(activated_only=activated):
        since = account.activated_at.strftime("%Y-%m-%d %H:%M UTC") if account.activated_at else "not activated"
        click.echo(f"{account.code}\t{account.label}\t{since}")


@entity_group.command("reset")
@click.argument("code")
def reset(code: str) -> None:
    """End the password, sessions, links and letter's code of the entity CODE, and send it a link for a new password."""
    try:
        recipients = reset_login(code, actor=ACTOR, now=now())
    except UnknownEntityError as error:
        raise unknown_entity(code) from error
    click.echo(f"{code}: password, sessions, links and code have ended; its answers stay")
    if recipients:
        click.echo(f"a link for a new password is on its way to {', '.join(masked(email) for email in recipients)}")
    else:
        click.echo(f"no address is registered: `entity activate {code}` prints a link", err=True)


@entity_group.command("run")
@click.argument("number", type=int)
def run(number: int) -> None:
    """Work off the confirmed run NUMBER of resets, prepared in the desk's pages. Begin it again as often as you like."""
    found = _run(number)
    if found.state in ("prepared", "discarded"):
        raise click.ClickException(f"run {number} has not been confirmed: that is done in the desk's pages")
    while work_off(number, now):
        told = _run(number)
        click.echo(f"{told.settled} of {told.total}", err=True)
    counts = _run(number).counts
    click.echo(f"run {number}: {counts['done']} reset, {counts['no_address']} reset without an address to write to", nl=False)
    click.echo(f", {counts['failed']} failed, {counts['waiting']} left as they were")


def _run(number: int) -> RunRow:
    try:
        return run_by_id(number)
    except UnknownRunError as error:
        raise click.ClickException(f"there is no run {number}") from error


@entity_group.command("requests")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, MOST_LISTED), help="How many, oldest first.")
@click.option("--handled", type=int, metavar="ID", help="Note that this one has been seen to.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="answered", show_default=True, help="How, with --handled.")
def requests(limit: int, handled: int | None, outcome: str) -> None:
    """Show who has received nothing and waits for an answer. Personal data: keep the list to yourself."""
    if handled is not None:
        try:
            handle_request(handled, outcome=outcome, handled_by=ACTOR, now=now())
        except UnknownRequestError as error:
            raise click.ClickException(f"no request {handled} waits (`entity requests` shows those that do)") from error
        click.echo(f"request {handled}: {outcome}")
        return
    waiting = open_requests(limit)
    if not waiting:
        click.echo("nobody waits")
    for one in waiting:
        asked = one.created_at.strftime("%Y-%m-%d %H:%M UTC")
        who = (one.name, one.office, one.email, one.phone)
        print_row(one.id, asked, one.entity_code, one.entity_label, *who, one.note)
    left = count_open_requests() - len(waiting)
    if left > 0:
        click.echo(f"{left} more, asked later: --limit {min(len(waiting) + left, MOST_LISTED)} shows them", err=True)
