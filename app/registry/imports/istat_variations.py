"""ISTAT's variations of municipalities since 1991: CS institution, ES suppression, CD change of name, AP change of province.

Not for: exchanges of territory (CE, AQ …), which change nothing here and are passed over.
Holds always: variations take effect in the order of their days, whatever the order of the lines; each leaves a row in
`variation`; a suppressed municipality keeps its row, with its last day and its successor; a municipality that changes
province keeps its row under its new code; a code that has ended or changed is not used again; what takes effect after today
waits for its day. Source: https://www.istat.it, "Variazioni amministrative e territoriali dal 1991"; `;`, Windows-1252.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app.extensions import db
from app.registry.folding import fold, search_name
from app.registry.imports.changes import NOW, Change, Draft, Value, Write
from app.registry.imports.fields import UnfitFieldError, read_date, read_istat_code, read_name
from app.registry.imports.files import SourceRow, read_rows
from app.registry.imports.known import KnownEntity, Registry, read_registry
from app.registry.models import MUNICIPALITY, Variation

REQUIRED = {
    "kind": ("Tipo variazione",),
    "region_code": ("Codice Regione",),
    "code": ("Codice Comune formato alfanumerico", "Codice Istat del Comune"),
    "name": ("Denominazione Comune",),
    "other_code": (
        "Codice del Comune associato alla variazione o nuovo codice Istat del Comune",
        "Codice Istat del Comune associato alla variazione o nuovo codice Istat del Comune",
    ),
    "other_name": ("Denominazione Comune associata alla variazione o nuova denominazione",),
    "effective_on": ("Data decorrenza validità amministrativa",),
}


_Values = dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a variation changed: columns before and after."""

    before: _Values
    after: _Values


@dataclass(frozen=True, slots=True)
class _Line:
    """A variation of the file, read."""

    line: int
    kind: str
    code: str
    name: str
    other_code: str
    other_name: str
    region_code: str
    day: dt.date


class _NoteError(Exception):
    """A line that is right and changes nothing here: why."""


@dataclass(slots=True)
class _State:
    """What planning has come to. `recorded`: variations that the registry has; `planned`: that this plan has.

    `leaving`: code → last day on which the file itself ends or changes it.
    """

    draft: Draft
    registry: Registry
    recorded: set[tuple[int | None, str, dt.date]]
    planned: dict[tuple[str, str, dt.date], _Line]
    leaving: dict[str, dt.date]


def draft_variations(file: Path, draft: Draft, on: dt.date) -> None:
    """Fill the draft with what the variations change. Raises `RegistryFileError`."""
    lines = _read(file, draft, on)
    leaving: dict[str, dt.date] = {}
    for line in lines:
        if line.kind == "ES" or (line.kind == "AP" and line.other_code != line.code):
            leaving[line.code] = max(line.day, leaving.get(line.code, line.day))
    query = sa.select(Variation.entity_id, Variation.kind, Variation.effective_on).order_by(Variation.id)
    recorded: set[tuple[int | None, str, dt.date]] = {(row[0], row[1], row[2]) for row in db.session.execute(query)}
    state = _State(draft, read_registry(), recorded, {}, leaving)
    for line in sorted(lines, key=_in_time):
        try:
            _KINDS[line.kind](state, line)
        except _NoteError as note:
            draft.note(line.line, str(note))
        except UnfitFieldError as error:
            draft.problem(line.line, str(error))


def _read(file: Path, draft: Draft, on: dt.date) -> list[_Line]:
    lines: list[_Line] = []
    others: Counter[str] = Counter()
    for row in read_rows(file, draft, required=REQUIRED, optional={}):
        if row["kind"] not in _KINDS:
            others[row["kind"][:10]] += 1
            continue
        try:
            line = _line(row)
        except UnfitFieldError as error:
            draft.problem(row.line, str(error))
            continue
        if line is None:
            draft.note(row.line, f"{row['kind']} of {row['name']} has no date and is left out")
        elif line.day > on:
            draft.note(row.line, f"{line.kind} of {line.name} takes effect on {line.day}: import the file again then")
        else:
            lines.append(line)
    for kind, count in sorted(others.items()):
        draft.note(0, f"{count} lines of kind {kind or '…'} change no municipality and are left out")
    return lines


