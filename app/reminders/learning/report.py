"""What a batch has brought, as far as anybody may say so: counts of its groups, and their comparison once its instant has come.

The instants are fixed before anything goes out: days are compared when the first message of the last day was to go; variants
`AFTER_LAST` after the last message, or at the deadline if that comes first. A batch that was paused went out later, never
earlier: its instant stays, and `Days.late` says how many of the first had got nothing by then. Before them nothing is compared;
afterwards the same numbers are found each time, for only what was opened and sent between the batch's beginning and the instant
counts. Who had sent something between the lot and the beginning stands in neither group.
Not for: the rule of what may be told (`power.py`), or words (app.desk.learning_words).
Holds always: reads only; five statements, whatever the number of entities.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.editions.current import EditionView
from app.mail.of_group import Fate, fates_of
from app.reminders.batches import BatchRow
from app.reminders.learning.arms import AFTER_LAST, ArmRow, ComparisonRow, arms_of, comparison_of
from app.reminders.learning.comparing import Answers, Followed, compare_days, compare_regions, compare_variants
from app.responses.first_steps import FirstSteps, first_steps


@dataclass(frozen=True, slots=True)
class Line:
    """Entities of a group, and of how many it holds that: a message was taken by a server; one is known to have arrived; all
    came back or could not be sent; the form was opened, and something sent, from the batch's beginning on."""

    entities: int
    sent: int
    arrived: int
    returned: int
    opened: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Days:
    """Those who were written to beside those who were not yet. `at`: the instant; `late`: how many of the first had got nothing
    by then; `shows`: the least difference that could be seen, `enough`: whether that is told at all; `answers`, `regions`: None
    and empty before the instant."""

    at: dt.datetime
    first: Line
    second: Line
    late: int
    shows: float
    enough: bool
    answers: Answers | None
    regions: Mapping[str, Answers]


@dataclass(frozen=True, slots=True)
class Variants:
    """Each text beside the first. `at`, `shows`, `enough`: as of `Days`; `answers`: of the second, third and fourth, empty
    before the instant."""

    at: dt.datetime
    lines: Sequence[Line]
    shows: float
    enough: bool
    answers: Sequence[Answers]


@dataclass(frozen=True, slots=True)
class Report:
    """`whole`: of all that the batch was meant for, up to now; `days`, `variants`: None where it was not set up for that."""

    whole: Line
    days: Days | None
    variants: Variants | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a batch's entities. `since`: the batch's beginning."""

    since: dt.datetime
    fates: Mapping[int, Sequence[Fate]]
    steps: Mapping[int, FirstSteps]

    def line(self, entity_ids: Iterable[int], until: dt.datetime) -> Line:
        """Counts of some entities, of what they did up to an instant."""
        ids = list(entity_ids)

        def number(holds: Callable[[int], bool]) -> int:
            return sum(holds(one) for one in ids)

        def fates(one: int) -> Sequence[Fate]:
            return self.fates.get(one, ())

        return Line(
            len(ids),
            number(lambda one: any(fate.was_sent for fate in fates(one))),
            number(lambda one: any(fate.arrived for fate in fates(one))),
            number(lambda one: bool(fates(one)) and all(fate.came_back for fate in fates(one))),
            number(lambda one: one in self.steps and self.since <= self.steps[one].opened_at < until),
            number(lambda one: self.submitted(one, until)),
        )

    def submitted(self, entity_id: int, until: dt.datetime) -> bool:
        """Whether it sent something from the beginning on, before an instant."""
        steps = self.steps.get(entity_id)
        return steps is not None and steps.submitted_at is not None and self.since <= steps.submitted_at < until

    def follow(self, arm: ArmRow, until: dt.datetime) -> Followed:
        """An entity up to the instant of a comparison."""
        steps = self.steps.get(arm.entity_id)
        was_open = steps is not None and steps.opened_at < self.since
        opened = steps is not None and self.since <= steps.opened_at < until
        submitted = self.submitted(arm.entity_id, until)
        return Followed(arm.region_code, arm.stratum, arm.day, arm.variant, was_open, opened, submitted)

    def sent_before(self, arm: ArmRow) -> bool:
        """Whether it had sent something after the lot and before the beginning: what the batch did not cause in either
        group."""
        steps = self.steps.get(arm.entity_id)
        return steps is not None and steps.submitted_at is not None and steps.submitted_at < self.since


def report_of(edition: EditionView, batch: BatchRow, now: dt.datetime) -> Report:
    """The report of a batch as it may be told at an instant."""
    fates: dict[int, list[Fate]] = defaultdict(list)
    for fate in fates_of(batch.group_id):
        fates[int(fate.reference.removeprefix("entity:"))].append(fate)
    facts = _Facts(batch.starts_at, fates, first_steps(edition.id, batch.created_at))
    whole, planned = facts.line(fates, now), comparison_of(batch.id)
    if planned is None:
        return Report(whole, None, None)
    arms = [arm for arm in arms_of(batch.id) if not facts.sent_before(arm)]
    days = _days(facts, arms, planned, now) if planned.days > 1 else None
    return Report(whole, days, _variants(facts, arms, planned, batch, edition, now) if planned.variants > 1 else None)


def _days(facts: _Facts, arms: Sequence[ArmRow], planned: ComparisonRow, now: dt.datetime) -> Days:
    last = planned.days - 1
    first, second = ([arm for arm in arms if (arm.day < last) == early] for early in (True, False))
    at = min((arm.planned_at for arm in second), default=now)
    followed, until = [facts.follow(arm, at) for arm in arms], min(at, now)
    answers = compare_days(followed, planned.days, planned.days_base)
    late = [
        arm for arm in first if not any(fate.was_sent_by(at) or fate.came_back for fate in facts.fates.get(arm.entity_id, ()))
    ]
    return Days(
        at,
        facts.line((arm.entity_id for arm in first), until),
        facts.line((arm.entity_id for arm in second), until),
        sum(not facts.submitted(arm.entity_id, at) for arm in late) if now >= at else 0,
        answers.submitted.shows,
        answers.submitted.difference is not None,
        answers if now >= at else None,
        compare_regions(followed, planned.days, planned.days_base) if now >= at else {},
    )


def _variants(
    facts: _Facts, arms: Sequence[ArmRow], planned: ComparisonRow, batch: BatchRow, edition: EditionView, now: dt.datetime
) -> Variants:
    at = min(batch.ends_at + AFTER_LAST, edition.closes_at)
    followed, until = [facts.follow(arm, at) for arm in arms], min(at, now)
    answers = compare_variants(followed, planned.variants, planned.variants_base)
    return Variants(
        at,
        [facts.line((arm.entity_id for arm in arms if arm.variant == number), until) for number in range(planned.variants)],
        max(one.submitted.shows for one in answers),
        all(one.submitted.difference is not None for one in answers),
        answers if now >= at else [],
    )
