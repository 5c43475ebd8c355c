"""The certified side of a batch: its receipts, listed and taken away; a batch sent by hand: handed out, marked as sent, its
receipts uploaded, looked at and taken in.

Not for: the rules (`app.reminders.by_hand`, `app.reminders.receipts`), or the page of the batch itself (`batch_pages.py`).
Holds always: an export holds links and is a POST with an audit entry; nothing of an upload is taken in before somebody has seen
what it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

from flask import Response, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.permissions import required_staff
from app.audit.chain import Scalar, record
from app.clock import now
from app.desk import blueprint
from app.desk.batches import asked_batch
from app.desk.chasing_words import DELIVERY_WORDS, word
from app.desk.login_paging import paging
from app.desk.login_words import RETURN_KINDS
from app.desk.reminder_words import RECEIPT_WORDS, VERDICT_WORDS
from app.editions.messages import minute
from app.extensions import db
from app.mail.groups import GroupEndedError
from app.mail.returns.outcomes import OUTCOMES, ReceiptRow, outcomes_of, receipts_of
from app.mail.returns.uploads import MOST_BYTES, MOST_RECEIPTS, UnfitUploadError
from app.registry.entities import EntityRow, find_by_ids
from app.reminders.batches import BatchRow
from app.reminders.by_hand import (
    NotByHandError,
    NothingToSendError,
    hand_out_batch,
    links_until,
    mark_batch_sent,
    progress_of,
)
from app.reminders.channels import BY_EMAIL, BY_HAND
from app.reminders.hand_files import TYPES, write_file
from app.reminders.receipts import FOUND, KNOWN, UnknownUploadError, judge_upload, keep_upload, take_upload
from app.web.language import current_language
from app.web.spreadsheets import inert

ROWS: Final = 50
_MIB: Final = 1024 * 1024
_UNFIT: Final[dict[str, Callable[[], str]]] = {
    "empty": lambda: _("Scegli i file delle ricevute: messaggi .eml, uno ZIP o un file mbox."),
    "damaged": lambda: _("Il file ZIP è danneggiato: crealo di nuovo e riprova."),
    "locked": lambda: _("Il file ZIP è protetto da una password: creane uno senza."),
    "large": lambda: _("I file sono troppo grandi: al massimo %(mib)d MB per volta.", mib=MOST_BYTES // _MIB),
    "many": lambda: _("Le ricevute sono troppe: al massimo %(most)d per volta.", most=MOST_RECEIPTS),
}


def certified_part(row: BatchRow) -> dict[str, Any]:
    """What the page of a batch shows of its receipts, and of sending it by hand; nothing of a batch by e-mail."""
    if row.channel == BY_EMAIL:
        return {}
    at = now()
    shown: dict[str, Any] = {"receipts": outcomes_of([row.group_id], at)[row.group_id], "receipt_words": RECEIPT_WORDS}
    if row.channel == BY_HAND:
        shown |= {"hand": progress_of(row), "links_until": links_until(at), "most_mib": MOST_BYTES // _MIB}
        shown |= {"most_receipts": MOST_RECEIPTS}
    return shown


@blueprint.post("/promemoria/<int(max=2147483647):batch>/messaggi")
def hand_out(batch: int) -> ResponseReturnValue:
    """The messages to send by hand, with their links."""
    row, at, form = asked_batch(batch), now(), request.form.get("formato", "")
    if form not in TYPES:
        abort(400)
    try:
        messages = hand_out_batch(row.edition_id, row.id, form, actor=required_staff().actor, now=at)
    except NotByHandError:
        abort(404)
    except (NothingToSendError, GroupEndedError):
        flash(
            _("Non c'è più nessun messaggio da spedire: chi manca ha già risposto, o il promemoria è stato annullato."), "info"
        )
        return redirect(url_for("desk.batch", batch=row.id), 303)
    file = write_file(form, messages, at)
    return send_file(file, mimetype=TYPES[form], as_attachment=True, download_name=f"pec-a-mano-{row.id}.{form}")


@blueprint.post("/promemoria/<int(max=2147483647):batch>/spedita")
def mark_sent(batch: int) -> ResponseReturnValue:
    """Say that what was handed out has been sent."""
    row = asked_batch(batch)
    try:
        number = mark_batch_sent(row.edition_id, row.id, actor=required_staff().actor, now=now())
    except NotByHandError:
        abort(404)
    except (NothingToSendError, GroupEndedError):
        flash(_("Nessun messaggio da segnare: prima scarica i messaggi da spedire."), "info")
    else:
        told = ngettext("Segnato come spedito: %(num)d messaggio.", "Segnati come spediti: %(num)d messaggi.", number)
        flash(f"{told} {_('Quando arrivano le ricevute, caricale qui.')}", "success")
    return redirect(url_for("desk.batch", batch=row.id), 303)


@blueprint.get("/promemoria/<int(max=2147483647):batch>/ricevute")
def receipts(batch: int) -> str:
    """The messages with their receipts, all or those with one outcome."""
    row, at = _certified(batch), now()
    outcome = _asked_outcome()
    counts = outcomes_of([row.group_id], at)[row.group_id]
    pager = paging(counts[outcome] if outcome else row.deliveries, rows=ROWS)
    found = receipts_of(row.group_id, outcome, at, limit=ROWS, offset=pager.offset)
    return render_template(
        "desk/batch_receipts.html",
        row=row,
        outcome=outcome,
        counts=counts,
        words=RECEIPT_WORDS,
        words_of=lambda state: word(DELIVERY_WORDS, state),
        found=found,
        entities=_entities(found),
        pager=pager,
    )


@blueprint.post("/promemoria/<int(max=2147483647):batch>/ricevute.csv")
def receipts_file(batch: int) -> Response:
    """The same list for a spreadsheet, whole."""
    row, at, outcome = _certified(batch), now(), _asked_outcome()
    found = receipts_of(row.group_id, outcome, at)
    detail: dict[str, Scalar] = {"rows": len(found), "outcome": outcome}
    record("receipts_exported", actor=required_staff().actor, subject=f"batch:{row.id}", detail=detail, now=at)
    db.session.commit()
    entities, text = _entities(found), io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    head = [_("Codice"), _("Ente"), _("Indirizzo"), _("Oggetto"), _("Esito"), _("Accettata"), _("Consegnata")]
    writer.writerow([*head, _("Non consegnata"), _("Motivo")])
    for one in found:
        entity = entities.get(one.reference)
        told = [entity.code if entity else "", entity.label if entity else "", one.recipient, one.subject]
        told += [word(DELIVERY_WORDS, one.state)]
        instants = (one.pec_accepted_at, one.pec_delivered_at, one.pec_failed_at)
        told += [minute(instant, current_language()) if instant else "" for instant in instants]
        writer.writerow([inert(cell) for cell in (*told, one.pec_error)])
    response: Response = current_app.response_class("\ufeff" + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="ricevute-{row.id}.csv"'
    return response


@blueprint.route("/promemoria/<int(max=2147483647):batch>/ricevute/carica", methods=["GET", "POST"])
def upload_receipts(batch: int) -> ResponseReturnValue:
    """Take the files of receipts, and show what they are before anything is stored."""
    row = asked_batch(batch)
    if row.channel != BY_HAND:
        abort(404)
    if request.method != "POST":
        return _draw_upload(row, [])
    files = [(one.filename or "", one.stream) for one in request.files.getlist("file")[:MOST_RECEIPTS]]
    try:
        number = keep_upload(row, files, actor=required_staff().actor, now=now())
    except UnfitUploadError as error:
        return _draw_upload(row, [("file", _UNFIT[error.reason]())]), 422
    return redirect(url_for("desk.uploaded_receipts", batch=row.id, number=number), 303)


@blueprint.get("/promemoria/<int(max=2147483647):batch>/ricevute/<int(max=2147483647):number>")
def uploaded_receipts(batch: int, number: int) -> str:
    """What an upload holds: what would be taken in, what was, and what will not be, and why."""
    row = asked_batch(batch)
    try:
        judged = judge_upload(row, number, now())
    except UnknownUploadError:
        abort(404)
    pager = paging(len(judged), rows=ROWS)
    shown = judged[pager.offset : pager.offset + ROWS]
    numbers = {int(one.delivery.reference.partition(":")[2]) for one in shown if one.delivery}
    return render_template(
        "desk/receipt_upload.html",
        row=row,
        number=number,
        judged=shown,
        counts={verdict: sum(one.verdict == verdict for one in judged) for verdict in VERDICT_WORDS},
        words=VERDICT_WORDS,
        kinds=RETURN_KINDS,
        good=(FOUND, KNOWN),
        entities={f"entity:{entity.id}": entity for entity in find_by_ids(numbers)},
        pager=pager,
    )


@blueprint.post("/promemoria/<int(max=2147483647):batch>/ricevute/<int(max=2147483647):number>")
def confirm_receipts(batch: int, number: int) -> ResponseReturnValue:
    """Take in those that were found."""
    row = asked_batch(batch)
    try:
        taken = take_upload(row, number, actor=required_staff().actor, now=now())
    except UnknownUploadError:
        abort(404)
    flash(ngettext("Registrata %(num)d ricevuta.", "Registrate %(num)d ricevute.", taken), "success")
    return redirect(url_for("desk.uploaded_receipts", batch=row.id, number=number), 303)


def _draw_upload(row: BatchRow, problems: list[tuple[str, str]]) -> str:
    return render_template(
        "desk/receipt_file.html",
        row=row,
        errors=problems,
        most_mib=MOST_BYTES // _MIB,
        most_receipts=MOST_RECEIPTS,
    )


def _certified(batch_id: int) -> BatchRow:
    row = asked_batch(batch_id)
    if row.channel == BY_EMAIL:
        abort(404)
    return row


def _asked_outcome() -> str:
    outcome = request.values.get("esito", "")
    return outcome if outcome in OUTCOMES else ""


def _entities(found: list[ReceiptRow]) -> dict[str, EntityRow]:
    numbers = {int(one.reference.partition(":")[2]) for one in found}
    return {f"entity:{row.id}": row for row in find_by_ids(numbers)}
