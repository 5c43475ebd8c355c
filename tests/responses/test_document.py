"""The merge by examples: what wins, what is kept beside it, what a decision does; and the journal folds to the document."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.responses.document import (
    Document,
    JournalLine,
    Operation,
    Stamp,
    fold,
    perform,
    read_document,
    write_document,
)
from app.responses.judging import judge

ITEM = "0d5f3b1e-1111-4111-8111-111111111111"
COPY = "0d5f3b1e-2222-4222-8222-222222222222"


def stamp(version: int, *, operator: int = 1, session: str = "browser-1", channel: str = "form") -> Stamp:
    return Stamp(version, operator, f"2026-11-02T09:{version:02d}:00+00:00", session, channel)


def save(document: Document, operation: Operation, by: Stamp) -> str:
    outcome = judge(document, operation, by)
    perform(document, operation, outcome, by)
    return outcome


def put(question: str, value: object, base: int = 0, item: str | None = None) -> Operation:
    return Operation("set", item=item, question=question, base=base, value=value)


def test_a_first_answer_is_stored_with_its_revision_author_and_time() -> None:
    document = Document()
    assert save(document, put("B01", {"code": "own"}), stamp(1)) == "applied"
    answer = document.answers["B01"]
    assert (answer.value, answer.revision, answer.operator, answer.at) == ({"code": "own"}, 1, 1, "2026-11-02T09:01:00+00:00")


def test_an_answer_that_stays_the_same_is_no_change() -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1))
    before = write_document(document)
    assert save(document, put("B01", {"code": "own"}, base=0), stamp(2, session="browser-2")) == "same"
    assert write_document(document) == before


def test_a_change_that_saw_the_current_answer_wins() -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1))
    assert save(document, put("B01", {"code": "none"}, base=1), stamp(2, operator=2, session="browser-2")) == "applied"
    assert document.answers["B01"].value == {"code": "none"}
    assert not document.conflicts


def test_two_people_who_change_one_answer_keep_both_values() -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1, operator=1))
    outcome = save(document, put("B01", {"code": "none"}, base=0), stamp(2, operator=2, session="browser-2"))
    assert outcome == "conflict"
    assert document.answers["B01"].value == {"code": "own"}
    challenger = document.conflicts["B01"][0]
    assert (challenger.value, challenger.operator, challenger.base, challenger.revision) == ({"code": "none"}, 2, 0, 2)


def test_two_people_who_change_different_answers_do_not_meet() -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1))
    assert save(document, put("E02", "Più nidi", base=0), stamp(2, operator=2, session="browser-2")) == "applied"
    assert not document.conflicts


def test_the_back_button_of_one_browser_is_no_second_person() -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1))
    assert save(document, put("B01", {"code": "none"}, base=0), stamp(2)) == "applied"
    assert document.answers["B01"].value == {"code": "none"}


@pytest.mark.parametrize("other", [stamp(2, session="browser-2"), stamp(2, channel="json"), stamp(2, session="")])
def test_only_the_same_browser_by_form_is_spared_the_conflict(other: Stamp) -> None:
    document = Document()
    save(document, put("B01", {"code": "own"}), stamp(1))
    assert save(document, put("B01", {"code": "none"}, base=0), other) == "conflict"


def test_a_device_that_sends_two_changes_of_one_answer_in_one_save_does_not_fight_itself() -> None:
    document = Document()
    by = stamp(1, channel="json")
    assert save(document, put("E02", "Più"), by) == "applied"
    assert save(document, put("E02", "Più nidi"), by) == "applied"
    assert document.answers["E02"].value == "Più nidi"


def test_two_changes_in_one_losing_save_leave_one_challenger() -> None:
    document = Document()
    save(document, put("E02", "Altro"), stamp(1))
    by = stamp(2, session="browser-2", channel="json")
    save(document, put("E02", "Più"), by)
    save(document, put("E02", "Più nidi"), by)
    assert [one.value for one in document.conflicts["E02"]] == ["Più nidi"]


def test_who_writes_what_is_in_dispute_already_is_told_of_the_dispute_and_it_stands_there_once() -> None:
    document = Document()
    save(document, put("E02", "A"), stamp(1))
    save(document, put("E02", "B"), stamp(2, session="browser-2"))
    assert save(document, put("E02", "B"), stamp(3, session="browser-3")) == "conflict"
    assert [(one.value, one.revision) for one in document.conflicts["E02"]] == [("B", 2)]
    assert save(document, put("E02", "B", base=1), stamp(4, session="browser-3")) == "applied"


def again(value: str, *seen: int) -> Operation:
    """A device's next word on an answer of which it has not seen the current one."""
    return Operation("set", question="E02", value=value, seen=seen)


