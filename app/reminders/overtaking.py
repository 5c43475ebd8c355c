"""Which messages of a step of the plan come too late, because a later step has written to the same entity.

Not for: batches that somebody has queued beside the plan: their order is that somebody's.
Holds always: one statement, however many messages; a later step that failed, or was cancelled, overtakes nothing, nor does the
other wave of an invitation.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from app.extensions import db, table_of
from app.mail.reached import select_reached
from app.reminders.models import Batch, PlanStep


def overtaken_of(group_ids: Collection[int], references: Collection[str]) -> set[tuple[int, str]]:
    """(group, reference) of those that a later step of the same plan has written to, or is going to."""
    batch, step = table_of(Batch).alias("batch"), table_of(PlanStep).alias("step")
    later, after = table_of(Batch).alias("later"), table_of(PlanStep).alias("after")
    reached = select_reached(references).subquery("reached")
    query = sa.select(batch.c.group_id, reached.c.reference).select_from(batch).join(step, step.c.key == batch.c.key)
    query = query.join(later, sa.and_(later.c.edition_id == batch.c.edition_id, later.c.id > batch.c.id))
    query = query.join(after, after.c.key == later.c.key).join(reached, reached.c.group_id == later.c.group_id)
    both_invite = sa.and_(step.c.kind == "invitation", after.c.kind == "invitation")
    query = query.where(batch.c.group_id.in_(group_ids), ~both_invite).distinct()
    return {(row.group_id, row.reference) for row in db.session.execute(query.order_by(batch.c.group_id, reached.c.reference))}
