"""Browsers that save by script over HTTP: as cheap as can be, on one connection each, so that what is measured is the server.

Not for: pages and forms (`browsing.py`), nor the store in a page (`app/static/js`).
Holds always: what is acknowledged is what a reply of status 200 names; a save is sent again as it is until it is answered.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.accounts.operators import add_operator
from app.accounts.sessions import open_session
from app.clock import now
from app.extensions import db
from app.registry.entities import find_by_code
from tests.browsing import Visitor
from tests.live_site import Site

ADDRESS = "/compila/sincronizza"
COOKIE = "ricognizione"


@dataclass
class Saver:
    """A browser that has signed in and knows its response, its token and the revisions of its answers."""

    visitor: Visitor
    entity: str
    response: int = 0
    version: int = 0
    token: str = ""
    revisions: dict[str, int] = field(default_factory=dict)

    def pull(self) -> None:
        """Ask for everything anew."""
        status, _location, body = self.visitor.get(f"{ADDRESS}?since=0")
        assert status == 200, (status, body)
        self.version = 0
        self.learn(json.loads(body))

    def learn(self, told: Mapping[str, Any]) -> None:
        self.response, self.version, self.token = told["response"], told["version"], told["token"]
        for key, answer in told["changes"]["answers"].items():
            self.revisions[key] = answer["revision"]

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.visitor.cookies.items())
        return {"Content-Type": "application/json", "X-CSRFToken": self.token, "Cookie": cookies, "Accept": "application/json"}

    def body(self, save_id: str, operations: Sequence[Mapping[str, Any]]) -> bytes:
        saves = [{"save_id": save_id, "operations": list(operations)}]
        asked = {"response": self.response, "entity": self.entity, "since": self.version, "saves": saves}
        return json.dumps(asked).encode()

    def put(self, question: str, text: str, item: str | None = None) -> dict[str, Any]:
        """A `set` of a text, on the revision that this browser knows."""
        key = question if item is None else f"{item}/{question}"
        operation = {"op_id": str(uuid.uuid4()), "op": "set", "question": question, "fields": {"": [text]}}
        return operation | {"item": item, "base": self.revisions.get(key, 0)}


def signed_in(site: Site, codes: Sequence[str]) -> list[Saver]:
    """A browser for each of these entities (one may be named several times), past the pages of signing in."""
    visitors = [(code, Visitor(site.url)) for code in codes]
    with site.application().app_context():
        for number, (code, visitor) in enumerate(visitors):
            entity = find_by_code(code)
            assert entity is not None
            person = {"name": f"Operatore {number}", "office": "Servizi sociali", "email": "a@example.org", "phone": "06 0"}
            operator = add_operator(entity.id, **person, now=now())
            visitor.cookies[COOKIE] = open_session(entity.id, now(), operator_id=operator)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    savers = []
    for code, visitor in visitors:
        visitor.open("/compila/C")  # the first look makes the response
        savers.append(Saver(visitor, code))
        savers[-1].pull()
    return savers
