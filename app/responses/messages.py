"""The message with the receipt of what was sent.

Not for: the receipt's page and the filled copy (`fill`), or who gets what (`app.registry.addresses`).
Holds always: it is queued in the transaction of the submission; it holds no answer, and no name of a person.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from flask import has_request_context
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.operators import get_operator
from app.editions.messages import message_text, minute, second
from app.mail.messages import UnfitMessageError
from app.mail.outbox import Message, queue_message
from app.registry.entities import EntityRow, find_by_id
from app.registry.recipients import recipients_of
from app.responses.reading import OpenResponse
from app.web.language import SOURCE_LANGUAGE, current_language
from app.web.site_address import site_address

RECEIPT = "receipt"


def queue_receipt(response: OpenResponse, receipt: str, number: int, operator_id: int | None, now: dt.datetime) -> None:
    """Queue the receipt to the entity's addresses and to whoever has sent, each address once. Flushes only.

    The entity's offices read it in Italian, whoever has sent it in the language of the page. Synthetic answers get none.
    """
    entity = find_by_id(response.entity_id)
    if response.synthetic or entity is None:
        return
    languages = {email.lower(): SOURCE_LANGUAGE for email in recipients_of(response.entity_id, RECEIPT)}
    operator = None if operator_id is None else get_operator(response.entity_id, operator_id)
    if operator is not None and operator.email:
        languages[operator.email.lower()] = current_language() if has_request_context() else SOURCE_LANGUAGE
    for place, (email, language) in enumerate(languages.items()):
        with force_locale(language):
            subject, text = _words(response, entity, receipt, number, now, language)
        message = Message(
            kind=RECEIPT,
            reference=f"entity:{response.entity_id}",
            recipient=email,
            language=language,
            subject=subject,
            text=text,
            dedupe_key=f"{RECEIPT}/{response.id}/{number}/{place}",
        )
        with suppress(UnfitMessageError):  # an address that an operator mistyped must not undo what was sent
            queue_message(message, now)


def _words(
    response: OpenResponse, entity: EntityRow, receipt: str, number: int, now: dt.datetime, language: str
) -> tuple[str, str]:
    """Subject and text, in the language that is forced."""
    subject = _("Risposta inviata: ricevuta %(number)s", number=receipt)
    sent = _(
        "La risposta di %(name)s alla rilevazione «%(edition)s» è stata inviata.",
        name=entity.label,
        edition=response.edition.title,
    )
    facts = [
        _("Ricevuta n. %(number)s", number=receipt),
        _("Registrata il %(when)s, ora italiana", when=second(now, language)),
        _("Versione inviata: %(number)d", number=number),
    ]
    correct = _(
        "Si può correggere e inviare di nuovo fino al %(deadline)s: vale l'ultima versione inviata.",
        deadline=minute(response.deadline, language),
    )
    after = _("Che cosa succede adesso: la risposta viene verificata. Se c'è un dubbio, scriviamo noi.")
    where = _("La copia da stampare e le correzioni sono qui: %(address)s", address=site_address("fill.receipt"))
    judged = _("La ricognizione serve a conoscere, non a giudicare: nessuna risposta ha conseguenze sull'ente.")
    return subject, message_text((sent, "\n".join(facts), after, correct, where, judged), response.edition)
