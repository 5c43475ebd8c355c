"""The question macro: what was typed comes back as it was, errors are tied to their controls, nothing typed becomes markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, current_app

from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.questionnaire.answers import TYPES, type_of
from app.questionnaire.model import Option, Question
from tests.pages import Element, problems_of, read_page
from tests.public import gallery

# Drawing asks no database: one is enough.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
Draw = Callable[..., list[Element]]
EVIL = "<script>alert('x')</script>\"'&"


@pytest.fixture(autouse=True)
def request_context(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(PERMISSIONS, "gallery", ANYBODY)  # and taken back at the end, for the other tests
    gallery.mount(app)
    with app.test_request_context("/_galleria/normale"):
        yield


@pytest.fixture
def draw() -> Draw:
    """Draws one question and reads it back as elements."""

    def drawn(q: Question, name: str | None = None, **arguments: object) -> list[Element]:
        macros: Any = current_app.jinja_env.get_template("questions/question.html").module
        return read_page(str(macros.question(q, name or q.code, **{"fields": {}, **arguments}))).elements

    return drawn


def _controls(elements: list[Element]) -> list[Element]:
    return [
        element
        for element in elements
        if element.tag in {"input", "textarea", "select"} and element.attributes.get("type") != "hidden"
    ]


def _values(elements: list[Element]) -> dict[str, list[str]]:
    """What a browser would send."""
    sent: dict[str, list[str]] = {}
    for element in _controls(elements):
        kind = element.attributes.get("type", "")
        if kind in {"radio", "checkbox"} and "checked" not in element.attributes:
            continue
        value = element.text.removeprefix("\n") if element.tag == "textarea" else element.attributes.get("value", "")
        sent.setdefault(element.attributes["name"], []).append(value)
    return sent


def test_the_gallery_shows_every_type_of_answer() -> None:
    assert {kind for kind, _extra, _fields in gallery.QUESTIONS} == set(TYPES)


@pytest.mark.parametrize("state", gallery.STATES)
def test_every_type_is_well_made_html_in_every_state(state: str) -> None:
    assert problems_of(gallery.page(state)) == []


@pytest.mark.parametrize("case", gallery.cases("normale"), ids=lambda case: case.q.type)
def test_what_was_typed_comes_back_as_it_was(draw: Draw, case: gallery.Case) -> None:
    sent = _values(draw(case.q, fields=case.fields, chosen=case.chosen))
    expected = {
        f"{case.name}.{sub}" if sub else case.name: values for sub, values in case.fields.items() if case.q.type != "display"
    }
    assert {name: values for name, values in sent.items() if any(values)} == {
        name: values for name, values in expected.items() if any(values)
    }


@pytest.mark.parametrize("case", gallery.cases("nd"), ids=lambda case: case.q.type)
def test_inputs_are_named_as_the_type_of_answer_reads_them(draw: Draw, case: gallery.Case) -> None:
    names = {element.attributes["name"] for element in _controls(draw(case.q, chosen=gallery.CHOSEN))}
    subfields = set(type_of(case.q).subfields(case.q)) if case.q.type != "display" else set()
    assert {name.removeprefix(case.name).removeprefix(".") for name in names} - {"search"} == subfields


@pytest.mark.parametrize("case", [case for case in gallery.cases("errore") if case.errors], ids=lambda case: case.q.type)
def test_errors_are_read_with_the_controls_that_they_are_about(draw: Draw, case: gallery.Case) -> None:
    elements = draw(case.q, fields=case.fields, errors=case.errors, chosen=case.chosen)
    by_id = {element.attributes["id"]: element for element in elements if "id" in element.attributes}
    error = by_id[f"q-{case.name}-error"]
    assert all(text in error.text for text in case.errors)
    tied = [element for element in elements if error.attributes["id"] in element.attributes.get("aria-describedby", "").split()]
    assert tied
    assert f"q-{case.name}" in by_id
    assert any("aria-invalid" in element.attributes for element in _controls(elements))


def test_only_the_part_at_fault_is_marked(draw: Draw) -> None:
    q = Question(code="P15", type="contact", label="Contatto")
    elements = draw(q, errors=("Controlla l'indirizzo e-mail.",), wrong=("email",))
    marked = [element.attributes["name"] for element in _controls(elements) if "aria-invalid" in element.attributes]
    assert marked == ["P15.email"]


@pytest.mark.parametrize("case", gallery.cases("normale"), ids=lambda case: case.q.type)
def test_nothing_that_people_wrote_becomes_markup(draw: Draw, case: gallery.Case) -> None:
    q = Question(
        code="X01",
        type=case.q.type,
        label=EVIL,
        help=EVIL,
        example=EVIL,
        options=tuple(Option(option.code, EVIL, option.asks_text) for option in case.q.options),
    )
    evil = (gallery.Found("001001", EVIL),)
    elements = draw(
        q,
        fields={sub: [EVIL] for sub in case.fields},
        errors=(EVIL,),
        chosen=evil,
        results=(gallery.Found("001002", EVIL),),
        badge=EVIL,
    )
    assert [element.tag for element in elements if element.tag == "script"] == []
    assert [name for element in elements for name in element.attributes if name.startswith("on")] == []
    assert any(EVIL in element.text for element in elements)


def test_the_revision_that_was_seen_goes_with_the_answer(draw: Draw) -> None:
    q = Question(code="B01", type="text", label="Nome")
    hidden = [element.attributes for element in draw(q, base=7) if element.attributes.get("type") == "hidden"]
    assert [(each["name"], each["value"]) for each in hidden] == [("B01.base", "7")]
    assert not [element for element in draw(q) if element.attributes.get("type") == "hidden"]


def test_a_readonly_question_cannot_be_changed(draw: Draw) -> None:
    for case in gallery.cases("lettura"):
        free = [
            element.attributes["name"]
            for element in _controls(draw(case.q, fields=case.fields, chosen=case.chosen, readonly=True))
            if "readonly" not in element.attributes and "disabled" not in element.attributes
        ]
        assert free == [], case.q.type


def test_a_search_presses_its_own_button_and_its_results_can_be_chosen(draw: Draw) -> None:
    q = Question(code="P07", type="municipalities", label="Comuni coinvolti")
    elements = draw(q, fields={"": ["001001"], "search": ["castro"]}, chosen=gallery.CHOSEN[1:], results=gallery.RESULTS)
    button = next(element for element in elements if element.tag == "button")
    assert (button.attributes["type"], button.attributes["name"], button.attributes["value"]) == ("submit", "search", "P07")
    boxes = [element.attributes for element in elements if element.attributes.get("type") == "checkbox"]
    assert [box["value"] for box in boxes] == ["001001", *(found.code for found in gallery.RESULTS)]
    assert ["checked" in box for box in boxes] == [True, False, False, False]


def test_a_long_help_waits_behind_a_disclosure_and_a_short_one_does_not(draw: Draw) -> None:
    short = draw(Question(code="B01", type="text", label="Nome", help="Come lo chiamate."))
    long = draw(Question(code="B01", type="text", label="Nome", help=gallery.LONG_HELP))
    assert [element.tag for element in short if element.tag == "details"] == []
    assert [gallery.LONG_HELP in element.text for element in long if element.tag == "details"] == [True]


def test_what_need_not_be_answered_says_so(draw: Draw) -> None:
    optional = draw(Question(code="B01", type="text", label="Nome"))
    required = draw(Question(code="B01", type="text", label="Nome", required=True))
    assert any("(facoltativo)" in element.text for element in optional)
    assert not any("(facoltativo)" in element.text for element in required)
