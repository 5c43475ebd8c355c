"""What the events of the audit record and their details are called on the page.

Not for: which events there are: an operation that is not in the table is shown by its own name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import format_datetime, to_user_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.roles import ROLE_NAMES

EVENTS: Final[dict[str, LazyString]] = {
    "staff_signed_in": _l("Entrata nella gestione"),
    "staff_added": _l("Utente aggiunto"),
    "staff_activated": _l("Utente attivato"),
    "staff_role_changed": _l("Ruolo cambiato"),
    "staff_disabled": _l("Utente disattivato"),
    "staff_enabled": _l("Utente riattivato"),
    "staff_login_reset": _l("Accesso di un utente azzerato"),
    "staff_link_created": _l("Link di attivazione per un utente"),
    "staff_password_changed": _l("Password di un utente cambiata"),
    "staff_sessions_ended": _l("Altri accessi di un utente terminati"),
    "signed_in": _l("Entrata di un ente"),
    "entity_activated": _l("Accesso dell'ente attivato"),
    "password_replaced": _l("Password dell'ente cambiata"),
    "login_reset": _l("Accesso dell'ente azzerato"),
    "sessions_ended": _l("Accessi dell'ente terminati"),
    "activation_link_created": _l("Link di attivazione per un ente"),
    "reset_link_created": _l("Link per una nuova password di un ente"),
    "activation_code_shown": _l("Codice della lettera mostrato"),
    "message_asked_for": _l("Messaggio chiesto"),
    "access_requested": _l("Accesso richiesto"),
    "access_request_handled": _l("Richiesta di accesso chiusa"),
    "login_unlocked": _l("Accesso dell'ente sbloccato"),
    "login_run_prepared": _l("Azzeramento di più accessi preparato"),
    "login_run_confirmed": _l("Azzeramento di più accessi confermato"),
    "login_run_stopped": _l("Azzeramento di più accessi fermato"),
    "login_run_ended": _l("Azzeramento di più accessi finito"),
    "operator_added": _l("Persona aggiunta a chi compila"),
    "operator_removed": _l("Persona tolta da chi compila"),
    "operator_restored": _l("Persona rimessa tra chi compila"),
    "address_added": _l("Indirizzo aggiunto"),
    "address_ended": _l("Indirizzo tolto"),
    "address_change_proposed": _l("Modifica di indirizzo proposta"),
    "address_change_decided": _l("Modifica di indirizzo decisa"),
    "address_changed": _l("Indirizzo cambiato"),
    "delivery_decided": _l("Esito di una consegna deciso"),
    "mail_address_allowed": _l("Indirizzo riammesso alla posta"),
    "response_submitted": _l("Risposta inviata"),
    "declaration_withdrawn": _l("Dichiarazione ritirata"),
    "coverage_replied": _l("Risposta su chi risponde per chi"),
    "reopening_requested": _l("Riapertura richiesta"),
    "reopening_refused": _l("Riapertura rifiutata"),
    "deadline_extended": _l("Proroga concessa"),
    "response_reopened": _l("Risposta riaperta"),
    "call_noted": _l("Telefonata annotata"),
    "call_removed": _l("Telefonata tolta"),
    "call_restored": _l("Telefonata rimessa"),
    "note_added": _l("Nota aggiunta"),
    "note_removed": _l("Nota tolta"),
    "note_restored": _l("Nota rimessa"),
    "respondents_exported": _l("Elenco degli enti scaricato"),
    "edition_created": _l("Edizione creata"),
    "edition_changed": _l("Edizione modificata"),
    "edition_stored": _l("Edizione salvata"),
    "edition_moved": _l("Stato dell'edizione cambiato"),
    "letters_made": _l("Lettere stampate"),
    "registry_loaded": _l("Anagrafica caricata"),
    "registry_imported": _l("Anagrafica aggiornata da un file"),
}
_DETAILS: Final[dict[str, LazyString]] = {
    "role": _l("ruolo"),
    "region": _l("Regione"),
    "by": _l("con"),
    "mail": _l("per e-mail"),
    "count": _l("quanti"),
    "reason": _l("motivo"),
    "addresses": _l("indirizzi"),
    "edition": _l("edizione"),
    "letters": _l("lettere"),
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
    "logins": _l("accessi"),
    "left": _l("rimasti"),
    "rows": _l("righe"),
    "number": _l("ricevuta n."),
    "version": _l("versione"),
    "content": _l("impronta"),
    "earlier": _l("edizione precedente"),
}
_VALUES: Final[dict[tuple[str, str], LazyString]] = {
    ("by", "password"): _l("password"),
    ("by", "link"): _l("link"),
    ("by", "code"): _l("codice della lettera"),
    ("by", "demo"): _l("comando della dimostrazione"),
    **{("role", role): name for role, name in ROLE_NAMES.items()},
}
_LONGEST: Final = 20


def event_name(action: str) -> str:
    """What an event is called."""
    return str(EVENTS.get(action, action))


def detail_text(detail: Mapping[str, Any], regions: Mapping[str, str]) -> str:
    """An entry's detail on one line: "ruolo: Territorio; Regione: Toscana". Long hashes are shortened."""
    return "; ".join(f"{_DETAILS.get(name, name)}: {_value(name, value, regions)}" for name, value in sorted(detail.items()))


def _value(name: str, value: Any, regions: Mapping[str, str]) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("sì") if value else _("no"))
    text = str(value)
    if name == "region":
        return regions.get(text, text)
    known = _VALUES.get((name, text))
    if known is not None:
        return str(known)
    if name.endswith("_at") or name == "deadline":
        return _instant(text)
    is_hash = len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)
    return f"{text[:_LONGEST]}…" if is_hash else text


def _instant(text: str) -> str:
    try:
        return str(format_datetime(to_user_timezone(dt.datetime.fromisoformat(text)), "d MMM y, HH:mm", rebase=False))
    except ValueError:
        return text
