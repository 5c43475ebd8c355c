"""What the roles of staff are called on pages and in messages.

Not for: what a role may do (`permissions.py`).
"""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.staff import ADMINISTRATOR, COORDINATOR, REVIEWER, TERRITORY

ROLE_NAMES: Final[dict[str, LazyString]] = {
    ADMINISTRATOR: _l("Amministrazione"),
    COORDINATOR: _l("Coordinamento"),
    REVIEWER: _l("Revisione"),
    TERRITORY: _l("Territorio"),
}
"""The name of the work, which suits whoever does it."""

ROLE_DEEDS: Final[dict[str, LazyString]] = {
    ADMINISTRATOR: _l("Accessi degli enti, utenti della gestione, registro."),
    COORDINATOR: _l("Edizioni, risposte, promemoria, proroghe e riaperture, pratiche e pubblicazioni."),
    REVIEWER: _l("Legge il quadro delle risposte, valuta le buone pratiche e le rinvia agli enti."),
    TERRITORY: _l("Segue gli enti della propria Regione."),
}
"""What each is for, in a line."""


def role_name(role: str) -> str:
    """What a role is called."""
    return str(ROLE_NAMES[role])
