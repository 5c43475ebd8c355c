"""Who is reminded and who is not: rule by rule, each reason with its entities."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.chasing.filters import Filter
from app.chasing.respondents import refresh_respondents
from app.editions.current import EditionView
from app.editions.extensions import extend
from app.extensions import db
from app.mail.groups import cancel_group
from app.mail.models import Suppression
from app.registry.models import ContactAddress
from app.reminders.audience import Audience, Choice, find_audience
from app.reminders.audience_numbers import Question, count_audience, count_each, list_left_out, list_reached
from app.reminders.batches import Plan, batch_of, queue_batch
from app.reminders.channels import BY_EMAIL, BY_PEC
from app.reminders.schedule import Schedule
from tests.conftest import START
from tests.registry.rows import add_contact
from tests.responses.people import (
    BOLZANO,
    FIRENZE,
    NOTHING,
    OWN,
    SAMONE_TN,
    SAMONE_TO,
    VALENTINO,
    People,
    claiming,
    declaring,
)

LATER = START + dt.timedelta(hours=1)
LAST_WEEK = dt.datetime(2026, 4, 28, 8, 0, tzinfo=dt.UTC)


def found(edition: EditionView, choice: Choice | None = None, at: dt.datetime = LATER) -> tuple[dict[str, str], dict[str, str]]:
    """(code → text of who is reminded, code → reason of who is not)."""
    refresh_respondents(edition, at)
    audience = find_audience(edition, choice or Choice(), at, at)
    assert_numbers_agree(edition, choice or Choice(), at, audience)
    db.session.rollback()
    return (
        {one.code: one.audience for one in audience.recipients},
        {one.code: one.reason for one in audience.left_out},
    )


def assert_numbers_agree(
    edition: EditionView, choice: Choice, at: dt.datetime, audience: Audience, channel: str = BY_EMAIL
) -> None:
    """What the pages show while somebody chooses, read from the copy, is what the rules say: on rows that are fresh."""
    asked = Question(edition, choice, at, at, channel)
    numbers = count_audience(asked)
    assert (numbers.recipients, numbers.messages) == (len(audience.recipients), audience.messages)
    assert (numbers.texts, numbers.reasons) == (audience.by_text(), audience.by_reason())
    assert numbers.found == len(audience.recipients) + len(audience.left_out)
    listed = [(one.code, one.label, one.audience, one.progress, one.messages) for one in list_reached(asked)]
    exact = [(one.code, one.label, one.audience, one.progress, len(one.emails)) for one in audience.recipients]
    assert sorted(listed) == exact
    assert sorted(list_left_out(asked), key=lambda one: one.code) == list(audience.left_out)
    assert [one.code for page in range(1, len(listed) + 1) for one in list_reached(asked, page, size=1)] == [
        row[0] for row in listed
    ]


def test_who_has_not_begun_and_who_has_a_draft_get_a_text_of_their_own(reachable: EditionView, people: People) -> None:
    people.write(FIRENZE, OWN)
    people.response(BOLZANO)  # looked at, nothing written
    reminded, out = found(reachable)
    assert reminded == {
        FIRENZE: "draft",
        BOLZANO: "not_started",
        SAMONE_TN: "not_started",
        SAMONE_TO: "not_started",
        VALENTINO: "not_started",
    }
    assert out == {}


def test_who_has_submitted_or_is_covered_is_left_out(reachable: EditionView, people: People) -> None:
    people.send(FIRENZE, claiming(SAMONE_TN))
    people.send(BOLZANO, NOTHING)
    reminded, out = found(reachable)
    assert set(reminded) == {SAMONE_TO, VALENTINO}
    assert out == {FIRENZE: "submitted", BOLZANO: "submitted", SAMONE_TN: "covered"}


def test_while_a_lead_is_silent_it_is_reminded_and_the_member_only_in_the_last_week(
    reachable: EditionView, people: People
) -> None:
    people.send(SAMONE_TN, declaring(FIRENZE))
    people.write(FIRENZE, claiming(SAMONE_TO))
    reminded, out = found(reachable)
    assert out == {SAMONE_TN: "through_lead", SAMONE_TO: "through_lead"}
    assert reminded == {FIRENZE: "lead", BOLZANO: "not_started", VALENTINO: "not_started"}
    audience = find_audience(reachable, Choice(Filter(text=FIRENZE)), LATER, LATER)
    assert [one.members for one in audience.recipients] == [2]
    reminded, out = found(reachable, at=LAST_WEEK)
    assert {SAMONE_TN, SAMONE_TO} <= set(reminded)
    assert out == {}


def test_a_member_whose_lead_has_said_no_is_reminded(reachable: EditionView, people: People) -> None:
    people.send(SAMONE_TN, declaring(FIRENZE))
    people.lead_says(FIRENZE, SAMONE_TN, False)
    reminded, _out = found(reachable)
    assert (SAMONE_TN in reminded, reminded[FIRENZE]) == (True, "not_started")


def test_without_a_good_address_nobody_can_be_reminded(reachable: EditionView, people: People) -> None:
    db.session.execute(sa.insert(Suppression).values(email=f"u{FIRENZE}@example.org", reply="550", at=START))
    bolzano = people.entity(BOLZANO).id
    db.session.execute(sa.update(ContactAddress).where(ContactAddress.entity_id == bolzano).values(ended_at=START))
    db.session.commit()
    _reminded, out = found(reachable)
    assert out == {FIRENZE: "bad_address", BOLZANO: "no_address"}


def test_an_address_that_stands_twice_gets_one_message(reachable: EditionView, people: People) -> None:
    add_contact(people.entity(FIRENZE).id, "registry_office", f"u{FIRENZE}@example.org")
    add_contact(people.entity(FIRENZE).id, "registry_office", "protocollo@example.org")
    refresh_respondents(reachable, LATER)
    audience = find_audience(reachable, Choice(Filter(text=FIRENZE)), LATER, LATER)
    assert [one.emails for one in audience.recipients] == [(f"u{FIRENZE}@example.org", "protocollo@example.org")]
    assert audience.messages == 2


def test_who_has_more_time_is_reminded_until_its_own_deadline(reachable: EditionView, people: People) -> None:
    own = dt.datetime(2026, 5, 20, 22, 0, tzinfo=dt.UTC)
    extend("2026", FIRENZE, own, "alluvione", actor="test", now=LATER)
    reminded, out = found(reachable, at=dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    assert set(reminded) == {FIRENZE}
    assert set(out.values()) == {"deadline_passed"}


def test_after_three_messages_it_is_enough_unless_somebody_says_otherwise(reachable: EditionView, people: People) -> None:
    only = Choice(Filter(text=FIRENZE))
    for number in range(3):
        plan = Plan("Promemoria", only, 0, Schedule(LATER, 400))
        queue_batch(reachable, plan, key=f"k{number}", actor="test", now=LATER)
    assert found(reachable, only) == ({}, {FIRENZE: "enough_messages"})
    assert found(reachable, Choice(only.filter, beyond_limit=True)) == ({FIRENZE: "not_started"}, {})
    cancel_group(batch_of(reachable.id, 1).group_id, "annullato", LATER)
    db.session.commit()
    assert found(reachable, only) == ({FIRENZE: "not_started"}, {})


def test_who_is_left_out_by_hand_and_who_has_ended(reachable: EditionView, people: People) -> None:
    people.ends(SAMONE_TO, START.date(), SAMONE_TN)
    reminded, out = found(reachable, Choice(without=(FIRENZE,)))
    assert set(reminded) == {BOLZANO, SAMONE_TN, VALENTINO}
    assert out == {FIRENZE: "by_hand"}


def test_the_copy_narrows_the_choice_and_decides_nothing(reachable: EditionView, people: People) -> None:
    refresh_respondents(reachable, LATER)
    people.send(FIRENZE, OWN)
    audience = find_audience(reachable, Choice(Filter(states=("never",))), LATER, LATER)
    assert [(one.code, one.reason) for one in audience.left_out] == [(FIRENZE, "submitted")]


@pytest.mark.parametrize(("region", "codes"), [("09", {FIRENZE}), ("04", {BOLZANO, SAMONE_TN}), ("99", set())])
def test_a_territory_reaches_its_own_region_only(reachable: EditionView, region: str, codes: set[str]) -> None:
    refresh_respondents(reachable, LATER)
    audience = find_audience(reachable, Choice(), LATER, LATER, region=region)
    assert {one.code for one in audience.recipients} == codes


def test_certified_mail_has_numbers_of_its_own(reachable: EditionView, people: People) -> None:
    for code, email in (
        (FIRENZE, "protocollo@pec.example.org"),
        (FIRENZE, "sindaco@pec.example.org"),
        (BOLZANO, "b@pec.example.org"),
    ):
        add_contact(people.entity(code).id, "pec", email)
    db.session.execute(sa.insert(Suppression).values(email="b@pec.example.org", reply="550", at=START))
    db.session.commit()
    refresh_respondents(reachable, LATER)
    audience = find_audience(reachable, Choice(), LATER, LATER, channel=BY_PEC)
    assert ({one.code for one in audience.recipients}, audience.messages) == ({FIRENZE}, 1)
    assert audience.by_reason() == {"no_pec_address": 3, "bad_address": 1}
    assert_numbers_agree(reachable, Choice(), LATER, audience, BY_PEC)


def test_many_choices_are_counted_at_once(reachable: EditionView, people: People) -> None:
    people.write(FIRENZE, OWN)
    refresh_respondents(reachable, LATER)
    choices = [Choice(), Choice(Filter(states=("draft",))), Choice(Filter(region="04")), Choice(Filter(text="nessuno"))]
    assert count_each(reachable, choices, LATER) == [5, 1, 2, 0]
    assert count_each(reachable, choices, LATER, region="04") == [2, 0, 2, 0]
    assert count_each(reachable, [], LATER) == []
