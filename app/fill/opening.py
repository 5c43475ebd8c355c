"""What every page of the entity begins with: the edition that is on and the entity's response in it.

Not for: reading forms or drawing pages.
Holds always: the response is that of the signed-in entity; a request that writes reads it locked, in its own transaction,
unless all that it writes goes through `drafts.apply`.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import g, request

from app.accounts.identity import Identity
from app.accounts.loader import FINDERS
from app.accounts.permissions import signed_in
from app.accounts.sessions import find_identity
from app.accounts.telephone import TelephoneOverError
from app.context import this_g, this_request
from app.database import unit_of_work
from app.editions.current import EditionView, current_edition, is_pilot_entity
from app.extensions import db
from app.responses.drafts import Author
from app.responses.entry import Entry, find_entry
from app.responses.reading import OpenResponse, find_response, open_response
from app.web.language import current_language

STORED_BY_APPLY: Final = frozenset({"fill.step", "fill.sheet", "fill.sync"})
"""What writes by `drafts.apply` alone, which takes the response's lock itself where it needs it."""


class NotOpenError(Exception):
    """There is no edition that this entity may look at yet; `edition` is the one to come, if any."""

    def __init__(self, edition: EditionView | None) -> None:
        super().__init__("no edition is open to this entity")
        self.edition = edition


def identity() -> Identity:
    """The signed-in entity. The table of permissions has let nobody else come this far."""
    found = signed_in()
    if found is None:
        raise LookupError("a page of the entity was reached without a session")
    return found


def locale() -> str:
    """The reader's language."""
    return current_language()


def author(channel: str = "form") -> Author:
    """Who saves in this request."""
    who = identity()
    return Author(who.operator_id, who.session_key, channel, who.telephone.staff_id if who.telephone else None)


def find_with_response(token: str, now: dt.datetime) -> Identity | None:
    """Who asks for a page of this surface: found together with the response, which waits for `load_response`."""
    current, here = this_request(), this_g()
    entry = find_entry(token, now, lock=current.method == "POST" and current.endpoint not in STORED_BY_APPLY)
    if entry is None:
        return find_identity(token, now)
    here.entry, here.edition, here.own_closes_at = entry, entry.response.edition, entry.response.own_closes_at
    here.queried = entry.queried
    return entry.identity


FINDERS["fill"] = find_with_response


def load_response(now: dt.datetime) -> OpenResponse:
    """The entity's response in the current edition, created at the first look. Raises NotOpenError and TelephoneOverError."""
    entry: Entry | None = g.pop("entry", None)
    who = identity()
    if entry is not None:
        return _of_its_edition(entry.response, who)
    g.edition = edition = current_edition()
    if edition is None:
        raise NotOpenError(None)
    writes = request.method == "POST"
    may_look = edition.has_opened(now) or (edition.state == "pilot" and is_pilot_entity(edition.id, who.entity_code))
    found = find_response(who.entity_id, edition.id, lock=writes)
    if found is None and not may_look:
        raise NotOpenError(edition)
    if found is None:
        db.session.rollback()
        with unit_of_work(writes=True):
            found = open_response(who.entity_id, edition, now)
    g.own_closes_at = found.own_closes_at
    return _of_its_edition(found, who)


def _of_its_edition(response: OpenResponse, who: Identity) -> OpenResponse:
    """The response, unless staff began to fill in by telephone in another edition than is on now. Raises TelephoneOverError."""
    if who.telephone is not None and who.telephone.edition_id != response.edition.id:
        raise TelephoneOverError(who.entity_code)
    return response
