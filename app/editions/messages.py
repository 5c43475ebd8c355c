"""The message that tells an entity of its own deadline, and what the messages of other rooms say of an edition.

Not for: who gets what (`app.registry.addresses`) or sending.
Holds always: a message is queued in the transaction of what it tells of; it holds no secret and no answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask_babel import force_locale
from flask_babel import gettext as _

from app.editions.current import Contact, EditionView
from app.mail.outbox import Message, queue_message
from app.mail.queueing import queue_all
from app.registry.entities import EntityRow
from app.registry.recipients import recipients_for, recipients_of
from app.web.language import SOURCE_LANGUAGE
from app.web.site_address import site_address

ROME = ZoneInfo("Europe/Rome")
EXTENSION = "extension"
REOPENING = "reopening"


def tell_of_extension(
    edition: EditionView, entity: EntityRow, deadline: dt.datetime, now: dt.datetime, *, reopened: bool
) -> None:
    """Queue the message to the entity's addresses. `deadline`: the last minute that counts. Flushes only."""
    recipients = recipients_of(entity.id, REOPENING)
    for message in _messages(edition, entity, deadline, recipients, now, reopened=reopened):
        queue_message(message, now)


def tell_all_of_extension(
    edition: EditionView,
    entities: Sequence[EntityRow],
    deadline: dt.datetime,
    now: dt.datetime,
    times: Iterator[dt.datetime],
    *,
    reopened: bool,
) -> int:
    """`tell_of_extension` for many; how many messages were queued, each to leave at the next of `times`. Flushes only."""
    recipients = recipients_for([entity.id for entity in entities], REOPENING)
    messages = [
        replace(message, not_before=next(times))
        for entity in entities
        for message in _messages(edition, entity, deadline, recipients[entity.id], now, reopened=reopened)
    ]
    return queue_all(messages, now)


def _messages(
    edition: EditionView,
    entity: EntityRow,
    deadline: dt.datetime,
    recipients: Sequence[str],
    now: dt.datetime,
    *,
    reopened: bool,
) -> list[Message]:
    if not recipients:
        return []
    kind = REOPENING if reopened else EXTENSION
    with force_locale(SOURCE_LANGUAGE):
        subject, text = _words(edition, entity.label, minute(deadline, SOURCE_LANGUAGE), reopened=reopened)
    return [
        Message(
            kind=kind,
            reference=f"entity:{entity.id}",
            recipient=recipient,
            language=SOURCE_LANGUAGE,
            subject=subject,
            text=text,
            dedupe_key=f"{kind}/{edition.id}/{entity.id}/{now.isoformat()}/{number}",
        )
        for number, recipient in enumerate(recipients)
    ]


def _words(edition: EditionView, name: str, until: str, *, reopened: bool) -> tuple[str, str]:
    if reopened:
        subject = _("%(name)s: la risposta è riaperta fino al %(date)s", name=name, date=until)
        happened = _(
            "La risposta di %(name)s alla rilevazione «%(edition)s» è stata riaperta: si può correggere e inviare fino al "
            "%(date)s. Ciò che era stato inviato resta valido finché non si invia di nuovo.",
            name=name,
            edition=edition.title,
            date=until,
        )
    else:
        subject = _("%(name)s: la scadenza è prorogata al %(date)s", name=name, date=until)
        happened = _(
            "Per %(name)s la scadenza della rilevazione «%(edition)s» è prorogata: si può rispondere fino al %(date)s.",
            name=name,
            edition=edition.title,
            date=until,
        )
    where = _("Si risponde da qui: %(address)s", address=site_address("fill.overview"))
    return subject, message_text((happened, where), edition)


def minute(instant: dt.datetime, language: str) -> str:
    """An instant as people say it, in Rome's time: "20 dicembre 2026, 23:59"."""
    return format_datetime(instant, "d MMMM y, HH:mm", tzinfo=ROME, locale=language)


def second(instant: dt.datetime, language: str) -> str:
    """The same to the second, for a receipt."""
    return format_datetime(instant, "d MMMM y, HH:mm:ss", tzinfo=ROME, locale=language)


def message_text(paragraphs: Sequence[str], edition: EditionView, before_contacts: str | None = None) -> str:
    """The paragraphs, then whom to call or write to, a line each; nobody where the edition names nobody.

    `before_contacts`: what stands above them in a language that the interface does not have.
    """
    above = _("Per aiuto:") if before_contacts is None else before_contacts
    contacts = "\n".join((above, *map(contact_line, edition.contacts))) if edition.contacts else ""
    return "\n\n".join((*paragraphs, contacts)).rstrip() + "\n"


def contact_line(contact: Contact) -> str:
    """ "Segreteria (assistenza): 06 0000 0000, segreteria@example.org, lun–ven 9–13"."""
    name = f"{contact.name} ({contact.role})" if contact.role else contact.name
    ways = ", ".join(way for way in (contact.phone, contact.email, contact.hours) if way)
    return f"{name}: {ways}" if ways else name
