"""`/gestione/registro`: the audit record, newest first, filtered by the address; and whether its chain is sound.

Not for: adding entries (`app.audit.chain`). Holds always: reads only; a page stays the same while new entries come; names of
people and entities are looked up for the whole page at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from app.accounts.actors import Named, names_of
from app.accounts.staff import list_staff, staff_by_email
from app.audit.hashing import current_head
from app.audit.reading import EntryFilter, EntryRow, read_entries
from app.audit.verifying import check_chain
from app.audit.words import EVENTS
from app.database import unit_of_work
from app.desk import blueprint
from app.desk.log_words import REASON_WORDS, detail_text, event_name
from app.editions.files import ROME
from app.extensions import db
from app.registry.entities import resolve
from app.registry.regions import region_names
from app.responses.owners import owners_of, response_ids_of

PAGE_SIZE: Final = 30
FIELDS: Final = ("da", "a", "chi", "evento", "oggetto", "luogo")
MOST_CHECKED: Final = 100_000
MOST_DIGITS: Final = 9
RESPONSE: Final = "response:"
GROUPS: Final = {
    "gestione": ("staff:",),
    "enti": ("entity:", "operator:"),
    "programma": ("command*", "mail", "visitor"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it."""

    row: EntryRow
    event: str
    actor: Named
    subject: Named
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as typed, with what is wrong with it."""

    typed: dict[str, str]
    filter: EntryFilter
    errors: list[tuple[str, str]]


@blueprint.get("/registro")
def log() -> ResponseReturnValue:
    """The entries of a filter."""
    asked = _asked(request.args)
    before = request.args.get("prima", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS else None
    page = read_entries(asked.filter, before=number, limit=PAGE_SIZE) if not asked.errors else None
    rows = page.rows if page else ()
    names = _names({name for row in rows for name in (row.actor, row.subject)})
    regions = region_names()
    lines = [
        Line(row, event_name(row.action), names[row.actor], names[row.subject], detail_text(row.action, row.detail, regions))
        for row in rows
    ]
    given = {name: value for name, value in asked.typed.items() if value}
    return render_template(
        "desk/log.html",
        lines=lines,
        link_of=link_of,
        asked=asked,
        filtered=bool(given),
        first_address=_address(given) if number else None,
        older_address=_address(given, before=page.older) if page and page.older else None,
        staff_members=list_staff(),
        head=current_head(),
        events=sorted(((code, str(name)) for code, name in EVENTS.items()), key=lambda pair: pair[1]),
    )


@blueprint.post("/registro/verifica")
def check_log() -> ResponseReturnValue:
    """Check the chain and say what was found. Holds nobody up: the transaction that the request began is given back first."""
    db.session.rollback()
    with unit_of_work(writes=False):
        found = check_chain(MOST_CHECKED)
        db.session.rollback()
    numbers = {"first": format_decimal(found.first), "last": format_decimal(found.last)}
    if found.broken is not None:
        told = _("ATTENZIONE: la catena non torna dalla registrazione n. %(number)s.", number=format_decimal(found.broken))
        told = f"{told} {REASON_WORDS[found.reason]}"
        flash(f"{told} {_('Conserva una copia del database e avvisa chi gestisce il server.')}", "error")
    else:
        told = _("Catena verificata: le registrazioni dalla n. %(first)s alla n. %(last)s sono come furono scritte.", **numbers)
        flash(f"{told} {_('Impronta finale: %(hash)s', hash=found.entry_hash)}", "success")
    return redirect(url_for("desk.log"), 303)


def _asked(args: Mapping[str, str]) -> Asked:
    typed = {name: args.get(name, "").strip()[:100] for name in FIELDS}
    errors: list[tuple[str, str]] = []
    since, until = (_day(typed[name], name, errors) for name in ("da", "a"))
    subjects = _subjects(typed["oggetto"])
    if typed["oggetto"] and not subjects:
        errors.append(("oggetto", _("Non troviamo nessuno con questo codice, nome o indirizzo.")))
    wanted = EntryFilter(
        since=_start(since),
        until=_start(until + dt.timedelta(days=1)) if until else None,
        actors=GROUPS.get(typed["chi"]) or ((typed["chi"],) if typed["chi"] else ()),
        action=typed["evento"],
        subjects=subjects,
        origin=typed["luogo"],
    )
    return Asked(typed, wanted, errors)


def _day(text: str, name: str, errors: list[tuple[str, str]]) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2999:
        errors.append((name, _("Scrivi la data come anno-mese-giorno, per esempio 2026-03-31.")))
        return None
    return day


def _start(day: dt.date | None) -> dt.datetime | None:
    """Midnight of that day in Rome."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=ROME).astimezone(dt.UTC) if day else None


def _subjects(typed: str) -> tuple[str, ...]:
    """What the record calls whom somebody means: by its own name, a member's address, or an entity's code or name, which stands
    for its responses too."""
    if not typed:
        return ()
    if ":" in typed:
        return (typed,)
    if "@" in typed:
        member = staff_by_email(typed)
        return (f"staff:{member.id}",) if member else ()
    found = resolve(typed)
    if len(found) != 1:
        return ()
    return (f"entity:{found[0].code}", *(f"{RESPONSE}{number}" for number in response_ids_of(found[0].code)))


def _names(references: set[str]) -> dict[str, Named]:
    numbers = {name.removeprefix(RESPONSE) for name in references if name.startswith(RESPONSE)}
    owners = owners_of({int(number) for number in numbers if number.isdigit()})
    responses = {
        f"{RESPONSE}{number}": Named(_("Risposta di %(name)s", name=owner.label), entity_code=owner.code)
        for number, owner in owners.items()
    }
    return names_of(references) | responses


def _address(given: Mapping[str, str], before: int | None = None) -> str:
    values: dict[str, Any] = dict(given)
    if before is not None:
        values["prima"] = before
    return url_for("desk.log", **values)


def link_of(named: Named) -> str | None:
    """The page that tells more of somebody, where there is one."""
    if named.entity_code is not None:
        return url_for("desk.entity", code=named.entity_code)
    return url_for("desk.member", person=named.staff_id) if named.staff_id is not None else None
