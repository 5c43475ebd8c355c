"""The texts in other languages: complete in English, filled with the edition's dates, and nothing but texts changes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.questionnaire import texts
from app.questionnaire.loader import load_definition, read_shipped, shipped_definitions
from app.questionnaire.reach import reach
from app.questionnaire.texts import extract, localised, missing_translations, stale_translations
from tests.questionnaire.samples import ITEMS, complete_answers, reference

DATES = {"inizio": "1 settembre 2025", "fine": "31 agosto 2026"}
TEXTS = {"label", "help", "example", "na_label", "message", "options", "options_by", "checks"}

SMALL = """\
questionnaire: {code: SMALL, version: "1", language: it, title: "Titolo", na_label: "n.d.", placeholders: [fine]}
steps:
- code: A
  title: "Passo"
  intro: "Fino al {fine}"
  questions:
  - {code: A01, type: integer, label: "Numero", na: true, message: "Solo {fine}", example: "12"}
  - {code: A02, type: single, label: "Scelta", na: true, na_label: "Boh", options: {x: "Ics", y: "Ipsilon"}}
  - {code: A03, type: single, label: "Ancora", options_like: A02, help: "Aiuto"}
  - {code: A04, type: single, label: "Dipende", options_by: {question: A02, options: {x: {p: "Pi"}, y: {q: "Qu"}}}}
checks:
- {code: one, rule: "A01 > 0", message: "Più di zero", at: A01}
"""

PO = """\
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "A02.options.x"
msgid "Ics"
msgstr "Ex"

msgctxt "A04.options.y.q"
msgid "Qu"
msgstr "Queue"

msgctxt "A02.na_label"
msgid "Boh"
msgstr "Who knows"

msgctxt "na_label"
msgid "n.d."
msgstr "n/a"

msgctxt "step.A.intro"
msgid "Fino al {fine}"
msgstr "Until {fine}"

msgctxt "checks.one"
msgid "Più di zero"
msgstr "More than zero"

#, fuzzy
msgctxt "title"
msgid "Titolo"
msgstr "Title"

msgctxt "A01.label"
msgid "Numero vecchio"
msgstr "Old number"
"""


@pytest.fixture
def small_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "small.po").write_text(PO, encoding="utf-8")
    monkeypatch.setattr(texts, "TRANSLATIONS", tmp_path)


@pytest.mark.parametrize("code", shipped_definitions())
def test_english_is_complete_and_without_stale_entries(code: str) -> None:
    questionnaire = load_definition(read_shipped(code), f"{code}.yaml")
    assert missing_translations(questionnaire, "en") == []
    assert stale_translations(questionnaire, "en") == []


def test_english_keeps_the_placeholders_and_translates_everything() -> None:
    english = localised(reference(), "en", {})
    pairs = list(zip(extract(reference()), extract(english), strict=True))
    for (context, source), (same, target) in pairs:
        assert context == same
        assert re.findall(r"\{\w+\}", source) == re.findall(r"\{\w+\}", target), context
    assert {source for (_context, source), (_same, target) in pairs if source == target} == {"No"}


def test_only_texts_change() -> None:
    english = localised(reference(), "en", DATES)
    for source, target in zip(reference().questions, english.questions, strict=True):
        for field in fields(source):
            if field.init and field.name not in TEXTS:
                assert getattr(source, field.name) == getattr(target, field.name)
        assert [(o.code, o.asks_text) for o in source.options] == [(o.code, o.asks_text) for o in target.options]
    assert english.digest == reference().digest
    assert [step.pages for step in english.steps] == [step.pages for step in reference().steps]


def test_dates_are_filled_in_every_language() -> None:
    label = localised(reference(), "it", DATES).question("B01").label
    assert label.startswith("Tra il 1 settembre 2025 e il 31 agosto 2026, nel territorio dell'ente")
    assert localised(reference(), "en", DATES).question("B01").label.startswith("Between 1 settembre 2025 and 31 agosto 2026,")
    assert "{fine}" in localised(reference(), "it", {"inizio": "x"}).question("B01").label
    assert "{" not in "".join(text for _context, text in extract(localised(reference(), "it", DATES)))


def test_a_filling_is_text_and_is_not_filled_again() -> None:
    label = localised(reference(), "it", {"inizio": "{fine}", "fine": "<b>"}).question("B01").label
    assert label.startswith("Tra il {fine} e il <b>, ")


def test_the_result_is_computed_once() -> None:
    assert localised(reference(), "en", dict(DATES)) is localised(reference(), "en", dict(reversed(DATES.items())))
    assert localised(reference(), "en", DATES) is not localised(reference(), "it", DATES)


def test_an_unknown_language_stays_in_italian() -> None:
    for locale in ("fr", "../en", "EN", ""):
        assert localised(reference(), locale, {}).title == reference().title
    assert len(missing_translations(reference(), "fr")) == len(extract(reference()))


def test_a_country_falls_back_to_its_language() -> None:
    assert localised(reference(), "en_GB", {}).title == "Survey of good practices in family policies"


@pytest.mark.usefixtures("small_catalogue")
def test_each_text_is_found_by_its_path() -> None:
    small = load_definition(SMALL, "small.yaml")
    english = localised(small, "en", {"fine": "May"})
    assert english.steps[0].intro == "Until May"
    assert [option.label for option in english.question("A02").options] == ["Ex", "Ipsilon"]
    assert english.question("A03").options == english.question("A02").options
    assert [option.label for option in english.question("A04").options] == ["Pi", "Queue"]
    by = english.question("A04").options_by
    assert by is not None
    assert by[1]["y"][0].label == "Queue"
    assert (english.question("A01").na_label, english.question("A02").na_label) == ("n/a", "Who knows")
    assert english.checks[0].message == "More than zero"
    assert english.question("A01").message == "Solo May"
    assert english.title == "Titolo", "a fuzzy entry is no translation"
    assert ("title", "Titolo") in missing_translations(small, "en")
    assert ("A01.label", "Numero") in missing_translations(small, "en")
    assert stale_translations(small, "en") == [("A01.label", "Numero vecchio")]


def test_extract_lists_each_text_once_with_its_path() -> None:
    contexts = [context for context, _text in extract(load_definition(SMALL, "small.yaml"))]
    assert contexts[:4] == ["title", "na_label", "step.A.title", "step.A.intro"]
    assert contexts[4:7] == ["A01.label", "A01.example", "A01.message"]
    assert contexts[7:11] == ["A02.label", "A02.na_label", "A02.options.x", "A02.options.y"]
    assert contexts[11:13] == ["A03.label", "A03.help"], "options like another's are translated there"
    assert contexts[13:] == ["A04.label", "A04.options.x.p", "A04.options.y.q", "checks.one"]


def test_answers_mean_the_same_in_every_language() -> None:
    answers: dict[str, Any] = complete_answers()
    assert reach(localised(reference(), "en", DATES), answers, ITEMS).keys == reach(reference(), answers, ITEMS).keys


def test_a_changed_source_is_missing_again() -> None:
    changed = replace(reference(), title="Altro titolo")
    assert missing_translations(changed, "en") == [("title", "Altro titolo")]
    assert [context for context, _msgid in stale_translations(changed, "en")] == ["title"]


@pytest.mark.usefixtures("small_catalogue")
def test_a_language_never_leads_out_of_the_catalogues(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = texts.TRANSLATIONS / "inner"
    inner.mkdir()
    monkeypatch.setattr(texts, "TRANSLATIONS", inner)
    small = load_definition(SMALL, "small.yaml")
    assert localised(small, "../en", {}).question("A02").options == small.question("A02").options
