"""`/gestione/messaggi`: the entities' threads at the desk: which wait, one of them, answering, who looks after it, its files.

Not for: beginning one (`thread_new.py`) or the answers that the desk keeps (`saved_answers.py`).
Holds always: a territory's person finds the threads of its own Region alone; what was typed comes back with what is wrong; each
deed is a POST with its audit entry.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.permissions import required_staff
from app.clock import now
from app.database import unit_of_work
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.chasing_words import short
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.desk.thread_words import STATE_TAGS, answer_label
from app.editions.current import EditionView, list_editions
from app.extensions import db
from app.registry.entities import EntityRow, find_by_id
from app.registry.regions import region_names
from app.threads.files import media_type
from app.threads.looking_after import (
    NothingChangedError,
    UnfitAssigneeError,
    assign,
    assignable_to,
    close_thread,
    reopen_thread,
)
from app.threads.reading import (
    ENDED,
    EVERY,
    MINE,
    UNASSIGNED,
    UNREAD,
    WAITING,
    MessageRow,
    ThreadRow,
    UnknownThreadError,
    Wanted,
    count_desk_threads,
    desk_threads,
    file_in,
    mark_read_by_staff,
    messages_in,
    thread_at_desk,
)
from app.threads.saved_answers import UnknownAnswerError, saved_answer, saved_answers
from app.threads.sides import CLOSED, DESK, ENTITY, OPEN
from app.threads.typed import ACCEPT, FILES, TEXT, Problems, TypedMessage, new_key, read_typed, too_many_files, used_form
from app.threads.writing import LONGEST_TEXT, TooManyFilesError, UsedFormError, Writer, reply
from app.web.downloads import download

ROWS: Final = 25
LARGEST: Final = 2**31 - 1
VIEWS: Final = {
    "attesa": (WAITING, _l("Aspettano noi")),
    "miei": (MINE, _l("Assegnati a me")),
    "liberi": (UNASSIGNED, _l("Non assegnate")),
    "nuovi": (UNREAD, _l("Da leggere")),
    "tutti": (EVERY, _l("Tutti")),
    "chiusi": (ENDED, _l("Chiusi")),
}
"""What the address calls a view → the view and its words."""
AFTERWARDS: Final = {
    "ente": (ENTITY, _l("Aspettiamo una risposta dell'ente")),
    "niente": (OPEN, _l("Non aspettiamo nulla")),
    "chiusa": (CLOSED, _l("Chiudi la conversazione")),
}
"""What the form calls how a thread stands after the desk's message."""


@blueprint.get("/messaggi")
def threads() -> str:
    """The list, by a view, a Region and words; all of it stands in the address."""
    edition, staff = edition_on(), required_staff()
    view = request.args.get("vista", "attesa")
    view = view if view in VIEWS else "attesa"
    text = " ".join(request.args.get("q", "").split())[:100]
    asked = request.args.get("regione", "")
    region = staff.region_code or (asked if asked in region_names() else None)
    if edition is None:
        return render_template("desk/threads.html", threads=[], edition_named=False, **_listed(view, text, region), pager=None)
    wanted = Wanted(edition.id, staff.staff_id, VIEWS[view][0], region, text)
    pager = paging(count_desk_threads(wanted), rows=ROWS)
    return render_template(
        "desk/threads.html",
        threads=desk_threads(wanted, limit=ROWS, offset=pager.offset),
        edition_named=True,
        pager=pager,
        **_listed(view, text, region),
    )


def _listed(view: str, text: str, region: str | None) -> dict[str, Any]:
    own = required_staff().region_code
    asked = None if own else region
    return {
        "views": [
            (url_for("desk.threads", vista=name, q=text or None, regione=asked), str(words), name == view)
            for name, (_view, words) in VIEWS.items()
        ],
        "view": view,
        "text": text,
        "region": region,
        "regions": [] if own else sorted(region_names().items(), key=lambda pair: pair[1]),
        "tags": STATE_TAGS,
        "short": short,
    }


@blueprint.route(f"/messaggi/<int(max={LARGEST}):number>", methods=["GET", "POST"])
def thread(number: int) -> ResponseReturnValue:
    """One thread, and the form to answer in it."""
    found, staff = found_thread(number), required_staff()
    if request.method != "POST":
        rows = messages_in(found)
        if request.method == "GET" and found.unread:
            _mark_read(found, rows)
        return _draw(found, rows, TypedMessage(key=new_key()), [])
    edition, entity = edition_on(), find_by_id(found.entity_id)
    if edition is None or edition.id != found.edition_id or entity is None:
        flash(_("Questa conversazione è di un'edizione conclusa: qui si può solo leggere."), "warning")
        return redirect(url_for("desk.thread", number=number), 303)
    typed = read_typed(request.form, request.files.getlist(FILES), with_subject=False)
    if request.form.get("azione") == "inserisci":
        return _draw(found, messages_in(found), with_saved(typed), [])
    problems = old_page() or typed.problems
    if problems:
        return _draw(found, messages_in(found), typed, problems), 422
    return _reply(edition, entity, found, typed, Writer(DESK, staff.staff_id))


