"""An edition's file: what it says, and what is said of one that is wrong."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from app.editions.files import EditionFileError, read_edition_file
from app.questionnaire.loader import DefinitionError, read_shipped
from tests.editions.conftest import FIELDS, ReadFile, WriteFile


def refused(path: Path) -> list[str]:
    with pytest.raises(EditionFileError) as caught:
        read_edition_file(path)
    assert str(caught.value).splitlines() == [f"{path.name}: {problem}" for problem in caught.value.problems]
    return caught.value.problems


def test_a_file_says_when_in_rome_and_the_whole_last_minute_counts(read: ReadFile) -> None:
    file = read()
    assert file.opens_at == dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
    assert file.closes_at == dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
    assert (file.code, file.title, file.questionnaire.code) == ("2026", "Ricognizione 2026", "RBP5")
    assert (file.period_from, file.period_to) == (dt.date(2025, 9, 1), dt.date(2026, 8, 31))


def test_dates_may_be_written_as_yaml_reads_them(tmp_path: Path, write: WriteFile) -> None:
    text = (
        write()
        .read_text(encoding="utf-8")
        .replace("'2026-04-30 23:59'", "2026-04-30 23:59:30")
        .replace("'2025-09-01'", "2025-09-01")
    )
    file = tmp_path / "native.yaml"
    file.write_text(text, encoding="utf-8")
    described = read_edition_file(file)
    assert described.closes_at == dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
    assert described.period_from == dt.date(2025, 9, 1)


@pytest.mark.parametrize("name", ["code", "title", "period", "opening", "deadline", "questionnaire"])
def test_a_missing_field_is_named(write: WriteFile, name: str) -> None:
    assert refused(write(**{name: None})) == [f"Object missing required field `{name}`"]


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"closing": "2026-05-01"}, ["Object contains unknown field `closing`"]),
        ({"code": 2026}, ["Expected `str`, got `int` - at `$.code`"]),
        ({"code": "2026/I"}, ["code: letters, digits and hyphens, at most 40"]),
        ({"title": "  "}, ["title: between 1 and 300 characters"]),
        ({"period": {"from": "2025-09-01"}}, ["Object missing required field `to` - at `$.period`"]),
        ({"period": {"from": "2026-09-01", "to": "2026-08-31"}}, ["period: `from` comes after `to`"]),
        ({"opening": "domani"}, ["opening: write it as 2026-10-01 09:00, Rome time"]),
        ({"deadline": "2026-04-30"}, ["deadline: write it as 2026-10-01 09:00, Rome time"]),
        ({"opening": 20260301}, ["opening: write it as 2026-10-01 09:00, Rome time"]),
        ({"deadline": "2026-02-30 12:00"}, ["deadline: write it as 2026-10-01 09:00, Rome time"]),
        ({"deadline": "2026-03-01 09:00"}, ["deadline: it must come after the opening"]),
        ({"opening": "2026-05-01 09:00"}, ["deadline: it must come after the opening"]),
        (
            {"opening": "2026-03-29 02:30"},
            ["opening: that hour does not exist on the day when daylight saving begins"],
        ),
        ({"results_url": "javascript:alert(1)"}, ["results_url: a web address that begins with https://"]),
        ({"accessibility_url": "form.agid.gov.it"}, ["accessibility_url: a web address that begins with https://"]),
        ({"contacts": [{"mail": "a@example.org"}]}, ["Object contains unknown field `mail` - at `$.contacts[0]`"]),
        ({"questionnaire": "RBP9"}, ["questionnaire: RBP9 is neither one that ships (RBP5) nor a readable file"]),
        ({"letter": "lettera.pdf"}, ["letter: lettera.pdf cannot be read: No such file or directory"]),
        ({"pilot": ["048017", "048017"]}, ["pilot: 048017 stands there twice"]),
        (
            {"plan": [{"day": "2026-05-01", "percent": 90}, {"day": "2026-03-31", "percent": 90}]},
            [
                "plan: row 2, day: a day from the opening (2026-03-01) to the deadline (2026-04-30)",
                "plan: row 2, percent: more than the row before: the plan grows",
            ],
        ),
        ({"plan": [{"day": "2026-04-01", "percent": 0}]}, ["plan: row 1, percent: a percent from 1 to 100"]),
        ({"plan": [{"day": "2026-04-01"}]}, ["Object missing required field `percent` - at `$.plan[0]`"]),
        ({"contacts": [{"name": ""}]}, ["contacts: row 1, name: a name, so that people know whom they call"]),
    ],
)
def test_what_is_wrong_is_named(write: WriteFile, changed: dict[str, Any], problems: list[str]) -> None:
    assert refused(write(**changed)) == problems


def test_every_wrong_place_is_named_at_once(write: WriteFile) -> None:
    assert refused(write(opening="domani", title="", questionnaire="RBP9", letter="x.pdf")) == [
        "opening: write it as 2026-10-01 09:00, Rome time",
        "title: between 1 and 300 characters",
        "letter: x.pdf cannot be read: No such file or directory",
        "questionnaire: RBP9 is neither one that ships (RBP5) nor a readable file",
    ]


def test_a_letter_is_a_pdf_of_bearable_size(tmp_path: Path, write: WriteFile, read: ReadFile) -> None:
    (tmp_path / "lettera.pdf").write_bytes(b"%PDF-1.7 contenuto")
    assert read(letter="lettera.pdf").letter == b"%PDF-1.7 contenuto"
    (tmp_path / "lettera.pdf").write_bytes(b"PK\x03\x04")
    assert refused(write(letter="lettera.pdf")) == ["letter: lettera.pdf is not a PDF"]
    (tmp_path / "lettera.pdf").write_bytes(b"%PDF-" + bytes(5 * 1024 * 1024))
    assert refused(write(letter="lettera.pdf")) == ["letter: lettera.pdf is larger than 5 MB"]


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "edition.yaml"
    assert refused(file) == ["cannot be read: No such file or directory"]
    file.write_bytes("title: Qualità".encode("latin-1"))
    assert refused(file) == ["is not UTF-8 text (byte 13)"]
    file.write_text("x" * 300_000, encoding="utf-8")
    assert refused(file) == ["larger than 256 kB: an edition's file is a page long"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("code: '2026'\ntitle: [aperta\n", "line 3: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("code: x\ntitle: a\x07b\n", "not YAML: the character #x0007 cannot stand there"),
        ("- una lista\n", "Expected `object`, got `array`"),
        ("", "Expected `object`, got `null`"),
        ("title: !!python/name:os.system\n", None),
        ("period: {from: 2025-02-30, to: 2026-01-01}\n", "a date or time that does not exist: day is out of range for month"),
        ("[" * 5_000, "not YAML: nested too deeply"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(tmp_path: Path, text: str, problem: str | None) -> None:
    file = tmp_path / "edition.yaml"
    file.write_text(text, encoding="utf-8")
    found = refused(file)
    assert len(found) == 1
    if problem is None:
        assert found[0].startswith("line 1: not YAML: could not determine a constructor")
    else:
        assert found == [problem]


def test_a_questionnaire_with_errors_names_its_own_file_and_line(tmp_path: Path, write: WriteFile) -> None:
    source = read_shipped("RBP5").replace("show_if: \"B01 == 'none'\"", "show_if: \"B99 == 'none'\"")
    (tmp_path / "mio.yaml").write_text(source, encoding="utf-8")
    line = source[: source.index("B99")].count("\n") + 1
    with pytest.raises(DefinitionError) as caught:
        read_edition_file(write(questionnaire="mio.yaml"))
    assert f"mio.yaml:{line}:" in str(caught.value)


def test_the_fields_of_this_test_make_a_good_file(read: ReadFile) -> None:
    assert read().contacts[0].name == FIELDS["contacts"][0]["name"]


@pytest.mark.parametrize("name", ["code", "title", "questionnaire", "letter", "results_url"])
@pytest.mark.parametrize("unfit", ["\0", "\x1b[2J", "\ud800"])
def test_a_text_that_nobody_can_read_is_refused_by_its_place(write: WriteFile, name: str, unfit: str) -> None:
    file = write(**{name: "@"})
    file.write_text(file.read_text(encoding="utf-8").replace("'@'", json.dumps(f"a{unfit}b")), encoding="utf-8")
    assert refused(file) == [f"{name}: a text holds a character that is not one to read"]


@pytest.mark.parametrize("name", ["contacts", "pilot"])
def test_a_list_with_such_a_text_is_refused_too(write: WriteFile, name: str) -> None:
    value = [{"name": "@"}] if name == "contacts" else ["@"]
    file = write(**{name: value})
    file.write_text(file.read_text(encoding="utf-8").replace("'@'", '"a\\0b"'), encoding="utf-8")
    assert refused(file) == [f"{name}: a text holds a character that is not one to read"]


@pytest.mark.parametrize("name", ["period", "contacts"])
def test_half_a_character_where_no_text_belongs_is_refused(write: WriteFile, name: str) -> None:
    file = write(**{name: "@"})
    file.write_text(file.read_text(encoding="utf-8").replace("'@'", '"\\ud800"'), encoding="utf-8")
    assert len(refused(file)) == 1


@pytest.mark.parametrize("name", ["opening", "deadline"])
@pytest.mark.parametrize("written", ["0001-01-01 00:00", "9999-12-31 23:59-05:00", ["2026-03-01 09:00"], {"a": ":"}])
def test_an_instant_that_no_calendar_can_show_is_refused(write: WriteFile, name: str, written: object) -> None:
    assert f"{name}: write it as 2026-10-01 09:00, Rome time" in refused(write(**{name: written}))


def test_an_instant_grown_by_aliases_is_refused_without_being_written_out(write: WriteFile) -> None:
    rows = ["opening: &a [x, x, x, x, x, x, x, x, x, x]"]
    bombs = [
        f"b{level}: &{after} [{', '.join([f'*{before}'] * 10)}]"
        for level, (before, after) in enumerate(zip("abcdefgh", "bcdefghi", strict=True))
    ]
    inside = "{" + ", ".join([rows[0].replace("opening", "a"), *bombs]) + "}"
    file = write(opening="@")
    file.write_text(file.read_text(encoding="utf-8").replace("'@'", inside), encoding="utf-8")
    assert refused(file) == ["opening: write it as 2026-10-01 09:00, Rome time"]


@pytest.mark.parametrize("address", ["https://[", "https://a℀b.example", "javascript:alert(1)", "https:///x"])
def test_what_is_no_web_address_is_refused(write: WriteFile, address: str) -> None:
    assert refused(write(results_url=address)) == ["results_url: a web address that begins with https://"]


def test_the_plan_stands_by_day(read: ReadFile) -> None:
    file = read(plan=[{"day": "2026-04-30", "percent": 60}, {"day": "2026-03-31", "percent": 20}])
    assert file.plan == ((dt.date(2026, 3, 31), 20), (dt.date(2026, 4, 30), 60))
    assert read().plan == ()


def test_a_second_step_is_asked_for_only_where_the_file_says_so(read: ReadFile, write: WriteFile) -> None:
    assert (read().second_step, read(second_step=True).second_step) == (False, True)
    assert refused(write(second_step="ogni tanto")) == ["Expected `bool`, got `str` - at `$.second_step`"]
