"""The fields of a record one by one: how they read, how two records differ, how one is corrected.

Not for: which fields may pass (`gate.py`), what they are called (`words.py`), the labels of codes (`vocabulary.py`).
Holds always: a correction names a field that the desk may correct and holds a value that fits it; whoever changes an address
drops its coordinates, which were those of the other one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask_babel import gettext as _

from app.practices.record import CHOICES, PublicRecord
from app.practices.vocabulary import STATUS, Labels
from app.practices.words import FIELD_NAMES
from app.questionnaire.answers.contacts import email_fault, phone_fault

Value = str | tuple[str, ...]
Corrections = dict[str, Value]
"""Field → what it should hold: a text, a code, or several codes."""

LONG: Final = ("description", "results")
TEXTS: Final = ("title", "description", "results", "address", "email", "phone", "url")
ONE: Final = ("area", "level")
MANY: Final = ("types", "recipients", "partners", "funding", "management", "services", "professions")
CORRECTABLE: Final = (*TEXTS, *ONE, *MANY)
"""What the desk may correct: the words and the codes; neither numbers nor dates nor coordinates, which the entity knows."""
LONGEST: Final = {"title": 300, "description": 4000, "results": 4000, "address": 300, "email": 254, "phone": 40, "url": 500}
"""Characters of each text."""

_FAULTS: Final = {"email": email_fault, "phone": phone_fault}


class UnfitCorrectionError(ValueError):
    """A correction that no record could hold. `field`: which; the text says what to do, in the reader's language."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class FieldText:
    """A field as it is read."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two records hold differently, each in words, "" where it holds nothing."""

    name: str
    label: str
    before: str
    after: str


def texts_of(record: PublicRecord, words: Labels, places: Mapping[str, str]) -> list[FieldText]:
    """The fields that hold something, in order. `places`: the names of municipalities by code."""
    found = [(name, text_of(name, record, words, places)) for name in FIELD_NAMES]
    return [FieldText(name, str(FIELD_NAMES[name]), text) for name, text in found if text]


def text_of(name: str, record: PublicRecord, words: Labels, places: Mapping[str, str]) -> str:
    """One field in words."""
    if name == "place":
        if record.latitude is None or record.longitude is None:
            return ""
        return f"{record.latitude:.5f}, {record.longitude:.5f}"
    value = getattr(record, name)
    if name == "language":
        return "" if value == "it" else str(value)
    if name == "municipalities":
        return ", ".join(places.get(code, code) for code in value)
    if name in CHOICES or name == STATUS:
        return value_text(name, value, words, record.others.get(name, ""))
    return "" if value is None else str(value)


def value_text(name: str, value: Any, words: Labels, other: str = "") -> str:
    """A value of a field in words. `other`: the text beside "Altro"."""
    if name not in words:
        return str(value)
    codes = value if isinstance(value, tuple | list) else ([value] if value else [])
    known = words[name]
    text = "; ".join(str(known.get(code, code)) for code in codes)
    return f"{text} ({other})" if text and other else text


def differences(before: PublicRecord, after: PublicRecord, words: Labels, places: Mapping[str, str]) -> list[Difference]:
    """The fields in which two records differ, in order."""
    pairs = ((name, text_of(name, before, words, places), text_of(name, after, words, places)) for name in FIELD_NAMES)
    return [Difference(name, str(FIELD_NAMES[name]), old, new) for name, old, new in pairs if old != new]


def corrected(record: PublicRecord, corrections: Corrections) -> PublicRecord:
    """The record with these values in place of its own."""
    changes: dict[str, Any] = dict(corrections)
    if "address" in changes:
        changes |= {"latitude": None, "longitude": None}
    kept = {name: text for name, text in record.others.items() if name not in corrections or "other" in corrections[name]}
    return msgspec.structs.replace(record, **changes, others=kept)


def corrections_between(record: PublicRecord, typed: Corrections, words: Labels) -> Corrections:
    """The fields of `typed` that are not as the record has them. Raises UnfitCorrectionError for the first that is unfit."""
    found: Corrections = {}
    for name, value in typed.items():
        if name not in CORRECTABLE:
            raise UnfitCorrectionError(name, _("Questo campo non si corregge da qui."))
        if _same(getattr(record, name), value):
            continue
        _check(name, value, getattr(record, name), words)
        found[name] = value
    return found


def _same(held: Any, value: Value) -> bool:
    return set(held) == set(value) if isinstance(value, tuple) else held == value


def _check(name: str, value: Value, held: Any, words: Labels) -> None:
    """Raises UnfitCorrectionError."""
    if name == "address" and value and not held:  # it may be a seat that is reserved: nobody else may tell it
        raise UnfitCorrectionError(name, _("L'ente non ha reso pubblico un indirizzo: da qui non si aggiunge."))
    if name in TEXTS:
        longest = LONGEST[name]
        if not isinstance(value, str) or "\x00" in value:
            raise UnfitCorrectionError(name, _("Scrivi il testo di nuovo: contiene un carattere che non si può salvare."))
        if len(value) > longest:
            raise UnfitCorrectionError(name, _("Accorcia il testo: al massimo %(most)d caratteri.", most=longest))
        if name == "title" and not value:
            raise UnfitCorrectionError(name, _("Scrivi un titolo: una pratica senza titolo non si pubblica."))
        fault = _FAULTS[name](value) if value and name in _FAULTS else None
        if fault is not None:
            raise UnfitCorrectionError(name, str(_(fault)))
        if name == "url" and value and not value.startswith(("http://", "https://")):
            raise UnfitCorrectionError(name, _("Scrivi l'indirizzo del sito per intero, per esempio https://www.example.org"))
        return
    codes = value if isinstance(value, tuple) else (value,) if value else ()
    offered = {*words.get(name, {}), *(held if isinstance(held, tuple) else (held,))}
    if not offered.issuperset(codes):
        raise UnfitCorrectionError(name, _("Scegli una delle voci proposte."))
