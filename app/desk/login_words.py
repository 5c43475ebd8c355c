"""How the pages of logins call states, reasons and outcomes.

Not for: whole sentences, which stand in the templates.
Holds always: every code that the rooms below can give has its words here (a test says so).
"""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

LOGIN_STATES: Final[dict[str, tuple[LazyString, str]]] = {
    "never": (_l("Mai attivato"), "neutral"),
    "active": (_l("Attivo"), "success"),
    "emptied": (_l("Azzerato, senza password"), "warning"),
}
"""State of a login → words, and the kind of its tag."""
LISTED: Final[dict[str, LazyString]] = {
    "suspended": _l("Sospesi"),
    "never": _l("Mai attivati"),
    "active": _l("Attivi"),
    "emptied": _l("Azzerati, senza password"),
}
"""By what logins can be listed → words."""
CODE_STATES: Final[dict[str, LazyString]] = {
    "none": _l("Mai emesso"),
    "issued": _l("Emesso, non ancora usato"),
    "used": _l("Già usato"),
    "withdrawn": _l("Ritirato"),
}
RUN_STATES: Final[dict[str, tuple[LazyString, str]]] = {
    "prepared": (_l("Da confermare"), "warning"),
    "running": (_l("In corso"), "primary"),
    "stopped": (_l("Interrotto"), "danger"),
    "ended": (_l("Concluso"), "success"),
    "discarded": (_l("Scartato"), "neutral"),
}
RUN_SOURCES: Final[dict[str, LazyString]] = {
    "file": _l("da un file"),
    "list": _l("da un elenco scritto"),
    "filter": _l("da un filtro delle risposte"),
    "plan": _l("per un passo del piano"),
}
ITEM_STATES: Final[dict[str, tuple[LazyString, str]]] = {
    "waiting": (_l("In attesa"), "neutral"),
    "done": (_l("Azzerato, link inviato"), "success"),
    "no_address": (_l("Azzerato, senza indirizzo"), "warning"),
    "failed": (_l("Non azzerato"), "danger"),
}
ITEM_REASONS: Final[dict[str, LazyString]] = {
    "not_in_force": _l("L'ente nel frattempo ha cessato di esistere."),
    "suspended": _l("L'accesso è sospeso: il link non è partito."),
}
SOURCES: Final[dict[str, LazyString]] = {
    "desk": _l("segreteria"),
    "entity": _l("ente"),
    "ipa": _l("IndicePA"),
    "csv": _l("file importato"),
}
OUTCOMES: Final[dict[str, LazyString]] = {
    "answered": _l("Risposto: l'ente può entrare"),
    "refused": _l("Non è dell'ente: rifiutata"),
    "unreachable": _l("Non si trova nessuno"),
}
DELIVERY_STATES: Final[dict[str, LazyString]] = {
    "unknown": _l("Esito sconosciuto"),
    "failed": _l("Non consegnato"),
    "bounced": _l("Tornato indietro"),
}
RETURN_KINDS: Final[dict[str, LazyString]] = {
    "delivered": _l("Arrivato a destinazione"),
    "relayed": _l("Passato a un altro server, che non conferma"),
    "delayed": _l("In ritardo, il server riprova"),
    "hard": _l("Rifiutato per sempre"),
    "soft": _l("Rifiutato per ora o per filtro"),
    "auto_reply": _l("Risposta automatica"),
    "challenge": _l("Chiede di confermare il mittente"),
    "pec_accepted": _l("PEC: accettazione"),
    "pec_not_accepted": _l("PEC: non accettazione"),
    "pec_taken_over": _l("PEC: presa in carico"),
    "pec_delivered": _l("PEC: avvenuta consegna"),
    "pec_not_delivered": _l("PEC: mancata consegna"),
    "pec_anomaly": _l("PEC: posta ordinaria nella casella certificata"),
    "person": _l("Risposta di una persona"),
    "space": _l("Avviso di casella quasi piena"),
    "other": _l("Non riconosciuto"),
}
"""What came back → words."""
CORRECTION_REASONS: Final[dict[str, LazyString]] = {
    "bad_address": _l("L'indirizzo non esiste o non riceve: non si scrive più lì"),
    "bounced": _l("Il messaggio è tornato indietro"),
    "forwarded": _l("Inoltra a un'altra casella, che rifiuta"),
    "often": _l("Rifiuta da più giorni: casella piena o filtro"),
}
MESSAGE_KINDS: Final[dict[str, LazyString]] = {
    "activation": _l("link di attivazione"),
    "reset": _l("link per una nuova password"),
    "sign_in": _l("link per entrare"),
    "receipt": _l("ricevuta"),
    "extension": _l("proroga"),
    "reopening": _l("riapertura"),
    "address_changed": _l("avviso di indirizzo cambiato"),
    "password_changed": _l("avviso di password cambiata"),
    "reminder": _l("promemoria"),
    "reminder_person": _l("promemoria a chi compila"),
    "thanks": _l("ringraziamento"),
    "results": _l("risultati pubblicati"),
    "reminder_trial": _l("prova di un promemoria"),
    "redirected": _l("risposta inoltrata alla segreteria"),
    "staff_link": _l("link per un utente della gestione"),
    "staff_security": _l("avviso di sicurezza a un utente della gestione"),
    "staff_email_changed": _l("avviso a un utente della gestione"),
}
