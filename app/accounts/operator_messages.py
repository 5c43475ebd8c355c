"""The messages to those who fill in: an invitation to do so, and a link to verify a declared address.

Not for: who may invite whom and how often (`invitations.py`), the entity's own messages (`messages.py`) or sending.
Holds always: invitation, message and audit entry are one transaction; what is queued holds `{link}` and no secret; nothing that
a person has typed stands in the message, so that it carries nobody's words to a stranger; a message whose invitation has ended
is not sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.accounts.invitations import DAYS, ask_verification, create_invitation_link, invite, is_open, renew_invitation
from app.accounts.messages import LINK, QueuedDelivery, Wording, closing, html_of, subject_of
from app.accounts.tokens import new_token
from app.extensions import db
from app.mail.hooks import Filled, register_hook
from app.mail.messages import UnfitMessageError
from app.mail.outbox import Message, queue_message
from app.registry.entities import EntityRow

INVITATION_MAIL: Final = "operator_invitation"
VERIFICATION_MAIL: Final = "operator_verification"
_REFERENCE: Final = "invitation:"


def invitation_reference(invitation_id: int) -> str:
    """Under what the messages of an invitation stand in the outbox."""
    return f"{_REFERENCE}{invitation_id}"


def send_invitation(entity: EntityRow, email: str, *, by: int, hands_over: bool, language: str, now: dt.datetime) -> None:
    """Invite somebody by e-mail. Commits.

    Raises `OwnAddressError`, `AskedTooOftenError` or `UnfitMessageError` (an address that cannot be written to).
    """
    invitation_id = invite(entity, email, by=by, hands_over=hands_over, now=now)
    _queue(INVITATION_MAIL, entity, invitation_id, email, language, now)


def send_again(entity: EntityRow, invitation_id: int, *, by: int | None, language: str, now: dt.datetime) -> str:
    """Send a pending invitation again and say to which address. Commits.

    Raises `UnknownInvitationError` or `AskedTooOftenError`.
    """
    email = renew_invitation(entity, invitation_id, by=by, now=now)
    _queue(INVITATION_MAIL, entity, invitation_id, email, language, now)
    return email


def send_verification(entity: EntityRow, operator_id: int, *, language: str, now: dt.datetime) -> str:
    """Send an operator the link that verifies the declared address, and say which address it is. Commits.

    Raises `UnknownOperatorError`, `AlreadyVerifiedError`, `AskedTooOftenError` or `UnfitMessageError`.
    """
    invitation_id, email = ask_verification(entity, operator_id, now)
    _queue(VERIFICATION_MAIL, entity, invitation_id, email, language, now)
    return email


def _queue(kind: str, entity: EntityRow, invitation_id: int, email: str, language: str, now: dt.datetime) -> None:
    with force_locale(language):
        wording = _WORDINGS[kind](entity.label)
        html = html_of(wording, language)
    message = Message(
        kind=kind,
        reference=invitation_reference(invitation_id),
        recipient=email,
        language=language,
        subject=wording.subject,
        text="\n\n".join([*wording.before, f"{wording.action}:\n{LINK}", *wording.after]) + "\n",
        html=html,
        dedupe_key=f"{kind}|{invitation_id}|{new_token()}",
    )
    try:
        queue_message(message, now)
    except UnfitMessageError:
        db.session.rollback()
        raise
    db.session.commit()


class InvitationHook:
    """What these messages do when they are claimed."""

    def wanted(self, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        return None if is_open(_invitation_of(delivery), delivery.recipient, now) else "the invitation has ended"

    def fill(self, delivery: QueuedDelivery, now: dt.datetime) -> Filled:
        """The texts with a new link in its place. Flushes only."""
        link = create_invitation_link(_invitation_of(delivery), now)
        html = None if delivery.html is None else delivery.html.replace(LINK, link)
        return Filled(delivery.subject, delivery.text.replace(LINK, link), html)


HOOKS: Final = {INVITATION_MAIL: InvitationHook(), VERIFICATION_MAIL: InvitationHook()}


def register_operator_hooks() -> None:
    """Tell the outbox what these kinds of message need. Called once by `create_app`; again does no harm."""
    for kind, hook in HOOKS.items():
        register_hook(kind, hook)


def _invitation_of(delivery: QueuedDelivery) -> int:
    number = delivery.reference.removeprefix(_REFERENCE)
    return int(number) if number.isascii() and number.isdigit() else 0


def _invitation(name: str) -> Wording:
    asked = _(
        "Un collega di %(name)s ti invita a compilare con lui le risposte dell'ente alla ricognizione. Con il link qui sotto "
        "dici chi sei ed entri.",
        name=name,
    )
    ignore = _("Se non lavori per questo ente, ignora questo messaggio: senza il link non succede nulla.")
    heading = _("Compila per %(name)s", name=name)
    return Wording(subject_of(heading), heading, (asked,), _("Accetta l'invito"), (_days(), ignore, *closing()))


def _verification(name: str) -> Wording:
    asked = _(
        "Chi compila per %(name)s ha indicato questo indirizzo come suo. Con il link qui sotto confermi che è così.", name=name
    )
    ignore = _("Se non l'hai chiesto tu, ignora questo messaggio: l'indirizzo resta segnato come non verificato.")
    heading = _("Verifica il tuo indirizzo per %(name)s", name=name)
    return Wording(subject_of(heading), heading, (asked,), _("Verifica l'indirizzo"), (_days(), ignore, *closing()))


def _days() -> str:
    text = ngettext(
        "Il link vale una volta sola, per %(num)d giorno.",
        "Il link vale una volta sola, per %(num)d giorni.",
        DAYS,
    )
    return str(text)


_WORDINGS: Final[dict[str, Callable[[str], Wording]]] = {INVITATION_MAIL: _invitation, VERIFICATION_MAIL: _verification}