def test_the_next_word_of_a_device_takes_the_place_of_its_own_in_the_dispute_and_of_nobody_elses() -> None:
    document = Document()
    for version, value in enumerate("ABC", 1):
        save(document, put("E02", value), stamp(version, session=f"browser-{version}"))
    assert save(document, again("B more", 2, 3), stamp(4, session="browser-2")) == "conflict"
    assert [(one.value, one.revision) for one in document.conflicts["E02"]] == [("C", 3), ("B more", 4)]
    assert save(document, again("B again"), stamp(5, session="browser-2")) == "conflict"
    assert [one.value for one in document.conflicts["E02"]] == ["C", "B more", "B again"], "what it does not name stays"
    assert document.answers["E02"].value == "A"


def test_a_decision_ends_the_conflict_that_was_on_the_screen_and_no_other() -> None:
    document = Document()
    save(document, put("E02", "A"), stamp(1))
    save(document, put("E02", "B"), stamp(2, session="browser-2"))
    save(document, put("E02", "C"), stamp(3, session="browser-3"))
    decision = Operation("resolve", question="E02", base=1, value="B", seen=(2,))
    assert save(document, decision, stamp(4)) == "applied"
    assert document.answers["E02"].value == "B"
    assert [one.value for one in document.conflicts["E02"]] == ["C"]


def test_a_decision_over_an_answer_that_changed_meanwhile_is_itself_a_conflict() -> None:
    document = Document()
    save(document, put("E02", "A"), stamp(1))
    save(document, put("E02", "B"), stamp(2, session="browser-2"))
    save(document, put("E02", "D", base=1), stamp(3, session="browser-4"))
    decision = Operation("resolve", question="E02", base=1, value="E", seen=(2,))
    assert save(document, decision, stamp(4, session="browser-5")) == "conflict"
    assert {one.value for one in document.conflicts["E02"]} == {"B", "E"}


def with_sheet() -> Document:
    document = Document()
    save(document, Operation("add", item=ITEM, step="P"), stamp(1))
    save(document, put("P01", "Sportello famiglia", item=ITEM), stamp(2))
    return document


def test_a_sheet_is_duplicated_with_its_answers_right_after_the_original() -> None:
    document = with_sheet()
    save(document, Operation("add", item=str(uuid.uuid4()), step="P"), stamp(3))
    save(document, Operation("duplicate", item=COPY, source=ITEM), stamp(4))
    assert [item.id for item in document.items["P"]][:2] == [ITEM, COPY]
    assert document.values()[f"{COPY}/P01"] == "Sportello famiglia"


def test_a_deleted_sheet_keeps_its_answers_and_can_be_restored() -> None:
    document = with_sheet()
    assert save(document, Operation("delete", item=ITEM, base=2), stamp(3)) == "applied"
    assert document.live_items() == {"P": []}
    assert document.values() == {}
    save(document, Operation("restore", item=ITEM), stamp(4))
    assert document.values() == {f"{ITEM}/P01": "Sportello famiglia"}


def test_deleting_a_sheet_that_a_colleague_has_edited_since_is_a_conflict() -> None:
    document = with_sheet()
    save(document, put("P03", "Ascolto", item=ITEM), stamp(3, operator=2, session="browser-2"))
    assert save(document, Operation("delete", item=ITEM, base=2), stamp(4)) == "conflict"
    assert document.live_items() == {"P": [ITEM]}
    assert document.conflicts[ITEM][0].kind == "delete"
    decision = Operation("resolve", item=ITEM, base=3, seen=(4,), choice="delete")
    assert save(document, decision, stamp(5)) == "applied"
    assert document.live_items() == {"P": []}
    assert not document.conflicts


def test_who_deletes_a_sheet_before_their_last_save_is_answered_is_not_asked() -> None:
    document = with_sheet()
    save(document, put("P03", "Ascolto", item=ITEM), stamp(3, channel="json"))
    assert save(document, Operation("delete", item=ITEM, base=2), stamp(4, channel="json")) == "applied"
    assert document.live_items() == {"P": []}


