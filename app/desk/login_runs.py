"""`/gestione/accessi/gruppi`: reset many logins, from a file, a typed list or a filter: read the list, confirm, watch, take the
result away.

Not for: the work itself (`app.accounts.login_runs`), which a command can do as well.
Holds always: nothing of any login changes before the confirmation; a run that was confirmed goes on wherever somebody looks at
its page, a slice at a time, since a closed tab or a killed process must not leave it half done.
"""

from __future__ import annotations

import csv
import io
from typing import Final
from urllib.parse import urlencode

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.code_lists import MOST_BYTES, MOST_LINES, UnreadableListError
from app.accounts.login_runs import (
    FAILED,
    ITEM_STATES,
    NO_ADDRESS,
    EmptyRunError,
    RunRow,
    UnknownRunError,
    WrongCountError,
    confirm_run,
    count_runs,
    last_message_at,
    list_runs,
    never_activated,
    prepare_run,
    run_by_id,
    run_items,
    stop_run,
    without_address,
    work_off,
)
from app.accounts.permissions import required_staff
from app.accounts.staff import staff_names
from app.chasing.filters import Filter
from app.chasing.selection import select_respondents
from app.clock import now
from app.config import settings
from app.database import unit_of_work
from app.desk import blueprint
from app.desk import login_words as words
from app.desk.code_lists import Problem, listed, unreadable, where_typed
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.editions.current import current_edition
from app.extensions import db
from app.web.spreadsheets import inert

ROWS: Final = 50
SECONDS_BETWEEN: Final = 1
_LONGEST: Final = MOST_BYTES


@blueprint.get("/accessi/gruppi")
def login_runs() -> str:
    """Every run, the last one first."""
    pager = paging(count_runs(), rows=20)
    return render_template("desk/login_runs.html", runs=list_runs(20, pager.offset), pager=pager, names=_names(), words=words)


@blueprint.route("/accessi/gruppi/nuovo", methods=["GET", "POST"])
def new_login_run() -> ResponseReturnValue:
    """Say whose logins: in the address stands a filter of the responses, or else a file or a list is asked for."""
    wanted = Filter.from_args(request.args)
    if request.method == "POST":
        return _prepare(wanted)
    return _draw_new(wanted)


def _prepare(wanted: Filter) -> ResponseReturnValue:
    actor, filtered = required_staff().actor, not wanted.is_empty
    if wrong := old_page():
        return _draw_new(wanted, wrong), 422
    try:
        if filtered:
            run_id = prepare_run(_means(wanted), source="filter", actor=actor, now=now(), filter_text=_text_of(wanted))
        else:
            found, source = listed()
            run_id = prepare_run(found.entity_ids, source=source, actor=actor, now=now(), unknown=found.unknown)
    except UnreadableListError as error:
        return _draw_new(wanted, [unreadable(error)]), 422
    except EmptyRunError:
        empty = _("Nessun ente corrisponde al filtro.") if filtered else _("Nessuno dei codici è di un ente che esiste oggi.")
        return _draw_new(wanted, [("" if filtered else where_typed(), empty)]), 422
    return redirect(url_for("desk.login_run", number=run_id), 303)


def _draw_new(wanted: Filter, problems: list[Problem] | None = None) -> str:
    return render_template(
        "desk/login_run_new.html",
        wanted=None if wanted.is_empty else wanted,
        count=0 if wanted.is_empty else len(_means(wanted)),
        fields=wanted.to_args(),
        typed=request.form.get("codici", "")[:_LONGEST],
        problems=problems or [],
        errors=dict(problems or []),
        most_lines=MOST_LINES,
        most_kib=MOST_BYTES // 1024,
    )


def _means(wanted: Filter) -> list[int]:
    edition = current_edition()
    return [] if edition is None else select_respondents(edition, wanted, now(), region=required_staff().region_code)


def _text_of(wanted: Filter) -> str:
    return urlencode(wanted.to_args())


@blueprint.get("/accessi/gruppi/<int(max=2147483647):number>")
def login_run(number: int) -> ResponseReturnValue:
    """A run: its list before it is confirmed, its progress, its result. Looking at one that is under way moves it on."""
    run = _asked_run(number)
    still = bool(request.args.get("fermo"))
    if run.state == "running" and not still:
        run = _moved_on(number)
    response = make_response(_draw_run(run, still))
    if run.state == "running" and not still:
        response.headers["Refresh"] = f"{SECONDS_BETWEEN}; url={url_for('desk.login_run', number=number)}"
    return response


