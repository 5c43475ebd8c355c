"""The form by which an entity proposes another address, and taking a proposal back.

Not for: confirming it (the desk does) or showing the addresses (`entity.py`).
Holds always: no address in use changes here; what was typed stands in the form again where it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity
from app.fill.saving import sent_for_another
from app.registry.addresses import (
    AddressRow,
    AlreadyRegisteredError,
    TooManyChangesError,
    UnfitAddressError,
    UnknownAddressError,
    UnknownChangeError,
    UnknownPurposeError,
    addresses_of,
    propose_change,
    purpose_labels,
    withdraw_change,
)

END = "termina"
LONGEST = 300


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """The form as it was typed. `ends`: the address is to be used no longer."""

    purpose: str = ""
    email: str = ""
    ends: bool = False


@blueprint.route("/ente/indirizzi", methods=["GET", "POST"], defaults={"number": None})
@blueprint.route("/ente/indirizzi/<int:number>", methods=["GET", "POST"])
def address(number: int | None) -> ResponseReturnValue:
    """Propose a new address, or another one in place of `number`, or to use that one no longer."""
    who = identity()
    old = _own_address(who.entity_id, number)
    if request.method != "POST":
        return _draw(old, TypedAddress(purpose=old.purpose if old else ""))
    if sent_for_another(who.entity_code):
        return redirect(url_for("fill.entity"), 303)
    typed = TypedAddress(
        request.form.get("purpose", ""),
        request.form.get("email", "")[:LONGEST].strip(),
        old is not None and request.form.get("azione") == END,
    )
    if g.get("csrf_failed"):
        flash(_("La pagina era aperta da troppo tempo: controlla l'indirizzo e invialo di nuovo."), "error")
        return _draw(old, typed), 400
    problems = _problems(typed)
    if not problems:
        problems = _propose(who.entity_id, old, typed)
    if problems:
        return _draw(old, typed, problems), 422
    flash(_("Proposta registrata: vale dopo la conferma della segreteria. Fino ad allora resta tutto com'è."), "success")
    return redirect(url_for("fill.entity"), 303)


def _own_address(entity_id: int, number: int | None) -> AddressRow | None:
    if number is None:
        return None
    found = next((row for row in addresses_of(entity_id) if row.id == number), None)
    if found is None:
        abort(404)
    return found


def _problems(typed: TypedAddress) -> list[tuple[str, str]]:
    problems = []
    if typed.purpose not in purpose_labels():
        problems.append(("purpose", _("Scegli di quale ufficio è l'indirizzo.")))
    if not typed.ends and not typed.email:
        problems.append(("email", _("Scrivi un indirizzo e-mail, per esempio ufficio@comune.esempio.it.")))
    return problems


_REFUSALS: dict[type[Exception], Callable[[], tuple[str, str]]] = {
    UnfitAddressError: lambda: (
        "email",
        _("Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it."),
    ),
    UnknownPurposeError: lambda: ("purpose", _("Scegli di quale ufficio è l'indirizzo.")),
    AlreadyRegisteredError: lambda: ("email", _("Questo indirizzo è già registrato per lo stesso ufficio.")),
    UnknownAddressError: lambda: ("", _("L'indirizzo da cambiare non è più in uso: torna alla pagina dell'ente.")),
    TooManyChangesError: lambda: ("", _("Ci sono già molte proposte in attesa: ritirane una o aspetta la conferma.")),
}


def _propose(entity_id: int, old: AddressRow | None, typed: TypedAddress) -> list[tuple[str, str]]:
    """What the registry refuses, if anything."""
    try:
        propose_change(
            entity_id,
            purpose=typed.purpose,
            email="" if typed.ends else typed.email,
            replaces_id=old.id if old else None,
            proposed_by=f"operator:{identity().operator_id}",
            now=now(),
        )
    except tuple(_REFUSALS) as error:
        return [_REFUSALS[type(error)]()]
    return []


def _draw(old: AddressRow | None, typed: TypedAddress, problems: list[tuple[str, str]] | None = None) -> str:
    errors: dict[str, Any] = dict(problems or ())
    return render_template(
        "fill/address.html",
        old=old,
        typed=typed,
        problems=problems or [],
        errors=errors,
        purposes=list(purpose_labels().items()),
    )


@blueprint.post("/ente/modifiche/<int(max=2147483647):number>/ritira")
def withdraw_address(number: int) -> ResponseReturnValue:
    """Take back a proposal that waits."""
    who = identity()
    try:
        withdraw_change(who.entity_id, number, now(), actor=f"operator:{who.operator_id}")
    except UnknownChangeError:
        flash(_("Questa proposta non è più in attesa."), "info")
    else:
        flash(_("Proposta ritirata."), "success")
    return redirect(url_for("fill.entity"), 303)
