"""The e-mail that says that there is a new message: to the entity's addresses, and to who looks after the thread at the desk.

Not for: what was written, which no e-mail holds, or sending.
Holds always: it is queued in the transaction of the message, in the language in which the entity is written to, the desk's in
Italian; a thread has at most one notice that nobody has acted on: the next one comes only once the thread was read; what was
read before its notice left is not sent.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.staff import staff_by_id
from app.accounts.tables import operator_table
from app.accounts.tokens import keyed_hash
from app.config import settings
from app.editions.current import EditionView
from app.editions.notice_words import THREAD_MESSAGE, words_for
from app.extensions import db, table_of
from app.mail.hooks import Filled, register_hook
from app.mail.notices import QueuedNotice, as_queued, queue_notice
from app.mail.returns.redirecting import desk_mailbox
from app.registry.entities import EntityRow, entity_table
from app.registry.recipients import recipients_of
from app.threads.assignees import may_look_after
from app.threads.models import Thread, ThreadMark, ThreadMessage
from app.threads.sides import ENTITY
from app.web.language import SOURCE_LANGUAGE
from app.web.site_address import site_address

TO_ENTITY: Final = THREAD_MESSAGE
TO_STAFF: Final = "thread_staff"
_THREAD: Final = table_of(Thread).c
_MESSAGE: Final = table_of(ThreadMessage).c
_MARK: Final = table_of(ThreadMark).c
_OPERATOR: Final = operator_table.c


def tell_entity(edition: EditionView, entity: EntityRow, thread_id: int, now: dt.datetime) -> None:
    """Queue the notice to the entity's registered addresses and to whoever of it has written in the thread. Flushes only."""
    read = db.session.execute(sa.select(_THREAD.entity_read).where(_THREAD.id == thread_id)).scalar_one()
    emails = {email.lower(): email for email in (*recipients_of(entity.id, TO_ENTITY), *_writers(thread_id))}
    words = words_for(TO_ENTITY, entity.id)
    happened = words.say("happened", name=words.name_of(entity), edition=edition.title)
    where = words.say("where", address=site_address("fill.thread", number=str(thread_id)))
    text = words.text((words.say("greeting"), happened, where, words.say("safe")), edition)
    told = (words.say("subject"), text)
    for small, email in emails.items():
        key = f"{TO_ENTITY}/{thread_id}/{read}/{keyed_hash(f'notice|{small}')[:16]}"  # the next notice may go to others as well
        queue_notice(TO_ENTITY, f"entity:{entity.id}", email, told, key, language=words.language, now=now)


def tell_staff(entity: EntityRow, thread_id: int, now: dt.datetime) -> None:
    """Queue the notice to who looks after the thread; where nobody does, or who did may not see it any more, to the desk's
    mailbox (`mail_reply_to`), if there is one. Flushes only."""
    joined = sa.join(table_of(Thread), entity_table, entity_table.c.id == _THREAD.entity_id)
    query = sa.select(_THREAD.assigned_id, _THREAD.desk_read, entity_table.c.region_code).select_from(joined)
    assigned, read, region = db.session.execute(query.where(_THREAD.id == thread_id)).one()
    member = staff_by_id(assigned) if assigned is not None else None
    if member is not None and may_look_after(member, region):
        recipient, reader, read = member.email, member.id, _read_by(thread_id, member.id)
    elif settings().mail_reply_to:
        recipient, reader = desk_mailbox(settings()), 0
    else:
        return
    with force_locale(SOURCE_LANGUAGE):
        subject = _("Un nuovo messaggio da un ente: %(name)s", name=entity.label)
        happened = _("%(name)s ha scritto alla segreteria della rilevazione.", name=entity.label)
        address = site_address("desk.thread", number=str(thread_id))
        where = _("Per leggere e rispondere entra da qui: %(address)s", address=address)
        text = "\n\n".join((happened, where)) + "\n"
    key = f"{TO_STAFF}/{thread_id}/{read}/{reader}"
    queue_notice(TO_STAFF, f"thread:{thread_id}", recipient, (subject, text), key, language=SOURCE_LANGUAGE, now=now)


def _writers(thread_id: int) -> list[str]:
    """The verified addresses of those of the entity who have written in a thread and still fill in."""
    query = sa.select(_OPERATOR.email).join(ThreadMessage, _MESSAGE.operator_id == _OPERATOR.id).distinct()
    own = (_MESSAGE.thread_id == thread_id, _MESSAGE.side == ENTITY, _OPERATOR.removed_at.is_(None), _OPERATOR.email != "")
    verified = _OPERATOR.verified_at.is_not(None)  # another address may be somebody else's
    return list(db.session.execute(query.where(*own, verified).order_by(_OPERATOR.email)).scalars())


def _read_by(thread_id: int, staff_id: int) -> int:
    query = sa.select(_MARK.message_id).where(_MARK.thread_id == thread_id, _MARK.staff_id == staff_id)
    return db.session.execute(query).scalar_one_or_none() or 0


def _looks_after(staff_id: int, row: Any) -> bool:
    """Whether a thread is still this member's, and may be."""
    member = staff_by_id(staff_id)
    return row.assigned_id == staff_id and member is not None and may_look_after(member, row.region_code)


class ThreadHook:
    """What a notice does when it is claimed: see whether the message was read meanwhile, or is another's to see to."""

    def wanted(self, delivery: QueuedNotice, now: dt.datetime) -> str | None:
        """None, or why it is sent no more."""
        kind, thread, read, reader = delivery.dedupe_key.split("/")
        query = sa.select(_THREAD.entity_read, _THREAD.desk_read, _THREAD.assigned_id, entity_table.c.region_code)
        query = query.join(entity_table, entity_table.c.id == _THREAD.entity_id).where(_THREAD.id == int(thread))
        row = db.session.execute(query).one_or_none()
        if row is None:
            return "the thread is gone"
        if kind == TO_STAFF and int(reader) and not _looks_after(int(reader), row):
            return "somebody else looks after it"
        if kind == TO_ENTITY:
            present = row.entity_read
        else:
            present = _read_by(int(thread), int(reader)) if int(reader) else row.desk_read
        return "read meanwhile" if present > int(read) else None

    def fill(self, delivery: QueuedNotice, now: dt.datetime) -> Filled:
        """As it was queued."""
        return as_queued(delivery)


def register_thread_hooks() -> None:
    """Tell the outbox what a notice needs. Called once by `create_app`; again does no harm."""
    for kind in (TO_ENTITY, TO_STAFF):
        register_hook(kind, ThreadHook())
