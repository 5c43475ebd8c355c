"""The gate between answers and the public: the one place that decides which part of a sheet may be read by everybody.

For: consent, private questions, reserved seats, small numbers. Not for: whether it is good enough (`review.py`). Pure.
Holds always: only an answer passes that its questionnaire marks public and not private, that is no person's, that is asked on
the path of the submitted version, and that is right by its type; a number under 5, or under its question's `publish_min`, does
not pass; of a seat that is reserved neither address nor coordinates do, nor that it is reserved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from app.practices.record import CONSENT, FIELDS, PublicRecord
from app.questionnaire.answers import is_na, is_raw, resolved, type_of
from app.questionnaire.model import Question, Questionnaire, Step, answer_key
from app.questionnaire.reach import Reached, reach

SMALLEST_NUMBER: Final = 5
"""A public number under this is never shown (`domain.md`, 29): it could tell of single persons."""
NUMBERS: Final = frozenset({"integer", "decimal", "money"})
_PARTS: Final = {
    "period": {"from": "started", "to": "ended", "state": "status"},
    "contact": {part: part for part in ("email", "phone", "url")},
}


@dataclass(frozen=True, slots=True)
class Passed:
    """What may be public of one sheet. `consent`: whether the entity lets it be; without it nothing is published."""

    item_id: str
    sheet: str
    record: PublicRecord
    consent: bool


def public_sheets(questionnaire: Questionnaire, values: Mapping[str, Any], items: Mapping[str, Sequence[str]]) -> list[Passed]:
    """What may be public of each sheet of a submitted version, in its order. A sheet without a title is left out.

    `values`: the answers that are not blank, by key; `items`: the ids of the sheets by step (`Document.values`, `live_items`).
    """
    path = reach(questionnaire, values, items)
    found = []
    for step in questionnaire.steps:
        if step.repeat is None or step.repeat.sheet not in FIELDS or step.code not in path.steps:
            continue
        for item in items.get(step.code, ()):
            answers = _public_answers(step, path, values, item)
            record = _record(step.repeat.sheet, answers)
            if record is not None:
                found.append(Passed(item, step.repeat.sheet, record, _consents(step.repeat.sheet, path, values, item)))
    return found


@dataclass(frozen=True, slots=True)
class KeptBack:
    """An answer of a sheet that may not be public, for whoever reviews. `reserved`: a seat whose address is shown to nobody;
    `small`: a number that could tell of single persons."""

    question: Question
    value: Any
    reserved: bool
    small: bool


def kept_back(
    questionnaire: Questionnaire, values: Mapping[str, Any], items: Mapping[str, Sequence[str]], item: str
) -> list[KeptBack]:
    """What a sheet answers that does not pass, without what is a person's or is no valid answer, and without the consent."""
    path = reach(questionnaire, values, items)
    found = []
    for step in questionnaire.steps:
        if step.repeat is None or item not in items.get(step.code, ()):
            continue
        passing = _public_answers(step, path, values, item)
        for question in step.questions:
            key = answer_key(question.code, item)
            value = values.get(key)
            if value is None or question.code in passing or question.personal or not path.is_reached(key):
                continue
            if is_na(value) or is_raw(value) or question.code == CONSENT.get(step.repeat.sheet, ("",))[0]:
                continue
            asked = resolved(question, path.lookup(item))
            reserved = isinstance(value, dict) and bool(value.get("reserved"))
            small = question.public and question.type in NUMBERS
            found.append(KeptBack(asked, None if reserved else value, reserved, small))
    return found


def let_through(record: PublicRecord) -> PublicRecord:
    """What of a record may be published, wherever it comes from: also what the desk corrected, wrote or brought in."""
    few = record.beneficiaries is not None and record.beneficiaries < SMALLEST_NUMBER
    return replace(record, beneficiaries=None) if few else record


def _consents(sheet: str, path: Reached, values: Mapping[str, Any], item: str) -> bool:
    if sheet not in CONSENT:
        return True
    code, option = CONSENT[sheet]
    key = answer_key(code, item)
    value = values.get(key) if path.is_reached(key) else None
    return isinstance(value, dict) and value.get("code") == option


def _public_answers(step: Step, path: Reached, values: Mapping[str, Any], item: str) -> dict[str, tuple[Question, Any]]:
    """Question code → the question as it was asked, and the answer that may pass."""
    passing = {}
    for question in step.questions:
        key = answer_key(question.code, item)
        if not question.public or question.private or question.personal or not path.is_reached(key):
            continue
        asked = resolved(question, path.lookup(item))
        value = values.get(key)
        if value is None or is_na(value) or is_raw(value) or type_of(asked).check(asked, value):
            continue
        if (shown := _shown(asked, value)) is not None:
            passing[question.code] = (asked, shown)
    return passing


def _shown(question: Question, value: Any) -> Any:
    """The part of an answer that may be shown, None for nothing."""
    if question.type in NUMBERS:
        return value if float(value) >= max(SMALLEST_NUMBER, question.publish_min or 0) else None
    if isinstance(value, dict) and value.get("reserved"):
        return None
    return value


def _record(sheet: str, answers: Mapping[str, tuple[Question, Any]]) -> PublicRecord | None:
    fields: dict[str, Any] = {"others": {}}
    for code, (_question, value) in answers.items():
        name = FIELDS[sheet].get(code)
        if name is not None:
            fields |= _filled(name, value, fields["others"])
    return PublicRecord(**fields) if fields.get("title") else None


def _filled(name: str, value: Any, others: dict[str, str]) -> dict[str, Any]:
    """Field → value of one answer; the text beside "Altro" goes into `others`."""
    if name in _PARTS:
        return {field: value[part] for part, field in _PARTS[name].items() if value.get(part)}
    if name == "place":
        degrees = {axis: float(value[axis]) for axis in ("latitude", "longitude") if axis in value}
        return {"address": value.get("address", ""), **(degrees if len(degrees) == 2 else {})}
    if isinstance(value, dict):
        if value.get("text"):
            others[name] = value["text"]
        return {name: tuple(value["codes"]) if "codes" in value else value["code"]}
    return {name: tuple(value) if isinstance(value, list) else value}
