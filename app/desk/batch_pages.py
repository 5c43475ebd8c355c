"""`/gestione/promemoria/<id>`: how far one batch has come, what of it failed and why; pausing, resuming and cancelling it.

Not for: the list of batches (`batches.py`) or planning one (`planning.py`).
Holds always: a change is a POST and its own audit entry; cancelling, which cannot be undone, asks first.
"""

from __future__ import annotations

import csv
import io

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.batches import ListedBatch, asked_batch
from app.desk.certified import certified_part
from app.desk.mail_status import mail_alerts
from app.desk.old_pages import old_page
from app.desk.reminder_words import (
    CHANNEL_WORDS,
    STATE_WORDS,
    TROUBLE_WORDS,
    left_out_words,
    pause_in_words,
    reason_in_words,
    standing_in_words,
)
from app.editions.messages import minute
from app.mail.groups import GroupEndedError, Trouble, counts_of, ends_of, group_by_id, reasons_of, troubles_of
from app.registry.entities import EntityRow, find_by_ids
from app.reminders.batches import BatchRow, cancel_batch, pause_batch, resume_batch
from app.web.language import current_language
from app.web.spreadsheets import inert

TROUBLES = ("failed", "bounced", "unknown")
PAGE_SIZE = 50
LONGEST_REASON = 150


@blueprint.get("/promemoria/<int(max=2147483647):batch>")
def batch(batch: int) -> str:
    """Counts, when it ends, what can be done with it."""
    return _draw(asked_batch(batch))


@blueprint.post("/promemoria/<int(max=2147483647):batch>/<any(pausa, riprendi):work>")
def steer_batch(batch: int, work: str) -> ResponseReturnValue:
    """Pause it, with a reason, or go on."""
    row, staff = asked_batch(batch), required_staff()
    reason = " ".join(request.form.get("motivo", "").split())
    if wrong := old_page():
        return _draw(row, errors=wrong, reason=reason), 422
    if work == "pausa" and not 0 < len(reason) <= LONGEST_REASON:
        problem = _("Scrivi il motivo della pausa, in al massimo %(count)d caratteri.", count=LONGEST_REASON)
        return _draw(row, errors=[("motivo", problem)], reason=reason), 422
    try:
        if work == "pausa":
            pause_batch(row.edition_id, row.id, reason, actor=staff.actor, now=now())
            flash(_("Il promemoria è in pausa: non parte più nulla finché non lo riprendi."), "success")
        else:
            resume_batch(row.edition_id, row.id, actor=staff.actor, now=now())
            flash(_("Il promemoria riprende al suo ritmo."), "success")
    except GroupEndedError:
        flash(_("Questo promemoria è stato annullato: non si può più riprendere."), "error")
    return redirect(url_for("desk.batch", batch=row.id), 303)


@blueprint.route("/promemoria/<int(max=2147483647):batch>/annulla", methods=["GET", "POST"])
def cancel_batch_page(batch: int) -> ResponseReturnValue:
    """Ask, then cancel what is still to be sent."""
    row, staff = asked_batch(batch), required_staff()
    if request.method != "POST":
        return render_template("desk/batch_cancel.html", batch=_listed(row))
    number = cancel_batch(row.edition_id, row.id, actor=staff.actor, now=now())
    told = ngettext("Annullato: %(num)d messaggio non parte più.", "Annullato: %(num)d messaggi non partono più.", number)
    flash(told, "success")
    return redirect(url_for("desk.batch", batch=row.id), 303)


@blueprint.get("/promemoria/<int(max=2147483647):batch>/non-riusciti.csv")
def batch_troubles(batch: int) -> Response:
    """What failed and what nobody knows about, for a spreadsheet."""
    row = asked_batch(batch)
    troubles = troubles_of(row.group_id, TROUBLES)
    entities = _entities(troubles)
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Codice"), _("Ente"), _("Indirizzo"), _("Esito"), _("Motivo"), _("Risposta del server"), _("Quando")])
    for one in troubles:
        entity = entities.get(one.reference)
        told = [entity.code if entity else "", entity.label if entity else "", one.recipient, str(TROUBLE_WORDS[one.state])]
        told += [reason_in_words(one.reason), one.reply, minute(one.changed_at, current_language())]
        writer.writerow([inert(text) for text in told])
    response: Response = current_app.response_class("\ufeff" + file.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="promemoria-{row.id}-non-riusciti.csv"'
    return response


def _listed(row: BatchRow) -> ListedBatch:
    counts = counts_of([row.group_id])[row.group_id]
    ends_at = ends_of([row.group_id]).get(row.group_id, row.ends_at)
    return ListedBatch(row, counts, standing_in_words(group_by_id(row.group_id), counts), ends_at)


def _draw(row: BatchRow, *, errors: list[tuple[str, str]] | None = None, reason: str = "") -> str:
    listed, group = _listed(row), group_by_id(row.group_id)
    pages = max(1, -(-listed.to_look_at // PAGE_SIZE))
    page = min(max(request.args.get("pagina", 1, type=int), 1), pages)
    troubles = troubles_of(row.group_id, TROUBLES, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return render_template(
        "desk/batch.html",
        batch=listed,
        group=group,
        mail_alerts=mail_alerts(required_staff()),
        why=pause_in_words(group) if group else "",
        states=STATE_WORDS,
        became=TROUBLE_WORDS,
        left_out=left_out_words(row.channel),
        channel_words=CHANNEL_WORDS,
        certified=certified_part(row),
        cancelled=[(reason_in_words(reason), number) for reason, number in reasons_of(row.group_id, "cancelled")],
        troubles=troubles,
        entities=_entities(troubles),
        reason_in_words=reason_in_words,
        page=page,
        pages=pages,
        errors=errors or [],
        reason=reason,
    )


def _entities(troubles: list[Trouble]) -> dict[str, EntityRow]:
    """Reference → entity."""
    numbers = {int(one.reference.removeprefix("entity:")) for one in troubles}
    return {f"entity:{row.id}": row for row in find_by_ids(numbers)}
