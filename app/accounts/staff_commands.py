"""`flask staff …`: the accounts of those who work at the desk, for whoever may log in to the server; above all the first one.

Not for: setting anybody's password: a command prints a single-use link, with which its owner does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import click
from flask.cli import AppGroup

from app.accounts.staff import ROLES, StaffRow, last_sign_ins, list_staff, staff_by_email
from app.accounts.staff_accounts import (
    StaffRefusedError,
    add_member,
    change_role,
    disable_member,
    enable_member,
    reset_member,
)
from app.accounts.staff_links import LINK_DAYS
from app.clock import now
from app.terminal import print_row

Outcome = TypeVar("Outcome")
staff_group = AppGroup("staff", help="Those who work at the desk.")
ACTOR: Final = "command"
_REASONS: Final = {
    "name": "write a name of 1 to 200 printable characters",
    "email": "this is no e-mail address",
    "taken": "somebody has this address already (`staff list` shows all)",
    "role": f"a role is one of {', '.join(ROLES)}",
    "region_missing": "a territory's person needs --region and the two digits of a Region, as in 09",
    "region_unknown": "the registry has no Region of this code: two digits, as in 09 (`registry load` first)",
    "region_unwanted": "--region is for the role territory alone",
    "own_account": "nobody does this to their own account",
    "last_administrator": "this is the last administrator who can sign in: activate another one first",
    "unknown": "there is no such member",
    "disabled": "this account is disabled: `staff enable` opens it",
}
_ROLE = click.Choice(ROLES)
_REGION = click.option("--region", "region", metavar="CODE", help="The Region's two digits, for the role territory alone.")


@staff_group.command("add")
@click.argument("email")
@click.argument("name")
@click.argument("role", type=_ROLE)
@_REGION
def add(email: str, name: str, role: str, region: str | None) -> None:
    """Add NAME at EMAIL in this ROLE, and print the single-use link with which they set password and second factor."""
    _print_link(_told(lambda: add_member(email, name, role, region, actor=ACTOR, now=now(), mail=False)))


@staff_group.command("list")
def list_all() -> None:
    """Show address, name, role, Region, state and last sign-in of everybody. Personal data: keep the list to yourself."""
    last = last_sign_ins()
    for row in list_staff():
        state = "disabled" if row.disabled_at else ("active" if row.activated else "not activated")
        seen = f"{last[row.id]:%Y-%m-%d %H:%M UTC}" if row.id in last else "never"
        print_row(row.email, row.name, row.role, row.region_code or "", state, seen)


@staff_group.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """End password, second factor, sessions and links of EMAIL, and print a new link."""
    member = _member(email)
    _print_link(_told(lambda: reset_member(member.id, actor=ACTOR, now=now(), mail=False)))


@staff_group.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Close the account of EMAIL: sessions and links end at once, what was done stays."""
    member = _member(email)
    _told(lambda: disable_member(member.id, actor=ACTOR, now=now()))
    click.echo(f"{member.email}: disabled")


@staff_group.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Open the account of EMAIL again, as it was."""
    member = _member(email)
    _told(lambda: enable_member(member.id, actor=ACTOR, now=now()))
    click.echo(f"{member.email}: enabled")


@staff_group.command("role")
@click.argument("email")
@click.argument("role", type=_ROLE)
@_REGION
def role(email: str, role: str, region: str | None) -> None:
    """Give EMAIL another ROLE, from their next page on."""
    member = _member(email)
    _told(lambda: change_role(member.id, role, region, actor=ACTOR, now=now()))
    click.echo(f"{member.email}: {role}{f' of Region {region}' if region else ''}")


def _member(email: str) -> StaffRow:
    found = staff_by_email(email)
    if found is None:
        raise click.ClickException(f"nobody has the address {email} (`staff list` shows all)")
    return found


def _told(deed: Callable[[], Outcome]) -> Outcome:
    try:
        return deed()
    except StaffRefusedError as error:
        raise click.ClickException(_REASONS[error.reason]) from error


def _print_link(link: str) -> None:
    click.echo(link)
    click.echo(f"good for {LINK_DAYS} days, for one use; hand it to its owner alone", err=True)
