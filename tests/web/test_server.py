"""A client that is slow on purpose does not hold a thread of the real server; one on a bad line is served."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.web.server import BYTES_A_SECOND, LINGER_BYTES, LINGER_SECONDS, PacedSocket, SlowClientError
from tests.databases import Databases
from tests.live_site import Site

SECONDS = 5
LATE = 8.0  # seconds: well after the limit, well before anybody would have given up
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server with one process of two threads and the shortest limit."""
    settings = {"workers": "1", "threads": "2", "request_seconds": str(SECONDS)}
    running = Site(tmp_path_factory.mktemp("slow"), databases.fresh("sqlite"), settings).start()
    yield running
    running.stop()


def _connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=20)


def _drip(connections: list[socket.socket], piece: bytes) -> tuple[float, list[bytes]]:
    """Send a byte to each now and then until all are closed: after how many seconds, and what each was told."""
    began, said = time.monotonic(), [b""] * len(connections)
    waiting = set(range(len(connections)))
    while waiting and time.monotonic() - began < LATE * 2:
        time.sleep(0.25)
        for number in sorted(waiting):
            try:
                connections[number].sendall(piece)
                connections[number].settimeout(0.01)
                answer = connections[number].recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                waiting.discard(number)
                continue
            said[number] += answer
            if not answer:
                waiting.discard(number)
    return time.monotonic() - began, said


def test_headers_that_do_not_end_are_given_up_and_others_are_served_meanwhile(site: Site) -> None:
    slow = [_connect(site) for _ in range(2)]
    for connection in slow:
        connection.sendall(b"GET /privacy HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    took, said = _drip(slow, b"a")
    assert said == [b"", b""]
    assert SECONDS - 1 < took < LATE
    assert _status(site) == 200


def test_a_body_that_does_not_end_is_a_bad_request(site: Site) -> None:
    slow = _connect(site)
    slow.sendall(f"POST /lingua HTTP/1.1\r\nHost: 127.0.0.1\r\n{FORM}Content-Length: 5000\r\n\r\nlingua=en&x=".encode())
    took, [said] = _drip([slow], b"a")
    assert said.startswith(b"HTTP/1.1 400 ")
    assert SECONDS - 1 < took < LATE
    assert "Traceback" not in site.log.read_text()


def test_a_body_whose_line_breaks_off_is_a_bad_request(site: Site) -> None:
    broken = _connect(site)
    broken.sendall(f"POST /lingua HTTP/1.1\r\nHost: 127.0.0.1\r\n{FORM}Content-Length: 5000\r\n\r\nlingua=en".encode())
    broken.shutdown(socket.SHUT_WR)
    assert broken.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_a_kept_connection_has_its_time_anew(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    statuses = []
    for _ in range(3):
        connection.request("GET", "/privacy")
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        time.sleep(SECONDS / 2 - 0.3)
    assert statuses == [200, 200, 200]


def test_connections_that_a_client_leaves_open_do_not_stop_a_process(databases: Databases, tmp_path: Path) -> None:
    """After an answer with "Connection: close" gunicorn waits for the client to close too, and did so where it takes in all."""
    site = Site(tmp_path, databases.fresh("sqlite"), {"workers": "1", "threads": "8"}).start()
    try:
        left_open = [_connect(site) for _ in range(6)]
        for connection in left_open:
            connection.sendall(b"GET /privacy HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answers = [_all_of(connection) for connection in left_open]
        began = time.monotonic()
        assert _status(site) == 200
        took = time.monotonic() - began
        for connection in left_open:
            connection.close()
    finally:
        site.stop()
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 6
    assert took < 1, "none of the two seconds that each is waited for"


def _all_of(connection: socket.socket) -> bytes:
    """What came until the other side said that this is all."""
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def test_a_long_body_over_a_bad_line_arrives() -> None:
    """More than the seconds alone allow, at the pace of a modem."""
    ours, theirs = socket.socketpair()
    paced = PacedSocket(ours.family, ours.type, ours.proto, ours.detach())
    paced.begin(0.3)
    received = 0
    for _ in range(8):
        theirs.sendall(b"x" * (BYTES_A_SECOND // 5))
        received += len(paced.recv(8_192))
        time.sleep(0.1)
    assert received == 8 * (BYTES_A_SECOND // 5)
    with pytest.raises(SlowClientError):
        while True:
            paced.recv(8_192)
    paced.close()
    theirs.close()


def test_who_does_not_take_an_answer_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    paced = PacedSocket(ours.family, ours.type, ours.proto, ours.detach())
    paced.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    paced.begin(0.2)
    with pytest.raises(SlowClientError):
        for _ in range(1_000):
            paced.sendall(b"x" * 200)
    assert paced.gettimeout() is None
    paced.close()
    theirs.close()


def test_who_does_not_take_a_word_in_between_is_given_up() -> None:
    """gunicorn says "100 Continue" by `send`, to as many requests as are in line."""
    ours, theirs = socket.socketpair()
    paced = PacedSocket(ours.family, ours.type, ours.proto, ours.detach())
    paced.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    paced.begin(0.2)
    rescue = threading.Timer(LATE, theirs.close)
    rescue.start()
    word = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert paced.send(word) == len(word)
    with pytest.raises(SlowClientError):
        for _ in range(10_000):
            paced.send(word)
    rescue.cancel()
    paced.close()
    theirs.close()


def test_a_shorter_limit_of_gunicorns_own_holds() -> None:
    """It throws away what is left of a body that no view read."""
    ours, theirs = socket.socketpair()
    paced = PacedSocket(ours.family, ours.type, ours.proto, ours.detach())
    paced.begin(30)
    paced.settimeout(0.1)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        paced.recv(10)
    assert time.monotonic() - began < 5
    paced.close()
    theirs.close()


def test_a_client_is_seen_off_for_two_seconds_at_most_and_for_so_many_bytes() -> None:
    for sent in (0, LINGER_BYTES + 10_000):
        ours, theirs = socket.socketpair()
        paced = PacedSocket(ours.family, ours.type, ours.proto, ours.detach())
        paced.begin(30)
        theirs.sendall(b"x" * sent)
        began = time.monotonic()
        paced.linger()
        took = time.monotonic() - began
        assert took < 1 if sent else LINGER_SECONDS - 0.5 < took < LINGER_SECONDS + 2
        assert theirs.recv(10) == b"", "the client knows that the answer was all"
        assert paced.recv(10) == b"", "and nobody waits again"
        paced.close()
        theirs.close()


def _status(site: Site) -> int:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", "/privacy")
    return connection.getresponse().status


def test_the_shipped_configuration_names_the_paced_worker() -> None:
    text = (Path(__file__).parents[2] / "gunicorn.conf.py").read_text()
    assert "worker_class = PacedWorker" in text
    assert "sendfile = False" in text
