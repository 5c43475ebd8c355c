"""The shipped questionnaire holds what the reference file says: every question, its options, conditions and marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.questionnaire.conditions import Node, parse
from app.questionnaire.model import Option, Question
from tests.questionnaire.samples import reference

REFERENCE = Path(__file__).parents[3] / "shared" / "questionnaire" / "ricognizione.yaml"
TYPES = {"multi_comuni": "municipalities", "group": "single", "rating_comment": "rating"}
CODES = "BBBBBBBCCCSSSSSPPPPPPPPPPPPPPPPEEEEEEF"
SECOND_HALVES = {"E06": "E05"}  # the reference file asks both in one question
MARKS = ("required", "short", "na", "public", "private", "reservable")


def test_there_are_37_questions_in_five_steps_one_of_them_in_two_halves() -> None:
    questionnaire = reference()
    assert "".join(question.code[0] for question in questionnaire.questions) == CODES
    assert [step.code for step in questionnaire.steps] == ["B", "C", "S", "P", "E"]
    assert [question.code for question in questionnaire.after_submission] == ["F01"]
    assert questionnaire.step("B").pages == (("B01",), ("B02", "B03", "B04", "B05"), ("B06", "B07"))
    assert questionnaire.step("S").pages == (("S01", "S02", "S03", "S04", "S05"),)
    assert [len(page) for page in questionnaire.step("P").pages] == [6, 6, 4]


def test_what_names_a_person_is_private_and_nothing_is_both() -> None:
    assert [question.code for question in reference().questions if question.personal] == ["E04"]
    for question in reference().questions:
        assert not (question.public and question.private)
        assert question.short or not question.required


def test_who_answers_for_whom_is_asked_in_two_questions_and_shortens_two_ways() -> None:
    questionnaire = reference()
    roles = {role: question.code for role in ("answered_by", "answers_for") if (question := questionnaire.in_role(role))}
    assert roles == {"answered_by": "B03", "answers_for": "E06"}
    for_whom = questionnaire.question("E06")
    assert (for_whom.required, for_whom.private, for_whom.public, for_whom.prefill) == (True, False, False, "members")
    leads = [option.code for option in questionnaire.question("E05").options if option.code != "single"]
    assert for_whom.show_if == parse(f"E05 in {leads}")
    assert questionnaire.short_paths == {"nothing": parse("B01 == 'none'"), "elsewhere": parse("B01 == 'other'")}


def test_every_other_asks_for_a_text_and_nothing_else_does() -> None:
    for question in reference().questions:
        for option in question.options:
            assert option.asks_text is option.label.endswith("(specificare)")


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    if not REFERENCE.is_file():
        pytest.skip("the reference file is not beside this clone, so its contents cannot be compared")
    loaded = yaml.safe_load(REFERENCE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def condition_of(text: str | None) -> Node | None:
    return None if text is None else parse(text)


def labels_of(options: tuple[Option, ...]) -> dict[str, str]:
    return {option.code: option.label for option in options}


def compare_options(question: Question, row: dict[str, Any], rows: dict[str, Any]) -> None:
    if "options_by" in row:
        assert question.options_by is not None
        assert question.options_by[0] == row["options_by"]
        assert {branch: labels_of(options) for branch, options in question.options_by[1].items()} == row["options"]
        return
    wanted = rows[row["options_like"]]["options"] if "options_like" in row else row.get("options", {})
    assert list(labels_of(question.options).items()) == list(wanted.items())


def test_every_question_is_as_the_reference_says(source: dict[str, Any]) -> None:
    rows = {row["code"]: row for step in source["steps"] for row in step["questions"]}
    rows |= {row["code"]: row for row in source["after_submission"]}
    assert list(rows) == [question.code for question in reference().questions if question.code not in SECOND_HALVES]
    for code, row in rows.items():
        question = reference().question(code)
        assert (question.type, question.label) == (TYPES.get(row["type"], row["type"]), row["label"]), code
        short = row.get("short", False) or row.get("required", False)
        wanted = {mark: row.get(mark, False) for mark in MARKS} | {"short": short}
        assert {mark: getattr(question, mark) for mark in MARKS} == wanted, code
        assert question.show_if == condition_of(row.get("show_if")), code
        assert question.exclusive == frozenset(row.get("exclusive", ())), code
        assert question.help == row.get("help", ""), code
        assert question.source == row.get("src", ""), code
        if "max" in row:
            assert question.max == row["max"], code
        if "na_label" in row:
            assert question.na_label == row["na_label"], code
        compare_options(question, row, rows)


def test_every_step_is_as_the_reference_says(source: dict[str, Any]) -> None:
    assert (source["survey"]["code"], source["survey"]["title"]) == (reference().code, reference().title)
    for row in source["steps"]:
        step = reference().step(row["code"])
        assert step.title == row["title"]
        assert step.show_if == condition_of(row.get("show_if"))
        codes = [question.code for question in step.questions if question.code not in SECOND_HALVES]
        assert codes == [question["code"] for question in row["questions"]]
        repeat = row.get("repeat")
        assert (step.repeat is None) is (repeat is None)
        if step.repeat is not None:
            assert {name: getattr(step.repeat, name) for name in ("min", "max", "label_from", "sheet")} == repeat
        if "pages" in row:
            assert [list(page) for page in step.pages] == row["pages"]
