"""What the templates draw: questions with their fields and problems, answers as rows to read, conflicts to decide.

Not for: reading forms (`forms.py`) or addresses (`path.py`).
Holds always: texts come in the reader's language; a personal value is shown to its own entity only; names of municipalities
are fetched in one query a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_datetime, gettext, to_user_timezone
from flask_babel import gettext as _

from app.accounts.operators import operator_names
from app.clock import now
from app.fill.asking import Query, ask_address
from app.fill.forms import TypedAnswer
from app.fill.opening import locale
from app.fill.prefill import prefilled, suggested
from app.questionnaire.answers import options as resolved_options
from app.questionnaire.answers import type_of
from app.questionnaire.messages import Problem
from app.questionnaire.model import Option, Question, Questionnaire, answer_key, split_key
from app.registry.entities import EntityRow, labels_of
from app.responses import personal
from app.responses.document import Challenger
from app.responses.reading import OpenResponse
from app.responses.standing import standing_of

REGISTRY_TYPES = frozenset({"municipality", "municipalities", "entity"})


@dataclass(frozen=True, slots=True)
class Place:
    """A registry entity as a choice: its code and its name with the province's sign."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Speech:
    """How answers are put into words for this reader: the protocol of `questionnaire.answers.Speech`."""

    locale: str
    labels: Mapping[str, str]

    def translate(self, msgid: str) -> str:
        """The words of the questionnaire room, in the reader's language."""
        return str(gettext(msgid))

    def place_name(self, code: str) -> str:
        """The name of a municipality or entity; its code where the registry does not know it."""
        return self.labels.get(code, code)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the answers between which somebody has to decide."""

    choice: str
    text: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question ready to be drawn; see the macro `question` for the meaning of each field.

    `summary`: its lines in the summary of errors, as (id of the input, text). `denied_by`: which of those that it
    claims to answer for have said no. `ask`: where the desk is asked about it, empty for nowhere; `queries`: what it asks.
    """

    question: Question
    fields: Mapping[str, Sequence[str]]
    errors: tuple[str, ...]
    wrong: tuple[str, ...]
    summary: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    base: int
    badge: str | None
    chosen: tuple[Place, ...]
    results: tuple[Place, ...] | None
    candidates: tuple[Candidate, ...]
    seen: str
    decision: str
    denied_by: tuple[EntityRow, ...]
    ask: str = ""
    queries: tuple[Query, ...] = ()


def sentence(problem: Problem) -> str:
    """A problem in the reader's language."""
    if problem.own:
        return problem.msgid % problem.params if problem.params else problem.msgid
    return str(gettext(problem.msgid, **problem.params))


def moment(at: dt.datetime | str) -> str:
    """An instant as the reader writes it, Rome time."""
    instant = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    return str(format_datetime(to_user_timezone(instant), "d MMMM y, HH:mm", rebase=False))


def codes_in(questionnaire: Questionnaire, values: Mapping[str, Any]) -> set[str]:
    """The registry codes that these answers name."""
    codes: set[str] = set()
    for key, value in values.items():
        try:
            question = questionnaire.question(split_key(key)[1])
        except KeyError:
            continue
        if question.type in REGISTRY_TYPES:
            codes.update([value] if isinstance(value, str) else value if isinstance(value, list) else [])
    return codes


def speech_for(questionnaire: Questionnaire, *answers: Mapping[str, Any]) -> Speech:
    """The words for these answers. At most one query."""
    codes = set().union(*(codes_in(questionnaire, values) for values in answers))
    return Speech(locale(), labels_of(sorted(codes)) if codes else {})


def _summary_line(question: Question, problem: Problem) -> tuple[str, str]:
    target = f"q-{question.code}-{problem.subfield}" if problem.subfield else f"q-{question.code}"
    return target, f"{question.label} – {sentence(problem)}"


