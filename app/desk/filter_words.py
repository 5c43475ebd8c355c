"""A filter of respondents in words, part by part, and what its form offers.

Not for: what a part means (`app.chasing.filters`).
Holds always: each part of a filter has its words, so that nothing narrows a list unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from app.chasing.filters import ALL, PROBLEMS, STATES, Filter
from app.desk.chasing_words import KIND_WORDS, PROBLEM_WORDS, SIZE_WORDS, STATE_WORDS, word
from app.desk.kind_words import ASSOCIATION_WORDS
from app.registry.regions import REGIONS

ACTIVITY_WORDS: Final[Mapping[str, LazyString]] = {
    "quiet": _l("Nessuna da almeno"),
    "recent": _l("Negli ultimi"),
}
MESSAGE_WORDS: Final[Mapping[str, LazyString]] = {
    "none": _l("Nessuno in questa edizione"),
    "before": _l("Da almeno"),
    "within": _l("Negli ultimi"),
}
LAST_CHANNEL_WORDS: Final[Mapping[str, LazyString]] = {
    "email": _l("E-mail"),
    "pec": _l("PEC spedita dal programma"),
    "hand": _l("PEC spedita a mano"),
}
LANGUAGE_WORDS: Final[Mapping[str, LazyString]] = {
    "it": _l("Italiano"),
    "de": _l("Tedesco"),
    "fr": _l("Francese"),
    "sl": _l("Sloveno"),
}
BEFORE_WORDS: Final[Mapping[str, LazyString]] = {"yes": _l("Aveva risposto"), "no": _l("Non aveva risposto")}
Part = tuple[str, Filter]


def parts_in_words(wanted: Filter) -> Iterator[Part]:
    """(a part in words, the filter without it), in the order of the form."""
    if wanted.text:
        yield _("Nome o codice: %(text)s", text=wanted.text), replace(wanted, text="")
    for state in wanted.states:
        yield str(STATE_WORDS[state]), replace(wanted, states=tuple(one for one in wanted.states if one != state))
    if wanted.region:
        yield REGIONS.get(wanted.region, wanted.region), replace(wanted, region="")
    if wanted.province:
        yield _("Provincia: %(sign)s", sign=wanted.province), replace(wanted, province="")
    if wanted.kind:
        yield str(KIND_WORDS[wanted.kind]), replace(wanted, kind="")
    if wanted.size:
        yield word({str(k): v for k, v in SIZE_WORDS.items()}, str(wanted.size)), replace(wanted, size=0)
    if wanted.association:
        yield str(ASSOCIATION_WORDS[wanted.association]), replace(wanted, association="")
    if wanted.lead:
        yield _("Associati del capofila %(code)s", code=wanted.lead), replace(wanted, lead="")
    for problem in wanted.problems:
        yield str(PROBLEM_WORDS[problem]), replace(wanted, problems=tuple(one for one in wanted.problems if one != problem))
    yield from _about_progress(wanted)
    yield from _about_messages(wanted)


def in_words(wanted: Filter) -> str:
    """The whole filter on one line, "" for one that asks nothing."""
    return " · ".join(text for text, _without in parts_in_words(wanted))


def _about_progress(wanted: Filter) -> Iterator[Part]:
    if wanted.least or wanted.most < ALL:
        told = _("Avanzamento dal %(least)d al %(most)d %%", least=wanted.least, most=wanted.most)
        yield told, replace(wanted, least=0, most=ALL)
    if wanted.activity:
        days = wanted.activity_days
        quiet = ngettext("Nessuna attività da almeno %(num)d giorno", "Nessuna attività da almeno %(num)d giorni", days)
        recent = ngettext("Attività nell'ultimo giorno", "Attività negli ultimi %(num)d giorni", days)
        yield quiet if wanted.activity == "quiet" else recent, replace(wanted, activity="", activity_days=0)
    if wanted.before:
        told = _("Nell'edizione precedente: %(what)s", what=str(BEFORE_WORDS[wanted.before]).lower())
        yield told, replace(wanted, before="")


def _about_messages(wanted: Filter) -> Iterator[Part]:
    if wanted.message:
        days = wanted.message_days
        told = {
            "none": _("Nessun promemoria in questa edizione"),
            "before": ngettext(
                "Ultimo promemoria da almeno %(num)d giorno", "Ultimo promemoria da almeno %(num)d giorni", days
            ),
            "within": ngettext("Promemoria nell'ultimo giorno", "Promemoria negli ultimi %(num)d giorni", days),
        }
        yield told[wanted.message], replace(wanted, message="", message_days=0)
    if wanted.channel:
        told_channel = _("Ultimo promemoria: %(channel)s", channel=str(LAST_CHANNEL_WORDS[wanted.channel]))
        yield told_channel, replace(wanted, channel="")
    if wanted.language:
        yield _("Lingua: %(language)s", language=str(LANGUAGE_WORDS[wanted.language]).lower()), replace(wanted, language="")


def filter_choices(*, regions: bool = True) -> dict[str, Any]:
    """What the form offers: code and word. `regions`: whether whoever asks may choose among them."""
    named = {"activities": ACTIVITY_WORDS, "messages": MESSAGE_WORDS, "channels": LAST_CHANNEL_WORDS}
    named |= {"languages": LANGUAGE_WORDS, "before": BEFORE_WORDS, "kinds": KIND_WORDS, "associations": ASSOCIATION_WORDS}
    return {
        "states": [(state, str(STATE_WORDS[state])) for state in STATES],
        "problems": [(problem, str(PROBLEM_WORDS[problem])) for problem in PROBLEMS],
        "regions": list(REGIONS.items()) if regions else [],
        "sizes": [(str(size), str(text)) for size, text in SIZE_WORDS.items()],
        **{name: [(code, str(text)) for code, text in words.items()] for name, words in named.items()},
    }
