"""The questionnaire for the browser: what it holds, how long it is kept, and that it is the same for everybody."""

from __future__ import annotations

import json
import re

import pytest

from app.editions.current import EditionView, questionnaire_of
from app.fill.browser_definition import browser_pattern, definition_address, for_browser
from app.questionnaire.conditions import parse
from tests.fill.conftest import NewPerson
from tests.fill.person import Person
from tests.questionnaire.samples import reference


def test_it_holds_steps_pages_questions_and_conditions_of_the_reference_questionnaire() -> None:
    held = json.loads(json.dumps(for_browser(reference())))
    assert [step["code"] for step in held["steps"]] == ["B", "C", "S", "P", "E"]
    assert held["steps"][2]["repeat"] == {"min": 0, "max": 30, "sheet": "centre", "label_from": "S01"}
    assert held["steps"][2]["show_if"] == ["when", ["C01"], ["==", ["name", "C01"], ["value", "own"]]]
    assert held["steps"][1]["pages"] == [{"asked": ["C01"], "offered": ["C02", "C03"]}]
    assert "F01" not in held["questions"], "what is asked after submission is not asked offline"
    assert held["questions"]["P08"]["min"] == 0, "a limit of nought is a limit"
    assert held["questions"]["P05"]["options_by"][0] == "P02"
    assert held["questions"]["P07"]["show_if"] == json.loads(json.dumps(parse("P06 != 'municipality'")))
    assert held["mentioned"] == ["B01", "B05", "C01", "E05", "P02", "P06"]
    assert held["short_paths"].keys() == {"nothing", "elsewhere"}


def test_its_address_names_its_bytes_and_only_under_that_address_it_is_kept(person: Person, edition: EditionView) -> None:
    address = definition_in(person, edition, "it")
    first = person.client.get(address)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Set-Cookie" not in first.headers
    older = person.client.get(re.sub(r"[0-9a-f]{12}\.json$", "0" * 12 + ".json", address))
    assert older.get_data() == first.get_data()
    assert older.headers["Cache-Control"] == "no-store", "an address from before an update is not kept"


def test_it_is_the_same_for_every_entity_and_differs_by_language(
    person: Person, new_person: NewPerson, edition: EditionView
) -> None:
    address = definition_in(person, edition, "it")
    other = new_person("Operatore C", "022165")
    assert other.client.get(address).get_data() == person.client.get(address).get_data()
    english = definition_in(person, edition, "en")
    assert "Between 1 September 2025 and 31 August 2026" in person.client.get(english).get_data(as_text=True)
    assert "Tra il 1 settembre 2025" in person.client.get(address).get_data(as_text=True)
    assert person.get("/compila").page.all("html")[0].attributes["lang"] == "it", "reading it changes nobody's language"


@pytest.mark.parametrize("wrong", [("0" * 64, "it"), (None, "xx"), ("..", "it")])
def test_what_does_not_exist_is_not_found(person: Person, edition: EditionView, wrong: tuple[str | None, str]) -> None:
    digest = wrong[0] or edition.digest
    assert person.client.get(f"/compila/definizione/{digest}/{wrong[1]}/{'0' * 12}.json").status_code == 404


def definition_in(person: Person, edition: EditionView, language: str) -> str:
    with person.client.application.test_request_context():
        assert questionnaire_of(edition.digest)
        return definition_address(edition, language)


@pytest.mark.parametrize(
    ("python", "browser"),
    [
        (r"[A-Z]{2}\d{3}", r"[A-Z]{2}\p{Nd}{3}"),
        (r"[\w-]+\-\ x\.", r"[\p{L}\p{N}_-]+- x\."),
        (r"\w\W\D", r"[\p{L}\p{N}_][^\p{L}\p{N}_]\P{Nd}"),
        (r"[^\]\d]\Z", r"[^\]\p{Nd}]$"),
    ],
)
def test_patterns_are_written_as_the_browser_reads_them(python: str, browser: str) -> None:
    assert browser_pattern(python) == browser
