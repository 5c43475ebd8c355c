"""Personal answers apart: document, journal and submitted versions hold a salted digest, a table of its own the value.

Not for: operators' own data (`accounts.operators`).
Holds always: an erased value leaves document and journal as they are, so that the journal still folds to the document;
equal values of one answer keep one digest, so that saving a page again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from app.extensions import db
from app.responses.models import PersonalValue

SEAL: Final = "personal"
ERASED: Final = {"na": True, "erased": True}
_canonical = msgspec.json.Encoder(order="deterministic").encode


MASKED: Final = {"na": True, "masked": True}
"""What stands for a personal value where somebody reads who may not see it."""


def is_sealed(value: Any) -> bool:
    """Whether a stored value is the digest of a personal one."""
    return isinstance(value, dict) and SEAL in value


def seal(response_id: int, value: Any, current: Any) -> Any:
    """The value as document and journal hold it; the value itself goes to its table. `current`: what stands there now."""
    if value is None:
        return None
    text = _canonical(value).decode()
    if is_sealed(current):
        known = db.session.execute(
            sa.select(PersonalValue.value).where(
                PersonalValue.response_id == response_id, PersonalValue.digest == current[SEAL]
            )
        ).scalar_one_or_none()
        if known == text:
            return current
    salt = secrets.token_hex(16)
    digest = hashlib.sha256(salt.encode() + text.encode()).hexdigest()
    values = {"response_id": response_id, "digest": digest, "salt": salt, "value": text}
    db.session.execute(sa.insert(PersonalValue).values(**values))
    return {SEAL: digest}


def unseal(response_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with the personal ones in clear; an erased one is shown as not available. At most one query."""
    digests = {value[SEAL] for value in values.values() if is_sealed(value)}
    if not digests:
        return dict(values)
    clear = _clear_values(response_id, digests)
    return {key: clear.get(value[SEAL], ERASED) if is_sealed(value) else value for key, value in values.items()}


def unseal_one(response_id: int, value: Any) -> Any:
    """One value in clear."""
    return unseal(response_id, {"": value})[""]


def _clear_values(response_id: int, digests: Iterable[str]) -> dict[str, Any]:
    query = sa.select(PersonalValue.digest, PersonalValue.value).where(
        PersonalValue.response_id == response_id, PersonalValue.digest.in_(sorted(digests)), PersonalValue.value.is_not(None)
    )
    return {digest: msgspec.json.decode(text) for digest, text in db.session.execute(query) if text is not None}


def erase_personal_values(response_id: int, now: dt.datetime) -> int:
    """Erase every personal answer of a response and say how many there were. Commits."""
    erased = db.session.execute(
        sa.update(PersonalValue)
        .where(PersonalValue.response_id == response_id, PersonalValue.erased_at.is_(None))
        .values(value=None, erased_at=now)
    )
    db.session.commit()
    return int(getattr(erased, "rowcount", 0))
