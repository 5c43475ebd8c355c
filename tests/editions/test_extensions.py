"""A deadline of an entity's own: granted, refused, told, and what answers it lets in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.editions.current import EditionView, edition_by_code
from app.editions.extensions import ExtensionRefusedError, deadline_for, edition_for, extend, own_closes_at
from app.editions.lifecycle import move_edition, store_edition
from app.editions.models import Extension, ReopeningRequest
from app.editions.reopenings import (
    UnknownReopeningError,
    ask_reopening,
    asked_at,
    refuse_reopening,
    waiting_reopenings,
)
from app.extensions import db
from app.mail.models import Delivery
from app.registry.entities import find_by_code
from app.registry.models import ContactAddress
from tests.accounts.few import at_once
from tests.conftest import START, Clock
from tests.editions.conftest import ReadFile
from tests.registry_rows import add_municipalities

FIRENZE = "048017"
END = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
LATER = END + dt.timedelta(days=10)

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def stored(read: ReadFile) -> EditionView:
    """An open edition until the end of April, and the municipality of Firenze with an address."""
    add_municipalities()
    store_edition(read(), actor="test", now=START)
    move_edition("2026", "open", actor="test", now=START)
    address = {"entity_id": entity_id(), "purpose": "social_services", "email": "sociale@example.org", "source": "test"}
    db.session.execute(sa.insert(ContactAddress).values(**address, created_at=START))
    db.session.commit()
    return view()


def view() -> EditionView:
    found = edition_by_code("2026")
    assert found is not None
    return found


def entity_id(code: str = FIRENZE) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def grant(closes_at: dt.datetime = LATER, now: dt.datetime = START, **changed: Any) -> None:
    given: dict[str, Any] = {"edition_code": "2026", "entity_code": FIRENZE, "reason": "Commissario in arrivo"} | changed
    extend(closes_at=closes_at, actor="test", now=now, **given)


def messages() -> list[Delivery]:
    db.session.rollback()
    return list(db.session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars())


def test_an_extension_holds_for_its_entity_alone(stored: EditionView) -> None:
    grant()
    assert own_closes_at(stored, entity_id()) == LATER
    assert own_closes_at(stored, entity_id("022165")) is None
    assert deadline_for(stored, entity_id()) == LATER - dt.timedelta(minutes=1)
    assert deadline_for(stored, entity_id("022165")) == stored.deadline
    assert edition_for(stored, entity_id()).deadline == LATER - dt.timedelta(minutes=1)


def test_the_last_word_counts(stored: EditionView) -> None:
    grant()
    grant(LATER + dt.timedelta(days=1), reason="Altri dieci giorni")
    rows = db.session.execute(sa.select(Extension.closes_at, Extension.reason, Extension.reopened)).all()
    assert [tuple(row) for row in rows] == [(LATER + dt.timedelta(days=1), "Altri dieci giorni", False)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"edition_code": "2027"}, "there is no edition 2027"),
        ({"entity_code": "48017"}, "no entity in force has the code 48017"),
        ({"reason": "  "}, "a reason of 1 to 500 characters"),
        ({"reason": "x" * 501}, "a reason of 1 to 500 characters"),
        ({"closes_at": START}, "the new deadline has passed already"),
        ({"closes_at": END - dt.timedelta(days=1)}, "takes no time away"),
        ({"reopened": True}, "its time is not over: use `edition extend`"),
        ({"now": END, "reopened": False}, "its time is over: use `edition reopen`"),
    ],
)
def test_what_cannot_be_granted_says_why_and_changes_nothing(stored: EditionView, changed: dict[str, Any], says: str) -> None:
    before = db.session.execute(sa.select(sa.func.count(AuditEntry.number))).scalar_one()
    with pytest.raises(ExtensionRefusedError, match=says):
        grant(**changed)
    assert db.session.execute(sa.select(sa.func.count(Extension.entity_id))).scalar_one() == 0
    assert db.session.execute(sa.select(sa.func.count(AuditEntry.number))).scalar_one() == before
    assert messages() == []


def test_the_same_deadline_twice_is_one(stored: EditionView) -> None:
    grant()
    with pytest.raises(ExtensionRefusedError, match="until then already"):
        grant()
    assert len(messages()) == 1


def test_two_clicks_at_once_grant_it_once(stored: EditionView, app: Flask) -> None:
    db.session.rollback()
    for race in range(1, 31):
        until = LATER + dt.timedelta(days=race)
        outcomes = at_once(app, [lambda until=until: grant(until)] * 2)
        refused = [one.reason for one in outcomes if isinstance(one, ExtensionRefusedError)]
        assert (outcomes.count(None), refused) == (1, ["same"]), outcomes


@pytest.mark.parametrize("state", ["draft", "pilot"])
def test_before_the_opening_nothing_is_extended(read: ReadFile, state: str) -> None:
    add_municipalities()
    store_edition(read(), actor="test", now=START)
    if state == "pilot":
        move_edition("2026", "pilot", actor="test", now=START)
    with pytest.raises(ExtensionRefusedError, match=f"is {state}: open it first"):
        grant()


def test_an_edition_that_another_has_followed_is_not_reopened(stored: EditionView, read: ReadFile) -> None:
    move_edition("2026", "closed", actor="test", now=END)
    store_edition(read(code="2027", opening="2026-06-01 09:00", deadline="2026-07-30 23:59"), actor="test", now=END)
    move_edition("2027", "open", actor="test", now=END)
    with pytest.raises(ExtensionRefusedError, match="the pages show another one"):
        grant(now=END, reopened=True)


@pytest.mark.parametrize("state", ["open", "closed", "published"])
def test_a_reopened_entity_may_answer_until_its_own_end(stored: EditionView, state: str) -> None:
    for step in {"open": (), "closed": ("closed",), "published": ("closed", "published")}[state]:
        move_edition("2026", step, actor="test", now=END)
    grant(now=END, reopened=True)
    edition, own = view(), own_closes_at(stored, entity_id())
    assert edition.takes_answers(END, own_closes_at=own)
    assert edition.takes_answers(LATER - dt.timedelta(seconds=1), own_closes_at=own)
    assert not edition.takes_answers(LATER, own_closes_at=own)
    assert not edition.takes_answers(END)


def test_an_extension_takes_no_time_away_when_the_edition_gains_more(stored: EditionView, read: ReadFile) -> None:
    grant()
    store_edition(read(deadline="2026-05-31 23:59"), actor="test", now=START)
    assert deadline_for(view(), entity_id()) == view().deadline > LATER


def test_the_entity_is_told_and_the_audit_knows(stored: EditionView) -> None:
    grant()
    grant(LATER + dt.timedelta(days=5), now=LATER, reopened=True)
    first, second = messages()
    assert (first.kind, first.recipient, first.state, first.reference) == (
        "extension",
        "sociale@example.org",
        "queued",
        f"entity:{entity_id()}",
    )
    assert first.subject == "Firenze (FI): la scadenza è prorogata al 10 maggio 2026, 23:59"
    assert "si può rispondere fino al 10 maggio 2026, 23:59" in first.text
    assert "http://127.0.0.1:8000/compila" in first.text
    assert "segreteria@example.org" in first.text
    assert second.kind == "reopening"
    assert second.subject == "Firenze (FI): la risposta è riaperta fino al 15 maggio 2026, 23:59"
    told = db.session.execute(sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail).order_by(AuditEntry.number))
    last = [tuple(row) for row in told][-2:]
    assert [row[:2] for row in last] == [
        ("deadline_extended", f"entity:{FIRENZE}"),
        ("response_reopened", f"entity:{FIRENZE}"),
    ]
    assert "Commissario" not in last[0][2]


def test_the_commands_take_rome_s_time(stored: EditionView, app: Flask, clock: Clock) -> None:
    run = app.test_cli_runner().invoke
    done = run(args=["edition", "extend", "2026", FIRENZE, "2026-05-10 23:59", "--reason", "Elezioni"])
    assert (done.exit_code, done.output) == (0, f"{FIRENZE} may answer edition 2026 until 2026-05-10 23:59, Rome time\n")
    db.session.rollback()
    assert own_closes_at(stored, entity_id()) == LATER
    for words in (["2026-05-10", "--reason", "x"], ["domani", "--reason", "x"], ["2026-05-12 10:00"]):
        assert run(args=["edition", "extend", "2026", FIRENZE, *words]).exit_code == 2
    refused = run(args=["edition", "reopen", "2026", FIRENZE, "2026-05-20 23:59", "--reason", "Errore"])
    assert (refused.exit_code, "use `edition extend`" in refused.output) == (1, True)
    clock.set(LATER)
    assert run(args=["edition", "reopen", "2026", FIRENZE, "2026-05-20 23:59", "--reason", "Errore"]).exit_code == 0


@dataclass(frozen=True)
class Somebody:
    """An operator of Firenze who asks."""

    entity_id: int
    id: int = 7
    name: str = "Operatore A"
    office: str = "Servizi sociali"
    email: str = "servizi@example.org"
    phone: str = "055 1"


def test_a_request_waits_until_the_response_is_reopened(stored: EditionView) -> None:
    asker = Somebody(entity_id())
    first = ask_reopening(asker, stored, "Mancava un centro", END)
    assert ask_reopening(asker, stored, "Mancavano due centri", END) == first
    (waiting,) = waiting_reopenings(stored.id)
    assert (waiting.id, waiting.entity_code, waiting.entity_label) == (first, FIRENZE, "Firenze (FI)")
    assert (waiting.name, waiting.email, waiting.reason, waiting.created_at) == (
        *("Operatore A", "servizi@example.org"),
        *("Mancavano due centri", END),
    )
    grant(LATER, END, reopened=True)
    assert waiting_reopenings(stored.id) == []
    assert asked_at(asker.entity_id, stored.id) is None
    outcome = sa.select(ReopeningRequest.outcome, ReopeningRequest.closed_by)
    assert db.session.execute(outcome).one() == ("granted", "test")
    assert ask_reopening(asker, stored, "Ancora", LATER) != first


def test_a_refused_request_is_over_and_a_second_refusal_changes_nothing(stored: EditionView) -> None:
    asker = Somebody(entity_id())
    request = ask_reopening(asker, stored, "Mancava un centro", END)
    refuse_reopening(request, refused_by="staff:7", now=END)
    assert waiting_reopenings(stored.id) == []
    with pytest.raises(UnknownReopeningError):
        refuse_reopening(request, refused_by="staff:7", now=END)
    told = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action.like("reopening%"))).scalars().all()
    assert [(entry.action, entry.actor) for entry in told] == [
        ("reopening_requested", "operator:7"),
        ("reopening_refused", "staff:7"),
    ]
    assert not any("Operatore" in entry.detail or "centro" in entry.detail for entry in told)


def test_the_desk_sees_and_refuses_requests_by_command(stored: EditionView, app: Flask) -> None:
    request = ask_reopening(Somebody(entity_id(), name="Op\x1b[31mA"), stored, "Mancava\nun centro", END)
    shown = app.test_cli_runner().invoke(args=["edition", "requests", "2026"])
    assert shown.exit_code == 0, shown.output
    assert "\tFirenze (FI)\tOp [31mA\t" in shown.output
    assert "Mancava un centro" in shown.output
    for outcome in (0, 1):
        done = app.test_cli_runner().invoke(args=["edition", "requests", "2026", "--refuse", str(request)])
        assert done.exit_code == outcome, done.output
    assert "no request" in done.output
    assert app.test_cli_runner().invoke(args=["edition", "requests", "2026"]).output == "nobody waits\n"
    assert "there is no edition 1999" in app.test_cli_runner().invoke(args=["edition", "requests", "1999"]).output
