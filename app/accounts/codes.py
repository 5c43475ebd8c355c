"""The code in an entity's letter: sixteen digits with which whoever reads the letter sets the entity's password, once.

Not for: which edition is on and until when an entity may answer (the caller hands over an edition with the entity's own
deadline), or for the letter itself.
Holds always: 14 digits from HMAC-SHA256 under the installation's secret over edition, entity and serial, and 2 check digits
of ISO 7064 MOD 97-10, so that the code is not stored and a slip in reading or typing is found before anything is looked up; a
code works for its entity alone, until the deadline, and one UPDATE decides who uses it; a try is counted as one at a password.
"""

from __future__ import annotations

import datetime as dt
import hmac
import unicodedata
from collections.abc import Collection
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts import throttle
from app.accounts.entity_accounts import set_password_hash
from app.accounts.links import own_words
from app.accounts.models import ActivationCode
from app.accounts.passwords import check_new_password, hash_password
from app.accounts.places import Place, known_at
from app.accounts.signing_in import count_failure_at, count_try_at
from app.accounts.suspensions import is_suspended, select_suspended
from app.accounts.tokens import keyed_hash
from app.accounts.ways_in import end_links, hold_logins
from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.entities import EntityRow
from app.web.log import log_refusal

DIGITS: Final = 16
CHECK_DIGITS: Final = 2
_GROUP: Final = 4
_MODULUS: Final = 97
_FIRST_SERIAL: Final = 1
_AT_ONCE: Final = 500  # parameters in one statement
_PARTING: Final = frozenset(" .-–—_/")
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "|": "1"})
_CODE: Final = table_of(ActivationCode).c


class EditionOfCode(Protocol):
    """What a code needs of an edition. `closes_at`: the deadline of the entity in question, aware."""

    @property
    def id(self) -> int: ...

    @property
    def code(self) -> str: ...

    @property
    def closes_at(self) -> dt.datetime: ...


