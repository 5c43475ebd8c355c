"""Claims with a lease and a token, and every change of state of a delivery that is held by one.

Not for: who gets a claim (`claiming.py`), what is said to the mail server, or what a message says.
Holds always:
- a change of state is one UPDATE that names the claim's token and the states it may come from: whoever lost the claim
  changes nothing, and is told so;
- an `unknown` delivery keeps its token, so that the worker that was only slow may still say what became of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.config import settings
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.prepared import Prepared
from app.shared_writes import write

SHORTEST_LEASE = dt.timedelta(minutes=10)
STEPS_AFTER_DATA = 5  # as many time-outs fit into a lease
BEFORE_DATA = ("claimed",)
AFTER_DATA = ("data", "unknown")
_FIRST_BACK_OFFS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_BACK_OFF = dt.timedelta(minutes=240)
MOST_ATTEMPTS = 24
PAUSE = dt.timedelta(minutes=5)

_ROW = table_of(Delivery).c
BOTH = 2
_NOW = sa.bindparam("now", type_=_ROW.changed_at.type)
_SETTLED = _ROW.id == sa.bindparam("settled", type_=sa.Integer)
_FOLLOWING = _ROW.id == sa.bindparam("following", type_=sa.Integer)
_ENDS = sa.and_(_SETTLED, sa.or_(*(_ROW.state == state for state in AFTER_DATA)))
_BEGINS = sa.and_(_FOLLOWING, _ROW.state == "claimed")
_PASS_ON = Prepared(
    sa.update(table_of(Delivery))
    .where(
        _ROW.id.in_((sa.bindparam("settled", type_=sa.Integer), sa.bindparam("following", type_=sa.Integer))),
        _ROW.claim_token == sa.bindparam("token", type_=sa.String),
        sa.or_(_ENDS, _BEGINS),
    )
    .values(
        state=sa.case((_SETTLED, "accepted"), else_="data"),
        reason="",
        reply=sa.case((_SETTLED, sa.bindparam("reply", type_=sa.String)), else_=_ROW.reply),
        attempts=sa.case((_SETTLED, _ROW.attempts + 1), else_=_ROW.attempts),
        claim_token=sa.case((_SETTLED, sa.null()), else_=_ROW.claim_token),
        lease_until=sa.case((_SETTLED, sa.null()), else_=sa.bindparam("until", type_=_ROW.lease_until.type)),
        changed_at=_NOW,
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one worker to take a delivery's next step, for as long as its token stands in the row."""

    delivery_id: int
    token: str


def lease_span() -> dt.timedelta:
    """For how long a claim is held: longer than the mail server may take to answer what follows DATA."""
    return max(SHORTEST_LEASE, STEPS_AFTER_DATA * dt.timedelta(seconds=settings().smtp_timeout_seconds))


def back_off(attempts: int) -> dt.timedelta:
    """How long after its try number `attempts` a delivery waits for the next: 1, 5, 15, 60, then 240 minutes."""
    return _FIRST_BACK_OFFS[attempts - 1] if attempts <= len(_FIRST_BACK_OFFS) else _BACK_OFF


def new_token() -> str:
    """A token for the claims of one run."""
    return secrets.token_hex(16)


def renew(claim: Claim, now: dt.datetime) -> bool:
    """Hold the claim for a whole lease from now; False if it is no longer held. Flushes only."""
    return _change(claim, BEFORE_DATA, {"lease_until": now + lease_span(), "changed_at": now})


def enter_data(claim: Claim, now: dt.datetime) -> bool:
    """Note that from here on nobody can know by himself whether the message arrived. Flushes only.

    True also where it stands there already: after a commit whose success could not be seen.
    """
    values = {"state": "data", "lease_until": now + lease_span(), "changed_at": now}
    return _change(claim, ("claimed", "data"), values)


def pass_on(settled: Claim, reply: str, following: Claim, now: dt.datetime) -> bool:
    """`settle` one as accepted and `enter_data` of the next one, in one statement and one commit; False where one of
    the two was no longer held, or a commit before this one went unseen: then ask for each. Commits.
    """
    given = {"settled": settled.delivery_id, "following": following.delivery_id, "token": settled.token, "reply": reply}
    given |= {"now": now, "until": now + lease_span()}
    engine = db.engine
    if engine.dialect.name == "postgresql":
        return _PASS_ON.run_alone(engine, given) == BOTH
    changed: list[int] = []
    write(engine, lambda connection: changed.append(_PASS_ON.run(connection, given)))
    return changed[-1] == BOTH


def settle(claim: Claim, state: str, now: dt.datetime, *, after_data: bool, reason: str = "", reply: str = "") -> str:
    """End a try that sent the message or met its end: `accepted`, `failed`, `unknown` or `cancelled`. Flushes only.

    Gives the state, empty where the claim was lost.
    """
    values: dict[str, object] = {"state": state, "reason": reason, "reply": reply, "lease_until": None, "changed_at": now}
    if state != "cancelled":
        values["attempts"] = Delivery.attempts + 1
    if state != "unknown":
        values["claim_token"] = None
    return state if _change(claim, AFTER_DATA if after_data else BEFORE_DATA, values) else ""


def try_later(claim: Claim, tries: int, now: dt.datetime, *, after_data: bool, reason: str = "", reply: str = "") -> str:
    """After the try number `tries`: wait for the next one, or fail where there have been enough. As `settle`."""
    if tries >= MOST_ATTEMPTS:
        return settle(claim, "failed", now, after_data=after_data, reason=reason or "too many tries", reply=reply)
    values = {"state": "retry_wait", "reason": reason, "reply": reply, "attempts": tries}
    values |= {"not_before": now + back_off(tries), "claim_token": None, "lease_until": None, "changed_at": now}
    return "retry_wait" if _change(claim, AFTER_DATA if after_data else BEFORE_DATA, values) else ""


def put_back(
    claim: Claim,
    now: dt.datetime,
    *,
    after_data: bool = False,
    reason: str,
    reply: str = "",
    until: dt.datetime | None = None,
) -> str:
    """Queue it again for a little later or for an instant, its tries not counted: what was refused is not the message. As
    `settle`."""
    values = {"state": "queued", "reason": reason, "reply": reply, "not_before": until or now + PAUSE}
    values |= {"claim_token": None, "lease_until": None, "changed_at": now}
    return "queued" if _change(claim, AFTER_DATA if after_data else BEFORE_DATA, values) else ""


def _change(claim: Claim, states: Sequence[str], values: dict[str, object]) -> bool:
    held = sa.and_(Delivery.id == claim.delivery_id, Delivery.claim_token == claim.token, Delivery.state.in_(states))
    changed = db.session.execute(sa.update(Delivery).where(held).values(**values))
    return bool(getattr(changed, "rowcount", 0))
