"""`/gestione/messaggi/risposte`: the answers that the desk keeps to begin a message with.

Not for: writing to an entity.
Holds always: what was typed comes back with its error; what is removed can be put back at once.
"""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.chasing_words import short
from app.desk.entity_deeds import text_problems
from app.desk.old_pages import old_page
from app.threads import saved_answers as kept
from app.threads.saved_answers import LONGEST_ANSWER, LONGEST_TITLE, AnswerRow, UnknownAnswerError

Problems = list[tuple[str, str]]


@blueprint.get("/messaggi/risposte")
def saved_answers() -> str:
    """The list; after a removal with the button that puts the answer back."""
    asked = request.args.get("tolta", "")
    gone = _row(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    removed = gone if gone and gone.removed else None
    return render_template("desk/saved_answers.html", answers=kept.saved_answers(), removed=removed, short=short)


@blueprint.route("/messaggi/risposte/nuova", methods=["GET", "POST"])
def new_saved_answer() -> ResponseReturnValue:
    """Write one."""
    if request.method != "POST":
        return _draw(None, "", "", [])
    title, text, problems = _typed()
    if problems:
        return _draw(None, title, text, problems), 422
    kept.add_answer(title, text, staff_id=required_staff().staff_id, now=now())
    flash(_("Risposta salvata: la trovi quando scrivi a un ente."), "success")
    return redirect(url_for("desk.saved_answers"), 303)


@blueprint.route("/messaggi/risposte/<int(max=2147483647):number>", methods=["GET", "POST"])
def saved_answer(number: int) -> ResponseReturnValue:
    """Change one."""
    row = _row(number)
    if row.removed:
        return redirect(url_for("desk.saved_answers", tolta=row.id), 303)
    if request.method != "POST":
        return _draw(row, row.title, row.text, [])
    title, text, problems = _typed()
    if problems:
        return _draw(row, title, text, problems), 422
    try:
        kept.change_answer(row.id, title, text, staff_id=required_staff().staff_id, now=now())
    except UnknownAnswerError:
        return _draw(row, title, text, [("", _("Nel frattempo qualcuno l'ha tolta: rimettila, poi cambiala."))]), 409
    flash(_("Risposta salvata."), "success")
    return redirect(url_for("desk.saved_answers"), 303)


@blueprint.post("/messaggi/risposte/<int(max=2147483647):number>/<any(togli, ripristina):deed>")
def keep_saved_answer(number: int, deed: str) -> ResponseReturnValue:
    """Take one out of the list, or put it back."""
    row, removed = _row(number), deed == "togli"
    try:
        kept.set_answer_removed(row.id, removed=removed, staff_id=required_staff().staff_id, now=now())
    except UnknownAnswerError:
        flash(_("Era già così."), "info")
        return redirect(url_for("desk.saved_answers"), 303)
    if not removed:
        flash(_("«%(name)s» è di nuovo fra le risposte.", name=row.title), "success")
    return redirect(url_for("desk.saved_answers", tolta=row.id if removed else None), 303)


def _row(number: int) -> AnswerRow:
    try:
        return kept.saved_answer(number)
    except UnknownAnswerError:
        abort(404)


def _typed() -> tuple[str, str, Problems]:
    title = " ".join(request.form.get("titolo", "").split())[:1_000]
    text = request.form.get("testo", "").replace("\r\n", "\n").strip()[:20_000]
    problems = old_page() or [*text_problems("titolo", title, LONGEST_TITLE), *text_problems("testo", text, LONGEST_ANSWER)]
    if not title:
        problems.append(("titolo", _("Scrivi un titolo, per ritrovarla.")))
    if not text:
        problems.append(("testo", _("Scrivi la risposta.")))
    return title, text, problems


def _draw(row: AnswerRow | None, title: str, text: str, problems: Problems) -> str:
    named = {"row": row, "title": title, "text": text, "problems": problems, "errors": dict(problems)}
    return render_template("desk/saved_answer.html", **named)
