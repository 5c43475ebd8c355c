"""What leads and members say of each other when they are asked, and what follows from a yes and a no."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db
from app.responses.coverage import (
    NotAskedError,
    named_by,
    reply_to_lead,
    reply_to_member,
    standing_of,
)
from app.responses.document import Operation
from app.responses.drafts import EditionClosedError
from app.responses.journal import folded_document
from app.responses.models import CoverageReply
from tests.responses.conftest import later
from tests.responses.people import (
    BOLZANO,
    CLOSED,
    FIRENZE,
    SAMONE_TN,
    SOMEBODY,
    VALENTINO,
    People,
    claiming,
    codes,
    declaring,
)


def test_a_member_that_denies_is_not_covered_until_it_says_yes(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO))
    assert codes(people.standing(BOLZANO).unconfirmed) == [FIRENZE]
    people.member_says(BOLZANO, FIRENZE, agrees=False)
    assert people.numbers() == {"answered": 1, "represented": 1}
    standing = people.standing(BOLZANO)
    assert (codes(standing.denied), standing.covered, standing.unconfirmed) == ([FIRENZE], False, ())
    people.member_says(BOLZANO, FIRENZE, agrees=True)
    assert people.numbers() == {"answered": 1, "covered": 1, "represented": 2}
    assert people.standing(BOLZANO).unconfirmed == ()
    assert db.session.execute(sa.select(sa.func.count()).select_from(CoverageReply)).scalar_one() == 1


def test_a_lead_knows_whom_it_claims_in_vain_until_it_removes_them_or_they_change_their_word(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO, VALENTINO))
    people.member_says(BOLZANO, FIRENZE, agrees=False)
    lead = people.standing(FIRENZE)
    assert (codes(lead.claims), codes(lead.denied_by), codes(lead.claimed_in_vain)) == (
        [BOLZANO, VALENTINO],
        [BOLZANO],
        [BOLZANO],
    )
    assert people.standing(VALENTINO).denied_by == ()
    people.write(FIRENZE, claiming(VALENTINO))
    lead = people.standing(FIRENZE)
    assert (codes(lead.denied_by), lead.claimed_in_vain) == ([BOLZANO], ())
    people.write(FIRENZE, claiming(BOLZANO))
    people.send(BOLZANO, declaring(FIRENZE))
    assert people.standing(FIRENZE).claimed_in_vain == ()


def test_the_no_of_a_municipality_that_has_ended_does_not_bind_its_successor(people: People) -> None:
    people.write(FIRENZE, claiming(SAMONE_TN))
    people.member_says(SAMONE_TN, FIRENZE, agrees=False)
    people.ends(SAMONE_TN, later(days=3).date(), BOLZANO)
    lead = standing_of(people.entity(FIRENZE).id, people.edition, later(days=4))
    assert (codes(lead.claims), lead.claimed_in_vain) == ([BOLZANO], ())


def test_a_member_that_names_the_lead_it_had_denied_takes_its_no_back(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO))
    people.member_says(BOLZANO, FIRENZE, agrees=False)
    people.send(BOLZANO, declaring(FIRENZE))
    assert people.numbers() == {"answered": 1, "covered": 1, "represented": 2}


def test_a_lead_is_asked_and_its_yes_is_an_operation_on_its_own_draft(people: People) -> None:
    people.write(FIRENZE, claiming(VALENTINO))
    people.send(BOLZANO, declaring(FIRENZE))
    assert codes(named_by(people.entity(FIRENZE).id, people.edition, people.now)) == [BOLZANO]
    people.lead_says(FIRENZE, BOLZANO, agrees=True)
    lead = people.response(FIRENZE)
    assert lead.document.answers["E06"].value == [VALENTINO, BOLZANO]
    assert folded_document(lead.id) == lead.document
    assert people.standing(FIRENZE).named_by == ()
    assert people.numbers() == {"declared": 1, "claimed": 2}
    people.send(FIRENZE, {})
    assert people.numbers() == {"answered": 1, "covered": 2, "represented": 3}
    actions = db.session.execute(sa.select(AuditEntry.action).order_by(AuditEntry.number)).scalars().all()
    assert actions[-3:] == ["response_submitted", "coverage_replied", "response_submitted"]


def test_a_yes_beside_the_capacity_it_is_said_in_claims_at_once(people: People) -> None:
    people.send(BOLZANO, declaring(FIRENZE))
    people.lead_says(FIRENZE, BOLZANO, agrees=True)
    assert codes(people.standing(FIRENZE).promised) == [BOLZANO], "nothing has said in what capacity it answers"
    people.lead_says(FIRENZE, BOLZANO, agrees=True, also=[Operation("set", question="E05", value={"code": "lead_other"})])
    assert people.standing(FIRENZE).promised == ()
    assert people.numbers() == {"declared": 1, "claimed": 1}


def test_a_lead_that_says_no_ends_the_waiting_and_the_member_is_told(people: People) -> None:
    people.send(BOLZANO, declaring(FIRENZE))
    people.lead_says(FIRENZE, BOLZANO, agrees=False)
    assert people.numbers() == {}
    member, lead = people.standing(BOLZANO), people.standing(FIRENZE)
    assert (codes(member.refused_by), member.declared, member.must_answer_itself) == ([FIRENZE], False, True)
    assert (codes(lead.refused), lead.named_by) == ([BOLZANO], ())
    people.lead_says(FIRENZE, BOLZANO, agrees=True)
    assert people.numbers() == {"declared": 1}
    assert not people.standing(BOLZANO).must_answer_itself


def test_nobody_replies_to_what_nobody_said_nor_after_the_deadline(people: People) -> None:
    people.write(BOLZANO, declaring(FIRENZE))
    with pytest.raises(NotAskedError):
        people.lead_says(FIRENZE, BOLZANO, agrees=True)
    with pytest.raises(NotAskedError):
        people.member_says(BOLZANO, FIRENZE, agrees=False)
    people.send(BOLZANO, {**declaring(FIRENZE)})
    people.write(FIRENZE, claiming(BOLZANO))
    ids = people.entity(FIRENZE).id, people.entity(BOLZANO).id
    for reply, pair in ((reply_to_member, ids), (reply_to_lead, ids[::-1])):
        with pytest.raises(EditionClosedError):
            reply(*pair, True, edition=people.edition, author=SOMEBODY, now=CLOSED)
    assert db.session.execute(sa.select(sa.func.count()).select_from(CoverageReply)).scalar_one() == 0
