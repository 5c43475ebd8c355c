"""What holds for every type of answer, over random input: nothing raises, nothing typed is lost, forms and JSON agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.answers import TYPES, AnswerRefused, is_na, is_raw, resolved, type_of
from app.questionnaire.conditions import ABSENT
from app.questionnaire.model import Option, Question
from tests.questionnaire.typed import MARKS, NASTY, QUESTIONS, WORDS
from tests.questionnaire.voices import ITALIAN, OPTIONS, ask, said

padded = st.sampled_from(WORDS).map(lambda word: f"  {word} ")
broken = st.sampled_from(WORDS).map(lambda word: f" {word}\r\n")
typed_text = st.one_of(st.sampled_from(WORDS), st.text(NASTY, max_size=30), padded, broken)


@st.composite
def posted(draw: st.DrawFn) -> tuple[Question, dict[str, list[str]]]:
    """A question, and what a form may post for it: its own sub-fields and some that are no answers."""
    question = draw(st.sampled_from(QUESTIONS))
    names = draw(st.sets(st.sampled_from((*type_of(question).subfields(question), "search", "base", "na"))))
    return question, {name: draw(st.lists(typed_text, max_size=3)) for name in sorted(names)}


def test_every_type_is_tried() -> None:
    assert set(MARKS) == set(TYPES)


@given(posted())
def test_what_a_form_posts_survives_the_way_to_the_document_and_back(case: tuple[Question, dict[str, list[str]]]) -> None:
    question, fields = case
    kind = type_of(question)
    value = kind.parse(question, fields)
    json.dumps(value).encode()
    filled = kind.fill(question, value)
    assert set(filled) <= set(kind.subfields(question))
    assert kind.parse(question, filled) == value
    if kind.answerable:
        assert kind.accept(question, json.loads(json.dumps(value))) == value
        assert kind.accept(question, {"raw": {name: fields[name] for name in fields if name in filled}}) == value


@given(posted())
def test_what_cannot_be_read_is_kept_as_typed(case: tuple[Question, dict[str, list[str]]]) -> None:
    question, fields = case
    value = type_of(question).parse(question, fields)
    if not is_raw(value):
        return
    assert isinstance(value, dict)
    for name in type_of(question).subfields(question):
        kept = value["raw"].get(name, [])
        typed = [text for text in fields.get(name, []) if text.strip() and text.isprintable()]
        assert [text for text in kept if text in typed] == typed
    assert type_of(question).check(question, value), "a raw value always says what to write instead"
    assert type_of(question).condition_value(question, value) is ABSENT


@given(posted())
def test_every_value_can_be_checked_shown_exported_and_used(case: tuple[Question, dict[str, list[str]]]) -> None:
    question, fields = case
    kind = type_of(question)
    value = kind.parse(question, fields)
    problems = kind.check(question, value)
    assert all(problem.key == "Q01" and problem.text(ITALIAN) and "%(" not in problem.text(ITALIAN) for problem in problems)
    assert {problem.subfield for problem in problems} <= {*kind.subfields(question), ""}
    assert bool(kind.show(question, value, ITALIAN)) is (value is not None)
    assert kind.export(question, value).keys() == kind.export(question, None).keys()
    assert all(cell is None for cell in kind.export(question, None).values())
    seen = kind.condition_value(question, value)
    assert (seen is ABSENT) is (value is None or is_na(value) or bool(problems))


@given(
    st.sampled_from(QUESTIONS),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), typed_text),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    (
                        "code",
                        "codes",
                        "text",
                        "from",
                        "email",
                        "amounts",
                        "own",
                        "address",
                        "latitude",
                        "rating",
                        "raw",
                        "na",
                        "",
                    )
                ),
                inner,
                max_size=3,
            ),
        ),
    ),
)
def test_a_client_gets_a_canonical_value_or_a_refusal(question: Question, sent: Any) -> None:
    kind = type_of(question)
    try:
        value = kind.accept(question, sent)
    except AnswerRefused as refusal:
        assert refusal.reason
        return
    assert kind.accept(question, value) == value
    assert kind.parse(question, kind.fill(question, value)) == value
    kind.check(question, value)


REFUSED: list[tuple[str, Any]] = [
    ("text", 5),
    ("text", ["a"]),
    ("text", "x" * 100_001),
    ("text", {"na": True}),
    ("textarea", True),
    ("integer", "5"),
    ("integer", True),
    ("integer", 5.0),
    ("integer", 10**12),
    ("decimal", 5),
    ("decimal", "1,5"),
    ("decimal", "1.555"),
    ("decimal", "01"),
    ("decimal", "1e3"),
    ("decimal", "+1"),
    ("decimal", "NaN"),
    ("money", "1.234,50"),
    ("money", "1.234"),
    ("amounts", {"own": "1"}),
    ("amounts", {"amounts": []}),
    ("amounts", {"amounts": {"ghost": "1"}}),
    ("amounts", {"amounts": {"own": 1}}),
    ("date", "31/01/2026"),
    ("date", "2026-02-30"),
    ("date", "2026-01"),
    ("date", "1800-01-01"),
    ("period", {"from": "3/2025"}),
    ("period", {"from": None}),
    ("period", {"state": "ghost"}),
    ("period", {"start": "2025"}),
    ("period", "2025"),
    ("single", "own"),
    ("single", {"code": "ghost"}),
    ("single", {}),
    ("single", {"code": "own", "text": 5}),
    ("single", {"code": ["own"]}),
    ("multi", {"codes": "own"}),
    ("multi", {"codes": ["own", "own"]}),
    ("multi", {"codes": ["ghost"]}),
    ("multi", {"codes": [["own"]]}),
    ("multi", ["own"]),
    ("multi", {}),
    ("yesno", "yes"),
    ("yesno", 1),
    ("email", 5),
    ("contact", {"fax": "1"}),
    ("contact", {"email": 5}),
    ("contact", "a@b.it"),
    ("person", {"age": "4"}),
    ("municipality", 1001),
    ("municipality", "1001"),
    ("municipality", "00100A"),
    ("entity", "../x"),
    ("entity", ""),
    ("entity", "x" * 41),
    ("municipalities", "001001"),
    ("municipalities", ["001001", "001001"]),
    ("municipalities", ["x"]),
    ("municipalities", ["001001"] * 1001),
    ("place", {"latitude": 45.1}),
    ("place", {"latitude": "45,1"}),
    ("place", {"reserved": True}),
    ("place", {"address": 5}),
    ("rating", 4),
    ("rating", {"rating": 9}),
    ("rating", {"rating": True}),
    ("rating", {"rating": "4"}),
    ("rating", {"comment": 5}),
    ("display", "x"),
    ("text", {"raw": {"ghost": ["x"]}}),
    ("text", {"raw": {"": "x"}}),
    ("text", {"raw": {"": [5]}}),
    ("text", {"raw": []}),
    ("text", {"raw": {"": ["x"]}, "more": 1}),
    ("text", {"raw": {"": ["x" * 100_001]}}),
    ("text", {"raw": {"": ["x"] * 10_001}}),
]


@pytest.mark.parametrize(("type_", "sent"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_wrong_shape_is_refused(type_: str, sent: Any) -> None:
    kind, question = ask(type_, **(MARKS[type_][0]))
    with pytest.raises(AnswerRefused):
        kind.accept(question, sent)


@pytest.mark.parametrize("sent", [{"na": False}, {"na": 1}, {"na": True, "text": "x"}, {"na": True, "raw": {}}])
def test_not_available_has_one_shape(sent: Any) -> None:
    kind, question = ask("integer", na=True)
    with pytest.raises(AnswerRefused):
        kind.accept(question, sent)
    assert kind.accept(question, {"na": True}) == {"na": True}


def test_not_available_is_an_answer_of_its_own() -> None:
    kind, question = ask("integer", na=True, na_label="Non so")
    assert kind.subfields(question) == ("", "na")
    assert kind.parse(question, {"na": ["1"]}) == {"na": True}
    assert kind.fill(question, {"na": True}) == {"na": ["1"]}
    assert kind.show(question, {"na": True}, ITALIAN) == "Non so"
    assert kind.export(question, {"na": True}) == {"Q01": None, "Q01_na": 1}
    assert kind.export(question, 0) == {"Q01": 0, "Q01_na": 0}
    assert kind.check(question, {"na": True}) == []
    plain, unasked = ask("integer")
    assert plain.parse(unasked, {"na": ["1"]}) is None


def test_not_available_beside_something_typed_is_kept_and_asked_again() -> None:
    kind, question = ask("integer", na=True, na_label="Non so")
    value = kind.parse(question, {"": ["5"], "na": ["1"]})
    assert value == {"raw": {"": ["5"], "na": ["1"]}}
    assert said("integer", value, na=True, na_label="Non so") == [
        "Hai scritto una risposta e scelto anche «Non so»: lascia solo una delle due."
    ]


@pytest.mark.parametrize(
    ("type_", "typed"), [("single", "own"), ("yesno", "yes"), ("municipality", "001001"), ("entity", "c_a074")]
)
def test_not_available_beats_a_radio_button_that_nobody_can_switch_off(type_: str, typed: str) -> None:
    kind, question = ask(type_, na=True, options=OPTIONS)
    assert kind.parse(question, {"": [typed], "na": ["1"]}) == {"na": True}


def test_not_available_does_not_beat_a_text_beside_other() -> None:
    kind, question = ask("single", na=True, options=OPTIONS)
    fields = {"": ["more"], "text": ["scritto a mano"], "na": ["1"]}
    assert kind.parse(question, fields) == {"raw": fields}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  nido \t d'infanzia ", "nido d'infanzia"),
        ("a\x00b\x07c", "abc"),
        ("perche\u0301", "perché"),
        ("a\u202eb", "ab"),
        ("due\r\nrighe", "due righe"),
        ("\ud800x", "x"),
        ("\u00a0", None),
        ("\x00", None),
        ("Sì 👪 è", "Sì 👪 è"),
    ],
)
def test_text_is_storable_normalised_and_of_one_line(typed: str, kept: str | None) -> None:
    kind, question = ask("text")
    assert kind.parse(question, {"": [typed]}) == kept


def test_long_text_keeps_its_lines() -> None:
    kind, question = ask("textarea")
    assert kind.parse(question, {"": ["\r\n prima  riga \r\n\r\nseconda\rterza\x00\n"]}) == "prima  riga\n\nseconda\nterza"


def test_options_depend_on_another_answer() -> None:
    families, childhood = (Option("help", "Aiuto"), Option("x", "Altro")), (Option("fees", "Rette"), Option("x", "Altro"))
    by = ("Q00", {"families": families, "childhood": childhood})
    union = (families[0], childhood[0], families[1])
    question = Question("Q01", "multi", "Tipo", options=union, options_by=by, exclusive=frozenset({"help"}))
    narrowed = resolved(question, {"Q00": "childhood"}.get)
    assert narrowed.options == childhood
    assert narrowed.exclusive == frozenset()
    assert resolved(question, {"Q00": {"code": "families"}}.get).options == families
    assert resolved(question, lambda _code: ABSENT).options == union
    assert resolved(question, lambda _code: None) is question
    assert resolved(question, {"Q00": "childhood"}.get) is narrowed, "computed once"
    problems = type_of(narrowed).check(narrowed, {"codes": ["help"]})
    assert [problem.text(ITALIAN) for problem in problems] == [
        "Scegli fra le risposte proposte: «help» non è fra quelle possibili."
    ]
