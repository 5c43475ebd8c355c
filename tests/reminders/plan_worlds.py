"""A story of a plan played in memory: the program's own pure rules, its steps and marks, and a database of a few lists.

Not for: the database, the audience and the outbox for real (`tests/figures/plan_invariants.py` plays the same stories there).
Holds always: when a step is due, what blocks it, why it is skipped or waits, when its messages go and who is not written to any
more is asked of the functions that production asks.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from app.editions.current import EditionView
from app.mail.groups import LATE
from app.mail.pace import is_working_time, spread
from app.mail.working_days import DAY
from app.reminders.audience import MOST_MESSAGES, reason_against
from app.reminders.plans.checks import Planned, faults_of
from app.reminders.plans.marks import is_approved, mark_of
from app.reminders.plans.moving import FALLS, effect_on
from app.reminders.plans.running import waits_on, why_skipped
from app.reminders.plans.steps import Step, frame_of
from app.reminders.schedule import Schedule
from app.reminders.templates import shipped_template
from app.responses.coverage import MemberState
from tests.reminders.plan_stories import ENTITIES, Event, Sent, Story

_NOTHING = MemberState(answered=False, covered=False, claimed=False, declared=False)


@dataclass
class Message:
    """One that waits: `not_before`; `state`: queued, sent, cancelled."""

    entity: int
    step: int
    not_before: dt.datetime
    state: str = "queued"


@dataclass
class ModelWorld:
    """The world of a story."""

    told: Story
    edition: EditionView = field(init=False)
    steps: list[Step] = field(init=False)
    messages: list[Message] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    ends: dict[int, dt.datetime] = field(default_factory=dict)
    answered: dict[int, dt.datetime] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        told, day = self.told, self.told.opens_at.date()
        fixed: dict[str, Any] = {"id": 1, "code": "p", "title": "P", "state": "open", "period_from": day, "period_to": day}
        fixed |= {"digest": "", "contacts": (), "results_url": None, "accessibility_url": None, "letter_bytes": 0}
        fixed |= {"changed_at": told.opens_at, "definition_id": 1, "second_step": False, "telephone": "nobody"}
        self.edition = EditionView(opens_at=told.opens_at, closes_at=told.closes_at, **fixed)
        blank: dict[str, Any] = dict.fromkeys(("approved_by", "approved_at", "beyond_by", "removed_at", "batch_id", "group_id"))
        blank |= {"note": "", "version": 1, "approved_mark": "", "changed_by": "", "changed_at": told.opens_at, "went_at": None}
        self.steps = [
            Step(id=place, content=content, state="planned", key=str(place), **blank)
            for place, content in enumerate(told.steps)
        ]

    def play(self) -> list[Sent]:
        """What was sent."""
        events, template = list(self.told.events), shipped_template()
        for now in self.told.ticks:
            while events and events[0].at <= now:
                self._do(events.pop(0), now)
            for step in sorted(self.steps, key=lambda one: (one.due(frame_of(self.edition)).at, one.id)):
                if step.state == "planned" and step.due(frame_of(self.edition)).at <= now:
                    self._run(self.steps[step.id], now, template)
            self._deliver(now)
        return self.sent

    def _do(self, event: Event, now: dt.datetime) -> None:
        if event.what == "submit":
            if self._closes(event.which) > now >= self.edition.opens_at:
                self.answered.setdefault(event.which, now)
        elif event.what == "extend":
            self.ends[event.which] = self.edition.closes_at + dt.timedelta(hours=event.span)
        elif event.what in {"hold", "release"}:
            self.held = set(self.order) if event.what == "hold" else set()
            if event.what == "release":
                self._spread_late(now)
        elif event.what == "deadline":
            self._move_deadline(event, now)
        else:
            self._change(event, now)

    def _change(self, event: Event, now: dt.datetime) -> None:
        step = self.steps[event.which]
        if event.what == "approve" and step.state in {"planned", "paused"}:
            self.steps[step.id] = replace(step, approved_mark=mark_of(step, shipped_template(), self.edition))
        elif event.what == "pause" and step.state == "planned":
            self.steps[step.id] = replace(step, state="paused", approved_mark="")
        elif event.what == "resume" and step.state == "paused":
            self.steps[step.id] = replace(step, state="planned", approved_mark="")
        elif event.what == "skip" and step.state in {"planned", "paused"}:
            self.steps[step.id] = replace(step, state="skipped")
        elif event.what == "move" and step.state in {"planned", "paused"}:
            day = self.told.opens_at.date() + event.span * DAY
            self.steps[step.id] = replace(step, content=replace(step.content, moved_to=day), approved_mark="")

    def _move_deadline(self, event: Event, now: dt.datetime) -> None:
        closes_at = self.edition.closes_at + dt.timedelta(hours=event.span)
        if closes_at <= now or closes_at <= self.edition.opens_at:
            return
        new = replace(self.edition, closes_at=closes_at, changed_at=now)
        for step in self.steps:
            if step.state in {"planned", "paused"}:
                effect = effect_on(step, frame_of(self.edition), frame_of(new), now)
                state = "skipped" if effect.fate == FALLS else step.state
                self.steps[step.id] = replace(step, state=state, approved_mark="")
        self.edition = new
        self.held = set(self.order)

    def _run(self, step: Step, now: dt.datetime, template: Any) -> None:
        approved = [one.id for one in self.steps if is_approved(one, template, self.edition)]
        if why_skipped(self.edition, step, self.steps, now, approved=approved):
            self.steps[step.id] = replace(step, state="skipped")
            return
        planned = [self._planned(one) for one in self.steps]
        faults = faults_of(planned, frame_of(self.edition))
        if waits_on(self.edition, step, faults, now, approved=is_approved(step, template, self.edition)):
            return
        reached = [one for one in range(ENTITIES) if self._wanted(one, step, now)]
        if not reached:
            self.steps[step.id] = replace(step, state="skipped")
            return
        times = Schedule(now, step.content.per_hour, working_hours=True).times(len(reached))
        self.messages += [Message(entity, step.id, at) for entity, at in zip(reached, times, strict=True)]
        self.order.append(step.id)
        self.steps[step.id] = replace(step, state="done", went_at=times[0])

    def _planned(self, step: Step) -> Planned:
        content, at = step.content, step.due(frame_of(self.edition)).at
        decided = bool(content.beyond_why)
        return Planned(step.id, content.kind, content.channel, step.state, at, content.per_hour, ENTITIES, decided)

    def _closes(self, entity: int) -> dt.datetime:
        return self.edition.closes_for(self.ends.get(entity))

    def _against(self, entity: int, now: dt.datetime) -> str:
        return reason_against("answer" if entity in self.answered else None, _NOTHING, self._closes(entity), now)

    def _wanted(self, entity: int, step: Step, now: dt.datetime) -> bool:
        mine = [self.told.steps[one.step] for one in self.messages if one.entity == entity and one.state != "cancelled"]
        channel, content = step.content.channel, step.content
        enough = sum(one.channel == channel for one in mine) >= MOST_MESSAGES[channel] and not content.beyond_why
        invited = content.kind == "invitation" and any(one.kind == "invitation" for one in mine)
        return not (self._against(entity, now) or enough or invited)

    def _deliver(self, now: dt.datetime) -> None:
        self._spread_late(now)
        for one in sorted(self.messages, key=lambda one: one.not_before):
            if one.state != "queued" or one.not_before > now or one.step in self.held or not is_working_time(now):
                continue
            later = {step for step in self.order[self.order.index(one.step) + 1 :] if not self._waves(step, one.step)}
            overtaken = any(
                two.entity == one.entity and two.step in later and two.state != "cancelled" for two in self.messages
            )
            if overtaken or self._against(one.entity, now):
                one.state = "cancelled"
                continue
            one.state, content = "sent", self.told.steps[one.step]
            self.sent.append(Sent(one.entity, one.step, content.kind, content.channel, now))

    def _waves(self, one: int, other: int) -> bool:
        return self.told.steps[one].kind == self.told.steps[other].kind == "invitation"

    def _spread_late(self, now: dt.datetime) -> None:
        waiting: dict[int, list[Message]] = defaultdict(list)
        for one in self.messages:
            if one.state == "queued":
                waiting[one.step].append(one)
        for step, late in waiting.items():
            if step in self.held or min(one.not_before for one in late) > now - LATE:
                continue
            times = spread(now, len(late), self.told.steps[step].per_hour, working_hours=True)
            for one, at in zip(sorted(late, key=lambda one: one.not_before), times, strict=True):
                one.not_before = max(at, one.not_before)
