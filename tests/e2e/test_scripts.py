"""The scripts that repeat the server's rules, run in Chromium: conditions, what typed fields mean, what is missing.

Each rule has two readings, one in Python and one in JavaScript; both get the same and must find the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import brotli
import msgspec
import pytest
from playwright.sync_api import Browser, Page

from app.fill.browser_definition import for_browser, question_for_browser
from app.questionnaire.answers import is_na, type_of
from app.questionnaire.conditions import ABSENT, ConditionValue
from app.questionnaire.model import Question, Questionnaire, split_key
from app.questionnaire.review import Review, review
from tests.questionnaire.samples import reference
from tests.questionnaire.test_conditions import JUDGED, VECTORS
from tests.questionnaire.typed import Fields, Typist, any_fields, varied
from tests.script_page import FOLDERS, script_page

SEED = 20261129
BATCH = 250

OUTCOMES = """async (cases) => {
  const { ABSENT, DEFECT, evaluate, isBroken, outcome } = await import("/static/js/conditions.js");
  const named = (found) => (found === ABSENT ? "absent" : found === DEFECT ? "defect" : found);
  return cases.map(({ tree, answers }) => {
    const lookup = (name) => (name in answers ? answers[name] : ABSENT);
    return [named(outcome(tree, lookup)), evaluate(tree, lookup), isBroken(tree, lookup)];
  });
}"""

JUDGEMENTS = """async (text) => {
  const { ABSENT } = await import("/static/js/conditions.js");
  const { judged } = await import("/static/js/answers.js");
  return JSON.parse(text).map(([question, fields]) => {
    const { state, value } = judged(question, fields);
    return [state, value === ABSENT ? null : value];
  });
}"""

REVIEWS = """async ([definition, documents]) => {
  const { review } = await import("/static/js/reach.js");
  const whole = JSON.parse(definition);
  return JSON.parse(documents).map(([fields, items]) => {
    const { reached, missing, wrong, broken, items: counted, complete, states } = review(whole, new Map(fields), items);
    const counts = [...states].map(([name, state]) => [name, state.wrong > 0, state.missing, state.answered > 0]);
    return { steps: reached.steps, keys: reached.keys, missing, wrong, broken, complete,
      items: counted.map(({ step }) => step), counts };
  });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with script_page(browser) as page:
        yield page


def test_every_shared_vector_has_its_outcome_in_the_browser(page: Page) -> None:
    cases = [case for name in JUDGED for case in json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]]
    expected = [[case["expected"], case["expected"] in (True, "defect"), case["expected"] is False] for case in cases]
    found = page.evaluate(OUTCOMES, [{"tree": case["tree"], "answers": case["answers"]} for case in cases])
    wrong = [
        f"{case['expression']} with {case['answers']}: {got}"
        for case, want, got in zip(cases, expected, found, strict=True)
        if repr(want) != repr(got)
    ]
    assert len(cases) > 150
    assert not wrong, "\n".join(wrong)


def test_the_evaluator_is_small() -> None:
    script = (FOLDERS["static"] / "js" / "conditions.js").read_bytes()
    assert len(brotli.compress(script)) <= 2_000


def state_of(question: Question, fields: Fields) -> tuple[str, ConditionValue | None]:
    """What the server makes of the fields: as `judged` in the browser says it."""
    kind = type_of(question)
    value = kind.parse(question, fields)
    seen = kind.condition_value(question, value)
    state = "blank" if value is None else "na" if is_na(value) else "wrong" if kind.check(question, value) else "right"
    return state, None if seen is ABSENT else seen


def test_typed_fields_mean_the_same_on_both_sides(page: Page) -> None:
    cases = [(question, fields) for question, fields in any_fields(SEED, 6000) if question.type != "display"]
    sent = json.dumps([[question_for_browser(question), fields] for question, fields in cases])
    found = page.evaluate(JUDGEMENTS, sent)
    states = [state_of(question, fields) for question, fields in cases]
    wrong = [
        f"{question.type} {fields}: {got} instead of {want}"
        for (question, fields), want, got in zip(cases, states, found, strict=True)
        if list(want) != got
    ]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:20])
    counts = [sum(state == name for state, _seen in states) for name in ("blank", "na", "wrong", "right")]
    assert min(counts) > 100, "every state is met often enough to prove something"


