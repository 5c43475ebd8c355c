"""The reference questionnaire as its file says it: questions, options, and, written out by hand, who is asked what.

Not for: reading any other definition.
Holds always: nothing of the program is used; the rules below are the conditions of the file in other words, so that an error
in reading them shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEFINITION = Path(__file__).resolve().parents[2] / "app" / "questionnaire" / "definitions" / "rbp5.yaml"
OTHER = "other"
OTHER_LABEL = "Altro"
CHECK = "/compila/verifica"
SHEETS = {"S": "centri", "P": "pratiche"}
NAMED_BY = {"S": "S01", "P": "P01"}
DETAILS = {"S": (), "P": ("P05", "P08", "P09", "P10", "P11", "P12", "P13", "P14")}


@dataclass(frozen=True)
class Question:
    """One question. `options`: label by code, in order."""

    code: str
    type: str
    step: str
    label: str
    required: bool
    na_label: str
    options: Mapping[str, str]
    options_by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exclusive: frozenset[str] = frozenset()
    max: int = 0

    def options_for(self, area: str | None) -> Mapping[str, str]:
        """The options that hold for a sheet of this macro-area."""
        return self.options_by.get(area or "", self.options)


@cache
def questions() -> dict[str, Question]:
    """Every question by its code, in order; the one asked after submission belongs to the step ""."""
    raw = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    found: dict[str, Question] = {}
    steps = [(step["code"], step["questions"]) for step in raw["steps"]]
    for step, asked in [*steps, ("", raw["after_submission"])]:
        for given in asked:
            found[given["code"]] = _question(step, given, raw["questionnaire"]["na_label"], found)
    return found


def _question(step: str, given: Mapping[str, Any], na_label: str, known: Mapping[str, Question]) -> Question:
    like = given.get("options_like")
    by = given.get("options_by", {}).get("options", {})
    return Question(
        code=given["code"],
        type=given["type"],
        step=step,
        label=given["label"],
        required=given.get("required", False),
        na_label=given.get("na_label", na_label) if given.get("na") else "",
        options=known[like].options if like else _labels(given.get("options", {})),
        options_by={area: _labels(options) for area, options in by.items()},
        exclusive=frozenset(given.get("exclusive", ())),
        max=given.get("max", 0),
    )


def _labels(options: Mapping[str, Any]) -> dict[str, str]:
    return {code: label["label"] if isinstance(label, dict) else label for code, label in options.items()}


@cache
def step_titles() -> dict[str, str]:
    """The title of each step by its code, in order."""
    raw = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    return {step["code"]: step["title"] for step in raw["steps"]}


Meaning = Callable[[str], Any]

OWN = ("own", "both")
BEYOND = ("own", "both", "unknown")


def _department(meaning: Meaning) -> bool:
    return meaning("B01") in OWN and "department" in (meaning("B05") or ())


RULES: dict[str, Callable[[Meaning], bool]] = {
    "B01": lambda meaning: True,
    "B02": lambda meaning: meaning("B01") == "none",
    "B03": lambda meaning: meaning("B01") in ("other", "both"),
    "B04": lambda meaning: meaning("B01") in OWN,
    "B05": lambda meaning: meaning("B01") in OWN,
    "B06": _department,
    "B07": lambda meaning: meaning("B01") in OWN,
    "C": lambda meaning: meaning("B01") in BEYOND,
    "S": lambda meaning: meaning("B01") in BEYOND and meaning("C01") == "own",
    "P": lambda meaning: meaning("B01") in OWN,
    "P07": lambda meaning: meaning("P06") not in (None, "municipality"),
    "E01": lambda meaning: meaning("B01") in OWN,
    "E06": lambda meaning: meaning("E05") not in (None, "single"),
    "E": lambda meaning: True,
}
# What is short stands first on a page, the rest behind a disclosure.
PAGES: dict[str, tuple[str, ...]] = {
    "/compila/B": ("B01",),
    "/compila/B/2": ("B02", "B03", "B04", "B05"),
    "/compila/B/3": ("B06", "B07"),
    "/compila/C": ("C01", "C02", "C03"),
    "/compila/S": ("S",),
    "/compila/P": ("P",),
    "/compila/E": ("E04", "E05", "E06", "E01", "E02", "E03"),
}


def is_asked(code: str, meaning: Meaning) -> bool:
    """Whether a question, or a step of sheets, is asked; `meaning` gives what a valid answer says, None without one.

    For a question of a sheet, `meaning` knows the sheet's answers.
    """
    step_rule = RULES.get(code[0])
    if step_rule is not None and not step_rule(meaning):
        return False
    rule = RULES.get(code)
    return rule is None or rule(meaning)


def pages_of(meaning: Meaning) -> list[str]:
    """The addresses of the pages that are walked, in order, the check last."""
    walked = [address for address, codes in PAGES.items() if any(is_asked(code, meaning) for code in codes)]
    return [*walked, CHECK]


def sheet_pages(step: str) -> tuple[tuple[str, ...], ...]:
    """The codes of the questions on each page of a sheet."""
    details = DETAILS[step]
    first = tuple(code for code, question in questions().items() if question.step == step and code not in details)
    return (first, details) if details else (first,)
