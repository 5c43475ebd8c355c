"""Coming in by single sign-on: what a browser takes along to the provider, and whom it lets in when it is back.

Not for: the provider's own words (`oidc.py`), connecting accounts (`staff_sso_links.py`), or cookies and pages (`app.access`).
Holds always: a return counts only in the browser that set out, within ten minutes and once, which one INSERT decides; nonce and
verifier come from its random state under the installation's secret; whoever comes in is a member with a password of their own,
not closed, whose account was connected before. The provider is asked outside of any transaction. The phone is not asked for:
how sure the provider is, is its business (`oidc_acr_values` demands it).
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from flask import session
from sqlalchemy.exc import IntegrityError

from app.accounts import oidc
from app.accounts.models import StaffMember, StaffSsoLink, StaffSsoReturn
from app.accounts.staff_devices import is_device_of
from app.accounts.staff_notices import tell_of_new_browser
from app.accounts.staff_sessions import StaffIdentity
from app.accounts.staff_signing_in import StaffSignedIn, open_for, prove_again
from app.accounts.staff_sso_links import is_linked, subject_hash
from app.accounts.tokens import keyed_hash, new_token, token_hash
from app.config import settings
from app.database import unit_of_work
from app.extensions import db, table_of
from app.web.site_address import site_address

RETURN_PAGE: Final = "access.staff_sso_return"
GOOD_FOR: Final = dt.timedelta(minutes=10)
_KEPT: Final = dt.timedelta(hours=1)
_SESSION_KEY: Final = "sso"
_MEMBER, _LINK, _RETURN = table_of(StaffMember).c, table_of(StaffSsoLink).c, table_of(StaffSsoReturn).c


class SsoRefusedError(Exception):
    """Nobody comes in by this return. `reason`: a word for the log; whoever is refused learns nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Returned:
    """Who came back: the hash of their account; where they were going; who wanted to connect it, None for signing in."""

    subject: str
    target: str
    links_staff_id: int | None


def sso_is_on() -> bool:
    """Whether this installation has a provider."""
    return bool(settings().oidc_issuer)


def set_out(now: dt.datetime, *, target: str = "", links_staff_id: int | None = None) -> str:
    """The provider's address for this browser, which remembers that it set out. Raises `SsoRefusedError`."""
    db.session.rollback()  # nobody should wait for the provider
    state = new_token()
    try:
        found = oidc.provider(now)
    except oidc.ProviderError as error:
        raise SsoRefusedError(error.reason) from error
    session[_SESSION_KEY] = {"state": state, "at": int(now.timestamp()), "target": target, "links": links_staff_id}
    return oidc.authorization_address(
        found, site_address(RETURN_PAGE), state=state, nonce=_nonce(state), verifier=_verifier(state)
    )


def set_out_to_link(staff: StaffIdentity, password: str, code: str, now: dt.datetime) -> str:
    """The provider's address for a member who wants to connect their account there, and has shown once more who they are.

    Commits. Raises `SsoRefusedError`, `WrongSignInError`, `TooManyAttemptsError` or `HashingBusyError`.
    """
    prove_again(staff.staff_id, password, code, staff.session_key, now)
    db.session.commit()
    return set_out(now, links_staff_id=staff.staff_id)


def come_back(said: Mapping[str, str], now: dt.datetime) -> Returned:
    """Who came back with this query. Raises `SsoRefusedError`."""
    kept = session.get(_SESSION_KEY) or {}
    state = str(kept.get("state", ""))
    if not state or not hmac.compare_digest(state.encode(), said.get("state", "").encode("utf-8", "surrogatepass")):
        raise SsoRefusedError("state")
    session.pop(_SESSION_KEY)
    if not 0 <= now.timestamp() - kept["at"] <= GOOD_FOR.total_seconds():
        raise SsoRefusedError("late")
    _take(state, now)
    if said.get("iss", settings().oidc_issuer) != settings().oidc_issuer:
        raise SsoRefusedError("issuer")
    if not said.get("code"):
        raise SsoRefusedError("refused")
    try:
        subject = oidc.subject_of(
            said["code"], site_address(RETURN_PAGE), nonce=_nonce(state), verifier=_verifier(state), now=now
        )
    except oidc.ProviderError as error:
        raise SsoRefusedError(error.reason) from error
    return Returned(subject_hash(settings().oidc_issuer, subject), str(kept["target"]), kept["links"])


def sign_in_sso(subject: str, now: dt.datetime, *, device: str, browser: str) -> StaffSignedIn:
    """Open a session for the member whose account this is. Commits. Raises `SsoRefusedError`."""
    query = sa.select(_MEMBER.id, _MEMBER.totp_serial).join(table_of(StaffSsoLink), _LINK.staff_id == _MEMBER.id)
    query = query.where(_LINK.subject_hash == subject, _MEMBER.disabled_at.is_(None), _MEMBER.password_hash != "")
    row = db.session.execute(query.with_for_update(of=table_of(StaffMember))).one_or_none()
    if row is None or not is_linked(row.id, subject):  # asked again: who held the member may have disconnected it
        db.session.rollback()
        raise SsoRefusedError("unlinked")
    if not is_device_of(device, row.id, row.totp_serial):
        tell_of_new_browser(row.id, browser, now)
    return open_for(row.id, row.totp_serial, now, by="sso", browser=browser)


def _take(state: str, now: dt.datetime) -> None:
    """Note that this return was taken. Commits, also where a page only reads."""
    db.session.rollback()
    with unit_of_work(writes=True):
        db.session.execute(sa.delete(StaffSsoReturn).where(_RETURN.taken_at < now - _KEPT))
        try:
            db.session.execute(sa.insert(StaffSsoReturn).values(state_hash=token_hash(state), taken_at=now))
        except IntegrityError:
            db.session.rollback()
            raise SsoRefusedError("replayed") from None
        db.session.commit()


def _nonce(state: str) -> str:
    return keyed_hash(f"staff-sso-nonce|{state}")


def _verifier(state: str) -> str:
    return keyed_hash(f"staff-sso-verifier|{state}")
