"""`/gestione/edizioni/<codice>/questionario`: choose or bring the questionnaire, and read it as an entity would.

Not for: the format (`app.questionnaire.loader`). Holds always: a file with errors changes nothing, and each error is shown with
its line; from the opening on the questionnaire can only be read.
"""

from __future__ import annotations

from dataclasses import replace

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.desk import blueprint
from app.desk.edition_parts import act_on, draw, shown_edition
from app.desk.edition_words import lint_words
from app.editions.blank_form import blank_form
from app.editions.changing import BEFORE_OPENING, set_questionnaire
from app.editions.checks import EditionProblemsError, Problem
from app.editions.current import EditionView, questionnaire_filled
from app.editions.definitions import definition_of, known_definitions, source_of
from app.editions.lifecycle import ChangedEditionError
from app.questionnaire.loader import load_definition
from app.questionnaire.source import MAX_CHARACTERS, DefinitionError
from app.web.language import current_language

MOST_ERRORS = 50


@blueprint.route("/edizioni/<edition>/questionario", methods=["GET", "POST"])
def edition_questionnaire(edition: str) -> ResponseReturnValue:
    """Choose among those that are stored, or upload one."""
    shown = shown_edition(edition)
    if request.method != "POST":
        return _page(shown)
    try:
        _take(shown)
    except DefinitionError as error:
        lines = [lint_words(problem) for problem in error.problems]
        return _page(shown, lint=lines[:MOST_ERRORS], more=max(0, len(lines) - MOST_ERRORS)), 422
    except EditionProblemsError as error:
        return _page(shown, error.problems), 422
    except ChangedEditionError:
        return _page(shown_edition(edition), changed=True), 409
    flash(_("Questionario cambiato. Leggilo in anteprima prima di aprire."), "success")
    return redirect(url_for("desk.edition", edition=edition), 303)


def _take(shown: EditionView) -> None:
    """Raises DefinitionError, EditionProblemsError or ChangedEditionError."""
    source = _uploaded() if request.form.get("azione") == "carica" else source_of(request.form.get("digest", ""))
    if source is None:
        raise EditionProblemsError([Problem("digest", "unknown_definition")])
    set_questionnaire(act_on(shown), load_definition(source, _("questionario")), source)


def _uploaded() -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise EditionProblemsError([Problem("file", "no_file")])
    try:
        return file.stream.read(MAX_CHARACTERS * 4).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EditionProblemsError([Problem("file", "not_text")]) from None


def _page(shown: EditionView, problems: tuple[Problem, ...] = (), **context: object) -> str:
    frozen = shown.state not in BEFORE_OPENING
    if frozen:  # no field is shown to which a problem could lead
        problems = tuple(replace(one, place="") for one in problems)
    return draw(
        "desk/edition_questionnaire.html",
        shown,
        problems,
        definitions=known_definitions(),
        frozen=frozen,
        **{"lint": [], "more": 0, **context},
    )


@blueprint.get("/edizioni/<edition>/questionario/anteprima")
def edition_preview(edition: str) -> str:
    """The questionnaire as the entity reads it, all of it; `versione`: another one that is stored."""
    shown = shown_edition(edition)
    questionnaire = definition_of(request.args.get("versione") or shown.digest) or abort(404)
    filled = questionnaire_filled(shown, questionnaire, current_language())
    return draw(
        "desk/edition_preview.html", shown, form=blank_form(filled), version=questionnaire.version, code=questionnaire.code
    )
