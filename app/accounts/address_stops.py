"""Stopping a change of address before it gets links: by the link in the message to whoever read until now, or by staff.

Not for: making the change and telling of it (`address_notices.py`), or what a held address gets (`address_holds.py`).
Holds always: the link is 256 bits under the installation's secret, stored only hashed, put into the message when it is
sent, and used once by a POST; stopping ends the new address, takes the one before it back, and is in the audit, which holds no
address.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Protocol

from app.accounts.links import DeadLinkError
from app.accounts.tokens import has_token_shape, keyed_hash, token_hash
from app.audit.chain import Scalar, record
from app.config import settings
from app.extensions import db
from app.mail.hooks import Filled, register_hook
from app.registry.address_book import undo_change
from app.registry.address_holds import HoldRow, add_hold, close_hold, open_holds, reader_before
from app.registry.addresses import UnknownAddressError
from app.registry.entities import EntityRow, find_by_id
from app.web.site_address import site_address

ADDRESS_CHANGED: Final = "address_changed"
REPLACED: Final = "replaced"
"""In the place of who stopped a change: another one came after it."""
_MARK: Final = re.compile(r"\{stop:([0-9]{1,12})\}")


class QueuedNotice(Protocol):
    """What the hook reads of a delivery."""

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def html(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class HeldChange:
    """A change that can be stopped, and whose it is."""

    entity: EntityRow
    hold: HoldRow


def hold_change(entity_id: int, added_id: int, replaced_id: int | None, now: dt.datetime) -> dt.datetime:
    """Hold a new address back for the time of the settings, and say until when. Flushes only.

    Where the one that it replaces is itself still held, it passes its place on: until then reads who read before that one.
    """
    reader = None if replaced_id is None else reader_before(replaced_id, now)
    if replaced_id is not None and reader != replaced_id:
        close_hold(replaced_id, stopped_by=REPLACED, now=now)
    until = now + dt.timedelta(hours=settings().address_delay_hours)
    hashed = token_hash(_token(added_id))
    add_hold(entity_id, added_id=added_id, replaced_id=reader, token_hash=hashed, takes_effect_at=until, now=now)
    return until


def mark_of(added_id: int) -> str:
    """What stands in a queued message where the link to stop this change goes."""
    return f"{{stop:{added_id}}}"


def change_of_link(token: str, now: dt.datetime) -> HeldChange:
    """Which change a live link stops. Changes nothing. Raises `DeadLinkError`."""
    found = open_holds(now, token_hash=token_hash(token)) if has_token_shape(token) else []
    entity = find_by_id(found[0].entity_id) if found else None
    if entity is None:
        raise DeadLinkError
    return HeldChange(entity, found[0])


def stop_by_link(token: str, now: dt.datetime) -> HeldChange:
    """Stop the change of a link. Raises `DeadLinkError`: it was stopped already, or its time is over."""
    change = change_of_link(token, now)
    try:
        _stop(change, "visitor", now)
    except UnknownAddressError as error:
        raise DeadLinkError from error
    return change


def stop_by_staff(entity: EntityRow, added_id: int, *, actor: str, now: dt.datetime) -> HoldRow:
    """Stop a held change of this entity. Raises `UnknownAddressError`: it was stopped already, holds by now, or never was."""
    found = next((hold for hold in open_holds(now, entity_id=entity.id) if hold.added_id == added_id), None)
    if found is None:
        raise UnknownAddressError
    _stop(HeldChange(entity, found), actor, now)
    return found


def _stop(change: HeldChange, actor: str, now: dt.datetime) -> None:
    restored = undo_change(change.hold, stopped_by=actor, now=now)
    detail: dict[str, Scalar] = {"address": change.hold.added_id, "restored": restored}
    record("address_change_stopped", actor=actor, subject=f"entity:{change.entity.code}", detail=detail, now=now)
    db.session.commit()


def _token(added_id: int) -> str:
    """The secret of this change's link: 43 characters, the same each time it is made."""
    secret = bytes.fromhex(keyed_hash(f"address-stop|{added_id}"))
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


class NoticeHook:
    """What a notice of a changed address does when it is claimed: put its link in, where it has one."""

    def wanted(self, delivery: QueuedNotice, now: dt.datetime) -> str | None:
        """Always: whoever read until now should know, also late."""
        return None

    def fill(self, delivery: QueuedNotice, now: dt.datetime) -> Filled:
        """The texts with the link in its place."""
        html = None if delivery.html is None else _MARK.sub(_address, delivery.html)
        return Filled(delivery.subject, _MARK.sub(_address, delivery.text), html)


def _address(mark: re.Match[str]) -> str:
    return site_address("access.stop_address_change", token=_token(int(mark.group(1))))


def register_hooks() -> None:
    """Tell the outbox what a notice needs. Called once by `create_app`; again does no harm."""
    register_hook(ADDRESS_CHANGED, NoticeHook())