class PageViews:
    """Draws the questions of one page of one response. `asks`: the desk can be asked about them; `queries`: what it asks."""

    def __init__(self, response: OpenResponse, questionnaire: Questionnaire, item: str | None, values: Mapping[str, Any]):
        self.response = response
        self.questionnaire = questionnaire
        self.item = item
        self.values = values
        self.asks = False
        self.queries: Mapping[str, tuple[Query, ...]] = {}
        self._operators: dict[int, str] | None = None

    def view(
        self,
        question: Question,
        *,
        typed: TypedAnswer | None = None,
        results: Sequence[Place] | None = None,
        searched: str = "",
        problems: Sequence[Problem] = (),
    ) -> QuestionView:
        """One question. `problems`: what the review says of the stored answer.

        `typed`: what a refused form held; it keeps the revisions that it was shown, for a colleague may have saved since.
        """
        key = answer_key(question.code, self.item)
        answer = self.response.document.answers.get(key)
        value = self.values.get(key)
        if value is None and typed is None and answer is None:
            value = prefilled(question, self.response.entity_id)
        kind = type_of(question)
        fields: Mapping[str, Sequence[str]] = kind.fill(question, value) if typed is None else typed.fields
        if searched:
            fields = {**fields, "search": [searched]}
        return QuestionView(
            question=question,
            fields=fields,
            errors=tuple(sentence(problem) for problem in problems),
            wrong=tuple(problem.subfield for problem in problems),
            summary=tuple(_summary_line(question, problem) for problem in problems),
            options=tuple(resolved_options(question, self._lookup)),
            base=typed.base if typed else answer.revision if answer else 0,
            badge=_("potrà essere pubblica") if question.public else None,
            chosen=self._chosen(question, value, typed.fields.get("", ()) if typed else ()),
            results=None if results is None else tuple(results),
            candidates=self._candidates(question, key, answer.value if answer else None),
            seen=typed.seen if typed and typed.decision else self._seen(key),
            decision=typed.decision if typed else "",
            denied_by=self._denied_by(question),
            ask=ask_address(question.code, self.item) if self.asks else "",
            queries=self.queries.get(question.code, ()),
        )

    def _denied_by(self, question: Question) -> tuple[EntityRow, ...]:
        if question.role != "answers_for" or self.response.version == 0:
            return ()
        return standing_of(self.response.entity_id, self.response.edition, now()).claimed_in_vain

    def _seen(self, key: str) -> str:
        return ",".join(str(one.revision) for one in self.response.document.conflicts.get(key, ()))

    def _lookup(self, code: str) -> Any:
        return self.values.get(answer_key(code, self.item), self.values.get(code))

    def _chosen(self, question: Question, value: Any, typed: Sequence[str]) -> tuple[Place, ...]:
        """The stored choice, of what a refused form held what the registry knows, and what the registry suggests."""
        if question.type not in REGISTRY_TYPES:
            return ()
        codes = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        labels = labels_of([*codes, *typed]) if codes or typed else {}
        known = [*codes, *(code for code in typed if code in labels)]
        if question.role and self.response.takes_answers(now()):
            offered = suggested(question, self.response.entity_id)
            labels, known = offered | labels, [*known, *offered]
        return tuple(Place(code, labels.get(code, code)) for code in dict.fromkeys(known))

    def _candidates(self, question: Question, key: str, current: Any) -> tuple[Candidate, ...]:
        challengers = self.response.document.conflicts.get(key, ())
        if not challengers:
            return ()
        sealed = {"current": current} | {str(one.revision): one.value for one in challengers}
        clear = personal.unseal(self.response.id, sealed)
        speech = speech_for(self.questionnaire, {f"{name}/{question.code}": value for name, value in clear.items()})
        answer = self.response.document.answers.get(key)
        stamps: list[tuple[str, Challenger | Any]] = [("current", answer), *((str(one.revision), one) for one in challengers)]
        return tuple(
            Candidate(choice, shown(question, clear.get(choice), speech), self._who(stamp), moment(stamp.at))
            for choice, stamp in stamps
            if stamp is not None
        )

    def _who(self, stamp: Any) -> str:
        if self._operators is None:
            self._operators = operator_names(self.response.entity_id)
        return self._operators.get(stamp.operator or 0) or str(_("un collega"))


def shown(question: Question, value: Any, speech: Speech) -> str:
    """An answer in words; a blank one is said to be so."""
    if value is None:
        return str(_("(nessuna risposta)"))
    if value == personal.ERASED:
        return str(_("(dato personale cancellato)"))
    if value == personal.MASKED:
        return str(_("(dato personale nascosto)"))
    return type_of(question).show(question, value, speech)
