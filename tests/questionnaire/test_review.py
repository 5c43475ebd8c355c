"""What is missing, what is wrong, how far: on the reference questionnaire and on one made for the checks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.loader import load_definition
from app.questionnaire.review import Review, StepState, review
from tests.questionnaire.samples import ITEMS, complete_answers, reference
from tests.questionnaire.voices import ITALIAN

STATES = dict.fromkeys("BCSPE", StepState.NOT_REQUIRED)


def of_reference(answers: dict[str, Any], items: dict[str, list[str]] | None = None) -> Review:
    return review(reference(), answers, items or {})


def sentences(found: Review, key: str) -> list[str]:
    return [problem.text(ITALIAN) for problem in found.problems[key]]


def test_nothing_answered() -> None:
    found = of_reference({})
    assert found.missing == ("B01", "E04", "E05")
    assert sentences(found, "B01") == ["Scegli una risposta."]
    assert sentences(found, "E04") == ["Scrivi chi compila e come contattarlo."]
    assert found.steps == STATES | {"B": StepState.NOT_STARTED, "E": StepState.NOT_STARTED}
    assert (found.progress, found.complete) == (0, False)


def test_everything_answered() -> None:
    found = of_reference(complete_answers(), ITEMS)
    assert found.problems == {}
    assert found.missing == ()
    assert set(found.steps.values()) == {StepState.COMPLETE}
    assert found.item_states == dict.fromkeys(("centre-1", "practice-1", "practice-2"), StepState.COMPLETE)
    assert (found.progress, found.complete) == (100, True)


def test_nothing_to_report_takes_three_answers() -> None:
    answers = {key: complete_answers()[key] for key in ("E04", "E05")} | {"B01": {"code": "none"}}
    found = of_reference(answers)
    assert (found.progress, found.complete) == (100, True)
    assert found.steps == STATES | {"B": StepState.COMPLETE, "E": StepState.COMPLETE}


def test_a_wrong_answer_is_to_review_and_does_not_count() -> None:
    found = of_reference({"B01": {"code": "none"}, "E04": {"name": "Operatore A", "email": "boh"}, "E05": {"raw": {"": ["x"]}}})
    assert found.missing == ()
    assert list(found.problems) == ["E04", "E05"]
    assert found.problems["E04"][0].subfield == "email"
    assert found.steps["E"] is StepState.TO_REVIEW
    assert found.steps["B"] is StepState.COMPLETE
    assert (found.progress, found.complete) == (33, False)


def test_a_wrong_optional_answer_prevents_submission() -> None:
    found = of_reference(complete_answers() | {"practice-1/P08": {"raw": {"": ["circa 50"]}}}, ITEMS)
    assert sentences(found, "practice-1/P08") == ["Inserisci un numero, per esempio 1.250."]
    assert found.problems["practice-1/P08"][0].key == "practice-1/P08"
    assert found.item_states["practice-1"] is StepState.TO_REVIEW
    assert found.item_states["practice-2"] is StepState.COMPLETE
    assert found.steps["P"] is StepState.TO_REVIEW
    assert (found.progress, found.complete) == (100, False)


def test_what_is_off_the_path_is_neither_missing_nor_wrong() -> None:
    answers = complete_answers() | {
        "B01": {"code": "none"},
        "B05": {"raw": {"": ["x"]}},
        "practice-1/P01": {"raw": {"": ["x"]}},
    }
    found = of_reference(answers, ITEMS)
    assert found.complete
    assert found.steps["P"] is StepState.NOT_REQUIRED
    assert found.item_states == {}


def test_a_sheet_is_counted_by_its_own_answers() -> None:
    answers = {key: value for key, value in complete_answers().items() if not key.startswith("practice-2/")}
    found = of_reference(answers, ITEMS)
    assert found.item_states["practice-2"] is StepState.NOT_STARTED
    assert found.steps["P"] is StepState.IN_PROGRESS
    assert found.missing == tuple(f"practice-2/{code}" for code in ("P01", "P02", "P03", "P04", "P06", "P15", "P16"))
    answers["practice-2/P01"] = "Titolo"
    assert of_reference(answers, ITEMS).item_states["practice-2"] is StepState.IN_PROGRESS
    answers["practice-2/P06"] = {"code": "union"}
    assert "practice-2/P07" in of_reference(answers, ITEMS).missing, "the municipalities, for a practice of several"


def test_a_repeated_step_without_items_is_complete_if_none_is_required() -> None:
    found = of_reference({"B01": {"code": "own"}})
    assert found.steps["P"] is StepState.COMPLETE
    assert found.steps["S"] is StepState.NOT_REQUIRED


def test_options_depend_on_the_answer_in_the_same_sheet() -> None:
    found = of_reference(complete_answers() | {"practice-1/P02": {"code": "families"}}, ITEMS)
    assert sentences(found, "practice-1/P05") == ["Scegli fra le risposte proposte: «services» non è fra quelle possibili."]
    assert "practice-2/P05" not in found.problems


CHECKED = """\
questionnaire: {code: T, version: "1", language: it, title: "T"}
steps:
- code: A
  title: A
  questions:
  - {code: A01, type: money, label: "Stato", required: true, na: true}
  - {code: A02, type: money, label: "Comune"}
  - code: A03
    type: money
    label: "Totale"
    checks: [{code: total, rule: "A01 + A02 == A03", message: "Il totale non è la somma: 100% è tutto."}]
  - {code: A04, type: date, label: "Da"}
  - {code: A05, type: date, label: "A"}
