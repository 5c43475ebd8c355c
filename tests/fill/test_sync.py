"""Saving by script: what is stored, what is refused and why, replays, bases in one request, other entities, lost sessions."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.extensions import db
from app.fill.wire import MOST_SAVES
from app.responses.drafts import MAX_OPERATIONS
from app.responses.journal import folded_document, journal_lines
from app.responses.models import JournalEntry, PersonalValue
from tests.conftest import START, Clock
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import Person
from tests.fill.wire import ADDRESS, Device, op_id, put, save


@pytest.fixture
def device(person: Person) -> Device:
    """Operatore A's browser."""
    return Device(person.client)


@pytest.fixture
def other_device(new_person: NewPerson) -> Device:
    """Operatore B's, of the same entity."""
    return Device(new_person("Operatore B").client)


def outcome(reply: dict[str, Any]) -> dict[str, Any]:
    (only,) = reply["saves"]
    return dict(only)


def reasons(reply: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in outcome(reply)["refused"]]


def test_a_save_is_stored_and_told_by_its_operations(device: Device, stored: Stored) -> None:
    operation = put("B01", "own")
    reply = device.send(save(operation, save_id="s1"))
    assert reply["saves"] == [
        {"save_id": "s1", "applied": [operation["op_id"]], "conflicts": [], "refused": [], "late": False, "version": 1}
    ]
    assert {name: reply[name] for name in ("entity", "version", "takes_answers", "deadline")} == {
        "entity": "048017",
        "version": 1,
        "takes_answers": True,
        "deadline": "2026-04-30T21:59:00Z",
    }
    assert reply["changes"] == {
        "answers": {
            "B01": {"revision": 1, "fields": {"": ["own"]}, "who": "Operatore A (non verificato)", "at": START.isoformat()}
        },
        "items": {},
        "conflicts": [],
    }
    kept = stored()
    assert kept.document.answers["B01"].value == {"code": "own"}
    assert (kept.document.answers["B01"].channel, kept.id) == ("json", reply["response"])
    assert reply["definition"] == kept.edition.digest


def test_a_fresh_token_comes_with_every_answer(device: Device) -> None:
    reply = device.send(save(put("B01", "own")))
    assert device.post(save(put("E02", "Più nidi")), token=reply["token"]).status_code == 200


def test_a_pull_gives_what_was_written_after_a_version(device: Device, other_device: Device) -> None:
    device.send(save(put("B01", "own")))
    other_device.send(save(put("E02", "Più nidi")))
    assert {key: one["who"] for key, one in device.pull(1)["changes"]["answers"].items()} == {
        "E02": "Operatore B (non verificato)"
    }
    assert set(device.pull()["changes"]["answers"]) == {"B01", "E02"}
    assert device.pull()["saves"] == []
    assert device.client.get(f"{ADDRESS}?since=molte").json["version"] == 2
    assert device.client.get(f"{ADDRESS}?since=-1").json["version"] == 2


def test_the_same_save_again_gets_its_first_reply_and_changes_nothing(device: Device, stored: Stored) -> None:
    first = save(put("B01", "own"), put("Z99", "x"))
    once = device.send(first)
    device.send(save(put("B01", "none", base=1)))
    again = device.send(first)
    assert outcome(again) == outcome(once)
    assert again["version"] == 2
    assert stored().document.answers["B01"].value == {"code": "none"}


