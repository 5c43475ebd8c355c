"""`/gestione/lettere`: the letters of many, from a filter, a file or a list: read what they would be, then take them, once.

Not for: one entity's letter (`login_letters.py`), or making them (`app.letters.many`).
Holds always: preparing makes no letter and issues no code; the file comes by a POST, to whoever prepared it, once.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import urlencode

from flask import Response, abort, flash, make_response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.code_lists import MOST_BYTES, MOST_LINES, UnreadableListError
from app.accounts.permissions import required_staff
from app.accounts.staff import staff_names
from app.chasing.filters import Filter
from app.chasing.selection import select_respondents
from app.clock import now
from app.desk import blueprint
from app.desk.code_lists import Problem, listed, unreadable, where_typed
from app.desk.login_paging import paging
from app.desk.login_words import RUN_SOURCES
from app.desk.old_pages import old_page
from app.desk.plan_letters import step_of_letters
from app.editions.current import EditionView, current_edition
from app.letters.many import (
    Letters,
    LettersTakenError,
    UnknownLettersError,
    begin_letters,
    count_letters,
    letters_by_number,
    list_letters,
    prepare_letters,
    preview_letters,
)
from app.letters.running import LettersRefusedError, refuse_if_over

ROWS: Final = 20
SECONDS_BETWEEN: Final = 3
_UNDER_WAY: Final = dt.timedelta(minutes=30)


@blueprint.get("/lettere")
def letter_runs() -> str:
    """What was prepared, the last first."""
    pager = paging(count_letters(), rows=ROWS)
    return render_template(
        "desk/letters.html", runs=list_letters(ROWS, pager.offset), pager=pager, names=_names(), sources=RUN_SOURCES
    )


@blueprint.route("/lettere/nuove", methods=["GET", "POST"])
def new_letters() -> ResponseReturnValue:
    """Say whose letters: in the address stands a filter of the responses, or else a file or a list is asked for."""
    wanted, edition = Filter.from_args(request.args), current_edition()
    if edition is None:
        abort(404)
    if request.method != "POST":
        return _draw_new(wanted, edition)
    if problems := old_page() or _over(edition):
        return _draw_new(wanted, edition, problems), 422
    actor, filtered = required_staff().actor, not wanted.is_empty
    try:
        if filtered:
            text = urlencode(wanted.to_args())
            number = prepare_letters(
                _means(wanted, edition), edition, source="filter", actor=actor, now=now(), filter_text=text
            )
        else:
            found, source = listed()
            number = prepare_letters(found.entity_ids, edition, source=source, actor=actor, now=now(), unknown=found.unknown)
    except UnreadableListError as error:
        return _draw_new(wanted, edition, [unreadable(error)]), 422
    except LettersRefusedError:
        empty = _("Nessun ente corrisponde al filtro.") if filtered else _("Nessuno dei codici è di un ente che esiste oggi.")
        return _draw_new(wanted, edition, [("" if filtered else where_typed(), empty)]), 422
    return redirect(url_for("desk.letters", number=number), 303)


@blueprint.get("/lettere/<int(max=2147483647):number>")
def letters(number: int) -> ResponseReturnValue:
    """What the letters would be; while the file is under way, how far it is."""
    found, at = _asked(number), now()
    under_way = found.begun_at is not None and found.taken_at is None and at - found.begun_at < _UNDER_WAY
    page = render_template(
        "desk/letters_run.html",
        run=found,
        preview=preview_letters(found, at),
        mine=found.prepared_by == required_staff().actor,
        under_way=under_way,
        names=_names(),
        sources=RUN_SOURCES,
        step=step_of_letters(found),
    )
    response = make_response(page)
    if under_way:
        response.headers["Refresh"] = f"{SECONDS_BETWEEN}; url={url_for('desk.letters', number=number)}"
    return response


@blueprint.post("/lettere/<int(max=2147483647):number>/scarica")
def take_letters(number: int) -> ResponseReturnValue:
    """The letters, made while they are sent."""
    _asked(number)
    edition = current_edition()
    try:
        if edition is None:
            raise LettersRefusedError("no edition")
        pieces = begin_letters(number, edition, now, actor=required_staff().actor)
    except LettersTakenError:
        flash(_("Queste lettere sono già scaricate, o le ha preparate un'altra persona: preparale di nuovo."), "info")
    except LettersRefusedError:
        flash(_("Queste lettere ora non si possono fare: la rilevazione è finita, o nessun ente può riceverle."), "warning")
    else:
        response = Response(stream_with_context(pieces), mimetype="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="lettere-{number}.zip"'
        return response
    return redirect(url_for("desk.letters", number=number), 303)


def _means(wanted: Filter, edition: EditionView) -> list[int]:
    return select_respondents(edition, wanted, now(), region=required_staff().region_code)


def _over(edition: EditionView) -> list[Problem]:
    try:
        refuse_if_over(edition, now())
    except LettersRefusedError:
        return [("", _("La rilevazione non prende più risposte: il codice di una lettera non aprirebbe nulla."))]
    return []


def _draw_new(wanted: Filter, edition: EditionView, problems: list[Problem] | None = None) -> str:
    return render_template(
        "desk/letters_new.html",
        wanted=None if wanted.is_empty else wanted,
        count=0 if wanted.is_empty else len(_means(wanted, edition)),
        fields=wanted.to_args(),
        typed=request.form.get("codici", "")[:MOST_BYTES],
        problems=problems or [],
        errors=dict(problems or []),
        most_lines=MOST_LINES,
        most_kib=MOST_BYTES // 1024,
    )


def _asked(number: int) -> Letters:
    try:
        return letters_by_number(number)
    except UnknownLettersError:
        abort(404)


def _names() -> dict[str, str]:
    return {f"staff:{number}": name for number, name in staff_names().items()}
