"""docs/security.md tells every item of ASVS 5.0.0 up to level 2 once, names files that exist and has the sections it needs."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.config import NAMES
from tests.live_site import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
ITEMS = Path(__file__).parent / "asvs_5_0_levels_1_2.csv"
STATES = {"met", "partly", "not met", "n/a"}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+?) \| (.*?) \| ?(.*?) ?\|$", re.MULTILINE)
FILE = re.compile(r"`((?:app|tests|tools|docs)/[^`]+|[a-z_]+(?:\.[a-z_]+)*\.(?:py|md))`|(docs/[a-z]+\.md)")
SECTIONS = {"signing in", "sessions", "keys", "data", "connections", "logs", "packages", "costly work"}


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    item: str
    level: str
    asks: str
    state: str
    how: str
    tests: str


def _rows() -> list[Row]:
    return [Row(*found) for found in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))]


def _items() -> list[tuple[str, str]]:
    with ITEMS.open(encoding="utf-8", newline="") as file:
        return [(row["requirement"], row["level"]) for row in csv.DictReader(file)]


def test_the_list_of_items_is_whole() -> None:
    assert len(_items()) == len(set(_items())) == 253
    assert Counter(level for _, level in _items()) == {"1": 70, "2": 183}


def test_every_item_stands_in_the_table_once_with_its_level() -> None:
    assert [(row.item, row.level) for row in _rows()] == _items()


def test_every_line_has_a_state_and_says_how_or_why() -> None:
    assert {row.state for row in _rows()} == STATES
    assert [row.item for row in _rows() if len(row.how) < 5 or len(row.asks) < 4] == []


def test_what_is_met_says_where_it_is_tested() -> None:
    assert [row.item for row in _rows() if row.state == "met" and "`tests/" not in row.tests] == []


def test_every_file_named_exists() -> None:
    found = FILE.findall(DOCUMENT.read_text(encoding="utf-8"))
    named = {first or second for first, second in found}
    assert len(named) > 100
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_count_above_the_table_is_right() -> None:
    states = Counter(row.state for row in _rows())
    counted = (
        f"{len(_rows())} items: {states['met']} met, {states['partly']} partly, {states['not met']} not met, {states['n/a']}"
    )
    assert counted in DOCUMENT.read_text(encoding="utf-8")


def test_the_sections_that_the_table_refers_to_are_there() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    referred = set(re.findall(r"the section on ([a-z ]+) above", text))
    headings = {heading.lower().removesuffix(" and cryptography") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert referred == SECTIONS
    assert headings > SECTIONS


def test_the_settings_named_are_settings() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", DOCUMENT.read_text(encoding="utf-8")))
    assert named - set(NAMES) - {"limit_conn", "render_template_string", "unescaped_output", "url_for"} == set()


def test_the_proxy_of_the_guide_speaks_no_old_encryption_and_waits_for_nobody_for_ever() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [nginx] = re.findall(r"```nginx\n(.*?)```", guide, re.DOTALL)
    assert re.findall(r"ssl_protocols (.*?);", nginx) == ["TLSv1.2 TLSv1.3"]
    assert re.findall(r"ssl_ciphers (.*?);", nginx) == ["ECDHE+AESGCM:ECDHE+CHACHA20"]
    for limit in ("client_header_timeout", "client_body_timeout", "send_timeout", "limit_conn ", "client_max_body_size"):
        assert nginx.count(limit) == 1
    assert "proxy_request_buffering on;" in nginx
    assert nginx.count("{") == nginx.count("}")
