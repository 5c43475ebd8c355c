"""IndicePA's entities: municipalities get their IPA code, unions and others a row of their own, and all their addresses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.registry.addresses import addresses_of, end_address
from tests.registry.imports.sources import apply, ipa_file, plan, told
from tests.registry.rows import add_contact, add_entity, end_entity, entity, everything

pytestmark = pytest.mark.usefixtures("db_session")
PLACE = {"province_sign": "BO", "province": "Bologna", "region_code": "08", "region": "Emilia-Romagna"}
BOLOGNA = ("c_a944", "Comune di Bologna", "L6", "N", "037006", "A944", "PEC@Example.org", "pec", "urp@example.org", "altro")
UNION = ("ucr", "Nuova Unione di Comuni", "L6", "N", "037006", "A944", "u@example.org", "Pec")
REGION = ("r_emiro", "Regione Emilia-Romagna", "L4", "", "037006", "A944")


@pytest.fixture
def bologna(db_session: object) -> int:
    return add_entity("037006", "Bologna", **PLACE)


def emails(code: str) -> list[tuple[str, str, str]]:
    return [(row.purpose, row.email, row.source) for row in addresses_of(entity(code).id)]


@pytest.mark.parametrize(("separator", "encoding"), [("\t", "utf-8"), (",", "utf-8-sig"), (";", "cp1252")])
def test_a_municipality_gets_its_code_and_addresses_apart(bologna: int, tmp_path: Path, separator: str, encoding: str) -> None:
    shown = apply("ipa", ipa_file(tmp_path, BOLOGNA, separator=separator, encoding=encoding))
    assert shown.counts() == {"added": 2, "changed": 1, "ended": 0, "unchanged": 0}
    assert (entity("037006").id, entity("037006").ipa_code) == (bologna, "c_a944")
    assert emails("037006") == [("pec", "pec@example.org", "ipa"), ("registry_office", "urp@example.org", "ipa")]


@pytest.mark.usefixtures("bologna")
def test_others_are_entities_by_category_and_name(tmp_path: Path) -> None:
    rows = (
        BOLOGNA,
        UNION,
        REGION,
        ("p_bo", "Provincia di Prova", "L5", "N", "037006"),
        ("cmbo", "Città Metropolitana di Bologna", "L45", "N", "037006"),
        ("cons", "Consorzio dei Servizi Sociali", "L6", "N", "037006"),
        ("comont", "Comunità Montana", "L6", "N", "037006"),
        ("scuola", "Istituto Comprensivo", "L33", "N", "037006", "", "s@example.org", "pec"),
    )
    apply("ipa", ipa_file(tmp_path, *rows))
    kinds = {code: entity(code).kind for code in ("ucr", "r_emiro", "p_bo", "cmbo", "cons", "comont")}
    assert kinds == {
        "ucr": "union",
        "r_emiro": "region",
        "p_bo": "province",
        "cmbo": "metropolitan",
        "cons": "consortium",
        "comont": "other",
    }
    assert len(everything()["entity"]) == 7
    union = entity("ucr")
    assert (union.ipa_code, union.region, union.province_sign) == ("ucr", "Emilia-Romagna", "BO")
    assert emails("ucr") == [("pec", "u@example.org", "ipa")]
    assert entity("037006").ipa_code == "c_a944"


@pytest.mark.parametrize("name", ["Comune di Aldino", "GEMEINDE ALDEIN", "Aldein", "Città di Aldino", "Roma Capitale"])
def test_a_municipality_is_known_by_the_words_for_one_or_by_its_name(tmp_path: Path, name: str) -> None:
    add_entity("021001", "Aldino", name_other_language="Aldein")
    apply("ipa", ipa_file(tmp_path, ("c_a179", name, "L6", "N", "021001")))
    assert entity("021001").ipa_code == "c_a179"
    assert len(everything()["entity"]) == 1


def test_the_code_is_joined_and_never_derived(bologna: int, tmp_path: Path) -> None:
    add_entity("037001", "Anzola", cadastral_code="A324", **PLACE)
    apply(
        "ipa",
        ipa_file(
            tmp_path, ("c_a324", "Comune di Bologna", "L6", "N", "37006", "A324"), ("bol2", "BOLOGNA", "L33", "N", "037001")
        ),
    )
    assert entity("037006").ipa_code == "c_a324"
    assert entity("037001").ipa_code is None


@pytest.mark.usefixtures("bologna")
def test_bodies_in_liquidation_and_unknown_municipalities_are_left_out_and_told(tmp_path: Path) -> None:
    gone = add_entity("037004", "Bazzano")
    end_entity(gone, dt.date(2014, 1, 1), None)
    rows = (
        (*UNION[:3], "S", *UNION[4:]),
        ("c_x", "Comune di Ignoto", "L6", "N", "999999"),
        ("c_a726", "Comune di Bazzano", "L6", "N", "037004"),
        (*BOLOGNA[:6], "not an address", "pec", "urp@example.org", "altro"),
    )
    shown = plan("ipa", ipa_file(tmp_path, *rows))
    assert shown.problems == ()
    assert [line for line, _ in shown.notes] == [2, 3, 4, 5]
    assert "liquidation" in shown.notes[0][1]
    assert [line for _, line, _ in told(shown)] == [5, 5]


def test_an_address_that_ipa_no_longer_names_ends_and_others_stay(bologna: int, tmp_path: Path) -> None:
    add_contact(bologna, "mayor", "mayor@example.org", source="csv")
    apply("ipa", ipa_file(tmp_path, BOLOGNA))
    shown = apply("ipa", ipa_file(tmp_path, (*BOLOGNA[:6], "new@example.org", "pec", "urp@example.org", "altro")))
    assert shown.counts() == {"added": 1, "changed": 0, "ended": 1, "unchanged": 1}
    assert [email for _, email, _ in emails("037006")] == ["new@example.org", "urp@example.org", "mayor@example.org"]


def test_an_address_that_somebody_ended_does_not_come_back(bologna: int, tmp_path: Path, now: dt.datetime) -> None:
    file = ipa_file(tmp_path, BOLOGNA)
    apply("ipa", file)
    urp = next(row.id for row in addresses_of(bologna) if row.email == "urp@example.org")
    end_address(bologna, urp, actor="staff:1", now=now)
    shown = plan("ipa", file)
    assert shown.changes == ()
    assert "somebody has ended" in shown.notes[0][1]


@pytest.mark.usefixtures("bologna")
def test_a_changed_name_is_followed_and_the_kind_that_somebody_gave_stays(tmp_path: Path) -> None:
    add_entity("ucr", "Vecchia Unione", "ambito", ipa_code="ucr", **PLACE)
    apply("ipa", ipa_file(tmp_path, UNION))
    assert (entity("ucr").name, entity("ucr").kind) == ("Nuova Unione di Comuni", "ambito")


@pytest.mark.usefixtures("bologna")
def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    rows = (
        BOLOGNA,
        BOLOGNA,
        ("c_other", *BOLOGNA[1:]),
        ("", "Regione Senza Codice", "L4", "N", ""),
        ("r_x", "", "L4", "N", ""),
        ("037006", "Regione Strana", "L4", "N", ""),
        ("r\x00y", "Regione", "L4", "N", ""),
    )
    shown = plan("ipa", ipa_file(tmp_path, *rows))
    assert [line for line, _ in shown.problems] == [3, 4, 5, 6, 7, 8]