def _reply(
    edition: EditionView, entity: EntityRow, found: ThreadRow, typed: TypedMessage, writer: Writer
) -> ResponseReturnValue:
    afterwards = AFTERWARDS.get(request.form.get("poi", ""), AFTERWARDS["ente"])[0]
    try:
        reply(edition, entity, found.id, typed.written, writer, now(), afterwards=afterwards)
    except UsedFormError:
        return _draw(found, messages_in(found), typed.in_a_fresh_form(), [(TEXT, used_form())]), 422
    except TooManyFilesError:
        return _draw(found, messages_in(found), typed, [(FILES, too_many_files())]), 422
    flash(_("Messaggio inviato: l'ente riceve un avviso per e-mail, senza il testo."), "success")
    return redirect(url_for("desk.thread", number=found.id), 303)


@blueprint.post(f"/messaggi/<int(max={LARGEST}):number>/assegna")
def assign_thread(number: int) -> ResponseReturnValue:
    """Give a thread to somebody, or to nobody."""
    found, staff = found_thread(number), required_staff()
    asked = request.form.get("a", "")
    to = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    try:
        assign(found, to, Writer(DESK, staff.staff_id), now())
    except UnfitAssigneeError:
        flash(_("Questa persona non può seguire la conversazione: scegline un'altra."), "warning")
    except NothingChangedError:
        flash(_("Era già così."), "info")
    else:
        flash(_("Conversazione assegnata.") if to else _("La conversazione non è più assegnata a nessuno."), "success")
    return redirect(url_for("desk.thread", number=number), 303)


@blueprint.post(f"/messaggi/<int(max={LARGEST}):number>/<any(chiudi, riapri):turn>")
def turn_thread(number: int, turn: str) -> ResponseReturnValue:
    """Close a thread, or open it again."""
    found, change = found_thread(number), close_thread if turn == "chiudi" else reopen_thread
    try:
        change(found, Writer(DESK, required_staff().staff_id), now())
    except NothingChangedError:
        flash(_("Era già così."), "info")
    else:
        flash(_("Conversazione chiusa.") if turn == "chiudi" else _("Conversazione riaperta."), "success")
    return redirect(url_for("desk.thread", number=number), 303)


@blueprint.get(f"/messaggi/<int(max={LARGEST}):number>/allegati/<int(max={LARGEST}):attachment>")
def thread_file(number: int, attachment: int) -> Response:
    """A file of a thread."""
    found = file_in(found_thread(number), attachment)
    if found is None:
        abort(404)
    row, content = found
    return download(content, media_type(row.kind), row.name, f"allegato-{row.id}.{row.kind}")


def found_thread(number: int) -> ThreadRow:
    """The thread of an address, as far as whoever asks may see it; else there is no such page."""
    staff = required_staff()
    try:
        return thread_at_desk(number, staff.staff_id, staff.region_code)
    except UnknownThreadError:
        abort(404)


def with_saved(typed: TypedMessage) -> TypedMessage:
    """What was typed, with the kept answer that was chosen below it."""
    asked = request.form.get("risposta", "")
    try:
        kept = saved_answer(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0)
    except UnknownAnswerError:
        return typed
    text = "\n\n".join(part for part in (typed.text, "" if kept.removed else kept.text) if part)
    return TypedMessage(typed.subject, text, typed.key)


def form_context(typed: TypedMessage, problems: Problems) -> dict[str, Any]:
    """What the template of the fields needs."""
    if problems and typed.files:
        problems = [*problems, (FILES, _("Scegli di nuovo gli allegati: il browser non li conserva."))]
    return {
        "typed": typed,
        "problems": problems,
        "errors": dict(problems),
        "accept": ACCEPT,
        "longest": LONGEST_TEXT,
        "saved": saved_answers(),
        "chosen": request.form.get("poi", ""),
    }


def _mark_read(found: ThreadRow, rows: list[MessageRow]) -> None:
    """Note what the page shows as read: a short transaction that writes, after the one that only reads."""
    db.session.rollback()
    with unit_of_work(writes=True):
        mark_read_by_staff(required_staff().staff_id, found.id, rows[-1].id)
        db.session.commit()


def _draw(found: ThreadRow, rows: list[MessageRow], typed: TypedMessage, problems: Problems) -> str:
    edition = next((one for one in list_editions() if one.id == found.edition_id), None)
    present = edition_on()
    return render_template(
        "desk/thread.html",
        thread=found,
        rows=rows,
        about=answer_label(found.entity_id, edition, found.question, found.item) if found.question else "",
        can_write=present is not None and present.id == found.edition_id,
        members=assignable_to(found.region_code),
        file_address=lambda attachment: url_for("desk.thread_file", number=found.id, attachment=attachment),
        tags=STATE_TAGS,
        short=short,
        afterwards=[(name, str(words)) for name, (_state, words) in AFTERWARDS.items()],
        **form_context(typed, problems),
    )
