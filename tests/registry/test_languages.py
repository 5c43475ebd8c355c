"""The language in which an entity is written to."""

from __future__ import annotations

import pytest

from app.registry.languages import LANGUAGES, language_of


@pytest.mark.parametrize(
    ("place", "language"),
    [
        (("09", "FI", None), "it"),
        (("04", "BZ", "Bozen"), "de"),
        (("04", "BZ", None), "de"),
        (("04", "TN", "Sèn Jan di Fassa"), "it"),
        (("02", None, None), "fr"),
        (("06", "TS", "Dolina"), "sl"),
        (("06", "TS", None), "it"),
        ((None, None, "Dolina"), "it"),
    ],
)
def test_a_place_has_the_language_of_its_offices(place: tuple[str | None, str | None, str | None], language: str) -> None:
    assert language_of(*place) == language


def test_what_was_chosen_comes_first() -> None:
    assert [language_of("04", "BZ", "Bozen", chosen) for chosen in LANGUAGES] == list(LANGUAGES)


def test_a_language_that_nobody_writes_is_none() -> None:
    assert language_of("04", "BZ", "Bozen", "en") == "de"
