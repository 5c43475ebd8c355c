"""The messages to a member of staff: the link that sets password and second factor, and word of another address.

Not for: who gets one (`staff_accounts.py`, `staff_persons.py`), entities' messages (`messages.py`) or sending.
Holds always: what is queued holds `{link}` and no secret; the link is made when the message is claimed and ends the older ones;
it goes to the member's own address alone, and whoever asked for it never sees it; a notice of
another address names neither the member nor the other address, for either may be a stranger's.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.accounts.messages import LINK, QueuedDelivery, Wording, closing, html_of, subject_of
from app.accounts.notices import Notice
from app.accounts.staff import StaffRow, staff_by_id
from app.accounts.staff_links import LINK_DAYS, add_staff_link
from app.accounts.tokens import new_token
from app.mail.hooks import Filled, register_hook
from app.mail.outbox import Message, cancel_messages, queue_message
from app.web.language import SOURCE_LANGUAGE

KIND: Final = "staff_link"
NOTICE: Final = "staff_email_changed"
_REFERENCE: Final = "staff:"


def queue_staff_link(member: StaffRow, now: dt.datetime) -> None:
    """Queue the message to the member's address. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        wording = _wording(member.name)
        html = html_of(wording, SOURCE_LANGUAGE)
    queue_message(
        Message(
            kind=KIND,
            reference=f"{_REFERENCE}{member.id}",
            recipient=member.email,
            language=SOURCE_LANGUAGE,
            subject=wording.subject,
            text="\n\n".join([*wording.before, f"{wording.action}:\n{LINK}", *wording.after]) + "\n",
            html=html,
            dedupe_key=f"{KIND}|{member.id}|{new_token()}",
        ),
        now,
    )


def cancel_staff_link(staff_id: int, now: dt.datetime) -> None:
    """Cancel the messages to a member that have not gone yet. Flushes only; call it before the member is held."""
    cancel_messages(f"{_REFERENCE}{staff_id}", (KIND,), "the login was reset or closed", now)


def queue_staff_notice(member: StaffRow, recipient: str, now: dt.datetime) -> None:
    """Tell an address, the old one or the new one, that the member signs in with another from now on. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        heading, paragraphs = _notice(is_new=recipient == member.email)
    queue_notice(NOTICE, member, recipient, heading, paragraphs, now)


def queue_notice(kind: str, member: StaffRow, recipient: str, heading: str, paragraphs: list[str], now: dt.datetime) -> None:
    """Queue a message without a link, in the words given. Flushes only."""
    with force_locale(SOURCE_LANGUAGE):
        notice = Notice(SOURCE_LANGUAGE, subject_of(heading), heading, paragraphs)
    key = f"{kind}|{member.id}|{new_token()}"
    queue_message(notice.to(recipient, kind=kind, reference=f"{_REFERENCE}{member.id}", dedupe_key=key), now)


class StaffLinkHook:
    """What the message does when it is claimed."""

    def wanted(self, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        member = _member_of(delivery)
        if member is None or member.disabled_at is not None:
            return "the account is closed"
        if delivery.recipient != member.email:
            return "the member has another address"
        return "the member has set their password" if member.activated else None

    def fill(self, delivery: QueuedDelivery, now: dt.datetime) -> Filled:
        """The texts with a new link in its place. Flushes only."""
        member = _member_of(delivery)
        if member is None:
            raise LookupError(f"no member of staff for {delivery.reference}")
        link = add_staff_link(member.id, now, actor="mail")
        html = None if delivery.html is None else delivery.html.replace(LINK, link)
        return Filled(delivery.subject, delivery.text.replace(LINK, link), html)


def register_staff_hook() -> None:
    """Tell the outbox what this kind of message needs. Called once by `create_app`; again does no harm."""
    register_hook(KIND, StaffLinkHook())


def _member_of(delivery: QueuedDelivery) -> StaffRow | None:
    number = delivery.reference.removeprefix(_REFERENCE)
    return staff_by_id(int(number)) if number.isascii() and number.isdigit() else None


def _wording(name: str) -> Wording:
    heading = _("Attiva il tuo accesso alla gestione")
    before = (
        _("%(name)s, questo link serve a scegliere la tua password e a collegare il tuo telefono.", name=name),
        _(
            "Prima di aprirlo installa sul telefono un'app che genera codici (per esempio quella che usi già per altri "
            "servizi): la pagina mostra un riquadro da inquadrare."
        ),
    )
    days = ngettext(
        "Il link vale una volta sola, per %(num)d giorno.", "Il link vale una volta sola, per %(num)d giorni.", LINK_DAYS
    )
    personal = _("È personale: non inoltrarlo.")
    return Wording(subject_of(heading), heading, before, _("Attiva l'accesso"), (days, personal, *closing()))


def _notice(*, is_new: bool) -> tuple[str, list[str]]:
    """Heading and paragraphs."""
    if is_new:
        happened = _("Da ora entri nella gestione con questo indirizzo: la password e il telefono restano quelli di prima.")
    else:
        happened = _(
            "Da ora con questo indirizzo non si entra più nella gestione: chi amministra il sito ne ha registrato un altro."
        )
    ended = (
        _("Gli accessi che erano aperti sono terminati: entra di nuovo.") if is_new else _("Gli accessi aperti sono terminati.")
    )
    wrong = _("Se non te l'aspettavi, scrivi subito a chi amministra il sito.")
    return _("È cambiato l'indirizzo e-mail del tuo accesso alla gestione"), [happened, ended, wrong, *closing()]