def of_server(questionnaire: Questionnaire, fields: dict[str, Fields], items: dict[str, list[str]]) -> dict[str, Any]:
    """The server's review, as the browser tells its own."""
    questions = {key: questionnaire.question(split_key(key)[1]) for key in fields}
    answers = {key: type_of(question).parse(question, fields[key]) for key, question in questions.items()}
    given = {key: value for key, value in answers.items() if value is not None}
    found = review(questionnaire, given, items)
    messages = {check.message for check in questionnaire.checks}
    messages |= {check.message for question in questionnaire.questions for check in question.checks}
    problems = [(key, problem) for key, several in found.problems.items() for problem in several]
    broken = [{"key": key, "message": one.msgid} for key, one in problems if one.own and one.msgid in messages]
    own = [key for key, one in problems if not (one.own and one.msgid in messages) and key not in found.missing]
    return {
        "steps": list(found.reached.steps),
        "keys": list(found.reached.keys),
        "missing": list(found.missing),
        "wrong": list(dict.fromkeys(own)),
        "broken": broken,
        "complete": found.complete,
        "items": list(found.item_problems),
        "counts": counts_of(questionnaire, found, given, items),
    }


def counts_of(
    questionnaire: Questionnaire, found: Review, answers: dict[str, Any], items: dict[str, list[str]]
) -> list[list[Any]]:
    """For each reached step and each of its items: is something wrong, how many are missing, is something answered."""
    rows = []
    for code in found.reached.steps:
        step = questionnaire.step(code)
        parts = [(item, f"{item}/") for item in items[code]] if step.repeat else []
        for name, keys in [
            *((item, [key for key in found.reached.keys if key.startswith(start)]) for item, start in parts),
            (code, [key for key in found.reached.keys if questionnaire.step_of(split_key(key)[1]) is step]),
        ]:
            missing = [key for key in keys if key in found.missing]
            wrong = [key for key in keys if key in found.problems and key not in missing]
            rows.append([name, bool(wrong), len(missing), any(key in answers for key in keys)])
    return rows


def as_stored(items: dict[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
    """The items as the browser's store holds them, with one that was removed."""
    gone = {"id": "gone", "removed": True}
    return {step: [*({"id": item, "removed": False} for item in ids), gone] for step, ids in items.items()}


@pytest.mark.parametrize(("questionnaire", "count"), [(reference(), 1500), (varied(), 1500)], ids=["reference", "varied"])
def test_path_and_review_are_the_same_on_both_sides(page: Page, questionnaire: Questionnaire, count: int) -> None:
    chance = random.Random(SEED)
    documents = [Typist(chance, chance.choice((0.5, 0.9, 1))).document(questionnaire) for _ in range(count)]
    definition = msgspec.json.encode(for_browser(questionnaire)).decode()
    seen: set[str] = set()
    complete = 0
    for start in range(0, count, BATCH):
        batch = documents[start : start + BATCH]
        sent = [
            [list(fields.items()), {step: [{"id": item} for item in ids] for step, ids in items.items()}]
            for fields, items in batch
        ]
        found = page.evaluate(REVIEWS, [definition, json.dumps(sent)])
        for (fields, items), got in zip(batch, found, strict=True):
            want = of_server(questionnaire, fields, items)
            assert got == want, f"{fields}\n{items}"
            seen |= {name for name, given in want.items() if given}
            complete += want["complete"]
    assert seen >= {"steps", "keys", "missing", "wrong", "items" if questionnaire.checks else "counts"}
    assert complete > 5, "some lack nothing"
    assert ("broken" in seen) is bool(questionnaire.checks)
