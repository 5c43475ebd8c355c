"""The second step of an entity's sign-in: six digits sent to its registered addresses, after the right password.

Not for: whether an edition wants it (the surface hands that over), the password or the session (`signing_in.py`).
Holds always: the code is good for ten minutes, for the browser that gave the password, once, and for five tries; a try is
counted before its digits are looked at, beside the tries at the account (`throttle.py`), and whoever is known to the entity is
counted apart from strangers. The code is made by HMAC-SHA-256 under the installation's secret over the row and the hash of the
browser's token: it is not stored. What is queued holds a placeholder instead of it.

Decided here:
- A browser that signed in to this entity before needs no code. Its network does not count: a provider's address is shared.
- A sign-in link, an activation or reset link and the letter's code are a second step by themselves: each shows that its bearer
  reads the entity's registered mail or its paper, which is all that the code would show. An invitation counts because whoever
  sent it was inside already.
- Without any registered address nobody gets in with the password alone from a new browser: the letter's code, or the desk, is
  the way. Letting such an entity in would make the missing address the thing to look for.
- Codes are rationed for each entity, so whoever has stolen a password can use the ration up for some minutes. That keeps out no
  known browser and no other way in.
"""

from __future__ import annotations

import datetime as dt
import hmac
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.accounts.links import DeadLinkError
from app.accounts.messages import LINK, SIGN_IN, QueuedDelivery, closing, subject_of
from app.accounts.models import SecondStep
from app.accounts.notices import Notice
from app.accounts.rations import AskedTooOftenError, Ration, take
from app.accounts.sending import NoAddressError
from app.accounts.tokens import has_token_shape, keyed_hash, new_token, token_hash
from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.hooks import Filled, register_hook
from app.mail.outbox import queue_message
from app.registry.entities import EntityRow, find_by_id, is_in_force
from app.registry.recipients import recipients_of

KIND: Final = "second_step"
DIGITS: Final = 6
MINUTES: Final = 10
MOST_TRIES: Final = 5
MOST_AN_HOUR: Final = 6
PAUSE: Final = dt.timedelta(seconds=30)
_REFERENCE: Final = "second_step:"
_ROW: Final = table_of(SecondStep).c


class CodeAskedError(Exception):
    """The password was right, and the browser is new to the entity: the code is on its way. `token`: of this browser."""

    def __init__(self, entity: EntityRow, token: str) -> None:
        super().__init__(entity.code)
        self.entity = entity
        self.token = token


