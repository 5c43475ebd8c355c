"""What every template can name without being handed it: identity, settings, edition and its days left, languages.

Not for: the data of a page.
Holds always: each is looked up once for a request, and only pages that are rendered pay for it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g

from app.accounts.permissions import signed_in, staff_signed_in
from app.clock import now
from app.config import settings
from app.context import this_g, this_request
from app.editions.current import EditionView, current_edition
from app.web.language import current_language, offered_languages

ROME = ZoneInfo("Europe/Rome")


def init_app(app: Flask) -> None:
    """Register the context of every template."""
    app.context_processor(template_context)


def template_context() -> dict[str, Any]:
    """The names that templates share."""
    edition = _edition()
    current, here = this_request(), this_g()
    desk = current.blueprint == "desk"
    identity = None if desk else signed_in()
    on_the_line = identity is not None and identity.telephone is not None
    return {
        "identity": identity,
        "telephone": staff_signed_in() if on_the_line else None,
        "staff": staff_signed_in() if desk else None,
        "settings": settings(),
        "edition": edition,
        "days_left": _days_left(edition, here.get("own_closes_at"), now()),
        "locale": current_language(),
        "languages": offered_languages(),
        "return_path": current.full_path.rstrip("?"),
    }


def _edition() -> EditionView | None:
    """The current edition: the one that the view has already read into `g.edition`, else a query."""
    if "edition" not in g:
        g.edition = current_edition()
    edition: EditionView | None = g.edition
    return edition


def _days_left(edition: EditionView | None, own_closes_at: dt.datetime | None, instant: dt.datetime) -> int | None:
    """Whole days in Rome from today to the last day, 0 on the last; None before the opening and after the end.

    `own_closes_at`: the end of the reader's own extension, where the page has read it (`g.own_closes_at`).
    """
    if edition is None or not edition.opens_at <= instant < edition.closes_for(own_closes_at):
        return None
    if edition.state in {"closed", "published"} and own_closes_at is None:  # ended before its time
        return None
    last = (edition.closes_for(own_closes_at) - dt.timedelta(microseconds=1)).astimezone(ROME).date()
    return (last - instant.astimezone(ROME).date()).days
