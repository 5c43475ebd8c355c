"""A survey in which each thing that must stay private is a mark of its own, written by the program's own operations.

Not for: looking for the marks (`asking.py`).
Holds always: a mark stands in one place alone, so that one that is found tells where it came from; what is published later is
corrected, taken back by its entity, taken out of its answer or withdrawn by the desk, each once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.staff import COORDINATOR
from app.chasing.calls import OUTCOMES, NewCall, add_call
from app.chasing.notes import add_note
from app.database import unit_of_work
from app.editions.current import edition_by_code
from app.extensions import db, table_of
from app.practices.models import REJECTED, SENT_BACK, WITHDRAWN, Practice, ReviewEntry
from app.practices.publishing import publish, retract
from app.registry.entities import find_by_code
from app.responses.reading import OpenResponse, open_response
from tests.conftest import START
from tests.desk.staff import add_member
from tests.open_edition import open_edition, operator
from tests.practices.sheets import CENTRE, PRACTICE, Sheets
from tests.responses.people import BOLZANO, FIRENZE, SAMONE_TO, VALENTINO

PUBLICATION_NOTE: Final = "publication, note"
LETTERS: Final = "bcdfghjklmnpqrstvwxz"
_ROW: Final = table_of(Practice).c
COSTS: Final = {"cost": "7391846.25"}
HIDDEN_SEATS: Final = {"practice seat": ("41.123457", "12.765437"), "centre seat": ("42.345671", "13.876541")}
"""Latitude and longitude of reserved seats."""


def word(name: str) -> str:
    """A word that no language has, the same each time for a name."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    found = ""
    for _letter in range(12):
        number, place = divmod(number, len(LETTERS))
        found += LETTERS[place]
    return f"zq{found}"


@dataclass
class Marks:
    """Name → what must not be found (`private`: in what is not for everybody; `hidden`: of entries that are not public), and
    what must be (`public`). A number is written as "number:12345" by its digits. `codes`: of entries, public once or still."""

    private: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    versions: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    """Of Firenze, beside its sheets: sent again with each change."""

    def secret(self, name: str) -> str:
        """A word of the private ones."""
        self.private[name] = word(name)
        return self.private[name]

    def number(self, name: str, text: str, digits: int) -> str:
        """A number of the private ones, known by its first digits, as much as rounding may leave."""
        self.private[name] = f"number:{text.replace('.', '')[:digits]}"
        return text

    def entry(self, name: str, *, public: bool = False) -> dict[str, Any]:
        """The sheet of a practice whose texts are marks of an entry that is public, or is not."""
        known, found = self.public if public else self.hidden, dict(PRACTICE)
        for code, part in (("P01", "title"), ("P03", "description"), ("P13", "results")):
            known[f"{name}, {part}"] = word(f"{name} {part}")
            found[code] = f"Testo {known[f'{name}, {part}']}"
        known[f"{name}, e-mail"] = word(f"{name} mail")
        found["P15"] = {"email": f"{known[f'{name}, e-mail']}@example.org"}
        return found


def write_marked() -> Marks:
    """Write it into the empty database of a site. Needs an application context. Commits."""
    with unit_of_work(writes=True):
        open_edition()
        edition = edition_by_code("2026")
        assert edition is not None

        def respond(code: str) -> OpenResponse:
            entity = find_by_code(code)
            assert entity is not None
            return open_response(entity.id, edition, START)

        people, marks = Sheets(edition, respond), Marks()
        items = _send(people, marks)
        _decide(people, marks, items)
        _take_back(people, marks, items)
        _leave_drafts(people, marks, items)
        _write_at_the_desk(people, marks, items)
        rows: Any = db.session.execute(sa.select(_ROW.code, _ROW.published, _ROW.item_id))
        gone = {items[name] for name in ("consent taken back", "taken out", "withdrawn")}
        marks.codes = [row.code for row in rows if row.published or row.item_id in gone]
        db.session.rollback()
    return marks


