"""A form of the desk whose token was too old: it writes nothing and stands on the page again with what was typed.

Not for: the token (`app.web.csrf`). Holds always: each page of `CSRF_REDISPLAY` asks here before it changes anything.
"""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _


def old_page() -> list[tuple[str, str]]:
    """What to say, for the whole page; empty where the token is good."""
    if not g.get("csrf_failed"):
        return []
    return [("", _("La pagina era aperta da troppo tempo: controlla quello che hai scritto e invialo di nuovo."))]
