"""`/gestione/consegne`: messages of which nobody knows whether they arrived, those that failed or came back, with what came
back about them; certified mail without a receipt; what came back and waits for a person; addresses to correct and held back.

Not for: the progress of a batch (the pages of reminders), or what a mail server said in full.
Holds always: only a person sends a message of unknown fate again; the page says what that may bring: a second copy.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.login_paging import paging
from app.desk.login_words import CORRECTION_REASONS, DELIVERY_STATES, MESSAGE_KINDS, RETURN_KINDS
from app.desk.returned_mail import CORRECT, RETURNED, entity_number, to_correct
from app.mail.deciding import (
    NotSuppressedError,
    UnknownDeliveryError,
    allow_address,
    count_suppressed,
    decide_unknown,
    list_deliveries,
    suppressed_addresses,
)
from app.mail.groups import GroupEndedError
from app.mail.outbox import DeliveryRow, counts_by_state
from app.mail.returns.corrections import count_corrections
from app.mail.returns.evidence import count_waiting_returns, returns_of, waiting_returns
from app.mail.returns.outcomes import ReceiptRow, count_silent, silent
from app.registry.entities import EntityRow, find_by_ids

ROWS = 20
UNKNOWN, FAILED, BOUNCED, HELD, SILENT = "unknown", "failed", "bounced", "sospesi", "senza-ricevuta"
VIEWS = (UNKNOWN, FAILED, BOUNCED, SILENT, CORRECT, RETURNED, HELD)
ANSWERS = {"si": True, "no": False}


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery and the entity that it is about, where it is about one."""

    row: DeliveryRow
    entity: EntityRow | None
    kind: str


@blueprint.get("/consegne")
def deliveries() -> str:
    """One of seven lists."""
    at, view = now(), request.args.get("vista", UNKNOWN)
    view = view if view in VIEWS else UNKNOWN
    counts = counts_by_state()
    numbers = {UNKNOWN: counts[UNKNOWN], FAILED: counts[FAILED], BOUNCED: counts[BOUNCED]}
    numbers |= {CORRECT: count_corrections(), RETURNED: count_waiting_returns(), HELD: count_suppressed()}
    numbers[SILENT] = count_silent(at)
    pager = paging(numbers[view], rows=ROWS)
    found = list_deliveries([view], limit=ROWS, offset=pager.offset) if view in (UNKNOWN, FAILED, BOUNCED) else []
    return render_template(
        "desk/login_deliveries.html",
        view=view,
        numbers=numbers,
        pager=pager,
        shown=_with_entities(found),
        evidence=returns_of([row.id for row in found]),
        held=suppressed_addresses(limit=ROWS, offset=pager.offset) if view == HELD else [],
        to_correct=to_correct(ROWS, pager.offset) if view == CORRECT else [],
        returned=waiting_returns(limit=ROWS, offset=pager.offset) if view == RETURNED else [],
        silent=_silent(at, pager.offset) if view == SILENT else [],
        states=DELIVERY_STATES,
        return_kinds=RETURN_KINDS,
        reasons=CORRECTION_REASONS,
    )


@blueprint.post("/consegne/<int(max=2147483647):number>")
def decide_delivery(number: int) -> ResponseReturnValue:
    """Say that a message of unknown fate arrived, or have it sent again."""
    arrived = ANSWERS.get(request.form.get("arrivato", ""))
    if arrived is None:
        abort(400)
    try:
        decide_unknown(number, arrived=arrived, actor=required_staff().actor, now=now())
    except UnknownDeliveryError:
        flash(_("Di questo messaggio nel frattempo si è saputo l'esito."), "info")
    except GroupEndedError:
        flash(_("Il promemoria di questo messaggio è stato annullato: non si può inviare di nuovo."), "error")
    else:
        flash(_("Segnato come arrivato.") if arrived else _("Di nuovo in partenza, con lo stesso identificativo."), "success")
    return redirect(url_for("desk.deliveries"), 303)


@blueprint.post("/consegne/indirizzi")
def allow_held_address() -> ResponseReturnValue:
    """Send to an address again that a server had called bad."""
    email = request.form.get("email", "")[:254]
    try:
        allow_address(email, actor=required_staff().actor, now=now())
    except NotSuppressedError:
        flash(_("Questo indirizzo non era sospeso."), "info")
    else:
        flash(_("%(email)s è di nuovo valido: i prossimi messaggi partono.", email=email), "success")
    return redirect(url_for("desk.deliveries", vista=HELD), 303)


def _silent(at: dt.datetime, offset: int) -> list[tuple[ReceiptRow, EntityRow | None]]:
    rows = silent(at, limit=ROWS, offset=offset)
    numbers = {row.id: entity_number(row.reference) for row in rows}
    entities = {entity.id: entity for entity in find_by_ids({number for number in numbers.values() if number is not None})}
    return [(row, entities.get(numbers[row.id] or 0)) for row in rows]


def _with_entities(rows: list[DeliveryRow]) -> list[Shown]:
    numbers = {row.id: entity_number(row.reference) for row in rows}
    entities = {entity.id: entity for entity in find_by_ids({number for number in numbers.values() if number is not None})}
    return [Shown(row, entities.get(numbers[row.id] or 0), str(MESSAGE_KINDS.get(row.kind, row.kind))) for row in rows]
