"""The texts of a questionnaire in a language, with the edition's dates in their places.

For: translating a definition by gettext catalogues, one for each definition and language; listing what is to be translated.
Not for: the interface's own texts, or formatting the dates that fill `{inizio}` and `{fine}` (the caller's).
What always holds: a text without a translation, or with one marked fuzzy, stays in the source language; translating changes
texts only, never codes, conditions or the digest; the result is computed once for each questionnaire, language and filling.

A catalogue stands at `definitions/translations/<locale>/LC_MESSAGES/<code in lower case>.po` and is read as text when first
used. Each text has its path as context (msgctxt): "title", "na_label", "step.B.title", "B01.label", "B01.options.own",
"P05.options.families.parenting", "P12.checks.total", "checks.total". Options "like another's" are translated there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from app.questionnaire.model import Check, Option, Question, Questionnaire, Step

TRANSLATIONS: Final = Path(__file__).parent / "definitions" / "translations"

_LOCALE: Final = re.compile("[a-z]{2,3}(?:_[A-Z]{2})?")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

Turn = Callable[[str, str], str]


def localised(questionnaire: Questionnaire, locale: str, placeholders: Mapping[str, str]) -> Questionnaire:
    """Give the questionnaire with its texts in the language of `locale` ("en", "de", "it_IT") and placeholders filled.

    A placeholder without a filling stays as it is written.
    """
    return _localised(questionnaire, locale, tuple(sorted(placeholders.items())))


def extract(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """List every text to be translated as (context, msgid), in the order of the definition."""
    found: list[tuple[str, str]] = []

    def collect(context: str, text: str) -> str:
        if text:
            found.append((context, text))
        return text

    _turned(questionnaire, collect)
    return found


def missing_translations(questionnaire: Questionnaire, locale: str) -> list[tuple[str, str]]:
    """List the texts of `extract` that a language's catalogue lacks, has empty, or has marked fuzzy."""
    known = _translations(questionnaire.code, locale)
    return [entry for entry in extract(questionnaire) if entry not in known]


def stale_translations(questionnaire: Questionnaire, locale: str) -> list[tuple[str, str]]:
    """List the entries of a language's catalogue that are no text of the questionnaire (any more)."""
    wanted = set(extract(questionnaire))
    catalogue = _catalogue(questionnaire.code, locale)
    entries = [(message.context or "", str(message.id)) for message in catalogue if message.id] if catalogue else []
    return [entry for entry in entries if entry not in wanted]


@lru_cache(maxsize=256)
def _localised(questionnaire: Questionnaire, locale: str, placeholders: tuple[tuple[str, str], ...]) -> Questionnaire:
    translations = {} if locale == questionnaire.language else _translations(questionnaire.code, locale)
    filling = dict(placeholders)

    def turn(context: str, text: str) -> str:
        translated = translations.get((context, text), text)
        if "{" not in translated:
            return translated
        return _PLACEHOLDER.sub(lambda match: filling.get(match[1], match[0]), translated)

    return _turned(questionnaire, turn)


@lru_cache(maxsize=64)
def _catalogue(code: str, locale: str) -> Catalog | None:
    """Read a catalogue; None if there is none. "de_AT" falls back to "de"."""
    for name in dict.fromkeys((locale, locale.partition("_")[0])):
        path = TRANSLATIONS / name / "LC_MESSAGES" / f"{code.lower()}.po"
        if _LOCALE.fullmatch(name) and path.is_file():
            with path.open("rb") as file:
                return read_po(file, locale=name, abort_invalid=True)
    return None


@lru_cache(maxsize=64)
def _translations(code: str, locale: str) -> dict[tuple[str, str], str]:
    catalogue = _catalogue(code, locale)
    if catalogue is None:
        return {}
    return {
        (message.context or "", str(message.id)): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }


def _turned(questionnaire: Questionnaire, turn: Turn) -> Questionnaire:
    """Put every text through `turn(context, text)`, in the order of the definition."""
    title, na_label = turn("title", questionnaire.title), turn("na_label", questionnaire.na_label)
    turner = _Turner(questionnaire, turn, na_label)
    steps = tuple(turner.step(step) for step in questionnaire.steps)
    after = tuple(map(turner.question, questionnaire.after_submission))
    checks = tuple(turner.checks(questionnaire.checks, "checks"))
    return replace(questionnaire, title=title, na_label=na_label, steps=steps, after_submission=after, checks=checks)


class _Turner:
    """Rebuilds steps and questions; remembers turned options for the questions that are like others."""

    def __init__(self, questionnaire: Questionnaire, turn: Turn, na_label: str) -> None:
        self.source = questionnaire
        self.turn = turn
        self.na_label = na_label
        self.options_of: dict[str, tuple[Option, ...]] = {}

    def step(self, step: Step) -> Step:
        title, intro = self.turn(f"step.{step.code}.title", step.title), self.turn(f"step.{step.code}.intro", step.intro)
        return replace(step, title=title, intro=intro, questions=tuple(map(self.question, step.questions)))

    def question(self, question: Question) -> Question:
        code, turn = question.code, self.turn
        own_na_label = question.na_label != self.source.na_label
        turned = replace(
            question,
            label=turn(f"{code}.label", question.label),
            help=turn(f"{code}.help", question.help),
            example=turn(f"{code}.example", question.example),
            na_label=turn(f"{code}.na_label", question.na_label) if own_na_label else self.na_label,
            message=turn(f"{code}.message", question.message),
            checks=tuple(self.checks(question.checks, f"{code}.checks")),
        )
        return self.choices(turned)

    def choices(self, question: Question) -> Question:
        path = f"{question.code}.options"
        if question.options_by is not None:
            control, branches = question.options_by
            by = {branch: self.options(options, f"{path}.{branch}") for branch, options in branches.items()}
            labels = {option.code: option for options in by.values() for option in options}
            return replace(
                question, options=tuple(labels[option.code] for option in question.options), options_by=(control, by)
            )
        like = self.options_of.get(question.options_like) if question.options_like else None
        options = like or self.options(question.options, path)
        self.options_of[question.code] = options
        return replace(question, options=options)

    def options(self, options: tuple[Option, ...], path: str) -> tuple[Option, ...]:
        return tuple(replace(option, label=self.turn(f"{path}.{option.code}", option.label)) for option in options)

    def checks(self, checks: tuple[Check, ...], path: str) -> Iterator[Check]:
        return (replace(check, message=self.turn(f"{path}.{check.code}", check.message)) for check in checks)
