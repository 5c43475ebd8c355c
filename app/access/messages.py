"""What a person is told who could not sign in or set a password: each says what to do now."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.passwords import LONGEST, SHORTEST


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
            "La password non è quella di %(name)s. Controlla maiuscole e minuscole. La prima volta usa il link di attivazione.",
            name=label,
        )
    )


def wait_first(seconds: int) -> str:
    """For a try that came too early."""
    if seconds < 60:
        span = ngettext("%(num)d secondo", "%(num)d secondi", seconds)
    else:
        span = ngettext("%(num)d minuto", "%(num)d minuti", -(-seconds // 60))
    return str(_("Ci sono stati troppi tentativi. Riprova tra %(span)s: l'accesso non è bloccato.", span=span))


def weak_password(reason: str) -> str:
    """What to do instead of a password that may not be set."""
    texts = {
        "short": _("Scegli una password più lunga: almeno %(count)s caratteri.", count=SHORTEST),
        "long": _("Scegli una password più corta: al massimo %(count)s caratteri.", count=LONGEST),
        "common": _("Questa password è tra le più usate. Scegline un'altra, per esempio quattro parole con gli spazi."),
        "obvious": _("Questa password si indovina facilmente. Scegline un'altra, per esempio quattro parole con gli spazi."),
    }
    return str(texts[reason])
