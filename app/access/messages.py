"""What a person is told who could not come in or set a password: each says what to do now."""

from __future__ import annotations

import datetime as dt

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from app.accounts.codes import DIGITS


def page_too_old() -> str:
    """For a form whose token is of another session."""
    return str(_("La pagina era aperta da troppo tempo. Controlla i dati e invia di nuovo."))


def too_busy() -> str:
    """For a password that could not be checked now."""
    return str(_("Il servizio è molto occupato. Riprova tra qualche secondo."))


def wrong_password(label: str) -> str:
    """For a password that is not the entity's, or an entity that has none."""
    return str(
        _(
            "La password non è quella di %(name)s. Controlla maiuscole e minuscole. Se è la prima volta o non la ricordi, usa "
            "uno degli altri modi qui sotto.",
            name=label,
        )
    )


def wrong_staff_sign_in() -> str:
    """For every wrong combination of address, password and code."""
    return str(
        _(
            "E-mail, password e codice non vanno bene insieme. Controlla tutti e tre; se il codice è già stato usato, aspetta "
            "il prossimo. Se non riesci, chiedi un nuovo link a chi amministra il sito."
        )
    )


def wrong_staff_code() -> str:
    """For six digits that do not show that the phone is connected."""
    return str(
        _(
            "Il codice non è quello che il telefono mostra ora. Aspetta il prossimo e scrivilo subito; se succede ancora, "
            "controlla che l'ora del telefono sia automatica."
        )
    )


def emptied_password(label: str) -> str:
    """For a password that a reset has ended."""
    return str(
        _(
            "La password di %(name)s è stata azzerata: scegline una nuova con il link inviato per e-mail al tuo ente, o usa "
            "uno degli altri modi qui sotto.",
            name=label,
        )
    )


def ask_the_desk(label: str) -> str:
    """For a login that is suspended: nothing more than whom to ask."""
    return str(_("Per entrare come %(name)s chiama i contatti in fondo alla pagina: ti aiutano loro.", name=label))


def password_set(label: str) -> str:
    """For a password that has just been set."""
    return str(_("La password è impostata. Da ora %(name)s accede con questa.", name=label))


def mistyped_code(reason: str, digits: int) -> str:
    """For what cannot be a code: how to find the slip."""
    if reason == "letters":
        return str(_("Il codice è fatto di sole cifre: sono %(count)d, a gruppi di quattro.", count=DIGITS))
    if reason == "length":
        text = ngettext(
            "Hai scritto %(num)d cifra: il codice ne ha 16, a gruppi di quattro.",
            "Hai scritto %(num)d cifre: il codice ne ha 16, a gruppi di quattro.",
            digits,
        )
        return str(text)
    return str(_("Una cifra del codice è sbagliata, o due sono scambiate. Rileggilo dalla lettera, un gruppo alla volta."))


def wrong_code(label: str) -> str:
    """For a code that is not the entity's in this edition."""
    return str(
        _(
            "Questo non è il codice di %(name)s. Controlla che la lettera sia quella del tuo ente e di quest'anno.",
            name=label,
        )
    )


def spent_code(reason: str, deadline: dt.datetime) -> str:
    """For the entity's own code when it is of no more use."""
    texts = {
        "used": _("Questo codice è già stato usato per scegliere la password. Accedi con quella, o ricevi un link per e-mail."),
        "withdrawn": _(
            "Questo codice non vale più: dopo la lettera l'ente ha scelto la password in un altro modo, o l'accesso è stato "
            "azzerato. Accedi con la password, o ricevi un link per e-mail."
        ),
        "suspended": _("Con questo codice adesso non si può entrare: chiama i contatti in fondo alla pagina."),
        "expired": _(
            "Questo codice valeva fino al %(deadline)s. Ricevi un link per e-mail.",
            deadline=format_datetime(deadline, "d MMMM y, HH:mm"),
        ),
    }
    return str(texts[reason])


def no_edition() -> str:
    """For a code while there is no survey at all."""
    return str(_("In questo momento non c'è nessuna rilevazione: il codice non si può usare."))


def link_sent_before(seconds: int) -> str:
    """For a sign-in link asked for again too soon."""
    span = _span(seconds)
    return str(_("Un link è già partito: controlla la posta. Se non arriva, puoi chiederne un altro tra %(span)s.", span=span))


def asked_too_much(seconds: int) -> str:
    """For a network or an entity that asks for more than anybody needs."""
    return str(_("Sono arrivate molte richieste. Riprova tra %(span)s, oppure telefona.", span=_span(seconds)))


def wait_first(seconds: int) -> str:
    """For a try that came too early."""
    text = _("Ci sono stati troppi tentativi. Riprova tra %(span)s: l'accesso non è bloccato.", span=_span(seconds))
    return str(text)


def wrong_digits(left: int) -> str:
    """For digits that are not those that were sent."""
    return str(
        ngettext(
            "Il codice non è quello del messaggio. Controllalo: puoi provare ancora %(num)d volta.",
            "Il codice non è quello del messaggio. Controllalo: puoi provare ancora %(num)d volte.",
            left,
        )
    )


def digits_are_over() -> str:
    """For digits that are of no more use, or were tried too often."""
    return str(_("Il codice non vale più. Scrivi di nuovo la password: ne mandiamo un altro."))


def code_sent_before(seconds: int) -> str:
    """For digits asked for again too soon."""
    span = _span(seconds)
    return str(
        _("Un codice è già partito: controlla la posta. Se non arriva, puoi chiederne un altro tra %(span)s.", span=span)
    )


def no_address_for_code(label: str) -> str:
    """For an entity that cannot be sent digits."""
    return str(
        _(
            "Per entrare da un browser nuovo serve un codice per e-mail, ma per %(name)s non abbiamo nessun indirizzo. Usa il "
            "codice della lettera, oppure chiedi l'accesso.",
            name=label,
        )
    )


def _span(seconds: int) -> str:
    if seconds < 60:
        return str(ngettext("%(num)d secondo", "%(num)d secondi", seconds))
    return str(ngettext("%(num)d minuto", "%(num)d minuti", -(-seconds // 60)))
