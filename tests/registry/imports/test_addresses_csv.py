"""Addresses from a CSV file that people made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.registry.addresses import addresses_of
from app.registry.entity_languages import languages_of
from tests.registry.imports.sources import apply, plan, told, write
from tests.registry.rows import add_contact, add_entity, end_entity, everything

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def borgo(db_session: object) -> int:
    return add_entity("001001", "Borgo", province_sign="TO")


def emails(entity_id: int) -> list[tuple[str, str, str]]:
    return [(row.purpose, row.email, row.source) for row in addresses_of(entity_id)]


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        (("entity,purpose,email", "001001,social_services,Servizi@Example.org", '001001,"pec",pec@example.org'), "utf-8"),
        (("Ente;Uso;E-mail", "1001;Servizi sociali;servizi@example.org", "001001;PEC;pec@example.org"), "utf-8-sig"),
        (("perché;ente;uso;email", "è;001001;servizi_sociali;servizi@example.org", "ù;1001;pec;pec@example.org"), "latin-1"),
    ],
)
def test_lines_add_addresses(borgo: int, tmp_path: Path, lines: tuple[str, ...], encoding: str) -> None:
    shown = apply("addresses", write(tmp_path, lines, encoding=encoding))
    assert told(shown) == [
        ("added", 2, "Borgo (TO) [001001]: address (social_services) servizi@example.org"),
        ("added", 3, "Borgo (TO) [001001]: address (pec) pec@example.org"),
    ]
    assert emails(borgo) == [("pec", "pec@example.org", "csv"), ("social_services", "servizi@example.org", "csv")]


def test_a_line_says_in_which_language_the_entity_is_written_to(borgo: int, tmp_path: Path) -> None:
    other = add_entity("001002", "Altro", province_sign="TO")
    head = "ente;uso;email;lingua"
    lines = [head, "001001;mayor;a@example.org;SL", "001001;pec;b@example.org;", "001002;mayor;c@example.org;"]
    assert ("changed", 2, "Borgo (TO) [001001]") in [
        (group, line, text.partition(":")[0]) for group, line, text in told(apply("addresses", write(tmp_path, lines)))
    ]
    assert languages_of([borgo, other]) == {borgo: "sl", other: "it"}
    again = write(tmp_path, [head, "001001;mayor;a@example.org;"])
    assert apply("addresses", again).counts() == {"added": 0, "changed": 0, "ended": 0, "unchanged": 1}
    assert languages_of([borgo]) == {borgo: "sl"}, "an empty cell leaves what was chosen"
    wrong = write(
        tmp_path, [head, "001001;mayor;a@example.org;xx", "001002;pec;d@example.org;de", "001002;other;e@example.org;fr"]
    )
    assert len(plan("addresses", wrong).problems) == 2


def test_lines_end_addresses_and_others_stay(borgo: int, tmp_path: Path) -> None:
    add_contact(borgo, "mayor", "old@example.org", source="ipa")
    add_contact(borgo, "other", "stays@example.org")
    file = write(tmp_path, ["entity,purpose,email,action", "001001,mayor,OLD@example.org,end", "001001,mayor,new@example.org,"])
    assert apply("addresses", file).counts() == {"added": 1, "changed": 0, "ended": 1, "unchanged": 0}
    assert emails(borgo) == [("mayor", "new@example.org", "csv"), ("other", "stays@example.org", "csv")]
    assert plan("addresses", file).counts() == {"added": 0, "changed": 0, "ended": 0, "unchanged": 2}


def test_a_person_may_bring_an_ended_address_back(borgo: int, tmp_path: Path) -> None:
    add_contact(borgo, "mayor", "old@example.org", ended=True)
    apply("addresses", write(tmp_path, ["entity,purpose,email", "001001,mayor,old@example.org"]))
    assert emails(borgo) == [("mayor", "old@example.org", "csv")]


def test_every_wrong_line_is_named_and_nothing_changes(borgo: int, tmp_path: Path) -> None:
    end_entity(add_entity("001002", "Gone"), dt.date(2020, 1, 1), borgo)
    before = everything()
    lines = (
        "entity,purpose,email,action",
        "001001,mayor,one@example.org,",
        "001001,mayor,ONE@example.org,",
        "001001,fax,two@example.org,",
        "001001,mayor,nobody,",
        "999999,mayor,two@example.org,",
        "001002,mayor,two@example.org,",
        "001001,mayor,two@example.org,erase",
        "001001,mayor",
        "001 001,mayor,two@example.org,",
        '001001,mayor,"two"@example.org,',
        "",
        "001001,mayor,three@example.org,",
    )
    shown = plan("addresses", write(tmp_path, lines))
    assert [line for line, _ in shown.problems] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert shown.problems[0][1] == "this address stands in line 2 already"
    assert "register the address for its successor" in shown.problems[4][1]
    assert [change.line for change in shown.changes] == [2, 13]
    assert everything() == before


def test_a_formula_is_letters(borgo: int, tmp_path: Path) -> None:
    lines = ["entity,purpose,email", '001001,mayor,"=HYPERLINK(""http://example.org"")"', "001001,mayor,=cmd@example.org"]
    shown = plan("addresses", write(tmp_path, lines))
    assert [line for line, _ in shown.problems] == [2]
    assert [change.after for change in shown.changes] == ["=cmd@example.org"]
