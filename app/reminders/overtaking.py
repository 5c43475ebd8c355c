"""Which messages of a step of the plan come too late, because a later step has written to the same entity.

Not for: batches that somebody has queued beside the plan: their order is that somebody's.
Holds always: two statements at most, however many messages; a later step that failed, or was cancelled, overtakes nothing, nor
does the other wave of an invitation.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.reached import select_reached
from app.reminders.models import Batch, PlanStep


def overtaken_of(group_ids: Collection[int], references: Collection[str]) -> set[tuple[int, str]]:
    """(group, reference) of those that a later step of the same plan has written to, or is going to."""
    after = _later_steps(group_ids)
    if not after:
        return set()
    query = select_reached(references)
    column = query.selected_columns
    query = query.where(column.group_id.in_({later for several in after.values() for later in several}))
    reached = {(row.group_id, row.reference) for row in db.session.execute(query.order_by(column.group_id, column.reference))}
    return {(group, reference) for group, several in after.items() for later, reference in reached if later in several}


def _later_steps(group_ids: Collection[int]) -> dict[int, set[int]]:
    """By group, where there are any: the groups of the steps after it in the same plan. Few, and most often none at all."""
    batch, step = table_of(Batch).alias("batch"), table_of(PlanStep).alias("step")
    later, after = table_of(Batch).alias("later"), table_of(PlanStep).alias("after")
    query = sa.select(batch.c.group_id, later.c.group_id.label("later_id")).join(step, step.c.key == batch.c.key)
    query = query.join(later, sa.and_(later.c.edition_id == batch.c.edition_id, later.c.id > batch.c.id))
    query = query.join(after, after.c.key == later.c.key)
    both_invite = sa.and_(step.c.kind == "invitation", after.c.kind == "invitation")
    query = query.where(batch.c.group_id.in_(group_ids), ~both_invite).order_by(batch.c.group_id, later.c.group_id)
    found: dict[int, set[int]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.group_id, set()).add(row.later_id)
    return found
