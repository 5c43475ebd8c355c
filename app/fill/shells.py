"""Shells: the pages of a questionnaire without anybody's data, drawn by the same templates as the pages, for work offline.

The browser keeps them (`static/sw.js`) and fills them from its own store (`static/js/offline.js`).
Not for: what is stored or sent (`static/js/store.js`, `sync.js`).
Holds always: a shell holds no token, name, answer or address of anybody, sets no cookie, and is the same bytes for every entity
that reads the same definition in the same language; every question of its page stands on it, reached or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.editions.current import EditionView, current_edition, questionnaire_filled, questionnaire_of
from app.fill import blueprint
from app.fill.browser_definition import definition_address
from app.fill.opening import locale
from app.fill.path import Page, first_page, page_of, pages_of, sheet_address, step_address
from app.fill.place_names import names_address
from app.fill.saving import Shown
from app.fill.views import QuestionView
from app.questionnaire.answers import type_of
from app.questionnaire.model import Question, Questionnaire, Step
from app.web.templating import address as url_for

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The item of the addresses in a shell; the browser puts the sheet's own in its place."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a shell is drawn from: the definition, the same in the reader's language, and the edition that fills its dates."""

    plain: Questionnaire
    localised: Questionnaire
    edition: EditionView

    @property
    def own_edition(self) -> EditionView:
        """The edition with this definition, which may be an older one than its own."""
        return replace(self.edition, digest=self.plain.digest)

    def shown(self, page: Page) -> Shown:
        """The page with all its questions, blank."""
        asked = tuple(self._blank(question) for question in page.asked)
        offered = tuple(self._blank(question) for question in page.offered)
        return Shown(page, asked, offered, summary=(), unfold=False, disputed=False, save_id="")

    def _blank(self, question: Question) -> QuestionView:
        localised = self.localised.question(question.code)
        return QuestionView(
            question=localised,
            fields={},
            errors=(),
            wrong=(),
            summary=(),
            options=localised.options,
            base=0,
            badge=_("potrà essere pubblica") if question.public else None,
            chosen=(),
            results=None,
            candidates=(),
            seen="",
            decision="",
            denied_by=(),
        )


@blueprint.get("/compila/guscio/<digest>")
def shell_bundle(digest: str) -> ResponseReturnValue:
    """What the service worker keeps for a definition: each page's address ("*": a sheet) → its shell, and two files beside.

    In one answer, because the frame that the shells share then crosses the wire once.
    """
    sources = _sources(digest)
    return jsonify(
        digest=digest,
        language=locale(),
        shells={page: _shell_of(sources, code, number) for page, (code, number) in shell_names(sources.plain).items()},
        other=_shell_of(sources, "altro", None),
        definition=definition_address(sources.own_edition, locale()),
        panel=url_for("fill.draft_panel", language=locale()),
        names=names_address(),
    )


def shell_names(questionnaire: Questionnaire) -> dict[str, tuple[str, int | None]]:
    """The address of every page ("*" for a sheet) → the code and number that its shell has in `fill.shell`."""
    names: dict[str, tuple[str, int | None]] = {
        url_for("fill.overview"): ("riepilogo", None),
        url_for("fill.check"): ("verifica", None),
        url_for("fill.short"): ("breve", None),
    }
    for step in questionnaire.steps:
        if step.repeat:
            names[step_address(step)] = (step.code, None)
        for page in pages_of(step):
            address = sheet_address(step, NOBODY, page.number) if step.repeat else step_address(step, page.number)
            names[address.replace(NOBODY, "*")] = (step.code, page.number)
    return names


