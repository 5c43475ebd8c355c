"""What is said of files of practices: what is wrong with one, what its columns may be, whose a feature is and why.

Not for: deciding any of it (`app.practices.importing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.practices.importing.drafting import DOUBLE, LEFT_OUT, READY, UNMATCHED, UNTITLED
from app.practices.importing.matching import (
    AMBIGUOUS,
    APART,
    BY_BOTH,
    BY_CODE,
    BY_NAME,
    BY_POINT,
    CHOSEN,
    NEARBY,
    NOWHERE,
    OUTSIDE,
    UNNAMED,
)
from app.practices.importing.source import MOST_BYTES, MOST_COLUMNS, MOST_FEATURES, MOST_LAYERS, Problem
from app.practices.words import FIELD_NAMES

_MIB: Final = 1024 * 1024
_REASONS: Final[dict[str, Callable[[Problem], str]]] = {
    "empty": lambda one: _("Nel file non c'è nessuna pratica."),
    "large": lambda one: _("Il file è troppo grande: al massimo %(mib)d MB.", mib=MOST_BYTES // _MIB),
    "encoding": lambda one: _("Il file non è un testo: salvalo come CSV in UTF-8 e riprova."),
    "form": lambda one: _("Qui c'è qualcosa che non è un file .umap, GeoJSON o CSV."),
    "deep": lambda one: _("I dati sono annidati troppo a fondo: non è un file di uMap."),
    "number": lambda one: _("Un numero è troppo grande per essere vero."),
    "many": lambda one: _("Le pratiche sono troppe: al massimo %(most)d per volta. Dividi il file.", most=MOST_FEATURES),
    "columns": lambda one: _("Le colonne sono troppe: al massimo %(most)d.", most=MOST_COLUMNS),
    "layers": lambda one: _("I livelli della mappa sono troppi: al massimo %(most)d.", most=MOST_LAYERS),
    "pieces": lambda one: _("Il file contiene troppi elementi: togli le geometrie che non sono punti."),
    "line": lambda one: _("La riga ha più celle dell'intestazione, o virgolette che non si chiudono."),
    "head": lambda one: _("La prima riga deve dare a ogni colonna un nome, ogni volta diverso."),
    "text": lambda one: _("Dovrebbe essere un testo."),
    "geometry": lambda one: _("Non è una geometria di GeoJSON."),
    "coordinates": lambda one: _("Le coordinate non sono gradi: latitudine da -90 a 90, longitudine da -180 a 180."),
}
STATE_WORDS: Final[dict[str, LazyString]] = {
    READY: _l("Entrano"),
    UNMATCHED: _l("Senza un ente certo: restano fuori"),
    DOUBLE: _l("Già presenti: restano fuori"),
    UNTITLED: _l("Senza titolo: restano fuori"),
    LEFT_OUT: _l("Escluse da te"),
}
STATE_TAGS: Final[dict[str, tuple[LazyString, str]]] = {
    READY: (_l("Entra"), "success"),
    UNMATCHED: (_l("Ente da scegliere"), "warning"),
    DOUBLE: (_l("Già presente"), "neutral"),
    UNTITLED: (_l("Senza titolo"), "warning"),
    LEFT_OUT: (_l("Esclusa"), "neutral"),
}
HOW_WORDS: Final[dict[str, LazyString]] = {
    BY_CODE: _l("per il codice"),
    BY_NAME: _l("per il nome"),
    BY_POINT: _l("per il punto sulla mappa"),
    BY_BOTH: _l("per il nome e il punto"),
    NEARBY: _l("per il punto, poco fuori dal confine"),
    CHOSEN: _l("scelto da te"),
    AMBIGUOUS: _l("più enti possibili"),
    APART: _l("il nome e il punto sono lontani"),
    NOWHERE: _l("nessun nome e nessun punto"),
    OUTSIDE: _l("il punto non è in nessun Comune"),
    UNNAMED: _l("nessun ente ha questo nome"),
}
TARGET_WORDS: Final[dict[str, LazyString]] = {"municipality": _l("Ente (nome o codice ISTAT)"), **FIELD_NAMES}
"""What a column of a file may hold."""


def told(problem: Problem, form: str = "") -> str:
    """A problem in a sentence, with its place and field."""
    where = [_("riga %(line)d", line=problem.place) if form == "csv" else _("elemento %(place)d", place=problem.place)]
    where = where if problem.place else []
    if problem.field:
        where.append(_("campo «%(field)s»", field=problem.field))
    if problem.reason == "form" and problem.detail.isdigit():
        where.append(_("riga %(line)s del testo", line=problem.detail))
    elif problem.detail:
        where.append(f"«{problem.detail}»")
    text = _REASONS[problem.reason](problem)
    return f"{', '.join(where)}: {text}" if where else text


def told_all(problems: Iterable[Problem], form: str = "") -> list[tuple[str, str]]:
    """Each of them, tied to the field of the file."""
    return [("file", text[:1].upper() + text[1:]) for text in (told(one, form) for one in problems)]
