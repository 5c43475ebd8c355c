"""Changes of an entity's addresses at the desk, of which the old address and the certified one are told.

Not for: bringing in many at once (`app.registry.imports`), which tells nobody.
Holds always: change, messages and audit entry are one transaction; the message goes to the address that was replaced although
it has ended, to certified mail, and where an address was only added to those that had got the links until then, never to the
new one alone; it holds no secret, and the new address only masked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.links import RESET
from app.accounts.messages import reference_of
from app.accounts.tokens import keyed_hash
from app.audit.chain import Scalar, record
from app.extensions import db
from app.mail.outbox import Message, queue_message
from app.registry.address_book import apply_change
from app.registry.addresses import ChangeRow, addresses_of, masked, purpose_label, recipients_of, settle_change, waiting_changes
from app.registry.entities import EntityRow, find_by_id
from app.web.site_address import site_address

ADDRESS_CHANGED: Final = "address_changed"
SOURCE: Final = "desk"
_TEMPLATE: Final = "mail/notice.html"
_LANGUAGE: Final = "it"


def change_address(entity: EntityRow, *, ends: int | None, purpose: str, email: str, actor: str, now: dt.datetime) -> list[str]:
    """Add, replace or end an address (`apply_change`) and say who is told. Commits.

    Raises `UnknownPurposeError`, `UnfitAddressError`, `UnknownAddressError` or `AlreadyRegisteredError`; nothing changes then.
    """
    before = _readers(entity.id)
    change = apply_change(entity.id, ends=ends, purpose=purpose, email=email, source=SOURCE, now=now)
    told = _tell(entity, before, change.purpose, change.ended, change.added, now)
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
    before = _Readers([], []) if entity is None else _readers(entity.id)
    change = settle_change(change_id, agrees=agrees, decided_by=actor, now=now)
    told: list[str] = []
    if agrees and entity is not None:
        told = _tell(entity, before, change.purpose, change.replaces_email or "", change.email, now)
    db.session.commit()
    return change, told


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who reads for an entity before a change: certified mail, and who gets the links."""

    certified: list[str]
    linked: list[str]


def _readers(entity_id: int) -> _Readers:
    certified = [row.email for row in addresses_of(entity_id) if row.purpose == "pec"]
    return _Readers(certified, recipients_of(entity_id, RESET))


def _tell(entity: EntityRow, before: _Readers, purpose: str, ended: str, added: str, now: dt.datetime) -> list[str]:
    """Queue the message to each who is told, and say who they are. Flushes only."""
    told = [ended, *before.certified] if ended else [*before.certified, *before.linked]
    recipients = [email for email in dict.fromkeys(told) if email != added]
    with force_locale(_LANGUAGE):
        subject, heading, paragraphs = _wording(entity.label, purpose_label(purpose), ended, added)
    template = current_app.jinja_env.get_template(_TEMPLATE)
    html = template.render(language=_LANGUAGE, subject=subject, heading=heading, paragraphs=paragraphs)
    for recipient in recipients:
        message = Message(
            kind=ADDRESS_CHANGED,
            reference=reference_of(entity.id),
            recipient=recipient,
            language=_LANGUAGE,
            subject=subject,
            text="\n\n".join(paragraphs) + "\n",
            html=html,
            dedupe_key=keyed_hash(f"message|{ADDRESS_CHANGED}|{entity.id}|{recipient}|{ended}|{added}|{now.isoformat()}"),
        )
        queue_message(message, now)
    return recipients


def _wording(name: str, office: str, ended: str, added: str) -> tuple[str, str, list[str]]:
    """Subject, heading and paragraphs."""
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
    wrong = _(
        "Se la modifica è giusta non devi fare nulla. Se non la riconosci chiama subito chi conduce la rilevazione: "
        "l'indirizzo di prima si può riprendere."
    )
    contacts = _("I recapiti: %(address)s", address=site_address("public.contacts"))
    heading = _("È cambiato un indirizzo e-mail di %(name)s", name=name)
    subject = _("Ricognizione: è cambiato un indirizzo e-mail di %(name)s", name=name)
    return subject, heading, [happened, wrong, contacts]
