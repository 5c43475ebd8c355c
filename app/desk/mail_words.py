"""What is wrong with the sending of mail, in words, with what to do.

Not for: finding it out (`app.mail.health`).
Holds always: every problem that there can be has its words here (a test says so); a command stands where only a command helps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.editions.messages import minute
from app.mail import health
from app.mail.health import OutboxHealth
from app.mail.holds import BY_HAND, HoldRow
from app.mail.returns.space import MailboxRow
from app.web.language import current_language

PROBLEM_TITLES: Final[dict[str, LazyString]] = {
    health.NO_WORKER: _l("Nessuno sta inviando la posta"),
    health.LATE_MAIL: _l("La posta è in ritardo"),
    health.HELD: _l("Tutti gli invii sono fermi"),
    health.CLOCK_AHEAD: _l("L'orologio di un server è andato avanti"),
    health.REFUSED: _l("Il server di posta rifiuta i nostri messaggi"),
    health.UNKNOWN: _l("Di alcuni messaggi non si sa se sono arrivati"),
    health.MAILBOX_FULL: _l("Una nostra casella è quasi piena"),
}
MAILBOX_NAMES: Final[dict[str, LazyString]] = {"imap": _l("Casella dei messaggi che tornano"), "pec": _l("Casella PEC")}


@dataclass(frozen=True, slots=True)
class MailProblem:
    """Something that is wrong. `told`: what was seen; `foreign`: what a server or a person wrote; `todo`: what to do."""

    word: str
    title: str
    told: tuple[str, ...]
    todo: str
    foreign: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def problems_in_words(found: OutboxHealth) -> list[MailProblem]:
    """All that is wrong, the most urgent first."""
    return [_PROBLEMS[word](found) for word in found.problems]


def span_in_words(span: dt.timedelta) -> str:
    """How long: "12 minuti", "3 ore"."""
    return str(format_timedelta(span, granularity="minute"))


def room_in_words(box: MailboxRow) -> str:
    """How full a mailbox is."""
    if box.percent is None:
        return str(_("quanto spazio resta non si sa"))
    return str(_("spazio usato: %(percent)d%%", percent=box.percent))


def _at(instant: dt.datetime) -> str:
    return minute(instant, current_language())


def _problem(word: str, told: tuple[str, ...], todo: str, **more: tuple[str, ...]) -> MailProblem:
    return MailProblem(word, str(PROBLEM_TITLES[word]), told, todo, **more)


def _no_worker(found: OutboxHealth) -> MailProblem:
    if found.workers:
        heard = _("L'ultimo servizio di invio si è fatto sentire il %(when)s.", when=_at(found.workers[0].seen_at))
    else:
        heard = _("Nelle ultime 24 ore nessun servizio di invio si è fatto sentire.")
    waits = _("Messaggi da inviare: %(due)d adesso, altri %(soon)d entro un'ora.", due=found.due, soon=found.soon)
    todo = _("Chi gestisce il server deve avviare il servizio di invio. Nulla va perso: i messaggi partono quando è avviato.")
    return _problem(health.NO_WORKER, (heard, waits), todo, commands=("flask --app wsgi mail deliver --loop",))


def _late(found: OutboxHealth) -> MailProblem:
    span = span_in_words(found.late_by)
    told = _(
        "Il messaggio che aspetta da più tempo poteva partire da %(span)s. Da inviare adesso: %(due)d.",
        span=span,
        due=found.due,
    )
    todo = _("Chi gestisce il server guardi che cosa dice il servizio di invio, e se i limiti di ritmo sono troppo bassi.")
    return _problem(health.LATE_MAIL, (told,), todo, commands=("journalctl -u ricognizione-mail",))


def _held(found: OutboxHealth) -> MailProblem:
    todo = _(
        "Sul server che invia, chi lo gestisce guarda le differenze con il primo comando e con il secondo dà il via. Nulla "
        "riparte da solo, perché nessuno riceva due volte lo stesso messaggio."
    )
    commands = ("flask --app wsgi mail compare", "flask --app wsgi mail confirm")
    return _problem(
        health.HELD,
        tuple(_hold(one) for one in found.holds),
        todo,
        foreign=tuple(one.detail for one in found.holds if one.detail),
        commands=commands,
    )


def _hold(one: HoldRow) -> str:
    if one.reason == BY_HAND:
        return str(_("Dal %(when)s: li ha fermati una persona.", when=_at(one.since)))
    return str(
        _(
            "Dal %(when)s: il database non sa di invii già fatti. Di solito è stato ripristinato da una copia.",
            when=_at(one.since),
        )
    )


def _clock_ahead(found: OutboxHealth) -> MailProblem:
    told = tuple(
        _(
            "Server %(machine)s: avanti di %(span)s.",
            machine=one.machine,
            span=span_in_words(dt.timedelta(seconds=one.clock_ahead)),
        )
        for one in found.clocks_ahead
    )
    todo = _(
        "Quello che è programmato per più tardi aspetta, perché non parta in anticipo. Se l'ora del server è sbagliata, chi lo "
        "gestisce la corregge; se è giusta, chi amministra lo dice qui o con il comando."
    )
    return _problem(health.CLOCK_AHEAD, told, todo, commands=("flask --app wsgi mail clock --right",))


def _refused(found: OutboxHealth) -> MailProblem:
    told, foreign = [], [one.words for one in found.refused]
    number = len(found.refused)
    if number:
        told.append(ngettext("Un gruppo di messaggi è in pausa.", "%(num)d gruppi di messaggi sono in pausa.", number))
    if found.refusal is not None:
        told.append(
            ngettext(
                "Un messaggio singolo aspetta di essere riprovato.",
                "%(num)d messaggi singoli aspettano di essere riprovati.",
                found.refusal.number,
            )
        )
        foreign.append(found.refusal.words)
    todo = _(
        "Chi gestisce il server controlli nome utente, password e mittente della posta. Poi riprendi i promemoria in pausa, "
        "ciascuno dalla sua pagina: sono elencati sotto."
    )
    return _problem(health.REFUSED, tuple(map(str, told)), todo, foreign=tuple(dict.fromkeys(foreign)))


def _unknown(found: OutboxHealth) -> MailProblem:
    number = found.counts["unknown"]
    told = ngettext(
        "La linea è caduta durante l'invio di un messaggio.", "La linea è caduta durante l'invio di %(num)d messaggi.", number
    )
    todo = _("Decidi per ciascuno se è arrivato o se va rimandato, nella pagina delle consegne.")
    return _problem(health.UNKNOWN, (str(told),), todo)


def _mailbox_full(found: OutboxHealth) -> MailProblem:
    told = tuple(f"{MAILBOX_NAMES.get(one.name, one.name)}: {room_in_words(one)}." for one in found.full_mailboxes)
    todo = _("Fai spazio nella casella: se è piena non riceve più né rapporti né ricevute, e nessuno se ne accorge.")
    return _problem(health.MAILBOX_FULL, told, todo, foreign=tuple(one.warning for one in found.full_mailboxes if one.warning))


_PROBLEMS: Final[dict[str, Callable[[OutboxHealth], MailProblem]]] = {
    health.NO_WORKER: _no_worker,
    health.LATE_MAIL: _late,
    health.HELD: _held,
    health.CLOCK_AHEAD: _clock_ahead,
    health.REFUSED: _refused,
    health.UNKNOWN: _unknown,
    health.MAILBOX_FULL: _mailbox_full,
}
