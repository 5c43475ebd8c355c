"""Terms: what is over goes and nothing else, in slices that survive a kill, with entries of the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import (
    AccessRequest,
    KnownPlace,
    Operator,
    OperatorInvitation,
    OperatorLink,
    SecondStep,
    SignInThrottle,
    StaffRecoveryCode,
    StaffSsoReturn,
    WebSession,
)
from app.accounts.operators import operator_names
from app.accounts.sessions import open_session
from app.accounts.staff_accounts import add_member
from app.audit.chain import first_broken_entry, record
from app.audit.models import AuditEntry
from app.chasing.models import Call, EntityNote
from app.editions.current import EditionView
from app.editions.models import ReopeningRequest
from app.extensions import db
from app.mail.models import Delivery, DeliveryGroup
from app.mail.returns.models import Correction, MailReturn, ReturnContent
from app.practices.models import PracticeUpload
from app.privacy import purging
from app.privacy.purging import TERMS, purge, what_is_due
from app.registry.entities import find_by_code
from app.reminders.models import Batch, ReceiptUpload
from app.responses.models import LateSave, PersonalValue, Submission, TelephoneCopy, TelephoneLink
from app.responses.reading import OpenResponse
from app.threads.models import Thread, ThreadFile, ThreadMessage
from tests.conftest import START, Clock
from tests.open_edition import operator

SECRET = "segreto@example.org"
YEARS = START + dt.timedelta(days=365 * 6)
DAY = dt.timedelta(days=1)


def rows_with_terms(edition: int, entity: int, response: int, who: int | None) -> list[sa.Insert]:
    """Two of some kinds: the second one stays."""
    at = START
    asker = {"name": SECRET, "office": SECRET, "email": SECRET, "phone": "1"}
    message = {"kind": "k", "reference": f"entity:{entity}", "language": "it", "subject": "s", "text": SECRET, "attempts": 0}
    message |= {"recipient": SECRET, "not_before": at, "created_at": at, "changed_at": at, "reason": "", "reply": SECRET}
    return [
        sa.insert(KnownPlace).values(place_hash="p", entity_id=entity, operator_id=who, last_used_at=at),
        sa.insert(SignInThrottle).values(key="k", failures=1, last_failure_at=at, blocked_until=at),
        sa.insert(StaffRecoveryCode).values(code_hash="used", staff_id=1, created_at=at, ended_at=at),
        sa.insert(StaffRecoveryCode).values(code_hash="waits", staff_id=1, created_at=at),
        sa.insert(AccessRequest).values(entity_id=entity, note=SECRET, created_at=at, handled_at=at, **asker),
        sa.insert(AccessRequest).values(entity_id=entity, note="waits", created_at=at, **asker | {"name": "waits"}),
        sa.insert(ReopeningRequest).values(
            edition_id=edition, entity_id=entity, reason=SECRET, created_at=at, closed_at=at, **asker
        ),
        sa.insert(Delivery).values(dedupe_key="1", state="accepted", **message),
        sa.insert(Delivery).values(dedupe_key="2", state="queued", **message | {"text": "waits"}),
        *returned(at),
        sa.insert(Call).values(
            edition_id=edition, entity_id=entity, staff_id=1, at=at, outcome="other", spoke_with=SECRET, note=SECRET
        ),
        sa.insert(EntityNote).values(entity_id=entity, staff_id=1, at=at, text=SECRET, removed_at=at),
        sa.insert(EntityNote).values(entity_id=entity, staff_id=1, at=at, text="stands"),
        sa.insert(PersonalValue).values(response_id=response, digest="d", salt="s", value=SECRET),
        sa.insert(PersonalValue).values(response_id=response, digest="l", salt="s", value=SECRET),
        sa.insert(LateSave).values(
            response_id=response,
            save_id="s",
            digest="d",
            session="s",
            channel="form",
            number=1,
            at=at,
            operations='[{"op":"set","question":"E04","base":0,"value":{"personal":"l"}}]',
        ),
    ]


def returned(at: dt.datetime) -> list[sa.Insert]:
    """A message that came back, with its content, and two addresses to correct, of which the second waits."""
    told = {
        "source": "pipe",
        "kind": "person",
        "matched_by": "",
        "received_at": at,
        "day": at.date(),
        "own": False,
        "status": "",
    }
    told |= {"recipient": SECRET, "diagnostic": SECRET, "sender": SECRET, "subject": SECRET, "size": 1, "cut": False}
    listed = {"reason": "bounced", "reference": "", "status": "", "diagnostic": "", "noted_at": at}
    return [
        sa.insert(MailReturn).values(id=1, digest="d", waits=False, **told),
        sa.insert(ReturnContent).values(return_id=1, content=SECRET.encode()),
        sa.insert(Correction).values(email=SECRET, settled_at=at, **listed),
        sa.insert(Correction).values(email="waits@example.org", **listed),
    ]


def ways_in_with_terms(entity: int) -> list[sa.Insert]:
    """Two invitations, of which the second stays, a link and a code."""
    at = START
    invitation = {"entity_id": entity, "purpose": "invitation", "created_at": at, "sent_at": at, "expires_at": at}
    return [
        sa.insert(OperatorInvitation).values(id=1, email=SECRET, ended_at=at, **invitation),
        sa.insert(OperatorInvitation).values(id=2, email="waits", **invitation | {"expires_at": YEARS + DAY}),
        sa.insert(OperatorLink).values(token_hash="l", invitation_id=1, created_at=at, expires_at=at),
        sa.insert(StaffSsoReturn).values(state_hash="s", taken_at=at),
        sa.insert(SecondStep).values(token_hash="c", entity_id=entity, tries=0, created_at=at, expires_at=at),
    ]


def copies_with_terms(response: int, definition: int) -> list[sa.Insert]:
    """A version that was sent by telephone, what the entity said of it, and a link."""
    at = START
    sent = {"response_id": response, "number": 1, "receipt": "r", "version": 0, "definition_id": definition, "document": "{}"}
    copy = {"submission_id": 1, "response_id": response, "created_at": at, "addresses": 1, "contested_at": at}
    return [
        sa.insert(Submission).values(id=1, submitted_at=at, **sent),
        sa.insert(TelephoneCopy).values(id=1, note=SECRET, **copy),
        sa.insert(TelephoneLink).values(token_hash="t", copy_id=1, created_at=at, expires_at=at),
    ]


def uploads_with_terms(edition: int) -> list[sa.Insert]:
    """A batch, and a file of its receipts."""
    at = START
    batch = {
        "key": "k",
        "name": "n",
        "filter": "{}",
        "excluded": "{}",
        "respondents": 1,
        "deliveries": 1,
        "created_by": "staff:1",
    }
    batch |= {"starts_at": at, "ends_at": at, "created_at": at, "edition_id": edition, "group_id": 1}
    practice_file = {"file_name": "f", "digest": "0", "edition_label": "2017", "year": 2017, "features": 1, "meaning": "{}"}
    practice_file |= {"source": SECRET.encode(), "uploaded_by": "staff:1", "uploaded_at": at}
    return [
        sa.insert(DeliveryGroup).values(id=1, label="g", per_hour=1, created_at=at),
        sa.insert(Batch).values(id=1, **batch),
        sa.insert(ReceiptUpload).values(batch_id=1, uploaded_by="staff:1", uploaded_at=at, content=SECRET.encode()),
        sa.insert(PracticeUpload).values(**practice_file),
    ]


def threads_with_terms(edition: int, entity: int, who: int | None) -> list[sa.Insert]:
    """A thread with a message and its file."""
    at = START
    thread = {"edition_id": edition, "entity_id": entity, "subject": SECRET, "question": "", "item": "", "opened_by": "entity"}
    thread |= {"state": "desk", "created_at": at, "last_at": at}
    message = {"thread_id": 1, "side": "entity", "operator_id": who, "at": at, "text": SECRET, "key": "k"}
    return [
        sa.insert(Thread).values(id=1, **thread),
        sa.insert(ThreadMessage).values(id=1, **message),
        sa.insert(ThreadFile).values(message_id=1, name=SECRET, kind="txt", size=1, content=SECRET.encode()),
    ]


@pytest.fixture
def world(app: Flask, edition: EditionView, respond: Callable[[str], OpenResponse]) -> OpenResponse:
    """One row of each kind that has a term, all of the start, with a secret where there is a place for it."""
    response = respond("048017")
    who = operator("048017", SECRET, "a" * 64).operator_id
    entity, at = response.entity_id, START
    add_member("a@example.org", "Persona", "administrator", None, actor="command", now=at, mail=False)
    open_session(entity, at, operator_id=who)
    others = (*ways_in_with_terms(entity), *copies_with_terms(response.id, edition.definition_id))
    others += (*uploads_with_terms(edition.id), *threads_with_terms(edition.id, entity, who))
    for statement in (*rows_with_terms(edition.id, entity, response.id, who), *others):
        db.session.execute(statement)
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        for number in range(12):
            record("signed_in", actor="entity:048017", subject="entity:048017", detail={"n": number}, now=at)
        db.session.commit()
    return response


def due(now: dt.datetime) -> dict[str, int]:
    return {one.term.name: one.number for one in what_is_due(now) if one.number}


def everything() -> str:
    tables = sa.inspect(db.session.connection()).get_table_names()
    return "".join(str(db.session.execute(sa.text(f'SELECT * FROM "{name}"')).all()) for name in tables)


def test_nothing_goes_before_its_term_and_everything_after_it(world: OpenResponse) -> None:
    assert due(START + dt.timedelta(hours=1)) == {}
    assert list(purge("command", START + dt.timedelta(hours=1))) == []
    expected = {term.name: 1 for term in TERMS} | {"from where the log's deeds were done": 12}
    for made_elsewhere in ("sessions of staff", "links for a password", "links to sign in"):
        del expected[made_elsewhere]
    assert due(YEARS) == expected
    before = everything()
    assert before.count(SECRET) > 12
    gone = {term.name: number for term, number in purge("command", YEARS)}
    assert gone == expected
    left = everything()
    assert left.count(SECRET) == 4  # recipient and reply of the message, office and address of the request that wait
    assert due(YEARS) == {}
    assert first_broken_entry() is None


def test_rows_stay_that_something_else_needs(world: OpenResponse) -> None:
    list(purge("command", YEARS))
    assert sorted(db.session.execute(sa.select(AccessRequest.name)).scalars()) == ["", "waits"]
    assert sorted(db.session.execute(sa.select(EntityNote.text)).scalars()) == ["", "stands"]
    assert sorted(db.session.execute(sa.select(OperatorInvitation.email)).scalars()) == ["", "waits"]
    assert db.session.execute(sa.select(StaffRecoveryCode.code_hash)).scalars().all() == ["waits"]
    assert db.session.execute(sa.select(LateSave.state, LateSave.operations)).one() == ("discarded", "[]")
    assert operator_names(world.entity_id) == {1: "persona rimossa n. 1"}
    assert db.session.execute(sa.select(sa.func.count(Call.id))).scalar_one() == 1


def test_who_was_seen_since_stays_and_so_does_who_worked_in_an_edition_that_closed_since(world: OpenResponse) -> None:
    closes = dt.datetime(2026, 4, 30, 21, 59, tzinfo=dt.UTC)
    months = dt.timedelta(days=24 * 30.4375)
    assert "people who filled in" not in due(START + months + DAY)  # the edition closed later than the last visit
    assert "people who filled in" in due(closes + months + DAY)
    db.session.execute(sa.update(WebSession).values(last_seen_at=closes + 10 * DAY))
    db.session.commit()
    assert "people who filled in" not in due(closes + months + DAY)
    list(purge("command", closes + 60 * DAY))  # the session goes, and leaves when it was seen
    assert db.session.execute(sa.select(sa.func.count()).select_from(WebSession)).scalar_one() == 0
    assert db.session.execute(sa.select(Operator.last_seen_at)).scalar_one() == closes + 10 * DAY
    assert "people who filled in" not in due(closes + months + DAY)
    assert "people who filled in" in due(closes + months + 11 * DAY)


def test_a_run_that_breaks_off_between_slices_goes_on(world: OpenResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "AT_A_TIME", 5)
    run = purge("command", YEARS)
    for term, gone in run:
        if term.name.startswith("from where") and gone == 5:
            break
    run.close()
    db.session.rollback()
    assert first_broken_entry() is None  # announced before it began
    assert due(YEARS) == {"from where the log's deeds were done": 7}
    assert [gone for _, gone in purge("command", YEARS)] == [5, 7]
    assert first_broken_entry() is None
    told = sa.select(AuditEntry.detail).where(AuditEntry.action == "privacy_purged", AuditEntry.detail.contains("from where"))
    told = told.order_by(AuditEntry.number)
    assert [detail.split(":")[1].split(",")[0] for detail in db.session.execute(told).scalars()] == ["5", "5", "2"]


@pytest.mark.settings(retention_operators_months=0, retention_messages_days=0)
def test_a_term_of_nothing_never_ends(world: OpenResponse) -> None:
    list(purge("command", YEARS))
    assert operator_names(world.entity_id) == {1: f"{SECRET} (non verificato)"}
    assert db.session.execute(sa.select(Delivery.recipient).distinct()).scalars().all() == [SECRET]


def test_the_command_shows_and_then_does(app: Flask, world: OpenResponse, clock: Clock) -> None:
    db.session.rollback()
    clock.set(YEARS)
    run = app.test_cli_runner().invoke
    shown = run(args=["privacy", "purge", "--dry-run"])
    assert shown.exit_code == 0
    assert "        1 people who filled in" in shown.output
    assert find_by_code("048017") is not None
    assert operator_names(world.entity_id) == {1: f"{SECRET} (non verificato)"}
    db.session.rollback()
    assert run(args=["privacy", "purge"]).output.splitlines()[-1].endswith(" rows forgotten")
    assert run(args=["privacy", "purge"]).output == "0 rows forgotten\n"
    assert SECRET not in str(db.session.execute(sa.select(*Operator.__table__.columns)).all())
