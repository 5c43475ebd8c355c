"""The rules that a definition must keep beyond its form: references, options, limits, pages, privacy, conditions.

For: the loader. Not for: the form of single entries (`entries`). What always holds: every problem has the line of the thing
that is wrong; a questionnaire without problems never gives a defect while it is answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from app.questionnaire.answers import TYPES, contacts, places, type_of
from app.questionnaire.answers.numbers import MAX_DECIMALS
from app.questionnaire.conditions import Node
from app.questionnaire.conditions.kinds import KindFault, Shape, fault_of
from app.questionnaire.entries import Lint
from app.questionnaire.messages import N_
from app.questionnaire.model import Bound, Check, Question, Questionnaire, Step
from app.questionnaire.texts import extract

#: Where a first value may come from; the rooms that know it do the filling.
PREFILLS: Final = frozenset({"operator", "members", "town_hall", "entity_level", "entity_group"})
#: What an answer may mean beyond itself, and the type of question that can mean it.
ROLES: Final = {"answered_by": "entity", "answers_for": "municipalities"}
MAX_ITEMS: Final = 200
MAX_SCALE: Final = 10
MAX_PATTERN: Final = 200

CHOICES: Final = frozenset({"single", "multi", "amounts"})
COUNTED: Final = frozenset({"text", "textarea", "multi", "municipalities", "rating"})

PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Patterns whose time could explode, or that the two languages read differently: look-around, back references, flags,
# repetition of a group, and operations on sets.
_RISKY: Final = re.compile(r"\(\?(?!:)|\\[1-9]|\)[*+]|\)\{\d*,|\[[^\]]*(?:\[|--|&&|~~|\|\|)")


def check_questionnaire(questionnaire: Questionnaire, lint: Lint) -> None:
    """Note everything that breaks a rule."""
    _check_codes(questionnaire, lint)
    for step in questionnaire.steps:
        _check_step(step, lint)
    for question in questionnaire.questions:
        for rule in QUESTION_RULES:
            rule(question, lint)
        _check_options(question, questionnaire, lint)
    for question in questionnaire.after_submission:
        if question.show_if is not None or question.checks:
            lint.at(f"{question.code}.show_if", N_("dopo l'invio non ci sono condizioni né controlli"))
        if question.required:
            lint.at(f"{question.code}.required", N_("dopo l'invio nessuna domanda è obbligatoria"))
    _check_conditions(questionnaire, lint)
    _check_roles(questionnaire, lint)
    _check_short_paths(questionnaire, lint)
    _check_placeholders(questionnaire, lint)


def _check_codes(questionnaire: Questionnaire, lint: Lint) -> None:
    questions = Counter(question.code for question in questionnaire.questions)
    steps = Counter(step.code for step in questionnaire.steps)
    for code, count in (questions + steps).items():
        if count > 1:
            path = code if code in questions else f"step.{code}"
            lint.at(path, N_("il codice «%(code)s» è già usato"), code=code)


def _check_step(step: Step, lint: Lint) -> None:
    path = f"step.{step.code}"
    codes = [question.code for question in step.questions]
    if not codes and not lint.lost:
        lint.at(path, N_("il passo non ha domande"))
    paged = [code for page in step.pages for code in page]
    for code in sorted((set(paged) - set(codes) - lint.lost) | {code for code in paged if paged.count(code) > 1}):
        lint.at(f"{path}.pages", N_("in «pages» «%(code)s» è ripetuto, o non è di questo passo"), code=code)
    for code in sorted(set(codes) - set(paged)):
        lint.at(f"{path}.pages", N_("in «pages» manca «%(code)s»"), code=code)
    if sorted(paged) == sorted(codes) and paged != codes:
        lint.at(f"{path}.pages", N_("in «pages» l'ordine deve essere quello delle domande"))
    if any(not page for page in step.pages) and codes:
        lint.at(f"{path}.pages", N_("in «pages» c'è una pagina vuota"))
    if step.repeat is None:
        return
    if not step.repeat.min <= step.repeat.max <= MAX_ITEMS or step.repeat.max == 0:
        lint.at(f"{path}.repeat", N_("«repeat» vuole min non maggiore di max, e max fra 1 e %(max)s"), max=MAX_ITEMS)
    label = next((question for question in step.questions if question.code == step.repeat.label_from), None)
    if step.repeat.label_from not in lint.lost and (label is None or label.type != "text"):
        lint.at(f"{path}.repeat", N_("«label_from» deve essere una domanda di tipo text di questo passo"))


def _check_marks(question: Question, lint: Lint) -> None:
    if question.public and question.private:
        lint.at(f"{question.code}.private", N_("una domanda non può essere insieme public e private"))
    if question.personal and not question.private:
        lint.at(question.code, N_("i dati di una persona devono essere private"))
    if not type_of(question).answerable and (question.required or question.na or question.short):
        lint.at(question.code, N_("un testo da leggere non può essere required, short o na"))
    if f"{question.code}.na_label" in lint.lines and not question.na:
        lint.at(f"{question.code}.na_label", N_("«%(key)s» vale solo con na: true"), key="na_label")
    if question.prefill is not None and question.prefill not in PREFILLS:
        known = ", ".join(sorted(PREFILLS))
        lint.at(f"{question.code}.prefill", N_("«%(key)s» può essere: %(known)s"), key="prefill", known=known)


def _exceeds(least: Bound | None, most: Bound | None) -> bool:
    """Whether two days, or two numbers, stand in the wrong order."""
    if isinstance(least, str) and isinstance(most, str):
        return least > most
    return isinstance(least, int | float) and isinstance(most, int | float) and least > most


def _check_limits(question: Question, lint: Lint) -> None:
    bounds = {name: bound for name, bound in (("min", question.min), ("max", question.max)) if bound is not None}
    for name, bound in bounds.items():
        if question.type == "date":
            if not (isinstance(bound, str) and _is_day(bound)):
                lint.at(f"{question.code}.{name}", N_("qui serve una data come 2026-01-31"))
        elif isinstance(bound, str):
            lint.at(f"{question.code}.{name}", N_("qui serve un numero"))
        elif question.type in COUNTED and (not isinstance(bound, int) or bound < 0):
            lint.at(f"{question.code}.{name}", N_("qui serve un numero intero non negativo"))
    least, most = question.min, question.max
    if _exceeds(least, most):
        lint.at(f"{question.code}.max", N_("«max» è più piccolo di «min»"))
    if question.type == "rating" and isinstance(most, int) and most > MAX_SCALE:
        lint.at(f"{question.code}.max", N_("la scala arriva al massimo a %(max)s"), max=MAX_SCALE)
    if question.decimals is not None and question.decimals > MAX_DECIMALS:
        lint.at(f"{question.code}.decimals", N_("i decimali sono al massimo %(max)s"), max=MAX_DECIMALS)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_pattern(question: Question, lint: Lint) -> None:
    if question.pattern is None:
        return
    if len(question.pattern) > MAX_PATTERN or _RISKY.search(question.pattern):
        msgid = N_("«pattern» deve essere semplice: fino a %(max)s caratteri, senza gruppi ripetuti, rimandi o (?…)")
        lint.at(f"{question.code}.pattern", msgid, max=MAX_PATTERN)
        return
    try:
        re.compile(question.pattern)
    except re.error as error:
        lint.at(f"{question.code}.pattern", N_("«pattern» non è un'espressione regolare (%(reason)s)"), reason=str(error))


def _check_needs(question: Question, lint: Lint) -> None:
    known = (places.NEEDS if question.type == "place" else contacts.NEEDS).keys()
    parts = type_of(question).parts(question)
    for group in question.needs:
        if group not in known or not set(group) <= set(parts):
            lint.at(f"{question.code}.needs", N_("«needs» non può contenere «%(group)s»"), group="|".join(group))


QUESTION_RULES: Final[tuple[Callable[[Question, Lint], None], ...]] = (
    _check_marks,
    _check_limits,
    _check_pattern,
    _check_needs,
)


def _check_options(question: Question, questionnaire: Questionnaire, lint: Lint) -> None:
    path = f"{question.code}.options"
    given = [key for key in ("options", "options_like", "options_by") if f"{question.code}.{key}" in lint.lines]
    if len(given) > 1:
        lint.at(f"{question.code}.{given[1]}", N_("usa una sola fra options, options_like e options_by"))
    if question.options_like is not None:
        like = _found(questionnaire, question.options_like)
        suits = like is not None and like.options and not like.options_like and not like.options_by
        if question.options_like not in lint.lost and not suits:
            msgid = N_("«options_like» deve essere una domanda con risposte proprie: «%(code)s» non lo è")
            lint.at(f"{question.code}.options_like", msgid, code=question.options_like)
    elif question.options_by is not None:
        _check_options_by(question, questionnaire, lint)
    elif question.type in CHOICES and not question.options:
        lint.at(question.code, N_("mancano le risposte (options)"))
    if sum(option.asks_text for option in question.options) > 1:
        lint.at(path, N_("una sola risposta può chiedere un testo"))
    if question.type not in ("single", "multi") and question.text_option:
        lint.at(path, N_("solo single e multi possono avere una risposta che chiede un testo"))
    for code in sorted(question.exclusive - {option.code for option in question.options}):
        if question.options:
            lint.at(f"{question.code}.exclusive", N_("«exclusive» nomina «%(code)s», che non è fra le risposte"), code=code)


def _check_options_by(question: Question, questionnaire: Questionnaire, lint: Lint) -> None:
    path, (control_code, branches) = f"{question.code}.options_by", question.options_by or ("", {})
    control = _found(questionnaire, control_code)
    if control_code in lint.lost:
        return
    if control is None or control.type != "single" or control_code not in _visible(questionnaire, question):
        msgid = N_("«options_by» deve nominare una domanda single che viene prima: «%(code)s» non lo è")
        lint.at(path, msgid, code=control_code)
        return
    codes = {option.code for option in control.options}
    for code in sorted(codes ^ branches.keys()):
        msgid = N_("«options_by» deve avere le risposte di «%(control)s», una per una: controlla «%(code)s»")
        lint.at(path, msgid, control=control_code, code=code)
    seen: dict[str, tuple[str, bool]] = {}
    for branch, options in branches.items():
        if not options:
            lint.at(f"{question.code}.options.{branch}", N_("mancano le risposte (options)"))
        for option in options:
            if seen.setdefault(option.code, (option.label, option.asks_text)) != (option.label, option.asks_text):
                msgid = N_("«%(code)s» ha due testi diversi: cambia codice o testo")
                lint.at(f"{question.code}.options.{branch}.{option.code}", msgid, code=option.code)


def _found(questionnaire: Questionnaire, code: str) -> Question | None:
    return next((question for question in questionnaire.questions if question.code == code), None)


def _visible(questionnaire: Questionnaire, question: Question, later: bool = False) -> dict[str, Question]:
    """Give the questions that a condition at this question may name: earlier ones, of its own step or not repeated.

    With `later`, for checks, also those that come after.
    """
    visible: dict[str, Question] = {}
    for step in questionnaire.steps:
        own = question in step.questions
        for other in step.questions:
            if other is question and not later:
                return visible
            if own or step.repeat is None:
                visible[other.code] = other
    return visible


def _before(questionnaire: Questionnaire, step: Step) -> dict[str, Question]:
    earlier = questionnaire.steps[: questionnaire.steps.index(step)]
    return {question.code: question for other in earlier if other.repeat is None for question in other.questions}


def _check_conditions(questionnaire: Questionnaire, lint: Lint) -> None:
    for step in questionnaire.steps:
        if step.show_if is not None:
            _check_condition(step.show_if, _before(questionnaire, step), f"step.{step.code}.show_if", questionnaire, lint)
        for question in step.questions:
            if question.show_if is not None:
                _check_condition(
                    question.show_if, _visible(questionnaire, question), f"{question.code}.show_if", questionnaire, lint
                )
            for check in question.checks:
                _check_check(check, f"{question.code}.checks.{check.code}", questionnaire, lint)
    for check in questionnaire.checks:
        _check_check(check, f"checks.{check.code}", questionnaire, lint)


def _check_roles(questionnaire: Questionnaire, lint: Lint) -> None:
    alone = {question.code for step in questionnaire.steps if step.repeat is None for question in step.questions}
    taken: set[str] = set()
    for question in questionnaire.questions:
        if question.role is None:
            continue
        path, wanted = f"{question.code}.role", ROLES.get(question.role)
        if wanted is None:
            lint.at(path, N_("«%(key)s» può essere: %(known)s"), key="role", known=", ".join(sorted(ROLES)))
        elif question.type != wanted:
            msgid = N_("«role: %(role)s» vale solo per una domanda di tipo %(type)s")
            lint.at(path, msgid, role=question.role, type=wanted)
        elif question.code not in alone:
            lint.at(path, N_("«role» vale solo in un passo che non si ripete"))
        elif question.role in taken:
            lint.at(path, N_("«role: %(role)s» è già di un'altra domanda"), role=question.role)
        taken.add(question.role)


def _check_short_paths(questionnaire: Questionnaire, lint: Lint) -> None:
    visible = {question.code: question for step in questionnaire.steps if step.repeat is None for question in step.questions}
    for name, condition in questionnaire.short_paths.items():
        _check_condition(condition, visible, f"short_paths.{name}", questionnaire, lint)
    if "elsewhere" in questionnaire.short_paths and questionnaire.in_role("answered_by") is None and not lint.lost:
        lint.at("short_paths.elsewhere", N_("«elsewhere» vuole una domanda con role: answered_by"))


def _check_check(check: Check, path: str, questionnaire: Questionnaire, lint: Lint) -> None:
    question = next((one for step in questionnaire.steps for one in step.questions if one.code == check.at), None)
    if question is None:
        if check.at not in lint.lost:
            lint.at(path, N_("«at» deve essere una domanda di un passo: «%(code)s» non lo è"), code=check.at)
        return
    _check_condition(check.condition, _visible(questionnaire, question, later=True), path, questionnaire, lint)


def _check_condition(
    condition: Node, visible: dict[str, Question], path: str, questionnaire: Questionnaire, lint: Lint
) -> None:
    def shape_of(code: str) -> Shape:
        question = visible.get(code)
        if question is not None and type_of(question).answerable:
            codes = frozenset(option.code for option in question.options) if TYPES[question.type].kind != "number" else None
            return Shape(type_of(question).kind, codes or None)
        if question is None and _found(questionnaire, code) is not None:
            raise KindFault(N_("«%(code)s» viene dopo, o sta in un altro passo ripetuto: qui non si può usare"), code=code)
        raise KindFault(N_("la domanda «%(code)s» non esiste"), code=code)

    if any(name in lint.lost for name in _names(condition[2])):
        return
    fault = fault_of(condition, shape_of)
    if fault is not None:
        lint.at(path, N_("condizione: %(reason)s"), reason=fault[0] % fault[1] if fault[1] else fault[0])


def _names(body: Node) -> Iterator[str]:
    if body[0] in ("name", "size", "answered"):
        yield body[1]
    elif body[0] not in ("value", "list"):
        for part in body[1:]:
            yield from _names(part)


def _check_placeholders(questionnaire: Questionnaire, lint: Lint) -> None:
    for path, text in extract(questionnaire):
        for name in sorted(set(PLACEHOLDER.findall(text)) - set(questionnaire.placeholders)):
            lint.at(path, N_("il segnaposto «%(name)s» non è fra quelli dichiarati (placeholders)"), name="{" + name + "}")
