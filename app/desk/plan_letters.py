"""The letters on paper of a step of the plan: whose they are, how one reads, and those that were prepared for it.

Not for: making them (`app.letters.many`), the list that is read before that (`letters.py`), or their text (the edition's).
Holds always: preparing them makes none and issues no code; who has answered, or whom another has answered for, gets none; the
code in what is shown opens nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from app.chasing.selection import select_respondents
from app.editions.current import EditionView, letter_text_of
from app.letters.many import Letters, letters_for, prepare_letters
from app.letters.running import LettersRefusedError, refuse_if_over
from app.letters.writing import Letter, default_text, sample_letter
from app.registry.entities import find_by_ids
from app.reminders.channels import PAPER
from app.reminders.plans.steps import Step

SOURCE: Final = "plan"
_FILTER: Final = re.compile(r"passo=(\d{1,10})\Z")


@dataclass(frozen=True, slots=True)
class PlanLetters:
    """`number`: whose letters would be prepared now; `example`: that of the first of them; `own_text`: the edition has a text
    of its own; `over`: a code would open nothing any more; `prepared`: what was, the last first."""

    number: int
    example: Letter | None
    own_text: bool
    over: bool
    prepared: tuple[Letters, ...]


def letters_of_step(edition: EditionView, step: Step, at: dt.datetime) -> PlanLetters | None:
    """What the page of the step shows; None where it is no letter on paper."""
    if step.content.channel != PAPER:
        return None
    ids, text = _whose(edition, step, at), letter_text_of(edition.id)
    example = find_by_ids(ids[:1])
    letter = sample_letter(example[0], edition, text or default_text(), at) if example else None
    return PlanLetters(
        len(ids), letter, bool(text), _is_over(edition, at), tuple(letters_for(edition.id, SOURCE, _filter(step)))
    )


def prepare_step_letters(edition: EditionView, step: Step, *, actor: str, at: dt.datetime) -> int:
    """Prepare them as a list to be read; its number. Commits. Raises `LettersRefusedError`, also where they are no letters."""
    if step.content.channel != PAPER:
        raise LettersRefusedError("the step is no letter on paper")
    refuse_if_over(edition, at)
    whose = _whose(edition, step, at)
    return prepare_letters(whose, edition, source=SOURCE, actor=actor, now=at, filter_text=_filter(step))


def step_of_letters(letters: Letters) -> int | None:
    """The id of the step for which letters were prepared."""
    found = _FILTER.match(letters.filter) if letters.source == SOURCE else None
    return None if found is None else int(found[1])


def _whose(edition: EditionView, step: Step, at: dt.datetime) -> list[int]:
    return select_respondents(edition, step.content.filter, at, unanswered=True)


def _filter(step: Step) -> str:
    return f"passo={step.id}"


def _is_over(edition: EditionView, at: dt.datetime) -> bool:
    try:
        refuse_if_over(edition, at)
    except LettersRefusedError:
        return True
    return False
