"""Who fills in for the entity and where somebody is signed in: taking a person from the list, ending sessions; the reminders to
a person's own address, and the language in which the entity is written to.

Not for: adding or choosing a person (`access`) or showing the lists (`entity.py`).
Holds always: an operator or a session of another entity is as if it did not exist; what is taken away here can be put back, or
signed in again.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.operators import OperatorAtWorkError, UnknownOperatorError, remove_operator, restore_operator
from app.accounts.reminded import DeadStopError, set_reminders
from app.accounts.session_list import end_other_sessions, end_session_of
from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity
from app.registry.entity_languages import UnknownLanguageError, choose_language


@blueprint.post("/ente/persone/<int(max=2147483647):number>/<any(togli, ripristina):deed>")
def change_person(number: int, deed: str) -> ResponseReturnValue:
    """Take a person from the list of those who fill in, or put one back."""
    who = identity()
    try:
        if deed == "togli":
            name = remove_operator(who.entity_id, number, by=who.operator_id, now=now())
            flash(_("%(name)s non è più nell'elenco. Se serve, ripristinala da «Persone tolte».", name=name), "success")
        else:
            flash(_("%(name)s è di nuovo nell'elenco.", name=restore_operator(who.entity_id, number, now())), "success")
    except OperatorAtWorkError:
        flash(_("Stai compilando tu: prima cambia chi compila, poi togli questa persona."), "warning")
    except UnknownOperatorError:
        flash(_("Questa persona non è nell'elenco."), "info")
    return redirect(url_for("fill.entity"), 303)


@blueprint.post("/ente/persone/<int(max=2147483647):number>/promemoria/<any(togli, ripristina):deed>")
def change_reminders(number: int, deed: str) -> ResponseReturnValue:
    """End the reminders to one's own address, or begin again: only for oneself."""
    who = identity()
    if number != who.operator_id:
        flash(_("Ognuno decide per il proprio indirizzo: chi compila può cambiarlo quando è il suo turno."), "warning")
        return redirect(url_for("fill.entity") + "#persone", 303)
    try:
        set_reminders(number, wanted=deed == "ripristina", now=now())
    except DeadStopError:
        flash(_("Prima verifica il tuo indirizzo: finché non è verificato non riceve promemoria."), "info")
    else:
        told = _("Ricevi di nuovo i promemoria al tuo indirizzo.") if deed == "ripristina" else _("Non ricevi più promemoria.")
        flash(told, "success")
    return redirect(url_for("fill.entity") + "#persone", 303)


@blueprint.post("/ente/lingua")
def choose_entity_language() -> ResponseReturnValue:
    """In which language the entity is written to."""
    who = identity()
    try:
        choose_language(who.entity_id, request.form.get("lingua-messaggi", ""), actor=f"operator:{who.operator_id}", now=now())
    except UnknownLanguageError:
        flash(_("Scegli una delle lingue dell'elenco."), "warning")
    else:
        flash(_("Lingua salvata: vale per i messaggi che partono d'ora in poi."), "success")
    return redirect(url_for("fill.entity") + "#lingua-dei-messaggi", 303)


@blueprint.post("/ente/sessioni/<key>/termina")
def end_session(key: str) -> ResponseReturnValue:
    """End one session of the entity, perhaps this one."""
    who = identity()
    if end_session_of(who.entity_id, key, now(), actor=f"operator:{who.operator_id}"):
        flash(_("Accesso terminato: lì bisogna accedere di nuovo."), "success")
    else:
        flash(_("Questo accesso era già terminato."), "info")
    return redirect(url_for("fill.entity"), 303)


@blueprint.post("/ente/sessioni/termina")
def end_sessions() -> ResponseReturnValue:
    """End all sessions of the entity but this one."""
    who = identity()
    count = end_other_sessions(who.entity_id, who.session_key, now(), actor=f"operator:{who.operator_id}")
    ended = ngettext("Terminato %(num)d altro accesso.", "Terminati %(num)d altri accessi.", count)
    flash(ended if count else _("Non c'erano altri accessi aperti."), "success" if count else "info")
    return redirect(url_for("fill.entity"), 303)
