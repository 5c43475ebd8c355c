"""`/gestione/edizioni`: all editions, a new one, and the page of one.

Not for: changing a part (`edition_parts.py`) or the state (`edition_steps.py`).
Holds always: a new edition takes over an earlier one only where the address names it; its dates are proposed,
never copied unseen.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.edition_forms import Typed, boxes_of, days_of, fields, instants_of
from app.desk.edition_parts import check_page, date_warnings, draw, shown_edition
from app.desk.edition_steps import steps_from
from app.desk.edition_words import STATES, TELEPHONE_WORDS, errors_of
from app.editions.changing import pilot_codes
from app.editions.checks import EditionProblemsError, Problem
from app.editions.creating import NewEdition, create_edition, names_year, proposed_after
from app.editions.current import EditionView, edition_by_code, letter_text_of, list_editions, plan_of, questionnaire_of
from app.responses.tallies import Tally, tallies

_FIELDS = (
    *("code", "title", "period_from", "period_to"),
    *("opening_day", "opening_time", "deadline_day", "deadline_time"),
)


@blueprint.get("/edizioni")
def editions() -> str:
    """All editions, the latest first."""
    counts = tallies()
    rows = [(edition, *STATES[edition.state], counts.get(edition.id, Tally())) for edition in list_editions()]
    return render_template("desk/editions.html", rows=rows)


@blueprint.route("/nuova-edizione", methods=["GET", "POST"])
def new_edition() -> ResponseReturnValue:
    """Make an edition, empty or from the one that `da` names."""
    given = request.values.get("da")
    earlier = edition_by_code(given) if given else None
    if given and earlier is None:
        abort(404)
    if request.method != "POST":
        return _new_form(earlier, _proposed(earlier))
    values = fields(request.form, *_FIELDS)
    try:
        check_page()
        new = _read(values)
        create_edition(new, earlier.code if earlier else None, actor=required_staff().actor, now=now())
    except EditionProblemsError as error:
        return _new_form(earlier, values, error.problems), 422
    made = shown_edition(new.code)
    flash(_("Edizione creata: è una bozza, nessuno la vede ancora."), "success")
    for warning in date_warnings(made):
        flash(warning, "warning")
    return redirect(url_for("desk.edition", edition=made.code), 303)


def _new_form(earlier: EditionView | None, values: Typed, problems: tuple[Problem, ...] = ()) -> str:
    yearless = earlier is not None and not names_year(earlier.code)
    return render_template(
        "desk/edition_new.html", earlier=earlier, values=values, errors=errors_of(problems), yearless=yearless
    )


def _proposed(earlier: EditionView | None) -> Typed:
    if earlier is None:
        return dict.fromkeys(_FIELDS, "") | {"opening_time": "09:00", "deadline_time": "23:59"}
    proposed = proposed_after(earlier, [edition.code for edition in list_editions()])
    days = {"period_from": proposed.period_from.isoformat(), "period_to": proposed.period_to.isoformat()}
    instants = boxes_of("opening", proposed.opens_at) | boxes_of("deadline", proposed.deadline)
    return {"code": proposed.code, "title": proposed.title, **days, **instants}


def _read(values: Typed) -> NewEdition:
    """Raises EditionProblemsError with what is wrong with the days and the hours together."""
    problems: list[Problem] = []
    period: tuple[Any, ...] = ()
    instants: tuple[Any, ...] = ()
    try:
        period = days_of(values, "period_from", "period_to")
    except EditionProblemsError as error:
        problems += error.problems
    try:
        instants = instants_of(values, "opening", "deadline")
    except EditionProblemsError as error:
        problems += error.problems
    if problems:
        raise EditionProblemsError(problems)
    return NewEdition(values["code"], values["title"], *period, *instants)


@blueprint.get("/edizioni/<edition>")
def edition(edition: str) -> str:
    """One edition with its parts."""
    shown = shown_edition(edition)
    at = now()
    return draw(
        "desk/edition.html",
        shown,
        plan=plan_of(shown.id),
        own_letter=bool(letter_text_of(shown.id)),
        questionnaire=questionnaire_of(shown.digest),
        pilots=len(pilot_codes(shown.id)),
        tally=tallies().get(shown.id, Tally()),
        warnings=date_warnings(shown),
        steps=steps_from(shown, at),
        telephone_word=str(TELEPHONE_WORDS[shown.telephone]),
    )
