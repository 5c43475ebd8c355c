"""What the frame of every page says of the edition beyond what every template can name (`app.page_context`): the stage that it
is in, its deadline as people say it, the date of the last update; and on public pages their menu.

Not for: the data of a page.
Holds always: the edition is read at most once in a request, by whoever needs it first (`flask.g.edition`, None: there is
none); days are those of Europe/Rome.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import g

from app import clock
from app.context import this_request
from app.editions.current import EditionView, current_edition
from app.public import blueprint
from app.public.menu import menu

ROME = ZoneInfo("Europe/Rome")
# When the texts of the pages themselves (help, privacy, accessibility) last changed.
PAGES_WRITTEN = dt.date(2026, 11, 22)


class Stage(StrEnum):
    """Where an edition stands for whoever looks at the site."""

    NONE = "none"
    SOON = "soon"
    OPEN = "open"
    CLOSED = "closed"


def stage_of(edition: EditionView | None, now: dt.datetime) -> Stage:
    """The stage at this instant. A pilot is still to come for everybody but its entities."""
    if edition is None or edition.state == "draft":
        return Stage.NONE
    if edition.takes_answers(now):
        return Stage.OPEN
    return Stage.SOON if edition.state == "pilot" or not edition.has_opened(now) else Stage.CLOSED


def deadline_of(edition: EditionView, own_closes_at: dt.datetime | None = None) -> dt.datetime:
    """The last instant that still counts, to the minute, in Europe/Rome: "by 18 December" is not "by 19 December, 00:00".

    `own_closes_at`: the end of an entity's extension.
    """
    return (edition.closes_for(own_closes_at) - dt.timedelta(minutes=1)).astimezone(ROME)


def shown_edition() -> EditionView | None:
    """The edition of this request, read at most once."""
    if "edition" not in g:
        g.edition = current_edition()
    edition: EditionView | None = g.edition
    return edition


def last_update(edition: EditionView | None) -> dt.date:
    """The day when the edition's data or the texts of the site last changed, whichever is later."""
    if edition is None:
        return PAGES_WRITTEN
    return max(PAGES_WRITTEN, edition.changed_at.astimezone(ROME).date())


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """What templates/base.html prints, beside the names of `app.page_context`."""
    edition, current = shown_edition(), this_request()
    return {
        "stage": stage_of(edition, clock.now()).value,
        "deadline": deadline_of(edition, g.get("own_closes_at")) if edition else None,
        "pages_updated": last_update(edition),
        "menu": menu(current.endpoint) if current.blueprint == blueprint.name else (),
    }
