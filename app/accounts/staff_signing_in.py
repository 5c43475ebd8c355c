"""Signing a member of staff in: address, password and a code of the second factor, or a recovery code, all three at once.

Not for: cookies and pages (`app.access`), or the first password (`staff_links.py`).
Holds always: whoever is refused learns nothing: an unknown address, a member without password or disabled, a wrong password and
a wrong or used code, of the phone or of recovery, get one answer, by the same statements and one hash; a try is counted before
anything is compared, in a transaction of its own, and the password is hashed outside of any; a used code is never accepted
again, which one UPDATE decides together with all that was checked; a right try opens a new session with a new id, and one from
a browser that was not known is told to the member.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from app.accounts import throttle
from app.accounts.links import DeadLinkError
from app.accounts.models import StaffMember
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.accounts.staff_devices import is_device_of, new_staff_device
from app.accounts.staff_notices import tell_of_new_browser
from app.accounts.staff_recovery import make_codes, matching_code, use_code
from app.accounts.staff_sessions import open_staff_session
from app.accounts.tokens import token_hash
from app.accounts.totp import matching_step, secret_of
from app.audit.chain import record
from app.extensions import db, table_of
from app.web.log import log_refusal

_MEMBER: Final = table_of(StaffMember).c
_NOBODY: Final = 0


class WrongSignInError(Exception):
    """Not the address, password and code of a member of staff: which of them is nobody's business."""


@dataclass(frozen=True, slots=True, repr=False)
class StaffTry:
    """What somebody typed, and from where. `device`: the id of a known browser that the request brought, empty if none;
    `browser`: what it says that it is, in our codes."""

    email: str
    password: str
    code: str
    network: str
    device: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class StaffSignedIn:
    """What the browser gets: ids for two cookies. `recovery_codes`: new ones, to be shown this once, where there are any."""

    session_token: str
    device_token: str
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What is known of whom an address may mean; nobody: id 0 and no hash. `stored`: None where nobody can sign in."""

    staff_id: int
    email: str
    stored: str | None
    serial: int


@dataclass(frozen=True, slots=True, repr=False)
class _Proof:
    """What the code that was typed is: a step of the phone's, or the hash of a recovery code; one of them is None."""

    step: int | None
    recovery: str | None


def sign_in_staff(tried: StaffTry, now: dt.datetime) -> StaffSignedIn:
    """Open a session. Raises `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`."""
    found = _credentials_of(tried.email)
    known = is_device_of(tried.device, found.staff_id, found.serial)
    limits = _count(tried, found, known, now)
    proof = _proved(found, tried.password, tried.code, now)
    throttle.forget_old_counts(now)
    if proof is None or not _use(found, proof, now):
        db.session.rollback()
        _count_failure(tried.network, known, now)
        log_refusal("wrong sign-in of staff", staff=found.staff_id, known_device=known)
        raise WrongSignInError
    throttle.take_back(limits, now)
    _upgrade(found, tried.password)
    if not known:
        tell_of_new_browser(found.staff_id, tried.browser, now)
    return open_for(
        found.staff_id, found.serial, now, by="recovery" if proof.step is None else "password", browser=tried.browser
    )


def sign_in_set_up(staff_id: int, serial: int, now: dt.datetime, *, browser: str = "") -> StaffSignedIn:
    """Open a session for whoever has just set password and second factor by a link, and make their recovery codes.

    `serial`: of the second factor that the link showed. Raises `DeadLinkError` where it or the login has ended meanwhile.
    """
    same = sa.select(_MEMBER.id).where(_MEMBER.id == staff_id, _MEMBER.totp_serial == serial, _MEMBER.password_hash != "")
    held = same.where(_MEMBER.disabled_at.is_(None)).with_for_update()
    if db.session.execute(held).scalar_one_or_none() is None:
        db.session.rollback()
        raise DeadLinkError
    codes = make_codes(staff_id, now)
    signed = open_for(staff_id, serial, now, by="link", browser=browser)
    return StaffSignedIn(signed.session_token, signed.device_token, codes)


def prove_again(staff_id: int, password: str, code: str, session_key: str, now: dt.datetime) -> Credentials:
    """Whoever sits in this session shows once more that they are its member; the code is used up, flushed only.

    Raises `WrongSignInError`, `TooManyAttemptsError` (counted for this session alone) or `HashingBusyError`.
    """
    limits = throttle.limits_of_device(f"staff|{staff_id}", session_key)
    throttle.count_try(limits, now)
    found = _found(_MEMBER.id == staff_id)
    proof = _proved(found, password, code, now)
    if proof is None or not _use(found, proof, now):
        db.session.rollback()
        log_refusal("wrong proof of staff", staff=staff_id)
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


def _proved(found: Credentials, password: str, code: str, now: dt.datetime) -> _Proof | None:
    """What the code is, where password and code are right. The password and both kinds of code are always looked at."""
    recovery = matching_code(found.staff_id, code)
    db.session.rollback()  # nobody should wait for the hash below
    right = verify_password(found.stored, password)
    step = matching_step(secret_of(found.staff_id, found.serial), code, now)
    return _Proof(step, recovery) if right and (step is not None or recovery is not None) else None


def _use(found: Credentials, proof: _Proof, now: dt.datetime) -> bool:
    """Use the code up, if nothing of what was checked has changed meanwhile and no code of this step or later was used."""
    same = sa.and_(_MEMBER.id == found.staff_id, _MEMBER.password_hash == found.stored, _MEMBER.totp_serial == found.serial)
    fresh = sa.update(StaffMember).where(same, _MEMBER.disabled_at.is_(None))
    if proof.step is None:  # the row is held all the same, so that nobody makes other codes meanwhile
        held = fresh.values(totp_step=_MEMBER.totp_step)
    else:
        held = fresh.where(_MEMBER.totp_step < proof.step).values(totp_step=proof.step)
    if db.session.execute(held.returning(_MEMBER.id)).scalar_one_or_none() is None:
        return False
    return proof.step is not None or (proof.recovery is not None and use_code(found.staff_id, proof.recovery, now))


def _upgrade(found: Credentials, password: str) -> None:
    """Put a hash with today's parameters in place of an older one; rare, hence inside the transaction."""
    if found.stored is not None and needs_rehash(found.stored):
        values: dict[str, Any] = {"password_hash": hash_password(password)}
        db.session.execute(sa.update(StaffMember).where(_MEMBER.id == found.staff_id).values(**values))


def open_for(staff_id: int, serial: int, now: dt.datetime, *, by: str, browser: str) -> StaffSignedIn:
    """Open a session for a member who has proved to be one, with its audit entry. Commits."""
    signed = StaffSignedIn(open_staff_session(staff_id, now, browser=browser), new_staff_device(staff_id, serial))
    actor = f"staff:{staff_id}"
    record("staff_signed_in", actor=actor, subject=actor, detail={"by": by}, now=now)
    db.session.commit()
    return signed
