"""In which encoding a client is answered, by what it says that it reads."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask import Flask

from app.web.content_encoding import BROTLI, GZIP, asked_encoding, encoding_for, unpacked


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", ""),
        ("identity", ""),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP, BR", "br"),
        ("br;q=0", ""),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("br;q=0.8, gzip;q=0.2", "br"),
        ("gzip;q=0.5, br;q=0.5", "br"),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("identity, br;q=0.5", ""),
        ("deflate, zstd", ""),
        ("br;q=much", ""),
        (";;,=", ""),
    ],
)
def test_the_client_gets_what_it_reads_best(accepted: str, expected: str) -> None:
    assert encoding_for(accepted) == expected


@pytest.mark.parametrize(("accepted", "expected"), [("gzip", ""), ("gzip, br;q=0.1", "br"), ("br;q=0", ""), ("gzip, *", "br")])
def test_where_one_alone_is_offered_no_other_is_chosen(app: Flask, accepted: str, expected: str) -> None:
    with app.test_request_context(headers={"Accept-Encoding": accepted}):
        assert asked_encoding(BROTLI) == expected


def test_who_says_nothing_is_answered_plainly(app: Flask) -> None:
    with app.test_request_context():
        assert asked_encoding() == ""


def test_what_is_kept_packed_reads_the_same_in_each_encoding() -> None:
    content = "perché ".encode() * 100
    packed = brotli.compress(content)
    assert unpacked(packed, BROTLI) is packed
    assert gzip.decompress(unpacked(packed, GZIP)) == content
    assert unpacked(packed, "") == content
