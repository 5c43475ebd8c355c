"""`/messaggi`: what the entity and the desk write to each other.

Not for: who may write how much (`app.threads.writing`).
Holds always: a thread of another entity is not found; what was typed stands in the form again where it is refused; files go
out as downloads alone; staff who fills in by telephone does not come here.
"""

from __future__ import annotations

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.database import unit_of_work
from app.editions.current import current_edition
from app.extensions import db
from app.fill import blueprint
from app.fill.opening import identity
from app.fill.saving import sent_for_another
from app.fill.thread_subjects import Subject, answer_subject, own_response, proposed_subject, subject_of
from app.fill.views import moment
from app.registry.entities import EntityRow, find_by_id
from app.threads.files import media_type
from app.threads.looking_after import NothingChangedError, close_thread, reopen_thread
from app.threads.reading import (
    MessageRow,
    ThreadRow,
    UnknownThreadError,
    count_threads_of,
    file_in,
    mark_read_by_entity,
    messages_in,
    thread_of,
    threads_of,
    unread_of,
)
from app.threads.sides import ENTITY
from app.threads.typed import ACCEPT, FILES, TEXT, Problems, TypedMessage, new_key, read_typed, used_form
from app.threads.writing import (
    LONGEST_TEXT,
    PER_HOUR,
    About,
    TooManyFilesError,
    TooManyMessagesError,
    UsedFormError,
    Writer,
    open_thread,
    reply,
)
from app.web.downloads import download

ROWS = 20
LARGEST_NUMBER = 2**31 - 1


