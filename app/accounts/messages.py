"""The messages with a link of ours: activation, sign-in, reset. Their texts, and what happens when each is about to be sent.

Not for: who asks for one and how often (`sending.py`, `resets.py`), who gets what (`app.registry.addresses`), or sending.
Holds always: what is queued holds `{link}` and no secret; the link is made when the message is claimed, so it is young when it
arrives; a message for several addresses makes a link for each, and the first that sets a password ends the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from flask import current_app
from flask_babel import force_locale, format_datetime, ngettext
from flask_babel import gettext as _

from app.accounts.entity_accounts import stored_hash
from app.accounts.links import ACTIVATION, RESET, add_link
from app.accounts.sign_in_links import create_sign_in_link
from app.accounts.suspensions import is_suspended
from app.accounts.tokens import keyed_hash
from app.config import settings
from app.mail.hooks import Filled, register_hook
from app.mail.outbox import Message, cancel_messages, next_times, queue_message
from app.registry.address_holds import link_addresses
from app.registry.entities import EntityRow, find_by_id, is_in_force
from app.registry.recipients import recipients_of
from app.web.site_address import site_address

SIGN_IN: Final = "sign_in"
LINK: Final = "{link}"
LINK_KINDS: Final = (ACTIVATION, RESET, SIGN_IN)
STALE: Final = dt.timedelta(hours=4)
_TEMPLATE: Final = "mail/message.html"
_REFERENCE: Final = "entity:"


@dataclass(frozen=True, slots=True)
class Occasion:
    """For which survey somebody is invited, and until when it takes answers."""

    title: str
    deadline: dt.datetime


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a message, in one language. The link stands between `before` and `after`, under the words of `action`."""

    subject: str
    heading: str
    before: tuple[str, ...]
    action: str
    after: tuple[str, ...]