def test_good_operations_are_stored_beside_bad_ones(device: Device, stored: Stored) -> None:
    unknown = put("Z99", "x")
    bad: list[tuple[dict[str, Any], str]] = [
        (unknown, "unknown_question"),
        ({"op_id": op_id(), "op": "explode"}, "malformed"),
        (put("B01", "own") | {"extra": 1}, "malformed"),
        (put("B01", "own") | {"base": "3"}, "malformed"),
        (put("B01", "own") | {"base": 2**70}, "malformed"),
        ({"op_id": op_id(), "op": "set", "question": "B01"}, "malformed"),
        ({"op_id": op_id(), "op": "set", "fields": {"": ["x"]}}, "malformed"),
        (put("E02", "x" * 100_001), "too_large"),
        (put("B01", "own", strange=["1"]), "unparsable"),
        (put("B01", "own", base=99), "base_of_the_future"),
        (put("B01", "own", base=-1), "base_of_the_future"),
        (put("B01", "own", item=str(uuid.uuid4())), "item_mismatch"),
        (put("P01", "Nome", item=str(uuid.uuid4())), "unknown_item"),
        (put("P01", "Nome"), "item_mismatch"),
        ({"op_id": op_id(), "op": "add", "item": "7", "step": "P"}, "item_not_a_uuid"),
        ({"op_id": op_id(), "op": "add", "item": str(uuid.uuid4()), "step": "Q"}, "unknown_step"),
        ({"op_id": op_id(), "op": "add", "item": str(uuid.uuid4()), "step": "B"}, "step_without_items"),
        ({"op_id": op_id(), "op": "move", "item": str(uuid.uuid4())}, "unknown_item"),
        ({"op_id": op_id(), "op": "delete", "item": str(uuid.uuid4()), "base": 0}, "unknown_item"),
        ({"op_id": op_id(), "op": "restore", "item": str(uuid.uuid4())}, "unknown_item"),
        ({"op_id": op_id(), "op": "duplicate", "item": str(uuid.uuid4()), "source": str(uuid.uuid4())}, "unknown_item"),
        ({"op_id": op_id(), "op": "resolve", "question": "B01", "base": 0, "decision": "7", "seen": [7]}, "no_choice"),
        ({"op_id": op_id(), "op": "resolve", "item": str(uuid.uuid4()), "decision": "7"}, "no_choice"),
    ]
    good = put("E02", "Più nidi")
    reply = device.send(save(*(one for one, _reason in bad[:12]), good, *(one for one, _reason in bad[12:])))
    assert outcome(reply)["applied"] == [good["op_id"]]
    told = {one["op_id"]: one["reason"] for one in outcome(reply)["refused"]}
    assert told == {one["op_id"]: reason for one, reason in bad}
    assert {key: one.value for key, one in stored().document.answers.items()} == {"E02": "Più nidi"}


def test_an_operation_without_an_id_is_refused_without_one(device: Device, stored: Stored) -> None:
    reply = device.send(save({"op": "set"}, 7, put("E02", "Più nidi")))
    assert outcome(reply)["refused"] == [{"op_id": None, "reason": "malformed"}] * 2
    assert stored().document.answers["E02"].value == "Più nidi"


def test_typed_texts_are_read_as_a_form_reads_them(device: Device, stored: Stored) -> None:
    device.send(save(put("B01", "own"), put("E02", "  Più nidi\x00 \r\nPiù centri "), put("B06", "trenta")))
    answers = stored().document.answers
    assert answers["E02"].value == "Più nidi\nPiù centri"
    assert device.pull()["changes"]["answers"]["B06"]["fields"] == {"": ["trenta"]}
    assert answers["B06"].value == {"raw": {"": ["trenta"]}}


def test_empty_fields_clear_an_answer(device: Device, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    reply = device.send(save(put("E02", base=1)), since=1)
    assert stored().document.answers["E02"].value is None
    assert reply["changes"]["answers"]["E02"]["fields"] == {}


def test_two_devices_keep_both_answers_until_somebody_decides(device: Device, other_device: Device, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    second = put("E02", "Più centri")
    reply = other_device.send(save(second))
    assert outcome(reply)["conflicts"] == [second["op_id"]]
    assert reply["changes"]["conflicts"] == ["E02"]
    (challenger,) = stored().document.conflicts["E02"]
    decide = {"op_id": op_id(), "op": "resolve", "question": "E02", "base": 1, "seen": [challenger.revision]}
    chosen = save(decide | {"decision": str(challenger.revision)})
    reply = device.send(chosen)
    assert (outcome(reply)["applied"], reply["changes"]["conflicts"]) == ([decide["op_id"]], [])
    assert stored().document.answers["E02"].value == "Più centri"
    assert outcome(device.send(chosen)) == outcome(reply)


@pytest.mark.parametrize(("decision", "value"), [("current", "Più nidi"), ("edited", "Più nidi e più centri")])
def test_a_conflict_is_decided_for_what_stands_or_for_both(
    device: Device, other_device: Device, stored: Stored, decision: str, value: str
) -> None:
    device.send(save(put("E02", "Più nidi")))
    other_device.send(save(put("E02", "Più centri")))
    decide = {"op_id": op_id(), "op": "resolve", "question": "E02", "base": 1, "seen": [2], "decision": decision}
    device.send(save(decide | ({"fields": {"": [value]}} if decision == "edited" else {})))
    assert (stored().document.answers["E02"].value, stored().document.conflicts) == (value, {})


def test_a_sheet_is_added_filled_duplicated_moved_deleted_and_restored(device: Device, stored: Stored) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    reply = device.send(
        save(
            {"op_id": op_id(), "op": "add", "item": one, "step": "P"},
            put("P01", "Sportello", item=one),
            {"op_id": op_id(), "op": "duplicate", "item": two, "source": one},
            {"op_id": op_id(), "op": "move", "item": two, "before": one},
        )
    )
    assert reply["changes"]["items"] == {
        "P": [
            {"id": two, "revision": 1, "removed": False, "label": "Sportello"},
            {"id": one, "revision": 1, "removed": False, "label": "Sportello"},
        ]
    }
    reply = device.send(save({"op_id": op_id(), "op": "delete", "item": one, "base": 1}))
    assert [sheet["removed"] for sheet in reply["changes"]["items"]["P"]] == [False, True]
    device.send(save({"op_id": op_id(), "op": "restore", "item": one}))
    assert stored().document.live_items() == {"P": [two, one]}


def test_a_deletion_against_an_edit_is_decided(device: Device, other_device: Device, stored: Stored) -> None:
    item = str(uuid.uuid4())
    device.send(save(put("B01", "own")))
    device.send(save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}))
    other_device.send(save(put("P01", "Sportello", item=item)))
    delete = {"op_id": op_id(), "op": "delete", "item": item, "base": 2}
    reply = device.send(save(delete))
    assert outcome(reply)["conflicts"] == [delete["op_id"]]
    assert reply["changes"]["conflicts"] == [item]
    device.send(save({"op_id": op_id(), "op": "resolve", "item": item, "seen": [4], "decision": "keep"}))
    assert (stored().document.conflicts, stored().document.live_items()) == ({}, {"P": [item]})


