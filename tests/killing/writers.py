"""People who save without a pause while the server is killed under them, and what they were told is saved.

Not for: whether it is there (`reading_back.py`).
Holds always: each writes in a sheet of its own and in one answer that all of its entity share; a save without an answer is sent
again under its id until it has one; a word is entered as acknowledged only after the reply has been read to its end.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.saving import ADDRESS, Saver

TIMEOUT = 20.0
PAUSE = 0.05
SHARED = 20  # every so-manieth save writes in the shared answer: nobody decides, and each conflict stays in the draft


def key_of(operation: Mapping[str, Any]) -> str:
    """What an operation is about: an answer's key, or a sheet's id."""
    item, question = operation.get("item"), operation.get("question")
    return "/".join(part for part in (item, question) if part)


@dataclass(frozen=True)
class Acknowledged:
    """A save that was answered with 200: its values by key, and those of them that were said to be in conflict."""

    response: int
    save_id: str
    values: Mapping[str, str]
    conflicts: frozenset[str]


@dataclass
class Writer(threading.Thread):
    """One of them. `acknowledged` grows; `repeated` counts saves whose first sending had no answer."""

    saver: Saver
    number: int
    stop: threading.Event
    acknowledged: list[Acknowledged] = field(default_factory=list)
    repeated: int = 0
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.random = random.Random(self.number)
        self.item = str(uuid.UUID(int=self.random.getrandbits(128)))
        self.count = 0
        self.connection: http.client.HTTPConnection | None = None

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        try:
            self._save([{"op_id": str(uuid.uuid4()), "op": "add", "item": self.item, "step": "P"}], {})
            while not self.stop.is_set():
                self.count += 1
                self._write(f"{self.number}.{self.count}")
        except Exception as error:  # noqa: BLE001 — told by the figure, which fails by it
            self.failures.append(f"writer {self.number}: {type(error).__name__}: {error}")

    def _write(self, text: str) -> None:
        saver = self.saver
        values = {f"{self.item}/P01": text, f"{self.item}/P03": text}
        operations = [saver.put("P01", text, self.item), saver.put("P03", text, self.item)]
        if self.count % SHARED == 0:
            values["E02"] = text
            operations.append(saver.put("E02", text))
        self._save(operations, values)

    def _save(self, operations: list[dict[str, Any]], values: Mapping[str, str]) -> None:
        save_id = str(uuid.uuid4())
        told = self._send_until_answered(self.saver.body(save_id, operations))
        (saved,) = told["saves"]
        if len(saved["applied"]) + len(saved["conflicts"]) != len(operations):
            raise AssertionError(f"save {save_id} was answered {saved}")
        self.saver.learn(told)
        keys = {operation["op_id"]: key_of(operation) for operation in operations}
        conflicts = frozenset(keys[op_id] for op_id in saved["conflicts"])
        self.acknowledged.append(Acknowledged(self.saver.response, save_id, values, conflicts))

    def _send_until_answered(self, body: bytes) -> Any:
        first = True
        while True:
            try:
                status, content = self._send(body)
            except (OSError, http.client.HTTPException):
                status, content = 0, b""
                self.connection = None
            if status == 200:
                return json.loads(content)
            if status and status < 500:
                raise AssertionError(f"a save was answered {status}: {content[:200]!r}")
            self.repeated += first
            first = False
            time.sleep(PAUSE)

    def _send(self, body: bytes) -> tuple[int, bytes]:
        if self.connection is None:
            visitor = self.saver.visitor
            self.connection = http.client.HTTPConnection(visitor.host, visitor.port, timeout=TIMEOUT)
        self.connection.request("POST", ADDRESS, body, self.saver.headers())
        answer = self.connection.getresponse()
        return answer.status, answer.read()
