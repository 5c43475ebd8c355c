"""`/gestione/edizioni/<codice>/modifica/…`: one part of an edition, with its form; and the PDF of its public letter.

Not for: what a form holds (`edition_forms.py`), the questionnaire, the pilot, the state (modules of their own).
Holds always: what was typed comes back with its error, also where somebody else has changed the edition meanwhile (409);
nothing is saved by a button that adds or takes away a row, or that asks for a preview.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.edition_effects import FATE_WORDS, UnseenEffectsError, announce, with_effects
from app.desk.edition_forms import PARTS, Part, Typed, kept_rows
from app.desk.edition_words import REST_DAYS, STATES, errors_of, summary_of
from app.editions.calendar import rest_day
from app.editions.changing import Act, set_letter
from app.editions.checks import MAX_LETTER_BYTES, ROME, EditionProblemsError, Problem, letter_text_problems, plan_problems
from app.editions.current import EditionView, edition_by_code, letter_of, plan_of
from app.editions.lifecycle import ChangedEditionError
from app.letters.writing import Letter, default_text, sample_letter
from app.registry.entities import resolve


def shown_edition(code: str) -> EditionView:
    """The edition of this code; else the page is not found."""
    edition = edition_by_code(code)
    return edition if edition is not None else abort(404)


def act_on(edition: EditionView) -> Act:
    """What the posted form wants to change, by whom, and in which version they saw the edition."""
    return Act(edition.code, seen_version(), required_staff().actor, now())


def seen_version() -> dt.datetime:
    """The `changed_at` that the form was drawn with; one that fits no edition where it cannot be read."""
    try:
        seen = dt.datetime.fromisoformat(request.form.get("visto", ""))
    except ValueError:
        seen = dt.datetime.min.replace(tzinfo=dt.UTC)
    return seen if seen.tzinfo else seen.replace(tzinfo=dt.UTC)


def check_page() -> None:
    """Raises EditionProblemsError where the form's token was too old."""
    if g.get("csrf_failed"):
        raise EditionProblemsError([Problem("", "old_page")])


def draw(template: str, edition: EditionView, problems: Iterable[Problem] = (), **context: Any) -> str:
    """A page of one edition. `changed`: whether somebody else has changed it meanwhile."""
    word, kind = STATES[edition.state]
    found = tuple(problems)
    named = {"errors": errors_of(found), "summary": summary_of(found)}
    context = {"changed": False, **named, "state_word": word, "state_kind": kind, **context}
    return render_template(template, shown=edition, **context)


@blueprint.route("/edizioni/<edition>/modifica/<part>", methods=["GET", "POST"])
def edition_part(edition: str, part: str) -> ResponseReturnValue:
    """Change one part."""
    shown, chosen = shown_edition(edition), PARTS.get(part) or abort(404)
    if request.method != "POST":
        return _form(shown, chosen, chosen.stored(shown))
    values = chosen.typed(request.form)
    if chosen.row_fields and _changes_rows(chosen, values):
        return _form(shown, chosen, values)
    if request.form.get("azione") == "anteprima":
        return _previewed(shown, chosen, values)
    if chosen.row_fields:
        values["rows"] = kept_rows(values["rows"])
    return _save(shown, chosen, part, values)


def _save(shown: EditionView, chosen: Part, part: str, values: Typed) -> ResponseReturnValue:
    edition, act = shown.code, act_on(shown)
    try:
        check_page()
        chosen.save(with_effects(part, shown, act, values), values)
    except UnseenEffectsError as unseen:
        return _form(shown, chosen, values, effects=unseen.effects, fates=FATE_WORDS)
    except EditionProblemsError as error:
        return _form(shown, chosen, values, error.problems), 422
    except ChangedEditionError:
        return _form(shown_edition(edition), chosen, values, changed=True), 409
    announce(part, shown, shown_edition(values.get("code", edition)), act)
    return _saved(values.get("code", edition))


def _form(shown: EditionView, part: Part, values: Typed, problems: Sequence[Problem] = (), **context: Any) -> str:
    if part.row_fields and not values["rows"]:
        values = values | {"rows": [dict.fromkeys(part.row_fields, "")]}
    return draw(part.template, shown, problems, part=part, values=values, **context)


def _changes_rows(part: Part, values: Typed) -> bool:
    """Whether the button was one that adds a row or takes one away; if so it is done."""
    taken = request.form.get("togli", "")
    if taken.isascii() and taken.isdigit() and len(taken) < 4:
        values["rows"] = [row for number, row in enumerate(values["rows"]) if number != int(taken)]
    elif request.form.get("azione") == "aggiungi":
        values["rows"].append(dict.fromkeys(part.row_fields, ""))
    else:
        return False
    return True


def _previewed(shown: EditionView, part: Part, values: Typed) -> ResponseReturnValue:
    """The form with the letter that its text would make for an entity."""
    problems = [*letter_text_problems(values["letter_text"] or default_text())] if part is PARTS["lettera"] else abort(400)
    found = resolve(values["entity"])
    if len(found) != 1:
        problems.append(Problem("entity", "several_entities" if found else "unknown_entity"))
    if problems:
        return _form(shown, part, values, problems), 422
    letter: Letter = sample_letter(found[0], shown, values["letter_text"] or default_text(), now())
    return _form(shown, part, values, letter=letter)


def _saved(code: str) -> ResponseReturnValue:
    """Back to the edition, with a word on what the new dates bring."""
    shown = shown_edition(code)
    flash(_("Modifiche salvate."), "success")
    for warning in date_warnings(shown):
        flash(warning, "warning")
    return redirect(url_for("desk.edition", edition=code), 303)


def date_warnings(edition: EditionView) -> list[str]:
    """What is unwise, though not wrong, about the dates."""
    closed = rest_day(edition.deadline.astimezone(ROME).date())
    outside = any(problem.reason == "plan_outside" for problem in _plan_problems(edition))
    return [
        *([str(REST_DAYS[closed])] if closed else []),
        *([_("Il piano di risposta ha giorni fuori dalle date: correggilo.")] if outside else []),
    ]


def _plan_problems(edition: EditionView) -> list[Problem]:
    return list(plan_problems(plan_of(edition.id), edition.opens_at, edition.closes_at))


@blueprint.route("/edizioni/<edition>/lettera-pubblica", methods=["GET", "POST"])
def edition_letter_file(edition: str) -> ResponseReturnValue:
    """Upload the letter that everybody may read, or take it away."""
    shown = shown_edition(edition)
    if request.method != "POST":
        return draw("desk/edition_letter_file.html", shown)
    try:
        set_letter(act_on(shown), _uploaded_letter())
    except EditionProblemsError as error:
        return draw("desk/edition_letter_file.html", shown, error.problems), 422
    except ChangedEditionError:
        return draw("desk/edition_letter_file.html", shown_edition(edition), changed=True), 409
    return _saved(edition)


def _uploaded_letter() -> bytes | None:
    if request.form.get("azione") == "togli":
        return None
    file = request.files.get("letter")
    if file is None or not file.filename:
        raise EditionProblemsError([Problem("letter", "no_file")])
    return file.stream.read(MAX_LETTER_BYTES + 1)


@blueprint.get("/edizioni/<edition>/lettera.pdf")
def edition_letter(edition: str) -> ResponseReturnValue:
    """The public letter, before everybody can read it too."""
    content = letter_of(shown_edition(edition).id)
    if content is None:
        abort(404)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="lettera.pdf"'
    return response
