"""Signing an entity in: with its password (and a code, where a second step is due), by a link sent to it, by an invitation, or
because it has just set its password.

Not for: finding the entity (`app.registry`), cookies and pages (`app.access`).
Holds always: a try is counted before its password is looked at; the password is hashed outside of any transaction; an entity
that was never activated takes as long and gets the same answer as a wrong password; a right one opens a new session with a
new id, whatever the browser brought; none is opened on a password or link that a reset has ended meanwhile.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import NoReturn

from app.accounts import throttle
from app.accounts.entity_accounts import stored_hash, upgrade_hash, was_emptied
from app.accounts.invitations import take_up
from app.accounts.links import DeadLinkError
from app.accounts.operators import get_operator
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.accounts.places import Known, Place, known_at, remember_sign_in
from app.accounts.rations import AskedTooOftenError
from app.accounts.second_step import CodeAskedError, WrongDigitsError, ask_code, entity_of_step, try_digits, use_up_step
from app.accounts.sending import NoAddressError
from app.accounts.sessions import open_session
from app.accounts.sign_in_links import redeem_sign_in_link
from app.accounts.suspensions import SuspendedLoginError, refuse_if_suspended
from app.accounts.ways_in import hold_logins
from app.audit.chain import record
from app.extensions import db
from app.registry.entities import EntityRow
from app.web.log import log_refusal


class WrongPasswordError(Exception):
    """Not the password of this entity, or the entity has none yet."""


class EmptiedPasswordError(WrongPasswordError):
    """The entity has no password any more: a reset has ended it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser gets: ids for two cookies. `operator_id`: who filled in last on this device, None to ask."""

    session_token: str
    device_token: str
    operator_id: int | None


def sign_in_entity(
    entity: EntityRow, password: str, place: Place, now: dt.datetime, *, second_step: bool = False, language: str = "it"
) -> SignedIn:
    """Open a session for the entity. `second_step`: in a browser that is new to it, only with a code, sent in this language.

    Raises `WrongPasswordError` (`EmptiedPasswordError` where a reset has ended the password), `TooManyAttemptsError` or
    `HashingBusyError`; `CodeAskedError` once the code is on its way, `NoAddressError` or `AskedTooOftenError` where it is not;
    `SuspendedLoginError` to nobody but who has the right password.
    """
    known = known_at(entity.id, place, now)
    limits = count_try_at(entity.id, place, known, now)
    stored = stored_hash(entity.id)
    db.session.rollback()  # nobody should wait for the hash below
    if not verify_password(stored, password):
        count_failure_at(place, known, now)
        log_refusal("password", entity=entity.code, known_device=known.device)
        raise _refusal(entity)
    upgraded = hash_password(password) if stored is not None and needs_rehash(stored) else None
    throttle.forget_old_counts(now)
    hold_logins(entity.id)
    if stored_hash(entity.id) != stored:
        db.session.rollback()
        raise _refusal(entity)
    throttle.take_back(limits, now)
    if stored is not None and upgraded is not None:
        upgrade_hash(entity.id, stored, upgraded)
    if second_step and not known.device:
        refuse_if_suspended(entity.id)
        _ask_code(entity, limits, language, now)
    return _open(entity, place, known.operator_id, now)


def _ask_code(entity: EntityRow, limits: list[throttle.Limit], language: str, now: dt.datetime) -> NoReturn:
    try:
        token = ask_code(entity, language, now)
    except (NoAddressError, AskedTooOftenError):
        db.session.rollback()
        throttle.take_back(limits, now)
        db.session.commit()
        raise
    db.session.commit()
    raise CodeAskedError(entity, token)


def sign_in_by_code(token: str, digits: str, place: Place, now: dt.datetime) -> SignedIn:
    """Open a session for the browser that gave the right password, with the digits that were sent.

    Raises `DeadLinkError` (nothing waits for them any more), `WrongDigitsError` or `TooManyAttemptsError`.
    """
    entity = entity_of_step(token, now)
    known = known_at(entity.id, place, now)
    limits = count_try_at(entity.id, place, known, now)
    try:
        try_digits(token, digits, now)
    except WrongDigitsError:
        count_failure_at(place, known, now)
        log_refusal("second step", entity=entity.code, known_device=known.device)
        raise
    hold_logins(entity.id)
    use_up_step(token, now)
    throttle.take_back(limits, now)
    return _open_unless_suspended(entity, place, known.operator_id, now, "second_step")


def sign_in_invited(token: str, *, name: str, office: str, phone: str, place: Place, now: dt.datetime) -> SignedIn:
    """Use an invitation up and open a session in which its reader fills in. Raises `DeadLinkError`."""
    entity, operator_id = take_up(token, name=name, office=office, phone=phone, now=now)
    return _open_unless_suspended(entity, place, operator_id, now, "invitation")


def sign_in_activated(entity: EntityRow, place: Place, now: dt.datetime) -> SignedIn:
    """Open a session for whoever has just set the entity's password. Raises `DeadLinkError` if a reset has ended it."""
    hold_logins(entity.id)
    if stored_hash(entity.id) is None:
        db.session.rollback()
        raise DeadLinkError
    return _open_unless_suspended(entity, place, known_at(entity.id, place, now).operator_id, now, "password")


