"""What a merged municipality had answered, copied into its successor's response once and whole; what is there stays."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import msgspec
import pytest

from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.document import Document, Operation
from app.responses.drafts import MAX_OPERATIONS, Author, EditionClosedError, apply
from app.responses.journal import folded_document
from app.responses.reading import OpenResponse, response_by_id
from app.responses.succession import NothingOfferedError, copying_operations, decline, offers_for, take_over
from tests.conftest import START
from tests.open_edition import later, operator
from tests.registry.rows import end_entity

Respond = Callable[..., OpenResponse]
OLD, NEW, OTHER = "001235", "048017", "021008"
PERSON = {"name": "Operatore V", "office": "Servizi sociali", "email": "v@example.org", "phone": "055 123456"}


def id_of(code: str) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def again(response: OpenResponse) -> OpenResponse:
    db.session.rollback()
    found = response_by_id(response.id)
    assert found is not None
    return found


def say(response: OpenResponse, author: Author, *operations: Operation) -> OpenResponse:
    reply, changed = apply(response, operations, author, START, save_id=str(uuid.uuid4()))
    assert not reply.refused
    db.session.rollback()
    return changed


def answer(question: str, value: object, item: str | None = None) -> Operation:
    return Operation("set", item=item, question=question, value=value)


@pytest.fixture
def old(respond: Respond) -> OpenResponse:
    """The answers of a municipality that has merged: three, one of a person, a sheet that lives and one removed."""
    opened = respond(OLD)
    author = operator(OLD, "Operatore V", "v" * 64)
    kept, gone = str(uuid.uuid4()), str(uuid.uuid4())
    changed = say(
        opened,
        author,
        answer("B01", {"code": "own"}),
        answer("B04", {"codes": ["families"]}),
        answer("E02", "Più nidi"),
        answer("E04", PERSON),
        Operation("add", item=kept, step="P"),
        answer("P01", "Spazio gioco", kept),
        Operation("add", item=gone, step="P"),
        answer("P01", "Chiuso", gone),
    )
    changed = say(changed, author, Operation("delete", item=gone, base=changed.document.item_revision(gone)))
    end_entity(id_of(OLD), dt.date(2026, 3, 1), id_of(NEW))
    return changed


def test_a_predecessor_with_answers_is_offered_to_its_successor_alone(old: OpenResponse, respond: Respond) -> None:
    assert [row.code for row in offers_for(respond(NEW))] == [OLD]
    assert offers_for(respond(OTHER)) == []


def test_a_predecessor_that_wrote_nothing_is_not_offered(respond: Respond) -> None:
    respond(OLD)
    end_entity(id_of(OLD), dt.date(2026, 3, 1), id_of(NEW))
    assert offers_for(respond(NEW)) == []


def test_everything_is_copied_but_persons_and_removed_sheets(old: OpenResponse, respond: Respond, author: Author) -> None:
    taken = take_over(respond(NEW), OLD, author, later(minutes=1))
    assert (taken.answers, taken.sheets, taken.refused) == (4, 1, 0)
    own = again(respond(NEW))
    (item,) = own.document.live_items()["P"]
    assert item not in {one.id for one in old.document.items["P"]}
    assert own.document.values() == {
        "B01": {"code": "own"},
        "B04": {"codes": ["families"]},
        "E02": "Più nidi",
        f"{item}/P01": "Spazio gioco",
    }
    assert msgspec.to_builtins(folded_document(own.id)) == msgspec.to_builtins(own.document)
    assert msgspec.to_builtins(again(old).document) == msgspec.to_builtins(old.document)


def test_what_the_successor_has_said_stays_and_what_it_has_cleared_is_filled(
    old: OpenResponse, respond: Respond, author: Author
) -> None:
    own = say(respond(NEW), author, answer("E02", "Più ludoteche"), answer("B04", {"codes": ["childhood"]}))
    base = own.document.answers["B04"].revision
    say(own, author, Operation("set", question="B04", base=base, value=None))
    take_over(respond(NEW), OLD, author, later(minutes=1))
    values = again(respond(NEW)).document.values()
    assert (values["E02"], values["B04"]) == ("Più ludoteche", {"codes": ["families"]})
    assert not again(respond(NEW)).document.conflicts


@pytest.mark.parametrize("end", [take_over, decline])
def test_an_offer_is_answered_once(old: OpenResponse, respond: Respond, author: Author, end: Callable[..., object]) -> None:
    end(respond(NEW), OLD, author, later(minutes=1))
    before = again(respond(NEW))
    assert offers_for(before) == []
    for further in (take_over, decline):
        with pytest.raises(NothingOfferedError):
            further(before, OLD, author, later(minutes=2))
    after = again(before)
    assert (after.version, after.stored) == (before.version, before.stored)


def test_a_decline_changes_no_answer_and_the_journal_still_folds(old: OpenResponse, respond: Respond, author: Author) -> None:
    decline(respond(NEW), OLD, author, later(minutes=1))
    own = again(respond(NEW))
    assert (own.version, own.status, own.document.values()) == (1, "opened", {})
    assert msgspec.to_builtins(folded_document(own.id)) == msgspec.to_builtins(own.document)
    assert say(own, author, answer("E02", "Più nidi")).version == 2


def test_a_copy_that_was_interrupted_is_completed_without_doubles(old: OpenResponse, respond: Respond, author: Author) -> None:
    operations = copying_operations(old.document, Document(), old.questionnaire)
    say(respond(NEW), author, *operations[:3])
    assert [row.code for row in offers_for(again(respond(NEW)))] == [OLD]
    take_over(again(respond(NEW)), OLD, author, later(minutes=1))
    own = again(respond(NEW)).document
    assert len(own.live_items()["P"]) == 1
    assert len(own.values()) == 4


SHEETS = {
    "P": (
        29,
        {
            "P01": "Titolo",
            "P02": {"code": "families"},
            "P03": "Testo",
            "P04": {"codes": ["all"]},
            "P06": {"code": "municipality"},
            "P08": 5,
            "P10": {"codes": ["third"]},
            "P11": {"codes": ["region"]},
            "P13": "Esito",
            "P15": {"email": "a@example.org"},
            "P16": {"code": "publish"},
        },
    ),
    "S": (30, {"S01": "Centro", "S03": {"codes": ["direct"]}, "S04": {"codes": ["info"]}, "S05": {"codes": ["social"]}}),
}


def test_more_than_a_save_holds_is_copied_in_steps(old: OpenResponse, respond: Respond, author: Author) -> None:
    filler = operator(OLD, "Operatore V", "v" * 64)
    for step, (number, values) in SHEETS.items():
        items = [str(uuid.uuid4()) for _ in range(number)]
        say(again(old), filler, *(Operation("add", item=item, step=step) for item in items))
        for question, value in values.items():
            say(again(old), filler, *(answer(question, value, item) for item in items))
    theirs = again(old).document
    assert len(copying_operations(theirs, Document(), old.questionnaire)) > MAX_OPERATIONS
    assert take_over(respond(NEW), OLD, author, later(minutes=1)).refused == 0
    own = again(respond(NEW)).document
    assert {step: len(live) for step, live in own.live_items().items()} == {"P": 30, "S": 30}
    assert len(own.values()) == len(theirs.values()) - 1  # without the person


def test_after_the_deadline_nothing_is_copied_or_declined(old: OpenResponse, respond: Respond, author: Author) -> None:
    own, late = respond(NEW), later(days=60)
    for end in (take_over, decline):
        with pytest.raises(EditionClosedError):
            end(own, OLD, author, late)
    assert again(own).version == 0
