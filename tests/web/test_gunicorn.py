"""gunicorn with our configuration: whom it does not serve, and what a body that is too large gets over a real connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.databases import Databases

ROOT = Path(__file__).parents[2]
SECONDS = 30


@pytest.fixture
def database_kind() -> str:
    """The configuration does not depend on the database."""
    return "sqlite"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Starts gunicorn with settings of the test's choice and gives its process and port."""
    started = []

    def begin(**settings: str) -> tuple[subprocess.Popen[str], int]:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        given = {"instance_path": str(tmp_path), "bind": f"127.0.0.1:{port}", "workers": "1", **settings}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RICOGNIZIONE_")}
        environment |= {f"RICOGNIZIONE_{name.upper()}": value for name, value in given.items()}
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process, port

    yield begin
    for process in started:
        process.terminate()
        process.wait(SECONDS)


def _connect(port: int) -> HTTPConnection:
    end = time.monotonic() + SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        try:
            connection.request("GET", "/non-esiste")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return connection


def test_a_database_without_tables_stops_the_start_in_one_line(start: Callable[..., tuple[subprocess.Popen[str], int]]) -> None:
    process, _ = start()
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode not in {0, None}
    assert "The program cannot start. The database has no tables yet. Run: flask --app wsgi db upgrade" in said
    assert "Traceback" not in said


def test_a_database_that_is_away_does_not_stop_the_start(start: Callable[..., tuple[subprocess.Popen[str], int]]) -> None:
    _, port = start(database_url="postgresql://nobody@127.0.0.1:1/none")
    connection = _connect(port)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.status == 503
    assert "Il servizio è molto occupato" in response.read().decode()


def test_a_body_that_is_too_large_gets_its_page_over_the_wire(
    start: Callable[..., tuple[subprocess.Popen[str], int]], databases: Databases
) -> None:
    _, port = start(database_url=databases.fresh("sqlite"), max_body_kib="64")
    connection = _connect(port)
    body = b"B01=" + b"x" * 2_000_000
    connection.request("POST", "/accedi", body, {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    assert response.status == 413
    assert "Hai inviato troppi dati in una volta" in response.read().decode()


def test_no_header_mounts_the_site_elsewhere_and_a_broken_request_leaves_no_trace_of_who_sent_it(
    start: Callable[..., tuple[subprocess.Popen[str], int]], databases: Databases
) -> None:
    process, port = start(database_url=databases.fresh("sqlite"))
    connection = _connect(port)
    connection.request("GET", "/privacy", headers={"SCRIPT_NAME": "/privacy", "PATH_INFO": "/evil"})
    response = connection.getresponse()
    assert response.status == 200
    assert b"/privacy/" not in response.read()
    for line in (b"GET /attiva/secret  HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX Odd: 1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as broken:
            broken.sendall(line)
            assert b"400 Bad Request" in broken.recv(4096)
    process.terminate()
    _, said = process.communicate(timeout=SECONDS)
    assert said.count("A request that cannot be understood was refused.") == 2
    assert "secret" not in said
    assert "ip=" not in said


def test_with_a_process_for_each_processor_each_stays_on_its_own_also_after_one_was_replaced(
    start: Callable[..., tuple[subprocess.Popen[str], int]], databases: Databases
) -> None:
    processors = os.sched_getaffinity(0)
    server, port = start(database_url=databases.fresh("sqlite"), workers=str(len(processors)))
    _connect(port)
    assert _places(server) == [{one} for one in sorted(processors)]
    psutil.Process(server.pid).children()[0].kill()
    end = time.monotonic() + SECONDS
    while _places(server) != [{one} for one in sorted(processors)]:
        assert time.monotonic() < end, _places(server)
        time.sleep(0.1)


def test_with_fewer_processes_than_processors_none_is_bound(
    start: Callable[..., tuple[subprocess.Popen[str], int]], databases: Databases
) -> None:
    server, port = start(database_url=databases.fresh("sqlite"))
    _connect(port)
    bound = [{0}] if len(os.sched_getaffinity(0)) == 1 else [os.sched_getaffinity(0)]
    assert _places(server) == bound


def _places(server: subprocess.Popen[str]) -> list[set[int]]:
    """On which processors each process of the server may run."""
    return sorted((os.sched_getaffinity(worker.pid) for worker in psutil.Process(server.pid).children()), key=sorted)
