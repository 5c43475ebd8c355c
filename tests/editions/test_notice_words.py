"""The messages without content: the same words and places in four languages, names, dates and numbers as each writes them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from flask import Flask

from app.editions.notice_words import FOLDER, NOTICES, TELEPHONE_COPY, THREAD_MESSAGE, notice_words, words_for
from app.registry.entities import EntityRow, find_by_code
from app.registry.entity_languages import choose_language
from app.registry.languages import ITALIAN, LANGUAGES
from tests.conftest import START
from tests.registry_rows import add_municipalities

PLACE = re.compile(r"{(\w+)}")
WHEN = dt.datetime(2026, 4, 30, 21, 59, 12, tzinfo=dt.UTC)
BOLZANO = EntityRow(1, "021008", "municipality", "Bolzano", "Bozen", "BZ", None, None, None, None, None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NOTICES)
def test_the_languages_hold_the_same_texts_with_the_same_places(notice: str, language: str) -> None:
    def places(of: str) -> dict[str, list[str]]:
        return {name: sorted(PLACE.findall(text)) for name, text in notice_words(notice, of).said.items()}

    assert places(language) == places(ITALIAN)
    assert all(text.strip() for text in notice_words(notice, language).said.values())


def test_each_language_has_a_file_and_no_other_is_there() -> None:
    assert {Path(one).stem for one in FOLDER.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_other_language_says_it_in_italian(language: str) -> None:
    for notice in NOTICES:
        italian = notice_words(notice, ITALIAN).said
        same = [name for name, text in notice_words(notice, language).said.items() if text == italian[name]]
        assert same == []


@pytest.mark.parametrize(
    ("language", "minute", "second", "days", "name"),
    [
        ("it", "30 aprile 2026, 23:59", "30 aprile 2026, 23:59:12", ("1 giorno", "2 giorni", "30 giorni"), "Bolzano (BZ)"),
        ("de", "30. April 2026, 23:59 Uhr", "30. April 2026, 23:59:12 Uhr", ("1 Tag", "2 Tage", "30 Tage"), "Bozen (BZ)"),
        ("fr", "30 avril 2026 à 23:59", "30 avril 2026 à 23:59:12", ("1 jour", "2 jours", "30 jours"), "Bozen (BZ)"),
        ("sl", "30. 4. 2026, 23.59", "30. 4. 2026, 23.59.12", ("1 dan", "2 dneva", "30 dni"), "Bozen (BZ)"),
    ],
)
def test_dates_numbers_and_names_are_as_the_language_writes_them(
    language: str, minute: str, second: str, days: tuple[str, ...], name: str
) -> None:
    words = notice_words(TELEPHONE_COPY, language)
    assert (words.minute(WHEN), words.second(WHEN)) == (minute, second)
    assert tuple(words.days(number) for number in (1, 2, 30)) == days
    assert words.name_of(BOLZANO) == name


def test_french_has_no_break_before_high_punctuation_and_a_title_is_left_as_it_is() -> None:
    words = notice_words(THREAD_MESSAGE, "fr")
    assert words.say("happened", name="X", edition="Titre {name} : deux") == (
        "un nouveau message concernant l'enquête «\xa0Titre {name} : deux\xa0» est arrivé pour X."
    )
    assert "connexion\xa0:" in words.say("safe")


def test_the_language_is_that_of_the_entitys_place_or_what_it_has_chosen(app: Flask) -> None:
    with app.app_context():
        add_municipalities("048017", "021008")
        firenze, bolzano = find_by_code("048017"), find_by_code("021008")
        assert firenze is not None
        assert bolzano is not None
        assert (words_for(THREAD_MESSAGE, firenze.id).language, words_for(THREAD_MESSAGE, bolzano.id).language) == ("it", "de")
        choose_language(bolzano.id, "it", actor="staff:1", now=START)
        choose_language(firenze.id, "sl", actor="staff:1", now=START)
        assert (words_for(THREAD_MESSAGE, firenze.id).language, words_for(THREAD_MESSAGE, bolzano.id).language) == ("sl", "it")
        assert words_for(THREAD_MESSAGE, 999_999).language == "it"
