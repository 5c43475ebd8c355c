"""Addresses of entities at the desk: add, replace, end, take back; and the proposals of entities that wait for a word.

Not for: who is told of a change (`app.accounts.address_notices`).
Holds always: what was typed stands in the form again where it is refused; nothing is deleted, and what was ended can be taken
back; a new address that gets no link yet is shown with its hour, and can be stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.address_notices import change_address as change_one
from app.accounts.address_notices import decide_proposal
from app.accounts.address_stops import stop_by_staff
from app.accounts.permissions import required_staff
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.login_paging import paging
from app.desk.login_words import SOURCES
from app.desk.logins import asked_entity
from app.desk.old_pages import old_page
from app.registry.address_book import count_waiting_changes, ended_addresses
from app.registry.address_holds import open_holds
from app.registry.addresses import (
    AddressRow,
    AlreadyRegisteredError,
    UnfitAddressError,
    UnknownAddressError,
    UnknownChangeError,
    UnknownPurposeError,
    addresses_of,
    purpose_label,
    purpose_labels,
    waiting_changes,
)
from app.registry.entities import EntityRow
from app.registry.reminder_addresses import remind_address as remind_one

LONGEST = 300
END = "termina"
ROWS = 20


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """The form as it was typed."""

    purpose: str = ""
    email: str = ""


@blueprint.get("/accessi/<code>/indirizzi")
def addresses(code: str) -> str:
    """The addresses of an entity, what it proposes, and what was used before."""
    entity = asked_entity(code)
    return render_template(
        "desk/login_addresses.html",
        entity=entity,
        addresses=addresses_of(entity.id),
        ended=ended_addresses(entity.id),
        changes=waiting_changes(entity.id),
        held={hold.added_id: hold for hold in open_holds(now(), entity_id=entity.id)},
        hours=settings().address_delay_hours,
        purpose_label=purpose_label,
        sources=SOURCES,
    )


@blueprint.route("/accessi/<code>/indirizzi/nuovo", methods=["GET", "POST"], defaults={"number": None})
@blueprint.route("/accessi/<code>/indirizzi/<int(max=2147483647):number>", methods=["GET", "POST"])
def change_address(code: str, number: int | None) -> ResponseReturnValue:
    """Add an address, or put another in the place of `number`, or use that one no longer."""
    entity = asked_entity(code)
    old = _asked_address(entity, number)
    if request.method != "POST":
        return _draw(entity, old, TypedAddress(old.purpose if old else "", ""))
    typed = TypedAddress(request.form.get("purpose", ""), request.form.get("email", "")[:LONGEST].strip())
    ends = old is not None and request.form.get("azione") == END
    problems = old_page() or ([] if ends else _problems(typed))
    if not problems:
        problems = _change(entity, old, TypedAddress(old.purpose) if ends and old else typed)
    if problems:
        return _draw(entity, old, typed, problems), 422
    return redirect(url_for("desk.addresses", code=entity.code), 303)


@blueprint.post("/accessi/<code>/indirizzi/<int(max=2147483647):number>/riprendi")
def restore_address(code: str, number: int) -> ResponseReturnValue:
    """Use an address again that was ended."""
    entity = asked_entity(code)
    ended = next((row for row in ended_addresses(entity.id) if row.id == number), None)
    if ended is None:
        abort(404)
    for _target, text in _change(entity, None, TypedAddress(ended.purpose, ended.email)):
        flash(text, "warning")
    return redirect(url_for("desk.addresses", code=entity.code), 303)


@blueprint.post("/accessi/<code>/indirizzi/<int(max=2147483647):number>/ferma")
def stop_address_change(code: str, number: int) -> ResponseReturnValue:
    """Take a new address back that gets no link yet."""
    entity = asked_entity(code)
    try:
        stopped = stop_by_staff(entity, number, actor=required_staff().actor, now=now())
    except UnknownAddressError:
        flash(_("Questa modifica non è più in attesa: vale già, o qualcuno l'ha fermata."), "info")
    else:
        back = _(" Si scrive di nuovo a %(email)s.", email=stopped.replaced) if stopped.replaced else ""
        flash(_("Modifica fermata: %(email)s non è più in uso.", email=stopped.email) + back, "success")
    return redirect(url_for("desk.addresses", code=entity.code), 303)


@blueprint.post("/accessi/<code>/indirizzi/<int(max=2147483647):number>/promemoria/<any(togli, ripristina):deed>")
def remind_address(code: str, number: int, deed: str) -> ResponseReturnValue:
    """Send no reminders to a person's own address, or send them again."""
    entity = asked_entity(code)
    try:
        remind_one(entity.id, number, wanted=deed == "ripristina", actor=required_staff().actor, now=now())
    except UnknownAddressError:
        flash(_("Gli indirizzi degli uffici ricevono sempre i promemoria: si possono solo cambiare o togliere."), "warning")
    else:
        told = (
            _("L'indirizzo riceve di nuovo i promemoria.") if deed == "ripristina" else _("L'indirizzo non riceve promemoria.")
        )
        flash(told, "success")
    return redirect(url_for("desk.addresses", code=entity.code), 303)


