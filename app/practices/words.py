"""What practices, their states, their fields and what happens with them are called: the one set of words for every page.

Not for: the labels of codes (`vocabulary.py`); what stands in the files of open data (`opendata/columns.py`), which is data and
the same in every language; what follows from a state for the entity (`app.fill.outcome_words`).
Holds always: each kind, state and field of a record has its words; they are in the language of who reads.
"""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.practices.models import APPROVED, CENTRE, INITIATIVE, PRACTICE, REJECTED, SENT_BACK, WAITING, WITHDRAWN

KIND_NAMES: Final[dict[str, LazyString]] = {
    PRACTICE: _l("Buona pratica"),
    CENTRE: _l("Centro per le famiglie"),
    INITIATIVE: _l("Iniziativa della Regione"),
}
KIND_PLURALS: Final[dict[str, LazyString]] = {
    PRACTICE: _l("Buone pratiche"),
    CENTRE: _l("Centri per le famiglie"),
    INITIATIVE: _l("Iniziative delle Regioni"),
}
STATE_TAGS: Final[dict[str, tuple[LazyString, str]]] = {
    WAITING: (_l("Da valutare"), "warning"),
    SENT_BACK: (_l("Rinviata all'ente"), "primary"),
    APPROVED: (_l("Approvata"), "success"),
    REJECTED: (_l("Non accolta"), "neutral"),
    WITHDRAWN: (_l("Ritirata"), "neutral"),
}
"""State → its words at the desk and the kind of its tag."""
HAPPENED: Final[dict[str, LazyString]] = {
    "arrived": _l("Arrivata con la risposta"),
    "imported": _l("Ripresa da un'edizione precedente"),
    "written": _l("Scritta dalla segreteria o dalla Regione"),
    "rewritten": _l("Corretta dalla segreteria o dalla Regione"),
    "sent_again": _l("Inviata di nuovo dall'ente"),
    "confirmed": _l("Confermata dall'ente com'era"),
    "taken_out": _l("Tolta dall'ente dalla sua risposta"),
    "assigned": _l("Assegnata"),
    "approved": _l("Approvata"),
    "sent_back": _l("Rinviata all'ente"),
    "rejected": _l("Non accolta"),
    "withdrawn": _l("Ritirata dal pubblico"),
    "reopened": _l("Rimessa in revisione"),
    "decision_undone": _l("Decisione annullata"),
    "published": _l("Pubblicata"),
    "retracted": _l("Tolta da tutte le pubblicazioni"),
}
"""A line of history → its words; one that is not here is shown as it is."""
FIELD_NAMES: Final[dict[str, LazyString]] = {
    "title": _l("Titolo"),
    "area": _l("Macro-area"),
    "types": _l("Tipologia di intervento"),
    "description": _l("Descrizione"),
    "recipients": _l("A chi si rivolge"),
    "level": _l("Livello territoriale"),
    "municipalities": _l("Comuni coinvolti"),
    "beneficiaries": _l("Beneficiari"),
    "started": _l("Inizio"),
    "ended": _l("Conclusione"),
    "status": _l("Stato di avanzamento"),
    "partners": _l("Enti e soggetti coinvolti"),
    "funding": _l("Fonti di finanziamento"),
    "results": _l("Risultati"),
    "address": _l("Sede"),
    "email": _l("E-mail pubblica"),
    "phone": _l("Telefono pubblico"),
    "url": _l("Sito web"),
    "management": _l("Modalità di gestione"),
    "services": _l("Servizi offerti"),
    "professions": _l("Figure professionali"),
    "place": _l("Posizione sulla mappa"),
    "language": _l("Lingua in cui è scritta"),
}
"""All that is shown of a record, in the order in which it is read. `place` stands for latitude and longitude together."""
SHORT_NAMES: Final[dict[str, LazyString]] = {
    "text": _l("Testo"),
    "area": _l("Area"),
    "types": _l("Tipo"),
    "recipients": _l("Destinatari"),
    "funding": _l("Finanziamento"),
    "region": _l("Regione"),
    "level": _l("Livello"),
    "year": _l("Anno"),
    "kind": _l("Che cosa"),
    "services": _l("Servizi"),
    "management": _l("Come è gestito"),
    "professions": FIELD_NAMES["professions"],
    "partners": _l("Partner"),
}
"""The fields of a filter or a card, where there is room for a word or two."""
