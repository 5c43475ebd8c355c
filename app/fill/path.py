"""The pages of a questionnaire as one person walks them: which questions stand on a page, which page comes next.

Not for: whether a question is reached (`questionnaire.reach`) or drawing (`fill.views`).
Holds always: pages are addressed by step and number; a page none of whose questions is reached is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.questionnaire.answers import type_of
from app.questionnaire.conditions import evaluate
from app.questionnaire.model import Question, Questionnaire, Step, answer_key
from app.questionnaire.reach import Reached
from app.web.templating import address as url_for

SHEET_ADDRESSES: Final = {"practice": "pratiche", "centre": "centri"}
SHEET_KINDS: Final = {address: kind for kind, address in SHEET_ADDRESSES.items()}
FOLDED_AT_MOST: Final = 4
DETAILS_A_PAGE: Final = 8


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the questions asked, then those offered behind a disclosure. `number` counts from 1."""

    step: Step
    number: int
    asked: tuple[Question, ...]
    offered: tuple[Question, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions of the page in order."""
        return (*self.asked, *self.offered)


_pages: dict[Step, tuple[Page, ...]] = {}


def pages_of(step: Step) -> tuple[Page, ...]:
    """The pages of a step, or of one of its sheets.

    A sheet's first page asks what is short; the rest is offered there while it is little, else on pages of its own.
    """
    known = _pages.get(step)
    if known is None:
        if len(_pages) > 500:
            _pages.clear()
        known = _pages[step] = _sheet_pages(step) if step.repeat else _step_pages(step)
    return known


def _step_pages(step: Step) -> tuple[Page, ...]:
    by_code = {question.code: question for question in step.questions}
    pages = []
    for number, codes in enumerate(step.pages, 1):
        questions = [by_code[code] for code in codes]
        asked = tuple(question for question in questions if question.short)
        offered = tuple(question for question in questions if not question.short)
        pages.append(Page(step, number, asked, offered) if asked else Page(step, number, offered, ()))
    return tuple(pages)


def _sheet_pages(step: Step) -> tuple[Page, ...]:
    asked = tuple(question for question in step.questions if question.short)
    rest = tuple(question for question in step.questions if not question.short)
    if len(rest) <= FOLDED_AT_MOST:
        return (Page(step, 1, asked, rest),)
    chunks = [rest[start : start + DETAILS_A_PAGE] for start in range(0, len(rest), DETAILS_A_PAGE)]
    return (Page(step, 1, asked, ()), *(Page(step, number, chunk, ()) for number, chunk in enumerate(chunks, 2)))


def page_of(step: Step, number: int) -> Page | None:
    """The page of this number, or None."""
    pages = pages_of(step)
    return pages[number - 1] if 1 <= number <= len(pages) else None


def page_with(step: Step, code: str) -> Page:
    """The page on which a question stands. Raises KeyError for a question of another step."""
    for page in pages_of(step):
        if any(question.code == code for question in page.questions):
            return page
    raise KeyError(code)


def first_page(questionnaire: Questionnaire) -> Page:
    """The page whose answer decides what follows."""
    return pages_of(questionnaire.steps[0])[0]


def short_path(questionnaire: Questionnaire, reached: Reached) -> str | None:
    """The short path on which these answers are ("nothing", "elsewhere"); None on the whole questionnaire."""
    lookup = reached.lookup()
    return next((name for name, condition in questionnaire.short_paths.items() if evaluate(condition, lookup)), None)


def short_page(questionnaire: Questionnaire, reached: Reached) -> Page:
    """The one page of a short path: what is asked beyond the first page and is short, as all that is required is.

    Only what stands outside of sheets can be on one page; `number` is 0, since no step has this page.
    """
    first = {question.code for question in first_page(questionnaire).questions}
    asked = tuple(
        question
        for step in questionnaire.steps
        if step.repeat is None
        for question in reached_questions(step.questions, reached, None)
        if question.short and question.code not in first and type_of(question).answerable
    )
    return Page(questionnaire.steps[0], 0, asked, ())


def step_address(step: Step, number: int = 1) -> str:
    """The address of a step's page; of a repeated step, of the list of its sheets."""
    if number == 1 or step.repeat:
        return url_for("fill.step", code=step.code)
    return url_for("fill.step", code=step.code, number=number)


def sheet_address(step: Step, item: str, number: int = 1) -> str:
    """The address of a sheet's page."""
    sheet = SHEET_ADDRESSES[step.repeat.sheet] if step.repeat else ""
    if number == 1:
        return url_for("fill.sheet", sheet=sheet, item=item)
    return url_for("fill.sheet", sheet=sheet, item=item, number=number)


def question_address(questionnaire: Questionnaire, code: str, item: str | None) -> str:
    """Where a question is answered, with the fragment that reaches it."""
    step = questionnaire.step_of(code)
    number = page_with(step, code).number
    address = sheet_address(step, item, number) if item else step_address(step, number)
    return f"{address}#q-{code}"


def next_address(questionnaire: Questionnaire, reached: Reached, step: Step, number: int) -> str:
    """Where "Salva e continua" leads: the next page with a reached question, and after the last one the check."""
    for page in pages_of(step)[number:] if not step.repeat else ():
        if any_reached(page, reached):
            return step_address(step, page.number)
    following = list(questionnaire.steps)
    for later in following[following.index(step) + 1 :]:
        if later.code not in reached.steps:
            continue
        if later.repeat:
            return step_address(later)
        for page in pages_of(later):
            if any_reached(page, reached):
                return step_address(later, page.number)
    return url_for("fill.check")


def previous_address(questionnaire: Questionnaire, reached: Reached, step: Step, number: int) -> str | None:
    """The page before this one on the reached path; None on the first."""
    for page in reversed(pages_of(step)[: number - 1] if not step.repeat else ()):
        if any_reached(page, reached):
            return step_address(step, page.number)
    for earlier in reversed(questionnaire.steps[: questionnaire.steps.index(step)]):
        if earlier.code not in reached.steps:
            continue
        if earlier.repeat:
            return step_address(earlier)
        for page in reversed(pages_of(earlier)):
            if any_reached(page, reached):
                return step_address(earlier, page.number)
    return None


def any_reached(page: Page, reached: Reached, item: str | None = None) -> bool:
    """Whether a question of this page is asked of this entity."""
    return any(reached.is_reached(answer_key(question.code, item)) for question in page.questions)


def reached_questions(questions: Sequence[Question], reached: Reached, item: str | None) -> tuple[Question, ...]:
    """Those of the questions that are asked of this entity."""
    return tuple(question for question in questions if reached.is_reached(answer_key(question.code, item)))