def _line(row: SourceRow) -> _Line | None:
    day = read_date(row["effective_on"])
    code, name = read_istat_code(row["code"]), read_name(row["name"])
    if day is None:
        if row["kind"] == "ES":
            raise UnfitFieldError("a suppression needs its day")
        return None
    other = read_istat_code(row["other_code"]) if row["other_code"] else ""
    return _Line(row.line, row["kind"], code, name, other, row["other_name"], row["region_code"], day)


def _in_time(line: _Line) -> tuple[dt.date, int, int]:
    return line.day, list(_KINDS).index(line.kind), line.line


def _institution(state: _State, line: _Line) -> None:
    """One line for each municipality that the new one was made from: the first speaks for all."""
    if (line.code, "CS", line.day) in state.planned:
        return
    known = state.registry.by_code.get(line.code)
    if known is None:
        _institute(state, line)
        return
    if known.kind != MUNICIPALITY:
        raise UnfitFieldError(f"{line.code} is the code of an entity of kind {known.kind}")
    if known.valid_to is not None and known.valid_to <= line.day:
        raise UnfitFieldError(f"{known.label} has ended on {known.valid_to}, and its code is not used again")
    if _is_known(state, line, known):
        return
    before, known.valid_from = known.valid_from, line.day
    words = ("instituted on", str(before or ""), str(line.day))
    write = Write("entity", known.reference, {"valid_from": line.day})
    _vary(state, line, known, "changed", words, _Columns({"valid_from": before}, {"valid_from": line.day}), write)


def _institute(state: _State, line: _Line) -> None:
    if line.code in state.registry.former:
        raise UnfitFieldError(f"{line.code} was the code of {state.registry.former[line.code].label}, and is not used again")
    if state.leaving.get(line.code, dt.date.min) >= line.day:
        raise _NoteError(f"{line.name} [{line.code}] came and went before the registry began, and is left out")
    near = state.registry.province_of(line.code[:3])
    name, other = _names(line.name)
    new = KnownEntity(line.code, MUNICIPALITY, name, name_other_language=other, valid_from=line.day)
    values: _Values = {"code": line.code, "kind": MUNICIPALITY, "name": name, "name_other_language": other}
    values |= {"search_name": search_name(name, other), "valid_from": line.day, "region_code": line.region_code or None}
    if near is not None:
        new.province_sign, new.province, new.region = near.province_sign, near.province, near.region
        values |= {"province_sign": near.province_sign, "province": near.province, "region": near.region}
    state.registry.add(new)
    columns = _Columns({}, {"name": name, "valid_from": line.day})
    _vary(state, line, new, "added", ("municipality", "", f"since {line.day}"), columns, Write("entity", None, values))


def _suppression(state: _State, line: _Line) -> None:
    known = _municipality(state, line)
    earlier = state.planned.get((known.code, "ES", line.day))
    if earlier is not None and earlier.other_code != line.other_code:
        raise UnfitFieldError(f"line {earlier.line} names another successor of {known.label}: keep one of them")
    successor = state.registry.find(line.other_code) if line.other_code else None
    if successor is None or successor is known or successor.kind != MUNICIPALITY:
        raise UnfitFieldError(f"the successor of {known.label} is unknown: {line.other_code or '…'} is no municipality's code")
    if _is_known(state, line, known):
        return
    if known.valid_to is not None:
        raise UnfitFieldError(f"{known.label} has ended on {known.valid_to} already")
    if known.valid_from is not None and known.valid_from >= line.day:
        raise UnfitFieldError(f"{known.label} exists only since {known.valid_from}")
    if successor.valid_to is not None and successor.valid_to <= line.day:
        raise UnfitFieldError(f"the successor {successor.label} has ended on {successor.valid_to}, before")
    known.valid_to = line.day
    write = Write("entity", known.reference, {"valid_to": line.day, "successor_id": successor.reference})
    words = (f"suppressed on {line.day}, its successor is", "", successor.label)
    columns = _Columns({"valid_to": None}, {"valid_to": line.day, "successor": successor.code})
    _vary(state, line, known, "ended", words, columns, write, successor)


