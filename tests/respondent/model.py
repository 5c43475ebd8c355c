"""What a respondent has said so far: the answers and sheets that must be stored, and how they must read.

Not for: finding out what is stored.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.respondent.reference import NAMED_BY, Meaning, is_asked, questions, step_titles
from tests.respondent.writing import BLANK, Written
from tests.served import AnswerRow

UNNAMED = "Scheda senza titolo"


def key_of(code: str, item: str | None) -> str:
    """The name of an answer in the document."""
    return f"{item}/{code}" if item else code


@dataclass
class Model:
    """`placeholders`: the words for {inizio} and {fine}; `items`: the sheets of each step in order, the removed ones too."""

    placeholders: Mapping[str, str]
    answers: dict[str, Written] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def copy(self) -> Model:
        """As it is now, whatever comes later."""
        return copy.deepcopy(self)

    def live(self, step: str) -> list[str]:
        """The sheets of a step that are not removed."""
        return [item for item in self.items.get(step, ()) if item not in self.removed]

    def stored(self) -> dict[str, Any]:
        """Every value that must be in the document, of removed sheets too."""
        return {key: written.value for key, written in self.answers.items() if written.value is not None}

    def values(self) -> dict[str, Any]:
        """The same without removed sheets."""
        return {key: value for key, value in self.stored().items() if key.partition("/")[0] not in self.removed}

    def meaning(self, item: str | None = None) -> Meaning:
        """What the rules of the path see."""

        def seen(code: str) -> Any:
            return self.answers.get(key_of(code, item), self.answers.get(code, BLANK)).meaning

        return seen

    def title(self, step: str, item: str) -> str:
        """What a sheet is called."""
        said = self.answers.get(key_of(NAMED_BY[step], item), BLANK).value
        return said if isinstance(said, str) else UNNAMED

    def label(self, code: str) -> str:
        """A question as it reads."""
        label = questions()[code].label
        for name, words in self.placeholders.items():
            label = label.replace(f"{{{name}}}", words)
        return label

    def asked(self, step: str, item: str | None = None) -> list[str]:
        """The questions of a step that are asked, in order."""
        meaning = self.meaning(item)
        return [code for code, question in questions().items() if question.step == step and is_asked(code, meaning)]

    def rows(self) -> list[AnswerRow]:
        """Every answer as a page must show it for reading."""
        rows = []
        for step, title in step_titles().items():
            if not is_asked(step, self.meaning()):
                continue
            for item in self.live(step) if step in NAMED_BY else (None,):
                sheet = self.title(step, item) if item else ""
                for code in self.asked(step, item):
                    written = self.answers.get(key_of(code, item), BLANK)
                    shown = None if written.value is None else written.shown
                    rows.append(AnswerRow(title, " ".join(sheet.split()), self.label(code), shown))
        return rows

    def progress(self) -> int:
        """The percentage of required answers on the path that are given and right."""
        settled = []
        for step in step_titles():
            if is_asked(step, self.meaning()):
                for item in self.live(step) if step in NAMED_BY else (None,):
                    required = [code for code in self.asked(step, item) if questions()[code].required]
                    written = [self.answers.get(key_of(code, item), BLANK) for code in required]
                    settled += [one.value is not None and not one.wrong for one in written]
        return 100 * sum(settled) // len(settled)
