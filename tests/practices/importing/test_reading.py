"""Files of others are read whole or refused with the place and the field; what they hold is plain text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.practices.importing.plain import plain_line, plain_text
from app.practices.importing.reading import read_source
from app.practices.importing.source import MOST_BYTES, MOST_FEATURES, Problem, UnfitFileError
from tests.practices.importing.files import FIRENZE, collection, feature, geojson, of_2017, umap


def problems(content: bytes) -> list[tuple[str, int, str]]:
    with pytest.raises(UnfitFileError) as refused:
        read_source(content)
    return [(one.reason, one.place, one.field) for one in refused.value.problems]


def test_a_umap_file_is_layers_of_features() -> None:
    source = read_source(of_2017())
    assert (source.form, source.title, len(source.layers), source.columns) == (
        "umap", "Le iniziative dei Comuni", 4, ("name", "description"),
    )  # fmt: skip
    assert [(one.place, one.texts["name"]) for one in source.features] == [
        (1, "Nido aperto"), (2, "Sportello famiglia"), (3, "Un centro nuovo"), (4, "Pacco nascita"),
    ]  # fmt: skip
    assert (source.features[0].latitude, source.features[0].longitude) == FIRENZE
    assert source.features[2].layer == "Attività per lo sviluppo dei centri per le famiglie"


@pytest.mark.parametrize("options", ["_umap_options", "_storage", "_storage_options", "properties"])
def test_the_names_of_layers_are_found_wherever_a_version_of_umap_wrote_them(options: str) -> None:
    layer = collection(feature("A"), **{options: {"name": "Natalità"}})
    source = read_source(json.dumps({"type": "umap", "layers": [layer, collection(feature("B"))]}).encode())
    assert source.layers == ("Natalità", "2")


def test_the_html_of_a_description_becomes_text_with_its_links() -> None:
    html = (
        "<h2>Nido</h2><p>Aperto&nbsp;<b>a&nbsp;tutti</b>, 5 < 6<br>vedi <a href='https://example.org/n?a=1&amp;b=2'>il sito</a>"
        "<script>alert(1)</script><iframe src='//x'>no</iframe> <a href='javascript:alert(2)'>qui</a></p><img src=x onerror=y>"
    )
    assert plain_text(html, 500) == "Nido\n\nAperto a tutti, 5 < 6\nvedi il sito (https://example.org/n?a=1&b=2) qui"


def test_the_marks_of_umap_go_and_its_links_stay() -> None:
    written = "# Centro\n**Orari** [[https://example.org|il sito]] {{https://example.org/foto.jpg}} {{{https://example.org}}}"
    assert plain_text(written, 500) == "Centro\nOrari il sito (https://example.org)"


def test_what_cannot_be_seen_goes() -> None:
    assert plain_line("a\x00b\u202ec\ud800\x1b[31m\u200bd\te", 100) == "abc[31md e"
    assert plain_text("x" * 50, 10) == "x" * 9 + "…"


@given(st.text(alphabet="<>ab/&;#*[]{}|\"'=! \n-", max_size=300))
def test_no_tag_survives_and_the_text_never_grows_without_bound(written: str) -> None:
    text = plain_text(written, 200)
    assert len(text) <= 200
    assert "<script" not in text.lower() or "&" in written


@pytest.mark.parametrize("piece", ["<a", "<!--", "<script>", "[[a|", "{{", "**", "&amp", "<a href='", "< ", "&#"])
def test_no_text_takes_long(piece: str) -> None:
    plain_text(piece * 40_000, 100)  # the limit of the test's own time is what it asserts


def test_other_geometries_are_stood_for_by_one_of_their_points_or_their_middle() -> None:
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[10, 44], [11, 44], [12, 45]]},
    }
    ring = [[10, 44], [12, 44], [12, 46], [10, 46], [10, 44]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    many = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": [[10, 44, 300]]}}
    mixed = {"type": "Feature", "properties": {}, "geometry": {"type": "GeometryCollection", "geometries": [many["geometry"]]}}
    found = [
        (one.latitude, one.longitude) for one in read_source(geojson(line, area, many, mixed, feature("x", None))).features
    ]
    assert found == [(44, 11), (45, 11), (44, 10), (44, 10), (None, None)]


def test_what_is_wrong_is_told_with_the_feature_and_the_field_all_at_once() -> None:
    circle = {"type": "Feature", "properties": {"name": "x"}, "geometry": {"type": "Circle", "coordinates": [1, 2]}}
    turned = feature("x", (1234.5, 11.0))
    texts = feature({"it": "x"})
    strings = {"type": "Feature", "properties": {"name": "x"}, "geometry": {"type": "Point", "coordinates": ["11", "43"]}}
    assert problems(geojson(feature("ok"), circle, turned, texts, strings, [])) == [
        ("geometry", 2, "geometry"),
        ("coordinates", 3, "coordinates"),
        ("text", 4, "name"),
        ("coordinates", 5, "coordinates"),
        ("form", 6, "type"),
    ]


def test_a_property_that_is_no_text_is_passed_over_and_told_once() -> None:
    odd = {"relations": [{"a": 1}], "tags": ["asilo", "nido"], "n": 12, "ok": True, "none": None, "far": 10**60}
    source = read_source(geojson(feature("a", **odd), feature("b", **odd)))
    assert source.features[0].texts == {"name": "a", "tags": "asilo; nido", "n": "12", "ok": "true"}
    assert source.notes == (Problem("text", 1, "relations"), Problem("text", 1, "far"))


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b" \n", "empty"),
    "no feature": (b'{"type":"FeatureCollection","features":[]}', "empty"),
    "deep": (b'{"type":' + b"[" * 400_000, "deep"),
    "deep objects": (b'{"a":' * 300_000, "deep"),
    "a number too large": (b'{"type":"FeatureCollection","features":[1e999]}', "number"),
    "not a number": (b'{"type":"FeatureCollection","features":[NaN]}', "form"),
    "half of a file": (of_2017()[:-40], "form"),
    "a lone surrogate": (b'{"type":"\\ud800"}', "form"),
    "latin letters": ('{"type":"FeatureCollection","features":[{"name":"à"}]}'.encode("latin-1"), "form"),
    "many pieces": (b'{"type":"FeatureCollection","features":[' + b"[]," * 1_100_000 + b"[]]}", "pieces"),
    "many features": (geojson(*[feature("x")] * (MOST_FEATURES + 1)), "many"),
    "many columns": (geojson(feature("x", **{f"c{n}": "1" for n in range(200)})), "columns"),
    "many layers": (umap(**{f"l{n}": [feature("x")] for n in range(200)}), "layers"),
    "another thing": (b'{"type":"Topology","objects":{}}', "form"),
    "a list": (b"[1,2]", "form"),
    "an archive": (b"PK\x03\x04" + b"\0" * 100, "form"),
    "large": (b"x" * (MOST_BYTES + 1), "large"),
    "binary": (b"name;\0\0\0", "encoding"),
    "a table of one line": (b"nome;comune\n", "empty"),
    "a million cells": (b"a;b\n" + b";" * 1_000_000, "columns"),
    "a name twice": (b"nome;Comune;nome\n1;2;3", "head"),
    "an endless cell": (b'nome;b\n"' + b"x" * 200_000, "line"),
    "an open quote": (b'nome;b\n"abc"def;1\n', "line"),
    "more cells than names": (b"nome;b\n1;2\n1;2;3\n", "line"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_what_is_wrong(name: str) -> None:
    content, reason = HOSTILE[name]
    assert problems(content)[0][0] == reason


def test_no_file_takes_more_memory_than_a_worker_may_have() -> None:
    """In a process of its own: the program with all its modules, and the costliest files of the size that is taken."""
    script = Path(__file__).with_name("hungry.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 256, f"{done.stdout.strip()} MiB"


TABLE = 'Titolo;Comune;Lat;Lon\nCaffè per mamme;Firenze;43,77;11,25\n\n"Due\nrighe";Bolzano;;\n'


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("latin-1"),
        TABLE.encode("utf-16"),
        TABLE.replace(";", "\t").encode(),
        TABLE.replace(",", ".").replace(";", ",").encode(),
        TABLE.replace("\n", "\r\n").encode("cp1252"),
    ],
    ids=["utf-8", "with its mark", "latin-1", "utf-16", "tabs", "commas", "windows"],
)
def test_tables_are_read_in_every_usual_form(content: bytes) -> None:
    source = read_source(content)
    assert source.columns == ("Titolo", "Comune", "Lat", "Lon")
    first, second = source.features
    assert (first.place, first.texts, first.latitude, first.longitude) == (
        2, {"Titolo": "Caffè per mamme", "Comune": "Firenze"}, 43.77, 11.25,
    )  # fmt: skip
    assert (second.place, second.texts["Titolo"], second.latitude) == (4, "Due\nrighe", None)


def test_wrong_degrees_in_a_table_name_the_line_and_the_column() -> None:
    assert problems(b"nome;lat;lon\na;43.1;11\nb;nord;11\nc;99;11\nd;=1+1;2\n") == [
        ("coordinates", 3, "lat"),
        ("coordinates", 4, ""),
        ("coordinates", 5, "lat"),
    ]


def test_a_formula_is_text() -> None:
    source = read_source(b"nome;descrizione\n\"=cmd|' /C calc'!A0\";+39 055\n")
    assert source.features[0].texts == {"nome": "=cmd|' /C calc'!A0", "descrizione": "+39 055"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(["type", "features", "layers", "properties", "geometry", "coordinates", "name", "_umap_options"])
WORDS = st.sampled_from(["umap", "FeatureCollection", "Feature", "Point", "Polygon", "GeometryCollection"])
ODD = st.recursive(
    JSON | WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner | WORDS, max_size=5), max_leaves=25
)


@settings(max_examples=300)
@given(ODD, st.sampled_from(["umap", "FeatureCollection", "Feature"]))
def test_whatever_json_holds_it_is_read_or_refused(whole: Any, kind: str) -> None:
    shaped = whole if isinstance(whole, dict) else {"features": [whole], "layers": [whole]}
    _read_or_refused(json.dumps({**shaped, "type": kind}).encode("utf-8", "surrogatepass"))


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.text(alphabet='ab;,\t"\n\r=\u00e0', max_size=300).map(str.encode))
def test_whatever_bytes_they_are_read_or_refused(content: bytes) -> None:
    _read_or_refused(content)


def _read_or_refused(content: bytes) -> None:
    try:
        source = read_source(content)
    except UnfitFileError as refused:
        assert refused.problems
        return
    assert source.features
    for one in source.features:
        assert all(isinstance(text, str) and text for text in one.texts.values())
        assert (one.latitude is None) == (one.longitude is None)
