"""What is done about one entity from its page: calls and notes with their undo, an extension or a reopening, a refusal.

Not for: many at once (`extending.py`), or logins.
Holds always: what was refused comes back on the entity's page with what was typed; a page left open too long loses nothing;
only one's own calls and notes are taken back.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.calls import LONGEST_NAME, LONGEST_NOTE, OUTCOMES, NewCall, UnknownCallError, add_call, set_call_removed
from app.chasing.notes import UnknownNoteError, add_note, set_note_removed
from app.chasing.record import Head
from app.chasing.respondents import correct_deadline
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.chasing_words import short
from app.desk.entity import Problems, draw_entity, seen_head
from app.desk.granting import grant_problems, read_grant, refusal
from app.desk.old_pages import old_page
from app.desk.typed_instants import read_day, read_minute, read_time
from app.editions.extensions import MINUTE, ExtensionRefusedError, extend, is_over
from app.editions.files import ROME
from app.editions.reopenings import UnknownReopeningError, refuse_reopening, waiting_entities, waiting_reopenings
from app.registry.entity_languages import UnknownLanguageError
from app.registry.entity_languages import choose_language as choose_one
from app.web.incoming import NUL

REMOVE = "togli"
RESTORE = "ripristina"


def _back(head: Head, fragment: str) -> ResponseReturnValue:
    return redirect(url_for("desk.entity", code=head.code) + f"#{fragment}", 303)


@blueprint.post("/enti/<code>/telefonate")
def add_entity_call(code: str) -> ResponseReturnValue:
    """Write a call down."""
    head, edition = seen_head(code), edition_on()
    if edition is None:
        abort(404)
    typed = {name: request.form.get(name, "").replace("\r\n", "\n").strip()[:9000] for name in _CALL_FIELDS}
    problems = old_page() or _call_problems(typed)
    if problems:
        return draw_entity(head, "call", typed, problems), 422
    day, time = read_day(typed["richiamare"]), read_time(typed["richiamare-ora"]) or ""
    call = NewCall(typed["esito"], typed["persona"], typed["appunti"], day, time)
    add_call(edition.id, (head.entity_id, head.code), call, staff_id=required_staff().staff_id, now=now())
    flash(_("Telefonata annotata."), "success")
    return _back(head, "telefonate")


@blueprint.post("/enti/<code>/lingua")
def choose_language(code: str) -> ResponseReturnValue:
    """In which language the entity is written to; "": in that of its place."""
    head = seen_head(code)
    try:
        choose_one(head.entity_id, request.form.get("lingua-messaggi", ""), actor=required_staff().actor, now=now())
    except UnknownLanguageError:
        flash(_("Scegli una delle lingue dell'elenco."), "warning")
    else:
        flash(_("Lingua salvata: vale per i messaggi che confermi d'ora in poi."), "success")
    return _back(head, "lingua-dei-messaggi")


_CALL_FIELDS = ("esito", "persona", "appunti", "richiamare", "richiamare-ora")


def _call_problems(typed: dict[str, str]) -> Problems:
    found: Problems = []
    if typed["esito"] not in OUTCOMES:
        found.append(("esito", _("Scegli com'è andata la telefonata.")))
    found += text_problems("persona", typed["persona"], LONGEST_NAME)
    found += text_problems("appunti", typed["appunti"], LONGEST_NOTE)
    day = read_day(typed["richiamare"])
    if typed["richiamare"] and day is None:
        found.append(("richiamare", _("Scrivi il giorno così: 15/05/2026.")))
    elif day is not None and day < now().astimezone(ROME).date():
        found.append(("richiamare", _("Scegli oggi o un giorno che deve ancora venire.")))
    elif typed["esito"] == "call_back" and day is None:
        found.append(("richiamare", _("Scrivi quando richiamare: l'ente compare quel giorno tra quelli da richiamare.")))
    return found or _time_problems(typed["richiamare"], typed["richiamare-ora"])


def _time_problems(day: str, time: str) -> Problems:
    """What is wrong with the time at which to call back, the day being right."""
    if not time:
        return []
    if read_time(time) is None:
        return [("richiamare-ora", _("Scrivi l'ora così: 10:30."))]
    if not day:
        return [("richiamare", _("Scrivi anche il giorno in cui richiamare."))]
    at = read_minute(day, time)
    if at is None:
        return [("richiamare-ora", _("Scegli un'altra ora: quel giorno l'orologio va avanti e quest'ora non c'è."))]
    return [("richiamare-ora", _("Scegli un'ora che deve ancora venire."))] if at < now() else []


def text_problems(field: str, text: str, most: int) -> Problems:
    """What is wrong with a text that somebody typed, at its field."""
    if len(text) > most:
        return [(field, _("Accorcia il testo: al massimo %(most)d caratteri, ora sono %(count)d.", most=most, count=len(text)))]
    if NUL in text:
        return [(field, _("Scrivi il testo di nuovo: contiene un carattere che non si può salvare."))]
    return []


@blueprint.post("/enti/<code>/note")
def add_entity_note(code: str) -> ResponseReturnValue:
    """Keep a note."""
    head = seen_head(code)
    text = request.form.get("nota", "").replace("\r\n", "\n").strip()[:9000]
    problems = old_page() or text_problems("nota", text, LONGEST_NOTE)
    if not text:
        problems = [("nota", _("Scrivi la nota."))]
    if problems:
        return draw_entity(head, "note", {"nota": text}, problems), 422
    add_note((head.entity_id, head.code), text, staff_id=required_staff().staff_id, now=now())
    flash(_("Nota aggiunta."), "success")
    return _back(head, "note")


@blueprint.post("/enti/<code>/telefonate/<int(max=2147483647):number>/<any(togli, ripristina):deed>")
def change_call(code: str, number: int, deed: str) -> ResponseReturnValue:
    """Take one's own call back, or put it back."""
    texts = {REMOVE: _("Telefonata tolta: la trovi sotto, se vuoi rimetterla."), RESTORE: _("Telefonata rimessa.")}
    return _change(code, number, deed, set_call_removed, "telefonate", texts[deed])