@blueprint.get("/messaggi")
def messages() -> str:
    """The entity's threads, the last written in first."""
    who = identity()
    pages = max(1, -(-count_threads_of(who.entity_id) // ROWS))
    page = min(max(request.args.get("pagina", 1, type=int), 1), pages)
    response = own_response()
    threads = threads_of(who.entity_id, limit=ROWS, offset=(page - 1) * ROWS)
    return render_template(
        "fill/threads.html",
        threads=[(thread, subject_of(thread, response)) for thread in threads],
        page=page,
        pages=pages,
        page_address=lambda number: url_for("fill.messages", pagina=number),
        unread_messages=unread_of(who.entity_id),
        can_write=current_edition() is not None,
        moment=moment,
    )


@blueprint.route("/messaggi/nuovo", methods=["GET", "POST"])
def new_message() -> ResponseReturnValue:
    """Begin a thread, about a question where the address names one."""
    edition, about, code, item = current_edition(), None, "", ""
    if edition is None:
        flash(_("Ora non c'è una rilevazione in corso: per una domanda usa i contatti qui sotto."), "info")
        return redirect(url_for("fill.messages"), 303)
    response = own_response()
    if response is not None:
        code, item = request.values.get("domanda", "")[:40], request.values.get("scheda", "")[:36]
        about = answer_subject(response, code, item) if code else None
        code, item = (code, item) if about else ("", "")
    if request.method != "POST":
        typed = TypedMessage(subject=proposed_subject(code, about.label) if about else "", key=new_key())
        return _draw_new(typed, [], about, code, item)
    who = identity()
    if sent_for_another(who.entity_code):
        return redirect(url_for("fill.messages"), 303)
    typed = read_typed(request.form, request.files.getlist(FILES), with_subject=True)
    problems = _old_page() or typed.problems
    if not problems:
        try:
            number = open_thread(edition, _own(), About(typed.subject, code, item), typed.written, _writer(), now())
        except UsedFormError:
            typed, problems = typed.in_a_fresh_form(), [(TEXT, used_form())]
        except (TooManyMessagesError, TooManyFilesError) as error:
            problems = _refusal(error)
        else:
            flash(_("Messaggio inviato alla segreteria. Quando risponde, arriva un'e-mail."), "success")
            return redirect(url_for("fill.thread", number=number), 303)
    return _draw_new(typed, problems, about, code, item), 422


@blueprint.route(f"/messaggi/<int(max={LARGEST_NUMBER}):number>", methods=["GET", "POST"])
def thread(number: int) -> ResponseReturnValue:
    """One thread, and the form to write in it."""
    found = _found(number)
    if request.method != "POST":
        rows = messages_in(found)
        if request.method == "GET" and found.unread:
            _mark_read(found, rows)
        return _draw(found, rows, TypedMessage(key=new_key()), [])
    if sent_for_another(identity().entity_code):
        return redirect(url_for("fill.thread", number=number), 303)
    edition = current_edition()
    if edition is None or edition.id != found.edition_id:
        flash(_("Questa conversazione è di un'edizione conclusa: per scrivere ora, comincia un nuovo messaggio."), "warning")
        return redirect(url_for("fill.messages"), 303)
    typed = read_typed(request.form, request.files.getlist(FILES), with_subject=False)
    problems = _old_page() or typed.problems
    if not problems:
        try:
            reply(edition, _own(), found.id, typed.written, _writer(), now())
        except UsedFormError:
            typed, problems = typed.in_a_fresh_form(), [(TEXT, used_form())]
        except (TooManyMessagesError, TooManyFilesError) as error:
            problems = _refusal(error)
        else:
            flash(_("Messaggio inviato alla segreteria."), "success")
            return redirect(url_for("fill.thread", number=number), 303)
    return _draw(found, messages_in(found), typed, problems), 422


@blueprint.post(f"/messaggi/<int(max={LARGEST_NUMBER}):number>/<any(chiudi, riapri):turn>")
def change_thread(number: int, turn: str) -> ResponseReturnValue:
    """Say that a thread is settled, or open it again."""
    found, change = _found(number), close_thread if turn == "chiudi" else reopen_thread
    try:
        change(found, _writer(), now())
    except NothingChangedError:
        flash(_("Era già così."), "info")
    else:
        closed = _("Conversazione chiusa: se scrivi ancora, si riapre.")
        flash(closed if turn == "chiudi" else _("Conversazione riaperta."), "success")
    return redirect(url_for("fill.thread", number=number), 303)


@blueprint.get(f"/messaggi/<int(max={LARGEST_NUMBER}):number>/allegati/<int(max={LARGEST_NUMBER}):attachment>")
def message_file(number: int, attachment: int) -> Response:
    """A file of one of the entity's threads."""
    found = file_in(_found(number), attachment)
    if found is None:
        abort(404)
    row, content = found
    return download(content, media_type(row.kind), row.name, f"allegato-{row.id}.{row.kind}")


def _found(number: int) -> ThreadRow:
    try:
        return thread_of(identity().entity_id, number)
    except UnknownThreadError:
        abort(404)


def _own() -> EntityRow:
    found = find_by_id(identity().entity_id)
    if found is None:
        abort(404)
    return found


def _writer() -> Writer:
    return Writer(ENTITY, identity().operator_id or 0)


def _mark_read(thread: ThreadRow, rows: list[MessageRow]) -> None:
    """Note what the page shows as read: a short transaction that writes, after the one that only reads."""
    db.session.rollback()
    with unit_of_work(writes=True):
        mark_read_by_entity(thread.entity_id, thread.id, rows[-1].id)
        db.session.commit()


def _old_page() -> Problems:
    if not g.get("csrf_failed"):
        return []
    return [("", _("La pagina era aperta da troppo tempo: controlla quello che hai scritto e invialo di nuovo."))]


def _refusal(error: Exception) -> Problems:
    if isinstance(error, TooManyMessagesError):
        often = _("Il tuo ente ha già scritto %(most)d messaggi nell'ultima ora: aspetta un po', o telefona.", most=PER_HOUR)
        return [(TEXT, often)]
    return [(FILES, _("Il tuo ente ha già mandato molti allegati in questa edizione: scrivi senza, o chiedi come mandarli."))]


def _draw_new(typed: TypedMessage, problems: Problems, about: Subject | None, code: str, item: str) -> str:
    named = {"about": about, "question": code, "item": item}
    return render_template("fill/thread_new.html", **named, **_form(typed, problems))


def _draw(thread: ThreadRow, rows: list[MessageRow], typed: TypedMessage, problems: Problems) -> str:
    edition = current_edition()
    return render_template(
        "fill/thread.html",
        thread=thread,
        rows=rows,
        about=subject_of(thread, own_response()),
        can_write=edition is not None and edition.id == thread.edition_id,
        file_address=lambda attachment: url_for("fill.message_file", number=thread.id, attachment=attachment),
        unread_messages=unread_of(thread.entity_id),
        **_form(typed, problems),
    )


def _form(typed: TypedMessage, problems: Problems) -> dict[str, object]:
    """What the template of the fields needs."""
    if problems and typed.files:
        problems = [*problems, (FILES, _("Scegli di nuovo gli allegati: il browser non li conserva."))]
    return {
        "typed": typed,
        "problems": problems,
        "errors": dict(problems),
        "accept": ACCEPT,
        "longest": LONGEST_TEXT,
        "moment": moment,
        "entity_code": identity().entity_code,
    }
