"""Who answers for whom, rule by rule, through the functions that pages use."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db
from app.registry.models import Entity
from app.responses.coverage import (
    NothingToWithdrawError,
    Tally,
    counts,
    counts_by_region,
    double_claims,
    standing_of,
    withdraw_declaration,
)
from app.responses.drafts import EditionClosedError
from app.responses.models import Response, ResponseLink
from app.responses.submission import has_unsent_changes, list_receipts
from tests.responses.conftest import later
from tests.responses.people import (
    BOLZANO,
    CLOSED,
    FIRENZE,
    NOTHING,
    OWN,
    SAMONE_TN,
    SAMONE_TO,
    SOMEBODY,
    VALENTINO,
    People,
    claiming,
    codes,
    declaring,
)


def links(stage: str) -> set[tuple[str, str, str]]:
    """(owner, relation, target) by code."""
    owner, target = sa.orm.aliased(Entity), sa.orm.aliased(Entity)
    query = (
        sa.select(owner.code, ResponseLink.relation, target.code)
        .join(Response, Response.id == ResponseLink.response_id)
        .join(owner, owner.id == Response.entity_id)
        .join(target, target.id == ResponseLink.target_id)
        .where(ResponseLink.stage == stage)
    )
    return {tuple(row) for row in db.session.execute(query)}


def test_nobody_is_counted_before_anybody_has_sent(people: People) -> None:
    found = people.count()
    assert found.universe == Tally(5, sum(people.population.values()), 0)
    assert people.numbers() == {}


def test_declared_then_claimed_then_covered_each_with_its_residents(people: People) -> None:
    people.send(SAMONE_TN, declaring(FIRENZE))
    assert people.numbers() == {"declared": 1}
    people.write(FIRENZE, claiming(FIRENZE, SAMONE_TN, BOLZANO))
    assert people.numbers() == {"declared": 1, "claimed": 2}
    people.send(FIRENZE, {})
    found = people.count()
    assert people.numbers() == {"answered": 1, "covered": 2, "represented": 3}
    assert found.covered == Tally(2, people.population[SAMONE_TN] + people.population[BOLZANO], 0)
    assert found.answered == Tally(1, people.population[FIRENZE], 0)
    by_region = {
        one.code: (one.name, one.counts.covered.municipalities) for one in counts_by_region(people.edition.id, people.now)
    }
    assert by_region["09"] == ("Toscana", 0)
    assert sum(number for _name, number in by_region.values()) == 2


@pytest.mark.parametrize(
    ("answers", "kind"),
    [(OWN, "answer"), (NOTHING, "nothing"), ({"B01": {"code": "unknown"}, "C01": {"code": "none"}}, "answer")],
)
def test_an_answer_and_nothing_to_report_are_answered(people: People, answers: dict[str, Any], kind: str) -> None:
    people.send(BOLZANO, answers)
    assert people.numbers() == {"answered": 1, "represented": 1}
    assert people.standing(BOLZANO).submitted_as == kind


@pytest.mark.parametrize("named", [BOLZANO, "X999", {"na": True}])
def test_who_names_itself_or_nobody_known_has_answered(people: People, named: Any) -> None:
    people.send(BOLZANO, declaring(named))
    assert people.numbers() == {"answered": 1, "represented": 1}


def test_services_of_both_kinds_are_an_answer_and_a_declaration(people: People) -> None:
    people.send(BOLZANO, declaring(FIRENZE, "both"))
    assert people.numbers() == {"answered": 1, "represented": 1, "declared": 1}
    people.send(FIRENZE, claiming(BOLZANO))
    assert people.numbers() == {"answered": 2, "covered": 1, "both": 1, "represented": 2}
    standing = people.standing(BOLZANO)
    assert (standing.both, standing.declared, codes(standing.covered_by)) == (True, False, [FIRENZE])


def test_a_lead_never_covers_itself(people: People) -> None:
    people.send(FIRENZE, claiming(FIRENZE, first="none"))
    assert people.numbers() == {"answered": 1, "represented": 1}
    assert not people.standing(FIRENZE).covered


def test_a_claim_that_is_corrected_disappears_when_the_lead_sends_again(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO, SAMONE_TN))
    people.write(FIRENZE, claiming(SAMONE_TN))
    assert people.count().covered.municipalities == 2
    people.send(FIRENZE, {"E05": {"code": "single"}})
    assert people.numbers() == {"answered": 1, "represented": 1}


def test_a_claim_off_the_path_is_none(people: People) -> None:
    people.write(FIRENZE, claiming(BOLZANO))
    assert links("draft") == {(FIRENZE, "claims", BOLZANO)}
    people.write(FIRENZE, {"E05": {"code": "single"}})
    assert links("draft") == set()
    people.write(FIRENZE, {"E05": {"code": "union"}})
    assert links("draft") == {(FIRENZE, "claims", BOLZANO)}


def test_a_save_that_names_nobody_new_asks_the_database_nothing_more(people: People) -> None:
    people.write(FIRENZE, claiming(BOLZANO))
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", listen)
    for answers in ({"E02": "Più nidi"}, {"B01": {"code": "both"}}, {"E05": {"code": "union"}}):
        people.write(FIRENZE, answers)
    assert not [statement for statement in asked if "response_link" in statement]
    people.write(FIRENZE, {"E06": [BOLZANO, SAMONE_TN]})
    assert [statement.split()[0] for statement in asked if "response_link" in statement] == ["DELETE", "INSERT"]
    sa.event.remove(db.engine, "before_cursor_execute", listen)


def test_two_leads_cover_once_and_both_are_shown(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO))
    people.write(SAMONE_TN, claiming(BOLZANO, VALENTINO))
    assert people.numbers() == {"answered": 1, "covered": 1, "represented": 2, "claimed": 1}
    found = [(one.member.code, codes(one.leads)) for one in double_claims(people.edition.id, people.now)]
    assert found == [(BOLZANO, [FIRENZE, SAMONE_TN])]
    member = people.standing(BOLZANO)
    assert (member.double, codes(member.covered_by), codes(member.claimed_by)) == (True, [FIRENZE], [SAMONE_TN])
    for lead, other in ((FIRENZE, SAMONE_TN), (SAMONE_TN, FIRENZE)):
        contested = people.standing(lead).contested
        assert [(one.member.code, codes(one.others)) for one in contested] == [(BOLZANO, [other])]
    people.member_says(BOLZANO, SAMONE_TN, agrees=False)
    assert double_claims(people.edition.id, people.now) == []
    assert people.standing(FIRENZE).contested == ()


def test_what_names_an_ended_municipality_counts_for_its_successor_once(people: People) -> None:
    people.send(FIRENZE, claiming(SAMONE_TN, SAMONE_TO))
    people.send(VALENTINO, declaring(SAMONE_TN))
    day = later(days=3).date()
    people.ends(SAMONE_TN, day, SAMONE_TO)
    people.ends(SAMONE_TO, day, BOLZANO)
    assert people.numbers(days=2) == {"answered": 1, "covered": 2, "represented": 3, "declared": 1}
    found = people.count(days=4)
    assert (found.universe.municipalities, found.covered) == (3, Tally(1, people.population[BOLZANO], 0))
    standing = standing_of(people.entity(VALENTINO).id, people.edition, later(days=4))
    assert codes(standing.declared_to) == [BOLZANO]
    assert codes(standing_of(people.entity(BOLZANO).id, people.edition, later(days=4)).covered_by) == [FIRENZE]


def test_the_day_of_a_merger_is_the_day_in_rome(people: People) -> None:
    people.ends(SAMONE_TN, dt.date(2026, 3, 20), SAMONE_TO)
    before = dt.datetime(2026, 3, 19, 22, 59, tzinfo=dt.UTC)
    assert counts(people.edition.id, before).universe.municipalities == 5
    assert counts(people.edition.id, before + dt.timedelta(minutes=1)).universe.municipalities == 4


def test_the_response_of_an_ended_municipality_is_kept_and_not_counted(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO))
    people.send(SAMONE_TN, OWN)
    day = later(days=1).date()
    people.ends(FIRENZE, day, VALENTINO)
    people.ends(SAMONE_TN, day, None)
    assert people.numbers(days=2) == {}
    assert people.count(days=2).universe.municipalities == 3
    assert len(links("submitted")) == 1


def test_a_circle_of_successors_stands_for_nobody(people: People) -> None:
    people.send(FIRENZE, claiming(SAMONE_TN))
    people.ends(SAMONE_TN, later(days=-1).date(), SAMONE_TO)
    people.ends(SAMONE_TO, later(days=-1).date(), SAMONE_TN)
    assert people.numbers() == {"answered": 1, "represented": 1}


def test_an_unknown_population_adds_nothing_and_is_counted_apart(people: People) -> None:
    db.session.execute(sa.update(Entity).where(Entity.code == BOLZANO).values(population=None))
    db.session.commit()
    people.send(FIRENZE, claiming(BOLZANO, SAMONE_TN))
    assert people.count().covered == Tally(2, people.population[SAMONE_TN], 1)


@pytest.mark.parametrize("answers", [NOTHING, declaring(FIRENZE)])
def test_a_short_path_sent_by_mistake_is_withdrawn_and_stays_in_the_history(people: People, answers: dict[str, Any]) -> None:
    people.send(BOLZANO, answers)
    withdrawn = withdraw_declaration(people.response(BOLZANO), SOMEBODY, people.now)
    assert (withdrawn.status, withdrawn.submitted_at, has_unsent_changes(withdrawn)) == ("draft", None, True)
    assert people.numbers() == {}
    assert links("submitted") == set()
    assert [one.number for one in list_receipts(withdrawn.id)] == [1]
    with pytest.raises(NothingToWithdrawError):
        withdraw_declaration(people.response(BOLZANO), SOMEBODY, people.now)
    people.send(BOLZANO, {})
    assert [one.number for one in list_receipts(withdrawn.id)] == [2, 1]
    assert sum(people.numbers().values()) > 0
    assert "declaration_withdrawn" in db.session.execute(sa.select(AuditEntry.action)).scalars().all()


def test_an_answer_is_not_withdrawn_nor_anything_after_the_deadline(people: People) -> None:
    people.send(BOLZANO, OWN)
    with pytest.raises(NothingToWithdrawError):
        withdraw_declaration(people.response(BOLZANO), SOMEBODY, people.now)
    people.send(SAMONE_TN, NOTHING)
    with pytest.raises(EditionClosedError):
        withdraw_declaration(people.response(SAMONE_TN), SOMEBODY, CLOSED)
    assert people.numbers() == {"answered": 2, "represented": 2}


def test_one_entity_s_standing_shows_nothing_of_others(people: People) -> None:
    people.send(FIRENZE, claiming(BOLZANO))
    people.send(SAMONE_TN, declaring(FIRENZE))
    found = people.standing(VALENTINO)
    groups = [found.declared_to, found.claimed_by, found.covered_by, found.named_by, found.unconfirmed, found.contested]
    assert (groups, found.answered, found.double) == ([()] * 6, False, False)