@blueprint.get("/compila/guscio/<digest>/<code>")
@blueprint.get("/compila/guscio/<digest>/<code>/<int:number>")
def shell(digest: str, code: str, number: int | None = None) -> ResponseReturnValue:
    """One shell: a step's page, a sheet's page, a list of sheets (a repeated step without a number), or a page by its name."""
    response = Response(_shell_of(_sources(digest), code, number), mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache, private"
    return response


def _shell_of(sources: Sources, code: str, number: int | None) -> str:
    if code in _NAMED and number is None:
        return _NAMED[code](sources)
    try:
        step = sources.plain.step(code)
    except KeyError:
        abort(404)
    if step.repeat and number is None:
        return _list_shell(sources, step)
    page = page_of(step, number or 1)
    if page is None:
        abort(404)
    return _sheet_shell(sources, page) if step.repeat else _step_shell(sources, page)


def _sources(digest: str) -> Sources:
    edition = current_edition()
    if edition is None or not _DIGEST.fullmatch(digest):
        abort(404)
    try:
        plain = questionnaire_of(digest)
    except LookupError:
        abort(404)
    return Sources(plain, questionnaire_filled(edition, plain, locale()), edition)


def _draw(template: str, sources: Sources, **names: Any) -> str:
    address = definition_address(sources.own_edition, locale())
    shared = {"shell": True, "edition": sources.edition, "readonly": False, "definition_address": address}
    return render_template(template, **shared, **names)


def _step_shell(sources: Sources, page: Page) -> str:
    return _draw(
        "fill/step.html",
        sources,
        step=sources.localised.step(page.step.code),
        shown=sources.shown(page),
        part=page.number,
        parts=len(pages_of(page.step)),
        place=1,
        places=len(sources.plain.steps),
        here=step_address(page.step, page.number),
        back=url_for("fill.overview"),
        onward=url_for("fill.check"),
    )


def _sheet_shell(sources: Sources, page: Page) -> str:
    step = page.step
    return _draw(
        "fill/sheet.html",
        sources,
        step=sources.localised.step(step.code),
        shown=sources.shown(page),
        title="",
        titled=False,
        more=page.number < len(pages_of(step)),
        here=sheet_address(step, NOBODY, page.number),
        back=step_address(step) if page.number == 1 else sheet_address(step, NOBODY, page.number - 1),
        list_address=step_address(step),
    )


def _list_shell(sources: Sources, step: Step) -> str:
    row = {
        "id": NOBODY,
        "title": _("Scheda senza titolo"),
        "state": "not_started",
        "address": sheet_address(step, NOBODY),
        "base": 0,
        "above": NOBODY,
        "below": NOBODY,
        "last": False,
        "disputed": False,
        "query": "",
        "seen": "",
        "when": "",
    }
    return _draw(
        "fill/sheets.html",
        sources,
        step=sources.localised.step(step.code),
        sheets=[row],
        removed=[row],
        full=False,
        sheet=step.repeat.sheet if step.repeat else "",
        most=step.repeat.max if step.repeat else 0,
        onward=url_for("fill.check"),
        back=url_for("fill.overview"),
        place=1,
        places=len(sources.plain.steps),
    )


def _overview_shell(sources: Sources) -> str:
    repeated = [step for step in sources.localised.steps if step.repeat]
    return _draw("fill/shell_overview.html", sources, steps=sources.localised.steps, repeated=repeated, nobody=NOBODY)


def _check_shell(sources: Sources) -> str:
    return _draw("fill/shell_check.html", sources)


def _other_shell(sources: Sources) -> str:
    return _draw("fill/shell_other.html", sources)


def _short_shell(sources: Sources) -> str:
    return _draw("fill/short.html", sources, shown=sources.shown(widest_short_page(sources.plain)), path=None, errors=[])


def widest_short_page(questionnaire: Questionnaire) -> Page:
    """The page of the short paths with all that may stand on it."""
    first = {question.code for question in first_page(questionnaire).questions}
    asked = tuple(
        question
        for step in questionnaire.steps
        if step.repeat is None
        for question in step.questions
        if question.short and question.code not in first and type_of(question).answerable
    )
    return Page(questionnaire.steps[0], 0, asked, ())


_NAMED: Final[dict[str, Callable[[Sources], str]]] = {
    "riepilogo": _overview_shell,
    "verifica": _check_shell,
    "breve": _short_shell,
    "altro": _other_shell,
}