def _moved_on(number: int) -> RunRow:
    db.session.rollback()  # this request has only read so far
    with unit_of_work(writes=True):
        work_off(number, now)
    return _asked_run(number)


def _draw_run(run: RunRow, still: bool = False, problems: list[Problem] | None = None) -> str:
    chosen = request.args.get("stato", "")
    states = (chosen,) if chosen in ITEM_STATES and run.state != "prepared" else ITEM_STATES
    own = url_for("desk.login_run", number=run.id)  # also where this is drawn again after a refusal, at another address
    pager = paging(sum(run.counts[state] for state in states), rows=ROWS, path=own)
    return render_template(
        "desk/login_run.html",
        run=run,
        still=still,
        items=run_items(run.id, now(), states=states, limit=ROWS, offset=pager.offset),
        pager=pager,
        chosen=states[0] if len(states) == 1 else "",
        without=without_address(run.id, now()) if run.state == "prepared" else 0,
        per_hour=settings().reminders_per_hour,
        last_message=last_message_at(now()) if run.confirmed_at else None,
        never=never_activated(run.id) if run.state == "prepared" else 0,
        names=_names(),
        words=words,
        typed=request.form.get("numero", ""),
        problems=problems or [],
        errors=dict(problems or []),
    )


@blueprint.post("/accessi/gruppi/<int(max=2147483647):number>/conferma")
def confirm_login_run(number: int) -> ResponseReturnValue:
    """Let it begin."""
    if wrong := old_page():
        return _draw_run(_asked_run(number), problems=wrong), 422
    _asked_run(number)
    try:
        confirm_run(number, typed=request.form.get("numero", "")[:20].strip(), actor=required_staff().actor, now=now())
    except WrongCountError:
        wrong = _("Scrivi il numero degli accessi da azzerare, come sta scritto qui sopra.")
        return _draw_run(_asked_run(number), problems=[("numero", wrong)]), 422
    return redirect(url_for("desk.login_run", number=number), 303)


@blueprint.post("/accessi/gruppi/<int(max=2147483647):number>/continua")
def continue_login_run(number: int) -> ResponseReturnValue:
    """Work a slice off, for whoever has stopped the page from moving by itself."""
    _asked_run(number)
    work_off(number, now)
    return redirect(url_for("desk.login_run", number=number, fermo=1), 303)


@blueprint.post("/accessi/gruppi/<int(max=2147483647):number>/interrompi")
def stop_login_run(number: int) -> ResponseReturnValue:
    """Reset none of those that still wait; or throw a list away that was not confirmed."""
    run = _asked_run(number)
    stop_run(number, actor=required_staff().actor, now=now())
    if run.state == "prepared":
        flash(_("Elenco scartato: nessun accesso è cambiato."), "success")
        return redirect(url_for("desk.login_runs"), 303)
    flash(_("Interrotto: gli accessi in attesa restano com'erano."), "success")
    return redirect(url_for("desk.login_run", number=number), 303)


@blueprint.get("/accessi/gruppi/<int(max=2147483647):number>/da-avvisare.csv")
def login_run_file(number: int) -> Response:
    """Those without an address and those that failed, to be told in another way; with `tutti` the result of each."""
    run, whole = _asked_run(number), bool(request.args.get("tutti"))
    items = run_items(run.id, now(), states=ITEM_STATES if whole else (NO_ADDRESS, FAILED), limit=MOST_LINES)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["codice", "ente", "esito", "motivo"])
    for item in items:
        writer.writerow([inert(cell) for cell in (item.entity_code, item.entity_label, item.state, item.reason)])
    name = "accessi-esito" if whole else "accessi-da-avvisare"
    response = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{number}.csv"'
    return response


def _names() -> dict[str, str]:
    """How the audit names a member of staff → the name."""
    return {f"staff:{number}": name for number, name in staff_names().items()}


def _asked_run(number: int) -> RunRow:
    try:
        return run_by_id(number)
    except UnknownRunError:
        abort(404)
