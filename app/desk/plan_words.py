"""How the desk says what the steps of a plan are, when they go, why they wait, and what is wrong with them.

Not for: what an entity reads, or the rules themselves (`app.reminders.plans`).
Holds always: what is wrong is said with what mends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import format_date, format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.desk.reminder_words import CHANNEL_WORDS
from app.editions.current import EditionView
from app.reminders.channels import PAPER
from app.reminders.plans.checks import Fault
from app.reminders.plans.moving import MOVED
from app.reminders.plans.resolving import INVITATION, LETTER
from app.reminders.plans.running import LATE, NOBODY, OUT_OF_ORDER, OVER, OVERTAKEN
from app.reminders.plans.steps import Content, Step, frame_of

KIND_WORDS: Final[dict[str, LazyString]] = {
    "letter": _l("Lettera di preavviso"),
    "invitation": _l("Invito"),
    "reminder": _l("Promemoria"),
    "certified": _l("Promemoria per PEC"),
}
STEP_CHANNEL_WORDS: Final[dict[str, LazyString]] = {PAPER: _l("Lettera stampata"), **CHANNEL_WORDS}
STATE_WORDS: Final[dict[str, tuple[str, LazyString]]] = {
    "planned": ("primary", _l("Previsto")),
    "approved": ("success", _l("Approvato: parte da solo")),
    "paused": ("warning", _l("In pausa")),
    "skipped": ("neutral", _l("Saltato")),
    "done": ("success", _l("Fatto")),
}
WAITS: Final[dict[str, LazyString]] = {
    "unapproved": _l("Aspetta che qualcuno lo approvi: senza, non parte."),
    "faulty": _l("Non parte finché non è corretto quello che non va."),
    "not_open": _l("Aspetta che l'edizione sia aperta."),
    "paper": _l("È il giorno delle lettere."),
    "changed": _l("È cambiato in questo momento: si riprova al prossimo giro."),
}
NOTES: Final[dict[str, LazyString]] = {
    LATE: _l("Il suo giorno era passato senza che qualcuno lo approvasse."),
    OUT_OF_ORDER: _l("Un passo successivo era già partito."),
    NOBODY: _l("Nessun ente lo avrebbe ricevuto."),
    OVER: _l("L'edizione era finita."),
    OVERTAKEN: _l("Era in ritardo, ed era già il giorno di un passo successivo."),
    MOVED: _l("Con le nuove date dell'edizione il suo giorno era già passato."),
}
_FAULTS: Final[dict[str, LazyString]] = {
    "before_opening": _l("Cade prima dell'apertura: scegli un giorno successivo."),
    "letter_late": _l("La lettera arriva dopo l'apertura: scegli un giorno precedente."),
    "after_deadline": _l("Cade dopo la scadenza: scegli un giorno precedente."),
    "ends_late": _l(
        "Gli ultimi messaggi partono a meno di un giorno dalla scadenza: scegli un ritmo più alto o un giorno prima."
    ),
    "rest_day": _l("Nel giorno scelto gli uffici sono chiusi: parte nel giorno lavorativo indicato."),
    "no_certified": _l("Il programma non può spedire PEC: manca il server. Scegli la PEC a mano."),
    "no_template": _l("Il testo scelto non c'è più: scegline un altro."),
}


def note_in_words(step: Step) -> str:
    """Why a step is paused or skipped: the program's reason, or what somebody wrote."""
    return str(NOTES.get(step.note, step.note))


def when_in_words(content: Content) -> str:
    """Which day was meant."""
    if content.moved_to is not None:
        return str(_("spostato a mano al %(day)s", day=format_date(content.moved_to, "d MMMM y")))
    number = abs(content.days)
    if content.kind not in {LETTER, INVITATION}:
        before = ngettext("%(num)d giorno prima della scadenza", "%(num)d giorni prima della scadenza", number)
        return str(before) if number else _("il giorno della scadenza")
    if not number:
        return str(_("il giorno dell'apertura"))
    if content.days < 0:
        return str(
            ngettext("%(num)d giorno lavorativo prima dell'apertura", "%(num)d giorni lavorativi prima dell'apertura", number)
        )
    return str(ngettext("%(num)d giorno lavorativo dopo l'apertura", "%(num)d giorni lavorativi dopo l'apertura", number))


def shift_in_words(step: Step, edition: EditionView) -> str:
    """Why it goes on another day than was meant, "" if it does not."""
    due = step.due(frame_of(edition))
    if step.is_done or not due.is_shifted:
        return ""
    told = {"day": format_date(due.wanted, "EEEE d MMMM")}
    if due.day < due.wanted:
        return str(_("Il %(day)s gli uffici sono chiusi: parte il giorno lavorativo prima.", **told))
    return str(_("Il %(day)s gli uffici o il modulo sono chiusi: parte il giorno lavorativo dopo.", **told))


def fault_in_words(fault: Fault, names: Mapping[int, str]) -> str:
    """What is wrong with a step, and what mends it. `names`: of all steps, by id."""
    other = names.get(fault.other or 0, "")
    if fault.reason == "same_day":
        return str(_("Cade nello stesso giorno di «%(name)s»: spostane uno.", name=other))
    if fault.reason == "order":
        return str(
            _("È nell'ordine sbagliato rispetto a «%(name)s»: prima la lettera, poi l'invito, poi i promemoria.", name=other)
        )
    params = {name: format_decimal(value) if isinstance(value, int) else value for name, value in fault.params.items()}
    if fault.reason == "too_many":
        return str(
            _(
                "Sarebbe il messaggio numero %(number)s per questo canale: chi ne ha già avuti %(most)s resta fuori. Per "
                "scrivere anche a loro, scrivi nel passo perché.",
                **params,
            )
        )
    if fault.reason == "no_time":
        needed = fault.params["needed"]
        mend = _("Servono %(needed)s messaggi l'ora.", **params) if needed else _("Scegli un giorno prima.")
        text = _("A %(pace)s messaggi l'ora i %(messages)s messaggi non partono tutti prima della scadenza.", **params)
        return f"{text} {mend}"
    return str(_FAULTS[fault.reason])
