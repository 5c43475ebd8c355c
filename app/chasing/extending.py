"""An extension for all respondents of a filter: who would get it and who not and why, then the deed.

Not for: one entity (`app.editions.extensions`), or the rules of a deadline (`app.editions.many_extensions`).
Holds always: who has submitted gets none, for it would only be told to do what it has done; whoever confirms has seen how many
get it, and if they are not so many any more nothing is done; the same again does nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.chasing.filters import Filter, conditions
from app.chasing.respondents import refresh_respondents, respondent_table
from app.editions.current import EditionView
from app.editions.many_extensions import Granted, Judged, extend_many, judge_extensions
from app.extensions import db
from app.responses.overview import response_states

_ROW = respondent_table.c


class ChangedPlanError(Exception):
    """Not as many get it as whoever confirms has seen: look again. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom it is for: a filter in an edition. `region`: the only one to be seen; `today`: in Rome."""

    edition: EditionView
    wanted: Filter
    today: dt.date
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ExtensionPlan:
    """What would become of the respondents of a filter. `submitted`: how many have sent their answers and are left out."""

    judged: Judged
    submitted: int

    @property
    def granted(self) -> int:
        """How many get it."""
        return len(self.judged.granted)

    @property
    def found(self) -> int:
        """How many the filter finds."""
        return self.granted + len(self.judged.later) + len(self.judged.over) + self.submitted


def plan_extension(scope: Scope, closes_at: dt.datetime, now: dt.datetime, *, reopening: bool) -> ExtensionPlan:
    """Who would get it. Reads only."""
    narrowed = [_ROW.edition_id == scope.edition.id, *conditions(scope.wanted, scope.today, region=scope.region)]
    query = sa.select(_ROW.entity_id).where(*narrowed).order_by(_ROW.entity_id)
    found = db.session.connection().execute(query).scalars().all()
    sent = {entity_id for entity_id, state in response_states(scope.edition.id).items() if state.status == "submitted"}
    waiting = [entity_id for entity_id in found if entity_id not in sent]  # the rows may be a minute old, this is not
    judged = judge_extensions(scope.edition, waiting, closes_at, now, reopening=reopening)
    return ExtensionPlan(judged, len(found) - len(waiting))


def extend_filtered(
    scope: Scope,
    closes_at: dt.datetime,
    reason: str,
    *,
    seen: int,
    actor: str,
    now: dt.datetime,
    reopening: bool,
    tell: bool = True,
) -> Granted:
    """Let them answer until `closes_at`. `seen`: how many whoever confirms has seen; `tell`: by message. Commits.

    Raises ChangedPlanError, or ExtensionRefusedError where nobody could get it.
    """
    plan = plan_extension(scope, closes_at, now, reopening=reopening)
    if plan.granted != seen:
        db.session.rollback()
        raise ChangedPlanError(plan.granted)
    granted = extend_many(
        scope.edition, plan.judged.granted, closes_at, reason, actor=actor, now=now, reopening=reopening, tell=tell
    )
    refresh_respondents(scope.edition, now)
    return granted
