"""What to do instead of a password that may not be set, in words, for entities and for staff alike.

Not for: deciding it (`passwords.py`).
"""

from __future__ import annotations

from flask_babel import gettext as _

from app.accounts.passwords import LONGEST, SHORTEST


def weak_password(reason: str) -> str:
    """What is said for a `WeakPasswordError`'s `reason`."""
    texts = {
        "short": _("Scegli una password più lunga: almeno %(count)s caratteri.", count=SHORTEST),
        "long": _("Scegli una password più corta: al massimo %(count)s caratteri.", count=LONGEST),
        "common": _("Questa password è tra le più usate. Scegline un'altra, per esempio quattro parole con gli spazi."),
        "obvious": _("Questa password si indovina facilmente. Scegline un'altra, per esempio quattro parole con gli spazi."),
    }
    return str(texts[reason])
