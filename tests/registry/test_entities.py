"""Finding entities without accents, in both languages, fast."""

from __future__ import annotations

import datetime as dt
import statistics
import time

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import (
    count_entities,
    find_by_code,
    find_by_name,
    labels_of,
    resolve,
    search_entities,
)
from app.registry.folding import fold, search_name
from app.registry.load import load_municipalities
from app.registry.models import Entity


@pytest.fixture
def registry(db_session: object, now: dt.datetime) -> None:
    load_municipalities(now)


def names(text: str, limit: int = 20) -> list[str]:
    return [entity.label for entity in search_entities(text, limit=limit)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Agliè", "aglie"),
        ("AGLIE'", "aglie"),
        ("Sant'Agata de’ Goti", "sant agata de goti"),
        ("Sankt Martin in Thurn/San Martino", "sankt martin in thurn san martino"),
        ("Weißenbach", "weissenbach"),
        ("  ", ""),
        ("%_", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_a_name_with_an_apostrophe_is_stored_both_ways() -> None:
    assert search_name("Sant'Agata", None) == "| sant agata | santagata |"
    assert search_name("Aldino", "Aldein") == "| aldino | aldein |"


def test_search(registry: None) -> None:
    assert names("aglie")[0] == "Agliè (TO)"
    assert names("AGLIÈ'")[0] == "Agliè (TO)"
    assert names("aldein") == ["Aldino (BZ)"]
    assert "Sant'Agata de' Goti (BN)" in names("santagata de goti")
    assert names("samone") == ["Samone (TO)", "Samone (TN)"]
    assert names("valentino abruzzo") == ["San Valentino in Abruzzo Citeriore (PE)"]
    assert names("001168") == ["None (TO)"]
    assert names("none")[0] == "None (TO)"
    assert names("") == names("%") == names("'") == []
    assert names("zzzz") == []


def test_the_name_itself_comes_first_then_beginnings_then_the_rest(registry: None) -> None:
    found = [entity.name for entity in search_entities("roma", limit=200)]
    assert found[0] == "Roma"
    begins = [fold(name).startswith("roma") for name in found[1:]]
    word = [any(part.startswith("roma") for part in fold(name).split()) for name in found[1:]]
    assert begins == sorted(begins, reverse=True)
    assert word == sorted(word, reverse=True)
    assert any(begins)
    assert not all(word)


def test_pages_of_results_fit_together(registry: None) -> None:
    total = count_entities("san")
    assert total > 300
    pages = [search_entities("san", limit=50, offset=start) for start in range(0, total + 50, 50)]
    codes = [entity.code for page in pages for entity in page]
    assert len(codes) == len(set(codes)) == total
    assert count_entities("san", kinds=["union"]) == 0
    assert search_entities("san", kinds=[]) == []


def test_what_has_ended_is_found_by_code_only(registry: None) -> None:
    db.session.execute(sa.update(Entity).where(Entity.code == "001001").values(valid_to=dt.date(2026, 1, 1)))
    assert "Agliè (TO)" not in names("aglie")
    assert find_by_name("Agliè") == []
    assert resolve("001001") == resolve("Agliè") == []
    assert find_by_code("001001") is not None


MEANT = {
    "001001": ["001001"],
    "1001": ["001001"],
    "Agliè": ["001001"],
    "Comune di Agliè": ["001001"],
    "samone": ["001235", "022165"],
    "Samone (TN)": ["022165"],
    "samone, trento": ["022165"],
    "Samone Torino": ["001235"],
    "Aldein": ["021001"],
    "Comune": [],
    "999999": [],
    "99999999999999999999999999": [],
    "": [],
    "'; DROP TABLE entity; --": [],
    "²": [],
}


def test_what_a_person_means(registry: None) -> None:
    assert {typed: sorted(entity.code for entity in resolve(typed)) for typed in MEANT} == MEANT


def test_labels(registry: None) -> None:
    assert labels_of(["022165", "001235", "nobody"]) == {"001235": "Samone (TO)", "022165": "Samone (TN)"}
    assert labels_of([]) == {}


def test_a_search_takes_milliseconds(registry: None) -> None:
    def seconds(text: str) -> float:
        start = time.perf_counter()
        search_entities(text)
        return time.perf_counter() - start

    texts = ["san", "a", "valentino abruzzo", "zzzz", "montecchio"]
    medians = [statistics.median(seconds(text) for _ in range(9)) for text in texts]
    assert max(medians) < 0.05, medians  # 5 ms on a quiet machine; ten times that would be a sequence of scans
