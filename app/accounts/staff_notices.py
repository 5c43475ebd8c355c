"""What a member of staff is told by e-mail of their own login: a browser not seen before, a recovery code used, codes made
anew, the single sign-on connected or disconnected.

Not for: links and other addresses (`staff_messages.py`), or sending.
Holds always: it goes to the member's own address alone, in the transaction of what it tells of, and holds no secret, no link
that signs anybody in and no network address.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask_babel import force_locale, format_datetime, ngettext
from flask_babel import gettext as _

from app.accounts.browsers import browser_and_system
from app.accounts.messages import closing
from app.accounts.staff import staff_by_id
from app.accounts.staff_messages import queue_notice
from app.web.language import SOURCE_LANGUAGE

KIND: Final = "staff_security"


def tell_of_new_browser(staff_id: int, browser: str, now: dt.datetime) -> None:
    """Somebody has signed in from a browser in which the member had not been before. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        heading = _("Sei entrato nella gestione da un nuovo browser")
        at = format_datetime(now, "d MMMM y, HH:mm")
        happened = _("Il %(at)s qualcuno è entrato con il tuo accesso da: %(browser)s.", at=at, browser=browser_words(browser))
        mine = _("Se sei stato tu, non devi fare nulla. Se hai cancellato i cookie, anche il tuo solito browser è nuovo.")
    _tell(staff_id, heading, [happened, mine], now)


def tell_of_used_code(staff_id: int, left: int, now: dt.datetime) -> None:
    """A recovery code was used; `left`: how many there still are. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        heading = _("È stato usato un codice di recupero del tuo accesso")
        at = format_datetime(now, "d MMMM y, HH:mm")
        happened = _("Il %(at)s un codice di recupero ha preso il posto del codice del telefono. Non vale più.", at=at)
        rest = ngettext(
            "Te ne resta %(num)d. Nel tuo profilo puoi farne di nuovi.",
            "Te ne restano %(num)d. Nel tuo profilo puoi farne di nuovi.",
            left,
        )
    _tell(staff_id, heading, [happened, rest], now)


def tell_of_new_codes(staff_id: int, now: dt.datetime) -> None:
    """The recovery codes were made anew. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        heading = _("Hai nuovi codici di recupero")
        happened = _("I codici di recupero del tuo accesso sono stati rifatti: quelli di prima non valgono più.")
    _tell(staff_id, heading, [happened], now)


def tell_of_single_sign_on(staff_id: int, now: dt.datetime, *, linked: bool) -> None:
    """The single sign-on was connected or disconnected. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        if linked:
            heading = _("L'accesso unico è collegato")
            happened = _("Da ora puoi entrare nella gestione anche con l'accesso unico che hai collegato dal tuo profilo.")
        else:
            heading = _("L'accesso unico non è più collegato")
            happened = _("Da ora nella gestione entri solo con password e codice.")
    _tell(staff_id, heading, [happened], now)


def browser_words(code: str) -> str:
    """ "Firefox su Windows"."""
    browser, system = browser_and_system(code)
    if browser and system:
        return str(_("%(browser)s su %(system)s", browser=browser, system=system))
    return browser or system or str(_("un browser che non si fa riconoscere"))


def _tell(staff_id: int, heading: str, paragraphs: list[str], now: dt.datetime) -> None:
    member = staff_by_id(staff_id)
    if member is None:
        raise LookupError(f"no member of staff {staff_id}")
    with force_locale(SOURCE_LANGUAGE):
        wrong = _(
            "Se non sei stato tu, entra subito, termina gli altri accessi, cambia la password e rifai i codici di recupero; "
            "se non riesci a entrare, scrivi a chi amministra il sito."
        )
        told = [*paragraphs, wrong, *closing()]
    queue_notice(KIND, member, member.email, heading, told, now)
