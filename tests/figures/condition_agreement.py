"""Conditions judged four times: by our evaluator in Python, ours in Chromium, and the two CEL libraries.

Each condition and check of the reference questionnaire, and of 500 generated ones, with random answers: 100,000 pairs that all
four judge; then as many with decimals and scripts that lie outside of what the libraries share, for our own two alone; and the
shared vectors of `tests/fixtures/conditions`.
What counts: ours is true where a library is true, false where it is false; where an answer that is needed is absent, a library
gives false (through the guard) or an error, never true. Our own two agree in every outcome, absent and defect too.
Where we differ from CEL on purpose is listed in `tests/questionnaire/oracle.py`, and shown here to be so still.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cel
import yaml
from playwright.sync_api import Page

from app.questionnaire.conditions import Node, outcome, parse
from app.questionnaire.loader import load_definition, read_shipped
from app.questionnaire.model import Question, Questionnaire
from tests import browser as browsers
from tests.figures.harness import AT_LEAST, EXACTLY, Figure
from tests.questionnaire.oracle import (
    DIFFERENCES,
    JUDGED,
    NAMES,
    Author,
    WideAuthor,
    cel_context,
    cel_js,
    exact,
    judged_by_cel,
    looking,
    named,
    to_cel,
    vectors,
)
from tests.script_page import script_page

SEED = 20261129
PAIRS = 100_000
QUESTIONNAIRES = 500
OF_REFERENCE = 5_000
A_BATCH = 300
SHOWN = 10
KINDS = {"T": ("text", 3), "N": ("decimal", 3), "Y": ("yesno", 2), "M": ("municipalities", 2)}

IN_BROWSER = """async (cases) => {
  const { ABSENT, DEFECT, outcome } = await import("/static/js/conditions.js");
  const { EvaluationError, parse } = await import("/cel-js/lib/index.js");
  const named = (found) => (found === ABSENT ? "absent" : found === DEFECT ? "defect" : found);
  const judged = (program, context) => {
    try {
      return program(context);
    } catch (error) {
      if (error instanceof EvaluationError) return "error";
      throw error;
    }
  };
  return JSON.parse(cases).map(({ tree, source, names, rows }) => {
    const program = source && parse(source);
    return rows.map((answers) => {
      const flags = Object.fromEntries(names.map((name) => [`given_${name}`, name in answers]));
      const ours = named(outcome(tree, (name) => (name in answers ? answers[name] : ABSENT)));
      return [ours, program && judged(program, { ...answers, ...flags })];
    });
  });
}"""

Said = bool | str | None


@dataclass(frozen=True)
class Case:
    """An expression and the answers with which it is judged. `everybody`: by the libraries too."""

    expression: str
    rows: Sequence[dict[str, Any]]
    everybody: bool = True


@dataclass(frozen=True)
class Verdict:
    """What each judge says of one pair; None for a library that was not asked."""

    expression: str
    answers: dict[str, Any]
    python: Said
    browser: Said
    pypi: Said
    npm: Said

    def disagrees(self) -> bool:
        return (self.python is not self.browser and self.python != self.browser) or not all(
            library is None or self.fits(library) for library in (self.pypi, self.npm)
        )

    def fits(self, library: Said) -> bool:
        return library in (False, "error") if self.python == "absent" else self.python is library


def written_conditions(tree: Any) -> Iterator[str]:
    """Every condition and check that stands in a definition's file, read without our loader."""
    if isinstance(tree, list):
        for part in tree:
            yield from written_conditions(part)
    if isinstance(tree, dict):
        for key, part in tree.items():
            if key in ("show_if", "rule"):
                yield part
            elif key == "short_paths":
                yield from part.values()
            else:
                yield from written_conditions(part)


def held_conditions(questionnaire: Questionnaire) -> set[Node]:
    """Every condition that the loaded questionnaire evaluates."""
    questions = list(questionnaire.questions)
    checks = [*questionnaire.checks, *(check for question in questions for check in question.checks)]
    conditional = [one.show_if for one in (*questionnaire.steps, *questions) if one.show_if is not None]
    return {*conditional, *(check.condition for check in checks), *questionnaire.short_paths.values()}


def checked(text: str) -> tuple[Questionnaire, list[str]]:
    """The questionnaire of a definition's text, and its conditions as written: they are all that it holds."""
    questionnaire, written = load_definition(text, "generated.yaml"), list(written_conditions(yaml.safe_load(text)))
    assert {parse(expression) for expression in written} == held_conditions(questionnaire)
    return questionnaire, written


