"""The questionnaire as a blank form on paper: each question with its choices, and in words when it is asked.

Not for: answering. Holds always: every question of the questionnaire stands in the form once, in order; a condition that has
no short wording is called a condition, never left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.questionnaire.conditions import Node
from app.questionnaire.model import Option, Question, Questionnaire, Step

# How many empty lines an answer gets on paper.
LINES = {"textarea": 5, "municipalities": 3, "place": 2, "text": 1, "integer": 1, "decimal": 1, "money": 1, "date": 1}
ONE_CHOICE = frozenset({"single", "yesno", "rating", "period"})


@dataclass(frozen=True, slots=True)
class BlankQuestion:
    """`parts`: labels of the boxes of an answer made of several. `groups`: choices, each group with its heading ("": none)."""

    code: str
    label: str
    help: str
    required: bool
    asked_if: str
    hint: str
    parts: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    one_choice: bool
    lines: int
    na_label: str


@dataclass(frozen=True, slots=True)
class BlankStep:
    """A step; `repeated`: one sheet for each centre or practice."""

    title: str
    intro: str
    asked_if: str
    repeated: bool
    questions: tuple[BlankQuestion, ...]


@dataclass(frozen=True, slots=True)
class BlankForm:
    """The whole questionnaire."""

    title: str
    steps: tuple[BlankStep, ...]
    after_submission: tuple[BlankQuestion, ...]


def blank_form(questionnaire: Questionnaire) -> BlankForm:
    """The blank form of a questionnaire whose texts are already in the reader's language."""
    return BlankForm(
        title=questionnaire.title,
        steps=tuple(_step(questionnaire, step) for step in questionnaire.steps),
        after_submission=tuple(_question(questionnaire, question) for question in questionnaire.after_submission),
    )


def _step(questionnaire: Questionnaire, step: Step) -> BlankStep:
    return BlankStep(
        title=step.title,
        intro=step.intro,
        asked_if=asked_if(questionnaire, step.show_if),
        repeated=step.repeat is not None,
        questions=tuple(_question(questionnaire, question) for question in step.questions),
    )


def _question(questionnaire: Questionnaire, question: Question) -> BlankQuestion:
    return BlankQuestion(
        code=question.code,
        label=question.label,
        help=question.help,
        required=question.required,
        asked_if=asked_if(questionnaire, question.show_if),
        hint=_("Si possono scegliere più risposte.") if question.type == "multi" else "",
        parts=_parts(question),
        groups=_groups(questionnaire, question),
        one_choice=question.type in ONE_CHOICE,
        lines=LINES.get(question.type, 0),
        na_label=(question.na_label or _("Dato non disponibile (n.d.)")) if question.na else "",
    )


def _parts(question: Question) -> tuple[str, ...]:
    parts = {
        "contact": (_("E-mail"), _("Telefono"), _("Sito web")),
        "person": (_("Nome e cognome"), _("Ufficio"), _("E-mail istituzionale"), _("Telefono")),
        "period": (_("Avvio"), _("Conclusione")),
        "place": (_("Via e numero, località"),),
        "amounts": tuple(option.label for option in question.options),
        "municipality": (_("Comune"),),
        "entity": (_("Ente"),),
        "email": (_("E-mail"),),
        "phone": (_("Telefono"),),
        "url": (_("Sito web"),),
        "rating": (_("Commento"),),
    }
    return parts.get(question.type, ())


def _groups(questionnaire: Questionnaire, question: Question) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    if question.type == "amounts":
        return ()
    if question.type == "yesno":
        return (("", (Option("yes", _("Sì")), Option("no", _("No")))),)
    if question.type == "rating":
        marks = range(int(1 if question.min is None else question.min), int(5 if question.max is None else question.max) + 1)
        return (("", tuple(Option(str(mark), str(mark)) for mark in marks)),)
    if question.options_by is None:
        return (("", question.options),) if question.options else ()
    other, by_code = question.options_by
    labels = _labels(questionnaire.question(other))
    return tuple((labels.get(code, code), options) for code, options in by_code.items())


def _labels(question: Question) -> dict[str, str]:
    return {option.code: option.label for option in question.options}


def asked_if(questionnaire: Questionnaire, condition: Node | None) -> str:
    """A condition in words, as "Solo se a B01 hai risposto «No».", or "" where there is none."""
    if condition is None:
        return ""
    wording = _worded(questionnaire, condition[-1] if condition and condition[0] == "when" else condition)
    return wording or _("Solo in alcuni casi, secondo le risposte precedenti.")


def _worded(questionnaire: Questionnaire, body: object) -> str:
    """The wording of a comparison of one question with its options; "" for any other condition."""
    if not isinstance(body, tuple | list) or len(body) != 3:
        return ""
    operator, left, right = body
    if operator == "in" and left[0] == "value":
        return _compared(questionnaire, right, [left[1]], equal=True)
    if operator == "in" and right[0] == "list":
        return _compared(questionnaire, left, list(right[1:]), equal=True)
    if operator in {"==", "!="} and right[0] == "value":
        return _compared(questionnaire, left, [right[1]], equal=operator == "==")
    return ""


def _compared(questionnaire: Questionnaire, name: object, codes: list[object], *, equal: bool) -> str:
    if not isinstance(name, tuple | list) or name[0] != "name":
        return ""
    labels = _labels(questionnaire.question(str(name[1])))
    if not all(code in labels for code in codes):
        return ""
    answers = _(" oppure ").join(f"«{labels[str(code)]}»" for code in codes)
    if equal:
        return str(_("Solo se a %(code)s hai risposto %(answers)s.", code=name[1], answers=answers))
    return str(_("Solo se a %(code)s hai dato una risposta diversa da %(answers)s.", code=name[1], answers=answers))
