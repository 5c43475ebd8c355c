"""The program's own functions, as the events use them: save, send, reply, withdraw, and what the registry is told.

Holds always: a save or reply that the program refuses, and did not have to, raises AssertionError.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.registry.folding import search_name
from app.registry.models import Entity
from app.responses.coverage import reply_to_lead, reply_to_member, withdraw_declaration
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import OpenResponse, open_response
from app.responses.submission import submit_response
from tests.country.building import Ground
from tests.country.model import Body, Said

AUTHOR = Author(None, "a" * 64)
ALWAYS: dict[str, Any] = {
    "B04": {"codes": ["families"]},
    "B05": {"codes": ["municipal"]},
    "C01": {"code": "none"},
    "E04": {"name": "Operatore A", "email": "a@example.org"},
}
"""Answers that everybody gives, on the path or off it, so that every way through is complete."""


@dataclass
class Hands:
    """Whoever acts, at the instant `now`."""

    ground: Ground
    now: dt.datetime
    saves: int = field(default=0)

    def save(self, code: str, said: Said) -> None:
        """Store a draft as the form would: only the answers that differ."""
        response = self._response(code)
        answers: dict[str, Any] = {
            **ALWAYS,
            "B01": {"code": said.first},
            "B03": said.lead,
            "E05": {"code": said.capacity},
            "E06": list(said.towns) or None,
        }
        known = response.document.answers
        operations = [
            Operation("set", question=question, base=known[question].revision if question in known else 0, value=value)
            for question, value in answers.items()
            if (known[question].value if question in known else None) != value
        ]
        self.saves += 1
        reply, _changed = apply(response, operations, AUTHOR, self.now, save_id=f"s{self.saves}")
        assert not reply.refused, reply
        assert not reply.conflicts, reply

    def send(self, code: str) -> None:
        response = self._response(code)
        submit_response(response, AUTHOR, self.now, seen_version=response.version)

    def withdraw(self, code: str) -> None:
        withdraw_declaration(self._response(code), AUTHOR, self.now)

    def lead_replies(self, lead: str, member: str, agrees: bool) -> None:
        ids = self.ground.ids
        reply_to_member(ids[lead], ids[member], agrees, edition=self.ground.edition, author=AUTHOR, now=self.now)

    def member_replies(self, member: str, lead: str, agrees: bool) -> None:
        ids = self.ground.ids
        reply_to_lead(ids[member], ids[lead], agrees, edition=self.ground.edition, author=AUTHOR, now=self.now)

    def add(self, body: Body) -> None:
        """A new entity in the registry."""
        values = {"code": body.code, "kind": body.kind, "region_code": body.region, "population": body.population}
        name = f"Nuovo Comune {body.code}"
        columns = {**values, "name": name, "search_name": search_name(name, None), "valid_from": body.begins}
        self.ground.ids[body.code] = db.session.execute(sa.insert(Entity).values(**columns).returning(Entity.id)).scalar_one()
        db.session.commit()

    def end(self, body: Body) -> None:
        """An entity ends on a day, with a successor or without."""
        successor = None if body.successor is None else self.ground.ids[body.successor]
        ended = sa.update(Entity).where(Entity.code == body.code).values(valid_to=body.ends, successor_id=successor)
        db.session.execute(ended)
        db.session.commit()

    def _response(self, code: str) -> OpenResponse:
        db.session.rollback()
        return open_response(self.ground.ids[code], self.ground.edition, self.now)
