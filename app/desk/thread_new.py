"""`/gestione/enti/<codice>/messaggi/nuovo`: the desk writes to one entity, about nothing in particular or about an answer.

Not for: writing to many (reminders).
Holds always: an entity of another Region is not found; an answer is named by its question and sheet only where the entity's
response has them.
"""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.record import Head
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.entity import seen_head
from app.desk.old_pages import old_page
from app.desk.thread_words import answer_label
from app.desk.threads import form_context, with_saved
from app.registry.entities import find_by_id
from app.threads.sides import DESK
from app.threads.typed import FILES, TEXT, Problems, TypedMessage, new_key, read_typed, too_many_files, used_form
from app.threads.writing import About, TooManyFilesError, UsedFormError, Writer, open_thread


@blueprint.route("/enti/<code>/messaggi/nuovo", methods=["GET", "POST"])
def new_thread(code: str) -> ResponseReturnValue:
    """Begin a thread with this entity."""
    head, edition, staff = seen_head(code), edition_on(), required_staff()
    entity = find_by_id(head.entity_id)
    if edition is None or entity is None or head.valid_to is not None:
        abort(404)
    question, item = request.values.get("domanda", "")[:40], request.values.get("scheda", "")[:36]
    label = answer_label(entity.id, edition, question, item) if question else ""
    if not label or label == question:  # no such question, or not this entity's sheet
        question = item = label = ""
    if request.method != "POST":
        subject = label if len(label) <= 100 else f"{label[:99].rstrip()}…"
        return _draw(head, TypedMessage(subject=subject, key=new_key()), [], (question, item, label))
    typed = read_typed(request.form, request.files.getlist(FILES), with_subject=True)
    if request.form.get("azione") == "inserisci":
        return _draw(head, with_saved(typed), [], (question, item, label))
    problems = old_page() or typed.problems
    if not problems:
        about, writer = About(typed.subject, question, item), Writer(DESK, staff.staff_id)
        try:
            number = open_thread(edition, entity, about, typed.written, writer, now())
        except UsedFormError:
            typed, problems = typed.in_a_fresh_form(), [(TEXT, used_form())]
        except TooManyFilesError:
            problems = [(FILES, too_many_files())]
        else:
            flash(_("Messaggio inviato: l'ente riceve un avviso per e-mail, senza il testo."), "success")
            return redirect(url_for("desk.thread", number=number), 303)
    return _draw(head, typed, problems, (question, item, label)), 422


def _draw(head: Head, typed: TypedMessage, problems: Problems, about: tuple[str, str, str]) -> str:
    question, item, label = about
    named = {"head": head, "question": question, "item": item, "about": label}
    return render_template("desk/thread_new.html", **named, **form_context(typed, problems))
