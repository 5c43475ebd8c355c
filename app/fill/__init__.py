"""Surface of the entity: task list, steps, sheets, short paths, check, submission, receipt, history, who answers for whom, and
the entity's own page.

Not for: signing in (`access`), or storing answers by any way other than `responses`.
Holds always: a view does four things: permission (one table, enforced before it), form, one domain call, page or redirect;
what was typed comes back on the page whatever the domain says.
"""

from flask import Blueprint

from app.threads.typed import BODY

blueprint = Blueprint("fill", __name__)
# Where a form whose token is no longer good comes back with what was typed, instead of an error page.
CSRF_REDISPLAY = frozenset(
    {"fill.step", "fill.sheet", "fill.short", "fill.address", "fill.invite", "fill.password", "fill.sync"}
    | {"fill.new_message", "fill.thread"}
)
# Pages that take files, and the most bytes of what is sent to them.
LARGE_BODIES = {"fill.new_message": BODY, "fill.thread": BODY}
# What a script asks: every answer, a refusal too, is JSON.
JSON_ENDPOINTS = frozenset({"fill.sync"})

from app.fill import (  # noqa: E402,F401  (they register their routes on `blueprint`)
    addresses,
    answer_history,
    browser_definition,
    consents,
    coverage,
    draft_panel,
    entity,
    inviting,
    late_pages,
    merged,
    outcome,
    overview,
    password,
    people,
    place_names,
    privacy,
    receipts,
    reopening,
    reviewed,
    seen,
    sheets,
    shells,
    short,
    steps,
    sync,
    telephone,
    threads,
)
