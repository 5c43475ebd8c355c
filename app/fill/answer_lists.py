"""Answers to read: by step and sheet, for the check page, the draft on paper and the filled copy.

Not for: answers to give (`views.py`).
Holds always: only what is asked of this entity is listed, blank answers included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.fill.path import step_address
from app.fill.views import Speech, sentence, shown, speech_for
from app.questionnaire.messages import Problem
from app.questionnaire.model import Questionnaire, Step, answer_key, split_key
from app.questionnaire.reach import Reached

Address = Callable[[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. `url`: where it is changed; `problem`: what is wrong with it; `ask`: where somebody asks about it."""

    label: str
    value: str
    url: str | None
    url_text: str
    tag: str | None
    problem: str | None
    ask: str | None = None
    ask_text: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item of a repeated step."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One step: rows, or sheets where it is repeated. `url`: where it is filled in."""

    title: str
    rows: tuple[Row, ...]
    sheets: tuple[Sheet, ...]
    repeated: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class AnswerList:
    """What is needed to list answers: the questionnaire in the reader's language, values in clear, the items that live.

    `address`: where an answer is changed; without it nothing links. `ask`: where somebody asks about it, with the words
    `ask_text`.
    """

    questionnaire: Questionnaire
    reached: Reached
    values: Mapping[str, Any]
    items: Mapping[str, Sequence[str]]
    problems: Mapping[str, Sequence[Problem]] | None = None
    address: Address | None = None
    ask: Address | None = None
    ask_text: str = ""

    def sections(self) -> list[Section]:
        """The steps that are asked. At most one query, for the names of places."""
        speech = speech_for(self.questionnaire, self.values)
        return [self._section(step, speech) for step in self.questionnaire.steps if step.code in self.reached.steps]

    def _section(self, step: Step, speech: Speech) -> Section:
        items = self.items.get(step.code, ()) if step.repeat else ()
        return Section(
            title=step.title,
            rows=() if step.repeat else self._rows(step, None, speech),
            sheets=tuple(Sheet(sheet_name(self.values, step, item), self._rows(step, item, speech)) for item in items),
            repeated=step.repeat is not None,
            url=step_address(step) if self.address else None,
        )

    def _rows(self, step: Step, item: str | None, speech: Speech) -> tuple[Row, ...]:
        keys = [answer_key(question.code, item) for question in step.questions if question.type != "display"]
        return tuple(self._row(key, speech) for key in keys if self.reached.is_reached(key))

    def _row(self, key: str, speech: Speech) -> Row:
        item, code = split_key(key)
        question = self.questionnaire.question(code)
        value = self.values.get(key)
        found = (self.problems or {}).get(key, ())
        return Row(
            label=question.label,
            value="" if value is None else shown(question, value, speech),
            url=self.address(code, item) if self.address else None,
            url_text=_("Rispondi") if value is None else _("Modifica"),
            tag=_("pubblica") if question.public else None,
            problem=" ".join(sentence(problem) for problem in found) or None,
            ask=self.ask(code, item) or None if self.ask else None,
            ask_text=self.ask_text,
        )


def sheet_name(values: Mapping[str, Any], step: Step, item: str) -> str:
    """What a sheet is called: the answer that names it, or that it has no name yet."""
    value = values.get(f"{item}/{step.repeat.label_from}") if step.repeat else None
    return value if isinstance(value, str) and value else str(_("Scheda senza titolo"))
