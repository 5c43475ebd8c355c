"""What a lead and a member say when they are asked whether the one answers for the other.

Not for: who is asked (`standing`), or what follows from a reply (`coverage`).
Holds always: the last word of each side counts; a lead's yes is a change of its own draft, stored by `drafts.apply` like any
other; nobody replies to what nobody said, nor after the deadline.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from app.audit.chain import record
from app.editions.current import EditionView
from app.extensions import db
from app.questionnaire.answers.places import MAX_MUNICIPALITIES
from app.registry.entities import find_by_id
from app.responses.claims import LINK, RESPONSE, parameters, select_named
from app.responses.document import Operation
from app.responses.drafts import Author, EditionClosedError, TooLargeError, apply
from app.responses.links import CLAIMS, DECLARES, SUBMITTED
from app.responses.models import CoverageReply
from app.responses.reading import OpenResponse, find_response, open_response

BY_MEMBER = "member"
BY_LEAD = "lead"


class NotAskedError(Exception):
    """Nobody has said that this lead answers for this member, or no longer; nothing was stored."""


def reply_to_member(
    lead_id: int,
    member_id: int,
    agrees: bool,
    *,
    edition: EditionView,
    author: Author,
    now: dt.datetime,
    also: Sequence[Operation] = (),
) -> OpenResponse:
    """The lead says whether it answers for a member whose sent declaration names it; gives the lead's response as it is now.

    Yes adds the municipality to the lead's own answer about for whom it answers, and `also` what was answered beside it (in
    what capacity); no ends the waiting, and the member is to answer itself. Commits. Raises NotAskedError, EditionClosedError
    and TooLargeError.
    """
    own = _own_response(lead_id, edition, now)
    sent = select_named(RESPONSE.entity_id == member_id, LINK.relation == DECLARES, LINK.stage == SUBMITTED)
    _require(sent, lead_id, edition, now)
    operations = (*_claim(own, member_id), *also) if agrees else ()
    _write_reply(edition, lead_id, member_id, BY_LEAD, agrees, author, now)
    if not operations:
        db.session.commit()
        return own
    _reply, changed = apply(own, operations, author, now, save_id=f"reply-{secrets.token_urlsafe(12)}")
    return changed


def reply_to_lead(
    member_id: int, lead_id: int, agrees: bool, *, edition: EditionView, author: Author, now: dt.datetime
) -> None:
    """The member says whether a lead that claims it answers for it. Commits. Raises NotAskedError and EditionClosedError."""
    _own_response(member_id, edition, now)
    _require(select_named(RESPONSE.entity_id == lead_id, LINK.relation == CLAIMS), member_id, edition, now)
    _write_reply(edition, lead_id, member_id, BY_MEMBER, agrees, author, now)
    db.session.commit()


def _own_response(entity_id: int, edition: EditionView, now: dt.datetime) -> OpenResponse:
    """The response of whoever replies, locked: replies of one entity come one after the other."""
    opened = open_response(entity_id, edition, now)
    db.session.rollback()
    own = find_response(entity_id, edition.id, lock=True) or opened
    if not own.takes_answers(now):
        db.session.rollback()
        raise EditionClosedError(edition.code)
    return own


def _require(said: sa.Select[tuple[int, str, str, int]], named_id: int, edition: EditionView, now: dt.datetime) -> None:
    rows = db.session.execute(said, parameters(edition.id, now)).all()
    if named_id not in {row.other for row in rows}:
        db.session.rollback()
        raise NotAskedError(named_id)


def _claim(own: OpenResponse, member_id: int) -> tuple[Operation, ...]:
    """The operation that adds a municipality to the lead's answer; none where it stands there. Raises NotAskedError where the
    questionnaire does not ask for whom, and TooLargeError."""
    question, member = own.questionnaire.in_role("answers_for"), find_by_id(member_id)
    if question is None or member is None:
        db.session.rollback()
        raise NotAskedError(member_id)
    answer = own.document.answers.get(question.code)
    codes = list(answer.value) if answer and isinstance(answer.value, list) else []
    if member.code in codes:
        return ()
    if len(codes) >= MAX_MUNICIPALITIES:
        db.session.rollback()
        raise TooLargeError(f"{MAX_MUNICIPALITIES} municipalities at most")
    base = answer.revision if answer else 0
    return (Operation("set", question=question.code, base=base, value=[*codes, member.code]),)


def _write_reply(
    edition: EditionView, lead_id: int, member_id: int, said_by: str, agrees: bool, author: Author, now: dt.datetime
) -> None:
    key = {"edition_id": edition.id, "lead_id": lead_id, "member_id": member_id, "said_by": said_by}
    db.session.execute(sa.delete(CoverageReply).where(*(getattr(CoverageReply, name) == value for name, value in key.items())))
    db.session.execute(sa.insert(CoverageReply).values(**key, agrees=agrees, operator_id=author.operator_id, at=now))
    record(
        "coverage_replied",
        actor=f"operator:{author.operator_id}",
        subject=f"edition:{edition.code}",
        detail={"lead": lead_id, "member": member_id, "said_by": said_by, "agrees": agrees},
        now=now,
    )


def take_back_replies(edition_id: int, member_id: int, lead_ids: Collection[int], *, agreeing: bool) -> None:
    """What a member does with its response overtakes its replies of this kind to these leads, as if not given. Flushes."""
    if lead_ids:
        db.session.execute(
            sa.delete(CoverageReply).where(
                CoverageReply.edition_id == edition_id,
                CoverageReply.member_id == member_id,
                CoverageReply.lead_id.in_(lead_ids),
                CoverageReply.said_by == BY_MEMBER,
                CoverageReply.agrees.is_(agreeing),
            )
        )
