"""What leaves through a publication, wherever it came from: small numbers, and where a body without a point stands."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.mail.models import Delivery
from app.practices.fields import UnfitCorrectionError, corrections_between
from app.practices.models import Practice
from app.practices.notices import tell_sent_back
from app.practices.published import CURRENT, ENTRY, entries_in
from app.practices.record import PublicRecord, read_record
from app.practices.vocabulary import labels
from app.registry.models import Association, ContactAddress, Entity, Membership
from tests.conftest import START
from tests.practices.sheets import CENTRE, PRACTICE, Sheets
from tests.public_practices import add_practices, practice_row, publish_all
from tests.responses.people import FIRENZE, SAMONE_TO, VALENTINO


def points() -> list[tuple[float | None, float | None]]:
    found = db.session.execute(sa.select(ENTRY.latitude, ENTRY.longitude).where(CURRENT).order_by(ENTRY.id))
    return [(row.latitude, row.longitude) for row in found]


def turned_into(code: str, **columns: object) -> None:
    """A body without a point, instead of a municipality."""
    columns |= {"latitude": None, "longitude": None}
    db.session.execute(sa.update(Entity).where(Entity.code == code).values(**columns))
    db.session.commit()


def test_a_small_number_stays_inside_also_where_no_sheet_brought_it(sheets: Sheets) -> None:
    add_practices(
        [practice_row(FIRENZE, PublicRecord(title=f"Da {number}", beneficiaries=number), START) for number in (0, 4, 5)]
    )
    publish_all(START)
    records = [
        read_record(text) for text in db.session.execute(sa.select(ENTRY.record).where(CURRENT).order_by(ENTRY.id)).scalars()
    ]
    assert [record.beneficiaries for record in records] == [None, None, 5]


def test_a_region_stands_in_its_largest_municipality(sheets: Sheets) -> None:
    largest = sheets.entity(FIRENZE)
    turned_into(SAMONE_TO, kind="region", region_code="09", province_sign=None)
    add_practices([practice_row(SAMONE_TO, PublicRecord(title="Iniziativa"), START, kind="initiative")])
    publish_all(START)
    assert points() == [(largest.latitude, largest.longitude)]


def test_a_union_stands_where_its_practice_says_else_in_its_largest_member(sheets: Sheets) -> None:
    named, member = sheets.entity(VALENTINO), sheets.entity(FIRENZE)
    turned_into(SAMONE_TO, kind="union")
    union = sheets.entity(SAMONE_TO)
    add_practices([practice_row(SAMONE_TO, PublicRecord(title="Sola"), START)])
    publish_all(START)
    assert points() == [(None, None)], "nothing says where it is"
    db.session.execute(sa.insert(Association).values(id=1, code="u", kind="union", name="Unione", lead_id=union.id))
    rows = [{"association_id": 1, "entity_id": one.id} for one in (named, member)]
    db.session.execute(sa.insert(Membership), rows)
    more = {"Di tutti": (), "Di uno": (VALENTINO,)}
    add_practices(
        [practice_row(SAMONE_TO, PublicRecord(title=title, municipalities=codes), START) for title, codes in more.items()]
    )
    publish_all(START)
    assert points()[1:] == [(member.latitude, member.longitude), (named.latitude, named.longitude)]


def test_the_desk_corrects_an_address_and_never_adds_one(app: Flask, sheets: Sheets) -> None:
    words, typed = labels("it"), {"address": "Via B 2"}
    with app.test_request_context():
        assert corrections_between(PublicRecord(title="A", address="Via A 1"), dict(typed), words) == typed
        with pytest.raises(UnfitCorrectionError):
            corrections_between(PublicRecord(title="A"), dict(typed), words)


def test_the_notice_of_a_centre_leads_to_its_sheet(app: Flask, sheets: Sheets) -> None:
    item = sheets.new()
    sheets.write_sheets(FIRENZE, {item: CENTRE}, step="S", C01={"code": "own"})
    sheets.submit(FIRENZE)
    practice = db.session.execute(sa.select(Practice.id)).scalar_one()
    address = {"entity_id": sheets.entity(FIRENZE).id, "purpose": "registry_office", "email": "a@example.org"}
    db.session.execute(sa.insert(ContactAddress).values(**address, source="test", created_at=START))
    with app.test_request_context():
        tell_sent_back(practice, START)
    (text,) = db.session.execute(sa.select(Delivery.text).where(Delivery.kind == "practice_sent_back")).scalars()
    assert f"/compila/centri/{item}" in text


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("S", {"S02": {"address": "Via Nascosta 9"}}, {"S02": {"address": "Via Nascosta 9", "reserved": True}}),
        ("P", {"P08": 12}, {"P08": 3}),
        ("P", {"P15": {"email": "via@example.org", "phone": "055 123456"}}, {"P15": {"phone": "055 123456"}}),
    ],
    ids=["a seat that is reserved now", "a number that is small now", "an address that is gone"],
)
def test_what_an_entity_hides_later_is_out_of_every_version_at_once(
    sheets: Sheets, step: str, before: dict[str, object], after: dict[str, object]
) -> None:
    item, more = sheets.new(), {"C01": {"code": "own"}} if step == "S" else {}
    sheets.write_sheets(FIRENZE, {item: (CENTRE if step == "S" else PRACTICE) | before}, step=step, **more)
    sheets.submit(FIRENZE)
    sheets.approve(item)
    sheets.publish()
    assert len(points()) == 1
    sheets.write_sheets(FIRENZE, {item: after}, step=step, **more)
    sheets.submit(FIRENZE)
    assert points() == []
    assert db.session.execute(sa.select(ENTRY.id).where(entries_in(1))).all() == []
    sheets.approve(item)
    sheets.publish()
    assert len(points()) == 1


def test_a_correction_leaves_the_old_version_public_until_it_is_approved(sheets: Sheets) -> None:
    (item,) = sheets.send_sheets(FIRENZE, {"P08": 12})
    sheets.approve(item)
    sheets.publish()
    sheets.write_sheets(FIRENZE, {item: {"P08": 13, "P15": {"email": "altro@example.org"}}})
    sheets.submit(FIRENZE)
    assert len(points()) == 1
