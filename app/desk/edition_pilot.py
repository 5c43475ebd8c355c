"""`/gestione/edizioni/<codice>/pilota`: the entities that may answer before the edition opens to all.

Not for: starting the pilot (`edition_steps.py`). Holds always: a list in which one code is wrong adds nobody; who is taken out
keeps their answers.
"""

from __future__ import annotations

import re

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.desk import blueprint
from app.desk.edition_forms import one_line
from app.desk.edition_parts import act_on, check_page, draw, shown_edition
from app.editions.changing import BEFORE_OPENING, add_pilots, pilot_codes, remove_pilot
from app.editions.checks import EditionProblemsError, Problem
from app.editions.current import EditionView
from app.editions.lifecycle import ChangedEditionError
from app.registry.entities import labels_of, search_entities

MOST_FOUND = 20
MOST_SHOWN_ERRORS = 20
PAGE = 100
_PARTS = re.compile(r"[\s,;]+")


@blueprint.route("/edizioni/<edition>/pilota", methods=["GET", "POST"])
def edition_pilot(edition: str) -> ResponseReturnValue:
    """Look for entities, add them by code or as a list, take them out."""
    shown = shown_edition(edition)
    typed = request.form.get("codici", "")
    if request.method != "POST":
        return _page(shown)
    try:
        check_page()
        _change(shown, typed)
    except EditionProblemsError as error:
        return _page(shown, typed, error.problems[:MOST_SHOWN_ERRORS]), 422
    except ChangedEditionError:
        return _page(shown_edition(edition), typed, changed=True), 409
    return redirect(url_for("desk.edition_pilot", edition=edition), 303)


def _change(shown: EditionView, typed: str) -> None:
    removed = request.form.get("togli")
    if removed:
        remove_pilot(act_on(shown), removed)
        flash(_("Tolto dal pilota: le sue risposte restano."), "success")
        return
    codes = [code for code in _PARTS.split(typed) if code]
    if not codes:
        raise EditionProblemsError([Problem("codici", "no_codes")])
    added = add_pilots(act_on(shown), codes)
    flash(ngettext("Aggiunto un ente.", "Aggiunti %(num)d enti.", added) if added else _("C'erano già tutti."), "success")


def _page(shown: EditionView, typed: str = "", problems: tuple[Problem, ...] = (), *, changed: bool = False) -> str:
    codes = pilot_codes(shown.id)
    page = _page_number(len(codes))
    labels = labels_of(codes[(page - 1) * PAGE : page * PAGE])
    query = one_line(request.args.get("cerca", ""))
    field = "codici" if shown.state in BEFORE_OPENING else ""
    return draw(
        "desk/edition_pilot.html",
        shown,
        [Problem(field if one.place in ("pilot", "codici") else one.place, one.reason, params=one.params) for one in problems],
        typed=typed,
        changed=changed,
        pilots=sorted(((label, code) for code, label in labels.items()), key=lambda one: (one[0].lower(), one[1])),
        count=len(codes),
        known=frozenset(codes),
        query=query,
        found=search_entities(query, limit=MOST_FOUND) if query else [],
        frozen=shown.state not in BEFORE_OPENING,
        page=page,
        pages=max(1, -(-len(codes) // PAGE)),
    )


def _page_number(count: int) -> int:
    given = request.args.get("pagina", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 1
    return min(max(1, wanted), max(1, -(-count // PAGE)))
