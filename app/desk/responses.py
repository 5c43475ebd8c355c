"""`/gestione/risposte`: who has answered and who has not, one row an entity, filtered, sorted and paged by the address.

Not for: what is done with the filtered rows (`exports.py`, `extending.py`), or one entity (`entity.py`).
Holds always: the address is the whole state of the page, so it can be sent to a colleague, who sees what her role may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.chasing.filters import Filter
from app.chasing.listing import ListRow, Order, list_page
from app.desk import blueprint
from app.desk.asked import Asked, address_of, ask
from app.desk.chasing_words import (
    DELIVERY_WORDS,
    MESSAGE_WORDS,
    OUTCOME_WORDS,
    STATE_KINDS,
    STATE_WORDS,
    back_text,
    short,
    short_day,
)
from app.desk.filter_words import filter_choices, parts_in_words
from app.editions.extensions import MINUTE

LAST_PAGE: Final = 100_000
COLUMNS: Final = (
    ("nome", _l("Ente")),
    ("stato", _l("Stato")),
    ("attivita", _l("Ultima attività")),
    ("", _l("Ultimo messaggio")),
    ("", _l("Copertura")),
    ("scadenza", _l("Scadenza propria")),
    ("", _l("Contatto")),
    ("", _l("Ultima telefonata")),
)
"""By which of `SORTS` ("" for none), and what the column is called."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column. `address`: of the list sorted by it; `sorted`: ascending, descending or ""."""

    text: str
    address: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the filter that can be taken away."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is drawn: texts."""

    row: ListRow
    address: str
    state: str
    state_kind: str
    activity: str
    message: tuple[str, str]
    coverage: str
    deadline: str
    call: tuple[str, str]


@blueprint.get("/risposte")
def responses() -> str:
    """The list."""
    asked = ask()
    if asked is None:
        return render_template("desk/responses.html", asked=None)
    order, path = Order.from_text(request.args.get("ordine", "")), url_for("desk.responses")
    sorted_by = str(order) if request.args.get("ordine") else ""
    listing = list_page(asked.edition.id, asked.wanted, order, asked_page(), asked.today, region=asked.region)
    shown = _words_of_rows()

    def page_address(page: int) -> str:
        return address_of(path, asked.wanted, ordine=sorted_by, pagina=str(page))

    return render_template(
        "desk/responses.html",
        asked=asked,
        wanted=asked.wanted,
        listing=listing,
        rows=[_shown(row, shown) for row in listing.rows],
        headings=_headings(asked.wanted, order),
        chips=chips(asked, path, sorted_by),
        choices=filter_choices(regions=asked.region is None),
        order=sorted_by,
        page_address=page_address,
        taken_at=short(asked.taken_at)[-5:],
        actions=actions(asked),
        address_of=address_of,
    )


def asked_page() -> int:
    """Which page the address asks for, from 1."""
    text = request.args.get("pagina", "")
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def actions(asked: Asked) -> dict[str, str]:
    """The addresses of what can be done with all rows of the filter, for this role."""
    pages = {"export": "desk.export", "calls": "desk.call_list"}
    if asked.staff.coordinates:
        pages |= {"extend": "desk.extend", "remind": "desk.new_batch"}
        pages |= {} if asked.wanted.is_empty else {"keep": "desk.new_audience"}
    if asked.staff.administers and not asked.wanted.is_empty:
        pages |= {"reset": "desk.new_login_run"}
    if asked.staff.prepares and not asked.wanted.is_empty:
        pages |= {"letters": "desk.new_letters"}
    known = current_app.view_functions
    return {name: address_of(url_for(page), asked.wanted) for name, page in pages.items() if page in known}


def _headings(wanted: Filter, order: Order) -> list[Heading]:
    path, found = url_for("desk.responses"), []
    for by, text in COLUMNS:
        mine = by == order.by
        turned = str(Order(by, mine and not order.descending)) if by else ""
        state = ("descending" if order.descending else "ascending") if mine else ""
        found.append(Heading(str(text), address_of(path, wanted, ordine=turned) if by else "", state))
    return found


def chips(asked: Asked, path: str, sorted_by: str = "") -> list[Chip]:
    """The parts of the filter, each with the address without it."""
    return [Chip(text, address_of(path, without, ordine=sorted_by)) for text, without in parts_in_words(asked.wanted)]


Words = dict[str, dict[str, str]]


def _words_of_rows() -> Words:
    """The words in the reader's language, looked up once for all rows."""
    named = {"state": STATE_WORDS, "message": MESSAGE_WORDS, "delivery": DELIVERY_WORDS, "outcome": OUTCOME_WORDS}
    words = {name: {code: str(text) for code, text in several.items()} for name, several in named.items()}
    words["coverage"] = {
        "double": _("Indicato da due capofila"),
        "covered": _("Risponde un altro ente"),
        "claimed": _("Indicato da un capofila che non ha ancora inviato"),
        "declared": _("Ha indicato un capofila"),
        "call_back": _("richiamare il %(day)s", day="{day}"),
    }
    return words


def _shown(row: ListRow, words: Words) -> Shown:
    message, call = row.message, row.call
    flags = {"double": row.doubly_claimed, "covered": row.covered, "claimed": row.claimed, "declared": row.declared}
    coverage = next((words["coverage"][name] for name, holds in flags.items() if holds), "")
    told = ("", "")
    if message is not None:
        kind, state = words["message"].get(message.kind, message.subject), words["delivery"].get(message.state, message.state)
        told = (kind, f"{state}, {short_day(message.created_at)}")
    called = ("", "")
    if call is not None:
        back = words["coverage"]["call_back"].format(day=back_text(call)) if call.call_back_on else ""
        called = (words["outcome"][call.outcome], ", ".join(part for part in (short_day(call.at), back) if part))
    return Shown(
        row=row,
        address=url_for("desk.entity", code=row.code),
        state=words["state"][row.state],
        state_kind=STATE_KINDS[row.state],
        activity=short(row.last_activity),
        message=told,
        coverage=coverage,
        deadline=short(row.closes_at - MINUTE) if row.closes_at else "",
        call=called,
    )
