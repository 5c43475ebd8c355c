"""ISTAT's list of municipalities in force ("Elenco dei comuni italiani"): names, provinces, regions, cadastral codes.

Not for: what happened on which day (`istat_variations.py`), population and points (`load.py`).
Holds always: a municipality that the list does not name stays, and is told of; a code of a suppressed municipality, or a
cadastral code that stands under another code, is a problem: variations come first. Source: https://www.istat.it, "Codici
statistici delle unità amministrative territoriali"; separated by `;`, Windows-1252, line breaks inside headings.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from app.registry.folding import search_name
from app.registry.imports.changes import Change, Draft, Value, Write
from app.registry.imports.fields import UnfitFieldError, read_istat_code, read_name
from app.registry.imports.files import SourceRow, read_rows
from app.registry.imports.known import KnownEntity, Registry, read_registry
from app.registry.models import MUNICIPALITY

_PROVINCE = "Denominazione dell'Unità territoriale sovracomunale"
REQUIRED = {
    "code": ("Codice Comune formato alfanumerico",),
    "name": ("Denominazione in italiano",),
    "province_sign": ("Sigla automobilistica",),
    "province": (f"{_PROVINCE} (valida a fini statistici)", _PROVINCE, "Denominazione provincia"),
    "region_code": ("Codice Regione",),
    "region": ("Denominazione Regione",),
    "cadastral_code": ("Codice Catastale del comune",),
}
OPTIONAL = {"name_other_language": ("Denominazione altra lingua", "Denominazione in tedesco")}
_SHOWN = {
    "name": "name",
    "name_other_language": "name in the other language",
    "province_sign": "province's sign",
    "province": "province",
    "region_code": "region's code",
    "region": "region",
    "cadastral_code": "cadastral code",
}
_PATTERNS = {
    "province_sign": (r"[A-Z]{2}", "two capital letters"),
    "region_code": (r"[0-9]{2}", "two digits"),
    "cadastral_code": (r"[A-Z][0-9]{3}", "a capital letter and three digits"),
}
MOST_NAMED = 20


def draft_list(file: Path, draft: Draft, on: dt.date) -> None:
    """Fill the draft with municipalities that the list adds or corrects. Raises `RegistryFileError`."""
    registry = read_registry()
    cadastral: dict[str, KnownEntity] = {
        row.cadastral_code: row for row in registry.by_code.values() if row.cadastral_code and row.valid_to is None
    }
    lines: dict[str, int] = {}
    for row in read_rows(file, draft, required=REQUIRED, optional=OPTIONAL):
        try:
            code, values = read_istat_code(row["code"]), _values(row)
            first = lines.setdefault(code, row.line)
            if first != row.line:
                raise UnfitFieldError(f"{code} stands in line {first} already")
            _refuse_reuse(registry, cadastral, code, values["cadastral_code"])
        except UnfitFieldError as error:
            draft.problem(row.line, str(error))
            continue
        _draft_row(draft, row.line, code, registry.by_code.get(code), values)
    _note_absent(draft, registry, lines)


def _values(row: SourceRow) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": read_name(row["name"]),
        "name_other_language": read_name(row["name_other_language"]) if row["name_other_language"] else None,
        "province": read_name(row["province"]),
        "region": read_name(row["region"]),
    }
    for column, (pattern, wanted) in _PATTERNS.items():
        if re.fullmatch(pattern, row[column]) is None:
            raise UnfitFieldError(f"{_SHOWN[column]} should be {wanted}, not {row[column][:40]!r}")
        values[column] = row[column]
    return values


def _refuse_reuse(registry: Registry, cadastral: dict[str, KnownEntity], code: str, cadastral_code: str) -> None:
    known = registry.by_code.get(code)
    if known is not None and known.kind != MUNICIPALITY:
        raise UnfitFieldError(f"{code} is the code of an entity of kind {known.kind}")
    if known is not None and known.valid_to is not None:
        raise UnfitFieldError(f"{known.label} has ended on {known.valid_to}, and its code is not used again")
    if known is None and code in registry.former:
        raise UnfitFieldError(f"{code} was the code of {registry.former[code].label}, and is not used again")
    bearer = cadastral.get(cadastral_code)
    if known is None and bearer is not None:
        raise UnfitFieldError(f"{cadastral_code} is the cadastral code of {bearer.label}: import ISTAT's variations first")


def _draft_row(draft: Draft, line: int, code: str, known: KnownEntity | None, values: dict[str, Any]) -> None:
    if known is None:
        row: dict[str, Value] = {"code": code, "kind": MUNICIPALITY, **values}
        row["search_name"] = search_name(values["name"], values["name_other_language"])
        added = KnownEntity(code, MUNICIPALITY, values["name"], province_sign=values["province_sign"])
        draft.changes.append(
            Change("added", line, added.label, "municipality", "", values["region"], (Write("entity", None, row),))
        )
        return
    differ = {column: value for column, value in values.items() if getattr(known, column) != value}
    if not differ:
        draft.unchanged += 1
        return
    before = "; ".join(f"{_SHOWN[column]} {getattr(known, column) or '…'}" for column in differ)
    after = "; ".join(f"{_SHOWN[column]} {value or '…'}" for column, value in differ.items())
    if not differ.keys().isdisjoint({"name", "name_other_language"}):
        differ["search_name"] = search_name(values["name"], values["name_other_language"])
    draft.changes.append(Change("changed", line, known.label, "", before, after, (Write("entity", known.id, differ),)))


def _note_absent(draft: Draft, registry: Registry, lines: dict[str, int]) -> None:
    absent = [
        row.label
        for row in registry.by_code.values()
        if row.kind == MUNICIPALITY and row.valid_to is None and row.code not in lines
    ]
    if absent:
        named = ", ".join(absent[:MOST_NAMED]) + (" …" if len(absent) > MOST_NAMED else "")
        draft.note(0, f"{len(absent)} municipalities in force are not in the list and stay: {named}")
