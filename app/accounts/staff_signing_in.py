"""Signing a member of staff in: address, password and a code of the second factor, all three at once.

Not for: cookies and pages (`app.access`), or the first password (`staff_links.py`).
Holds always: whoever is refused learns nothing: an unknown address, a member without password or disabled, a wrong password and
a wrong or used code get one answer, by the same statements and one hash; a try is counted before anything is compared, in a
transaction of its own, and the password is hashed outside of any; a used step is never accepted again, which one UPDATE
decides together with all that was checked; a right try opens a new session with a new id.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts import throttle
from app.accounts.models import StaffMember
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.accounts.staff_devices import is_device_of, new_staff_device
from app.accounts.staff_sessions import open_staff_session
from app.accounts.tokens import token_hash
from app.accounts.totp import matching_step, secret_of
from app.audit.chain import record
from app.extensions import db, table_of

logger = logging.getLogger(__name__)
_MEMBER: Final = table_of(StaffMember).c
_NOBODY: Final = 0


class WrongSignInError(Exception):
    """Not the address, password and code of a member of staff: which of them is nobody's business."""


@dataclass(frozen=True, slots=True, repr=False)
class StaffTry:
    """What somebody typed, and from where. `device`: the id of a known browser that the request brought, empty if none."""

    email: str
    password: str
    code: str
    network: str
    device: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class StaffSignedIn:
    """What the browser gets: ids for two cookies."""

    session_token: str
    device_token: str


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What is known of whom an address may mean; nobody: id 0 and no hash. `stored`: None where nobody can sign in."""

    staff_id: int
    email: str
    stored: str | None
    serial: int


def sign_in_staff(tried: StaffTry, now: dt.datetime) -> StaffSignedIn:
    """Open a session. Raises `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`."""
    found = _credentials_of(tried.email)
    known = is_device_of(tried.device, found.staff_id, found.serial)
    limits = _count(tried, found, known, now)
    step = _proved(found, tried.password, tried.code, now)
    throttle.forget_old_counts(now)
    if step is None or not _use(found, step):
        db.session.rollback()
        _count_failure(tried.network, known, now)
        logger.info("sign-in of staff refused", extra={"known_device": known})
        raise WrongSignInError
    throttle.take_back(limits, now)
    _upgrade(found, tried.password)
    return _open(found.staff_id, found.serial, now, by="password")


def sign_in_set_up(staff_id: int, now: dt.datetime) -> StaffSignedIn:
    """Open a session for whoever has just set password and second factor by a link."""
    query = sa.select(_MEMBER.totp_serial).where(_MEMBER.id == staff_id)
    return _open(staff_id, db.session.execute(query).scalar_one(), now, by="link")


def prove_again(staff_id: int, password: str, code: str, session_key: str, now: dt.datetime) -> Credentials:
    """Whoever sits in this session shows once more that they are its member; the code is used up, flushed only.

    Raises `WrongSignInError`, `TooManyAttemptsError` (counted for this session alone) or `HashingBusyError`.
    """
    limits = throttle.limits_of_device(f"staff|{staff_id}", session_key)
    throttle.count_try(limits, now)
    found = _found(_MEMBER.id == staff_id)
    step = _proved(found, password, code, now)
    if step is None or not _use(found, step):
        db.session.rollback()
        raise WrongSignInError
    throttle.take_back(limits, now)
    return found


def can_sign_in(email: str, password: str) -> bool:
    """Whether this is the member's password, without a code: for demonstrations, which print it. Raises `HashingBusyError`."""
    return verify_password(_credentials_of(email).stored, password)


def secret_of_member(email: str) -> str | None:
    """The second factor's secret of the member with this address: for demonstrations alone, which print it."""
    found = _credentials_of(email)
    return None if found.staff_id == _NOBODY else secret_of(found.staff_id, found.serial)


def _credentials_of(email: str) -> Credentials:
    return _found(_MEMBER.email == email.strip().lower())


def _found(which: sa.ColumnElement[bool]) -> Credentials:
    columns = (_MEMBER.id, _MEMBER.email, _MEMBER.password_hash, _MEMBER.totp_serial, _MEMBER.disabled_at)
    row = db.session.execute(sa.select(*columns).where(which)).one_or_none()
    if row is None:
        return Credentials(_NOBODY, "", None, 1)
    stored = row.password_hash if row.disabled_at is None else ""
    return Credentials(row.id, row.email, stored or None, row.totp_serial)


def _count(tried: StaffTry, found: Credentials, known: bool, now: dt.datetime) -> list[throttle.Limit]:
    """Count the try before it is looked at, and commit. Keyed by what was typed, which exists for unknown addresses too."""
    account = f"staff|{tried.email.strip().lower()}"
    if known:
        limits = throttle.limits_of_device(account, token_hash(tried.device))
    else:
        throttle.refuse_early([throttle.limit_of_network(tried.network)], now)
        limits = throttle.limits_of_stranger(account, tried.network)
    throttle.count_try(limits, now)
    return limits


def _count_failure(network: str, known: bool, now: dt.datetime) -> None:
    if known:
        return
    with contextlib.suppress(throttle.TooManyAttemptsError):  # it must wait already: there is nothing to add
        throttle.count_try([throttle.limit_of_network(network)], now)


def _proved(found: Credentials, password: str, code: str, now: dt.datetime) -> int | None:
    """The step of the code where password and code are right. Both are always looked at."""
    db.session.rollback()  # nobody should wait for the hash below
    right = verify_password(found.stored, password)
    step = matching_step(secret_of(found.staff_id, found.serial), code, now)
    return step if right else None


def _use(found: Credentials, step: int) -> bool:
    """Use the code up, if nothing of what was checked has changed meanwhile and no code of this step or later was used."""
    same = sa.and_(_MEMBER.id == found.staff_id, _MEMBER.password_hash == found.stored, _MEMBER.totp_serial == found.serial)
    fresh = sa.update(StaffMember).where(same, _MEMBER.disabled_at.is_(None), _MEMBER.totp_step < step)
    used = db.session.execute(fresh.values(totp_step=step).returning(_MEMBER.id))
    return used.scalar_one_or_none() is not None


def _upgrade(found: Credentials, password: str) -> None:
    """Put a hash with today's parameters in place of an older one; rare, hence inside the transaction."""
    if found.stored is not None and needs_rehash(found.stored):
        values: dict[str, Any] = {"password_hash": hash_password(password)}
        db.session.execute(sa.update(StaffMember).where(_MEMBER.id == found.staff_id).values(**values))


def _open(staff_id: int, serial: int, now: dt.datetime, *, by: str) -> StaffSignedIn:
    signed = StaffSignedIn(open_staff_session(staff_id, now), new_staff_device(staff_id, serial))
    actor = f"staff:{staff_id}"
    record("staff_signed_in", actor=actor, subject=actor, detail={"by": by}, now=now)
    db.session.commit()
    return signed
