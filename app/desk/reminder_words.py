"""How the desk says what reminders and their deliveries are doing: states, reasons, audiences.

Not for: what an entity reads (`app.reminders.wording`).
Holds always: a reason that nobody has put into words yet is shown as it was noted, never hidden.
"""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.mail.delivering import PUT_OFF
from app.mail.groups import SERVER_SAYS, GroupRow
from app.reminders.batches import CANCELLED
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC
from app.reminders.hook import ADDRESS_GONE, BATCH_GONE, ENTITY_GONE, PATRON, PERSON_GONE, WORDS
from app.reminders.occasions import AFTERWARDS, REMINDER

AUDIENCE_WORDS: Final[dict[str, LazyString]] = {
    "not_started": _l("Non ha ancora iniziato"),
    "draft": _l("Ha una bozza non inviata"),
    "lead": _l("Altri Comuni contano sulla sua risposta"),
    "member": _l("Dovrebbe rispondere per lui un ente che tace"),
    "answered": _l("Ha risposto"),
}
OCCASION_WORDS: Final[dict[str, LazyString]] = {
    "advance": _l("Avviso prima dell'apertura"),
    "invitation": _l("Invito all'apertura"),
    "reminder": _l("Promemoria"),
    "last": _l("Ultimo promemoria prima della scadenza"),
    "extension": _l("Proroga"),
    "thanks": _l("Grazie, a chi ha risposto"),
    "results": _l("Risultati pubblicati, a chi ha risposto o è rappresentato"),
}
LANGUAGE_WORDS: Final[dict[str, LazyString]] = {
    "it": _l("Italiano"),
    "de": _l("Tedesco"),
    "fr": _l("Francese"),
    "sl": _l("Sloveno"),
}
LEFT_OUT_WORDS: Final[dict[str, LazyString]] = {
    "by_hand": _l("Esclusi a mano"),
    "submitted": _l("Hanno già inviato la risposta"),
    "covered": _l("Un altro ente ha già risposto per loro"),
    "through_lead": _l("Risponde un altro ente: il promemoria va a quello"),
    "deadline_passed": _l("La loro scadenza è passata"),
    "not_answered": _l("Non hanno inviato una risposta"),
    "invited": _l("Hanno già avuto l'invito"),
    "enough_messages": _l("Hanno già avuto tre promemoria in questa edizione"),
    "no_address": _l("Non hanno un indirizzo e-mail"),
    "no_pec_address": _l("Non hanno un indirizzo PEC"),
    "bad_address": _l("Il loro indirizzo è stato rifiutato da un server di posta"),
}
CHANNEL_WORDS: Final[dict[str, LazyString]] = {
    BY_EMAIL: _l("E-mail"),
    BY_PEC: _l("PEC, spedita dal programma"),
    BY_HAND: _l("PEC, spedita a mano"),
}
RECEIPT_WORDS: Final[dict[str, LazyString]] = {
    "accepted": _l("Accettate"),
    "delivered": _l("Consegnate"),
    "failed": _l("Non consegnate"),
    "silent": _l("Senza ricevuta"),
}
"""What the receipts say of a batch's certified messages; without: neither delivered nor refused a day after they left."""
VERDICT_WORDS: Final[dict[str, LazyString]] = {
    "found": _l("Da registrare"),
    "known": _l("Già registrata"),
    "no_receipt": _l("Non è una ricevuta PEC"),
    "no_code": _l("Non ha il codice [Rif. …] nell'oggetto"),
    "other_batch": _l("Il suo codice non è di questo promemoria"),
    "other_recipient": _l("Riguarda un altro indirizzo"),
}
STATE_WORDS: Final[dict[str, LazyString]] = {
    "queued": _l("Da inviare"),
    "claimed": _l("In partenza"),
    "data": _l("In invio"),
    "retry_wait": _l("Da riprovare"),
    "accepted": _l("Inviati"),
    "delivered": _l("Arrivati"),
    "bounced": _l("Tornati indietro"),
    "failed": _l("Non riusciti"),
    "unknown": _l("Esito sconosciuto"),
    "cancelled": _l("Non più necessari o annullati"),
}
TROUBLE_WORDS: Final[dict[str, LazyString]] = {
    "failed": _l("Non riuscito"),
    "bounced": _l("Tornato indietro"),
    "unknown": _l("Esito sconosciuto"),
}
"""What became of one message, beside its address."""
_REASONS: Final[dict[str, LazyString]] = {
    CANCELLED: _l("Il promemoria è stato annullato"),
    BATCH_GONE: _l("Il promemoria non c'è più"),
    ENTITY_GONE: _l("L'ente non esiste più"),
    ADDRESS_GONE: _l("L'indirizzo non è più dell'ente"),
    WORDS["submitted"]: _l("L'ente ha inviato la risposta"),
    WORDS["covered"]: _l("Un altro ente ha risposto per lui"),
    WORDS["through_lead"]: _l("L'ente ha indicato che risponde un altro"),
    WORDS["deadline_passed"]: _l("La scadenza è passata"),
    WORDS["not_answered"]: _l("L'ente non ha una risposta inviata"),
    PERSON_GONE: _l("La persona non compila più, o non vuole promemoria"),
    WORDS["overtaken"]: _l("Un passo successivo del piano ha preso il suo posto"),
    PATRON: _l("L'ente festeggia il patrono: parte il giorno lavorativo dopo"),
    "the address is known as bad": _l("L'indirizzo è stato rifiutato da un server di posta"),
    "the sender stopped after DATA": _l("L'invio si è interrotto a metà: forse il messaggio è arrivato"),
    PUT_OFF: _l("Il server PEC l'ha rimandato a metà invio: una PEC non riparte da sola"),
    "too many tries": _l("Dopo molti tentativi il server non lo ha accettato"),
}


def left_out_words(channel: str, occasion: str = REMINDER) -> dict[str, LazyString]:
    """Why entities are left out of a batch that goes by this channel, for this occasion."""
    if occasion in AFTERWARDS:
        return LEFT_OUT_WORDS | {"enough_messages": _l("Hanno già avuto questo messaggio in questa edizione")}
    if channel == BY_EMAIL:
        return LEFT_OUT_WORDS
    return LEFT_OUT_WORDS | {
        "enough_messages": _l("Hanno già avuto due promemoria per PEC in questa edizione"),
        "bad_address": _l("Il loro indirizzo PEC è stato rifiutato"),
    }


def reason_in_words(reason: str) -> str:
    """Why a delivery is where it is."""
    return str(_REASONS.get(reason, reason))


def pause_in_words(group: GroupRow) -> str:
    """Why a batch is paused: what a person wrote, or what the mail server said."""
    if group.pause_reason.startswith(SERVER_SAYS):
        reply = group.pause_reason.removeprefix(SERVER_SAYS)
        return str(_("il server di posta rifiuta i nostri messaggi e ha risposto «%(reply)s»", reply=reply))
    return group.pause_reason


def standing_in_words(group: GroupRow | None, counts: dict[str, int]) -> tuple[str, str]:
    """(kind of tag, word) for where a batch stands."""
    waiting = counts["queued"] + counts["retry_wait"] + counts["claimed"] + counts["data"]
    if group is not None and group.cancelled_at is not None:
        return "neutral", _("Annullato")
    if group is not None and group.paused_at is not None:
        return "warning", _("In pausa")
    if waiting and waiting == sum(counts.values()) and not (group is not None and group.by_hand):
        return "primary", _("Programmato")
    if waiting and group is not None and group.by_hand:
        return "warning", _("Da spedire a mano")
    return ("primary", _("In corso")) if waiting else ("success", _("Concluso"))
