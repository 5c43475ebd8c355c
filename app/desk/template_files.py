"""`/gestione/promemoria/testi/<id>/allegati`: the PDFs that go with a text's messages.

Not for: the texts (`templates.py`).
Holds always: what is refused changes nothing and says why at its field; what was queued keeps its attachments.
"""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.batches import the_edition
from app.desk.templates import draw_template, template_row
from app.reminders.template_files import MOST_BYTES, MOST_FILES, UnfitFileError, add_file, remove_file
from app.reminders.templates import UnknownTemplateError

_PROBLEMS = {
    "no_file": _l("Scegli un file PDF."),
    "not_pdf": _l("Questo file non è un PDF: esporta la lettera come PDF e caricala di nuovo."),
    "too_large": _l("Gli allegati superano un megabyte: riduci il PDF, per esempio comprimendo le immagini."),
    "too_many": _l("Ci sono già due allegati: prima togline uno."),
}


@blueprint.post("/promemoria/testi/<int(max=2147483647):template>/allegati")
def template_files(template: int) -> ResponseReturnValue:
    """Attach a PDF."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    file = request.files.get("allegato")
    content = file.stream.read(MOST_BYTES + 1) if file is not None else b""
    try:
        add_file(edition.id, row.id, file.filename or "" if file else "", content, actor=staff.actor, now=now())
    except UnfitFileError as error:
        field = "allegato" if row.files < MOST_FILES else ""  # with two of them the page offers no third
        return draw_template(row, row, [(field, str(_PROBLEMS[error.reason]))]), 422
    except UnknownTemplateError:
        abort(404)
    flash(_("Allegato aggiunto: parte con i messaggi che confermi d'ora in poi."), "success")
    return redirect(url_for("desk.template", template=row.id) + "#allegati", 303)


@blueprint.post("/promemoria/testi/<int(max=2147483647):template>/allegati/<int(max=9999):number>/togli")
def template_file(template: int, number: int) -> ResponseReturnValue:
    """Attach one no more."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    try:
        removed = remove_file(edition.id, row.id, number, actor=staff.actor, now=now())
    except UnknownTemplateError:
        abort(404)
    told = _("Allegato tolto: i messaggi già confermati lo tengono.") if removed else _("Questo allegato non c'è più.")
    flash(told, "success" if removed else "info")
    return redirect(url_for("desk.template", template=row.id) + "#allegati", 303)