def sign_in_by_link(token: str, place: Place, now: dt.datetime) -> SignedIn:
    """Use a sign-in link up and open a session for its entity. Raises `DeadLinkError`."""
    entity = redeem_sign_in_link(token, now)
    return _open(entity, place, known_at(entity.id, place, now).operator_id, now, by="link")


def count_try_at(entity_id: int, place: Place, known: Known, now: dt.datetime) -> list[throttle.Limit]:
    """Count a try at this account before its secret is looked at, and commit; the limits to take back where it was right.

    Raises `TooManyAttemptsError`, and then nothing was counted.
    """
    if known.device and place.device_hash is not None:
        limits = throttle.limits_of_device(entity_id, place.device_hash)
    elif known.network:
        limits = throttle.limits_of_known_network(entity_id, place.network)
    else:
        throttle.refuse_early([throttle.limit_of_network(place.network)], now)
        limits = throttle.limits_of_stranger(entity_id, place.network)
    throttle.count_try(limits, now)
    return limits


def count_failure_at(place: Place, known: Known, now: dt.datetime) -> None:
    """Count a wrong secret of this network, at whichever account, unless the place is one of the entity's own."""
    if known.device or known.network:
        return
    with contextlib.suppress(throttle.TooManyAttemptsError):  # it must wait already: there is nothing to add
        throttle.count_try([throttle.limit_of_network(place.network)], now)


def _refusal(entity: EntityRow) -> WrongPasswordError:
    emptied = was_emptied(entity.id)
    db.session.rollback()
    return EmptiedPasswordError(entity.code) if emptied else WrongPasswordError(entity.code)


def _open_unless_suspended(entity: EntityRow, place: Place, operator_id: int | None, now: dt.datetime, by: str) -> SignedIn:
    """As `_open`, where a link or a code of a suspended login is as good as none. Raises `DeadLinkError`."""
    try:
        return _open(entity, place, operator_id, now, by)
    except SuspendedLoginError as error:
        raise DeadLinkError from error


def _open(entity: EntityRow, place: Place, operator_id: int | None, now: dt.datetime, by: str = "password") -> SignedIn:
    refuse_if_suspended(entity.id)
    if operator_id is not None and get_operator(entity.id, operator_id) is None:
        operator_id = None
    session_token = open_session(entity.id, now, operator_id=operator_id)
    device_token = remember_sign_in(entity.id, place, now)
    subject = f"entity:{entity.code}"
    record("signed_in", actor=subject, subject=subject, detail={"by": by}, now=now)
    db.session.commit()
    return SignedIn(session_token, device_token, operator_id)
