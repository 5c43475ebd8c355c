"""What the events of the audit record and their details are called on the page.

Not for: which events there are: an operation that is not in the table is shown by its own name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.roles import ROLE_NAMES
from app.audit.words import EVENTS
from app.desk.chasing_words import ANSWER_WORDS, MESSAGE_WORDS, OUTCOME_WORDS, short
from app.desk.edition_words import STATES, TELEPHONE_WORDS
from app.desk.login_words import OUTCOMES, RUN_SOURCES, SOURCES
from app.desk.reminder_words import AUDIENCE_WORDS

REASON_WORDS: Final[dict[str, LazyString]] = {
    "edited": _l("Quello che dice non è quello che fu scritto."),
    "origin": _l("Il luogo è stato tolto prima della scadenza."),
    "removed": _l("Ne manca una."),
    "moved": _l("Ce n'è una fuori posto."),
    "inserted": _l("Ne è stata messa una in mezzo."),
    "unlinked": _l("Non segue quella che la precede."),
    "added": _l("Ce n'è una di troppo."),
    "truncated": _l("Le ultime mancano."),
    "head": _l("La fine della catena è stata cambiata."),
    "rewritten": _l("La catena è stata riscritta."),
}
"""What is wrong where the chain breaks."""
_DETAILS: Final[dict[str, LazyString]] = {
    "role": _l("ruolo"),
    "role_before": _l("ruolo di prima"),
    "region_before": _l("Regione di prima"),
    "through": _l("fino alla n."),
    "term": _l("che cosa"),
    "erased": _l("cancellati"),
    "operator": _l("persona n."),
    "region": _l("Regione"),
    "by": _l("con"),
    "mail": _l("per e-mail"),
    "mode": _l("modo"),
    "agreed": _l("la persona in linea è d'accordo"),
    "count": _l("quanti"),
    "reason": _l("motivo"),
    "addresses": _l("indirizzi"),
    "edition": _l("edizione"),
    "letters": _l("lettere"),
    "practices": _l("pratiche"),
    "taken": _l("entrate"),
    "year": _l("anno"),
    "receipt": _l("ricevuta"),
    "deadline": _l("scadenza"),
    "outcome": _l("esito"),
    "purpose": _l("tipo di indirizzo"),
    "digest": _l("impronta"),
    "state": _l("stato"),
    "before": _l("prima"),
    "after": _l("dopo"),
    "request": _l("richiesta"),
    "added": _l("aggiunti"),
    "changed": _l("cambiati"),
    "ended": _l("finiti"),
    "file": _l("file"),
    "questionnaire": _l("questionario"),
    "opens_at": _l("apertura"),
    "closes_at": _l("chiusura"),
    "call": _l("telefonata n."),
    "note": _l("nota n."),
    "thread": _l("conversazione n."),
    "member_of_staff": _l("assegnata all'utente n."),
    "corrected": _l("campi corretti"),
    "proposed": _l("correzioni proposte"),
    "undone": _l("decisione annullata"),
    "question": _l("domanda"),
    "logins": _l("accessi"),
    "left": _l("rimasti"),
    "rows": _l("righe"),
    "days": _l("giorni"),
    "sessions": _l("accessi terminati"),
    "restored": _l("indirizzo ripreso n."),
    "run": _l("gruppo n."),
    "number": _l("ricevuta n."),
    "version": _l("versione"),
    "content": _l("impronta"),
    "earlier": _l("edizione precedente"),
    "address": _l("indirizzo n."),
    "agrees": _l("d'accordo"),
    "again": _l("di nuovo"),
    "arrived": _l("arrivato"),
    "as": _l("come"),
    "audience": _l("testo per"),
    "call_back": _l("da richiamare il"),
    "change": _l("modifica n."),
    "done": _l("azzerati"),
    "entities": _l("enti"),
    "errors": _l("errori"),
    "failed": _l("non riusciti"),
    "filter": _l("filtro"),
    "format": _l("formato"),
    "kind": _l("messaggio"),
    "lead": _l("capofila n."),
    "member": _l("Comune n."),
    "messages": _l("messaggi"),
    "no_address": _l("senza indirizzo"),
    "part": _l("parte"),
    "replaces": _l("al posto dell'indirizzo n."),
    "said_by": _l("detto da"),
    "same": _l("uguali"),
    "source": _l("da dove"),
    "told": _l("indirizzi avvisati"),
    "unchanged": _l("invariati"),
    "waited": _l("era bloccato"),
    "invitation": _l("invito n."),
    "successor": _l("al suo posto: n."),
    "code_before": _l("codice di prima"),
    "title_before": _l("titolo di prima"),
    "title_after": _l("titolo"),
    "removed": _l("tolto"),
    "entity": _l("ente"),
    "results_url": _l("risultati"),
    "accessibility_url": _l("dichiarazione di accessibilità"),
}
Words = Mapping[str, LazyString]
PART_WORDS: Final[Words] = {
    "name": _l("codice e titolo"),
    "period": _l("periodo di riferimento"),
    "dates": _l("apertura e scadenza"),
    "contacts": _l("contatti"),
    "letter_text": _l("testo della lettera agli enti"),
    "letter": _l("lettera pubblica"),
    "plan": _l("piano di risposta"),
    "addresses": _l("indirizzi sul web"),
    "questionnaire": _l("questionario"),
    "pilot": _l("enti del pilota"),
    "second_step": _l("accesso degli enti"),
    "telephone": _l("compilazione al telefono"),
}
_VALUES: Final[dict[str, Words]] = {
    "by": {
        "password": _l("password"),
        "link": _l("link"),
        "code": _l("codice della lettera"),
        "invitation": _l("invito"),
        "second_step": _l("password e codice per e-mail"),
        "recovery": _l("password e codice di recupero"),
        "sso": _l("accesso unico"),
        "demo": _l("comando della dimostrazione"),
    },
    "role": ROLE_NAMES,
    "role_before": ROLE_NAMES,
    "outcome": OUTCOME_WORDS | OUTCOMES,
    "purpose": {
        "pec": _l("posta elettronica certificata (PEC)"),
        "registry_office": _l("ufficio protocollo"),
        "mayor": _l("ufficio del sindaco"),
        "social_services": _l("servizi sociali"),
        "other": _l("altro ufficio"),
    },
    "kind": MESSAGE_WORDS,
    "as": ANSWER_WORDS,
    "audience": AUDIENCE_WORDS,
    "part": PART_WORDS,
    "mode": {"web": _l("dall'ente"), "telephone": _l("al telefono")},
    "said_by": {"lead": _l("capofila"), "member": _l("Comune")},
    "source": SOURCES | RUN_SOURCES,
    "state": {code: name for code, (name, _colour) in STATES.items()},
    "before": {code: name for code, (name, _colour) in STATES.items()} | TELEPHONE_WORDS,
    "after": {code: name for code, (name, _colour) in STATES.items()} | TELEPHONE_WORDS,
}
"""Name of a detail → what its values are called."""
_VALUES_OF: Final[dict[tuple[str, str], Words]] = {
    ("call_noted", "outcome"): OUTCOME_WORDS,
    ("access_request_handled", "outcome"): OUTCOMES,
    ("edition_stored", "outcome"): {"created": _l("creata"), "changed": _l("cambiata")},
    ("address_change_decided", "outcome"): {
        "confirmed": _l("confermata"),
        "refused": _l("rifiutata"),
        "withdrawn": _l("ritirata"),
    },
}
"""The same for the events in which it means something of its own."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.+-]*")
_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SHOWN: Final = 20
"""How much of a hash is shown."""


