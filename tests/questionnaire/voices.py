"""A voice for tests: the Italian message ids as they are, and the names of two municipalities."""

from __future__ import annotations

from typing import Any

from app.questionnaire.answers import TYPES, AnswerType
from app.questionnaire.model import Option, Question

NAMES = {"001001": "Agliè (TO)", "001002": "Airasca (TO)"}


class ItalianVoice:
    def __init__(self, locale: str = "it") -> None:
        self.locale = locale

    def translate(self, msgid: str, /) -> str:
        return msgid

    def place_name(self, code: str, /) -> str:
        return NAMES.get(code, code)


ITALIAN = ItalianVoice()

OPTIONS = (
    Option("own", "Sì, dell'ente"),
    Option("none", "No"),
    Option("more", "Altro (specificare)", asks_text=True),
)


def ask(type_: str, **marks: Any) -> tuple[AnswerType, Question]:
    """Give a type and a question of it, to be called as `kind.parse(question, …)`."""
    return TYPES[type_], Question(code="Q01", type=type_, label="Domanda", **marks)


def read(type_: str, typed: str, **marks: Any) -> object:
    """Parse one text typed into the main field."""
    kind, question = ask(type_, **marks)
    return kind.parse(question, {"": [typed]})


def said(type_: str, value: Any, **marks: Any) -> list[str]:
    """Give the sentences that `check` says about a value."""
    kind, question = ask(type_, **marks)
    return [problem.text(ITALIAN) for problem in kind.check(question, value)]
