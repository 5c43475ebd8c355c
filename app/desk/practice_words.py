"""What the desk's pages say of a practice: a line of its history, and why a decision is refused.

Not for: deciding (`app.practices.review`), what states and fields are called (`app.practices.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.actors import names_of
from app.desk.chasing_words import short
from app.practices.history import PROGRAM
from app.practices.review import ChangedMeanwhileError
from app.practices.words import HAPPENED

REFUSALS: Final[dict[str, LazyString]] = {
    "no_consent": _l("L'ente non autorizza la pubblicazione di questa scheda: non si può approvare."),
    "gone": _l("L'ente ha tolto questa scheda dalla sua risposta: non c'è più niente da decidere."),
    "no_note": _l("Scrivi una nota: l'ente e i colleghi devono sapere perché."),
    "long_note": _l("Accorcia la nota: al massimo 2.000 caratteri."),
    "no_response": _l("Questa scheda non viene da una risposta di questa edizione: non c'è un modulo a cui rinviarla."),
    "state": _l("Nello stato in cui è adesso questa decisione non si può prendere."),
    "nobody": _l("Questa persona non può valutare pratiche: scegline un'altra."),
    "same": _l("Era già così."),
    "days": _l("Scrivi per quanti giorni l'ente può ancora rispondere: da 1 a 60."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of history in words."""

    what: str
    who: str
    when: str
    note: str
    corrections: tuple[tuple[str, str], ...]


def refused_text(reason: str) -> str:
    """Why a decision was refused."""
    return str(REFUSALS[reason])


def meanwhile_text(error: ChangedMeanwhileError) -> str:
    """Who did what since the page was drawn."""
    what = str(HAPPENED.get(error.action, error.action)).lower()
    told = {"who": name_of(error.actor, names_text([error.actor])), "what": what, "when": short(error.at)}
    text = _(
        "Nel frattempo la pratica è cambiata (%(what)s, %(who)s, %(when)s): la tua decisione non è stata registrata. "
        "Guardala com'è adesso e decidi di nuovo.",
        **told,
    )
    return str(text)


def names_text(actors: list[str]) -> Mapping[str, str]:
    """Actor → name, looked up for all of them at once."""
    return {actor: named.text for actor, named in names_of(actors).items()}


def name_of(actor: str, names: Mapping[str, str]) -> str:
    """Who did it."""
    return str(_("il programma")) if actor == PROGRAM else names.get(actor, actor)
