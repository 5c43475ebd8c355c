"""What concerns the person who fills in: the privacy notice's acceptance and a copy of all that is kept of them.

Not for: other people of the entity, whose data this page does not show.
Holds always: nothing waits for an acceptance; the data are those of the operator of this very session.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.words import EVENTS
from app.clock import now
from app.fill import blueprint
from app.fill.opening import identity
from app.privacy.exporting import Rows, person_data
from app.privacy.notice import CURRENT, Version, accept_notice, has_accepted

SECTIONS: Final = {
    "person": _l("Chi sei"),
    "notices_accepted": _l("Informative accettate"),
    "sessions": _l("Accessi"),
    "sent": _l("Risposte inviate"),
    "invitations": _l("Inviti e verifiche dell'indirizzo"),
    "consents": _l("Permessi di leggere la bozza"),
    "late_work": _l("Risposte arrivate dopo la scadenza"),
    "said_of_coverage": _l("Che cosa hai detto su chi risponde per chi"),
    "requests_for_access": _l("Richieste di accesso"),
    "requests_for_a_reopening": _l("Richieste di riapertura"),
    "calls": _l("Telefonate"),
    "written_to_the_desk": _l("Messaggi scritti alla segreteria"),
    "files_sent_to_the_desk": _l("Allegati mandati alla segreteria"),
    "messages": _l("Messaggi al tuo indirizzo"),
    "log": _l("Registro delle operazioni"),
}
COLUMNS: Final = {
    "id": _l("numero"),
    "entity_code": _l("codice dell'ente"),
    "entity_name": _l("ente"),
    "name": _l("nome"),
    "office": _l("ufficio"),
    "email": _l("e-mail"),
    "phone": _l("telefono"),
    "created_at": _l("dal"),
    "verified_at": _l("indirizzo verificato"),
    "no_reminders_at": _l("promemoria fermati"),
    "by_phone": _l("scritto da altri al telefono"),
    "spoke_with": _l("con chi"),
    "given_at": _l("dal"),
    "until": _l("al"),
    "version": _l("versione"),
    "at": _l("quando"),
    "last_seen_at": _l("ultima volta"),
    "ended_at": _l("fine"),
    "receipt": _l("ricevuta"),
    "number": _l("numero"),
    "submitted_at": _l("inviata"),
    "agrees": _l("d'accordo"),
    "note": _l("nota"),
    "reason": _l("motivo"),
    "recipient": _l("destinatario"),
    "subject": _l("oggetto"),
    "action": _l("operazione"),
    "thread_id": _l("conversazione"),
    "message_id": _l("messaggio"),
    "text": _l("testo"),
    "size": _l("byte"),
}
INSTANTS: Final = frozenset(
    {"created_at", "at", "last_seen_at", "ended_at", "submitted_at", "verified_at", "no_reminders_at", "given_at", "until"}
)
IN_THE_FILE_ALONE: Final = frozenset({"kind", "state", "said_by", "purpose", "outcome"})  # codes, for programs


@blueprint.get("/ente/i-tuoi-dati")
def own_data() -> ResponseReturnValue:
    """All that is kept of whoever fills in now, to read."""
    found = _own()
    return render_template("fill/own_data.html", sections=[_section(name, rows) for name, rows in found.items()])


@blueprint.get("/ente/i-tuoi-dati.json")
def own_data_file() -> ResponseReturnValue:
    """The same as a file for programs."""
    response = jsonify(_own())
    response.headers["Content-Disposition"] = 'attachment; filename="i-miei-dati.json"'
    return response


@blueprint.post("/ente/informativa")
def accept_privacy() -> ResponseReturnValue:
    """Note that whoever fills in has read and accepted the notice."""
    operator = identity().operator_id
    if operator is not None and accept_notice(operator, request.form.get("versione", ""), now()):
        flash(_("Grazie: abbiamo annotato che hai letto l'informativa."), "success")
    else:
        flash(_("Intanto l'informativa è cambiata: leggila di nuovo."), "info")
    return redirect(url_for("fill.entity"), 303)


def notice_to_ask() -> Version | None:
    """The version to ask whoever fills in for; None where it was accepted."""
    operator = identity().operator_id
    return None if operator is None or has_accepted(operator) else CURRENT


def _own() -> dict[str, Rows]:
    who = identity()
    return person_data(who.operator_id or 0, who.entity_id)


def _section(name: str, rows: Rows) -> tuple[str, list[str], list[list[str]]]:
    names = [column for column in rows[0] if column not in IN_THE_FILE_ALONE] if rows else []
    titles = [str(COLUMNS[column]) for column in names]
    return str(SECTIONS[name]), titles, [[_text(column, row[column]) for column in names] for row in rows]


def _text(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("sì") if value else _("no"))
    if column == "action":
        return str(EVENTS.get(value, value))
    return format_datetime(dt.datetime.fromisoformat(value), "d MMMM y, HH:mm") if column in INSTANTS else str(value)