def reference_cases(chance: random.Random) -> Iterator[Case]:
    questionnaire, written = checked(read_shipped("RBP5"))
    for expression in written:
        questions = [questionnaire.question(name) for name in dict.fromkeys(NAMES.findall(expression))]
        yield Case(expression, [chosen(questions, chance) for _ in range(OF_REFERENCE // len(written))])


def chosen(questions: Iterable[Question], chance: random.Random) -> dict[str, Any]:
    """Random choices among the options of these questions, some absent."""
    answers = {}
    for question in questions:
        codes = [option.code for option in question.options]
        several = chance.sample(codes, chance.randint(1, len(codes)))
        if chance.random() < 0.85:
            answers[question.code] = several if question.type == "multi" else several[0]
    return answers


def generated_definition(number: int, author: Author) -> str:
    """A questionnaire whose second step depends on the first in every way that a definition knows."""
    names = [(f"{letter}{n:02}", kind) for letter, (kind, count) in KINDS.items() for n in range(count)]
    first = [{"code": code, "type": kind, "label": code} for code, kind in names]
    second: list[dict[str, Any]] = [
        {"code": f"B{n:02}", "type": "text", "label": "B", "show_if": author.flag(3)} for n in range(3)
    ]
    second[0]["checks"] = [{"code": "own", "rule": author.flag(2), "message": "No"}]
    return json.dumps(
        {
            "questionnaire": {"code": f"G{number:03}", "version": "1", "language": "it", "title": "Prova"},
            "steps": [
                {"code": "A", "title": "A", "questions": first},
                {"code": "B", "title": "B", "show_if": author.flag(1), "questions": second},
            ],
            "checks": [{"code": "all", "rule": author.flag(3), "message": "No", "at": "B01"}],
            "short_paths": {"nothing": author.flag(1)},
        },
        ensure_ascii=False,
    )


def generated_cases(author: Author, pairs: int, everybody: bool) -> Iterator[Case]:
    """So many pairs on the conditions of 500 questionnaires, all of which the loader takes."""
    written = [
        expression for number in range(QUESTIONNAIRES) for expression in checked(generated_definition(number, author))[1]
    ]
    for place, expression in enumerate(written):
        count = pairs // len(written) + (place < pairs % len(written))
        yield Case(expression, [author.answers() for _ in range(count)], everybody)


def vector_cases() -> Iterator[Case]:
    differing = {one.expression for one in DIFFERENCES}
    for name in JUDGED:
        for case in vectors(name):
            plain = str((case["expression"], case["answers"])).isascii() and case["expression"] not in differing
            yield Case(case["expression"], [case["answers"]], everybody=name != "defects" and plain and exact(case))


def difference_cases() -> Iterator[Case]:
    for one in DIFFERENCES:
        yield Case(one.expression, [one.answers])


def verdicts(page: Page, cases: Sequence[Case]) -> Iterator[Verdict]:
    """Ask all four."""
    for start in range(0, len(cases), A_BATCH):
        batch = cases[start : start + A_BATCH]
        sent = [
            {
                "tree": parse(case.expression),
                "source": to_cel(case.expression) if case.everybody else None,
                "names": list(dict.fromkeys(NAMES.findall(case.expression))),
                "rows": case.rows,
            }
            for case in batch
        ]
        for case, found in zip(batch, page.evaluate(IN_BROWSER, json.dumps(sent)), strict=True):
            yield from _of_case(case, found)


def _of_case(case: Case, found: Sequence[tuple[Said, Said]]) -> Iterator[Verdict]:
    tree = parse(case.expression)
    program = cel.compile(to_cel(case.expression)) if case.everybody else None
    for answers, (browser, npm) in zip(case.rows, found, strict=True):
        pypi = judged_by_cel(program, cel_context(case.expression, answers)) if program else None
        yield Verdict(case.expression, answers, named(outcome(tree, looking(answers))), browser, pypi, npm)


def tally(title: str, found: Iterable[Verdict]) -> tuple[int, int]:
    """(pairs, disagreements), told with the outcomes."""
    counts: Counter[Said] = Counter()
    wrong: list[Verdict] = []
    for verdict in found:
        counts[verdict.python] += 1
        if verdict.disagrees():
            wrong.append(verdict)
    outcomes = ", ".join(f"{count:,} {str(said).lower()}" for said, count in sorted(counts.items(), key=str))
    print(f"{title}: {counts.total():,} pairs ({outcomes}), {len(wrong)} disagreements")
    for verdict in wrong[:SHOWN]:
        print(f"  {verdict}")
    return counts.total(), len(wrong)


def show_differences(page: Page) -> int:
    """How many of the documented differences are as documented."""
    print("Where we differ from CEL on purpose (ours, PyPI's library, npm's library):")
    right = 0
    for one, verdict in zip(DIFFERENCES, verdicts(page, list(difference_cases())), strict=True):
        said = (verdict.python, verdict.browser, verdict.pypi, verdict.npm)
        as_told = said == (one.ours, one.ours, one.pypi, one.npm)
        right += as_told
        print(f"  {one.why}\n    {one.expression} with {one.answers}: {one.ours}, {one.pypi}, {one.npm}")
        if not as_told:
            print(f"    NOT SO: {said}")
    return right


def measure() -> list[Figure]:
    chance = random.Random(SEED)
    reference = list(reference_cases(chance))
    common = PAIRS - sum(len(case.rows) for case in reference)
    scripts = {f"cel-js/{name}": script for name, script in cel_js().items()}
    with browsers.chromium() as browser, script_page(browser, scripts) as page:
        tallies = [
            tally("Reference questionnaire", verdicts(page, reference)),
            tally("500 generated ones", verdicts(page, list(generated_cases(Author(chance), common, True)))),
        ]
        shared = tally("Shared vectors", verdicts(page, list(vector_cases())))
        own = tally("Our own two alone", verdicts(page, list(generated_cases(WideAuthor(chance), PAIRS, False))))
        shown = show_differences(page)
    pairs, wrong = (sum(column) for column in zip(*tallies, strict=True))
    return [
        Figure("pairs", pairs, "", AT_LEAST, PAIRS),
        Figure("own-evaluators", own[1] + shared[1], "disagreements", EXACTLY, 0),
        Figure("documented-differences", shown, "as documented", EXACTLY, len(DIFFERENCES)),
        Figure("condition-agreement", wrong, "disagreements", EXACTLY, 0),
    ]
