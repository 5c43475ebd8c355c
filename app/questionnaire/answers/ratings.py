"""A rating with a comment, and text that is only shown."""

from __future__ import annotations

from typing import Any, Final

from app.questionnaire.answers.base import (
    AnswerRefused,
    AnswerType,
    Scalar,
    Typed,
    Unreadable,
    Value,
    expect_parts,
    expect_text,
    tidy_lines,
)
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Question

COMMENT_LIMIT: Final = 2000


class Rating(AnswerType):
    """A rating on a scale of whole numbers with a comment: {"rating": 4, "comment": "…"}, each optional.

    `min`, `max`: the ends of the scale (1 and 5 unless told). Conditions see the rating; a comment alone counts as 0.
    """

    name = "rating"
    kind = "number"
    takes = frozenset({"min", "max"})
    missing = N_("Scegli un punteggio.")

    def parts(self, question: Question) -> tuple[str, ...]:
        return ("", "comment")

    def scale(self, question: Question) -> range:
        """Give the numbers that may be chosen."""
        return range(int(1 if question.min is None else question.min), int(5 if question.max is None else question.max) + 1)

    def read(self, question: Question, typed: Typed) -> Value | None:
        value: dict[str, Any] = {}
        if "" in typed:
            text = typed[""][0].strip()
            if text not in map(str, self.scale(question)):
                raise Unreadable(self.missing)
            value["rating"] = int(text)
        if comment := tidy_lines("\n".join(typed.get("comment", ()))):
            value["comment"] = comment
        return value or None

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        names = {"rating": "", "comment": "comment"}
        return {names[part]: [str(given)] for part, given in value.items()}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, ("rating", "comment"))
        accepted: dict[str, Any] = {}
        if "rating" in given:
            if isinstance(given["rating"], bool) or given["rating"] not in self.scale(question):
                raise AnswerRefused("rating: a number of the scale is expected")
            accepted["rating"] = int(given["rating"])
        if comment := tidy_lines(expect_text(given.get("comment", ""), "comment")):
            accepted["comment"] = comment
        return accepted or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        if len(value.get("comment", "")) > COMMENT_LIMIT:
            msgid = N_("Il commento è troppo lungo: accorcialo ad al massimo %(max)s caratteri.")
            return [self.problem(question, msgid, "comment", max=COMMENT_LIMIT)]
        if question.required and "rating" not in value:
            return [self.problem(question, self.missing)]
        return []

    def meaning(self, value: Any) -> ConditionValue:
        return float(value.get("rating", 0))

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        lines = []
        if "rating" in value:
            scale = {"rating": value["rating"], "max": self.scale(question)[-1]}
            lines.append(speech.translate(N_("%(rating)s su %(max)s")) % scale)
        return "\n".join([*lines, *([value["comment"]] if "comment" in value else [])])

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        given = value or {}
        return {"": given.get("rating"), "comment": given.get("comment")}


class Display(AnswerType):
    """A text that is shown and never answered."""

    name = "display"
    answerable = False

    def parts(self, question: Question) -> tuple[str, ...]:
        return ()

    def admit(self, question: Question, value: object) -> Value | None:
        raise AnswerRefused("this is a text, not a question")

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {}
