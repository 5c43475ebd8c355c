"""Decisions on practices: what they change, when they are refused, and that two reviewers do not collide."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.editions.lifecycle import move_edition
from app.extensions import db, table_of
from app.mail.hooks import hook_of
from app.mail.models import Delivery
from app.practices.models import APPROVED, REJECTED, SENT_BACK, WAITING, WITHDRAWN, Practice, ReviewEntry
from app.practices.notices import KIND
from app.practices.published import CURRENT, ENTRY, entries_in, list_versions
from app.practices.record import read_record
from app.practices.review import (
    ChangedMeanwhileError,
    DecisionRefusedError,
    Seen,
    UnknownPracticeError,
    approve,
    approve_many,
    assign,
    assign_many,
    reject,
    reopen,
    reviewers,
    send_back,
    undo,
    withdraw,
)
from app.practices.sent_back import (
    NotSentBackError,
    UnsentChangesError,
    confirm_as_it_is,
    holders_of,
    open_corrections,
    operations_for,
    revision_of,
    sent_back_of,
)
from app.responses.drafts import apply
from tests.desk.logins import register
from tests.desk.staff import add_member
from tests.practices.sheets import Sheets
from tests.responses.people import FIRENZE, SOMEBODY, VALENTINO

ACTOR = "staff:1"


def seen(sheets: Sheets, item: str) -> Seen:
    row = sheets.row(item)
    db.session.rollback()
    return Seen(row.code, row.revision)


def entries(item: str) -> list[tuple[str, str]]:
    """(action, note) of a practice's history."""
    db.session.rollback()
    joined = sa.select(ReviewEntry.action, ReviewEntry.note).join(Practice, Practice.id == ReviewEntry.practice_id)
    return [tuple(row) for row in db.session.execute(joined.where(Practice.item_id == item).order_by(ReviewEntry.id))]


def deeds(prefix: str = "practice") -> list[tuple[str, str, str]]:
    db.session.rollback()
    query = sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject).order_by(AuditEntry.number)
    return [tuple(row) for row in db.session.execute(query.where(AuditEntry.action.startswith(prefix)))]


def public() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ENTRY.title).where(CURRENT).order_by(ENTRY.id)).scalars())


def test_an_approval_takes_the_content_and_the_desks_corrections_are_named(sheets: Sheets) -> None:
    plain, mended = sheets.send_sheets(FIRENZE, {}, {"P14": {"address": "Via A 1", "latitude": "43.7", "longitude": "11.3"}})
    approve(seen(sheets, plain), {}, actor=ACTOR, now=sheets.now)
    changes: Any = {"title": "Titolo corretto", "recipients": ("parents", "age02"), "address": "Via B 2"}
    approve(seen(sheets, mended), changes, note="Refusi", actor=ACTOR, now=sheets.now)
    row = sheets.row(plain)
    assert (row.state, row.approved, row.approved_digest) == (APPROVED, row.content, row.digest)
    row = sheets.row(mended)
    record = read_record(row.approved)
    assert (record.title, record.recipients, record.address) == ("Titolo corretto", ("parents", "age02"), "Via B 2")
    assert (record.latitude, record.longitude) == (None, None), "the coordinates were those of the other address"
    assert read_record(row.content).title == "Sportello per le famiglie", "what the entity sent stays"
    assert row.approved_digest == row.digest
    last = db.session.execute(sa.select(ReviewEntry.detail, ReviewEntry.note).order_by(ReviewEntry.id.desc()).limit(1)).one()
    assert json.loads(last.detail)["corrections"] == {
        "title": "Titolo corretto", "recipients": ["parents", "age02"], "address": "Via B 2",
    }  # fmt: skip
    assert last.note == "Refusi"
    assert [action for action, _actor, _subject in deeds()] == ["practice_approved"] * 2
    assert sheets.publish().added == 2
    assert public() == ["Sportello per le famiglie", "Titolo corretto"]


