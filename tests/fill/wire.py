"""A browser that saves by script: sends operations as JSON with the token of its page, and reads what became of each.

Not for: pages and forms (`person.py`).
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ADDRESS = "/compila/sincronizza"
FIRENZE = "048017"


def op_id() -> str:
    return str(uuid.uuid4())


def put(question: str, *texts: str, base: int = 0, item: str | None = None, **parts: list[str]) -> dict[str, Any]:
    """A `set`: the texts of the answer itself, those of its sub-fields by name."""
    fields = ({"": list(texts)} if texts else {}) | parts
    return {"op_id": op_id(), "op": "set", "question": question, "item": item, "base": base, "fields": fields}


def save(*operations: dict[str, Any], save_id: str | None = None) -> dict[str, Any]:
    return {"save_id": save_id or op_id(), "operations": list(operations)}


class Device:
    """One browser, which knows the response that it works on and its token."""

    def __init__(self, client: FlaskClient, entity: str = FIRENZE) -> None:
        self.client = client
        self.entity = entity
        page = client.get("/compila/B").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        self.token = found[1]
        state = self.pull()
        self.response, self.version = state["response"], state["version"]

    def pull(self, since: int = 0) -> dict[str, Any]:
        answer = self.client.get(f"{ADDRESS}?since={since}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        told: dict[str, Any] = answer.json
        return told

    def post(self, *saves: dict[str, Any], since: int = 0, token: str | None = None, **request: Any) -> TestResponse:
        body = {"response": self.response, "entity": self.entity, "since": since, "saves": list(saves)} | request
        return self.client.post(ADDRESS, json=body, headers={"X-CSRFToken": self.token if token is None else token})

    def send(self, *saves: dict[str, Any], since: int = 0) -> dict[str, Any]:
        answer = self.post(*saves, since=since)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        told: dict[str, Any] = answer.json
        return told
