"""Changes of an entity's addresses at the desk, of which the old address and the certified one are told.

Not for: bringing in many at once (`app.registry.imports`), which tells nobody.
Holds always: change, messages and audit entry are one transaction; the message goes to the address that was replaced although
it has ended, to certified mail, and to those that had got the links until then, never to the new one alone, nor to one that is
still held: it has shown nobody that it may stop a change; what is queued holds no secret, and the new address only masked; of
an entity that has ever signed in, the new address gets no link for a while (`address_delay_hours`), and the message says how to
stop the change until then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask_babel import force_locale, format_datetime
from flask_babel import gettext as _

from app.accounts.address_stops import ADDRESS_CHANGED, hold_change, mark_of
from app.accounts.entity_accounts import was_activated
from app.accounts.links import RESET
from app.accounts.messages import reference_of
from app.accounts.notices import Notice
from app.accounts.tokens import keyed_hash
from app.audit.chain import Scalar, record
from app.config import settings
from app.extensions import db
from app.mail.outbox import queue_message
from app.registry.address_book import apply_change
from app.registry.address_holds import open_holds
from app.registry.addresses import ChangeRow, addresses_of, live_id, masked, purpose_label, settle_change, waiting_changes
from app.registry.entities import EntityRow, find_by_id
from app.registry.recipients import recipients_of
from app.web.site_address import site_address

SOURCE: Final = "desk"
_LANGUAGE: Final = "it"


def change_address(entity: EntityRow, *, ends: int | None, purpose: str, email: str, actor: str, now: dt.datetime) -> list[str]:
    """Add, replace or end an address (`apply_change`) and say who is told. Commits.

    Raises `UnknownPurposeError`, `UnfitAddressError`, `UnknownAddressError` or `AlreadyRegisteredError`; nothing changes then.
    """
    before = _readers(entity.id, now)
    change = apply_change(entity.id, ends=ends, purpose=purpose, email=email, source=SOURCE, now=now)
    stop = _hold(entity.id, change.added_id, change.ended_id, now)
    told = _tell(entity, before, _Change(change.purpose, change.ended_id, change.ended, change.added, *stop), now)
    detail: dict[str, Scalar] = {"added": change.added_id, "ended": change.ended_id, "purpose": purpose, "told": len(told)}
    record("address_changed", actor=actor, subject=f"entity:{entity.code}", detail=detail, now=now)
    db.session.commit()
    return told


def decide_proposal(change_id: int, *, agrees: bool, actor: str, now: dt.datetime) -> tuple[ChangeRow, list[str]]:
    """Confirm or refuse what an entity has proposed; give it, and who is told: nobody of a refusal. Commits.

    Raises `UnknownChangeError`.
    """
    waiting = next(iter(waiting_changes(change_id=change_id)), None)
    entity = None if waiting is None else find_by_id(waiting.entity_id)
    before = _Readers([], [], frozenset()) if entity is None else _readers(entity.id, now)
    known = None if waiting is None else live_id(waiting.entity_id, waiting.purpose, waiting.email)
    change = settle_change(change_id, agrees=agrees, decided_by=actor, now=now)
    told: list[str] = []
    if agrees and entity is not None:
        added = live_id(entity.id, change.purpose, change.email) if change.email and known is None else None
        stop = _hold(entity.id, added, change.replaces_id, now)
        done = _Change(change.purpose, change.replaces_id, change.replaces_email or "", change.email, *stop)
        told = _tell(entity, before, done, now)
    db.session.commit()
    return change, told


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who reads for an entity before a change: certified mail, and who gets the links; `held`: addresses that do not yet."""

    certified: list[str]
    linked: list[str]
    held: frozenset[int]


def _readers(entity_id: int, now: dt.datetime) -> _Readers:
    held = frozenset(hold.added_id for hold in open_holds(now, entity_id=entity_id))
    certified = [row.email for row in addresses_of(entity_id) if row.purpose == "pec" and row.id not in held]
    return _Readers(certified, recipients_of(entity_id, RESET, now), held)


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that was made. `until`: when the new address gets links (None: at once); `mark`: of the link to stop it."""

    purpose: str
    ended_id: int | None
    ended: str
    added: str
    until: dt.datetime | None = None
    mark: str = ""


def _hold(entity_id: int, added_id: int | None, ended_id: int | None, now: dt.datetime) -> tuple[dt.datetime | None, str]:
    """Hold a new address back where there is something to guard, and say until when and where the link to stop it goes."""
    if added_id is None or not settings().address_delay_hours or not was_activated(entity_id):
        return None, ""
    return hold_change(entity_id, added_id, ended_id, now), mark_of(added_id)


def _tell(entity: EntityRow, before: _Readers, change: _Change, now: dt.datetime) -> list[str]:
    """Queue the message to each who is told, and say who they are. Flushes only."""
    ended, added = change.ended, change.added
    read_before = [*before.certified, *before.linked]
    told = [ended, *read_before] if ended and change.ended_id not in before.held else read_before
    recipients = [email for email in dict.fromkeys(told) if email != added or email in before.linked]
    with force_locale(_LANGUAGE):
        notice = Notice(_LANGUAGE, *_wording(entity.label, purpose_label(change.purpose), change))
    for recipient in recipients:
        key = keyed_hash(f"message|{ADDRESS_CHANGED}|{entity.id}|{recipient}|{ended}|{added}|{now.isoformat()}")
        message = notice.to(recipient, kind=ADDRESS_CHANGED, reference=reference_of(entity.id), dedupe_key=key)
        queue_message(message, now)
    return recipients


def _wording(name: str, office: str, change: _Change) -> tuple[str, str, list[str]]:
    """Subject, heading and paragraphs."""
    ended, added = change.ended, change.added
    if ended and added:
        given = {"name": name, "office": office, "old": masked(ended), "new": masked(added)}
        happened = _("Per %(name)s (%(office)s) la Ricognizione scrive da oggi a %(new)s, e non più a %(old)s.", **given)
    elif added:
        happened = _(
            "Per %(name)s (%(office)s) la Ricognizione scrive da oggi anche a %(new)s.",
            name=name,
            office=office,
            new=masked(added),
        )
    else:
        happened = _(
            "Per %(name)s (%(office)s) la Ricognizione non scrive più a %(old)s.", name=name, office=office, old=masked(ended)
        )
    paragraphs = [happened, *_what_to_do(change)]
    contacts = _("I recapiti: %(address)s", address=site_address("public.contacts"))
    heading = _("È cambiato un indirizzo e-mail di %(name)s", name=name)
    subject = _("Ricognizione: è cambiato un indirizzo e-mail di %(name)s", name=name)
    return subject, heading, [*paragraphs, contacts]


def _what_to_do(change: _Change) -> list[str]:
    if change.until is None:
        return [
            _(
                "Se la modifica è giusta non devi fare nulla. Se non la riconosci chiama subito chi conduce la rilevazione: "
                "l'indirizzo di prima si può riprendere."
            )
        ]
    when = format_datetime(change.until, "d MMMM y, HH:mm")
    held = _(
        "I link per entrare e per scegliere una nuova password non vanno ancora al nuovo indirizzo: ci vanno dal %(when)s.",
        when=when,
    )
    stop = _(
        "Se la modifica è giusta non devi fare nulla. Se non la riconosci fermala prima di quell'ora: %(address)s",
        address=change.mark,
    )
    return [held, stop]
