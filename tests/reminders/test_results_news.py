"""News of the results: where it leads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db
from app.mail.outbox import Tally
from app.reminders.occasions import RESULTS
from tests.conftest import START, Clock
from tests.reminders.test_words import IDS, body_of, queue
from tests.responses.people import FIRENZE, OWN, People
from tests.smtp_server import SmtpServer

Run = Callable[[], Tally]


def test_news_of_results_leads_to_what_became_of_ones_answers(
    reachable: EditionView, people: People, run: Run, server: SmtpServer, clock: Clock
) -> None:
    people.send(FIRENZE, OWN)
    clock.set(START + dt.timedelta(hours=2))
    db.session.execute(sa.text("UPDATE edition SET state = 'published'"))
    db.session.commit()
    queue(reachable, "t", IDS[RESULTS], START + dt.timedelta(hours=2))
    run()
    message = next(one.message for one in server.taken if "risultati" in str(one.message["Subject"]))
    assert "http://127.0.0.1:8000/esito" in body_of(message, "plain")
    assert 'href="http://127.0.0.1:8000/esito"' in body_of(message, "html")
