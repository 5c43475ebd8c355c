"""What an entity sent in other editions: its own, and only what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.registry.entities import find_by_code
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.earlier import earlier_response, earlier_versions
from app.responses.reading import OpenResponse
from app.responses.submission import submit_response
from tests.conftest import START

Respond = Callable[..., OpenResponse]
PERSON = {"name": "Operatore A", "office": "Servizi sociali", "email": "a@example.org", "phone": "055 123456"}
ANSWERS = {"B01": {"code": "none"}, "E04": PERSON, "E05": {"code": "single"}}


def test_only_what_was_sent_in_other_editions_is_listed(respond: Respond, author: Author) -> None:
    own, other = respond(), find_by_code("021008")
    assert other is not None
    assert earlier_versions(own.entity_id, None) == []
    assert earlier_response(own.entity_id, "2026") is None
    answers = [Operation("set", question=code, value=value) for code, value in ANSWERS.items()]
    _reply, changed = apply(own, answers, author, START, save_id="all")
    receipt = submit_response(replace(changed, locked=False), author, START, seen_version=changed.version)
    assert earlier_versions(own.entity_id, own.edition.id) == []
    (found,) = earlier_versions(own.entity_id, None)
    assert (found.edition_code, found.number, found.receipt) == ("2026", 1, receipt.receipt)
    assert earlier_versions(other.id, None) == []
    sent = earlier_response(own.entity_id, "2026")
    assert sent is not None
    assert sent.id == own.id
    assert earlier_response(other.id, "2026") is None