@blueprint.get("/indirizzi")
def address_changes() -> str:
    """Every proposal that waits, the oldest first."""
    pager = paging(count_waiting_changes(), rows=ROWS)
    return render_template(
        "desk/login_changes.html",
        changes=waiting_changes(limit=ROWS, offset=pager.offset),
        pager=pager,
        purpose_label=purpose_label,
    )


@blueprint.post("/indirizzi/<int(max=2147483647):number>")
def decide_address_change(number: int) -> ResponseReturnValue:
    """Confirm or refuse a proposal."""
    decision = request.form.get("decisione", "")
    if decision not in ("conferma", "rifiuta"):
        abort(400)
    try:
        change, told = decide_proposal(number, agrees=decision == "conferma", actor=required_staff().actor, now=now())
    except UnknownChangeError:
        flash(_("Questa proposta non è più in attesa: qualcuno l'ha già decisa o ritirata."), "info")
    else:
        if decision == "conferma":
            flash(_("Confermato: vale da subito per %(name)s.", name=change.entity_label) + _told(told), "success")
        else:
            flash(_("Rifiutato: per %(name)s resta tutto com'era.", name=change.entity_label), "success")
    if code := request.form.get("ente", ""):
        return redirect(url_for("desk.addresses", code=asked_entity(code).code), 303)
    return redirect(url_for("desk.address_changes"), 303)


def _asked_address(entity: EntityRow, number: int | None) -> AddressRow | None:
    if number is None:
        return None
    found = next((row for row in addresses_of(entity.id) if row.id == number), None)
    if found is None:
        abort(404)
    return found


def _problems(typed: TypedAddress) -> list[tuple[str, str]]:
    problems = []
    if typed.purpose not in purpose_labels():
        problems.append(("purpose", _("Scegli di quale ufficio è l'indirizzo.")))
    if not typed.email:
        problems.append(("email", _("Scrivi un indirizzo e-mail, per esempio ufficio@comune.esempio.it.")))
    return problems


_REFUSALS: dict[type[Exception], Callable[[], tuple[str, str]]] = {
    UnfitAddressError: lambda: ("email", _("Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it.")),
    UnknownPurposeError: lambda: ("purpose", _("Scegli di quale ufficio è l'indirizzo.")),
    AlreadyRegisteredError: lambda: ("email", _("Questo indirizzo è già registrato per lo stesso ufficio.")),
    UnknownAddressError: lambda: ("", _("L'indirizzo da cambiare non è più in uso: torna all'elenco degli indirizzi.")),
}


def _change(entity: EntityRow, old: AddressRow | None, typed: TypedAddress) -> list[tuple[str, str]]:
    """Change it and say so; what the registry refuses, if anything. An empty address ends the old one."""
    try:
        told = change_one(
            entity,
            ends=old.id if old else None,
            purpose=typed.purpose,
            email=typed.email,
            actor=required_staff().actor,
            now=now(),
        )
    except tuple(_REFUSALS) as error:
        return [_REFUSALS[type(error)]()]
    flash((_("Indirizzo registrato.") if typed.email else _("Indirizzo non più in uso.")) + _told(told), "success")
    return []


def _told(told: list[str]) -> str:
    text = _("Un avviso va a: %(to)s.", to=", ".join(told)) if told else _("Non c'era nessuno da avvisare.")
    return f" {text}"


def _draw(entity: EntityRow, old: AddressRow | None, typed: TypedAddress, problems: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "desk/login_address.html",
        entity=entity,
        old=old,
        typed=typed,
        problems=problems or [],
        errors=dict(problems or []),
        purposes=list(purpose_labels().items()),
    )