class QueuedDelivery(Protocol):
    """What these hooks read of a delivery."""

    @property
    def reference(self) -> str: ...

    @property
    def recipient(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def html(self) -> str | None: ...

    @property
    def created_at(self) -> dt.datetime: ...


def reference_of(entity_id: int) -> str:
    """How the outbox knows whom a message is about."""
    return f"{_REFERENCE}{entity_id}"


def queue_messages(
    kind: str,
    entity: EntityRow,
    now: dt.datetime,
    *,
    language: str,
    occasion: Occasion | None = None,
    per_hour: int | None = None,
) -> list[str]:
    """Queue the message of this kind to each address that gets it, and say which these are. Flushes only.

    `per_hour`: the pace at which it follows those of its kind, where many are queued one after another; None for at once.
    """
    recipients = recipients_of(entity.id, kind, now)
    times = [now] * len(recipients) if per_hour is None else next_times(kind, len(recipients), per_hour, now)
    with force_locale(language):
        wording = _WORDINGS[kind](entity.label, occasion)
    text = "\n\n".join([*wording.before, f"{wording.action}:\n{LINK}", *wording.after]) + "\n"
    html = html_of(wording, language)
    for recipient, not_before in zip(recipients, times, strict=True):
        message = Message(
            kind=kind,
            reference=reference_of(entity.id),
            recipient=recipient,
            language=language,
            subject=wording.subject,
            text=text,
            html=html,
            dedupe_key=keyed_hash(f"message|{kind}|{entity.id}|{recipient}|{now.isoformat()}"),
            not_before=not_before,
        )
        queue_message(message, now)
    return recipients


def cancel_links(entity_id: int, now: dt.datetime) -> None:
    """Cancel every message with a link that has not gone to the entity yet: a reset has overtaken it. Flushes only; call it
    before `hold_logins`, since a worker that writes a link holds its message first."""
    cancel_messages(reference_of(entity_id), LINK_KINDS, "the login was reset", now)


@dataclass(frozen=True, slots=True)
class LinkHook:
    """What a message with a link does when it is claimed: ask `unwanted` whether to go at all, have `make` its link."""

    make: Callable[[EntityRow, dt.datetime], str]
    unwanted: Callable[[EntityRow, QueuedDelivery, dt.datetime], str | None]

    def wanted(self, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        entity = _entity_of(delivery)
        if entity is None or not is_in_force(entity.id):
            return "the entity no longer exists"
        if delivery.recipient not in link_addresses(entity.id, now):
            return "the address is no longer the entity's"
        if is_suspended(entity.id):
            return "the login is suspended"
        return self.unwanted(entity, delivery, now)

    def fill(self, delivery: QueuedDelivery, now: dt.datetime) -> Filled:
        """The texts with a new link in its place. Flushes only."""
        entity = _entity_of(delivery)
        if entity is None:
            raise LookupError(f"no entity for {delivery.reference}")
        link = self.make(entity, now)
        html = None if delivery.html is None else delivery.html.replace(LINK, link)
        return Filled(delivery.subject, delivery.text.replace(LINK, link), html)


def _password_link(purpose: str) -> Callable[[EntityRow, dt.datetime], str]:
    return lambda entity, now: add_link(entity, purpose, now, actor="mail")


def _has_password(entity: EntityRow, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
    return None if stored_hash(entity.id) is None else "the entity has set its password"


def _is_stale(entity: EntityRow, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
    return "asked for too long ago" if now - delivery.created_at > STALE else None


HOOKS: Final = {
    ACTIVATION: LinkHook(_password_link(ACTIVATION), _has_password),
    RESET: LinkHook(_password_link(RESET), _has_password),
    SIGN_IN: LinkHook(lambda entity, now: create_sign_in_link(entity.id, now), _is_stale),
}


def register_hooks() -> None:
    """Tell the outbox what these kinds of message need. Called once by `create_app`; again does no harm."""
    for kind, hook in HOOKS.items():
        register_hook(kind, hook)


def _entity_of(delivery: QueuedDelivery) -> EntityRow | None:
    number = delivery.reference.removeprefix(_REFERENCE)
    return find_by_id(int(number)) if number.isascii() and number.isdigit() else None


def html_of(wording: Wording, language: str) -> str:
    """Rendered without the context of pages, which is that of whoever asks and not of whoever reads."""
    template = current_app.jinja_env.get_template(_TEMPLATE)
    return template.render(
        language=language,
        subject=wording.subject,
        heading=wording.heading,
        before=wording.before,
        action=wording.action,
        after=wording.after,
        link=LINK,
    )


def _activation(name: str, occasion: Occasion | None) -> Wording:
    about = [_on_occasion(occasion)] if occasion is not None else []
    forward = _(
        "Con il link qui sotto il tuo ente sceglie la password con cui accede. Se non te ne occupi tu, inoltra questo "
        "messaggio a chi risponderà."
    )
    heading = _("Attiva l'accesso di %(name)s", name=name)
    return Wording(subject_of(heading), heading, (*about, forward), _("Scegli la password"), (_days(), *closing()))


def _reset(name: str, occasion: Occasion | None) -> Wording:
    happened = _(
        "L'accesso di %(name)s è stato azzerato: se c'era una password, non vale più, e chi era entrato deve entrare di nuovo. "
        "Le risposte già salvate ci sono tutte.",
        name=name,
    )
    heading = _("Scegli una nuova password per %(name)s", name=name)
    return Wording(subject_of(heading), heading, (happened,), _("Scegli una nuova password"), (_days(), *closing()))


def _sign_in(name: str, occasion: Occasion | None) -> Wording:
    asked = _("Dalla pagina di accesso è stato chiesto un link per entrare come %(name)s.", name=name)
    minutes = settings().sign_in_link_minutes
    span = ngettext(
        "Il link vale una volta sola, per %(num)d minuto dall'invio.",
        "Il link vale una volta sola, per %(num)d minuti dall'invio.",
        minutes,
    )
    ignore = _("Se non l'avete chiesto tu o i tuoi colleghi, ignora questo messaggio: senza il link nessuno può entrare.")
    heading = _("Entra come %(name)s", name=name)
    return Wording(subject_of(heading), heading, (asked,), _("Entra"), (span, ignore, *closing()))


def subject_of(heading: str) -> str:
    """The subject of a message with this heading."""
    return f"Ricognizione: {heading[:1].lower()}{heading[1:]}"


def _on_occasion(occasion: Occasion) -> str:
    deadline = format_datetime(occasion.deadline, "d MMMM y, HH:mm")
    return str(_("%(title)s: si può rispondere fino al %(deadline)s.", title=occasion.title, deadline=deadline))


def _days() -> str:
    text = ngettext(
        "Il link vale una volta sola, per %(num)d giorno.",
        "Il link vale una volta sola, per %(num)d giorni.",
        settings().activation_days,
    )
    return str(text)


def closing() -> tuple[str, ...]:
    """With what every message ends."""
    contacts = site_address("public.contacts")
    return (_("Nessuno ti chiederà mai la password."), _("Per aiuto: %(address)s", address=contacts))


_WORDINGS: Final[dict[str, Callable[[str, Occasion | None], Wording]]] = {
    ACTIVATION: _activation,
    RESET: _reset,
    SIGN_IN: _sign_in,
}
