"""The description of the interface for programs, OpenAPI 3.1, written as data from the columns and filters themselves.

Not for: answering (`app/public/api.py`).
Holds always: what it says is what the interface does: schemathesis asks a running site whatever it allows and forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import force_locale

from app.practices.finding import MOST_VALUES, PARAMETERS, TEXT, TITLES
from app.practices.models import KINDS
from app.practices.opendata.columns import COLUMNS, DATE, INTEGER, LIST, NUMBER, Column
from app.practices.opendata.licences import Licence

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 200
LAST_PAGE: Final = 100_000
ALWAYS: Final = (
    *("code", "name", "description", "kind", "kind_label", "year", "edition", "entity_code", "entity_name", "entity_kind"),
    *("entity_kind_label", "language", "page_url"),
)
"""Columns that every practice has; another one is left out where nothing was said."""
_TYPES: Final[Mapping[str, dict[str, Any]]] = {
    INTEGER: {"type": "integer"},
    NUMBER: {"type": "number"},
    LIST: {"type": "array", "items": {"type": "string"}, "minItems": 1},
    DATE: {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"},
}
_VALUES: Final[Mapping[str, dict[str, Any]]] = {
    "regione": {"type": "string", "pattern": "^[0-9]{2}$"},
    "anno": {"type": "string", "pattern": "^(19|20)[0-9]{2}$"},
    "genere": {"type": "string", "enum": list(KINDS)},
}
_OPTION: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,30}$"}
_UNCHANGED: Final = {"description": "Non è cambiato nulla rispetto all'ETag mandato con If-None-Match."}
_SERVER: Final = "Un server che ha un guasto o è troppo occupato risponde 500 o 503 nello stesso formato."


def description(site: str, licence: Licence) -> dict[str, Any]:
    """The whole description. `site`: the base URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Buone pratiche per le famiglie",
            "version": "1.0.0",
            "description": "Le stesse pratiche della mappa e dei file di /dati. Si può solo leggere, senza chiavi.",
            "license": {"name": licence.name, "url": licence.url},
        },
        "externalDocs": {"url": f"{site}/dati"},
        "servers": [{"url": site}],
        "paths": {"/api/v1/pratiche": {"get": _listing()}, "/api/v1/pratiche/{code}": {"get": _single()}},
        "components": {"schemas": {"Page": _page(), "Practice": _practice(), "Problem": _problem_schema()}},
    }


def _listing() -> dict[str, Any]:
    page = "Una pagina. L'intestazione Link dice dove sono la prima, la precedente, la successiva e l'ultima."
    return {
        "operationId": "listPractices",
        "summary": "Le pratiche pubblicate, una pagina alla volta",
        "description": "Più valori dello stesso filtro si sommano, filtri diversi si restringono a vicenda. " + _SERVER,
        "parameters": [*_filters(), *_paging()],
        "responses": {
            "200": _answer(page, "Page"),
            "304": _UNCHANGED,
            "400": _problem("Un parametro che non c'è, o un valore che non può avere."),
            "404": _problem("La versione chiesta non esiste."),
        },
    }


def _single() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    code = {"name": "code", "in": "path", "required": True, "schema": schema, "description": "Il codice della scheda."}
    return {
        "operationId": "getPractice",
        "summary": "Una pratica",
        "parameters": [code],
        "responses": {
            "200": _answer("La pratica com'è pubblicata adesso.", "Practice"),
            "304": _UNCHANGED,
            "404": _problem("Nessuna scheda pubblica ha mai avuto questo codice."),
            "410": _problem("La scheda è stata pubblica e non lo è più."),
        },
    }


def _filters() -> list[dict[str, Any]]:
    found = []
    with force_locale("it"):
        for name in PARAMETERS:
            one: dict[str, Any] = {"name": name, "in": "query", "description": str(TITLES[name])}
            if name == TEXT:
                found.append(one | {"schema": {"type": "string"}})
            else:
                values = {"type": "array", "items": _VALUES.get(name, _OPTION), "maxItems": MOST_VALUES, "minItems": 1}
                found.append(one | {"schema": values, "style": "form", "explode": True})
    return found


def _paging() -> list[dict[str, Any]]:
    def whole(name: str, words: str, **bounds: int) -> dict[str, Any]:
        return {"name": name, "in": "query", "description": words, "schema": {"type": "integer", "minimum": 1, **bounds}}

    return [
        whole("pagina", "Quale pagina.", maximum=LAST_PAGE, default=1),
        whole("quanti", "Quante pratiche per pagina.", maximum=LARGEST_PAGE, default=PAGE_SIZE),
        whole("versione", "Quale versione; senza, l'ultima.", maximum=2**31 - 1),
    ]


def _page() -> dict[str, Any]:
    whole = {"type": "integer", "minimum": 0}
    properties = {
        "version": whole | {"description": "Numero della versione; 0 prima della prima."},
        "published": {"type": ["string", "null"], "format": "date-time"},
        "license": {"type": "string", "format": "uri"},
        "total": whole | {"description": "Quante pratiche in tutte le pagine."},
        "page": whole,
        "pages": whole,
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Practice"}},
    }
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def _practice() -> dict[str, Any]:
    with force_locale("it"):
        properties = {column.name: _property(column) for column in COLUMNS}
    return {"type": "object", "required": list(ALWAYS), "properties": properties, "additionalProperties": False}


def _property(column: Column) -> dict[str, Any]:
    return _TYPES.get(column.type, {"type": "string"}) | {"description": str(column.meaning)}


def _problem_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return {"type": "object", "required": [*texts, "status"], "properties": {**texts, "status": {"type": "integer"}}}


def _answer(words: str, schema: str) -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}, "description": "Per chiedere, la volta dopo, solo se è cambiato."}}
    return {
        "description": words,
        "headers": headers,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _problem(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
