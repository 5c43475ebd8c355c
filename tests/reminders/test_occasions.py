"""What each occasion does to whom: the two ways of asking agree, news of a deadline has no limit, thanks says no deadline."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.chasing.respondents import refresh_respondents
from app.editions.current import EditionView
from app.extensions import db
from app.reminders.audience import Choice, find_audience
from app.reminders.audience_numbers import Question, count_audience, numbers_of
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC, CHANNELS
from app.reminders.occasions import EXTENSION, OCCASIONS, REMINDER, THANKS
from app.reminders.plans.moving import effects_of
from tests.conftest import START
from tests.registry.rows import add_contact
from tests.reminders.test_words import IDS, audience, queue
from tests.responses.people import BOLZANO, FIRENZE, OWN, SAMONE_TN, SAMONE_TO, VALENTINO, People, claiming

HOUR = dt.timedelta(hours=1)


def test_rules_and_copy_count_alike_for_every_occasion_and_channel(reachable: EditionView, people: People) -> None:
    people.send(FIRENZE, claiming(SAMONE_TN))
    people.member_says(SAMONE_TN, FIRENZE, agrees=True)
    people.write(BOLZANO, claiming(SAMONE_TO))
    people.member_says(SAMONE_TO, BOLZANO, agrees=True)
    people.write(VALENTINO, {"B01": {"code": "own"}})
    for code in (FIRENZE, BOLZANO):
        add_contact(People.entity(code).id, "pec", f"p{code}@pec.example.org")
    left_out = "UPDATE contact_address SET no_reminders_at = created_at, purpose = 'other' WHERE email = :email"
    db.session.execute(sa.text(left_out), {"email": f"u{SAMONE_TO}@example.org"})
    db.session.commit()
    told = ((REMINDER, BY_EMAIL), (THANKS, BY_EMAIL), (REMINDER, BY_HAND), (EXTENSION, BY_EMAIL), (REMINDER, BY_EMAIL))
    assert set(CHANNELS) == {BY_EMAIL, BY_PEC, BY_HAND}
    for turn, (sent, by) in enumerate([*told, *told]):
        now = START + HOUR * (turn + 2)
        refresh_respondents(reachable, now)
        for at in (now, *(reachable.closes_at - dt.timedelta(days=days) for days in (7, 3, 0))):
            for channel in CHANNELS:
                for occasion in OCCASIONS:
                    ruled = numbers_of(find_audience(reachable, Choice(), at, now, channel=channel, occasion=occasion))
                    copied = count_audience(Question(reachable, Choice(), at, now, channel, None, occasion))
                    assert (ruled.recipients, ruled.messages, ruled.texts, ruled.reasons) == (
                        *(copied.recipients, copied.messages, copied.texts, copied.reasons),
                    ), (turn, at, channel, occasion)
        queue(reachable, f"k{turn}", template=IDS[sent], now=now, channel=by)


def test_the_news_of_a_later_deadline_has_no_limit(reachable: EditionView) -> None:
    for turn in range(3):
        queue(reachable, f"k{turn}")
    assert audience(reachable).by_reason() == {"enough_messages": 5}
    assert len(audience(reachable, occasion=EXTENSION).recipients) == 5


def test_thanks_that_waits_is_not_paused_by_another_deadline(reachable: EditionView, people: People) -> None:
    people.send(FIRENZE, OWN)
    now, later = START + 2 * HOUR, reachable.closes_at + dt.timedelta(days=7)
    queue(reachable, "t", template=IDS[THANKS], now=now)
    assert effects_of(reachable, reachable.opens_at, later, now).batches == ()
    queue(reachable, "r", now=now)
    assert [row.occasion for row, _waiting in effects_of(reachable, reachable.opens_at, later, now).batches] == [REMINDER]
