"""The receipt by message: queued with the submission, to whom it belongs, with no answer in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.editions.current import EditionView
from app.editions.extensions import extend
from app.extensions import db
from app.mail.models import Delivery
from app.registry.models import ContactAddress
from app.responses import submission
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import OpenResponse, response_by_id
from app.responses.submission import Receipt, submit_response
from tests.conftest import START
from tests.open_edition import later

ANSWERS = {
    "B01": {"code": "none"},
    "E05": {"code": "single"},
    "E04": {"name": "Persona A", "office": "Servizi sociali", "email": "persona.a@example.org", "phone": "06 0000001"},
    "E02": "Una nota che resta qui",
}


@pytest.fixture
def complete(respond: Callable[[str], OpenResponse], author: Author) -> OpenResponse:
    """A response of Firenze that can be sent: nothing to report."""
    response = respond("048017")
    operations = [Operation("set", question=code, value=value) for code, value in ANSWERS.items()]
    reply, changed = apply(response, operations, author, START, save_id="first")
    assert not reply.refused
    return changed


def register(response: OpenResponse, email: str, purpose: str = "registry_office") -> None:
    address = {"entity_id": response.entity_id, "purpose": purpose, "email": email, "source": "test", "created_at": START}
    db.session.execute(sa.insert(ContactAddress).values(**address))
    db.session.commit()


def send(response: OpenResponse, author: Author, now: dt.datetime = START) -> Receipt:
    current = response_by_id(response.id)
    assert current is not None
    return submit_response(current, author, now, seen_version=current.version)


def messages() -> list[Delivery]:
    db.session.rollback()
    return list(db.session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars())


def test_the_receipt_goes_to_the_entity_and_to_who_sent(complete: OpenResponse, author: Author) -> None:
    register(complete, "protocollo@example.org")
    receipt = send(complete, author)
    office, sender = messages()
    assert [one.recipient for one in (office, sender)] == ["protocollo@example.org", "a@example.org"]
    for message in (office, sender):
        assert (message.kind, message.state, message.language) == ("receipt", "queued", "it")
        assert message.subject == f"Risposta inviata: ricevuta {receipt.receipt}"
        for expected in (
            "Firenze (FI)",
            "Ricognizione 2026",
            f"Ricevuta n. {receipt.receipt}",
            "16 marzo 2026, 10:00:00, ora italiana",
            "fino al 30 aprile 2026, 23:59",
            "http://127.0.0.1:8000/ricevuta",
            "segreteria@example.org",
        ):
            assert expected in message.text
        for hidden in ("Una nota che resta qui", "Persona A", "06 0000001", "Operatore A"):
            assert hidden not in message.text


def test_an_address_that_is_both_gets_it_once(complete: OpenResponse, author: Author) -> None:
    register(complete, "a@example.org")
    send(complete, author)
    assert [one.recipient for one in messages()] == ["a@example.org"]


def test_the_same_content_again_sends_nothing_and_a_correction_does(complete: OpenResponse, author: Author) -> None:
    send(complete, author)
    send(complete, author)
    assert len(messages()) == 1
    _, changed = apply(complete, [Operation("set", question="E02", base=1, value="Altro")], author, later(hours=1), save_id="b")
    send(changed, author, later(hours=1))
    assert [one.text.count("Versione inviata: 2") for one in messages()] == [0, 1]


def test_the_deadline_is_the_entitys_own(complete: OpenResponse, author: Author, edition: EditionView) -> None:
    extend("2026", "048017", edition.closes_at + dt.timedelta(days=10), "Elezioni", actor="test", now=START)
    send(complete, author)
    assert "fino al 10 maggio 2026, 23:59" in messages()[-1].text


def test_a_submission_that_fails_queues_nothing(
    complete: OpenResponse, author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the audit fails")

    monkeypatch.setattr(submission, "record", fall)
    with pytest.raises(RuntimeError):
        send(complete, author)
    assert messages() == []


@pytest.mark.parametrize("wrong", ["a b@example.org", "operatore@città.example\r\nBcc: x@example.org", "nessuno"])
def test_a_mistyped_address_does_not_undo_what_was_sent(complete: OpenResponse, author: Author, wrong: str) -> None:
    register(complete, "protocollo@example.org")
    db.session.execute(sa.text("UPDATE operator SET email = :email"), {"email": wrong})
    db.session.commit()
    assert send(complete, author).number == 1
    assert [one.recipient for one in messages()] == ["protocollo@example.org"]


def test_synthetic_answers_write_to_nobody(complete: OpenResponse, author: Author) -> None:
    register(complete, "protocollo@example.org")
    db.session.execute(sa.text("UPDATE response SET synthetic = :yes"), {"yes": True})
    db.session.commit()
    send(complete, author)
    assert messages() == []
