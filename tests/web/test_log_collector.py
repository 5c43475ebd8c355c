"""The log's lines at a real collector: over UDP, TCP, TLS and a socket, and what happens while none is there."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.web import log, log_collector
from app.web.log_collector import MOST_WAITING, Address, Collector, address_of
from tests.smtp_server import CERTIFICATE, certificate

FRAME = re.compile(rb"<(\d+)>1 (\S+) \S+ ricognizione (\d+) - - (\{.*\})")
SOON = 5.0


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    log.configure("info")


@contextmanager
def datagrams(kind: socket.AddressFamily, where: Any) -> Iterator[tuple[socket.socket, str]]:
    """A listener for datagrams, and how the setting names it."""
    with socket.socket(kind, socket.SOCK_DGRAM) as there:
        there.bind(where)
        there.settimeout(SOON)
        yield there, str(where) if kind == socket.AF_UNIX else f"udp:127.0.0.1:{there.getsockname()[1]}"


class Stream:
    """A listener that reads frames with their length before them."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.port = int(self._server.getsockname()[1])
        self.frames: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                there, _who = self._server.accept()
                there = self._context.wrap_socket(there, server_side=True) if self._context else there
            except OSError:
                if self._server.fileno() < 0:
                    return
                continue
            with there, there.makefile("rb") as read:
                self._read(read.read)

    def _read(self, read: Callable[[int], bytes]) -> None:
        length = b""
        while signs := read(1):
            if signs != b" ":
                length += signs
                continue
            self.frames.append(read(int(length)))
            length = b""

    def close(self) -> None:
        self._server.close()

    def first(self) -> bytes:
        until = time.monotonic() + SOON
        while not self.frames and time.monotonic() < until:
            time.sleep(0.01)
        return self.frames[0]


@pytest.fixture
def tcp() -> Iterator[Stream]:
    listener = Stream()
    yield listener
    listener.close()


def read(message: bytes) -> tuple[int, dict[str, object]]:
    """Priority and line of a message of RFC 5424."""
    found = FRAME.fullmatch(message)
    assert found is not None, message
    assert int(found[3]) == os.getpid()
    return int(found[1]), json.loads(found[4])


def ask(make_app: Callable[..., Flask], collector: str, path: str = "/non-esiste") -> None:
    make_app(log_syslog=collector).test_client().get(path)


def test_a_request_s_line_goes_to_standard_error_and_to_the_collector(
    make_app: Callable[..., Flask], capfd: pytest.CaptureFixture[str]
) -> None:
    with datagrams(socket.AF_INET, ("127.0.0.1", 0)) as (there, address):
        ask(make_app, address)
        priority, line = read(there.recv(8_192))
    assert (priority, line["event"], line["status"]) == (16 * 8 + 6, "request", 404)
    assert line == json.loads(capfd.readouterr().err.splitlines()[-1])


def test_a_refusal_is_a_warning(make_app: Callable[..., Flask]) -> None:
    with datagrams(socket.AF_INET, ("127.0.0.1", 0)) as (there, address):
        make_app(log_syslog=address)
        log.log_refusal("role", staff=7)
        priority, line = read(there.recv(8_192))
    assert (priority, line["reason"], line["staff"]) == (16 * 8 + 4, "role", 7)


def test_a_socket_of_this_machine(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    with datagrams(socket.AF_UNIX, str(tmp_path / "log")) as (there, address):
        ask(make_app, address)
        assert read(there.recv(8_192))[1]["event"] == "request"


def test_over_tcp_each_message_has_its_length_before_it(make_app: Callable[..., Flask], tcp: Stream) -> None:
    ask(make_app, f"tcp:127.0.0.1:{tcp.port}")
    assert read(tcp.first())[1]["event"] == "request"


def test_over_tls_the_certificate_is_verified(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Stream(certificate())
    ask(make_app, f"tls:localhost:{listener.port}")
    time.sleep(0.3)
    assert listener.frames == [], "nobody trusts this certificate"
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    ask(make_app, f"tls:localhost:{listener.port}")
    assert read(listener.first())[1]["event"] == "request"
    listener.close()


def test_nobody_waits_for_a_collector_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, go_on = threading.Event(), threading.Event()

    def hang(_address: Address) -> socket.socket:
        stuck.set()
        go_on.wait()
        raise TimeoutError

    monkeypatch.setattr(log_collector, "_connected", hang)
    collector = Collector(address_of("tcp:127.0.0.1:514"))
    began = time.perf_counter()
    collector.send(b"{}", "info")
    assert stuck.wait(SOON)
    for _ in range(MOST_WAITING + 5):
        collector.send(b"{}", "info")
    assert time.perf_counter() - began < 2
    assert collector._dropped == 5
    go_on.set()


def test_one_that_was_away_gets_the_next_lines_and_how_many_were_dropped(monkeypatch: pytest.MonkeyPatch, tcp: Stream) -> None:
    monkeypatch.setattr(log_collector, "PAUSE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    collector = Collector(Address("tcp", "127.0.0.1", port))
    collector.send(b'{"event":"lost"}', "info")
    assert collector.wait_until_sent(SOON)
    collector._address = Address("tcp", "127.0.0.1", tcp.port)
    collector.send(b'{"event":"here"}', "error")
    assert collector.wait_until_sent(SOON)
    tcp.first()
    time.sleep(0.1)
    assert [read(one) for one in tcp.frames] == [
        (16 * 8 + 4, {"event": "lines dropped", "count": 1}),
        (16 * 8 + 3, {"event": "here"}),
    ]


def test_a_process_that_was_forked_sends_its_own_lines(tcp: Stream) -> None:
    collector = Collector(Address("tcp", "127.0.0.1", tcp.port))
    collector._process = os.getpid() + 1  # as it is in a child: the queue's thread stayed with the parent
    collector.send(b'{"event":"child"}', "info")
    assert read(tcp.first())[1] == {"event": "child"}


def test_without_the_setting_nothing_stands_between_a_line_and_standard_error(make_app: Callable[..., Flask]) -> None:
    make_app()
    assert type(log._out) is log.StandardError


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("udp:log.example.it:514", Address("udp", "log.example.it", 514)),
        ("tls:[2001:db8::1]:6514", Address("tls", "2001:db8::1", 6514)),
        ("/dev/log", Address("socket", "/dev/log")),
    ],
)
def test_how_the_setting_is_read(written: str, address: Address) -> None:
    assert address_of(written) == address
