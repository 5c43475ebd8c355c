"""The message that asks an entity to confirm what staff sent for it by telephone.

Not for: what it answers (`telephone_copies.py`), or sending.
Holds always: it is queued in the transaction of the submission, in the language in which the entity is written to, to
registered addresses alone and never to one that was said on the telephone; it holds no answer, no name of a person and no
secret (`{link}` stands for it); it is not sent once the response was reopened or sent again, or somebody has answered.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from app.accounts.messages import LINK, QueuedDelivery, Wording, html_of, reference_of
from app.accounts.suspensions import is_suspended
from app.editions.current import extension_table
from app.editions.notice_words import TELEPHONE_COPY, NoticeWords, words_for
from app.extensions import db
from app.mail.hooks import Filled, register_hook
from app.mail.outbox import Message, cancel_messages, queue_message
from app.registry.entities import find_by_id, is_in_force
from app.registry.recipients import recipients_of
from app.responses.reading import OpenResponse, response_by_id
from app.responses.telephone_copies import LINK_DAYS, add_copy, add_link, copy_made_at
from app.web.site_address import site_address

KIND: Final = TELEPHONE_COPY


def cancel_older(entity_id: int, now: dt.datetime) -> None:
    """Cancel what still waits to be sent about a version before. Flushes only."""
    cancel_messages(reference_of(entity_id), (KIND,), "the response was sent again", now)


def ask_to_confirm(response: OpenResponse, submission_id: int, receipt: str, number: int, now: dt.datetime) -> None:
    """Keep the copy and queue its message to the entity's addresses, each once. Flushes only."""
    entity = find_by_id(response.entity_id)
    recipients = [] if entity is None or response.synthetic else recipients_of(response.entity_id, KIND, now)
    add_copy(response.id, submission_id, len(recipients), now)
    if entity is None or not recipients:
        return
    words = words_for(KIND, entity.id)
    wording = _wording(words, response, words.name_of(entity), receipt, number, now)
    text = "\n\n".join([*wording.before, f"{wording.action}:\n{LINK}", *wording.after]) + "\n"
    for place, recipient in enumerate(recipients):
        message = Message(
            kind=KIND,
            reference=reference_of(response.entity_id),
            recipient=recipient,
            language=words.language,
            subject=wording.subject,
            text=text,
            html=html_of(wording, words.language),
            dedupe_key=f"{KIND}/{response.id}/{number}/{place}",
        )
        queue_message(message, now)


def _wording(words: NoticeWords, response: OpenResponse, name: str, receipt: str, number: int, now: dt.datetime) -> Wording:
    say = words.say
    facts = (
        say("receipt", receipt=receipt),
        say("registered", when=words.second(now)),
        say("version", number=number),
    )
    before = (
        say("greeting"),
        say("sent", name=name, edition=response.edition.title),
        "\n".join(facts),
        say("copy", address=site_address("fill.receipt")),
        say("ask"),
    )
    after = (
        say("days", days=words.days(LINK_DAYS)),
        say("silent"),
        say("correct", deadline=words.minute(response.deadline)),
        say("password"),
        say("help", address=site_address("public.contacts")),
    )
    return Wording(say("subject", receipt=receipt), say("heading"), before, say("action"), after)


class CopyHook:
    """What this message does when it is claimed."""

    def wanted(self, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        found = copy_made_at(_entity_id(delivery), delivery.created_at)
        if found is None:
            return "answered, withdrawn or sent again"
        response = response_by_id(found[1])
        if response is None or not is_in_force(response.entity_id) or is_suspended(response.entity_id):
            return "the entity cannot answer"
        return "the response was reopened" if _was_reopened(response, delivery.created_at) else None

    def fill(self, delivery: QueuedDelivery, now: dt.datetime) -> Filled:
        """The texts with a new link in its place. Flushes only."""
        found = copy_made_at(_entity_id(delivery), delivery.created_at)
        if found is None:
            raise LookupError("the copy was answered meanwhile")
        link = add_link(found[0], now)
        html = None if delivery.html is None else delivery.html.replace(LINK, link)
        return Filled(delivery.subject, delivery.text.replace(LINK, link), html)


HOOKS: Final = {KIND: CopyHook()}


def register_telephone_hook() -> None:
    """Tell the outbox what this kind of message needs. Called once by `create_app`; again does no harm."""
    register_hook(KIND, HOOKS[KIND])


def _was_reopened(response: OpenResponse, since: dt.datetime) -> bool:
    own = extension_table.c
    mine = (own.edition_id == response.edition.id, own.entity_id == response.entity_id)
    query = sa.select(own.entity_id).where(*mine, own.reopened.is_(True), own.granted_at > since)
    return db.session.execute(query).scalar_one_or_none() is not None


def _entity_id(delivery: QueuedDelivery) -> int:
    number = delivery.reference.rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
