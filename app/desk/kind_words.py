"""What kinds of entity, states and size classes are called where reminders are planned.

Not for: anything but words.
"""

from __future__ import annotations

from typing import Final

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.chasing.belonging import NO_ASSOCIATION
from app.chasing.respondents import SIZES

KIND_WORDS: Final[dict[str, LazyString]] = {
    "municipality": _l("Comuni"),
    "union": _l("Unioni di Comuni"),
    "metropolitan": _l("Città metropolitane"),
    "consortium": _l("Consorzi"),
    "ambito": _l("Ambiti territoriali"),
    "province": _l("Province"),
    "region": _l("Regioni"),
    "other": _l("Altri enti"),
}
ASSOCIATION_WORDS: Final[dict[str, LazyString]] = {
    "ambito": _l("In un Ambito territoriale"),
    "union": _l("In un'Unione di Comuni"),
    "other": _l("In un'altra forma associata"),
    NO_ASSOCIATION: _l("In nessuna forma associata"),
}
WHERE_WORDS: Final[dict[str, LazyString]] = {
    "never": _l("Non ha mai aperto il questionario"),
    "opened": _l("Lo ha aperto senza scrivere"),
    "draft": _l("Ha una bozza"),
    "submitted": _l("Ha inviato la risposta"),
    "covered": _l("Risponde un altro ente"),
}


def size_choices() -> list[tuple[int, str]]:
    """(size class, its words), smallest first."""
    bounds = [0, *SIZES]
    words = []
    for number, least in enumerate(bounds, start=1):
        if number == len(bounds):
            words.append((number, str(_("da %(least)s abitanti in su", least=format_decimal(least)))))
        elif least == 0:
            words.append((number, str(_("meno di %(most)s abitanti", most=format_decimal(bounds[number])))))
        else:
            span = {"least": format_decimal(least), "most": format_decimal(bounds[number] - 1)}
            words.append((number, str(_("da %(least)s a %(most)s abitanti", **span))))
    return words
