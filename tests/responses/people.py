"""Whoever answers, claims, declares and replies in an edition of five municipalities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import find_by_code
from app.registry.models import Entity
from app.responses.coverage import (
    Counts,
    counts,
    reply_to_lead,
    reply_to_member,
    standing_of,
)
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import OpenResponse, find_response
from app.responses.submission import submit_response
from tests.open_edition import later

FIRENZE, SAMONE_TN, SAMONE_TO, VALENTINO, BOLZANO = "048017", "022165", "001235", "068038", "021008"
SOMEBODY = Author(None, "a" * 64)
CLOSED = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
DONE = {"E04": {"name": "Operatore A", "email": "a@example.org"}, "E05": {"code": "single"}}
OWN = {"B01": {"code": "own"}, "B04": {"codes": ["families"]}, "B05": {"codes": ["municipal"]}, "C01": {"code": "none"}}
NOTHING: dict[str, Any] = {"B01": {"code": "none"}}


def declaring(lead: str, first: str = "other") -> dict[str, Any]:
    return {**OWN, "B01": {"code": first}, "B03": lead}


def claiming(*codes: str, first: str = "own") -> dict[str, Any]:
    return {**OWN, "B01": {"code": first}, "E05": {"code": "lead_ambito"}, "E06": list(codes)}


def codes(rows: Any) -> list[str]:
    return [row.code for row in rows]


class People:
    """Whoever acts in an edition, each at a later minute than the one before."""

    def __init__(self, edition: EditionView, respond: Callable[[str], OpenResponse]) -> None:
        self.edition = edition
        self.respond = respond
        self.minutes = 0
        self.population = {code: self.entity(code).population for code in (FIRENZE, SAMONE_TN, SAMONE_TO, VALENTINO, BOLZANO)}

    @property
    def now(self) -> dt.datetime:
        self.minutes += 1
        return later(minutes=self.minutes)

    @staticmethod
    def entity(code: str) -> Any:
        found = find_by_code(code)
        assert found is not None
        return found

    def response(self, code: str) -> OpenResponse:
        self.respond(code)
        db.session.rollback()
        found = find_response(self.entity(code).id, self.edition.id)
        assert found is not None
        return found

    def write(self, code: str, answers: dict[str, Any]) -> OpenResponse:
        response = self.response(code)
        known = response.document.answers
        operations = [
            Operation("set", question=question, value=value, base=known[question].revision if question in known else 0)
            for question, value in {**{code: value for code, value in DONE.items() if code not in known}, **answers}.items()
        ]
        reply, changed = apply(response, operations, SOMEBODY, self.now, save_id=f"s{self.minutes}")
        assert not reply.refused
        return changed

    def send(self, code: str, answers: dict[str, Any]) -> None:
        self.write(code, answers)
        response = self.response(code)
        submit_response(response, SOMEBODY, self.now, seen_version=response.version)

    def member_says(self, member: str, lead: str, agrees: bool) -> None:
        ids = self.entity(member).id, self.entity(lead).id
        reply_to_lead(*ids, agrees, edition=self.edition, author=SOMEBODY, now=self.now)

    def lead_says(self, lead: str, member: str, agrees: bool, **more: Any) -> None:
        ids = self.entity(lead).id, self.entity(member).id
        reply_to_member(*ids, agrees, edition=self.edition, author=SOMEBODY, now=self.now, **more)

    def standing(self, code: str) -> Any:
        return standing_of(self.entity(code).id, self.edition, self.now)

    def ends(self, code: str, day: dt.date, successor: str | None) -> None:
        values = {"valid_to": day, "successor_id": successor and self.entity(successor).id}
        db.session.execute(sa.update(Entity).where(Entity.code == code).values(**values))
        db.session.commit()

    def count(self, **moment: float) -> Counts:
        return counts(self.edition.id, later(**moment) if moment else self.now)

    def numbers(self, **moment: float) -> dict[str, int]:
        """State → municipalities, those of which there are any."""
        found = self.count(**moment)
        sums = {name: getattr(found, name).municipalities for name in Counts.__dataclass_fields__}
        return {name: number for name, number in sums.items() if number and name != "universe"}
