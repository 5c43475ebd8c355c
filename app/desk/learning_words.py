"""What a comparison says, in words that a coordinator understands: answers more or fewer in a hundred entities.

Not for: the numbers (`app.reminders.learning`).
Holds always: where the numbers are too small no number is told; where the interval holds "no difference" nothing is claimed.
"""

from __future__ import annotations

from typing import Final

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.reminders.learning.comparing import Answer
from app.reminders.learning.estimate import Difference

TOO_SMALL: Final = _l("Numeri troppo piccoli per dirlo.")


def in_hundred(share: float) -> str:
    """A share or a difference as how many in a hundred, with one decimal: "3,1"."""
    return str(format_decimal(round(abs(share) * 100, 1), format="#,##0.0"))


def interval_words(found: Difference) -> str:
    """From where to where the difference lies: "da 0,8 a 3,1 in più", "da 0,4 in meno a 2,0 in più"."""
    low, high = in_hundred(found.low), in_hundred(found.high)
    if found.low >= 0:
        return str(_("da %(low)s a %(high)s in più", low=low, high=high))
    if found.high <= 0:
        return str(_("da %(low)s a %(high)s in meno", low=high, high=low))
    return str(_("da %(low)s in meno a %(high)s in più", low=low, high=high))


def days_words(answer: Answer) -> str:
    """What the days say of the reminder."""
    found = answer.difference
    if found is None:
        return str(TOO_SMALL)
    between = interval_words(found)
    if found.low > 0:
        return str(_("Il promemoria ha portato risposte: %(between)s ogni 100 enti.", between=between))
    if found.high < 0:
        return str(
            _(
                "Chi aveva già ricevuto il promemoria ha risposto meno di chi lo aspettava: %(between)s ogni 100 enti.",
                between=between,
            )
        )
    doubt = _(
        "I dati non bastano per dire se il promemoria ha portato risposte: la differenza sta %(between)s ogni 100 enti.",
        between=between,
    )
    return str(doubt)


def variant_words(answer: Answer, first: str) -> str:
    """What is said of a text beside the first."""
    found = answer.difference
    if found is None:
        return str(TOO_SMALL)
    between = interval_words(found)
    if found.tells:
        return str(_("Risposte ogni 100 enti, rispetto a «%(first)s»: %(between)s.", first=first, between=between))
    return str(
        _(
            "I dati non bastano per dire se vale più o meno di «%(first)s»: %(between)s ogni 100 enti.",
            first=first,
            between=between,
        )
    )
