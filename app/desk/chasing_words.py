"""What the chasing pages call states, kinds, size classes, outcomes, messages and deeds; and instants in short.

Not for: the sentences of a page (its template has them).
Holds always: a code that has no word yet is shown as it is, never an error: other rooms add kinds of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Protocol

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.editions.files import ROME

STATE_WORDS: Final[dict[str, LazyString]] = {
    "never": _l("Mai aperto"),
    "opened": _l("Aperto, nulla scritto"),
    "draft": _l("Bozza"),
    "submitted": _l("Inviata"),
    "covered": _l("Coperto"),
}
STATE_KINDS: Final = {"never": "danger", "opened": "warning", "draft": "warning", "submitted": "success", "covered": "primary"}
PROBLEM_WORDS: Final[dict[str, LazyString]] = {
    "no_address": _l("Senza indirizzo"),
    "bad_address": _l("Con un indirizzo che non funziona"),
    "doubly_claimed": _l("Indicato da due capofila"),
    "call_back": _l("Da richiamare"),
    "waits_for_lead": _l("Aspetta il capofila"),
    "leads": _l("Capofila"),
    "silent_lead": _l("Capofila che non ha inviato"),
    "late_work": _l("Con risposte arrivate dopo la scadenza"),
    "by_phone": _l("Inviata al telefono"),
    "phone_unconfirmed": _l("Al telefono, non confermata da 10 giorni"),
    "phone_contested": _l("Al telefono, con qualcosa che non va"),
    "no_pec": _l("Senza PEC"),
    "bounced": _l("Ultimo promemoria tornato indietro"),
    "extension": _l("Con una proroga propria"),
}
KIND_WORDS: Final[dict[str, LazyString]] = {
    "municipality": _l("Comune"),
    "union": _l("Unione di Comuni"),
    "metropolitan": _l("Città metropolitana"),
    "consortium": _l("Consorzio"),
    "ambito": _l("Ente d'Ambito"),
    "province": _l("Provincia"),
    "region": _l("Regione"),
    "other": _l("Altro ente"),
}
SIZE_WORDS: Final[dict[int, LazyString]] = {
    1: _l("Meno di 1.000 residenti"),
    2: _l("Da 1.000 a 4.999"),
    3: _l("Da 5.000 a 19.999"),
    4: _l("Da 20.000 a 99.999"),
    5: _l("100.000 o più"),
}
OUTCOME_WORDS: Final[dict[str, LazyString]] = {
    "will_answer": _l("Risponderà"),
    "sent_now": _l("Ha inviato durante la telefonata"),
    "no_answer": _l("Nessuno ha risposto"),
    "call_back": _l("Richiamare"),
    "refused": _l("Non vuole rispondere"),
    "wrong_contact": _l("Contatto sbagliato"),
    "nothing_to_report": _l("Non ha nulla da segnalare"),
    "through_lead": _l("Risponde il capofila"),
    "merged": _l("Ente fuso o soppresso"),
    "other": _l("Altro"),
    "phone_begun": _l("Compilazione al telefono, non inviata"),
    "phone_sent": _l("Risposta inviata al telefono"),
}
MESSAGE_WORDS: Final[dict[str, LazyString]] = {
    "activation": _l("Invito"),
    "reset": _l("Nuova password"),
    "sign_in": _l("Link per accedere"),
    "receipt": _l("Ricevuta"),
    "reminder": _l("Promemoria"),
    "reminder_person": _l("Promemoria a chi compila"),
    "thanks": _l("Ringraziamento"),
    "results": _l("Risultati pubblicati"),
    "extension": _l("Proroga"),
    "reopening": _l("Riapertura"),
    "address_changed": _l("Avviso di indirizzo cambiato"),
    "password_changed": _l("Avviso di password cambiata"),
    "operator_invitation": _l("Invito a un collega"),
    "operator_verification": _l("Verifica di un indirizzo"),
    "second_step": _l("Codice per entrare"),
    "telephone_copy": _l("Copia da confermare"),
    "thread_message": _l("Avviso di un messaggio"),
    "thread_staff": _l("Avviso alla segreteria"),
}
DELIVERY_WORDS: Final[dict[str, LazyString]] = {
    "queued": _l("in coda"),
    "claimed": _l("in partenza"),
    "data": _l("in partenza"),
    "accepted": _l("inviato"),
    "delivered": _l("arrivato"),
    "bounced": _l("tornato indietro"),
    "retry_wait": _l("da ritentare"),
    "failed": _l("non riuscito"),
    "unknown": _l("esito sconosciuto"),
    "cancelled": _l("annullato"),
}
DELIVERY_KINDS: Final = {
    **{"accepted": "success", "delivered": "success", "retry_wait": "warning"},
    **{"bounced": "danger", "failed": "danger", "unknown": "danger"},
}
ANSWER_WORDS: Final[dict[str, LazyString]] = {
    "answer": _l("risposta"),
    "nothing": _l("nulla da segnalare"),
    "declaration": _l("risponde un altro ente"),
}


def word(words: Mapping[str, LazyString], code: str) -> str:
    """What a code is called; the code itself where nobody has named it."""
    known = words.get(code)
    return code if known is None else str(known)


class Promised(Protocol):
    """A call in which somebody may have promised to call again."""

    @property
    def call_back_on(self) -> dt.date | None: ...
    @property
    def call_back_time(self) -> str: ...


def back_text(call: Promised) -> str:
    """When to call again, in Rome: "18/03/2026 10:30", or the day alone; empty where nobody promised it."""
    return f"{call.call_back_on:%d/%m/%Y} {call.call_back_time}".rstrip() if call.call_back_on else ""


def short(instant: dt.datetime | None) -> str:
    """A minute in Rome in figures, the same in all our languages: "16/03/2026 10:00"; empty for none. A hundred stand in a
    list, where Babel would cost more than the queries."""
    return "" if instant is None else instant.astimezone(ROME).strftime("%d/%m/%Y %H:%M")


def short_day(instant: dt.datetime | None) -> str:
    """Its day: "16/03/2026"."""
    return "" if instant is None else instant.astimezone(ROME).strftime("%d/%m/%Y")
