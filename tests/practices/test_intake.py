"""What is sent arrives as practices, once each, and only what the entity lets be public ever is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.audit.verifying import first_broken_entry
from app.extensions import db, table_of
from app.practices.history import history_of
from app.practices.intake import take_in_all
from app.practices.models import APPROVED, SENT_BACK, WAITING, Practice, PublishedPractice, ReviewEntry
from app.practices.published import CURRENT, ENTRY, current_version, entries_in, list_versions
from app.practices.publishing import NothingToPublishError
from app.practices.record import read_record
from app.registry.models import Entity
from tests.practices.sheets import CENTRE, Sheets
from tests.responses.people import FIRENZE, NOTHING, VALENTINO


def public() -> list[str]:
    db.session.rollback()
    return [row.title for row in db.session.execute(sa.select(ENTRY.title).where(CURRENT).order_by(ENTRY.id))]


def titles_in(number: int) -> list[str]:
    return [row.title for row in db.session.execute(sa.select(ENTRY.title).where(entries_in(number)).order_by(ENTRY.id))]


def deeds(action: str) -> list[tuple[str, str]]:
    """(actor, subject) of the audit entries of an action."""
    query = sa.select(AuditEntry.actor, AuditEntry.subject).where(AuditEntry.action == action).order_by(AuditEntry.number)
    return [tuple(row) for row in db.session.execute(query)]


def count(model: type) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_a_sheet_that_is_sent_waits_for_review_and_a_draft_does_not(sheets: Sheets) -> None:
    sheets.write_sheets(FIRENZE, {sheets.new(): {"P01": "Bozza"}})
    assert count(Practice) == 0
    (item,) = sheets.send_sheets(VALENTINO)
    row = sheets.row(item)
    assert (row.kind, row.state, row.submission, row.consent, row.present) == ("practice", WAITING, 1, True, True)
    assert (row.title, row.area, row.year, row.edition_label, len(row.code)) == (
        "Sportello per le famiglie", "families", 2026, "2026", 8,
    )  # fmt: skip
    assert public() == []


def test_centres_arrive_and_a_reserved_seat_has_neither_address_nor_place(sheets: Sheets) -> None:
    open_seat, hidden = sheets.new(), sheets.new()
    seat = {"address": "Via Nascosta 9", "latitude": "43.1", "longitude": "11.2", "reserved": True}
    sheets.write_sheets(FIRENZE, {open_seat: CENTRE, hidden: CENTRE | {"S02": seat}}, step="S", C01={"code": "own"})
    sheets.submit(FIRENZE)
    assert read_record(sheets.row(open_seat).content).address == "Via del Centro 1"
    row = sheets.row(hidden)
    record = read_record(row.content)
    assert (row.kind, record.address, record.latitude, record.longitude) == ("centre", "", None, None)
    assert "Nascosta" not in row.content
    assert "reserved" not in row.content


def test_the_practice_of_a_region_is_an_initiative(sheets: Sheets) -> None:
    db.session.execute(sa.update(Entity).where(Entity.code == VALENTINO).values(kind="region"))
    db.session.commit()
    (item,) = sheets.send_sheets(VALENTINO)
    assert sheets.row(item).kind == "initiative"


def test_small_numbers_private_answers_and_wrong_ones_do_not_pass(sheets: Sheets) -> None:
    four, five = sheets.send_sheets(FIRENZE, {"P08": 4, "P12": "98765.43"}, {"P08": 5, "P09": {"from": "2025-03"}})
    assert read_record(sheets.row(four).content).beneficiaries is None
    assert read_record(sheets.row(five).content).beneficiaries == 5
    assert read_record(sheets.row(five).content).started == "2025-03"
    assert "98765" not in sheets.row(four).content


def test_what_is_sent_again_unchanged_stays_approved_and_what_changed_waits_while_the_old_stays_public(sheets: Sheets) -> None:
    first, second = sheets.send_sheets(FIRENZE, {"P01": "Prima"}, {"P01": "Seconda"})
    sheets.approve(first, second)
    assert sheets.publish().added == 2
    sheets.write_sheets(FIRENZE, {second: {"P01": "Seconda, corretta"}})
    sheets.submit(FIRENZE)
    assert (sheets.row(first).state, sheets.row(second).state) == (APPROVED, WAITING)
    assert public() == ["Prima", "Seconda"]
    with pytest.raises(NothingToPublishError):
        sheets.publish()
    sheets.approve(second)
    done = sheets.publish()
    assert (done.number, done.added, done.changed, done.entries) == (2, 0, 1, 2)
    assert public() == ["Prima", "Seconda, corretta"]
    assert titles_in(1) == ["Prima", "Seconda"]


def test_what_was_sent_back_waits_again_when_it_is_sent(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets()
    db.session.execute(sa.update(Practice).values(state=SENT_BACK))
    db.session.commit()
    sheets.write_sheets(FIRENZE, {}, E02="Altro")
    sheets.submit(FIRENZE)
    assert sheets.row(item).state == WAITING


def test_without_consent_nothing_is_published_and_consent_taken_back_takes_it_out_of_every_version(sheets: Sheets) -> None:
    kept, private = sheets.send_sheets(FIRENZE, {"P01": "Aperta"}, {"P01": "Riservata", "P16": {"code": "statistics"}})
    sheets.approve(kept, private)
    assert sheets.publish().added == 1
    assert public() == ["Aperta"]
    sheets.write_sheets(FIRENZE, {kept: {"P16": {"code": "statistics"}}})
    sheets.submit(FIRENZE)
    assert public() == []
    assert titles_in(1) == []
    assert deeds("practice_retracted") == [("program", f"practice:{sheets.row(kept).code}")]
    assert history_of(sheets.row(kept).id)[0].action == "retracted"
    assert [(one.number, one.withdrawn, one.entries, one.revision) for one in list_versions()] == [(2, 1, 0, 0), (1, 0, 1, 1)]


def test_a_sheet_that_is_no_longer_sent_is_out_of_the_public(sheets: Sheets) -> None:
    first, second = sheets.send_sheets(FIRENZE, {"P01": "Prima"}, {"P01": "Seconda"})
    sheets.approve(first, second)
    sheets.publish()
    sheets.remove(FIRENZE, second)
    sheets.submit(FIRENZE)
    assert public() == ["Prima"]
    assert not sheets.row(second).present
    sheets.send(FIRENZE, NOTHING)
    assert public() == []
    codes = [sheets.row(one).code for one in (second, first)]
    assert deeds("practice_retracted") == [("program", f"practice:{code}") for code in codes]
    assert deeds("response_submitted")[-1][1].startswith("response:")
    assert first_broken_entry() is None


def test_the_position_is_its_own_else_its_entitys(sheets: Sheets) -> None:
    own, none = sheets.send_sheets(FIRENZE, {"P14": {"latitude": "43.7", "longitude": "11.3"}}, {})
    sheets.approve(own, none)
    sheets.publish()
    found = db.session.execute(sa.select(ENTRY.latitude, ENTRY.longitude).where(CURRENT).order_by(ENTRY.id)).all()
    entity = sheets.entity(FIRENZE)
    assert found == [(43.7, 11.3), (entity.latitude, entity.longitude)]


def test_what_was_sent_before_there_was_a_queue_is_taken_in_once(sheets: Sheets) -> None:
    sheets.send_sheets(FIRENZE, {}, {})
    before = [tuple(row)[1:] for row in db.session.execute(sa.select(table_of(Practice).c.item_id, Practice.title))]
    db.session.execute(sa.delete(ReviewEntry))
    db.session.execute(sa.delete(Practice))
    db.session.commit()
    assert take_in_all(sheets.edition, actor="command", now=sheets.now) == 1
    assert take_in_all(sheets.edition, actor="command", now=sheets.now) == 0
    assert [tuple(row)[1:] for row in db.session.execute(sa.select(table_of(Practice).c.item_id, Practice.title))] == before
    assert current_version() is None
    assert count(PublishedPractice) == 0
    told = deeds("practices_taken_in")
    assert told == [("command", f"response:{sheets.response(FIRENZE).id}")]
