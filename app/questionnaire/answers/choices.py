"""Choices: one of several, several of several, yes or no.

What always holds: a value names options by their stable codes, in the order of the definition; a text beside "Altro" is kept
also when "Altro" is not chosen, and then shown as a problem, never dropped.
"""

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
    tidy,
)
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Option, Question

OTHER_LIMIT: Final = 300

CHOOSE_OFFERED: Final = N_("Scegli una delle risposte proposte.")
CHOOSE_OFFERED_SEVERAL: Final = N_("Scegli fra le risposte proposte: «%(label)s» non è fra quelle possibili.")
NO_TEXT: Final = N_("Hai scelto «%(label)s»: scrivi di che cosa si tratta.")
STRAY_TEXT: Final = N_("Hai scritto un testo accanto a «%(label)s»: scegli anche «%(label)s», oppure cancella il testo.")
LONG_TEXT: Final = N_("Il testo accanto a «%(label)s» è troppo lungo: accorcialo ad al massimo %(max)s caratteri.")


def short_label(option: Option) -> str:
    """Give a label without the request in brackets at its end: "Altro (specificare)" → "Altro"."""
    return option.label.rsplit(" (", 1)[0] if option.asks_text and option.label.endswith(")") else option.label


def label_of(question: Question, code: str) -> str:
    """Give the label of an option, or the code itself if there is no such option."""
    option = question.offered.get(code)
    return code if option is None else option.label


def _said(question: Question, code: str, text: str) -> str:
    option = question.offered.get(code)
    if option is None:
        return code
    return f"{short_label(option)}: {text}" if option.asks_text and text else option.label


def _known(question: Question, code: object) -> bool:
    return isinstance(code, str) and code in question.offered


class _Choice(AnswerType):
    """What one and several choices share: the text beside "Altro"."""

    def parts(self, question: Question) -> tuple[str, ...]:
        return ("", "text") if question.text_option else ("",)

    def typed_text(self, typed: Typed) -> dict[str, Any]:
        text = tidy(" ".join(typed.get("text", ())))
        return {"text": text} if text else {}

    def admit_text(self, given: dict[str, Any]) -> dict[str, Any]:
        text = tidy(expect_text(given.get("text", ""), "text"))
        return {"text": text} if text else {}

    def judge_text(self, question: Question, value: Any, chosen: list[str]) -> list[Problem]:
        option = question.text_option
        if option is None:
            return []
        text, label = value.get("text", ""), short_label(option)
        if option.code in chosen and not text:
            return [self.problem(question, NO_TEXT, "text", label=label)]
        if text and option.code not in chosen:
            return [self.problem(question, STRAY_TEXT, "text", label=label)]
        if len(text) > OTHER_LIMIT:
            return [self.problem(question, LONG_TEXT, "text", label=label, max=OTHER_LIMIT)]
        return []


class Single(_Choice):
    """One choice: {"code": "own"}, and "text" where the option asks for one. A text alone chooses the option it belongs to."""

    name = "single"
    kind = "text"
    takes = frozenset({"options", "options_like", "options_by"})
    missing = N_("Scegli una risposta.")
    na_wins = True

    def read(self, question: Question, typed: Typed) -> Value | None:
        text = self.typed_text(typed)
        option = question.text_option
        code = typed[""][0] if "" in typed else option.code if text and option else None
        if code is None:
            return None
        if not _known(question, code):
            raise Unreadable(CHOOSE_OFFERED)
        return {"code": code, **text}

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": [value["code"]], **({"text": [value["text"]]} if "text" in value else {})}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, ("code", "text") if question.text_option else ("code",))
        if not _known(question, given.get("code")):
            raise AnswerRefused("code: unknown option")
        return {"code": given["code"], **self.admit_text(given)}

    def judge(self, question: Question, value: Any) -> list[Problem]:
        if not _known(question, value["code"]):
            return [self.problem(question, CHOOSE_OFFERED)]
        return self.judge_text(question, value, [value["code"]])

    def meaning(self, value: Any) -> ConditionValue:
        return str(value["code"])

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return _said(question, value["code"], value.get("text", ""))

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        columns: dict[str, Scalar] = {"": None if value is None else value["code"]}
        if question.text_option:
            columns["text"] = None if value is None else value.get("text")
        return columns


