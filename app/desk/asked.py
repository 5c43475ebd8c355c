"""What the chasing pages begin with: the edition that is on, fresh rows, the filter in the address, the Region that one sees.

Not for: permission (the table), or what a filter means (`app.chasing.filters`).
Holds always: a territory's person asks for its Region whatever the address says; the edition is read once a request.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import g, request

from app.accounts.permissions import required_staff
from app.accounts.staff_sessions import StaffIdentity
from app.chasing.filters import Filter
from app.chasing.respondents import fresh_respondents
from app.clock import now
from app.editions.current import EditionView, current_edition
from app.editions.files import ROME


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about some respondents. `taken_at`: of which instant the rows are; `region`: the only one to be seen."""

    staff: StaffIdentity
    edition: EditionView
    wanted: Filter
    at: dt.datetime
    taken_at: dt.datetime

    @property
    def today(self) -> dt.date:
        """The day that it is in Rome."""
        return self.at.astimezone(ROME).date()

    @property
    def region(self) -> str | None:
        """The Region of a territory's person, None for the others."""
        return self.staff.region_code


def edition_on() -> EditionView | None:
    """The edition that is on, read once a request."""
    if "edition" not in g:
        g.edition = current_edition()
    edition: EditionView | None = g.edition
    return edition


def ask() -> Asked | None:
    """What this request asks for; None while there is no edition."""
    edition = edition_on()
    if edition is None:
        return None
    at = now()
    return Asked(required_staff(), edition, Filter.from_args(request.args), at, fresh_respondents(edition, at))


def address_of(path: str, wanted: Filter, **beside: str) -> str:
    """An address with this filter and further fields, those that are empty left out."""
    fields = [*wanted.to_args(), *((name, value) for name, value in beside.items() if value)]
    return f"{path}?{urlencode(fields)}" if fields else path
