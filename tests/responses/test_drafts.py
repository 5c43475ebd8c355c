"""Storing answers on both databases: one transaction, one journal line, replays, refusals, the deadline, personal values."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.editions.current import EditionView
from app.editions.lifecycle import move_edition
from app.extensions import db
from app.responses import personal
from app.responses.document import Operation, write_document
from app.responses.drafts import MAX_OPERATIONS, Author, EditionClosedError, TooLargeError, apply
from app.responses.journal import folded_document, value_at
from app.responses.models import JournalEntry, PersonalValue, Response, ResponseItem
from app.responses.reading import OpenResponse, response_by_id
from tests.responses.conftest import later, operator

Respond = Callable[..., OpenResponse]
PERSON = {"name": "Operatore A", "office": "Servizi sociali", "email": "a@example.org"}


def put(question: str, value: Any, base: int = 0, item: str | None = None) -> Operation:
    return Operation("set", item=item, question=question, base=base, value=value)


def stored(response: OpenResponse) -> OpenResponse:
    db.session.rollback()
    found = response_by_id(response.id)
    assert found is not None
    return found


def test_a_save_writes_document_journal_and_columns_together(respond: Respond, author: Author) -> None:
    response = respond()
    at = later(minutes=2)
    reply, changed = apply(response, [put("B01", {"code": "own"})], author, at, save_id="s1")
    assert (reply.applied, reply.conflicts, reply.refused, reply.version) == (("B01",), (), (), 1)
    again = stored(response)
    assert write_document(again.document) == write_document(changed.document)
    assert (again.status, again.version, again.last_activity, again.active_seconds) == ("draft", 1, at, 120)
    assert 0 < again.progress < 100
    assert write_document(folded_document(response.id)) == write_document(again.document)


def test_the_same_save_again_gets_its_first_reply_and_changes_nothing(respond: Respond, author: Author) -> None:
    response = respond()
    first, _ = apply(response, [put("B01", {"code": "own"})], author, later(minutes=1), save_id="s1")
    apply(stored(response), [put("B01", {"code": "none"}, base=1)], author, later(minutes=2), save_id="s2")
    again, _ = apply(stored(response), [put("B01", {"code": "own"})], author, later(minutes=3), save_id="s1")
    assert again == first
    assert stored(response).document.answers["B01"].value == {"code": "none"}


def test_another_content_under_an_old_save_id_is_a_new_save_judged_by_its_bases(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("B01", {"code": "own"})], author, later(minutes=1), save_id="s1")
    other = operator("048017", "Operatore B", "b" * 64)
    reply, _ = apply(stored(response), [put("B01", {"code": "none"})], other, later(minutes=2), save_id="s1")
    assert reply.conflicts == ("B01",)


def test_two_people_keep_both_answers_and_the_draft_says_so(respond: Respond, author: Author) -> None:
    response = respond()
    stale = stored(response)
    apply(response, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    other = operator("048017", "Operatore B", "b" * 64)
    reply, _ = apply(stale, [put("E02", "Più centri")], other, later(minutes=2), save_id="s2")
    assert reply.conflicts == ("E02",)
    document = stored(response).document
    assert document.answers["E02"].value == "Più nidi"
    assert [(one.value, one.operator) for one in document.conflicts["E02"]] == [("Più centri", other.operator_id)]
    assert db.session.execute(sa.select(Response.open_conflicts)).scalar_one() == 1


def test_what_cannot_be_stored_is_refused_by_itself_and_the_rest_is_stored(respond: Respond, author: Author) -> None:
    response = respond()
    operations = [
        put("Z99", "x"),
        put("P01", "x"),
        put("B01", "own"),
        put("E02", "Più nidi", base=99),
        put("P01", "x", item=str(uuid.uuid4())),
        Operation("add", item="not-a-uuid", step="P"),
        Operation("add", item=str(uuid.uuid4()), step="B"),
        Operation("resolve", item=str(uuid.uuid4()), seen=(1,)),
        put("E02", "Più nidi"),
    ]
    reply, _ = apply(response, operations, author, later(minutes=1), save_id="s1")
    assert [(one.index, one.reason) for one in reply.refused] == [
        (0, "unknown_question"),
        (1, "item_mismatch"),
        (2, "malformed_value"),
        (3, "base_of_the_future"),
        (4, "unknown_item"),
        (5, "item_not_a_uuid"),
        (6, "step_without_items"),
        (7, "no_choice"),
    ]
    assert reply.applied == ("E02",)
    assert stored(response).document.values() == {"E02": "Più nidi"}


def test_a_save_of_nothing_and_one_that_is_refused_leave_no_trace(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("E02", "Più nidi")], author, later(minutes=1), save_id="s1")
    before = stored(response)
    for save_id, operations in (("s2", []), ("s3", [put("Z99", "x")])):
        reply, _ = apply(before, operations, author, later(minutes=2), save_id=save_id)
        assert reply.version == 1
    assert stored(response) == before
    assert db.session.execute(sa.select(sa.func.count()).select_from(JournalEntry)).scalar_one() == 1


def test_a_save_that_changes_nothing_is_known_when_it_comes_again_after_a_newer_one(respond: Respond, author: Author) -> None:
    response = respond()
    other = operator("048017", "Operatore B", "b" * 64)
    apply(response, [put("E02", "A")], other, later(minutes=1), save_id="s1")
    first, _ = apply(response, [put("E02", "A")], author, later(minutes=2), save_id="s2")
    apply(response, [put("E02", "B", base=1)], author, later(minutes=3), save_id="s3")
    again, _ = apply(response, [put("E02", "A")], author, later(minutes=4), save_id="s2")
    assert again == first
    assert stored(response).document.values() == {"E02": "B"}


@pytest.mark.parametrize("moment", [dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC)])
def test_nothing_is_stored_before_the_opening_or_from_the_deadline_on(
    respond: Respond, author: Author, moment: dt.datetime
) -> None:
    response = respond()
    with pytest.raises(EditionClosedError):
        apply(response, [put("E02", "Tardi")], author, moment, save_id="s1")
    assert stored(response).document.values() == {}


def test_the_last_minute_before_the_deadline_counts(respond: Respond, author: Author) -> None:
    response = respond()
    last = dt.datetime(2026, 4, 30, 21, 59, 59, tzinfo=dt.UTC)
    reply, _ = apply(response, [put("E02", "In tempo")], author, last, save_id="s1")
    assert reply.applied == ("E02",)


def test_a_closed_edition_takes_no_answer(respond: Respond, author: Author, edition: EditionView) -> None:
    response = respond()
    move_edition(edition.code, "closed", actor="test", now=later(hours=1))
    with pytest.raises(EditionClosedError):
        apply(response, [put("E02", "Tardi")], author, later(hours=2), save_id="s1")


def test_a_save_too_large_is_refused_whole(respond: Respond, author: Author) -> None:
    response = respond()
    with pytest.raises(TooLargeError):
        apply(response, [put("E02", "x")] * (MAX_OPERATIONS + 1), author, later(minutes=1), save_id="s1")
    assert stored(response).document.values() == {}


def test_personal_values_stand_apart_and_an_erasure_leaves_the_journal_folding(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("E04", PERSON)], author, later(minutes=1), save_id="s1")
    texts = db.session.execute(sa.select(Response.document)).scalars().all()
    texts += db.session.execute(sa.select(JournalEntry.line)).scalars().all()
    assert not any("Operatore A" in text or "example.org" in text for text in texts)
    sealed = stored(response).document.values()
    assert personal.unseal(response.id, sealed) == {"E04": PERSON}

    reply, _ = apply(stored(response), [put("E04", PERSON, base=1)], author, later(minutes=2), save_id="s2")
    assert reply.applied == ("E04",)
    assert stored(response).document.answers["E04"].revision == 1

    assert personal.erase_personal_values(response.id, later(days=400)) == 1
    assert db.session.execute(sa.select(PersonalValue.value)).scalar_one() is None
    assert personal.unseal(response.id, sealed) == {"E04": personal.ERASED}
    assert write_document(folded_document(response.id)) == write_document(stored(response).document)


def test_a_personal_value_that_cannot_be_parsed_stands_apart_too(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("E04", {"raw": {"email": ["segreto@"]}})], author, later(minutes=1), save_id="s1")
    assert "segreto" not in db.session.execute(sa.select(JournalEntry.line)).scalar_one()


def test_the_rows_of_the_sheets_follow_the_document(respond: Respond, author: Author) -> None:
    response = respond()
    first, second, copy = (str(uuid.uuid4()) for _ in range(3))
    saves = [
        [Operation("add", item=first, step="P"), Operation("add", item=second, step="P")],
        [put("P01", "Sportello", item=first), put("P01", "Ludoteca", item=second)],
        [Operation("duplicate", item=copy, source=first), Operation("move", item=second, before=first)],
        [Operation("delete", item=first, base=2)],
    ]
    current = response
    for number, operations in enumerate(saves, 1):
        _, current = apply(stored(current), operations, author, later(minutes=number), save_id=str(number))
    rows = db.session.execute(
        sa.select(ResponseItem.item_id, ResponseItem.label, ResponseItem.removed).order_by(ResponseItem.position)
    ).all()
    assert [tuple(row) for row in rows] == [
        (second, "Ludoteca", False),
        (first, "Sportello", True),
        (copy, "Sportello", False),
    ]


def test_a_sheet_is_moved_only_in_front_of_one_that_is_there(respond: Callable[[str], OpenResponse], author: Author) -> None:
    response, sheet = respond("048017"), str(uuid.uuid4())
    apply(response, [Operation("add", item=sheet, step="P")], author, later(minutes=1), save_id="add")
    reply, _ = apply(response, [Operation("move", item=sheet, before="x" * 100_000)], author, later(minutes=2), save_id="move")
    assert [refusal.reason for refusal in reply.refused] == ["unknown_item"]


def test_no_more_sheets_than_the_questionnaire_allows(respond: Respond, author: Author) -> None:
    response = respond()
    operations = [Operation("add", item=str(uuid.uuid4()), step="S") for _ in range(31)]
    reply, _ = apply(response, operations, author, later(minutes=1), save_id="s1")
    assert [one.reason for one in reply.refused] == ["too_many_items"]


def test_the_journal_says_what_an_answer_was_at_a_revision(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("E02", "A")], author, later(minutes=1), save_id="s1")
    apply(stored(response), [put("E02", "B", base=1)], author, later(minutes=2), save_id="s2")
    assert [value_at(response.id, "E02", revision) for revision in (0, 1, 2, 3)] == [None, "A", "B", None]


ITEMS = [str(uuid.UUID(int=number, version=4)) for number in range(1, 4)]
SAVED = st.one_of(
    st.builds(
        put,
        st.sampled_from(["B01", "B04", "E02", "E04"]),
        st.sampled_from([None, {"code": "own"}, {"codes": ["families"]}, "a", PERSON, {"na": True}, {"raw": {"": ["?"]}}]),
        st.integers(0, 6),
    ),
    st.builds(
        put,
        st.sampled_from(["P01", "P03"]),
        st.sampled_from(["a", "b", None]),
        st.integers(0, 6),
        st.sampled_from(ITEMS),
    ),
    st.builds(lambda item, step: Operation("add", item=item, step=step), st.sampled_from(ITEMS), st.sampled_from("PS")),
    st.builds(lambda item, source: Operation("duplicate", item=item, source=source), *[st.sampled_from(ITEMS)] * 2),
    st.builds(lambda item, before: Operation("move", item=item, before=before), *[st.sampled_from(ITEMS)] * 2),
    st.builds(lambda item, base: Operation("delete", item=item, base=base), st.sampled_from(ITEMS), st.integers(0, 6)),
    st.builds(lambda item: Operation("restore", item=item), st.sampled_from(ITEMS)),
    st.builds(
        lambda base, value, seen: Operation("resolve", question="E02", base=base, value=value, seen=tuple(seen)),
        st.integers(0, 6),
        st.sampled_from(["a", "c"]),
        st.lists(st.integers(1, 6), max_size=3),
    ),
)
HISTORIES = st.lists(
    st.tuples(st.lists(SAVED, min_size=1, max_size=4), st.sampled_from(["a", "b"]), st.sampled_from(["form", "json"])),
    min_size=1,
    max_size=6,
)


def start_again(response: OpenResponse) -> None:
    for table in (JournalEntry, ResponseItem, PersonalValue):
        db.session.execute(sa.delete(table))
    db.session.execute(sa.update(Response).values(document="{}", version=0, status="opened"))
    db.session.commit()


def test_the_stored_document_equals_the_folded_journal(respond: Respond, author: Author) -> None:
    response = respond()
    other = operator("048017", "Operatore B", "b" * 64)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(HISTORIES)
    def holds(history: list[tuple[list[Operation], str, str]]) -> None:
        start_again(response)
        for operations, browser, channel in history:
            who = author if browser == "a" else other
            by = Author(who.operator_id, who.session, channel)
            apply(stored(response), operations, by, later(minutes=1), save_id=str(uuid.uuid4()))
        now_stored = stored(response)
        assert write_document(folded_document(response.id)) == write_document(now_stored.document)
        rows = db.session.execute(sa.select(ResponseItem.item_id, ResponseItem.step, ResponseItem.removed)).all()
        assert {tuple(row) for row in rows} == {
            (item.id, step, item.removed is not None) for step, items in now_stored.document.items.items() for item in items
        }

    holds()


def test_a_journal_line_is_what_was_asked_and_decided(respond: Respond, author: Author) -> None:
    response = respond()
    apply(response, [put("E02", "A")], author, later(minutes=1), save_id="s1")
    line = msgspec.json.decode(db.session.execute(sa.select(JournalEntry.line)).scalar_one())
    assert line["outcomes"] == ["applied"]
    assert line["operations"] == [{"op": "set", "question": "E02", "value": "A"}]
