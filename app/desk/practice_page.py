"""What the page of one practice shows, put together: the record in words, what is kept back, differences, history, the form.

Not for: reading the form or deciding (`practice.py`).
Holds always: what is public and what is not stand in lists of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _

from app.clock import now
from app.desk.chasing_words import short
from app.desk.practice_words import Line, name_of, names_text
from app.editions.extensions import MINUTE
from app.practices.entries import position_of
from app.practices.fields import (
    LONG,
    LONGEST,
    MANY,
    ONE,
    TEXTS,
    Corrections,
    Difference,
    FieldText,
    differences,
    texts_of,
    value_text,
)
from app.practices.gate import KeptBack
from app.practices.history import PROGRAM, Happened, history_of
from app.practices.kinds import APPROVED, CENTRE
from app.practices.record import PublicRecord, read_record
from app.practices.review import last_decision, reviewers
from app.practices.reviewed import Earlier, earlier_of, entity_label_of, private_of, reviewed_before
from app.practices.vocabulary import Labels, labels
from app.practices.words import FIELD_NAMES, HAPPENED, KIND_NAMES, STATE_TAGS
from app.questionnaire.answers import type_of
from app.registry.entities import labels_of
from app.responses.reading import OpenResponse
from app.web.language import current_language

_OF_CENTRES: Final = ("management", "services", "professions")
_OF_PRACTICES: Final = ("area", "types", "recipients", "level", "partners", "funding", "description", "results", "email")


@dataclass(frozen=True, slots=True)
class Speech:
    """How answers are put into words for whoever reviews: the protocol of `questionnaire.messages.Speech`."""

    locale: str
    places: dict[str, str]

    def translate(self, msgid: str) -> str:
        return str(_(msgid))

    def place_name(self, code: str) -> str:
        return self.places.get(code, code)


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form of corrections. `value`: what it holds; `options`: (code, label) of what may be chosen."""

    name: str
    label: str
    value: Any
    many: bool
    long: bool
    most: int
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PracticePage:
    """All that the template shows. `again`: what its entity changed since the desk sent it back, None where it has not answered
    or the desk has decided."""

    entity_label: str
    kind: str
    state: tuple[str, str]
    fields: list[FieldText]
    approved: list[Difference]
    published: list[Difference] | None
    private: list[tuple[str, str, str]]
    earlier: Earlier | None
    compared: list[Difference]
    again: list[Difference] | None
    history: list[Line]
    form: list[FormField]
    members: Sequence[Any]
    undoable: str
    until: str
    own_position: bool
    position: bool


def page_of(row: Any, response: OpenResponse | None, typed: Corrections, at: dt.datetime) -> PracticePage:
    """The page of a row of `practice_row`: what was approved where it is, else what was sent. `typed`: what came back."""
    words, sent, earlier = labels(current_language()), read_record(row.content), earlier_of(row)
    record = read_record(row.approved) if row.state == APPROVED and row.approved else sent
    history = history_of(row.id)
    read = reviewed_before(row, response, history) if response is not None else None
    beside = (record, *((earlier.record,) if earlier else ()), *((read,) if read else ()))
    places = labels_of(sorted({code for one in beside for code in one.municipalities}))
    last = last_decision(row.id)
    return PracticePage(
        entity_label=entity_label_of(row),
        kind=str(KIND_NAMES[row.kind]),
        state=(str(STATE_TAGS[row.state][0]), STATE_TAGS[row.state][1]),
        fields=texts_of(record, words, places),
        approved=differences(sent, read_record(row.approved), words, places) if row.approved else [],
        published=differences(read_record(row.published), record, words, places) if row.published else None,
        private=_private(row, response),
        earlier=earlier,
        compared=differences(earlier.record, record, words, places) if earlier else [],
        again=differences(read, sent, words, places) if read else None,
        history=_lines(history, words),
        form=_form(row, record, words, typed),
        members=reviewers(),
        undoable=str(HAPPENED[last.action]).lower() if last else "",
        until=short(response.edition.closes_for(response.own_closes_at) - MINUTE) if response else "",
        own_position=record.latitude is not None,
        position=position_of(row, record, now().date())[0] is not None,
    )


def _private(row: Any, response: OpenResponse | None) -> list[tuple[str, str, str]]:
    """(question, answer, why it is not public) of each answer that is kept back."""
    if response is None or row.item_id is None:
        return []
    speech = Speech(current_language(), {})
    return [(one.question.label, _kept_text(one, speech), _why(one)) for one in private_of(row, response, speech.locale)]


def _kept_text(one: KeptBack, speech: Speech) -> str:
    if one.reserved:
        return str(_("Sede riservata: l'indirizzo non è mostrato nemmeno qui."))
    return type_of(one.question).show(one.question, one.value, speech)


def _why(one: KeptBack) -> str:
    if one.reserved:
        return str(_("sede riservata"))
    if one.small:
        return str(_("numero troppo piccolo per essere pubblicato"))
    return str(_("risposta riservata") if one.question.private else _("non destinata alla pubblicazione"))


def _lines(history: list[Happened], words: Labels) -> list[Line]:
    names = names_text(sorted({one.actor for one in history if one.actor != PROGRAM}))
    return [
        Line(
            what=str(HAPPENED.get(one.action, one.action)),
            who=name_of(one.actor, names),
            when=short(one.at),
            note=one.note,
            corrections=tuple(
                (str(FIELD_NAMES[name]), value_text(name, value, words) or _("(vuoto)"))
                for name, value in one.corrections.items()
                if name in FIELD_NAMES
            ),
        )
        for one in history
    ]


def _form(row: Any, record: PublicRecord, words: Labels, typed: Corrections) -> list[FormField]:
    """The fields that this kind of sheet has."""
    left_out = _OF_PRACTICES if row.kind == CENTRE else _OF_CENTRES
    found = []
    for name in FIELD_NAMES:
        if name in left_out or name not in (*TEXTS, *ONE, *MANY):
            continue
        value = typed.get(name, getattr(record, name))
        held = getattr(record, name)
        offered = {} if name in TEXTS else {code: code for code in _codes(held)} | words.get(name, {})
        shape = (name in MANY, name in LONG, LONGEST.get(name, 0))
        found.append(FormField(name, str(FIELD_NAMES[name]), value, *shape, tuple(offered.items())))
    return found


def _codes(held: Any) -> tuple[str, ...]:
    return held if isinstance(held, tuple) else (held,) if held else ()
