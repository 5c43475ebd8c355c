"""What waits for somebody at the desk today, each with where to see to it.

Not for: counting (`app.chasing`).
Holds always: what does not wait is not listed; what another role sees to stands without a link.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import ngettext

from app.accounts.staff_sessions import StaffIdentity
from app.chasing.figures import Part
from app.chasing.filters import Filter
from app.chasing.waiting import Waiting
from app.desk.addresses import list_of, page_for


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that waits: how many, what, and where to see to it (None: not this member's to see to)."""

    number: int
    text: str
    address: str | None


def waiting_lines(staff: StaffIdentity, part: Part, waiting: Waiting, region: str | None) -> list[WaitingLine]:
    """What waits, without what does not."""
    requests, deliveries = page_for(staff, "/gestione/richieste"), page_for(staff, "/gestione/consegne")
    calls, reopened = waiting.calls, waiting.reopenings
    asked, changes, unknown = waiting.access_requests, waiting.address_changes, waiting.unknown_deliveries
    bad, doubles, without = part.bad_address, part.doubly_claimed, part.without_address

    def listed(problem: str) -> str | None:
        return list_of(staff, Filter(region=region or "", problems=(problem,)))

    lines = (
        WaitingLine(calls, ngettext("ente da richiamare oggi", "enti da richiamare oggi", calls), listed("call_back")),
        WaitingLine(asked, ngettext("richiesta di accesso", "richieste di accesso", asked), requests),
        WaitingLine(reopened, ngettext("richiesta di riapertura", "richieste di riapertura", reopened), requests),
        WaitingLine(
            changes,
            ngettext("indirizzo proposto da un ente", "indirizzi proposti dagli enti", changes),
            page_for(staff, "/gestione/indirizzi"),
        ),
        WaitingLine(unknown, ngettext("consegna dall'esito incerto", "consegne dall'esito incerto", unknown), deliveries),
        WaitingLine(
            bad, ngettext("ente con un indirizzo respinto", "enti con un indirizzo respinto", bad), listed("bad_address")
        ),
        WaitingLine(
            without, ngettext("ente senza indirizzo utile", "enti senza indirizzo utile", without), listed("no_address")
        ),
        WaitingLine(
            doubles, ngettext("Comune indicato da più enti", "Comuni indicati da più enti", doubles), listed("doubly_claimed")
        ),
    )
    return [line for line in lines if line.number]