@blueprint.post("/enti/<code>/note/<int(max=2147483647):number>/<any(togli, ripristina):deed>")
def change_note(code: str, number: int, deed: str) -> ResponseReturnValue:
    """Take one's own note back, or put it back."""
    texts = {REMOVE: _("Nota tolta: la trovi sotto, se vuoi rimetterla."), RESTORE: _("Nota rimessa.")}
    return _change(code, number, deed, set_note_removed, "note", texts[deed])


def _change(code: str, number: int, deed: str, change: Callable[..., None], fragment: str, text: str) -> ResponseReturnValue:
    head = seen_head(code)
    try:
        change((head.entity_id, head.code), number, removed=deed == REMOVE, staff_id=required_staff().staff_id, now=now())
    except (UnknownCallError, UnknownNoteError):
        flash(_("Non è cambiato nulla: forse l'hai già fatto, o l'ha scritto un'altra persona."), "info")
    else:
        flash(text, "success")
    return _back(head, fragment)


@blueprint.post("/enti/<code>/proroga")
def extend_entity(code: str) -> ResponseReturnValue:
    """Let the entity answer longer, or again."""
    head, edition, at = seen_head(code), edition_on(), now()
    if edition is None:
        abort(404)
    typed = read_grant(request)
    problems = old_page() or grant_problems(typed, at)
    over = is_over(edition, head.extended_until, at)
    if not problems and typed.closes_at is not None:
        try:
            actor = required_staff().actor
            how = {"reopened": over, "tell": typed.tell}
            extend(edition.code, head.code, typed.closes_at, typed.reason, actor=actor, now=at, **how)
        except ExtensionRefusedError as error:
            problems = [refusal(error.reason)]
        else:
            correct_deadline(edition.id, head.entity_id)
    if problems or typed.closes_at is None:
        return draw_entity(head, "grant", {"grant": typed}, problems), 422
    until = short(typed.closes_at - MINUTE)
    told = (
        _("Risposta riaperta fino al %(until)s.", until=until) if over else _("Scadenza prorogata al %(until)s.", until=until)
    )
    flash(told + " " + (_("L'ente riceve un messaggio.") if typed.tell else _("L'ente non riceve messaggi.")), "success")
    return _back(head, "risposta")


@blueprint.post("/enti/<code>/riapertura/<int(max=2147483647):number>/rifiuta")
def refuse_entity_reopening(code: str, number: int) -> ResponseReturnValue:
    """Close the entity's request to answer again without granting it."""
    head, edition = seen_head(code), edition_on()
    own = edition is not None and head.entity_id in waiting_entities(edition.id)
    mine = {row.id for row in waiting_reopenings(edition.id) if row.entity_code == head.code} if edition and own else set()
    try:
        if number not in mine:
            raise UnknownReopeningError(number)
        refuse_reopening(number, refused_by=required_staff().actor, now=now())
    except UnknownReopeningError:
        flash(_("Questa richiesta non è più in attesa."), "info")
    else:
        flash(_("Richiesta di riapertura rifiutata."), "success")
    return _back(head, "richieste")