- code: R
  title: R
  repeat: {min: 1, max: 2, label_from: R01, sheet: practice}
  questions:
  - {code: R01, type: text, label: "Nome", required: true}
  - {code: R02, type: money, label: "Costo"}
checks:
- {code: order, rule: "A05 >= A04", message: "La fine viene prima dell'inizio.", at: A05}
- {code: share, rule: "R02 <= A03", message: "Costa più del totale.", at: R02}
"""


def of_checked(answers: dict[str, Any], items: list[str] | None = None) -> Review:
    return review(load_definition(CHECKED, "t.yaml"), answers, {"R": items if items is not None else ["one"]})


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"A01": "0.10", "A02": "0.20", "A03": "0.30"}, []),
        ({"A01": "0.10", "A02": "0.20", "A03": "0.31"}, ["A03"]),
        ({"A01": {"na": True}, "A02": "0.20", "A03": "0.31"}, []),
        ({"A02": "0.20", "A03": "0.31"}, []),
        ({"A01": {"raw": {"": ["x"]}}, "A02": "0.20", "A03": "0.31"}, ["A01"]),
        ({"A04": "2026-01-02", "A05": "2026-01-01"}, ["A05"]),
        ({"A04": "2026-01-02", "A05": "2026-01-02"}, []),
        ({"A05": "2026-01-02"}, []),
        ({"one/R02": "2.00", "A03": "1.00"}, ["one/R02"]),
        ({"one/R02": "2.00"}, []),
        ({"two/R02": "2.00", "A03": "1.00"}, []),
    ],
)
def test_checks_between_answers_apply_where_all_are_given(answers: dict[str, Any], wrong: list[str]) -> None:
    found = of_checked(answers)
    assert [key for key in found.problems if key not in found.missing] == wrong


def test_a_check_speaks_the_definitions_words() -> None:
    found = of_checked({"A01": "1.00", "A02": "1.00", "A03": "1.00"})
    (problem,) = found.problems["A03"]
    assert problem.own
    assert problem.text(ITALIAN) == "Il totale non è la somma: 100% è tutto."


def test_too_few_and_too_many_items() -> None:
    answers: dict[str, Any] = {"A01": "1.00"} | {f"{item}/R01": "x" for item in ("one", "two", "three")}
    none = of_checked(answers, [])
    assert none.steps["R"] is StepState.NOT_STARTED
    assert [problem.text(ITALIAN) for problem in none.item_problems["R"]] == [
        "Le schede sono 0 e il minimo è 1: aggiungi quelle che mancano."
    ]
    assert (none.progress, none.complete) == (50, False)
    assert of_checked(answers, ["one", "two"]).complete
    many = of_checked(answers, ["one", "two", "three"])
    assert many.steps["R"] is StepState.TO_REVIEW
    assert [problem.text(ITALIAN) for problem in many.item_problems["R"]] == [
        "Le schede sono 3 e il massimo è 2: elimina quelle di troppo."
    ]
    assert not many.complete


@given(st.sets(st.sampled_from(sorted(complete_answers()))))
def test_progress_and_states_agree_with_what_is_missing(kept: set[str]) -> None:
    answers = {key: value for key, value in complete_answers().items() if key in kept}
    found = of_reference(answers, ITEMS)
    assert found.complete is (found.problems == {})
    assert set(found.missing) <= set(found.problems)
    assert all(found.reached.is_reached(key) for key in found.problems)
    assert 0 <= found.progress <= 100
    assert (found.progress == 100) is (not found.missing), "the kept answers are all right, so only missing ones hold it back"
    for step in reference().steps:
        reached = step.code in found.reached.steps
        assert (found.steps[step.code] is StepState.NOT_REQUIRED) is (not reached)
