"""The part of a form that says until when and why: read, checked, and the refusals of the domain in the page's words.

Not for: granting (`app.editions`).
Holds always: the whole of the last minute counts, so the end is the minute after it; what was typed is given back as it was.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from flask import Request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.desk.typed_instants import read_minute
from app.editions.extensions import LONGEST_REASON, MINUTE
from app.web.incoming import NUL

Problems = list[tuple[str, str]]
LAST_MINUTE: Final = "23:59"
_REFUSALS: Final[dict[str, tuple[str, LazyString]]] = {
    "no_edition": ("", _l("Questa edizione non c'è più.")),
    "not_open": ("", _l("L'edizione non è ancora aperta: una proroga si dà dopo l'apertura.")),
    "edition_over": ("", _l("L'edizione è finita e un'altra ha preso il suo posto: nessuno potrebbe rispondere.")),
    "no_entity": ("", _l("L'ente non esiste più: cerca chi ha preso il suo posto.")),
    "no_reason": ("motivo", _l("Scrivi il motivo: chi guarda indietro deve sapere perché.")),
    "past": ("giorno", _l("Scegli un giorno e un'ora che devono ancora venire.")),
    "earlier": ("giorno", _l("La scadenza dell'edizione è più lontana: una proroga non toglie tempo.")),
    "same": ("giorno", _l("L'ente può già rispondere fino a quel momento.")),
    "not_over": ("", _l("Il tempo dell'ente non è finito: serve una proroga, non una riapertura.")),
    "over": ("", _l("Il tempo dell'ente è finito: serve una riapertura, non una proroga.")),
}


@dataclass(frozen=True, slots=True)
class TypedGrant:
    """The form as it was typed. `closes_at`: the first instant that no longer counts, None for what is no minute; `tell`:
    whether there is a message."""

    day: str = ""
    time: str = LAST_MINUTE
    reason: str = ""
    closes_at: dt.datetime | None = None
    tell: bool = True


def read_grant(request: Request) -> TypedGrant:
    """The three fields of a form or of an address."""
    day, time = request.values.get("giorno", "")[:20], request.values.get("ora", LAST_MINUTE)[:10]
    reason = request.values.get("motivo", "").replace("\r\n", "\n").strip()
    tell = request.method != "POST" or request.form.get("avvisa") == "1"
    typed = TypedGrant(day, time, reason[: LONGEST_REASON * 4], tell=tell)
    deadline = read_minute(day, time)
    return typed if deadline is None else replace(typed, closes_at=deadline + MINUTE)


def grant_problems(typed: TypedGrant, now: dt.datetime) -> Problems:
    """What is wrong with it whoever gets it: (field, text)."""
    found: Problems = []
    if typed.closes_at is None:
        found.append(("giorno", _("Scrivi giorno e ora, per esempio 15/05/2026 e 23:59.")))
    elif typed.closes_at <= now:
        found.append(refusal("past"))
    if not typed.reason:
        found.append(refusal("no_reason"))
    elif len(typed.reason) > LONGEST_REASON:
        told = {"most": LONGEST_REASON, "count": len(typed.reason)}
        found.append(("motivo", _("Accorcia il motivo: al massimo %(most)d caratteri, ora sono %(count)d.", **told)))
    elif NUL in typed.reason:
        found.append(("motivo", _("Scrivi il motivo di nuovo: contiene un carattere che non si può salvare.")))
    return found


def refusal(reason: str) -> tuple[str, str]:
    """The field and the text of one of `extensions.REFUSALS`."""
    field, text = _REFUSALS[reason]
    return field, str(text)
