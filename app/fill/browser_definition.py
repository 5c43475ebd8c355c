"""A questionnaire as the browser needs it to work without a line: steps, pages, conditions, and how answers are judged.

For: `static/js/reach.js` and `answers.js`, which are the twins of `questionnaire.reach`, `.review` and `.answers`.
Not for: answers, or anything of the entity that asks. Help texts and labels of options stand in the pages.
Holds always: the same bytes for everybody who reads this questionnaire in this language and this edition; the address made by
`definition_address` names those bytes, so they may be kept for good, and another address of the same is never kept.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any, Final

import msgspec
from flask import Response, abort, g
from flask.typing import ResponseReturnValue

from app.editions.current import EditionView, current_edition, questionnaire_filled, questionnaire_of
from app.fill import blueprint
from app.fill.path import Page, pages_of
from app.questionnaire.answers import type_of
from app.questionnaire.model import Check, Question, Questionnaire, Step
from app.questionnaire.reach import mentioned
from app.web.language import NAMES
from app.web.templating import address

KEPT: Final = "private, max-age=31536000, immutable"
VERSION_LENGTH: Final = 12

#: What stands in a question's entry as it is, where it is not the default.
_PLAIN: Final = ("required", "short", "na", "na_label", "min", "max", "decimals", "needs", "show_if")
_ESCAPED: Final = re.compile(r"\\(.)|(\[)|(\])", re.DOTALL)
_CLASSES: Final = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_", "A": "^", "Z": "$"}
_SYNTAX: Final = frozenset(r"^$\.*+?()[]{}|/-") | frozenset("DSWbBdsnrtfvxu") | frozenset("0123456789")


@blueprint.get("/compila/definizione/<digest>/<language>/<version>.json")
def browser_definition(digest: str, language: str, version: str) -> ResponseReturnValue:
    """The questionnaire with this digest, in a language, with the dates of the edition that is on.

    The language stands in the path, because `?lingua=` anywhere means that the reader chooses another one.
    """
    edition: EditionView | None = g.get("edition") or current_edition()
    if edition is None or language not in NAMES:
        abort(404)
    try:
        questionnaire = questionnaire_filled(edition, questionnaire_of(digest), language)
    except LookupError:
        abort(404)
    body, fresh = _encoded(questionnaire)
    response = Response(body, content_type="application/json; charset=utf-8")
    if version == fresh:
        response.headers["Cache-Control"] = KEPT
    return response


def definition_address(edition: EditionView, language: str) -> str:
    """Where the browser finds the questionnaire of `edition.digest`; it changes with every byte of what is there."""
    _body, version = _encoded(questionnaire_filled(edition, questionnaire_of(edition.digest), language))
    return address("fill.browser_definition", digest=edition.digest, language=language, version=version)


@lru_cache(maxsize=64)
def _encoded(questionnaire: Questionnaire) -> tuple[bytes, str]:
    """(the JSON, the name of these bytes in an address)."""
    body = msgspec.json.encode(for_browser(questionnaire))
    return body, hashlib.sha256(body).hexdigest()[:VERSION_LENGTH]


def for_browser(questionnaire: Questionnaire) -> dict[str, Any]:
    """The questionnaire as plain data. What is not there is false, empty, or no limit.

    `mentioned`: the questions that some condition sees. `subfields`: those of the form, n.d. included.
    """
    return {
        "code": questionnaire.code,
        "version": questionnaire.version,
        "digest": questionnaire.digest,
        "title": questionnaire.title,
        "steps": [_step(step) for step in questionnaire.steps],
        "questions": {one.code: question_for_browser(one) for step in questionnaire.steps for one in step.questions},
        "checks": [{"at": check.at, **_check(check)} for check in questionnaire.checks],
        "short_paths": dict(questionnaire.short_paths),
        "mentioned": sorted(mentioned(questionnaire)),
    }


def _step(step: Step) -> dict[str, Any]:
    repeat = step.repeat and {
        "min": step.repeat.min,
        "max": step.repeat.max,
        "sheet": step.repeat.sheet,
        "label_from": step.repeat.label_from,
    }
    return {
        "code": step.code,
        "title": step.title,
        "show_if": step.show_if,
        "repeat": repeat,
        "questions": [question.code for question in step.questions],
        "pages": [_page(page) for page in pages_of(step)],
    }


def _page(page: Page) -> dict[str, list[str]]:
    return {
        "asked": [question.code for question in page.asked],
        "offered": [question.code for question in page.offered],
    }


def question_for_browser(question: Question) -> dict[str, Any]:
    kind = type_of(question)
    entry: dict[str, Any] = {"type": question.type, "label": question.label, "subfields": kind.subfields(question)}
    entry |= {name: given for name in _PLAIN if not _is_nothing(given := getattr(question, name))}
    if not kind.answerable:
        entry["display"] = True
    if question.options:
        entry["options"] = [option.code for option in question.options]
    if question.text_option:
        entry["text_option"] = question.text_option.code
    if question.exclusive:
        entry["exclusive"] = sorted(question.exclusive)
    if question.options_by:
        control, branches = question.options_by
        entry["options_by"] = [control, {code: [one.code for one in offered] for code, offered in branches.items()}]
    if question.pattern is not None:
        entry["pattern"] = browser_pattern(question.pattern)
    if question.checks:
        entry["checks"] = [_check(check) for check in question.checks]
    return entry


def _is_nothing(given: object) -> bool:
    return given is None or given is False or given in ("", ())


def _check(check: Check) -> dict[str, Any]:
    return {"condition": check.condition, "message": check.message}


def browser_pattern(pattern: str) -> str:
    r"""Write a definition's pattern, which Python reads, for a JavaScript `RegExp` with the flag "u".

    \d and \w mean any script's digits and letters in Python, ASCII in JavaScript; JavaScript takes no needless backslash.
    """
    inside = False

    def turn(match: re.Match[str]) -> str:
        nonlocal inside
        if match[2] or match[3]:
            opens = bool(match[2]) and not inside
            literal = bool(match[2]) and inside
            inside = opens or literal
            return r"\[" if literal else match[0]
        letter = match[1]
        if letter == "W":
            return r"[^\p{L}\p{N}_]"
        if letter == "-" and not inside:
            return letter
        if letter in _CLASSES:
            return f"[{_CLASSES[letter]}]" if letter == "w" and not inside else _CLASSES[letter]
        return match[0] if letter in _SYNTAX else letter

    return _ESCAPED.sub(turn, pattern)
