"""The blank form holds every question once and says in words when it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.editions.blank_form import BlankForm, BlankQuestion, asked_if, blank_form
from app.questionnaire.conditions import parse
from app.questionnaire.loader import load_definition, read_shipped
from app.questionnaire.model import Questionnaire
from tests.public.conftest import Stage

# The words ask no database: one is enough.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
FUND = "Fondi nazionali del Dipartimento per le politiche della famiglia (Intese in Conferenza Unificata)"


@pytest.fixture(scope="module")
def reference() -> Questionnaire:
    return load_definition(read_shipped("RBP5"), "rbp5.yaml")


@pytest.fixture
def speaking(app: Flask) -> Iterator[None]:
    """A request, whose language the words are in."""
    with app.test_request_context("/questionario"):
        yield


def _questions(form: BlankForm) -> list[BlankQuestion]:
    return [question for step in form.steps for question in step.questions] + list(form.after_submission)


def test_every_question_stands_once_in_order(reference: Questionnaire, speaking: None) -> None:
    codes = [question.code for question in _questions(blank_form(reference))]
    assert codes == [question.code for question in reference.questions]
    assert len(codes) == 38


def test_every_question_has_somewhere_to_write_or_tick(reference: Questionnaire, speaking: None) -> None:
    empty = [
        question.code
        for question in _questions(blank_form(reference))
        if not (question.parts or question.groups or question.lines)
    ]
    assert empty == []


def test_every_option_of_every_question_is_printed(reference: Questionnaire, speaking: None) -> None:
    printed = {
        question.code: {option.label for _heading, options in question.groups for option in options}
        for question in _questions(blank_form(reference))
    }
    missing = {
        (question.code, option.label)
        for question in reference.questions
        for option in question.options
        if option.label not in printed[question.code]
    }
    assert missing == set()


def test_options_that_depend_on_another_answer_stand_under_that_answer(reference: Questionnaire, speaking: None) -> None:
    question = next(row for row in _questions(blank_form(reference)) if row.code == "P05")
    assert [heading for heading, _options in question.groups] == [option.label for option in reference.question("P02").options]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("B01 == 'none'", "Solo se a B01 hai risposto «No»."),
        ("'department' in B05", f"Solo se a B05 hai risposto «{FUND}»."),
        ("B01 in ['own', 'both']", "Solo se a B01 hai risposto «Sì, gestiti dall'ente» oppure «Sì, in entrambi i modi»."),
        ("P06 != 'municipality'", "Solo se a P06 hai dato una risposta diversa da «Comune»."),
        ("B01 == 'none' || B01 == 'own'", "Solo in alcuni casi, secondo le risposte precedenti."),
        ("answered(B01)", "Solo in alcuni casi, secondo le risposte precedenti."),
        ("P08 > 5", "Solo in alcuni casi, secondo le risposte precedenti."),
        ("size(B05) == 2", "Solo in alcuni casi, secondo le risposte precedenti."),
    ],
)
def test_a_condition_reads_as_a_sentence(reference: Questionnaire, speaking: None, condition: str, words: str) -> None:
    assert asked_if(reference, parse(condition)) == words


def test_a_question_always_asked_says_nothing(reference: Questionnaire, speaking: None) -> None:
    assert asked_if(reference, None) == ""


def test_the_page_prints_the_reference_period_and_every_code(
    client: FlaskClient, bring: Stage, reference: Questionnaire
) -> None:
    bring("open")
    page = client.get("/questionario").text
    assert "Tra il 1 gennaio 2025 e il 31 dicembre 2025" in page
    codes = page.split('<span class="blank-code">')[1:]
    assert [code.split("<")[0] for code in codes] == [question.code for question in reference.questions]