def _rename(state: _State, line: _Line) -> None:
    known = _municipality(state, line)
    name, other = _names(line.other_name)
    if _is_known(state, line, known):
        return
    bears, bore = known.name, known.name_other_language
    if fold(bears) not in (fold(name), fold(_names(line.name)[0])):
        raise _NoteError(f"{known.label} bears neither name, and the change to {name} is left out")
    after: _Values = {"name": name, "name_other_language": other or bore}
    columns = _Columns({"name": _names(line.name)[0], "name_other_language": bore}, after)
    if fold(bears) == fold(name):
        _vary(state, line, known, "changed", ("name, borne already:", line.name, name), columns)
        return
    write = Write("entity", known.reference, {**after, "search_name": search_name(name, other or bore)})
    _vary(state, line, known, "changed", ("name", bears, name), columns, write)
    known.name, known.name_other_language = name, other or bore


def _province(state: _State, line: _Line) -> None:
    if state.registry.find(line.code) is None and state.registry.find(line.other_code) is not None:
        raise _NoteError(f"{line.name} is in the registry under its new code {line.other_code} already")
    known = _municipality(state, line)
    new_code = line.other_code or line.code
    if _is_known(state, line, known):
        return
    bearer = state.registry.find(new_code)
    if bearer is not None and bearer is not known:
        raise UnfitFieldError(f"{new_code} is or was the code of {bearer.label}")
    if known.valid_to is not None:
        raise UnfitFieldError(f"{known.label} has ended on {known.valid_to} already")
    near = state.registry.province_of(new_code[:3])
    sign, province = (near.province_sign, near.province) if near is not None else (None, None)
    before: _Values = {"code": known.code, "province_sign": known.province_sign, "province": known.province}
    after: _Values = {"code": new_code, "province_sign": sign, "province": province}
    words = ("province", f"{known.province or '…'} [{known.code}]", f"{province or '…'} [{new_code}]")
    reference = known.reference
    if new_code != known.code:
        state.registry.give_code(known, new_code)
    known.province_sign, known.province = sign, province
    _vary(state, line, known, "changed", words, _Columns(before, after), Write("entity", reference, after))
    if near is None:
        state.draft.note(line.line, f"the name of province {new_code[:3]} is unknown until ISTAT's list is imported")


_KINDS: dict[str, Callable[[_State, _Line], None]] = {
    "CS": _institution,
    "AP": _province,
    "CD": _rename,
    "ES": _suppression,
}
"""In the order in which those of one day take effect: a successor is there before its predecessors end."""


def _municipality(state: _State, line: _Line) -> KnownEntity:
    known = state.registry.find(line.code)
    if known is None:
        raise _NoteError(f"{line.kind} of {line.name} is left out: the registry has no municipality {line.code}")
    if known.kind != MUNICIPALITY:
        raise UnfitFieldError(f"{line.code} is the code of an entity of kind {known.kind}")
    return known


def _is_known(state: _State, line: _Line, known: KnownEntity) -> bool:
    """Whether the registry has this variation already. Raises `UnfitFieldError` where an earlier line has told it."""
    earlier = state.planned.get((known.code, line.kind, line.day))
    if earlier is not None:
        raise UnfitFieldError(f"this variation stands in line {earlier.line} already")
    if known.id is None or (known.id, line.kind, line.day) not in state.recorded:
        return False
    state.draft.unchanged += 1
    state.planned[known.code, line.kind, line.day] = line
    return True


def _names(text: str) -> tuple[str, str | None]:
    """ "Aldino/Aldein" → both names."""
    first, _, second = text.partition("/")
    return read_name(first.strip()), read_name(second.strip()) if second.strip() else None


def _vary(
    state: _State,
    line: _Line,
    known: KnownEntity,
    group: str,
    words: tuple[str, str, str],
    columns: _Columns,
    write: Write | None = None,
    successor: KnownEntity | None = None,
) -> None:
    """The change, with its row in `variation`. `words`: what, before, after, as a person reads them."""
    state.planned[known.code, line.kind, line.day] = line
    values: _Values = {
        "entity_id": known.reference,
        "kind": line.kind,
        "effective_on": line.day,
        "before": _canonical(columns.before),
        "after": _canonical(columns.after),
        "successor_id": successor.reference if successor is not None else None,
        "recorded_at": NOW,
    }
    told = Write("variation", None, values)
    writes = (told,) if write is None else (write, told)
    state.draft.changes.append(Change(group, line.line, known.label, *words, writes))


def _canonical(columns: _Values) -> str:
    return json.dumps(columns, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
