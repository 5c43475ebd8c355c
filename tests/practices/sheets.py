"""Municipalities that send sheets of practices and of Centres, and what became of them."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from app.extensions import db, table_of
from app.practices.models import APPROVED, Practice
from app.practices.publishing import Published, publish
from app.responses.document import Operation
from app.responses.drafts import apply
from app.responses.submission import submit_response
from tests.responses.people import DONE, FIRENZE, OWN, SOMEBODY, People

PRACTICE: dict[str, Any] = {
    "P01": "Sportello per le famiglie",
    "P02": {"code": "families"},
    "P03": "Ascolto e orientamento.",
    "P04": {"codes": ["parents"]},
    "P06": {"code": "municipality"},
    "P15": {"email": "famiglie@example.org"},
    "P16": {"code": "publish"},
}
CENTRE: dict[str, Any] = {
    "S01": "Centro per le famiglie",
    "S02": {"address": "Via del Centro 1"},
    "S03": {"codes": ["direct"]},
    "S04": {"codes": ["info"]},
}
_ROW = table_of(Practice).c


class Sheets(People):
    """Sheets are named by their UUID, which `new` gives."""

    @staticmethod
    def new() -> str:
        return str(uuid.uuid4())

    def write_sheets(self, code: str, sheets: dict[str, dict[str, Any]], *, step: str = "P", **answers: Any) -> None:
        """Add or change sheets (id → answers), and other answers of the response."""
        response = self.response(code)
        known = response.document
        operations = [
            Operation("set", question=question, value=value, base=_base(known, question))
            for question, value in {**OWN, **DONE, **answers}.items()
        ]
        for item, values in sheets.items():
            if known.find_item(item) is None:
                operations.append(Operation("add", item=item, step=step))
            operations += [
                Operation("set", item=item, question=question, value=value, base=_base(known, f"{item}/{question}"))
                for question, value in values.items()
            ]
        reply, _changed = apply(response, operations, SOMEBODY, self.now, save_id=f"s{self.minutes}")
        assert not reply.refused, reply

    def remove(self, code: str, item: str) -> None:
        response = self.response(code)
        bases = [answer.revision for key, answer in response.document.answers.items() if key.startswith(item)]
        apply(response, [Operation("delete", item=item, base=max(bases))], SOMEBODY, self.now, save_id=f"s{self.minutes}")

    def submit(self, code: str) -> None:
        response = self.response(code)
        submit_response(response, SOMEBODY, self.now, seen_version=response.version)

    def send_sheets(self, code: str = FIRENZE, *values: dict[str, Any]) -> list[str]:
        """Send a practice for each of these changes to `PRACTICE`; their ids."""
        items = {self.new(): PRACTICE | one for one in values or ({},)}
        self.write_sheets(code, items)
        self.submit(code)
        return list(items)

    def row(self, item: str) -> sa.Row[Any]:
        db.session.rollback()
        return db.session.execute(sa.select(table_of(Practice)).where(_ROW.item_id == item)).one()

    def approve(self, *items: str) -> None:
        """As a reviewer would, without the page."""
        values = {"state": APPROVED, "approved": _ROW.content, "approved_digest": _ROW.digest}
        db.session.execute(sa.update(Practice).where(_ROW.item_id.in_(items)).values(values))
        db.session.commit()

    def publish(self) -> Published:
        return publish(actor="staff:1", note="", now=self.now)


def _base(document: Any, key: str) -> int:
    known = document.answers.get(key)
    return known.revision if known else 0