class MistypedCodeError(Exception):
    """Not a code at all. `reason`: letters, length or checksum; `digits`: how many there are."""

    def __init__(self, reason: str, digits: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.digits = digits


class WrongCodeError(Exception):
    """Well formed, and not the code of this entity in this edition."""


class SpentCodeError(Exception):
    """The entity's code, and of no use now. `reason`: used, withdrawn (by a reset or a link), expired, suspended."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def format_code(code: str) -> str:
    """In groups of four, as it is printed and read aloud: "0412 8830 1175 6429"."""
    return " ".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read_code(typed: str) -> str:
    """The sixteen digits that were typed, with whatever between them; letters that look like digits are taken for them.

    Raises `MistypedCodeError`, by the checksum too, before anything is looked up.
    """
    written = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if not (sign.isspace() or sign in _PARTING))
    written = written.upper().translate(_MISREAD)
    count = sum(sign in "0123456789" for sign in written)
    if count != len(written):
        raise MistypedCodeError("letters", count)
    if count != DIGITS:
        raise MistypedCodeError("length", count)
    if int(written) % _MODULUS != 1:
        raise MistypedCodeError("checksum", count)
    return written


def issue_code(edition: EditionOfCode, entity_id: int, now: dt.datetime) -> str:
    """The entity's code, the same again while it is neither used nor withdrawn, then the next. Flushes only."""
    return codes_for(edition, [entity_id], now)[entity_id]


def codes_for(edition: EditionOfCode, entity_ids: Collection[int], now: dt.datetime) -> dict[int, str]:
    """Entity's id → its code, for a run of letters: as `issue_code`, some hundred rows a statement. Flushes only."""
    codes: dict[int, str] = {}
    wanted = sorted(set(entity_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        serials = _live_serials(edition.id, some)
        missing = [entity_id for entity_id in some if entity_id not in serials]
        if missing:
            _issue(edition.id, missing, now)
            serials |= _live_serials(edition.id, missing)
        codes |= {entity_id: _code(edition.id, entity_id, serial) for entity_id, serial in serials.items()}
    return codes


def redeem_code(
    edition: EditionOfCode, entity: EntityRow, typed: str, password: str, now: dt.datetime, *, place: Place
) -> None:
    """Use the code up: set the password, end every session and link of the entity. Of two at once, one succeeds.

    Raises `MistypedCodeError` and `WeakPasswordError` before a try is counted, `TooManyAttemptsError` without looking at it,
    `WrongCodeError`, `SpentCodeError` or `HashingBusyError`; after each the code is as good as it was.
    """
    code = read_code(typed)
    check_new_password(password, own_words(entity))
    known = known_at(entity.id, place, now)
    limits = count_try_at(entity.id, place, known, now)
    row, suspended = _row_of(edition.id, entity.id), is_suspended(entity.id)
    db.session.rollback()  # nobody should wait for the hash below
    if not hmac.compare_digest(code, _code(edition.id, entity.id, row.serial if row is not None else 0)) or row is None:
        count_failure_at(place, known, now)
        log_refusal("wrong letter code", entity=entity.code, known_device=known.device)
        raise WrongCodeError(entity.code)
    if reason := "suspended" if suspended else _why_spent(row, edition, now):
        log_refusal("spent letter code", entity=entity.code, why=reason)
        raise SpentCodeError(reason)
    password_hash = hash_password(password)
    hold_logins(entity.id)
    if not _use(edition.id, entity.id, row.serial, now):
        db.session.rollback()
        raise SpentCodeError("used")
    set_password_hash(entity.id, password_hash, now)
    end_links(entity.id, now)
    throttle.take_back(limits, now)
    subject = f"entity:{entity.code}"
    record("entity_activated", actor=subject, subject=subject, detail={"by": "code", "edition": edition.code}, now=now)
    db.session.commit()


def _code(edition_id: int, entity_id: int, serial: int) -> str:
    number = int(keyed_hash(f"activation-code|{edition_id}|{entity_id}|{serial}"), 16) % 10 ** (DIGITS - CHECK_DIGITS)
    check = _MODULUS + 1 - number * 10**CHECK_DIGITS % _MODULUS
    return f"{number:0{DIGITS - CHECK_DIGITS}d}{check:0{CHECK_DIGITS}d}"


def _why_spent(row: Any, edition: EditionOfCode, now: dt.datetime) -> str:
    if row.used_at is not None:
        return "used"
    if row.ended_at is not None:
        return "withdrawn"
    return "expired" if now >= edition.closes_at else ""


def _row_of(edition_id: int, entity_id: int) -> Any:
    query = sa.select(_CODE.serial, _CODE.used_at, _CODE.ended_at)
    return db.session.execute(query.where(_CODE.edition_id == edition_id, _CODE.entity_id == entity_id)).one_or_none()


def _use(edition_id: int, entity_id: int, serial: int, now: dt.datetime) -> bool:
    this = sa.and_(_CODE.edition_id == edition_id, _CODE.entity_id == entity_id, _CODE.serial == serial)
    use = sa.update(ActivationCode).where(this, _CODE.used_at.is_(None), _CODE.ended_at.is_(None))
    use = use.where(_CODE.entity_id.not_in(select_suspended()))
    return db.session.execute(use.values(used_at=now).returning(_CODE.entity_id)).scalar_one_or_none() is not None


def _live_serials(edition_id: int, entity_ids: list[int]) -> dict[int, int]:
    query = sa.select(_CODE.entity_id, _CODE.serial).where(_CODE.edition_id == edition_id, _CODE.entity_id.in_(entity_ids))
    query = query.where(_CODE.used_at.is_(None), _CODE.ended_at.is_(None)).order_by(_CODE.entity_id)
    return {row.entity_id: row.serial for row in db.session.execute(query)}


def _issue(edition_id: int, entity_ids: list[int], now: dt.datetime) -> None:
    """Give each of these, which have no live code, the next serial: the first, where there was none."""
    spent = sa.and_(_CODE.edition_id == edition_id, _CODE.entity_id.in_(entity_ids))
    spent = sa.and_(spent, sa.or_(_CODE.used_at.is_not(None), _CODE.ended_at.is_not(None)))
    renew = sa.update(ActivationCode).where(spent).values(serial=_CODE.serial + 1, issued_at=now, used_at=None, ended_at=None)
    renewed = set(db.session.execute(renew.returning(_CODE.entity_id)).scalars())
    fresh = [entity_id for entity_id in entity_ids if entity_id not in renewed]
    if not fresh:
        return
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(ActivationCode), [_first(edition_id, entity_id, now) for entity_id in fresh])
    except IntegrityError:
        for entity_id in fresh:
            _insert_if_missing(edition_id, entity_id, now)  # another run has issued some of them meanwhile


def _insert_if_missing(edition_id: int, entity_id: int, now: dt.datetime) -> None:
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(ActivationCode).values(**_first(edition_id, entity_id, now)))
    except IntegrityError:
        return  # it has one: the same


def _first(edition_id: int, entity_id: int, now: dt.datetime) -> dict[str, Any]:
    return {"edition_id": edition_id, "entity_id": entity_id, "serial": _FIRST_SERIAL, "issued_at": now}
