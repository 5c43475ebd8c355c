"""The pages of the steps: a few questions each, saved by an ordinary form."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.fill import blueprint
from app.fill.forms import Typed
from app.fill.opening import load_response, locale
from app.fill.path import (
    Page,
    any_reached,
    first_page,
    next_address,
    page_of,
    pages_of,
    previous_address,
    short_path,
    step_address,
)
from app.fill.saving import draw_page, not_asked, reached_by, save_page
from app.fill.sheets import draw_list
from app.questionnaire.model import Step
from app.questionnaire.reach import Reached
from app.responses.reading import OpenResponse


@blueprint.route("/compila/<code>", methods=["GET", "POST"])
@blueprint.route("/compila/<code>/<int:number>", methods=["GET", "POST"])
def step(code: str, number: int = 1) -> ResponseReturnValue:
    """One page of a step; of a repeated step, the list of its sheets."""
    at = now()
    response = load_response(at)
    found = _find_step(response, code)
    page = page_of(found, number)
    if page is None or (found.repeat and (number > 1 or request.method == "POST")):
        abort(404)
    if request.method != "POST":  # HEAD as well: it has passed no check of a token
        return draw_list(response, found, at) if found.repeat else _draw(response, page, reached_by(response))
    return save_page(
        response,
        page,
        None,
        at,
        here=step_address(found, number),
        onward=lambda saved, path: _onward(saved, path, page),
        redraw=lambda typed: _draw(response, page, reached_by(response), typed),
    )


def _onward(saved: OpenResponse, path: Reached, page: Page) -> str:
    """Where "Salva e continua" leads: after the first page to the one page of a short path, where the answer is one."""
    if page is first_page(saved.questionnaire) and short_path(saved.questionnaire, path):
        return url_for("fill.short")
    return next_address(saved.questionnaire, path, page.step, page.number)


def _find_step(response: OpenResponse, code: str) -> Step:
    try:
        return response.questionnaire.step(code)
    except KeyError:
        abort(404)


def _draw(response: OpenResponse, page: Page, reached: Reached, typed: Typed | None = None) -> str:
    questionnaire = response.questionnaire
    if page.step.code not in reached.steps:
        return not_asked(response, page.step)
    shown = draw_page(response, page, reached, None, typed=typed)
    walked = [one for one in pages_of(page.step) if any_reached(one, reached)]
    return render_template(
        "fill/step.html",
        step=response.questionnaire_in(locale()).step(page.step.code),
        shown=shown,
        response=response,
        readonly=not response.takes_answers(now()),
        part=walked.index(page) + 1 if page in walked else page.number,
        parts=len(walked),
        place=reached.steps.index(page.step.code) + 1,
        places=len(reached.steps) if response.version else 0,  # the first answer decides how many there are
        here=step_address(page.step, page.number),
        back=previous_address(questionnaire, reached, page.step, page.number),
        onward=next_address(questionnaire, reached, page.step, page.number),
    )
