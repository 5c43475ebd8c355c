"""Whose a practice is: by name, code, point, and both; what is not sure is said to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.practices.importing.matching import Match, Matcher
from app.practices.importing.source import Feature
from app.registry.folding import search_name
from app.registry.places import Place
from app.registry.territories import territories

Ask = Callable[..., Match]


def place(code: str, name: str, sign: str, province: str, region: str, point: tuple[float, float], *geometries: str) -> Place:
    names = tuple(part.strip() for part in search_name(name, None).split("|") if part.strip())
    return Place(
        int(code), code, "municipality", f"{name} ({sign})", names, (sign.lower(), province), region, *point, geometries
    )


FIRENZE = place("048017", "Firenze", "FI", "firenze", "09", (43.7714, 11.2542), "48017")
FIESOLE = place("048015", "Fiesole", "FI", "firenze", "09", (43.83, 11.31), "48015")
SAMONE_TN = place("022165", "Samone", "TN", "trento", "04", (46.08, 11.52), "22165")
SAMONE_TO = place("001235", "Samone", "TO", "torino", "01", (45.45, 7.84), "1235")
RAGALNA = place("087058", "Ragalna", "CT", "catania", "19", (37.63, 14.94))


@pytest.fixture
def ask() -> Ask:
    matcher = Matcher([FIRENZE, FIESOLE, SAMONE_TN, SAMONE_TO, RAGALNA])

    def match(
        owner: str = "", at: tuple[float | None, float | None] = (None, None), text: str = "", kind: str = "practice"
    ) -> Match:
        return matcher.match(Feature(1, "", {}, *at), owner, text, kind)

    return match


CENTRE = (43.7714, 11.2542)


def test_a_point_lies_in_the_territory_that_holds_it_and_not_in_that_of_the_nearest_seat(ask: Ask) -> None:
    assert ask(at=CENTRE) == Match("048017", "point")
    edge = (43.8040, 11.2650)  # in Firenze by the border with Fiesole, whose seat is nearer to it than that of Firenze
    assert ask(at=edge).key == "048017"
    assert ask(at=CENTRE, text="Il Comune di Firenze apre") == Match("048017", "both")


def test_near_a_border_the_name_in_the_text_decides(ask: Ask) -> None:
    (km, code), *others = territories().near(43.8010, 11.2850, 1.0)
    assert {code, *(other for _km, other in others)} >= {"48017", "48015"}, "the point is near the border of the two"
    assert ask(at=(43.8010, 11.2850), text="Nido di Fiesole").key == "048015"
    assert ask(at=(43.8010, 11.2850), text="Nido di Firenze").key == "048017"
    assert km == 0


def test_a_name_counts_more_than_a_point_but_not_where_they_are_far_apart(ask: Ask) -> None:
    assert ask("Comune di Fiesole", CENTRE) == Match("048015", "both")
    assert ask("Ragalna", CENTRE) == Match("", "apart", ("087058", "048017"))
    assert ask(at=CENTRE, text="Progetto del Comune di Ragalna").how == "apart"


@pytest.mark.parametrize("written", ["FIRENZE", "Comune di Firenze", "Firenze (FI)", "firenze, Firenze", "048017", "48017"])
def test_names_and_codes_are_read_as_people_write_them(ask: Ask, written: str) -> None:
    assert ask(written).key == "048017"


def test_two_of_one_name_are_told_apart_by_province_or_point_else_by_a_person(ask: Ask) -> None:
    assert ask("Samone") == Match("", "ambiguous", ("022165", "001235"))
    assert ask("Samone TN").key == "022165"
    assert ask("Samone (Torino)").key == "001235"
    assert ask("Samone", (46.08, 11.52)).key == "022165"


def test_what_leads_nowhere_is_said_to(ask: Ask) -> None:
    assert ask().how == "nowhere"
    assert ask("Atlantide").how == "unnamed"
    assert ask(at=(48.85, 2.35)).how == "outside"
    assert ask(text="A cura del Comune di Fiesole") == Match("048015", "name")
    assert ask(text="Comuni di Fiesole e Comune di Firenze").how == "ambiguous"


def test_an_initiative_is_its_regions(ask: Ask) -> None:
    assert ask(at=CENTRE, kind="initiative") == Match("region:09", "point")
    assert ask("Regione Toscana", kind="initiative") == Match("region:09", "name")
    assert ask(text="La Valle d'Aosta finanzia", kind="initiative") == Match("region:02", "name")
    assert ask(kind="initiative").key == ""


def test_a_point_in_a_territory_that_nobody_answers_for_is_left_to_a_person() -> None:
    matcher = Matcher([FIESOLE])
    assert next(km for km, _code in territories().near(43.8040, 11.2650, 1.0)) == 0
    assert matcher.match(Feature(1, "", {}, 43.8040, 11.2650), "", "", "practice").key == ""


def test_the_territories_are_those_of_the_source_and_lie_beside_each_other() -> None:
    known = territories()
    assert len(known.all) == 7_899
    assert [code for km, code in known.near(*CENTRE, 0)] == ["48017"]
    assert known.near(45.0, 13.2, 0) == []  # the sea
    enclave = known.near(43.9365, 12.4464, 0)
    assert enclave == [], "San Marino is a hole"
