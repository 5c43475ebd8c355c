"""Which of an entity's addresses get which message.

Not for: the addresses themselves (`addresses.py`), or sending (`mail`).
Holds always: certified mail gets a message only where there is no other address; an address that has ended or that a mail
server has called bad gets none; for many entities it is one query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from app.extensions import db
from app.registry.address_holds import gets_links
from app.registry.models import ContactAddress

AT_ONCE = 10_000
"""More entities than that are not named in a query: databases limit how many parameters it has."""
_OFFICES = (("social_services",), ("registry_office",), ("mayor",), ("other",), ("pec",))
_RECORDS = (("social_services", "registry_office"), ("mayor",), ("other",), ("pec",))
RECIPIENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "activation": _OFFICES,
    "sign_in": _OFFICES,
    "reset": _OFFICES,
    "receipt": _RECORDS,
    "telephone_copy": _RECORDS,
    "reopening": _RECORDS,
    "thread_message": _RECORDS,
    "practice_sent_back": _RECORDS,
    "reminder": _RECORDS,
    "reminder_pec": (("pec",),),
}
"""Which message gets what: the purposes to try in order, those in one bracket together. The first bracket in which there is
an address gets the message. A receipt goes to the registry office as well, which has to file it."""

WITH_LINK = frozenset({"activation", "sign_in", "reset", "telephone_copy"})
"""The messages with which somebody gets in, or confirms something in the entity's name."""

WITHOUT_OPTED_OUT = frozenset({"reminder"})
"""The messages that a person's own address, registered among the others, does not get once its owner wants none."""
_WANTED = ContactAddress.no_reminders_at.is_(None)


# The table of addresses that a server has called bad belongs to the mail room, this one's neighbour: neither imports the
# other, and only its key is read here.
_bad = sa.table("mail_suppression", sa.column("email"))


class UnknownMessageError(ValueError):
    """A message that `RECIPIENTS` does not name."""


def select_with_address(*, bad: bool = False, purpose: str | None = None) -> sa.Select[int]:
    """The ids of the entities with an address in use to which a message may go; `bad`: with one that a server has refused;
    `purpose`: only addresses of this one."""
    known_bad = ContactAddress.email.in_(sa.select(sa.func.lower(_bad.c.email)))
    query = sa.select(ContactAddress.entity_id).where(ContactAddress.ended_at.is_(None)).distinct()
    if purpose is not None:
        query = query.where(ContactAddress.purpose == purpose)
    return query.where(known_bad if bad else ~known_bad)


def recipients_of(entity_id: int, message: str, now: dt.datetime | None = None) -> list[str]:
    """The addresses of an entity that get a message of this kind, each once; empty where it has none that may be used.

    `now`: needed for a message with a link, which a new address gets only after a while. Raises `UnknownMessageError`.
    """
    return recipients_for([entity_id], message, now)[entity_id]


def recipients_for(entity_ids: Collection[int], message: str, now: dt.datetime | None = None) -> dict[int, list[str]]:
    """`recipients_of` for many entities in one query. Raises `UnknownMessageError`."""
    if message not in RECIPIENTS:
        raise UnknownMessageError(message)
    if message not in WITH_LINK:
        used: sa.ColumnElement[bool] = ContactAddress.ended_at.is_(None)
    elif now is None:
        raise ValueError(f"who gets a {message} link depends on the instant: say which")
    else:
        used = gets_links(now)
    if message in WITHOUT_OPTED_OUT:
        used = sa.and_(used, _WANTED)
    query = _select_usable(used)
    if len(entity_ids) <= AT_ONCE:
        query = query.where(ContactAddress.entity_id.in_(entity_ids))
    found: dict[int, dict[str, list[str]]] = {entity_id: {} for entity_id in entity_ids}
    for row in db.session.execute(query):
        if row.entity_id in found:
            found[row.entity_id].setdefault(row.purpose, []).append(row.email)
    return {entity_id: _first_bracket(by_purpose, message) for entity_id, by_purpose in found.items()}


def mailboxes_for(message: str) -> dict[int, int]:
    """Entity's id → to how many addresses a message of this kind goes, of all that have one. One query.

    Not for a message with a link, whose addresses depend on the instant. Raises `UnknownMessageError`.
    """
    if message not in RECIPIENTS or message in WITH_LINK:
        raise UnknownMessageError(message)
    used: sa.ColumnElement[bool] = ContactAddress.ended_at.is_(None)
    if message in WITHOUT_OPTED_OUT:
        used = sa.and_(used, _WANTED)
    found: dict[int, dict[str, list[str]]] = {}
    for entity_id, purpose, email in db.session.connection().execute(_select_usable(used)):
        found.setdefault(entity_id, {}).setdefault(purpose, []).append(email)
    return {entity_id: len(_first_bracket(by_purpose, message)) for entity_id, by_purpose in found.items()}


def _select_usable(used: sa.ColumnElement[bool]) -> sa.Select[int, str, str]:
    """(entity_id, purpose, email) of the addresses that no server has called bad."""
    bad = ContactAddress.email.in_(sa.select(sa.func.lower(_bad.c.email)))
    query = sa.select(ContactAddress.entity_id, ContactAddress.purpose, ContactAddress.email).where(used, ~bad)
    return query.order_by(ContactAddress.entity_id, ContactAddress.email, ContactAddress.id)


def _first_bracket(by_purpose: dict[str, list[str]], message: str) -> list[str]:
    for purposes in RECIPIENTS[message]:
        emails = [email for purpose in purposes for email in by_purpose.get(purpose, [])]
        if emails:
            return list(dict.fromkeys(emails))
    return []
