"""Short and long texts."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from app.questionnaire.answers.base import AnswerType, Scalar, Typed, Value, expect_text, fits_pattern, tidy, tidy_lines
from app.questionnaire.answers.numbers import italian
from app.questionnaire.messages import N_, Problem
from app.questionnaire.model import Question

TEXT_LIMIT: Final = 250
TEXTAREA_LIMIT: Final = 4000

LIKE_EXAMPLE: Final = N_("Scrivi la risposta come in questo esempio: %(example)s")
WRONG_FORM: Final = N_("Scrivi la risposta nella forma indicata.")


class Text(AnswerType):
    """A text of one line: str. `min`, `max`: characters (250 unless told); `pattern`: the whole text must fit."""

    name = "text"
    kind = "text"
    takes = frozenset({"min", "max", "pattern", "message"})
    missing = N_("Scrivi la risposta.")
    limit: ClassVar[int] = TEXT_LIMIT

    def tidy(self, text: str) -> str:
        return tidy(text)

    def read(self, question: Question, typed: Typed) -> Value | None:
        return self.tidy(" ".join(typed[""])) or None

    def admit(self, question: Question, value: object) -> Value | None:
        return self.tidy(expect_text(value)) or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        length, least, most = len(value), question.min, question.max if question.max is not None else self.limit
        if length > float(most):
            msgid = N_("Il testo è di %(length)s caratteri: accorcialo ad al massimo %(max)s.")
            return [self.breach(question, msgid, length=italian(length), max=italian(most))]
        if least is not None and length < float(least):
            msgid = N_("Il testo è troppo corto: il minimo è di %(min)s caratteri.")
            return [self.breach(question, msgid, min=italian(least))]
        if question.pattern is not None and not fits_pattern(question.pattern, value):
            return [self.breach(question, LIKE_EXAMPLE if question.example else WRONG_FORM, example=question.example)]
        return []

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {"": value}


class Textarea(Text):
    """A text of several lines: str with "\\n". `min`, `max`: characters, newlines included (4,000 unless told)."""

    name = "textarea"
    takes = frozenset({"min", "max", "message"})
    limit = TEXTAREA_LIMIT

    def tidy(self, text: str) -> str:
        return tidy_lines(text)

    def read(self, question: Question, typed: Typed) -> Value | None:
        return self.tidy("\n".join(typed[""])) or None
