"""What waits for somebody at the desk today, each with where to see to it.

Not for: counting (`app.chasing`).
Holds always: what does not wait is not listed; what another role sees to stands without a link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import ngettext

from app.accounts.staff_sessions import StaffIdentity
from app.chasing.figures import Part
from app.chasing.filters import Filter
from app.chasing.waiting import Waiting
from app.desk.addresses import list_of, page_for
from app.reminders.plans.waiting import PlanWaiting


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that waits: how many, what, and where to see to it (None: not this member's to see to)."""

    number: int
    text: str
    address: str | None


Numbered = Callable[[int], str]
"""What a number of things is called."""


def waiting_lines(
    staff: StaffIdentity,
    part: Part,
    waiting: Waiting,
    region: str | None,
    plan: PlanWaiting | None = None,
    practices: tuple[int, int] = (0, 0),
) -> list[WaitingLine]:
    """What waits, without what does not. `plan`: of the reminders, for whoever sees to it; `practices`: those that wait to be
    decided on and to be published, likewise."""

    def listed(problem: str) -> str | None:
        return list_of(staff, Filter(region=region or "", problems=(problem,)))

    def page(path: str) -> str | None:
        return page_for(staff, path)

    plan = plan or PlanWaiting()
    lines: tuple[tuple[int, Numbered, Callable[[str], str | None], str], ...] = (
        (plan.unapproved, _unapproved, page, "/gestione/promemoria/piano"),
        (plan.letters, _plan_letters, page, "/gestione/promemoria/piano"),
        (plan.skipped, _skipped, page, "/gestione/promemoria/piano"),
        (waiting.calls, _calls, _reason(page, "call_back"), "/gestione/telefonate"),
        (waiting.access_requests, _access_requests, page, "/gestione/richieste"),
        (waiting.reopenings, _reopenings, page, "/gestione/richieste"),
        (waiting.threads, _threads, _view(page, "attesa"), "/gestione/messaggi"),
        (waiting.late_work, _late, listed, "late_work"),
        (waiting.contested, _contested, listed, "phone_contested"),
        (waiting.address_changes, _changes, page, "/gestione/indirizzi"),
        (waiting.unknown_deliveries, _unknown, page, "/gestione/consegne"),
        (waiting.corrections, _corrections, _view(page, "correggere"), "/gestione/consegne"),
        (waiting.returns, _returns, _view(page, "tornati"), "/gestione/consegne"),
        (part.bad_address, _bad, listed, "bad_address"),
        (part.without_address, _without, listed, "no_address"),
        (part.doubly_claimed, _doubles, listed, "doubly_claimed"),
    )
    found = [WaitingLine(number, words(number), where(what)) for number, words, where, what in lines if number]
    return practice_lines(staff, practices, region) + found


def practice_lines(staff: StaffIdentity, numbers: tuple[int, int], region: str | None) -> list[WaitingLine]:
    """The practices that wait, for whoever decides on them."""
    if not staff.reviews:
        return []
    to_review, to_publish = numbers
    place = f"&regione={region}" if region else ""
    publications = page_for(staff, "/gestione/pratiche/pubblica") or "/gestione/pratiche?vista=pubblicare"
    lines = (
        (to_review, _practices, f"/gestione/pratiche?vista=attesa{place}"),
        (to_publish, _to_publish, publications),
    )
    return [WaitingLine(number, words(number), address) for number, words, address in lines if number]


def _view(page: Callable[[str], str | None], name: str) -> Callable[[str], str | None]:
    """One list of a page that has several."""

    def address(path: str) -> str | None:
        found = page(path)
        return None if found is None else f"{found}?vista={name}"

    return address


def _reason(page: Callable[[str], str | None], name: str) -> Callable[[str], str | None]:
    """The calls of one reason."""

    def address(path: str) -> str | None:
        found = page(path)
        return None if found is None else f"{found}?motivo={name}"

    return address


def _practices(number: int) -> str:
    return str(ngettext("pratica da valutare", "pratiche da valutare", number))


def _to_publish(number: int) -> str:
    return str(ngettext("pratica approvata da pubblicare", "pratiche approvate da pubblicare", number))


def _corrections(number: int) -> str:
    return str(ngettext("indirizzo da correggere", "indirizzi da correggere", number))


def _returns(number: int) -> str:
    return str(ngettext("messaggio tornato da guardare", "messaggi tornati da guardare", number))


def _unapproved(number: int) -> str:
    return str(ngettext("passo del piano da approvare", "passi del piano da approvare", number))


def _plan_letters(number: int) -> str:
    return str(ngettext("spedizione di lettere da fare", "spedizioni di lettere da fare", number))


def _skipped(number: int) -> str:
    return str(ngettext("passo del piano saltato dal programma", "passi del piano saltati dal programma", number))


def _calls(number: int) -> str:
    return str(ngettext("ente da richiamare adesso", "enti da richiamare adesso", number))


def _access_requests(number: int) -> str:
    return str(ngettext("richiesta di accesso", "richieste di accesso", number))


def _reopenings(number: int) -> str:
    return str(ngettext("richiesta di riapertura", "richieste di riapertura", number))


def _threads(number: int) -> str:
    return str(ngettext("messaggio che aspetta una risposta", "messaggi che aspettano una risposta", number))


def _late(number: int) -> str:
    return str(ngettext("ente con risposte arrivate dopo la scadenza", "enti con risposte arrivate dopo la scadenza", number))


def _contested(number: int) -> str:
    return str(ngettext("risposta al telefono in cui qualcosa non va", "risposte al telefono in cui qualcosa non va", number))


def _changes(number: int) -> str:
    return str(ngettext("indirizzo proposto da un ente", "indirizzi proposti dagli enti", number))


def _unknown(number: int) -> str:
    return str(ngettext("consegna dall'esito sconosciuto", "consegne dall'esito sconosciuto", number))


def _bad(number: int) -> str:
    return str(ngettext("ente con un indirizzo respinto", "enti con un indirizzo respinto", number))


def _without(number: int) -> str:
    return str(ngettext("ente senza indirizzo utile", "enti senza indirizzo utile", number))


def _doubles(number: int) -> str:
    return str(ngettext("Comune indicato da più enti", "Comuni indicati da più enti", number))
