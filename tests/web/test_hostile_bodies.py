"""Bodies that no browser sends: each was a fault or took too much memory once. Found by `make figure NAME=hostile-input`."""

from __future__ import annotations

import io
import tracemalloc
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.web import incoming

URLENCODED = "application/x-www-form-urlencoded"


class BrokenChunks(io.RawIOBase):
    """What a server's body does whose chunks are not what they say."""

    def read(self, _size: int = -1) -> bytes:
        raise RuntimeError("invalid chunk")


@pytest.mark.parametrize("path", ["/accedi", "/lingua"])
def test_chunks_that_are_none_are_the_senders_fault(app: Flask, path: str) -> None:
    broken = {"wsgi.input": BrokenChunks(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = app.test_client().post(path, content_type=URLENCODED, headers=headers, environ_overrides=broken)
    assert answer.status_code == 400


@pytest.mark.parametrize("head", [b"X: y\r\n" * 2_000, b"X: " + b"y" * 20_000 + b"\r\n"])
def test_a_part_of_more_headers_than_a_browser_sends_is_refused(app: Flask, head: bytes) -> None:
    body = b"--b\r\n" + head + b'Content-Disposition: form-data; name="lingua"\r\n\r\nen\r\n--b--\r\n'
    headers = {"Sec-Fetch-Site": "same-origin"}
    kind = "multipart/form-data; boundary=b"
    taken = [
        app.test_client().post("/lingua", data=one, content_type=kind, headers=headers) for one in (body, _short(body, head))
    ]
    assert [answer.status_code for answer in taken] == [413, 400]  # the second was read: it lacks its token


def _short(body: bytes, head: bytes) -> bytes:
    return body.replace(head, b"")


@given(st.text(alphabet="%+=&aC3A8f\xe8z4", max_size=60))
def test_a_form_is_read_as_others_read_it_wherever_its_slices_end(body: str) -> None:
    wanted = parse_qsl(body, keep_blank_values=True, errors="werkzeug.url_quote")
    for size in (3, 5, 8_192):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(incoming, "SLICE", size)
            assert incoming._pairs_of(body.encode()) == wanted


def test_a_form_of_nothing_but_escapes_takes_little_memory() -> None:
    body = b"a=" + b"%C3%A8" * 160_000
    tracemalloc.start()
    try:
        pairs = incoming._pairs_of(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert pairs == [("a", "è" * 160_000)]
    assert peak < 8 * len(body)