def _send(people: Sheets, marks: Marks) -> dict[str, str]:
    """What Firenze and others send: name → id of the sheet."""
    (latitude, longitude), (south, east) = HIDDEN_SEATS.values()
    seat = {"address": f"Via {marks.secret('address of a reserved seat')} 9", "reserved": True}
    seat |= {"latitude": marks.number("latitude", latitude, 6), "longitude": marks.number("longitude", longitude, 6)}
    sheets = {
        "published": marks.entry("published", public=True)
        | {"P08": 3, "P12": marks.number("cost", COSTS["cost"], 9), "P14": {"address": f"Via {_open(marks)} 1"}},
        "reserved": marks.entry("reserved", public=True) | {"P08": 4, "P14": seat},
        "without consent": marks.entry("without consent") | {"P16": {"code": "statistics"}},
        **{name: marks.entry(name) for name in ("never approved", "rejected", "sent back", "withdrawn", "consent taken back")},
        "taken out": marks.entry("taken out"),
    }
    items = {name: people.new() for name in sheets}
    items["centre"] = people.new()
    hidden = {"address": f"Vicolo {marks.secret('address of a reserved centre')} 3", "reserved": True}
    hidden |= {"latitude": marks.number("latitude of a centre", south, 6)}
    hidden |= {"longitude": marks.number("longitude of a centre", east, 6)}
    marks.public["centre, name"] = word("centre name")
    centre = CENTRE | {"S01": f"Centro {marks.public['centre, name']}", "S02": hidden}
    person = {part: marks.secret(f"who fills in, {part}") for part in ("name", "office")}
    person |= {"email": f"{marks.secret('who fills in, email')}@example.org"}
    answers = marks.answers = {
        "E02": f"Bisogni {marks.secret('needs of the entity')}",
        "E04": person,
        "E01": {"codes": ["other"], "text": marks.secret("difficulties of the entity")},
        "C01": {"code": "own"},
    }
    people.write_sheets(FIRENZE, {items[name]: values for name, values in sheets.items()}, **answers)
    people.write_sheets(FIRENZE, {items["centre"]: centre}, step="S", **answers)
    people.submit(FIRENZE)
    items["corrected"] = people.new()
    people.write_sheets(SAMONE_TO, {items["corrected"]: marks.entry("before its correction", public=True)})
    people.submit(SAMONE_TO)
    operator(FIRENZE, marks.secret("name of an operator"), "f" * 64)
    db.session.commit()
    return items


def _open(marks: Marks) -> str:
    marks.public["published, address"] = word("published address")
    return marks.public["published, address"]


def _decide(people: Sheets, marks: Marks, items: dict[str, str]) -> None:
    """The desk approves what is good, and what its entity does not let be published as well; two versions."""
    approved = (
        "published",
        "without consent",
        "withdrawn",
        "consent taken back",
        "taken out",
        "centre",
        "corrected",
    )
    _set_state(REJECTED, items["rejected"])
    _set_state(SENT_BACK, items["sent back"])
    people.approve(*(items[name] for name in approved))
    people.publish()
    people.approve(items["reserved"])
    people.publish()


def _set_state(state: str, item: str) -> None:
    db.session.execute(sa.update(Practice).where(_ROW.item_id == item).values(state=state))
    db.session.commit()


def _take_back(people: Sheets, marks: Marks, items: dict[str, str]) -> None:
    """By the desk, by consent, by leaving it out; and a correction that nobody has approved yet."""
    row = people.row(items["withdrawn"])
    retract([row.id], actor="staff:1", now=people.now)
    db.session.commit()
    _set_state(WITHDRAWN, items["withdrawn"])
    people.write_sheets(FIRENZE, {items["consent taken back"]: {"P16": {"code": "statistics"}}}, **marks.answers)
    people.remove(FIRENZE, items["taken out"])
    people.submit(FIRENZE)
    people.write_sheets(SAMONE_TO, {items["corrected"]: marks.entry("correction that waits")})
    people.submit(SAMONE_TO)
    publish_again = people.send_sheets(BOLZANO, marks.entry("published last", public=True))
    people.approve(*publish_again)
    note = marks.public[PUBLICATION_NOTE] = word("publication note")  # the desk's page says that all may read it
    marks.versions = publish(actor="staff:1", note=f"Nota {note}", now=people.now).number


def _leave_drafts(people: Sheets, marks: Marks, items: dict[str, str]) -> None:
    people.write_sheets(VALENTINO, {people.new(): marks.entry("draft of an entity that sent nothing")})
    people.write_sheets(
        FIRENZE, {items["published"]: marks.entry("change that was not sent")}, E02=marks.secret("unsent needs")
    )


def _write_at_the_desk(people: Sheets, marks: Marks, items: dict[str, str]) -> None:
    member, entity = add_member(COORDINATOR, people.now, None), people.entity(FIRENZE)
    who = (entity.id, entity.code)
    add_note(who, f"Nota {marks.secret('note of the desk')}", staff_id=member, now=people.now)
    call = NewCall(OUTCOMES[0], marks.secret("who spoke on the phone"), marks.secret("note of a call"))
    add_call(people.edition.id, who, call, staff_id=member, now=people.now)
    for name in ("published", "rejected", "sent back"):
        detail = json.dumps({"title": marks.secret(f"correction proposed to {name}")})
        note = {"action": "noted", "note": marks.secret(f"note of a reviewer to {name}"), "detail": detail}
        row = people.row(items[name])
        db.session.execute(sa.insert(ReviewEntry).values(practice_id=row.id, actor=f"staff:{member}", at=people.now, **note))
    db.session.commit()
