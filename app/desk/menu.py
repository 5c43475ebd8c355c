"""The menu of the desk: its pages in order, each with whom the table of permissions lets in; a role sees what it may open.

Not for: permission itself (`app.accounts.permissions` refuses, whatever a menu shows).
Holds always: an entry stands here once its page exists, under the requirement that its page has. A page below an entry names it
in its template, `{% set section = 'desk.entities' %}`, so that the menu shows where one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.permission_table import (
    ADMINISTER,
    COORDINATE,
    DESK,
    FOLLOW,
    INITIATE,
    PREPARE,
    REVIEW,
    ROLES_FOR,
    Requirement,
)
from app.accounts.permissions import staff_signed_in
from app.accounts.roles import role_name
from app.desk import blueprint


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One page: its endpoint, what the menu calls it, who may open it."""

    endpoint: str
    label: LazyString
    requirement: Requirement


MENU: Final = (
    MenuEntry("desk.home", _l("Oggi"), DESK),
    MenuEntry("desk.responses", _l("Risposte"), FOLLOW),
    MenuEntry("desk.calls", _l("Telefonate"), FOLLOW),
    MenuEntry("desk.threads", _l("Messaggi"), FOLLOW),
    MenuEntry("desk.practices", _l("Pratiche"), REVIEW),
    MenuEntry("desk.initiatives", _l("Iniziative"), INITIATE),
    MenuEntry("desk.batches", _l("Promemoria"), COORDINATE),
    MenuEntry("desk.editions", _l("Edizioni"), COORDINATE),
    MenuEntry("desk.access_requests", _l("Richieste"), PREPARE),
    MenuEntry("desk.address_changes", _l("Indirizzi"), PREPARE),
    MenuEntry("desk.letter_runs", _l("Lettere"), PREPARE),
    MenuEntry("desk.deliveries", _l("Consegne"), PREPARE),
    MenuEntry("desk.mail_status", _l("Posta"), PREPARE),
    MenuEntry("desk.logins", _l("Accessi"), ADMINISTER),
    MenuEntry("desk.members", _l("Utenti"), ADMINISTER),
    MenuEntry("desk.log", _l("Registro"), ADMINISTER),
)


def menu_for(role: str) -> list[MenuEntry]:
    """What somebody of this role may open, in order."""
    return [entry for entry in MENU if role in ROLES_FOR[entry.requirement]]


@blueprint.context_processor
def desk_names() -> dict[str, Any]:
    """What the desk's templates can name beside the names of all pages."""
    staff = staff_signed_in()
    if staff is None:
        return {}
    return {"desk_menu": menu_for(staff.role), "desk_role": role_name(staff.role)}
