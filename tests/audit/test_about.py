"""What the record says of one subject, and many entries at once, which chain as single ones do."""

from __future__ import annotations

import pytest

from app.audit.about import entries_about
from app.audit.chain import current_head, first_broken_entry, record, record_all
from app.extensions import db
from tests.conftest import START

pytestmark = pytest.mark.usefixtures("db_session")


def test_many_entries_chain_with_those_before_and_after() -> None:
    record("one", actor="staff:1", subject="entity:001001", detail={}, now=START)
    told = [(f"entity:{number:06}", {"n": number}) for number in range(1_000, 1_100)]
    record_all("many", actor="staff:1", told=told, now=START)
    record_all("none", actor="staff:1", told=[], now=START)
    record("last", actor="staff:2", subject="entity:001001", detail={"a": None}, now=START)
    db.session.commit()
    assert (current_head().number, first_broken_entry()) == (102, None)
    assert [(row.action, row.actor, row.detail) for row in entries_about("entity:001001")] == [
        ("last", "staff:2", {"a": None}),
        ("many", "staff:1", {"n": 1001}),
        ("one", "staff:1", {}),
    ]
    assert [row.action for row in entries_about("entity:001001", limit=1)] == ["last"]