def test_editing_a_sheet_that_a_colleague_has_deleted_keeps_the_edit_and_asks() -> None:
    document = with_sheet()
    save(document, Operation("delete", item=ITEM, base=2), stamp(3, operator=2, session="browser-2"))
    save(document, put("P03", "Ascolto", item=ITEM), stamp(4))
    assert [one.kind for one in document.conflicts[ITEM]] == ["edit"]
    save(document, Operation("resolve", item=ITEM, base=4, seen=(4,), choice="keep"), stamp(5))
    assert document.values()[f"{ITEM}/P03"] == "Ascolto"


def test_deciding_to_delete_a_sheet_that_was_edited_since_is_a_conflict_again() -> None:
    document = with_sheet()
    save(document, put("P03", "Ascolto", item=ITEM), stamp(3, session="browser-2"))
    save(document, Operation("delete", item=ITEM, base=2), stamp(4))
    save(document, put("P01", "Sportello", base=2, item=ITEM), stamp(5, session="browser-2"))
    decision = Operation("resolve", item=ITEM, base=3, seen=(4,), choice="delete")
    assert save(document, decision, stamp(6, session="browser-3")) == "conflict"
    assert document.values()[f"{ITEM}/P01"] == "Sportello"
    assert [(one.kind, one.revision) for one in document.conflicts[ITEM]] == [("delete", 4), ("delete", 6)]


def test_deciding_to_keep_a_sheet_that_was_deleted_since_is_a_conflict_again() -> None:
    document = with_sheet()
    save(document, put("P03", "Ascolto", item=ITEM), stamp(3, session="browser-2"))
    save(document, Operation("delete", item=ITEM, base=2), stamp(4))
    save(document, Operation("delete", item=ITEM, base=4), stamp(5, session="browser-4"))
    decision = Operation("resolve", item=ITEM, base=3, seen=(4,), choice="keep")
    assert save(document, decision, stamp(6, session="browser-3")) == "conflict"
    assert document.live_items() == {"P": []}
    assert [(one.kind, one.revision) for one in document.conflicts[ITEM]] == [("delete", 4), ("edit", 6)]


def test_two_decisions_about_a_sheet_that_differ_are_a_conflict_again() -> None:
    for first, second, kind in (("keep", "delete", "delete"), ("delete", "keep", "edit")):
        document = with_sheet()
        save(document, put("P03", "Ascolto", item=ITEM), stamp(3, session="browser-2"))
        save(document, Operation("delete", item=ITEM, base=2), stamp(4))
        decisions = [Operation("resolve", item=ITEM, base=3, seen=(4,), choice=choice) for choice in (first, second)]
        assert save(document, decisions[0], stamp(5)) == "applied"
        assert save(document, decisions[0], stamp(6)) == "same"
        assert save(document, decisions[1], stamp(7, session="browser-3")) == "conflict"
        assert [(one.kind, one.revision) for one in document.conflicts[ITEM]] == [(kind, 7)]


@pytest.mark.parametrize(("value", "outcome"), [("Sportello famiglia", "applied"), ("Sportello", "conflict")])
def test_whatever_is_written_unseen_in_a_sheet_that_is_deleted_asks_what_becomes_of_the_sheet(value: str, outcome: str) -> None:
    document = with_sheet()
    save(document, Operation("delete", item=ITEM, base=2), stamp(3, session="browser-2"))
    assert save(document, put("P01", value, base=1, item=ITEM), stamp(4, session="browser-3")) == outcome
    assert [(one.kind, one.key) for one in document.conflicts[ITEM]] == [("edit", f"{ITEM}/P01")]


def test_a_sheet_with_an_answer_in_dispute_is_not_deleted_by_who_has_not_seen_the_dispute() -> None:
    document = with_sheet()
    save(document, put("P01", "Ludoteca", base=1, item=ITEM), stamp(3, session="browser-2"))
    assert save(document, Operation("delete", item=ITEM, base=2), stamp(4, session="browser-3")) == "conflict"
    assert save(document, Operation("delete", item=ITEM, base=3), stamp(5, session="browser-3")) == "applied"