# Several saves in one request --------------------------------------------------------------------------------------------


def test_a_later_save_of_the_same_request_does_not_fight_an_earlier_one(device: Device, stored: Stored) -> None:
    device.send(save(put("E02", "Più nidi")))
    saves = [save(put("E02", text, base=1)) for text in ("Più centri", "Più trasporti")]
    reply = device.send(*saves)
    assert [one["conflicts"] for one in reply["saves"]] == [[], []]
    assert stored().document.answers["E02"].value == "Più trasporti"
    again = device.send(*saves)
    assert again["saves"] == reply["saves"]
    assert again["version"] == reply["version"] == 3


def test_a_colleague_between_two_saves_is_still_seen(device: Device, other_device: Device, stored: Stored) -> None:
    first, second = save(put("E02", "Più nidi")), save(put("E02", "Più trasporti"))
    device.send(first)  # its reply was lost
    other_device.send(save(put("E02", "Più centri", base=1)))
    reply = device.send(first, second)
    assert [len(one["conflicts"]) for one in reply["saves"]] == [0, 1]
    assert stored().document.answers["E02"].value == "Più centri"


def test_a_sheet_made_and_filled_in_the_same_request_is_deleted_in_it(device: Device, stored: Stored) -> None:
    item = str(uuid.uuid4())
    reply = device.send(
        save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}),
        save(put("P01", "Sportello", item=item)),
        save({"op_id": op_id(), "op": "delete", "item": item, "base": 0}),
    )
    assert [one["conflicts"] for one in reply["saves"]] == [[], [], []]
    assert stored().document.live_items() == {"P": []}


def test_a_deletion_in_the_same_request_still_sees_a_colleagues_edit(
    device: Device, other_device: Device, stored: Stored
) -> None:
    item = str(uuid.uuid4())
    device.send(save({"op_id": op_id(), "op": "add", "item": item, "step": "P"}))
    other_device.send(save(put("P02", "Comune", item=item)))
    reply = device.send(
        save(put("P01", "Sportello", item=item)), save({"op_id": op_id(), "op": "delete", "item": item, "base": 1})
    )
    assert [len(one["conflicts"]) for one in reply["saves"]] == [0, 1]
    assert stored().document.live_items() == {"P": [item]}


def test_the_journal_of_such_saves_folds_to_the_draft(device: Device, other_device: Device, stored: Stored) -> None:
    device.send(save(put("E02", "a")), save(put("E02", "b")))
    other_device.send(save(put("E02", "c")), save(put("E02", "d")))
    kept = stored()
    assert folded_document(kept.id) == kept.document
    assert [line.channel for line in journal_lines(kept.id)] == ["json"] * kept.version


# What outgrows the draft -------------------------------------------------------------------------------------------------


def test_what_outgrows_the_draft_is_refused_and_the_rest_is_stored(
    device: Device, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.responses.drafts.MAX_DOCUMENT_BYTES", 2_000)
    big, small = put("E02", "x" * 3_000), put("B01", "own")
    reply = device.send(save(big, small))
    assert outcome(reply)["applied"] == [small["op_id"]]
    assert outcome(reply)["refused"] == [{"op_id": big["op_id"], "reason": "too_large"}]
    assert set(stored().document.answers) == {"B01"}


# Requests that are refused whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"response": 1}',
        b'{"response": 99999999999999999999, "entity": "048017", "saves": []}',
        b'{"response": 1, "entity": "048017", "saves": [{"save_id": "", "operations": []}]}',
        b'{"response": 1, "entity": "048017", "saves": [{"save_id": "a b", "operations": []}]}',
        b'{"response": 1, "entity": "048017", "saves": [{"save_id": "s", "operations": ["\xff"]}]}',
        b'{"response": 1, "entity": "048017", "saves": [{"save_id": "s", "operations": [nonsense]}]}',
    ],
)
def test_what_is_no_request_is_malformed(device: Device, stored: Stored, body: bytes) -> None:
    answer = device.client.post(ADDRESS, data=body, headers={"X-CSRFToken": device.token})
    assert (answer.status_code, answer.json) == (400, {"reason": "malformed"})
    assert stored().version == 0


