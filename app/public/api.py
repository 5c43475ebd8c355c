"""`/api/v1/…`: what is public, for programs: the practices page by page with the filters of map and list, and each by its code.

Not for: whole files (`data.py`), what the interface looks like (`app.practices.opendata.description`).
Holds always: it is only read; a parameter that there is not, or a value that a filter cannot have, is refused, so that nobody
takes everything for what they asked for; a page and the next one are of the same version.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.config import settings
from app.extensions import db
from app.practices.finding import MOST_VALUES, PARAMETERS, TEXT, Filters, Found, find, read_filters
from app.practices.opendata.columns import ENTRY_COLUMNS, entry_of_row, nested
from app.practices.opendata.description import LARGEST_PAGE, LAST_PAGE, PAGE_SIZE, description
from app.practices.opendata.licences import LICENCES
from app.practices.published import CURRENT, ENTRY, Version, current_version, entries_in, version_of
from app.practices.vocabulary import asked, labels_of
from app.public import blueprint
from app.web.open_answers import open_answer
from app.web.problems import problem

LANGUAGE: Final = "it"
JSON: Final = "application/json"
FORMAT: Final = 1
"""Rises when the same entry is answered otherwise, so that nobody keeps the old answer."""
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
    content = _json.encode(description(settings().base_url, LICENCES[settings().data_licence]))
    return open_answer(lambda: Response(content, content_type=JSON), hashlib.sha256(content).hexdigest()[:32], weak=True)


@blueprint.get("/api/v1/pratiche")
def api_practices() -> Response:
    """The practices that were asked for, a page of them."""
    try:
        question = _read(request.args)
    except BadQuestionError as error:
        return problem(400, _("Richiesta non valida"), _("Controlla il parametro «%(name)s».", name=str(error)))
    version = current_version() if question.number is None else version_of(question.number)
    if version is None and question.number is not None:
        return problem(404, _("Versione inesistente"), _("Le versioni sono elencate in /dati/modifiche."))
    digests = asked()
    tag = _tag(version, digests, _query(question, version, question.page))
    return open_answer(lambda: _page(question, version, digests), tag, weak=True)


@blueprint.get("/api/v1/pratiche/<code>")
def api_practice(code: str) -> Response:
    """One practice as it is public now."""
    version, digests = current_version(), asked()
    row = _row(code)
    if row is None:
        if _was_public(code):
            return problem(410, _("Scheda ritirata"), _("Questa scheda non è più pubblica."))
        return problem(404, _("Scheda inesistente"), _("Nessuna scheda pubblica ha questo codice."))
    entry = entry_of_row(row, settings().base_url, labels_of(digests, LANGUAGE))
    return open_answer(
        lambda: Response(_json.encode(nested(entry)), content_type=JSON), _tag(version, digests, code), weak=True
    )


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


def _page(question: Question, version: Version | None, digests: tuple[str, ...]) -> Response:
    public = entries_in(version.number) if version else sa.false()
    found = find(question.filters, *ENTRY_COLUMNS, page=question.page, size=question.size, public=public)
    site, known = settings().base_url, labels_of(digests, LANGUAGE)
    rows = found.rows if question.page <= found.pages else ()
    answer: dict[str, Any] = {
        "version": version.number if version else 0,
        "published": version.published_at.isoformat() if version else None,
        "license": LICENCES[settings().data_licence].url,
        "total": found.total,
        "page": question.page,
        "pages": found.pages,
        "items": [nested(entry_of_row(row, site, known)) for row in rows],
    }
    response = Response(_json.encode(answer), content_type=JSON)
    response.headers["Link"] = ", ".join(_links(question, version, found, site))
    return response


def _links(question: Question, version: Version | None, found: Found, site: str) -> list[str]:
    """Where the other pages are (RFC 8288), what the columns mean, and the licence."""
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


def _tag(version: Version | None, digests: tuple[str, ...], rest: str) -> str:
    depends = f"{FORMAT} {version.etag if version else 0} {digests} {settings().data_licence} {settings().base_url} {rest}"
    return hashlib.sha256(depends.encode()).hexdigest()[:32]


def _row(code: str) -> sa.Row[Any] | None:
    return db.session.execute(sa.select(*ENTRY_COLUMNS).where(CURRENT, ENTRY.code == code)).one_or_none()


def _was_public(code: str) -> bool:
    found: bool = db.session.execute(sa.select(sa.exists().where(ENTRY.code == code))).scalar_one()
    return found
