"""Whom a step of the plan would reach, and about how many: as the batch is going to be made.

Not for: making it (`running.py`), or the rules of who is reminded (`app.reminders.audience`).
Holds always: reads only; an entity is in one wave of the invitation, the first whose filter finds it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from app.chasing.filters import Filter, conditions
from app.chasing.respondents import respondent_table
from app.config import settings
from app.editions.current import EditionView
from app.extensions import db
from app.mail.pace import ROME
from app.mail.ways import sends_certified
from app.reminders.audience import Audience, Choice, LeftOut, find_audience
from app.reminders.batches import Plan
from app.reminders.channels import BY_HAND, BY_PEC, PAPER
from app.reminders.plans.checks import LIVE, Fault, Planned, faults_of
from app.reminders.plans.marks import needs_text
from app.reminders.plans.resolving import INVITATION
from app.reminders.plans.steps import Step, frame_of
from app.reminders.schedule import FASTEST, Schedule
from app.reminders.templates import TemplateRow, UnknownTemplateError, template_of

_ROW = respondent_table.c


def batch_plan(step: Step, steps: Sequence[Step], start: dt.datetime) -> Plan:
    """The batch that a step becomes if it begins at an instant. `steps`: all of its plan."""
    content, by_hand = step.content, step.content.channel == BY_HAND
    others = _other_waves(step, steps)
    invited = tuple(other.group_id for other in others if other.group_id is not None)
    choice = Choice(content.filter, beyond_limit=bool(content.beyond_why), unless_in=invited)
    schedule = Schedule(start, FASTEST if by_hand else content.per_hour, working_hours=not by_hand, at_once=by_hand)
    return Plan(content.name, choice, content.template_id, schedule, channel=content.channel, step=step.id)


def audience_of(edition: EditionView, step: Step, steps: Sequence[Step], now: dt.datetime) -> Audience:
    """Whom it would reach when it is due, by what is known now. Nobody by letters on paper, which are no messages."""
    found = _found_by(edition, step, steps, now)
    before = [other for other in _other_waves(step, steps) if not other.is_done and _goes_before(other, step, edition)]
    # Whom a wave leaves to an earlier one is reached by that, so that each wave is asked once and not for each one after it.
    codes = {one.code for other in before for one in _found_by(edition, other, steps, now).recipients}
    if not codes:
        return found
    left_out = [*found.left_out, *(LeftOut(one.code, one.label, "invited") for one in found.recipients if one.code in codes)]
    kept = tuple(one for one in found.recipients if one.code not in codes)
    return replace(found, recipients=kept, left_out=tuple(sorted(left_out, key=lambda one: one.code)))


def _found_by(edition: EditionView, step: Step, steps: Sequence[Step], now: dt.datetime) -> Audience:
    """Whom the filter of a step finds when it is due, whatever waves go before it. Nobody by letters on paper."""
    if step.content.channel == PAPER:
        return Audience((), ())
    start = max(step.due(frame_of(edition)).at, now)
    plan = batch_plan(step, steps, start)
    return find_audience(edition, plan.choice, start, now, channel=plan.channel)


def planned_steps(edition: EditionView, steps: Sequence[Step], now: dt.datetime) -> list[Planned]:
    """The steps as the checks see them: a statement for each step that is still to come, to count whom it may reach."""
    frame, today, found = frame_of(edition), now.astimezone(ROME).date(), list[Planned]()
    for step in steps:
        content, number = step.content, 0
        if step.state in {"planned", "paused"} and content.channel != PAPER:
            number = _may_reach(edition.id, content.filter, today)
            if content.kind == INVITATION:
                waves = [one for one in _other_waves(step, steps) if _goes_before(one, step, edition)]
                number = max(0, number - sum(_may_reach(edition.id, one.content.filter, today) for one in waves))
        at, decided = step.due(frame).at, bool(content.beyond_why)
        one = Planned(step.id, content.kind, content.channel, step.state, at, content.per_hour, number, decided)
        found.append(replace(one, moved_to=content.moved_to))
    return found


def plan_faults(edition: EditionView, steps: Sequence[Step], now: dt.datetime) -> list[Fault]:
    """What is wrong with a plan, also by what the installation can do."""
    found = faults_of(planned_steps(edition, steps, now), frame_of(edition))
    for step in steps:
        if step.state not in {"planned", "paused"}:
            continue
        if step.content.channel == BY_PEC and not sends_certified(settings()):
            found.append(Fault(step.id, "no_certified"))
        if needs_text(step) and template_of_step(edition.id, step) is None:
            found.append(Fault(step.id, "no_template"))
    return found


def template_of_step(edition_id: int, step: Step) -> TemplateRow | None:
    """Its text; None for letters on paper, and where the text was taken away."""
    if not needs_text(step):
        return None
    try:
        template = template_of(edition_id, step.content.template_id)
    except UnknownTemplateError:
        return None
    return template if template.removed_at is None else None


def _other_waves(step: Step, steps: Sequence[Step]) -> list[Step]:
    if step.content.kind != INVITATION:
        return []
    return [one for one in steps if one.content.kind == INVITATION and one.id != step.id and one.state in LIVE]


def _goes_before(one: Step, other: Step, edition: EditionView) -> bool:
    frame = frame_of(edition)
    return (one.due(frame).at, one.id) < (other.due(frame).at, other.id)


def _may_reach(edition_id: int, wanted: Filter, today: dt.date) -> int:
    open_ones = sa.and_(_ROW.edition_id == edition_id, _ROW.state != "submitted", ~_ROW.covered, _ROW.has_address)
    query = sa.select(sa.func.count()).select_from(respondent_table).where(open_ones, *conditions(wanted, today))
    return int(db.session.execute(query).scalar_one())