def test_too_many_saves_or_operations_are_too_large(device: Device, stored: Stored) -> None:
    for saves in ([save()] * (MOST_SAVES + 1), [save(*[put("E02", "a")] * (MAX_OPERATIONS + 1))]):
        answer = device.post(*saves)
        assert (answer.status_code, answer.json) == (413, {"reason": "too_large"})
    assert stored().version == 0


@pytest.mark.settings(max_body_kib=64)
def test_a_body_beyond_the_limit_is_too_large(device: Device, stored: Stored) -> None:
    answer = device.post(save(put("E02", "x" * 70_000)))
    assert (answer.status_code, answer.json) == (413, {"reason": "too_large"})
    assert stored().version == 0


def test_another_entitys_response_is_neither_read_nor_written(device: Device, new_person: NewPerson, stored: Stored) -> None:
    other = Device(new_person("Operatore C", "022165").client, "022165")
    for answer in (
        other.post(save(put("E02", "Intruso")), entity="048017"),
        other.post(save(put("E02", "Intruso")), response=device.response),
        other.post(save(put("E02", "Intruso")), response=device.response, entity="048017"),
        other.post(save(put("E02", "Intruso")), response=2**31 - 1),
    ):
        assert (answer.status_code, answer.json) == (409, {"reason": "other_entity"})
    assert (stored().version, stored("022165").version) == (0, 0)


def test_a_stale_token_gives_a_fresh_one_and_stores_nothing(device: Device, stored: Stored) -> None:
    answer = device.post(save(put("E02", "Più nidi")), token="stale")
    assert (answer.status_code, answer.json["reason"]) == (403, "csrf")
    assert stored().version == 0
    assert device.post(save(put("E02", "Più nidi")), token=answer.json["token"]).status_code == 200


def test_what_another_site_sends_is_refused_without_a_token(device: Device, stored: Stored) -> None:
    answer = device.client.post(ADDRESS, json={}, headers={"X-CSRFToken": device.token, "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json["reason"]) == (403, "csrf")
    assert "token" not in answer.json
    assert stored().version == 0


def test_who_has_no_session_is_told_where_to_sign_in(device: Device, client: FlaskClient) -> None:
    expected = {"status": 401, "reason": "signed_out", "sign_in": "/accedi"}
    device.client.delete_cookie("ricognizione", domain="localhost")
    for answer in (device.post(save(put("E02", "x"))), device.client.get(ADDRESS), client.get(ADDRESS), client.post(ADDRESS)):
        told = {name: value for name, value in answer.json.items() if name in expected}
        assert (answer.status_code, told) in [(401, expected)]


def test_who_has_not_said_who_they_are_is_sent_to_say_it(device: Device) -> None:
    db.session.execute(sa.text("UPDATE web_session SET operator_id = NULL"))
    db.session.commit()
    for answer in (device.post(save(put("E02", "x"))), device.client.get(ADDRESS)):
        assert (answer.status_code, answer.json) == (
            403,
            {"status": 403, "reason": "operator_unknown", "choose": "/operatore"},
        )


# Personal data -----------------------------------------------------------------------------------------------------------


def test_a_personal_answer_stands_apart_and_comes_back_to_its_entity(
    device: Device, stored: Stored, capfd: pytest.CaptureFixture[str]
) -> None:
    reply = device.send(save(put("E04", name=["Maria Segreta"], email=["segreta@example.org"])))
    fields = reply["changes"]["answers"]["E04"]["fields"]
    assert (fields["name"], fields["email"]) == (["Maria Segreta"], ["segreta@example.org"])
    kept = stored()
    lines = db.session.execute(sa.select(JournalEntry.line, JournalEntry.reply, JournalEntry.digest)).all()
    audit = db.session.execute(sa.text("SELECT detail FROM audit_entry")).scalars().all()
    for place in (kept.stored, json.dumps([list(line) for line in lines]), str(audit), capfd.readouterr().err):
        assert "egreta" not in place
    assert len(db.session.execute(sa.select(PersonalValue.value)).scalars().all()) == 1


def test_a_session_that_is_over_stores_nothing(device: Device, stored: Stored, clock: Clock) -> None:
    clock.move(days=30)
    assert device.post(save(put("E02", "x"))).status_code == 401
    assert stored().version == 0
