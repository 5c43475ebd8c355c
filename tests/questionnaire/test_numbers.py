"""Numbers as people write them in Italy, and what is asked again because it could be read in two ways."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.answers import is_raw
from app.questionnaire.answers.numbers import italian
from tests.questionnaire.voices import ITALIAN, OPTIONS, ItalianVoice, ask, read, said

NOT_WHOLE = "Inserisci un numero intero, senza decimali, per esempio 1.250."
NOT_A_NUMBER = "Inserisci un numero, per esempio 1.250."
NOT_AN_AMOUNT = "Inserisci un importo in euro, per esempio 1.250,00."
TWO_WAYS = "si può leggere in due modi: usa il punto per le migliaia (1.250) e la virgola per i decimali (1,25)."


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("7", 7),
        (" 12 ", 12),
        ("1250", 1250),
        ("1.250", 1250),
        ("1.234.567", 1234567),
        ("1 250", 1250),
        ("1'250", 1250),
        ("1\u00a0250", 1250),
        ("1\u202f234\u202f567", 1234567),
        ("12,0", 12),
        ("12,00", 12),
        ("1.250,00", 1250),
        ("1,250.00", 1250),
        ("1,234,567", 1234567),
        ("-5", -5),
        ("−5", -5),
        ("+5", 5),
        ("- 5", -5),
        ("-0", 0),
        ("007", 7),
        ("12.0", 12),
        ("999.999.999.999", 999999999999),
    ],
)
def test_integer_is_read(typed: str, number: int) -> None:
    assert read("integer", typed) == number


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("circa 50", NOT_A_NUMBER),
        ("50%", NOT_A_NUMBER),
        ("1.23.4", NOT_A_NUMBER),
        ("1.2345.678", NOT_A_NUMBER),
        ("1,2,3", NOT_A_NUMBER),
        ("12 34", NOT_A_NUMBER),
        ("1e3", NOT_A_NUMBER),
        ("", None),
        ("٣", NOT_A_NUMBER),
        ("--5", NOT_A_NUMBER),
        ("5,", NOT_A_NUMBER),
        (".", NOT_A_NUMBER),
        ("1.234,567,8", NOT_A_NUMBER),
        ("1,234.567.8", NOT_A_NUMBER),
        ("12,5", NOT_WHOLE),
        ("12.5", NOT_WHOLE),
        ("1.250,50", NOT_WHOLE),
        ("1,250", f"«1,250» {TWO_WAYS}"),
        ("1,000", f"«1,000» {TWO_WAYS}"),
        ("10-20", NOT_A_NUMBER),
        ("1.000.000.000.000", "Il numero è troppo grande: controlla le cifre."),
    ],
)
def test_integer_that_cannot_be_read_is_kept_and_says_what_to_write(typed: str, sentence: str | None) -> None:
    value = read("integer", typed)
    if sentence is None:
        assert value is None
        return
    assert value == {"raw": {"": [typed]}}
    assert said("integer", value) == [sentence]


@pytest.mark.parametrize(
    ("typed", "decimals", "number"),
    [
        ("1.234,50", 2, "1234.5"),
        ("1234,5", 2, "1234.5"),
        ("1,5", 2, "1.5"),
        ("1.5", 2, "1.5"),
        ("12.50", 2, "12.5"),
        ("1.234", 2, "1234"),
        ("1.234", 3, "1234"),
        ("1,234", 3, "1.234"),
        ("0.123", 3, "0.123"),
        ("0,123", 3, "0.123"),
        (",5", 2, "0.5"),
        (".5", 2, "0.5"),
        ("1,234.50", 2, "1234.5"),
        ("-0,00", 2, "0"),
        ("1234.567", 3, "1234.567"),
        ("1 234,5", 2, "1234.5"),
        ("10", 0, "10"),
        ("100", 2, "100"),
    ],
)
def test_decimal_is_read(typed: str, decimals: int, number: str) -> None:
    assert read("decimal", typed, decimals=decimals) == number


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.234,50", "1234.50"),
        ("1234.5", "1234.50"),
        ("€ 1.234,50", "1234.50"),
        ("1.234,50 €", "1234.50"),
        ("1.234 euro", "1234.00"),
        ("EUR 10", "10.00"),
        ("10,-", None),
        ("0", "0.00"),
        ("1,234.56", "1234.56"),
        ("1,2345", None),
        ("12345,678", None),
        ("dieci", None),
    ],
)
def test_money_is_read_with_two_decimals(typed: str, amount: str | None) -> None:
    value = read("money", typed)
    assert value == ({"raw": {"": [typed]}} if amount is None else amount)


def test_money_that_cannot_be_read_says_what_to_write() -> None:
    assert said("money", read("money", "dieci")) == [NOT_AN_AMOUNT]
    assert said("money", read("money", "1,234")) == [f"«1,234» {TWO_WAYS}"]
    assert said("money", read("money", "12345,678")) == ["Il numero ha troppi decimali: il massimo è 2."]


def test_numbers_are_written_back_in_italian() -> None:
    for type_, value, typed in (
        ("integer", 1234567, "1.234.567"),
        ("integer", -5, "-5"),
        ("decimal", "1234.5", "1.234,5"),
        ("money", "1234.50", "1.234,50"),
        ("money", "0.00", "0,00"),
    ):
        kind, question = ask(type_)
        assert kind.fill(question, value) == {"": [typed]}


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_every_integer_survives_italian_writing(number: int) -> None:
    assert read("integer", italian(number)) == number


@given(st.decimals(-(10**11), 10**11, places=4), st.integers(0, 4))
def test_every_decimal_survives_italian_writing(number: Any, decimals: int) -> None:
    kind, question = ask("decimal", decimals=decimals)
    value = kind.accept(
        question, f"{number:.{decimals}f}".replace("-0", "0") if number == 0 else f"{round(number, decimals):f}".lstrip("+")
    )
    assert not is_raw(value)
    assert kind.parse(question, kind.fill(question, value)) == value


def test_range_is_said_in_italian_writing_or_in_the_definitions_words() -> None:
    assert said("integer", -1, min=0) == ["Il numero è troppo piccolo: il minimo è 0."]
    assert said("integer", 5001, max=5000) == ["Il numero è troppo grande: il massimo è 5.000."]
    assert said("integer", 5000, max=5000) == []
    assert said("money", "-0.01", min=0) == ["Il numero è troppo piccolo: il minimo è 0."]
    assert said("decimal", "0.51", max=0.5) == ["Il numero è troppo grande: il massimo è 0,5."]
    kind, question = ask("integer", max=100, message="Al massimo il 100%.")
    (problem,) = kind.check(question, 101)
    assert problem.own
    assert problem.text(ITALIAN) == "Al massimo il 100%."


def test_amounts_by_source() -> None:
    kind, question = ask("amounts", options=OPTIONS[:2], min=0)
    assert kind.subfields(question) == ("own", "none")
    value = kind.parse(question, {"own": ["1.000,10"], "none": ["0,20 €"]})
    assert value == {"amounts": {"own": "1000.10", "none": "0.20"}}
    assert kind.condition_value(question, value) == 1000.3
    assert kind.show(question, value, ITALIAN) == "Sì, dell'ente: 1.000,10\u00a0€\nNo: 0,20\u00a0€"
    assert kind.export(question, value) == {"Q01_own": 1000.1, "Q01_none": 0.2}
    assert kind.parse(question, {"own": [" "], "none": [""]}) is None
    raw = kind.parse(question, {"own": ["10"], "none": ["boh"]})
    assert raw == {"raw": {"own": ["10"], "none": ["boh"]}}
    (problem,) = kind.check(question, raw)
    assert (problem.subfield, problem.msgid) == ("none", NOT_AN_AMOUNT)
    (problem,) = kind.check(question, {"amounts": {"own": "5.00", "none": "-1.00"}})
    assert problem.subfield == "none"


def test_numbers_are_shown_in_the_language_of_the_page() -> None:
    english = ItalianVoice("en")
    for type_, value, in_italian, in_english in (
        ("integer", 12345, "12.345", "12,345"),
        ("decimal", "12345.5", "12.345,5", "12,345.5"),
        ("money", "12345.50", "12.345,50\u00a0€", "€12,345.50"),
    ):
        kind, question = ask(type_)
        assert kind.show(question, value, ITALIAN) == in_italian
        assert kind.show(question, value, english) == in_english


@pytest.mark.parametrize("filler", [" ", "1", ".", "€", "1.", "1 ", "\u00a0"])
def test_a_very_long_text_is_no_number_and_costs_no_time(filler: str) -> None:
    typed = "1" + filler * 40_000 + "x"
    started = perf_counter()
    for type_ in ("integer", "decimal", "money", "date", "email", "phone", "url"):
        kind, question = ask(type_)
        assert kind.check(question, kind.parse(question, {"": [typed]}))
    place, somewhere = ask("place")
    assert is_raw(place.parse(somewhere, {"latitude": [typed]}))
    assert perf_counter() - started < 2, "patterns that go back and forth would take minutes"
