"""`/gestione`: what needs somebody today, and how the response stands.

Not for: counting (`app.chasing`).
Holds always: numbers are at most a minute old and the page says of when; a territory's person sees its Region alone.
"""

from __future__ import annotations

import datetime as dt

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.accounts.permissions import required_staff
from app.accounts.staff_sessions import StaffIdentity
from app.chasing.board import tally_of
from app.chasing.figures import Part
from app.chasing.happenings import happenings
from app.chasing.respondents import refresh_respondents
from app.chasing.waiting import waiting_today
from app.desk import blueprint
from app.desk.addresses import page_for
from app.desk.curve import over_time
from app.desk.curve_marks import Marks, marks_of
from app.desk.mail_status import mail_alerts
from app.desk.reminder_words import CHANNEL_WORDS
from app.desk.tables import counted_of, states_of, tables_of
from app.desk.waiting import WaitingLine, practice_lines, waiting_lines
from app.editions.current import EditionView, current_edition
from app.practices.queue import queue_waits, select_waits
from app.reminders.latest import BatchLine, latest_batches
from app.reminders.plans.waiting import plan_waiting
from app.web.language import current_language
from app.web.numbers import number_words

SHOWN, MARKED = 3, 200
"""So many of the last batches stand in the list, so many in the chart."""


@blueprint.get("")
def home() -> str:
    """The first page after signing in; `?regione=09`: of a Region."""
    staff, now = required_staff(), clock.now()
    edition = g.edition = current_edition()
    if edition is None:
        return render_template("desk/no_edition.html", editions=page_for(staff, "/gestione/edizioni"))
    region = _region_asked(staff)
    board, words = tally_of(edition, now, region), number_words(current_language())
    curve, batches = over_time(edition, board, board.plan, words), _batches(edition.id, staff)
    return render_template(
        "desk/home.html",
        board=board,
        region=region,
        region_name=board.part.name,
        words=words,
        curve=curve,
        marks=marks_of(curve.plane, batches or [], happenings(edition.id, region), words) if staff.follows else Marks(),
        waiting=_waiting(edition, staff, board.part, region, now),
        states=states_of(staff, board.part, words, region),
        counted=counted_of(board.part, words),
        tables=tables_of(staff, board.part, words, region),
        mail_alerts=mail_alerts(staff),
        channel_words=CHANNEL_WORDS,
        batches=None
        if batches is None
        else [(one, page_for(staff, f"/gestione/promemoria/{one.id}")) for one in batches[:SHOWN]],
        batches_page=page_for(staff, "/gestione/promemoria"),
    )


@blueprint.post("/aggiorna")
def renew() -> Response:
    """Count anew, at once."""
    edition: EditionView | None = current_edition()
    if edition is not None:
        refresh_respondents(edition, clock.now())
    region = _region_asked(required_staff())
    return redirect(url_for("desk.home", regione=region) if region else url_for("desk.home"), 303)


def _waiting(
    edition: EditionView, staff: StaffIdentity, part: Part, region: str | None, now: dt.datetime
) -> list[WaitingLine] | None:
    """What waits today, None for a role to which nothing does. The plan is for all Regions: a territory's person sees none."""
    if not staff.follows:
        return practice_lines(staff, queue_waits(region), region) if staff.reviews else None
    plan = plan_waiting(edition, now) if staff.region_code is None else None
    waiting = waiting_today(edition.id, now, region, select_waits(region) if staff.reviews else ())
    to_review, to_publish = waiting.more or (0, 0)
    return waiting_lines(staff, part, waiting, region, plan, (to_review, to_publish))


def _region_asked(staff: StaffIdentity) -> str | None:
    """A territory's person has its own Region, whatever is asked; the others may choose one."""
    if staff.region_code is not None:
        return staff.region_code
    asked = request.values.get("regione", "")
    return asked if len(asked) == 2 and asked.isascii() and asked.isdigit() else None


def _batches(edition_id: int, staff: StaffIdentity) -> list[BatchLine] | None:
    """The batches, those confirmed last first. They go to all Regions: a territory's person sees none."""
    return None if staff.region_code is not None or not staff.follows else latest_batches(edition_id, MARKED)
