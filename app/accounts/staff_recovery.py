"""Recovery codes of a member of staff: ten codes, each of which stands in once for the phone's.

Not for: passwords, the phone's codes (`totp.py`), or who may have new ones (`staff_passwords.py`).
Holds always: a code is 80 random bits, and only its hash under the installation's secret and the member's id is stored; making
new ones ends the old ones; one use, which a single UPDATE decides, with its audit entry and a message to the member in the same
transaction. Looking a code up is one query, whatever was typed and whoever is meant.
"""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from typing import Any, Final

import sqlalchemy as sa

from app.accounts.models import StaffRecoveryCode
from app.accounts.staff_notices import tell_of_used_code
from app.accounts.tokens import keyed_hash
from app.audit.chain import record
from app.extensions import db, table_of

HOW_MANY: Final = 10
_ALPHABET: Final = "23456789abcdefghijkmnpqrstuvwxyz"  # 32 signs, five bits each: no 0, 1, l or o
_SIGNS: Final = 16
_GROUP: Final = 4
_LONGEST_TYPED: Final = 100
_IGNORED: Final = "-\u2010\u2011\u2013"  # hyphens and dashes, as writing programs put them
_CODE: Final = table_of(StaffRecoveryCode).c


def make_codes(staff_id: int, now: dt.datetime) -> tuple[str, ...]:
    """Ten new codes, in groups of four signs; the old ones end. The only time that they can be read. Flushes only."""
    end_codes(staff_id, now)
    codes = tuple(_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_SIGNS))) for _ in range(HOW_MANY))
    rows = [{"code_hash": _hash(staff_id, code), "staff_id": staff_id, "created_at": now} for code in codes]
    db.session.execute(sa.insert(StaffRecoveryCode), rows)
    return codes


def end_codes(staff_id: int, now: dt.datetime) -> None:
    """End every code of a member. Flushes only."""
    live = sa.update(StaffRecoveryCode).where(_CODE.staff_id == staff_id, _CODE.ended_at.is_(None))
    db.session.execute(live.values(ended_at=now))


def codes_left(staff_id: int) -> int:
    """How many codes of the member can still be used."""
    count = sa.select(sa.func.count()).select_from(StaffRecoveryCode)
    return db.session.execute(count.where(_CODE.staff_id == staff_id, _CODE.ended_at.is_(None))).scalar_one()


def matching_code(staff_id: int, typed: str) -> str | None:
    """The hash of the member's live code that was typed; None for anything else. Capitals, spaces and hyphens do not count."""
    mine = sa.select(_CODE.code_hash).where(_CODE.code_hash == _hash(staff_id, typed), _CODE.staff_id == staff_id)
    return db.session.execute(mine.where(_CODE.ended_at.is_(None))).scalar_one_or_none()


def use_code(staff_id: int, code_hash: str, now: dt.datetime) -> bool:
    """Use a code up, with audit entry and message; False where it has ended meanwhile. Flushes only."""
    live = sa.update(StaffRecoveryCode).where(_CODE.code_hash == code_hash, _CODE.ended_at.is_(None))
    used: Any = db.session.execute(live.values(ended_at=now))
    if used.rowcount != 1:
        return False
    left = codes_left(staff_id)
    actor = f"staff:{staff_id}"
    record("staff_recovery_code_used", actor=actor, subject=actor, detail={"left": left}, now=now)
    tell_of_used_code(staff_id, left, now)
    return True


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, _SIGNS, _GROUP))


def _hash(staff_id: int, typed: str) -> str:
    normal = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).casefold()
    signs = "".join(sign for sign in normal if not sign.isspace() and sign not in _IGNORED)
    return keyed_hash(f"staff-recovery|{staff_id}|{signs}")
