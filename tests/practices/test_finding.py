"""The filters of map, list and API: read from an address, written into one, asked of both databases."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, scoped_session
from werkzeug.datastructures import MultiDict

from app.editions.current import EditionView
from app.extensions import db
from app.practices.choices import choices, counts, name_of
from app.practices.finding import PARAMETERS, Filters, condition, find, read_filters
from app.practices.models import CENTRE, INITIATIVE
from app.practices.published import ENTRY, current_version, entry_table
from app.practices.record import PublicRecord
from app.practices.vocabulary import labels
from tests.public_practices import add_practices, practice_row, publish_all
from tests.responses.people import BOLZANO, FIRENZE

ROWS = (
    (FIRENZE, PublicRecord("Nidi d'infanzia 100% gratis", "childhood", description="Perché no?", recipients=("age02",)), {}),
    (FIRENZE, PublicRecord("Sportello", "families", types=("desk",), funding=("own", "region"), level="municipality"), {}),
    (BOLZANO, PublicRecord("Più tempo", "families", recipients=("parents", "age02"), level="ambito"), {"year": 2025}),
    (BOLZANO, PublicRecord("Il Centro"), {"kind": CENTRE}),
    (FIRENZE, PublicRecord("Iniziativa xa_yb", "families"), {"kind": INITIATIVE, "year": 2024}),
)
ASKED = (
    ("", ["Nidi d'infanzia 100% gratis", "Sportello", "Il Centro", "Più tempo", "Iniziativa xa_yb"]),
    ("q=PERCHE", ["Nidi d'infanzia 100% gratis"]),
    ("q=piu+TEMP", ["Più tempo"]),
    ("q=empo", []),
    ("q=nidi+sportello", []),
    ("q=100%25", ["Nidi d'infanzia 100% gratis"]),
    ("q=xa_yb", ["Iniziativa xa_yb"]),
    ("q=xazyb", []),
    ("area=families", ["Sportello", "Più tempo", "Iniziativa xa_yb"]),
    ("area=families&area=childhood&anno=2026", ["Nidi d'infanzia 100% gratis", "Sportello"]),
    ("destinatari=age02", ["Nidi d'infanzia 100% gratis", "Più tempo"]),
    ("destinatari=age02&destinatari=parents&area=families", ["Più tempo"]),
    ("destinatari=age0_", []),
    ("destinatari=age", []),
    ("tipo=desk", ["Sportello"]),
    ("fondi=region", ["Sportello"]),
    ("livello=ambito", ["Più tempo"]),
    ("anno=2024&anno=2025", ["Più tempo", "Iniziativa xa_yb"]),
    ("genere=centre", ["Il Centro"]),
    ("genere=initiative&genere=centre", ["Il Centro", "Iniziativa xa_yb"]),
    ("regione=09", ["Nidi d'infanzia 100% gratis", "Sportello", "Iniziativa xa_yb"]),
    ("regione=04", ["Il Centro", "Più tempo"]),
    ("regione=01", []),
)


@pytest.fixture
def published(edition: EditionView, db_session: scoped_session[Session], now: dt.datetime) -> None:
    add_practices(practice_row(code, record, now, **more) for code, record, more in ROWS)
    publish_all(now)


def asked(query: str) -> Filters:
    with Flask("asked").test_request_context(f"/?{query}") as context:
        return read_filters(context.request.args).filters


@pytest.mark.parametrize(("query", "titles"), ASKED)
def test_what_is_found_stands_in_the_order_of_every_list(published: None, query: str, titles: list[str]) -> None:
    found = find(asked(query), ENTRY.title)
    assert [row.title for row in found.rows] == titles
    assert found.total == len(titles)


def test_pages_hold_every_entry_once_and_one_that_there_is_not_is_the_last(published: None) -> None:
    pages = [find(Filters(), ENTRY.code, page=page, size=2) for page in (1, 2, 3)]
    codes = [row.code for found in pages for row in found.rows]
    assert len(codes) == len(set(codes)) == 5
    assert {(found.total, found.pages) for found in pages} == {(5, 3)}
    assert find(Filters(), ENTRY.code, page=99, size=2) == pages[2]
    assert find(Filters(), ENTRY.code, page=-1, size=2) == pages[0]
    nothing = find(asked("regione=01"), ENTRY.code, page=7)
    assert (list(nothing.rows), nothing.total, nothing.page, nothing.pages) == ([], 0, 1, 1)


def test_what_is_no_value_is_told_and_never_an_error() -> None:
    read = read_filters(
        MultiDict(
            [
                *(("area", value) for value in ("families", "families", " families ", "", "x'; --", "A" * 400)),
                *(("anno", value) for value in ("2026", "٢٠٢٦", "20266", "-1")),
                *(("regione", value) for value in ("9", "09\n", "xx")),
                ("genere", "practice\x00"),
                ("q", " %_\x00 "),
                ("altro", "y"),
            ]
        )
    )
    assert read.filters == Filters(area=("families",), year=("2026",), region=("09",))
    assert {name for name, _value in read.ignored} == {"area", "anno", "regione", "genere", "q"}
    assert ("altro", "y") not in read.ignored


def test_a_filter_takes_so_many_values_and_a_text_so_many_letters() -> None:
    read = read_filters(MultiDict([("area", f"a{number:02}") for number in range(60)] + [("q", "parola " * 100)]))
    assert len(read.filters.area) == 25
    assert len(read.ignored) == 35
    assert len(read.filters.text) <= 100


def test_equal_filters_have_one_address_which_reads_back() -> None:
    query = "anno=2025&genere=centre&q=Sant%27Agata++de%27&area=families&area=childhood&fondi=own&tipo=b&tipo=a&regione=09"
    query += "&livello=ambito&destinatari=age02"
    other = "&".join(reversed(query.split("&")))
    filters = asked(query)
    assert filters == asked(other)
    assert all(getattr(filters, field) for field in PARAMETERS.values())
    assert filters.query_string() == asked(other).query_string()
    assert asked(filters.query_string().lstrip("?")) == filters
    assert filters.query_string(pagina=2).endswith("&pagina=2")
    assert Filters().query_string() == ""
    assert not Filters()


def test_a_filter_is_taken_away_one_value_at_a_time() -> None:
    filters = asked("q=nido&area=families&area=childhood&anno=2025")
    assert filters.without("q") == asked("area=families&area=childhood&anno=2025")
    assert filters.without("area", "families") == asked("q=nido&area=childhood&anno=2025")
    assert filters.without("area") == asked("q=nido&anno=2025")


def test_choices_are_what_something_public_has_with_labels_and_counts(app: Flask, published: None) -> None:
    version = current_version()
    assert version is not None
    with app.test_request_context():
        found = {
            group.parameter: {one.value: (one.label, one.count) for one in group.choices} for group in choices(version, "it")
        }
    named = labels("it")
    assert found["area"] == {
        value: (named["area"].get(value, value), count) for value, count in (("families", 3), ("childhood", 1))
    }
    assert [count for _label, count in found["regione"].values()] == [3, 2]
    assert list(found["anno"]) == ["2026", "2025", "2024"]
    assert found["genere"]["initiative"][0] == "Iniziativa della Regione"
    assert {value: count for value, (_label, count) in found["genere"].items()} == {"practice": 3, "centre": 1, "initiative": 1}
    assert {value: count for value, (_label, count) in found["destinatari"].items()} == {"age02": 2, "parents": 1}
    assert name_of("regione", "09", version, named) == found["regione"]["09"][0] == "Toscana"
    assert name_of("area", "mai_vista", version, named) == "mai_vista"


def test_choices_know_the_next_publication(published: None, now: dt.datetime) -> None:
    before = current_version()
    assert before is not None and counts(before).of["year"]["2026"] == 3
    add_practices([practice_row(FIRENZE, PublicRecord("Nuova"), now)])
    publish_all(now)
    after = current_version()
    assert after is not None and counts(after).of["year"]["2026"] == 4


def test_a_condition_holds_in_whichever_publication(published: None) -> None:
    query = sa.select(sa.func.count()).select_from(entry_table)
    assert db.session.execute(query.where(condition(Filters()))).scalar_one() == 5
