"""`/gestione/pratiche/importa`: bring in a file of earlier practices; `/gestione/pratiche/importazioni/<n>`: what one brought,
undo it.

Not for: the steps between (`import_steps.py`), the rules (`app.practices.importing`).
Holds always: nothing comes in by an upload; undoing is offered while it is possible, withdrawing is asked for a second time.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Regexp

from app.accounts.permissions import required_staff
from app.accounts.staff import staff_names
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.import_words import told_all
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.desk.staff_forms import Errors, errors_of
from app.practices.importing.source import MOST_BYTES, MOST_FEATURES, UnfitFileError
from app.practices.importing.storing import (
    ImportRow,
    NotUndoneError,
    count_imports,
    find_import,
    list_imports,
    practices_of,
    undo_import,
    withdraw_import,
)
from app.practices.importing.uploads import FIRST_YEAR, LONGEST_LABEL, keep_upload, list_uploads
from app.practices.vocabulary import labels
from app.practices.words import KIND_NAMES, STATE_TAGS
from app.web.csrf import Form
from app.web.language import current_language

ROWS: Final = 20
PRACTICES: Final = 50
_MIB: Final = 1024 * 1024


class UploadForm(Form):
    """Of which edition the practices of the file are."""

    edition = StringField(
        _l("Edizione"),
        filters=[lambda text: " ".join((text or "").split())],
        validators=[DataRequired(_l("Scrivi di quale edizione sono, per esempio 2017.")), Length(max=LONGEST_LABEL)],
    )
    year = StringField(
        _l("Anno"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired(_l("Scrivi l'anno, per esempio 2017.")),
            Regexp("^[0-9]{4}$", message=_l("Scrivi l'anno con quattro cifre.")),
        ],
    )


@blueprint.route("/pratiche/importa", methods=["GET", "POST"])
def practice_imports() -> ResponseReturnValue:
    """The imports, the files that wait, and a form for another one."""
    if request.method != "POST":
        return _draw(UploadForm(formdata=None), [])
    form, at = UploadForm(), now()
    problems = old_page() or _wrong(form, at)
    if problems:
        return _draw(form, problems), 422
    file = request.files["file"]
    content = file.stream.read(MOST_BYTES + 1)
    try:
        number = keep_upload(
            file.filename or "",
            content,
            edition_label=form.edition.data,
            year=int(form.year.data),
            labels=labels(current_language()),
            actor=required_staff().actor,
            now=at,
        )
    except UnfitFileError as error:
        return _draw(form, told_all(error.problems, "" if content.lstrip()[:1] in (b"{", b"[") else "csv")), 422
    return redirect(url_for("desk.read_import", number=number), 303)


def _wrong(form: UploadForm, at: dt.datetime) -> Errors:
    form.validate()
    problems = errors_of(form)
    if not form.year.errors and not FIRST_YEAR <= int(form.year.data) <= at.year:
        problems.append(("year", _("L'anno deve stare fra %(first)d e %(last)d.", first=FIRST_YEAR, last=at.year)))
    if not request.files.get("file"):
        problems.append(("file", _("Scegli il file.")))
    return problems


@blueprint.get("/pratiche/importazioni/<int(max=2147483647):number>")
def practice_import(number: int) -> str:
    """What an import brought, and what became of it."""
    row = _import(number)
    pager = paging(row.practices, rows=PRACTICES)
    return render_template(
        "desk/practice_import.html",
        row=row,
        practices=practices_of(row.id, limit=PRACTICES, offset=pager.offset),
        pager=pager,
        kinds=KIND_NAMES,
        states=STATE_TAGS,
        names=_names(),
    )


@blueprint.post("/pratiche/importazioni/<int(max=2147483647):number>/annulla")
def undo_practice_import(number: int) -> ResponseReturnValue:
    """Take all of it away, as if it had never come."""
    row = _import(number)
    try:
        gone = undo_import(row.id, actor=required_staff().actor, now=now())
    except NotUndoneError:
        flash(_("Non si può più annullare: qualcosa è cambiato o è stato pubblicato. Si può ritirare."), "warning")
    else:
        flash(ngettext("Tolta %(num)d pratica.", "Tolte %(num)d pratiche.", gone), "success")
    return redirect(url_for("desk.practice_import", number=row.id), 303)


@blueprint.route("/pratiche/importazioni/<int(max=2147483647):number>/ritira", methods=["GET", "POST"])
def withdraw_practice_import(number: int) -> ResponseReturnValue:
    """Take what is left of it out of the public, after a page that says what will happen."""
    row = _import(number)
    if request.method != "POST":
        return render_template("desk/practice_import_withdraw.html", row=row)
    gone = withdraw_import(row.id, actor=required_staff().actor, now=now())
    if gone:
        flash(ngettext("Ritirata %(num)d pratica.", "Ritirate %(num)d pratiche.", gone), "success")
    else:
        flash(_("Non c'era più nulla da ritirare."), "info")
    return redirect(url_for("desk.practice_import", number=row.id), 303)


def _import(number: int) -> ImportRow:
    row = find_import(number)
    if row is None:
        abort(404)
    return row


def _draw(form: UploadForm, problems: Errors) -> str:
    pager = paging(count_imports(), rows=ROWS)
    return render_template(
        "desk/practice_imports.html",
        form=form,
        errors=problems,
        uploads=list_uploads(now()),
        kept_days=settings().retention_practice_uploads_days,
        imports=list_imports(ROWS, pager.offset),
        pager=pager,
        names=_names(),
        most_mib=MOST_BYTES // _MIB,
        most=MOST_FEATURES,
    )


def _names() -> dict[str, str]:
    return {f"staff:{number}": name for number, name in staff_names().items()}
