"""What came back, for the page of deliveries: addresses to correct, as a list and as a file, and messages that wait for a
person.

Not for: the page itself (`login_deliveries.py`), or changing an address (the page of an entity's addresses).
Holds always: a link in a foreign message is shown as text and never followed; a deed is a POST with its audit entry, and so is
taking the file, whose entry says how many.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.audit.chain import record
from app.clock import now
from app.desk import blueprint
from app.desk.chasing_words import short
from app.desk.login_words import CORRECTION_REASONS
from app.extensions import db
from app.mail.returns.corrections import CorrectionRow, UnknownCorrectionError, corrections, settle_correction
from app.mail.returns.evidence import UnknownReturnError, send_on, settle_return
from app.registry.address_book import entities_with
from app.registry.entities import EntityRow, find_by_ids
from app.web.spreadsheets import inert

CORRECT, RETURNED = "correggere", "tornati"
_REFERENCE = "entity:"
_COLUMNS = ("indirizzo", "codice", "ente", "motivo", "stato", "risposta", "dal")


@dataclass(frozen=True, slots=True)
class ToCorrect:
    """An address to correct, and the entity that uses it, or of which the message was."""

    row: CorrectionRow
    entity: EntityRow | None


def entity_number(reference: str) -> int | None:
    """The entity that a delivery is about; None where it is about something else."""
    number = reference.removeprefix(_REFERENCE)
    known = reference.startswith(_REFERENCE) and number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if known else None


def to_correct(limit: int | None, offset: int) -> list[ToCorrect]:
    """A page of the list; all of it where `limit` is None."""
    rows = corrections(limit=limit, offset=offset)
    used = entities_with([row.email for row in rows])
    numbers = {row.email: used.get(row.email, entity_number(row.reference)) for row in rows}
    entities = {entity.id: entity for entity in find_by_ids({number for number in numbers.values() if number is not None})}
    return [ToCorrect(row, entities.get(numbers[row.email] or 0)) for row in rows]


@blueprint.post("/consegne/da-correggere")
def settle_address() -> ResponseReturnValue:
    """Say that an address was corrected, or that it is right."""
    email = request.form.get("email", "")[:254].replace("\0", "")
    try:
        settle_correction(email, actor=required_staff().actor, now=now())
    except UnknownCorrectionError:
        flash(_("Questo indirizzo non era più nell'elenco."), "info")
    else:
        flash(_("Tolto dall'elenco: %(email)s. Se torna indietro altro, vi ricompare.", email=email), "success")
    return redirect(url_for("desk.deliveries", vista=CORRECT), 303)


@blueprint.post("/consegne/da-correggere/file")
def take_corrections() -> Response:
    """The whole list as a CSV file."""
    rows = to_correct(None, 0)
    record(
        "corrections_exported", actor=required_staff().actor, subject="mail:correction", detail={"rows": len(rows)}, now=now()
    )
    db.session.commit()
    response = Response(_lines(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="indirizzi-da-correggere.csv"'
    return response


@blueprint.post("/consegne/tornati/<int(max=2147483647):number>")
def handle_return(number: int) -> ResponseReturnValue:
    """Say that a message that came back was looked at, or send a person's on to the desk's mailbox."""
    deed = {"guardato": settle_return, "inoltra": send_on}.get(request.form.get("fatto", ""))
    if deed is None:
        abort(400)
    try:
        deed(number, actor=required_staff().actor, now=now())
    except UnknownReturnError:
        flash(_("Questo messaggio nel frattempo è stato chiuso da qualcuno."), "info")
    else:
        flash(_("Inoltrato alla segreteria.") if deed is send_on else _("Segnato come guardato."), "success")
    return redirect(url_for("desk.deliveries", vista=RETURNED), 303)


def _lines(rows: Sequence[ToCorrect]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in rows:
        code, label = (one.entity.code, one.entity.label) if one.entity else ("", "")
        row = one.row
        reason = str(CORRECTION_REASONS[row.reason])
        writer.writerow(
            [inert(cell) for cell in (row.email, code, label, reason, row.status, row.diagnostic, short(row.noted_at))]
        )
    return text.getvalue().encode("utf-8-sig")
