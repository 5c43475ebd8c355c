"""A lead finds its capacity and its municipalities proposed; they count once it has saved them."""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import find_by_code
from app.registry.models import Association, Membership
from app.responses.models import ResponseLink
from tests.fill.person import Person
from tests.fill.walk import begin

LEAD, MEMBERS = "048017", ("048017", "022165", "021008")


def ids(*codes: str) -> list[int]:
    found = [find_by_code(code) for code in codes]
    return [row.id for row in found if row is not None]


def lead_an_ambito() -> None:
    db.session.execute(sa.insert(Association).values(id=1, code="A1", kind="ambito", name="Ambito 1", lead_id=ids(LEAD)[0]))
    db.session.execute(sa.insert(Membership), [{"association_id": 1, "entity_id": one} for one in ids(*MEMBERS)])
    db.session.commit()


def test_a_lead_is_proposed_its_capacity_and_its_members_and_claims_them_once_saved(person: Person) -> None:
    lead_an_ambito()
    begin(person)
    page = person.get("/compila/E")
    assert page.value("E05") == ["lead_ambito"]
    asked = person.send(page, {})
    assert asked.fragment == "q-E06"
    assert sorted(asked.value("E06")) == sorted(MEMBERS)
    claimed = sa.select(ResponseLink.target_id).where(ResponseLink.stage == "draft", ResponseLink.relation == "claims")
    assert db.session.execute(claimed).scalars().all() == []
    db.session.rollback()
    person.send(asked, {"E06": [LEAD, "022165"]})
    assert set(db.session.execute(claimed).scalars()) == set(ids(LEAD, "022165"))


def test_who_leads_nothing_answers_alone_and_is_not_asked_for_whom(person: Person) -> None:
    begin(person)
    page = person.get("/compila/E")
    assert page.value("E05") == ["single"]
    assert "E06" not in page.text
    assert person.send(page, {}).path != "/compila/E"