def event_name(action: str) -> str:
    """What an event is called."""
    return str(EVENTS.get(action, action))


def detail_text(action: str, detail: Mapping[str, Any], regions: Mapping[str, str]) -> str:
    """An entry's detail on one line: "ruolo: Territorio; Regione: Toscana". What is empty is left out."""
    told = ((name, value) for name, value in sorted(detail.items()) if value is not None and value != "")
    return "; ".join(f"{_DETAILS.get(name, name)}: {_value(action, name, value, regions)}" for name, value in told)


def _value(action: str, name: str, value: Any, regions: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("sì") if value else _("no"))
    if isinstance(value, int):
        return str(format_decimal(value))
    text = str(value)
    if name in ("region", "region_before"):
        return regions.get(text, text)
    known = _VALUES_OF.get((action, name), _VALUES.get(name, {})).get(text)
    if known is not None:
        return str(known)
    if _HASH.fullmatch(text):
        return f"{text[:_SHOWN]}…"
    # A span of days or instants is written with a slash between them.
    return " – ".join(_DAY.sub(_day, _INSTANT.sub(_instant, part)) for part in _ends(text))


def _ends(text: str) -> list[str]:
    parts = text.split("/")
    return parts if len(parts) == 2 and all(_INSTANT.fullmatch(part) or _DAY.fullmatch(part) for part in parts) else [text]


def _instant(found: re.Match[str]) -> str:
    try:
        return short(dt.datetime.fromisoformat(found.group()))
    except ValueError:
        return found.group()


def _day(found: re.Match[str]) -> str:
    try:
        return dt.date.fromisoformat(found.group()).strftime("%d/%m/%Y")
    except ValueError:
        return found.group()
