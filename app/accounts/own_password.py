"""An entity changes its password by itself: signed in, by giving the present one.

Not for: an entity without a password or that has forgotten it (`links.py`, `codes.py`, `resets.py`), or staff
(`staff_passwords.py`).
Holds always: a try is counted before the present password is looked at, as at sign-in, and both hashes are made outside of any
transaction; then one transaction ends every session, link, invitation and letter code, opens a new session in place of the one
that asked, and queues the message to the registered addresses; nothing changes where that session, the password or the login
has ended meanwhile. The message holds no secret and no link that signs anybody in.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa
from flask_babel import force_locale, format_datetime
from flask_babel import gettext as _

from app.accounts import throttle
from app.accounts.entity_accounts import set_password_hash, stored_hash
from app.accounts.identity import Identity
from app.accounts.links import RESET, own_words
from app.accounts.messages import reference_of
from app.accounts.models import WebSession
from app.accounts.notices import Notice
from app.accounts.passwords import check_new_password, hash_password, verify_password
from app.accounts.places import Place, known_at, remember_sign_in
from app.accounts.sessions import open_session
from app.accounts.signing_in import SignedIn, WrongPasswordError, count_failure_at, count_try_at
from app.accounts.suspensions import refuse_if_suspended
from app.accounts.tokens import keyed_hash
from app.accounts.ways_in import end_codes, end_links, hold_logins
from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.outbox import queue_message
from app.registry.address_holds import open_holds
from app.registry.addresses import addresses_of
from app.registry.entities import EntityRow
from app.registry.recipients import recipients_of
from app.web.log import log_refusal
from app.web.site_address import site_address

PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 — a kind of message
"""The kind of the message."""
_LANGUAGE: Final = "it"
_SESSION: Final = table_of(WebSession).c


class SessionOverError(Exception):
    """The session that asked has ended while the passwords were looked at."""


def change_password(entity: EntityRow, who: Identity, present: str, new: str, place: Place, now: dt.datetime) -> SignedIn:
    """Set the entity's password and go on in a new session, whose ids the browser gets.

    Raises `WeakPasswordError`, `WrongPasswordError`, `TooManyAttemptsError` or `HashingBusyError`; `SessionOverError` or
    `SuspendedLoginError` where the session or the login has ended meanwhile.
    """
    check_new_password(new, own_words(entity))
    known = known_at(entity.id, place, now)
    limits = count_try_at(entity.id, place, known, now)
    stored = stored_hash(entity.id)
    db.session.rollback()  # nobody should wait for the hashes below
    if not verify_password(stored, present):
        count_failure_at(place, known, now)
        log_refusal("wrong present password", entity=entity.code, known_device=known.device)
        raise WrongPasswordError(entity.code)
    password_hash = hash_password(new)
    hold_logins(entity.id)
    refuse_if_suspended(entity.id)
    if stored_hash(entity.id) != stored or not _is_live(who, now):
        db.session.rollback()
        raise SessionOverError(entity.code)
    throttle.take_back(limits, now)
    set_password_hash(entity.id, password_hash, now)
    end_links(entity.id, now)
    end_codes(entity.id, now)
    signed = SignedIn(
        open_session(entity.id, now, operator_id=who.operator_id), remember_sign_in(entity.id, place, now), who.operator_id
    )
    told = _tell(entity, now)
    actor = f"operator:{who.operator_id}"
    record("own_password_changed", actor=actor, subject=f"entity:{entity.code}", detail={"told": len(told)}, now=now)
    db.session.commit()
    return signed


def _is_live(who: Identity, now: dt.datetime) -> bool:
    query = sa.select(_SESSION.entity_id).where(_SESSION.id_hash == who.session_key, _SESSION.entity_id == who.entity_id)
    return db.session.execute(query.where(_SESSION.ended_at.is_(None), _SESSION.expires_at > now)).first() is not None


def _tell(entity: EntityRow, now: dt.datetime) -> list[str]:
    """Queue the message to certified mail and to those that get the links, and say who they are. Flushes only."""
    held = {hold.added_id for hold in open_holds(now, entity_id=entity.id)}
    certified = [row.email for row in addresses_of(entity.id) if row.purpose == "pec" and row.id not in held]
    recipients = list(dict.fromkeys([*certified, *recipients_of(entity.id, RESET, now)]))
    with force_locale(_LANGUAGE):
        notice = Notice(_LANGUAGE, *_wording(entity.label, now))
    for recipient in recipients:
        key = keyed_hash(f"message|{PASSWORD_CHANGED}|{entity.id}|{recipient}|{now.isoformat()}")
        message = notice.to(recipient, kind=PASSWORD_CHANGED, reference=reference_of(entity.id), dedupe_key=key)
        queue_message(message, now)
    return recipients


def _wording(name: str, now: dt.datetime) -> tuple[str, str, list[str]]:
    """Subject, heading and paragraphs."""
    happened = _(
        "Il %(at)s qualcuno che era entrato per %(name)s ha scelto una nuova password, dopo aver scritto quella di prima. La "
        "password di prima, i link e il codice della lettera non valgono più; negli altri browser bisogna entrare di nuovo.",
        at=format_datetime(now, "d MMMM y, HH:mm"),
        name=name,
    )
    right = _("Se lo avete fatto voi, non dovete fare nulla. Chi accedeva con la password di prima deve usare quella nuova.")
    wrong = _("Se non lo riconoscete, chiamate subito chi conduce la rilevazione: l'accesso si può azzerare.")
    contacts = _("I recapiti: %(address)s", address=site_address("public.contacts"))
    heading = _("È cambiata la password di %(name)s", name=name)
    subject = _("Ricognizione: è cambiata la password di %(name)s", name=name)
    return str(subject), str(heading), [happened, right, wrong, contacts]
