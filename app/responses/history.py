"""When municipalities came to be represented: by their own answer or by that of whoever covers them, day by day.

Not for: who is represented now (`coverage`, whose rules hold here too).
Holds always: reads only, one statement; a municipality that is represented now counts once, from the day in Rome on which
whoever answers for it, itself or a lead, first sent something; who is represented no more counts on no day.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final

import sqlalchemy as sa

from app.editions.files import ROME
from app.extensions import db, table_of
from app.registry.entities import entity_table
from app.responses.claims import ANSWERED, EDITION, RESPONSE, denied, in_force, parameters, select_named
from app.responses.links import CLAIMS, SUBMITTED
from app.responses.models import Response, Submission

_MUNICIPALITY: Final = "municipality"
_ENTITY: Final = entity_table.c
_SUBMISSION: Final = table_of(Submission).c
_HOUR: Final = len("2026-03-16 09")


def _representing() -> sa.Select[Any]:
    """(region's code, hour in UTC, municipalities that were first represented in it). Both databases write an instant as text
    in the same way as far as the hour, and days of Rome begin with one."""
    first = sa.and_(_SUBMISSION.response_id == RESPONSE.id, _SUBMISSION.number == 1)
    at = sa.func.coalesce(_SUBMISSION.submitted_at, RESPONSE.submitted_at)
    sent = sa.select(RESPONSE.entity_id.label("owner"), RESPONSE.submitted_as, at.label("at"))
    sent = sent.select_from(table_of(Response).outerjoin(table_of(Submission), first))
    answers = sent.where(RESPONSE.edition_id == EDITION, RESPONSE.submitted_at.is_not(None)).cte("answers")
    named = select_named().cte("named")
    own = sa.select(answers.c.owner.label("member"), answers.c.at).where(answers.c.submitted_as.in_(ANSWERED))
    led = sa.select(named.c.other, answers.c.at).join(answers, answers.c.owner == named.c.owner)
    led = led.where(named.c.relation == CLAIMS, named.c.stage == SUBMITTED, ~denied(named.c.owner, named.c.other, "member"))
    both = sa.union_all(own, led).subquery("both")
    since = sa.select(both.c.member, sa.func.min(both.c.at).label("at")).group_by(both.c.member).subquery("since").c
    region = sa.func.coalesce(_ENTITY.region_code, "")
    hour = sa.func.substr(sa.cast(since.at, sa.String), 1, _HOUR)
    query = sa.select(region, hour, sa.func.count()).join_from(since.member.table, entity_table, _ENTITY.id == since.member)
    query = query.where(_ENTITY.kind == _MUNICIPALITY, in_force(_ENTITY))
    return query.group_by(region, hour).order_by(region, hour)


_REPRESENTING: Final = _representing()


def newly_represented(edition_id: int, now: dt.datetime) -> Counter[tuple[str, dt.date]]:
    """(Region's code, day) → the municipalities that are represented since that day."""
    found: Counter[tuple[str, dt.date]] = Counter()
    for region, hour, number in db.session.connection().execute(_REPRESENTING, parameters(edition_id, now)):
        found[region, _day(hour)] += number
    return found


def _day(hour: str) -> dt.date:
    return dt.datetime.fromisoformat(f"{hour}:00+00:00").astimezone(ROME).date()
