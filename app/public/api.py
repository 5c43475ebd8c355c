"""`/api/v1/…`: what is public, for programs: the practices page by page with the filters of map and list, and each by its code.

Not for: whole files (`data.py`), what the interface looks like (`app.practices.opendata.description`).
Holds always: it is only read; a parameter that there is not, or a value that a filter cannot have, is refused, so that nobody
takes everything for what they asked for; a page and the next one are of the same version.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.config import settings
from app.context import this_request
from app.extensions import db
from app.practices.finding import MOST_VALUES, PARAMETERS, TEXT, Filters, Found, find, read_filters
from app.practices.kept import ALWAYS, state_of
from app.practices.opendata.columns import ENTRY_COLUMNS, entry_of_row, nested
from app.practices.opendata.description import LARGEST_PAGE, LAST_PAGE, PAGE_SIZE, description
from app.practices.opendata.licences import LICENCES
from app.practices.published import CURRENT, ENTRY, Version, entries_in, version_of
from app.practices.vocabulary import labels
from app.public import blueprint
from app.public.kept_answers import Made, kept_answer
from app.public.open_pages import Standing, standing
from app.web.problems import problem

LANGUAGE: Final = "it"
JSON: Final = "application/json"
LONGEST_CODE: Final = 12
PAGE, SIZE, NUMBER = "pagina", "quanti", "versione"
_WHOLE: Final = {PAGE: (1, LAST_PAGE), SIZE: (1, LARGEST_PAGE), NUMBER: (1, 2**31 - 1)}
_json: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks for. `number`: of the version, None for the last."""

    filters: Filters
    page: int = 1
    size: int = PAGE_SIZE
    number: int | None = None


class BadQuestionError(ValueError):
    """A parameter that there is not, or a value that it cannot have. Its text is the parameter's name."""


@blueprint.get("/api/v1/openapi.json")
def api_description() -> Response:
    """The description of the interface (OpenAPI 3.1)."""
    read = settings()
    about = ("description", read.base_url, read.data_licence)
    return kept_answer(ALWAYS, about, lambda: Made(_json.encode(description(read.base_url, LICENCES[read.data_licence])), JSON))


@blueprint.get("/api/v1/pratiche")
def api_practices() -> Response:
    """The practices that were asked for, a page of them."""
    try:
        question = _read(request.args)
    except BadQuestionError as error:
        return problem(400, _("Richiesta non valida"), _("Controlla il parametro «%(name)s».", name=str(error)))
    stands = standing()
    version = stands.version if question.number is None else version_of(question.number)
    if version is None and question.number is not None:
        return problem(404, _("Versione inesistente"), _("Le versioni sono elencate in /dati/modifiche."))
    return kept_answer(state_of(stands.version), _about(stands, question), lambda: _page(question, version))


@blueprint.get("/api/v1/pratiche/<code>")
def api_practice(code: str) -> Response:
    """One practice as it is public now."""
    stands = standing()
    try:
        return kept_answer(state_of(stands.version), _about(stands, code), lambda: _practice(code))
    except TakenBackError:
        return problem(410, _("Scheda ritirata"), _("Questa scheda non è più pubblica."))
    except UnknownError:
        return problem(404, _("Scheda inesistente"), _("Nessuna scheda pubblica ha questo codice."))


class UnknownError(LookupError):
    """Nothing public has ever had this code."""


class TakenBackError(LookupError):
    """What had this code is no longer public."""


def _read(arguments: MultiDict[str, str]) -> Question:
    """Raises BadQuestionError."""
    filters = read_filters(arguments).filters
    for name in arguments:
        given = arguments.getlist(name)
        if name in _WHOLE:
            good = len(given) == 1 and _is_whole(given[0], *_WHOLE[name])
        else:
            good = (
                name in PARAMETERS and len(given) <= MOST_VALUES and (name == TEXT or set(given) <= set(filters.values(name)))
            )
        if not good:
            raise BadQuestionError(name)
    numbers = {name: int(arguments[name]) for name in _WHOLE if name in arguments}
    return Question(filters, numbers.get(PAGE, 1), numbers.get(SIZE, PAGE_SIZE), numbers.get(NUMBER))


def _is_whole(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high


def _page(question: Question, version: Version | None) -> Made:
    public = entries_in(version.number) if version else sa.false()
    found = find(question.filters, *ENTRY_COLUMNS, page=question.page, size=question.size, public=public)
    rows = found.rows if question.page <= found.pages else ()
    answer: dict[str, Any] = {
        "version": version.number if version else 0,
        "published": version.published_at.isoformat() if version else None,
        "license": LICENCES[settings().data_licence].url,
        "total": found.total,
        "page": question.page,
        "pages": found.pages,
        "items": _nested(rows),
    }
    return Made(_json.encode(answer), JSON, ", ".join(_links(question, version, found)))


def _nested(rows: Sequence[Any]) -> list[dict[str, Any]]:
    site, known = settings().base_url, labels(LANGUAGE)
    return [nested(entry_of_row(row, site, known)) for row in rows]


def _links(question: Question, version: Version | None, found: Found) -> list[str]:
    """Where the other pages are (RFC 8288), what the columns mean, and the licence."""
    site = settings().base_url
    pages = {"first": 1, "prev": min(question.page - 1, found.pages), "next": question.page + 1, "last": found.pages}
    links = [
        f'<{site}/api/v1/pratiche{_query(question, version, page)}>; rel="{name}"'
        for name, page in pages.items()
        if 1 <= page <= found.pages
    ]
    licence = LICENCES[settings().data_licence].url
    fixed = {"license": licence, "describedby": f"{site}/dati/codebook.csv", "service-desc": f"{site}/api/v1/openapi.json"}
    return [*links, *(f'<{address}>; rel="{name}"' for name, address in fixed.items())]


def _query(question: Question, version: Version | None, page: int) -> str:
    number = {NUMBER: version.number} if version else {}
    return question.filters.query_string(**{SIZE: question.size, PAGE: page, **number})


def _about(stands: Standing, asked: Hashable) -> tuple[Hashable, ...]:
    """What an answer depends on beside the publication: what was asked, and the edition whose questionnaire names the codes."""
    return this_request().endpoint, stands.mark, asked


def _practice(code: str) -> Made:
    """Raises TakenBackError, UnknownError."""
    if len(code) > LONGEST_CODE:
        raise UnknownError
    row = db.session.execute(sa.select(*ENTRY_COLUMNS).where(CURRENT, ENTRY.code == code)).one_or_none()
    if row is None:
        was_public = db.session.execute(sa.select(sa.exists().where(ENTRY.code == code))).scalar_one()
        raise TakenBackError if was_public else UnknownError
    return Made(_json.encode(_nested([row])[0]), JSON)
