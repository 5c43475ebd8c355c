"""`/gestione/note` and one's own note written anew: what was noted of entities, found again and put right.

Not for: adding a note or taking one back (`entity_deeds.py`).
Holds always: a territory's person finds notes of its own Region alone; only one's own note is changed.
"""

from __future__ import annotations

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.calls import LONGEST_NOTE
from app.chasing.notes import UnknownNoteError, count_notes, find_notes, is_own_note, rewrite_note
from app.clock import now
from app.desk import blueprint
from app.desk.chasing_words import short
from app.desk.entity import draw_entity, seen_head
from app.desk.entity_deeds import text_problems
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.web.incoming import NUL

ROWS: Final = 20
LONGEST_SEARCH: Final = 100


@blueprint.get("/note")
def notes() -> str:
    """Notes of any entity that hold a text."""
    text = request.args.get("q", "")[:LONGEST_SEARCH].replace(NUL, "").strip()
    region = required_staff().region_code
    pager = paging(count_notes(text, region=region), rows=ROWS)
    found = find_notes(text, region=region, limit=ROWS, offset=pager.offset)
    return render_template("desk/notes.html", text=text, pager=pager, found=found, short=short)


@blueprint.post("/enti/<code>/note/<int(max=2147483647):number>/testo")
def rewrite_entity_note(code: str, number: int) -> ResponseReturnValue:
    """Write one's own note anew."""
    head, staff = seen_head(code), required_staff()
    field = f"nota-{number}"
    text = request.form.get(field, "").replace("\r\n", "\n").strip()[:9000]
    problems = old_page() or text_problems(field, text, LONGEST_NOTE)
    if not text:
        problems = [(field, _("Scrivi la nota, oppure toglila."))]
    if problems and is_own_note(head.entity_id, number, staff.staff_id):
        return draw_entity(head, field, {field: text}, problems), 422
    try:
        if problems:  # the page has no form for a note that is somebody else's
            raise UnknownNoteError(number)
        rewrite_note((head.entity_id, head.code), number, text, staff_id=staff.staff_id, now=now())
    except UnknownNoteError:
        flash(_("Non è cambiato nulla: forse l'hai già tolta, o l'ha scritta un'altra persona."), "info")
    else:
        flash(_("Nota cambiata."), "success")
    return redirect(url_for("desk.entity", code=head.code, _anchor="note"), 303)