class WrongDigitsError(Exception):
    """Not the digits that were sent. `left`: how many tries there are."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} left")
        self.left = left


def ask_code(entity: EntityRow, language: str, now: dt.datetime) -> str:
    """Let this browser, which gave the right password, wait for a code; queue it and return the browser's token. Flushes only.

    Raises `NoAddressError` or `AskedTooOftenError`.
    """
    token = new_token()
    values = {"token_hash": token_hash(token), "entity_id": entity.id, "tries": 0, "created_at": now}
    insert = sa.insert(SecondStep).values(**values, expires_at=now + dt.timedelta(minutes=MINUTES)).returning(_ROW.id)
    step_id = db.session.execute(insert).scalar_one()
    _send(entity, step_id, language, now)
    return token


def send_code_again(token: str, language: str, now: dt.datetime) -> None:
    """Send the same code again, good for no longer than before. Commits.

    Raises `DeadLinkError`, `NoAddressError` or `AskedTooOftenError`.
    """
    entity = entity_of_step(token, now)
    step_id = db.session.execute(sa.select(_ROW.id).where(*_live(token, now))).scalar_one()
    try:
        _send(entity, step_id, language, now)
    except (NoAddressError, AskedTooOftenError):
        db.session.rollback()
        raise
    db.session.commit()


def entity_of_step(token: str, now: dt.datetime) -> EntityRow:
    """Which entity a browser is signing in to. Changes nothing. Raises `DeadLinkError` where nothing waits for a code."""
    if not has_token_shape(token):
        raise DeadLinkError
    entity_id = db.session.execute(sa.select(_ROW.entity_id).where(*_live(token, now))).scalar_one_or_none()
    entity = None if entity_id is None else find_by_id(entity_id)
    if entity is None or not is_in_force(entity.id):
        raise DeadLinkError
    return entity


def try_digits(token: str, typed: str, now: dt.datetime) -> None:
    """Count a try and commit it; raise `WrongDigitsError` where it was wrong, `DeadLinkError` where nothing waits any more."""
    count = sa.update(SecondStep).where(*_live(token, now)).values(tries=_ROW.tries + 1)
    row = db.session.execute(count.returning(_ROW.id, _ROW.token_hash, _ROW.tries)).one_or_none()
    db.session.commit()
    if row is None:
        raise DeadLinkError
    digits = "".join(typed.split())
    if not hmac.compare_digest(_code(row.id, row.token_hash).encode(), digits.encode("utf-8", "replace")):
        raise WrongDigitsError(MOST_TRIES - row.tries)


def use_up_step(token: str, now: dt.datetime) -> None:
    """End what waited, whose digits were right: of two at once, one succeeds. Flushes only. Raises `DeadLinkError`."""
    own = (_ROW.token_hash == token_hash(token), _ROW.ended_at.is_(None), _ROW.expires_at > now)
    use = sa.update(SecondStep).where(*own).values(ended_at=now).returning(_ROW.id)
    if db.session.execute(use).scalar_one_or_none() is None:
        db.session.rollback()
        raise DeadLinkError


class CodeHook:
    """What the message does when it is claimed."""

    def wanted(self, delivery: QueuedDelivery, now: dt.datetime) -> str | None:
        """None, or why it is not sent any more."""
        row = _row_of(delivery, now)
        if row is None:
            return "nobody waits for the code any more"
        known = delivery.recipient in recipients_of(row.entity_id, SIGN_IN, now)
        return None if known else "the address is no longer the entity's"

    def fill(self, delivery: QueuedDelivery, now: dt.datetime) -> Filled:
        """The texts with the code in its place."""
        row = _row_of(delivery, now)
        if row is None:
            raise LookupError(f"nothing waits for {delivery.reference}")
        code = _code(row.id, row.token_hash)
        html = None if delivery.html is None else delivery.html.replace(LINK, code)
        return Filled(delivery.subject, delivery.text.replace(LINK, code), html)


HOOKS: Final = {KIND: CodeHook()}


def register_second_step_hook() -> None:
    """Tell the outbox what this kind of message needs. Called once by `create_app`; again does no harm."""
    for kind, hook in HOOKS.items():
        register_hook(kind, hook)


def _send(entity: EntityRow, step_id: int, language: str, now: dt.datetime) -> None:
    recipients = recipients_of(entity.id, SIGN_IN, now)
    if not recipients:
        raise NoAddressError(entity.code)
    take(Ration(f"second-step|{entity.id}", MOST_AN_HOUR, dt.timedelta(hours=1), PAUSE), now)
    with force_locale(language):
        heading, paragraphs = _wording(entity.label)
    notice = Notice(language, subject_of(heading), heading, paragraphs)
    for recipient in recipients:
        key = f"{KIND}|{step_id}|{new_token()}"
        queue_message(notice.to(recipient, kind=KIND, reference=f"{_REFERENCE}{step_id}", dedupe_key=key), now)
    whom = f"entity:{entity.code}"
    record("second_step_asked_for", actor=whom, subject=whom, detail={"addresses": len(recipients)}, now=now)


def _wording(name: str) -> tuple[str, list[str]]:
    asked = _(
        "Qualcuno ha scritto la password di %(name)s in un browser nuovo. Se sei tu o un collega, il codice per entrare è:",
        name=name,
    )
    span = ngettext("Vale una volta sola, per %(num)d minuto.", "Vale una volta sola, per %(num)d minuti.", MINUTES)
    warning = _(
        "Se non siete voi, qualcuno conosce la password: non dare il codice a nessuno, e scegline una nuova con chi conduce la "
        "rilevazione."
    )
    return str(_("Codice per entrare come %(name)s", name=name)), [str(asked), LINK, str(span), str(warning), *closing()]


def _code(step_id: int, hashed: str) -> str:
    number = int(keyed_hash(f"second-step|{step_id}|{hashed}"), 16) % 10**DIGITS
    return f"{number:0{DIGITS}d}"


def _row_of(delivery: QueuedDelivery, now: dt.datetime) -> Any:
    number = delivery.reference.removeprefix(_REFERENCE)
    step_id = int(number) if number.isascii() and number.isdigit() else 0
    query = sa.select(_ROW.id, _ROW.token_hash, _ROW.entity_id)
    live = (_ROW.id == step_id, _ROW.ended_at.is_(None), _ROW.expires_at > now)
    return db.session.execute(query.where(*live)).one_or_none()


def _live(token: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    own = (_ROW.token_hash == token_hash(token), _ROW.ended_at.is_(None))
    return (*own, _ROW.expires_at > now, _ROW.tries < MOST_TRIES)
