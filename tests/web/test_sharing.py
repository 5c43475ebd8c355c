"""New connections go to the process that holds fewest, and none waits for a process that does not take it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import psutil
import pytest

from app.web.sharing import NOBODY, PATIENCE, Board, Turn
from tests.databases import Databases
from tests.live_site import Site

CONNECTIONS = 16


@pytest.fixture
def database_kind() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server with two processes."""
    running = Site(tmp_path_factory.mktemp("shared"), databases.fresh("sqlite"), {"workers": "2", "threads": "8"}).start()
    yield running
    running.stop()


def _both_serve(site: Site) -> None:
    """Wait until the second process has started as well."""
    opened, end = [_open(site)[0]], time.monotonic() + 30
    while not _held(site)[0] and time.monotonic() < end:
        time.sleep(0.1)
        opened.append(_open(site)[0])
    for connection in opened:
        connection.close()


def _processes(site: Site) -> list[psutil.Process]:
    assert site.process is not None
    found: list[psutil.Process] = psutil.Process(site.process.pid).children()
    return found


def _held(site: Site) -> list[int]:
    """How many connections each process of the server holds."""
    held = [sum(one.status == psutil.CONN_ESTABLISHED for one in each.net_connections("tcp")) for each in _processes(site)]
    return sorted(held)


def _open(site: Site) -> tuple[HTTPConnection, float]:
    """A connection that was answered and is kept, and the seconds it took."""
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", "/non-esiste")
    connection.getresponse().read()
    return connection, time.monotonic() - began


def test_kept_connections_are_spread_over_the_processes(site: Site) -> None:
    _both_serve(site)
    opened = [HTTPConnection("127.0.0.1", site.port, timeout=20) for _ in range(CONNECTIONS)]
    for connection in opened:  # all at once, before the first is answered
        connection.request("GET", "/non-esiste")
    for connection in opened:
        connection.getresponse().read()
    held = _held(site)
    for connection in opened:
        connection.close()
    assert sum(held) >= CONNECTIONS
    assert held[0] >= CONNECTIONS // 4, held  # a process that is busy for longer than the others wait gets fewer


def test_nobody_waits_for_a_process_that_stands_still(site: Site) -> None:
    _both_serve(site)
    first = _processes(site)[0]
    first.send_signal(signal.SIGSTOP)
    try:
        opened = [_open(site) for _ in range(6)]
    finally:
        first.send_signal(signal.SIGCONT)
    for connection, _seconds in opened:
        connection.close()
    assert max(seconds for _connection, seconds in opened) < 1.0


def test_a_process_leaves_a_connection_to_one_that_holds_fewer_but_not_for_long() -> None:
    board = Board(3)
    mine, other = board.enter(), board.enter()
    assert (mine, other) == (0, 1)
    turn = Turn(board, 0)
    turn.hold(2)
    assert not turn.takes(2, 100.0)
    assert turn.wait(2, 100.0) == pytest.approx(PATIENCE)
    assert turn.wait(2, 100.0 + PATIENCE) == 0.0
    assert turn.takes(2, 100.0 + PATIENCE), "nobody took it"
    assert not turn.takes(2, 100.0 + PATIENCE), "the next one is another's again"
    board.say(1, 2)
    assert turn.wait(2, 100.0 + PATIENCE) == 0.0, "as many as the other: it may"
    assert turn.takes(2, 100.0 + PATIENCE)


def test_a_process_that_has_ended_is_waited_for_no_more_and_its_place_is_free() -> None:
    board = Board(2)
    turn = Turn(board, board.enter() or 0)
    assert board.enter() == 1
    assert board.enter() is None
    assert not turn.takes(1, 5.0)
    board.leave(1)
    assert turn.wait(1, 5.0) == 0.0
    assert turn.takes(1, 5.0)
    assert board.enter() == 1
    assert NOBODY < 0
