"""The questionnaire as frozen data: steps, repeated sections, questions, options, checks.

For: naming what a definition holds. Not for: reading files (`loader`), judging answers (`answers`, `review`).
What always holds: codes are unique in a questionnaire and stable over editions; conditions are already parsed trees
(`conditions.Node`); a question's options are its own even if the definition said "like another's"; objects compare by
identity, so they are cheap keys of caches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.questionnaire.conditions import Node

#: A limit in a definition: a number (of characters, of choices, of euros …), or an ISO date for dates.
Bound = int | float | str


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. `asks_text`: choosing it asks for a text ("Altro (specificare)"); at most one a question."""

    code: str
    label: str
    asks_text: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that answers must keep: `condition` must hold wherever all answers that it names are given.

    The problem is shown at the question `at`, with `message` in the words of the definition.
    """

    code: str
    condition: Node
    message: str
    at: str


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One question. What each field means for a type stands in `answers`; lengths are in characters.

    `required` implies `short`. `options` of a question with `options_by` are all that any answer may offer.
    `needs`: for answers of several parts, each group must have one part given, as (("name",), ("email", "phone")).
    `publish_min`: smaller numbers are never published. `prefill`: where a first value comes from (`lint.PREFILLS`).
    `role`: what the answer means beyond itself (`lint.ROLES`): answered_by, answers_for.
    `offered`: the options by code. `text_option`: the one that asks for a text, if there is one.
    """

    code: str
    type: str
    label: str
    help: str = ""
    example: str = ""
    required: bool = False
    short: bool = False
    na: bool = False
    na_label: str = ""
    public: bool = False
    private: bool = False
    reservable: bool = False
    show_if: Node | None = None
    options: tuple[Option, ...] = ()
    options_by: tuple[str, Mapping[str, tuple[Option, ...]]] | None = None
    options_like: str | None = None
    exclusive: frozenset[str] = frozenset()
    min: Bound | None = None
    max: Bound | None = None
    decimals: int | None = None
    pattern: str | None = None
    message: str = ""
    checks: tuple[Check, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    prefill: str | None = None
    role: str | None = None
    publish_min: int | None = None
    source: str = ""
    offered: Mapping[str, Option] = field(init=False, repr=False)
    text_option: Option | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "offered", {option.code: option for option in self.options})
        object.__setattr__(self, "text_option", next((option for option in self.options if option.asks_text), None))

    @property
    def personal(self) -> bool:
        """Whether an answer names a person: stored apart, erased after the retention term."""
        return self.type == "person"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step that is answered once for each item: how many, which question names an item, which sheet it is."""

    min: int
    max: int
    label_from: str
    sheet: str


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Questions that stand together. `pages` holds each question's code exactly once, in order."""

    code: str
    title: str
    questions: tuple[Question, ...]
    pages: tuple[tuple[str, ...], ...]
    intro: str = ""
    show_if: Node | None = None
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Questionnaire:
    """A versioned definition. `digest` is the SHA-256 of its source text, in hexadecimal.

    `short_paths`: by name ("nothing", "elsewhere") the condition under which a response is no more than that.
    """

    code: str
    version: str
    language: str
    title: str
    steps: tuple[Step, ...]
    after_submission: tuple[Question, ...]
    checks: tuple[Check, ...]
    digest: str
    na_label: str = ""
    placeholders: tuple[str, ...] = ()
    short_paths: Mapping[str, Node] = field(default_factory=dict)
    _steps: dict[str, Step] = field(init=False, repr=False)
    _questions: dict[str, Question] = field(init=False, repr=False)
    _step_of: dict[str, Step] = field(init=False, repr=False)
    _roles: dict[str, Question] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        step_of = {question.code: step for step in self.steps for question in step.questions}
        object.__setattr__(self, "_steps", {step.code: step for step in self.steps})
        object.__setattr__(self, "_questions", {question.code: question for question in self.questions})
        object.__setattr__(self, "_step_of", step_of)
        object.__setattr__(self, "_roles", {question.role: question for question in self.questions if question.role})

    @property
    def questions(self) -> Iterator[Question]:
        """All questions in the order in which they are asked, those after submission last."""
        for step in self.steps:
            yield from step.questions
        yield from self.after_submission

    def step(self, code: str) -> Step:
        """Give a step by its code; KeyError if there is none."""
        return self._steps[code]

    def question(self, code: str) -> Question:
        """Give a question by its code, also one after submission; KeyError if there is none."""
        return self._questions[code]

    def step_of(self, question_code: str) -> Step:
        """Give the step in which a question stands; KeyError if in none, as those after submission."""
        return self._step_of[question_code]

    def in_role(self, role: str) -> Question | None:
        """Give the question that has a role ("answered_by", "answers_for"); None if none has it."""
        return self._roles.get(role)


def answer_key(question_code: str, item_id: str | None = None) -> str:
    """Give the key of an answer: "B01", or "<item id>/P01" inside an item of a repeated step."""
    return question_code if item_id is None else f"{item_id}/{question_code}"


def split_key(key: str) -> tuple[str | None, str]:
    """Undo `answer_key`: (item id or None, question code)."""
    item, slash, code = key.rpartition("/")
    return (item, code) if slash else (None, code)
