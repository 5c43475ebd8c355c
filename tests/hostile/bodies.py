"""Requests byte by byte that no client of ours makes: too long, cut short, wrongly counted, nested, doubled, compressed.

Not for: what a form means (`forms.py`).
Holds always: each gets an answer, or its connection is closed, within some seconds; the memory of gunicorn's processes is
looked at all the while.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil

from tests.browsing import Visitor
from tests.hostile.corpus import targets
from tests.hostile.forms import SLOW, SYNC, Endings
from tests.live_site import Site

PATIENCE = 15.0
LARGE = 1_000_000  # just below the limit of a body
BEYOND = 64 * 1024 * 1024
EVERY = 0.02  # seconds
HEAD = b"POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\nX-CSRFToken: %s\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
PARTS = b"Content-Type: multipart/form-data; boundary=b\r\n"
PATHS = (b"/accedi", b"/compila/B", b"/compila/sincronizza", b"/gestione/risposte/esporta", b"/nowhere")


@dataclass
class MemoryWatch:
    """The most memory that one process of a site has held, in MB."""

    site: Site
    peak: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> MemoryWatch:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                assert self.site.process is not None
                root = psutil.Process(self.site.process.pid)
                held = max(one.memory_info().rss for one in (root, *root.children(recursive=True)))
            except (psutil.Error, AssertionError):
                continue
            self.peak = max(self.peak, held / 1_000_000)


def bodies() -> Iterator[tuple[str, bytes, bytes]]:
    """(name, head's last lines, what follows)."""
    for texts in (_forms(), _json(), _parts()):
        for name, (kind, body) in texts.items():
            yield name, kind + b"Content-Length: %d\r\n" % len(body), body
    yield from _lengths()
    yield from _heads()


def _forms() -> dict[str, tuple[bytes, bytes]]:
    return {
        "a field as long as may be": (FORM, b"a=" + b"x" * LARGE),
        "as many fields as fit": (FORM, b"a&" * (LARGE // 2)),
        "one name many times": (FORM, b"entity=1&" * 4_900),
        "escapes": (FORM, b"a=" + b"%F0%9F" * (LARGE // 6)),
        "no UTF-8": (FORM, b"entity=\xff\xfe\xc3\x28&\xff=\xed\xa0\x80"),
        "names of brackets": (FORM, b"a" + b"[a]" * (LARGE // 3) + b"=1"),
    }


def _json() -> dict[str, tuple[bytes, bytes]]:
    return {
        "deep lists": (JSON, b"[" * LARGE),
        "deep mappings": (JSON, b'{"a":' * (LARGE // 5)),
        "deep saves": (JSON, b'{"response":1,"entity":"048017","saves":[{"save_id":"a","operations":' + b"[" * 400_000),
        "many small things": (JSON, b"[" + b"{}," * (LARGE // 3) + b"1]"),
        "many operations": (
            JSON,
            b'{"response":1,"entity":"048017","saves":[{"save_id":"a","operations":[' + b"{}," * 300_000 + b"{}]}]}",
        ),
        "doubled keys": (JSON, b'{"response":1,' + b'"entity":"048017",' * 50_000 + b'"saves":[]}'),
        "a long number": (JSON, b'{"response":' + b"9" * LARGE + b"}"),
        "infinite numbers": (JSON, b'{"response":1e99999,"entity":NaN,"since":-Infinity}'),
        "half characters": (JSON, b'{"response":1,"entity":"\\ud800","saves":[{"save_id":"\\udfff","operations":[]}]}'),
        "no JSON": (JSON, b"\xff\xfe{\x00}\x00"),
        "an XML bomb": (b"Content-Type: application/xml\r\n", _entities()),
    }


def _parts() -> dict[str, tuple[bytes, bytes]]:
    return {
        "parts without end": (PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * LARGE),
        "many parts": (PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 15_000 + b"--b--\r\n"),
        "parts of headers": (PARTS, b"--b\r\n" + b"X: y\r\n" * 150_000 + b"\r\n1\r\n--b--\r\n"),
        "a part's long header": (
            PARTS,
            b'--b\r\nContent-Disposition: form-data; name="' + b"x" * 900_000 + b'"\r\n\r\n1\r\n--b--\r\n',
        ),
        "no boundary": (b"Content-Type: multipart/form-data\r\n", b"--b\r\n\r\n1\r\n--b--\r\n"),
        "an empty boundary": (b"Content-Type: multipart/form-data; boundary=\r\n", b"--\r\n\r\n1\r\n----\r\n"),
        "a long boundary": (b"Content-Type: multipart/form-data; boundary=" + b"b" * 6_000 + b"\r\n", b"--b--"),
        "nothing but hyphens": (PARTS, b"\r\n--" * (LARGE // 4)),
        "a file that is a path": (
            PARTS,
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../etc/passwd\0.pdf"\r\n\r\n%PDF\r\n--b--\r\n',
        ),
        "an unknown charset": (b"Content-Type: application/x-www-form-urlencoded; charset=utf-7\r\n", b"a=+ADw-script+AD4-"),
        "a bomb of gzip": (FORM + b"Content-Encoding: gzip\r\n", gzip.compress(b"a=" + b"x" * BEYOND)),
    }


def _lengths() -> Iterator[tuple[str, bytes, bytes]]:
    yield "more than may be", FORM + b"Content-Length: %d\r\n" % BEYOND, b"a=" + b"x" * (8 * 1024 * 1024)
    yield "more than is said", FORM + b"Content-Length: 3\r\n", b"a=" + b"x" * 5_000
    yield "less than none", FORM + b"Content-Length: -1\r\n", b"a=1"
    yield "a length that is none", FORM + b"Content-Length: 1e3\r\n", b"a=1"
    yield "two lengths", FORM + b"Content-Length: 3\r\nContent-Length: 9\r\n", b"a=1"
    yield (
        "a length and chunks",
        FORM + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    )
    yield "endless chunks", FORM + b"Transfer-Encoding: chunked\r\n", b"10000\r\n" + (b"x" * 0x10000 + b"\r\n10000\r\n") * 160
    yield "chunks that are none", FORM + b"Transfer-Encoding: chunked\r\n", b"zz\r\nxx\r\n0\r\n\r\n"
    yield "a huge chunk", FORM + b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\nxx"
    yield "an unknown coding", FORM + b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"


def _heads() -> Iterator[tuple[str, bytes, bytes]]:
    yield "many headers", b"".join(b"X-%d: 1\r\n" % number for number in range(2_000)), b""
    yield "a long header", b"X: " + b"x" * 200_000 + b"\r\n", b""
    yield "a long cookie", b"Cookie: " + b"a=b; " * 1_500 + b"\r\n", b""
    yield "a header on two lines", b"X-A: 1\r\n Host: attack.invalid\r\n", b""
    yield "another host", b"X-Forwarded-Host: attack.invalid\r\nX-Forwarded-Proto: x\r\n", b""
    yield "a name of a header that is none", b"X A: 1\r\n: 2\r\n\xff: 3\r\n", b""


def _entities() -> bytes:
    levels = [f'<!ENTITY a{one} "{f"&a{one - 1};" * 10}">' for one in range(1, 10)]
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "x">{"".join(levels)}]><a>&a9;</a>'.encode()


def send_all(site: Site, cookies: dict[str, str], endings: Endings) -> None:
    """Every body to some addresses, every target, and eight of the largest at once."""
    visitor = Visitor(site.url)
    visitor.cookies.update(cookies)
    token = json.loads(visitor.get(f"{SYNC}?since=0")[2])["token"].encode()
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
    host = f"127.0.0.1:{site.port}".encode()
    jobs = [
        (f"{name} to {path.decode()}", HEAD % (path, host, jar, token) + lines + b"\r\n", body)
        for name, lines, body in bodies()
        for path in PATHS
    ]
    jobs += [(f"GET {target!r}", b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", b"") for target in targets()]
    jobs += [(f"{one!r}", one, b"") for one in _no_requests(host)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: _send(site, *job, endings), jobs))


def _no_requests(host: bytes) -> list[bytes]:
    line = b"GET /accedi HTTP/1.1\r\nHost: "
    return [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /accedi\r\n\r\n",
        b"GET /accedi HTTP/9.9\r\n\r\n",
        b"GET /accedi HTTP/1.1\r\n\r\n",
        b"GET http://attack.invalid/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        b"TRACE /accedi HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        b"CONNECT attack.invalid:443 HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"<script> / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        *(
            line + name + b"\r\n\r\n"
            for name in (b"attack.invalid", b"", b"127.0.0.1@attack.invalid", b"a\xff", b"[::1", b"127.0.0.1:x")
        ),
    ]


def _send(site: Site, name: str, head: bytes, body: bytes, endings: Endings) -> None:
    began, got = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(head + body)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it would not hear the rest: its answer may be there all the same
        try:
            while more := connection.recv(65_536):
                got += more
        except OSError:
            pass
    status = int(got[9:12]) if re.match(rb"HTTP/1.[01] \d{3}", got) else 1  # closed without a word: it was no request
    seconds = time.monotonic() - began
    endings.note(name, head[:200], status, 0 if seconds < SLOW else seconds, b"")
    if b"\r\nX-Attack:" in got.partition(b"\r\n\r\n")[0] or b"root:x:" in got:
        endings.headers.add(name)


def is_alive(site: Site) -> bool:
    """Whether it still serves."""
    return site._answers()