class Multi(_Choice):
    """Several choices: {"codes": ["a", "b"]} in the order of the definition, and "text" where an option asks for one.

    `exclusive`: options that stand alone. `min`, `max`: how many choices. A text beside "Altro" chooses it, unless an
    exclusive option is chosen.
    """

    name = "multi"
    kind = "list"
    takes = frozenset({"options", "options_like", "options_by", "exclusive", "min", "max", "message"})
    missing = N_("Scegli almeno una risposta.")

    def read(self, question: Question, typed: Typed) -> Value | None:
        text = self.typed_text(typed)
        chosen = set(typed.get("", ()))
        option = question.text_option
        if text and option and not chosen & question.exclusive:
            chosen.add(option.code)
        codes = [option.code for option in question.options if option.code in chosen]
        if len(codes) != len(chosen):
            raise Unreadable(CHOOSE_OFFERED)
        return {"codes": codes, **text} if codes or text else None

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        fields = {"": list(value["codes"])} if value["codes"] else {}
        return {**fields, **({"text": [value["text"]]} if "text" in value else {})}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, ("codes", "text") if question.text_option else ("codes",))
        codes = given.get("codes")
        if not isinstance(codes, list) or not all(_known(question, code) for code in codes) or len(set(codes)) != len(codes):
            raise AnswerRefused("codes: a list of different known options is expected")
        text = self.admit_text(given)
        if text and not codes and question.text_option:
            codes = [question.text_option.code]
        ordered = [option.code for option in question.options if option.code in codes]
        return {"codes": ordered, **text} if ordered else None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        codes = value["codes"]
        unknown = [code for code in codes if not _known(question, code)]
        if unknown:
            return [self.problem(question, CHOOSE_OFFERED_SEVERAL, label=label_of(question, unknown[0]))]
        alone = [code for code in codes if code in question.exclusive]
        if alone and len(codes) > 1:
            msgid = N_("«%(label)s» esclude le altre risposte: lascia solo quella, oppure toglila.")
            return [self.problem(question, msgid, label=label_of(question, alone[0]))]
        if question.max is not None and len(codes) > float(question.max):
            return [self.breach(question, N_("Hai scelto troppe risposte: il massimo è %(max)s."), max=str(question.max))]
        if question.min is not None and len(codes) < float(question.min) and not alone:
            return [self.breach(question, N_("Hai scelto poche risposte: il minimo è %(min)s."), min=str(question.min))]
        return self.judge_text(question, value, codes)

    def meaning(self, value: Any) -> ConditionValue:
        return list(value["codes"])

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return "\n".join(_said(question, code, value.get("text", "")) for code in value["codes"])

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        columns: dict[str, Scalar] = {
            option.code: None if value is None else int(option.code in value["codes"]) for option in question.options
        }
        if question.text_option:
            columns["text"] = None if value is None else value.get("text")
        return columns


class YesNo(AnswerType):
    """Yes or no: bool. The form posts "yes" or "no"."""

    name = "yesno"
    kind = "flag"
    missing = N_("Scegli sì o no.")
    na_wins = True

    _WORDS: Final = {"yes": True, "1": True, "true": True, "sì": True, "si": True, "no": False, "0": False, "false": False}

    def read(self, question: Question, typed: Typed) -> Value | None:
        word = tidy(typed[""][0]).lower()
        if word not in self._WORDS:
            raise Unreadable(self.missing)
        return self._WORDS[word]

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": ["yes" if value else "no"]}

    def admit(self, question: Question, value: object) -> Value | None:
        if not isinstance(value, bool):
            raise AnswerRefused("true or false is expected")
        return value

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return speech.translate(N_("Sì") if value else N_("No"))

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {"": None if value is None else int(value)}