def test_a_sheet_that_is_added_and_deleted_in_one_save_is_no_conflict() -> None:
    document = Document()
    save(document, Operation("add", item=ITEM, step="P"), stamp(1))
    assert save(document, Operation("delete", item=ITEM), stamp(1)) == "applied"


def test_moving_a_sheet_while_it_is_edited_is_no_conflict() -> None:
    document = with_sheet()
    other = str(uuid.uuid4())
    save(document, Operation("add", item=other, step="P"), stamp(3))
    assert save(document, Operation("move", item=other, before=ITEM), stamp(4, session="browser-2")) == "applied"
    assert document.live_items() == {"P": [other, ITEM]}
    assert save(document, put("P01", "Sportello", base=2, item=ITEM), stamp(5)) == "applied"
    assert save(document, Operation("delete", item=other, base=3), stamp(6, session="browser-3")) == "applied"


def test_a_sheet_that_is_gone_can_be_moved_in_front_of_nothing() -> None:
    document = with_sheet()
    assert save(document, Operation("move", item=COPY, before=ITEM), stamp(3)) == "same"
    assert save(document, Operation("move", item=ITEM, before=COPY), stamp(3)) == "same"


def test_a_document_survives_its_text() -> None:
    document = with_sheet()
    save(document, put("E02", "A"), stamp(3))
    save(document, put("E02", "B"), stamp(4, session="browser-2"))
    assert read_document(write_document(document)) == document


ITEMS = [str(uuid.UUID(int=number)) for number in range(1, 4)]
OPERATIONS = st.one_of(
    st.builds(
        lambda question, item, base, value, seen: Operation(
            "set", item=item, question=question, base=base, value=value, seen=tuple(seen)
        ),
        st.sampled_from(["P01", "P03"]),
        st.sampled_from([None, *ITEMS]),
        st.integers(0, 12),
        st.sampled_from([None, "a", "b", {"na": True}]),
        st.lists(st.integers(1, 12), max_size=2),
    ),
    st.builds(lambda item: Operation("add", item=item, step="P"), st.sampled_from(ITEMS)),
    st.builds(lambda item, source: Operation("duplicate", item=item, source=source), *[st.sampled_from(ITEMS)] * 2),
    st.builds(lambda item, before: Operation("move", item=item, before=before), *[st.sampled_from(ITEMS)] * 2),
    st.builds(lambda item, base: Operation("delete", item=item, base=base), st.sampled_from(ITEMS), st.integers(0, 12)),
    st.builds(lambda item: Operation("restore", item=item), st.sampled_from(ITEMS)),
    st.builds(
        lambda item, seen, choice: Operation("resolve", item=item, seen=tuple(seen), choice=choice),
        st.sampled_from(ITEMS),
        st.lists(st.integers(1, 12), max_size=4),
        st.sampled_from(["keep", "delete"]),
    ),
    st.builds(
        lambda base, value, seen: Operation("resolve", question="P01", base=base, value=value, seen=tuple(seen)),
        st.integers(0, 12),
        st.sampled_from(["a", "c"]),
        st.lists(st.integers(1, 12), max_size=4),
    ),
)
SAVES = st.lists(st.tuples(st.lists(OPERATIONS, min_size=1, max_size=3), st.sampled_from("AB"), st.booleans()), max_size=12)


@settings(max_examples=300, deadline=None)
@given(SAVES)
def test_folding_the_journal_gives_the_document_and_no_value_is_dropped(
    saves: list[tuple[list[Operation], str, bool]],
) -> None:
    document = Document()
    lines = []
    for version, (operations, browser, by_form) in enumerate(saves, 1):
        by = stamp(version, session=browser, channel="form" if by_form else "json")
        outcomes = []
        for operation in operations:
            outcome = save(document, operation, by)
            outcomes.append(outcome)
            if operation.op == "set":
                assert_kept(document, operation)
        lines.append(JournalLine(by.version, by.operator, by.at, by.session, by.channel, tuple(operations), tuple(outcomes)))
    assert write_document(fold(lines)) == write_document(document)


def assert_kept(document: Document, operation: Operation) -> None:
    """The value just set stands as the answer or among the challengers."""
    current = document.answers.get(operation.key)
    values = [current.value if current else None, *(one.value for one in document.conflicts.get(operation.key, ()))]
    assert operation.value in values
