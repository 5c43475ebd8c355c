"""The load generator reads each answer to its end, whatever its parts, and counts only what was answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests import load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"


@pytest.fixture
def pieces() -> list[bytes]:
    return [ANSWER[:20], ANSWER[20:45], ANSWER[45:]]


@pytest.fixture
def port(pieces: list[bytes]) -> Iterator[int]:
    """A server that gives every request the same answer, in pieces."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            with connection:
                while connection.recv(4096):
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(0.002)
                    if not pieces[-1]:
                        break

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def connection(port: int, answers: list[tuple[int, bytes]]) -> load.Connection:
    ask = load.request("POST", "/save", "127.0.0.1", [("X-Token", "t")], b"{}")
    return load.Connection("127.0.0.1", port, lambda: ask, lambda status, body: answers.append((status, body)))


def test_an_answer_in_pieces_is_one_answer(port: int) -> None:
    answers: list[tuple[int, bytes]] = []
    count, seconds, _cpu = load.run([connection(port, answers)], 0.1)
    assert answers == [(200, b"hello world")] * count
    assert count > 1
    assert seconds >= 0.1


@pytest.mark.parametrize("pieces", [[ANSWER[:30], b""]])
def test_a_connection_that_is_closed_in_the_middle_is_an_error(port: int) -> None:
    with pytest.raises(load.LoadError):
        load.run([connection(port, [])], 0.1)


def test_a_request_says_its_length() -> None:
    assert load.request("POST", "/save", "here", [("X-Token", "t")], b"{}") == (
        b"POST /save HTTP/1.1\r\nHost: here\r\nX-Token: t\r\nContent-Length: 2\r\n\r\n{}"
    )
