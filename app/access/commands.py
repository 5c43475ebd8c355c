"""`flask entity …`, the commands that need to know which edition is on: the letter's code, an invitation by e-mail."""

from __future__ import annotations

import click

from app.access.deadlines import edition_for
from app.accounts.codes import format_code, issue_code
from app.accounts.commands import ACTOR, entity_group, unknown_entity
from app.accounts.links import UnknownEntityError, entity_in_force
from app.accounts.messages import Occasion
from app.accounts.sending import AlreadyActivatedError, NoAddressError, invite_entity
from app.audit.chain import record
from app.clock import now
from app.editions.current import EditionView
from app.editions.files import ROME
from app.extensions import db
from app.registry.addresses import masked
from app.registry.entities import EntityRow


@entity_group.command("code")
@click.argument("code")
def code(code: str) -> None:
    """Print the code of the letter to the entity CODE in the current edition: the same until it is used or a reset ends it."""
    entity, edition = _entity_and_edition(code)
    printed = format_code(issue_code(edition, entity.id, now()))
    record("activation_code_shown", actor=ACTOR, subject=f"entity:{code}", detail={"edition": edition.code}, now=now())
    db.session.commit()
    click.echo(printed)
    click.echo(f"good until {edition.deadline.astimezone(ROME):%Y-%m-%d %H:%M}, for one use", err=True)


@entity_group.command("invite")
@click.argument("code")
def invite(code: str) -> None:
    """Send the entity CODE a link to activate its access, at its registered addresses."""
    _, edition = _entity_and_edition(code)
    occasion = Occasion(edition.title, edition.deadline)
    try:
        recipients = invite_entity(code, actor=ACTOR, now=now(), occasion=occasion)
    except AlreadyActivatedError as error:
        raise click.ClickException(f"{code} has its password; `entity reset {code}` ends it and sends a link") from error
    except NoAddressError as error:
        raise click.ClickException(f"{code} has no registered address: `entity activate {code}` prints a link") from error
    click.echo(f"a link is on its way to {', '.join(masked(email) for email in recipients)}")


def _entity_and_edition(code: str) -> tuple[EntityRow, EditionView]:
    try:
        entity = entity_in_force(code)
    except UnknownEntityError as error:
        raise unknown_entity(code) from error
    edition = edition_for(entity.id)
    if edition is None:
        raise click.ClickException("there is no edition yet: `edition load FILE` makes one")
    return entity, edition
