"""More time for one Region, from the coordinator's page to the pages and messages of its entities, and to nobody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.editions.extensions import own_ends
from app.extensions import db
from app.mail.models import Delivery
from app.mail.pace import ROME
from app.registry.entities import find_by_code
from app.responses.models import Response
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.fill.conftest import session_of
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact
from tests.registry_rows import CODES

FIRENZE, SAMONE_TN, SAMONE_TO, SAN_VALENTINO, BOLZANO = CODES
TRENTINO = {SAMONE_TN, BOLZANO}
ELSEWHERE = set(CODES) - TRENTINO
HERE = "/gestione/proroga?regione=04&giorno=2026-05-15&ora=12:00"
LATER, DEADLINE = "15 maggio 2026", "30 aprile 2026"
AFTER_ALL = dt.datetime(2026, 5, 4, 10, 0, tzinfo=ROME)
"""After the edition's deadline, before that of the Region."""


@dataclass
class Offices:
    """Officers of each of the five municipalities."""

    new_client: Callable[[], FlaskClient]
    clock: Clock

    def of(self, code: str) -> Person:
        """One who has just come in."""
        client = self.new_client()
        client.set_cookie("ricognizione", session_of("Operatore", code, "o@example.org", self.clock()), domain="localhost")
        return Person(client)

    def begin(self) -> None:
        """Each office answers the first question."""
        for code in CODES:
            self.of(code).fill("/compila/B", {"B01": "own"})


@pytest.fixture
def offices(edition: EditionView, new_client: Callable[[], FlaskClient], clock: Clock) -> Offices:
    for code in CODES:
        add_contact(id_of(code), "registry_office", f"protocollo@{code}.example.org")
    return Offices(new_client, clock)


def id_of(code: str) -> int:
    entity = find_by_code(code)
    assert entity is not None
    return entity.id


def grant(person: Person, **typed: str | list[str]) -> Screen:
    form = person.get(HERE).form("/gestione/proroga?regione=04")
    return person._send(form, {"motivo": "Frana", **typed}, None)


def told() -> list[str]:
    db.session.rollback()
    query = sa.select(Delivery.recipient).where(Delivery.kind == "extension").order_by(Delivery.recipient)
    return list(db.session.scalars(query))


def test_a_region_gets_more_time_and_nobody_else(edition: EditionView, coordinator: Person, offices: Offices) -> None:
    page = coordinator.get(HERE)
    assert "Proroga per 2 enti" in page.text
    done = grant(coordinator, avvisa="1")
    assert "2 enti possono rispondere fino al 15/05/2026 12:00. Messaggi in coda: 2." in done.text
    db.session.rollback()
    closes = dt.datetime(2026, 5, 15, 12, 1, tzinfo=ROME)
    assert own_ends(edition) == {id_of(code): closes for code in TRENTINO}
    entries = db.session.scalars(sa.select(AuditEntry.subject).where(AuditEntry.action == "deadline_extended"))
    assert set(entries) == {f"entity:{code}" for code in TRENTINO}


def test_its_entities_read_it_in_their_pages_and_others_read_the_edition_s(coordinator: Person, offices: Offices) -> None:
    offices.begin()
    grant(coordinator, avvisa="1")
    for code in CODES:
        person = offices.of(code)
        for path in ("/compila", "/compila/verifica"):
            text = person.get(path).text
            mine, others = (LATER, DEADLINE) if code in TRENTINO else (DEADLINE, LATER)
            assert mine in text, (code, path)
            assert others not in text, (code, path)


def test_a_message_goes_to_its_entities_alone(coordinator: Person, offices: Offices) -> None:
    grant(coordinator, avvisa="1")
    assert told() == sorted(f"protocollo@{code}.example.org" for code in TRENTINO)
    texts = list(db.session.scalars(sa.select(Delivery.text).where(Delivery.kind == "extension")))
    assert all(LATER in text for text in texts)


def test_without_a_message_the_pages_say_it_all_the_same(coordinator: Person, offices: Offices) -> None:
    done = grant(coordinator, avvisa=[])
    assert "Messaggi in coda: 0." in done.text
    assert told() == []
    offices.begin()
    assert LATER in offices.of(BOLZANO).get("/compila").text


def test_after_the_edition_s_deadline_only_the_region_answers(coordinator: Person, offices: Offices, clock: Clock) -> None:
    offices.begin()
    grant(coordinator)
    clock.set(AFTER_ALL)
    for code in CODES:
        late = "le risposte si possono solo leggere" in offices.of(code).get("/compila").text
        assert late is (code in ELSEWHERE), code
    assert offices.of(BOLZANO).fill("/compila/B/2", {"B04": ["families"], "B05": ["municipal"]}).status == 200
    db.session.rollback()
    rows = db.session.execute(sa.select(Response.entity_id, Response.last_activity)).tuples()
    assert {entity_id for entity_id, at in rows if at >= AFTER_ALL} == {id_of(BOLZANO)}


def test_the_region_s_own_staff_sees_it_and_grants_nothing(coordinator: Person, offices: Offices, new_staff: NewStaff) -> None:
    grant(coordinator)
    mine, other = new_staff("territory", "04"), new_staff("territory", "09")
    assert mine.get("/gestione/proroga").status == 403
    assert "15/05/2026 12:00" in mine.get(f"/gestione/enti/{BOLZANO}").text
    assert other.get(f"/gestione/enti/{BOLZANO}").status == 404
    assert "15/05/2026" not in other.get("/gestione/risposte").text
