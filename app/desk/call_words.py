"""Why an entity should be called, in words.

Not for: the rule (`app.chasing.call_queue`).
Holds always: each reason has its words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.chasing.call_queue import ToCall
from app.desk.chasing_words import back_text, short_day
from app.editions.files import ROME

REASON_WORDS: Final[Mapping[str, LazyString]] = {
    "call_back": _l("Da richiamare"),
    "contested": _l("Risposta al telefono contestata"),
    "silent_lead": _l("Capofila che non ha inviato"),
    "draft": _l("Bozza quasi finita o ferma"),
    "unreachable": _l("Non raggiungibile per e-mail"),
    "before": _l("Aveva risposto l'edizione prima"),
    "large": _l("20.000 residenti o più"),
    "reminded": _l("Silenzio dopo un promemoria"),
}


def reason_text(row: ToCall, now: dt.datetime) -> str:
    """The reason of a row with what it rests on."""
    return _TEXTS[row.reason](row, now)


def _lead(row: ToCall, _now: dt.datetime) -> str:
    text = ngettext(
        "Capofila: %(num)d ente conta sulla sua risposta",
        "Capofila: %(num)d enti contano sulla sua risposta",
        row.waiting_members,
    )
    return str(text)


def _draft(row: ToCall, _now: dt.datetime) -> str:
    return str(
        _("Bozza al %(progress)d %%, ultima attività il %(day)s", progress=row.progress, day=short_day(row.last_activity))
    )


def _unreachable(row: ToCall, _now: dt.datetime) -> str:
    return str(_("L'ultimo messaggio è tornato indietro") if row.has_address else _("Nessun indirizzo a cui scrivere"))


def _large(row: ToCall, _now: dt.datetime) -> str:
    return str(_("%(number)s residenti, nessuna risposta", number=format_decimal(row.population or 0)))


def _reminded(row: ToCall, now: dt.datetime) -> str:
    days = (now.astimezone(ROME).date() - row.last_message_at.astimezone(ROME).date()).days if row.last_message_at else 0
    return str(ngettext("Promemoria %(num)d giorno fa, poi nulla", "Promemoria %(num)d giorni fa, poi nulla", days))


_TEXTS: Final[Mapping[str, Callable[[ToCall, dt.datetime], str]]] = {
    "call_back": lambda row, _now: str(_("Richiamare il %(day)s", day=back_text(row))),
    "contested": lambda _row, _now: str(_("L'ente dice che qualcosa non va nella risposta inviata al telefono")),
    "silent_lead": _lead,
    "draft": _draft,
    "unreachable": _unreachable,
    "before": lambda _row, _now: str(_("Ha risposto nell'edizione precedente, in questa non ancora")),
    "large": _large,
    "reminded": _reminded,
}
