"""While the other side has a message in hand, the next one is put together; one that cannot be costs nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from app.config import Settings
from app.mail import messages
from app.mail.delivering import Tally, deliver_due
from app.mail.hooks import ClaimedDelivery, Filled
from app.mail.models import Delivery
from app.mail.senders import nothing
from tests.conftest import Clock

Queue = Callable[..., list[int]]
Row = Callable[[int], Delivery]

Log = list[tuple[str, str]]


class Listening:
    """A sender that notes what is done while it has a message in hand."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def offer(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Takes any."""

    def announce(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> None:
        """Needs no hint."""

    def has_named(self, recipient: str, return_path: str, *, eight_bit: bool = False) -> bool:
        """Nobody was told."""
        return False

    def send(self, message_id: str, content: bytes, meanwhile: Callable[[], None] = nothing) -> str:
        self.log.append(("sent", message_id))
        meanwhile()
        self.log.append(("taken", message_id))
        return "250 taken"

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What is put together and sent, in its order."""
    put_together, said = messages._message_bytes, Log()

    def watched(delivery: ClaimedDelivery, filled: Filled, read: Settings, now: dt.datetime, opened: bytes) -> bytes:
        said.append(("made", delivery.message_id))
        if delivery.subject == "Avviso n. 2":
            raise LookupError("a defect")
        return put_together(delivery, filled, read, now, opened)

    monkeypatch.setattr(messages, "_message_bytes", watched)
    return said


def _run(clock: Clock, log: Log) -> Tally:
    return deliver_due(clock, Listening(log), limit=20)


def test_the_next_message_is_put_together_while_the_other_side_reads(
    db_session: object, clock: Clock, queue: Queue, row: Row, log: Log
) -> None:
    first, second = (row(one).message_id for one in (*queue(1), *queue(1, dedupe_key="another")))
    assert _run(clock, log).accepted == 2
    assert log == [
        ("made", first),
        ("sent", first),
        ("made", second),
        ("taken", first),
        ("sent", second),
        ("taken", second),
    ]


def test_one_that_cannot_be_put_together_is_told_of_alone(
    db_session: object, clock: Clock, queue: Queue, row: Row, log: Log
) -> None:
    ids = queue(3)
    told = _run(clock, log)
    assert (told.accepted, told.retry_wait) == (2, 1)
    rows: list[Delivery] = [row(one) for one in ids]
    assert [one.state for one in rows] == ["accepted", "retry_wait", "accepted"]
    assert rows[1].reason == "a defect of the program: LookupError"
    assert [step for step, _message in log].count("sent") == 2