def test_nothing_is_approved_without_consent_or_after_it_was_taken_out(sheets: Sheets) -> None:
    private, gone = sheets.send_sheets(FIRENZE, {"P16": {"code": "statistics"}}, {})
    with pytest.raises(DecisionRefusedError) as refused:
        approve(seen(sheets, private), {}, actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "no_consent"
    sheets.remove(FIRENZE, gone)
    sheets.submit(FIRENZE)
    with pytest.raises(DecisionRefusedError) as refused:
        approve(seen(sheets, gone), {}, actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "gone"
    assert [sheets.row(item).state for item in (private, gone)] == [WAITING, WAITING]
    assert deeds() == []
    done, left = approve_many([seen(sheets, private), seen(sheets, gone)], actor=ACTOR, now=sheets.now)
    assert (done, sorted(left)) == ([], sorted(sheets.row(item).code for item in (private, gone)))


def test_a_decision_on_what_changed_since_is_refused_and_says_who_did_what(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    old = seen(sheets, item)
    reject(old, note="Fuori tema", actor="staff:2", now=sheets.now)
    for decide in (
        lambda: approve(old, {}, actor=ACTOR, now=sheets.now),
        lambda: assign(old, None, actor=ACTOR, now=sheets.now),
        lambda: send_back(old, {}, note="x", actor=ACTOR, now=sheets.now),
        lambda: reject(old, note="x", actor=ACTOR, now=sheets.now),
        lambda: withdraw(old, note="x", actor=ACTOR, now=sheets.now),
        lambda: reopen(old, actor=ACTOR, now=sheets.now),
        lambda: undo(old, actor=ACTOR, now=sheets.now),
    ):
        with pytest.raises(ChangedMeanwhileError) as refused:
            decide()
        assert (refused.value.action, refused.value.actor) == ("rejected", "staff:2")
    assert approve_many([old], actor=ACTOR, now=sheets.now) == ([], [old.code])
    assert sheets.row(item).state == REJECTED
    with pytest.raises(UnknownPracticeError):
        approve(Seen("NESSUNA1", 1), {}, actor=ACTOR, now=sheets.now)


def test_a_change_of_the_entity_refuses_a_decision_on_what_it_replaced(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    old = seen(sheets, item)
    sheets.write_sheets(FIRENZE, {item: {"P03": "Un'altra cosa."}})
    sheets.submit(FIRENZE)
    with pytest.raises(ChangedMeanwhileError) as refused:
        approve(old, {}, actor=ACTOR, now=sheets.now)
    assert refused.value.action == "sent_again"


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(app: Flask, sheets: Sheets) -> None:
    items = sheets.send_sheets(FIRENZE, *({"P01": f"Pratica {number}"} for number in range(4)))
    at = sheets.now
    pages = [seen(sheets, item) for item in items]
    told: list[tuple[int, str]] = []
    together = threading.Barrier(2)

    def decide(actor: str, page: Seen) -> None:
        with app.app_context():
            together.wait(timeout=10)
            try:
                if actor == "staff:1":
                    approve(page, {}, actor=actor, now=at)
                else:
                    reject(page, note="No", actor=actor, now=at)
            except ChangedMeanwhileError as error:
                told.append((page.revision, error.actor))
            finally:
                db.session.remove()

    for page in pages:
        both = [threading.Thread(target=decide, args=(actor, page)) for actor in ("staff:1", "staff:2")]
        for one in both:
            one.start()
        for one in both:
            one.join(timeout=30)
    assert len(told) == len(items), "of each two exactly one was refused"
    for item in items:
        decided = [action for action, _note in entries(item) if action != "arrived"]
        assert len(decided) == 1
        assert sheets.row(item).state == decided[0]
        assert sheets.row(item).revision == 2
    assert len(deeds()) == len(items)


def test_sending_back_tells_the_entity_without_content_and_grants_nothing_while_it_has_time(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    register(FIRENZE, sheets.now)
    with pytest.raises(DecisionRefusedError) as refused:
        send_back(seen(sheets, item), {}, note="", actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "no_note"
    send_back(seen(sheets, item), {"title": "Sportello"}, note="Il titolo è troppo lungo", actor=ACTOR, now=sheets.now)
    assert sheets.row(item).state == SENT_BACK
    delivery = db.session.execute(sa.select(Delivery).where(Delivery.kind == KIND)).scalar_one()
    assert delivery.recipient == "protocollo@comune.example.org"
    assert "troppo lungo" not in delivery.text + delivery.subject
    assert "Sportello" not in delivery.text
    assert f"/compila/pratiche/{item}" in delivery.text
    hook: Any = hook_of(KIND)
    assert hook.wanted(delivery, sheets.now) is None
    (told,) = sent_back_of(sheets.response(FIRENZE))
    assert (told.item_id, told.note, told.corrections) == (item, "Il titolo è troppo lungo", {"title": "Sportello"})
    assert sent_back_of(sheets.response(VALENTINO)) == [], "another entity reads nothing"
    db.session.rollback()
    undo(seen(sheets, item), actor=ACTOR, now=sheets.now)
    assert sheets.row(item).state == WAITING
    delivery = db.session.execute(sa.select(Delivery).where(Delivery.kind == KIND)).scalar_one()
    assert hook.wanted(delivery, sheets.now) == "no longer asked"


def test_proposed_corrections_are_taken_as_operations_and_wait_again_when_sent(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets(FIRENZE, {"P14": {"address": "Via A 1", "latitude": "43.7", "longitude": "11.3"}})
    proposed: Any = {
        "title": "Nuovo titolo", "area": "centres", "recipients": ("parents", "age02"), "email": "nuova@example.org",
        "url": "https://www.example.org", "address": "Via B 2", "results": "Molti.",
    }  # fmt: skip
    send_back(seen(sheets, item), proposed, note="Così va meglio", actor=ACTOR, now=sheets.now)
    response = sheets.response(FIRENZE)
    assert open_corrections(response, item, proposed) == proposed
    bases = {code: revision_of(response, item, code) for code, _part in holders_of(response, item).values()}
    assert (bases["P01"] > 0, bases["P13"]) == (True, 0)
    one = operations_for(response, item, proposed, ["email"], bases)
    assert [(op.question, op.value) for op in one] == [("P15", {"email": "nuova@example.org"})]
    operations = operations_for(response, item, proposed, list(proposed), bases)
    assert {op.question: op.value for op in operations} == {
        "P01": "Nuovo titolo",
        "P02": {"code": "centres"},
        "P04": {"codes": ["parents", "age02"]},
        "P13": "Molti.",
        "P14": {"address": "Via B 2"},
        "P15": {"email": "nuova@example.org", "url": "https://www.example.org"},
    }
    reply, _changed = apply(response, operations, SOMEBODY, sheets.now, save_id="take")
    assert not reply.refused
    assert not reply.conflicts
    assert open_corrections(sheets.response(FIRENZE), item, proposed).keys() <= {"area"}, "an area of this questionnaire only"
    sheets.submit(FIRENZE)
    row = sheets.row(item)
    assert (row.state, row.title) == (WAITING, "Nuovo titolo")
    assert sent_back_of(sheets.response(FIRENZE)) == []


def test_a_sheet_can_be_confirmed_as_it_is_where_sending_again_would_change_nothing(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    with pytest.raises(NotSentBackError):
        confirm_as_it_is(sheets.response(FIRENZE), item, SOMEBODY, sheets.now)
    send_back(seen(sheets, item), {}, note="È giusto?", actor=ACTOR, now=sheets.now)
    sheets.submit(FIRENZE)
    assert sheets.row(item).state == SENT_BACK, "the very same content gives the earlier receipt, and tells nobody"
    with pytest.raises(NotSentBackError):
        confirm_as_it_is(sheets.response(VALENTINO), item, SOMEBODY, sheets.now)
    sheets.write_sheets(FIRENZE, {item: {"P03": "Un'altra."}})
    with pytest.raises(UnsentChangesError):
        confirm_as_it_is(sheets.response(FIRENZE), item, SOMEBODY, sheets.now)
    sheets.write_sheets(FIRENZE, {item: {"P03": "Ascolto e orientamento."}})
    confirm_as_it_is(sheets.response(FIRENZE), item, SOMEBODY, sheets.now)
    assert sheets.row(item).state == WAITING
    assert entries(item)[-1][0] == "confirmed"
    assert deeds()[-1][0] == "practice_confirmed"


def test_what_is_withdrawn_is_out_of_every_version_and_comes_back_only_by_review(sheets: Sheets) -> None:
    kept, gone = sheets.send_sheets(FIRENZE, {"P01": "Resta"}, {"P01": "Esce"})
    for item in (kept, gone):
        approve(seen(sheets, item), {}, actor=ACTOR, now=sheets.now)
    sheets.publish()
    with pytest.raises(DecisionRefusedError) as refused:
        reject(seen(sheets, gone), note="No", actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "state", "what is public is withdrawn, not rejected"
    withdraw(seen(sheets, gone), note="Contiene un nome", actor=ACTOR, now=sheets.now)
    assert public() == ["Resta"]
    in_first = db.session.execute(sa.select(ENTRY.title).where(entries_in(1))).scalars().all()
    assert in_first == ["Resta"]
    row = sheets.row(gone)
    assert (row.state, row.published, row.approved) == (WITHDRAWN, None, None)
    assert [one.withdrawn for one in list_versions()] == [1, 0]
    with pytest.raises(DecisionRefusedError):
        approve(seen(sheets, gone), {}, actor=ACTOR, now=sheets.now)
    reopen(seen(sheets, gone), actor=ACTOR, now=sheets.now)
    assert sheets.row(gone).state == WAITING
    assert ("practice_withdrawn", ACTOR, f"practice:{row.code}") in deeds()


def test_a_decision_is_undone_only_while_nothing_followed_it(sheets: Sheets) -> None:
    first, second = sheets.send_sheets(FIRENZE, {"P01": "Prima"}, {"P01": "Seconda"})
    with pytest.raises(DecisionRefusedError):
        undo(seen(sheets, first), actor=ACTOR, now=sheets.now)
    approve(seen(sheets, first), {"title": "Corretta"}, actor=ACTOR, now=sheets.now)
    undo(seen(sheets, first), actor=ACTOR, now=sheets.now)
    row = sheets.row(first)
    assert (row.state, row.approved, row.approved_digest) == (WAITING, None, None)
    reject(seen(sheets, first), note="No", actor=ACTOR, now=sheets.now)
    member = add_member("reviewer", sheets.now)
    db.session.commit()
    assign(seen(sheets, first), member, actor=ACTOR, now=sheets.now)
    undo(seen(sheets, first), actor=ACTOR, now=sheets.now)
    assert sheets.row(first).state == WAITING, "who looks after it does not stand in the way"
    approve(seen(sheets, second), {}, actor=ACTOR, now=sheets.now)
    sheets.publish()
    with pytest.raises(DecisionRefusedError) as refused:
        undo(seen(sheets, second), actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "state"


def test_practices_are_given_to_those_who_review(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    ids = {role: add_member(role, sheets.now) for role in ("coordinator", "reviewer", "administrator", "territory")}
    db.session.commit()
    assert {one.id for one in reviewers()} == {ids["coordinator"], ids["reviewer"]}
    for role in ("administrator", "territory"):
        with pytest.raises(DecisionRefusedError):
            assign(seen(sheets, item), ids[role], actor=ACTOR, now=sheets.now)
    assign(seen(sheets, item), ids["reviewer"], actor=ACTOR, now=sheets.now)
    with pytest.raises(DecisionRefusedError) as refused:
        assign(seen(sheets, item), ids["reviewer"], actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "same"
    assert sheets.row(item).assigned_id == ids["reviewer"]
    page = seen(sheets, item)
    assert assign_many([page, Seen("ALTRA234", 1)], ids["coordinator"], actor=ACTOR, now=sheets.now) == (
        [page.code], ["ALTRA234"],
    )  # fmt: skip
    assert sheets.row(item).assigned_id == ids["coordinator"]


def test_many_are_approved_at_once_with_an_entry_each(sheets: Sheets) -> None:
    items = sheets.send_sheets(FIRENZE, {"P01": "Prima"}, {"P01": "Seconda"}, {"P01": "Terza"})
    pages = [seen(sheets, item) for item in items]
    reject(pages[2], note="No", actor="staff:2", now=sheets.now)
    done, left = approve_many(pages, actor=ACTOR, now=sheets.now)
    assert (sorted(done), left) == (sorted(page.code for page in pages[:2]), [pages[2].code])
    assert [sheets.row(item).state for item in items] == [APPROVED, APPROVED, REJECTED]
    assert sum(action == "practice_approved" for action, _actor, _subject in deeds()) == 2
    assert all(entries(item)[-1][0] == "approved" for item in items[:2])


def test_after_the_edition_is_closed_sending_back_needs_more_time(sheets: Sheets) -> None:
    from app.editions.current import edition_by_code
    from app.practices.review import MoreTime

    (item,) = sheets.send_sheets()
    closed = dt.datetime(2026, 5, 2, 8, tzinfo=dt.UTC)
    move_edition("2026", "closed", actor="test", now=closed)
    edition = edition_by_code("2026")
    assert edition is not None
    more = MoreTime(edition, sheets.entity(FIRENZE), closed + dt.timedelta(days=7), "Rimandata", reopened=True)
    send_back(seen(sheets, item), {}, note="Correggi", actor=ACTOR, now=closed, more_time=more)
    assert sheets.response(FIRENZE).takes_answers(closed + dt.timedelta(days=6))
    assert not sheets.response(FIRENZE).takes_answers(closed + dt.timedelta(days=8))
    db.session.rollback()
    assert [action for action, _actor, _subject in deeds("response_reopened")] == ["response_reopened"]
    kinds = db.session.execute(sa.select(Delivery.kind).where(Delivery.kind == "reopening")).scalars().all()
    assert kinds == [], "one message tells both"


def test_a_practice_without_a_response_has_nobody_to_be_sent_back_to(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    db.session.execute(sa.update(table_of(Practice)).values(response_id=None))
    db.session.commit()
    with pytest.raises(DecisionRefusedError) as refused:
        send_back(seen(sheets, item), {}, note="x", actor=ACTOR, now=sheets.now)
    assert refused.value.reason == "no_response"
