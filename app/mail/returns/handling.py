"""One returned message, from bytes to its row and all its effects, in one transaction.

Not for: where messages come from (`maildir.py`, `imap.py`, `commands.py`), or recognising them (`reports.py`).
Holds always:
- a message is known by a digest that does not depend on how it came, so that pipe, Maildir and IMAP together take it once;
- only a refusal that names the delivery's own address and calls it bad holds the address back; what a forwarding reports is
noted, and the address is listed for correction;
- a report of any kind proves that the message left: unknown becomes accepted; delivered and bounced never go back to it, and
nothing that comes back has anything sent again;
- our links are secrets: what a report quotes is stored without them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from app.config import Settings, settings
from app.extensions import db, table_of
from app.mail.returns import effects
from app.mail.returns.kinds import (
    CHALLENGE,
    MOST_BYTES,
    OTHER,
    PEC_ANOMALY,
    PERSON,
    RECEIPTS,
    REPORTS,
    SPACE,
    Finding,
    Report,
    UnreadableReturnError,
)
from app.mail.returns.matching import Matched, find_delivery, finding_for
from app.mail.returns.models import MailReturn, ReturnContent
from app.mail.returns.reading import one_line, without_envelope_line
from app.mail.returns.redirecting import KIND as REDIRECTED
from app.mail.returns.redirecting import came_to_the_desk, is_too_much, queue_redirect, runs_in_a_circle
from app.mail.returns.reports import read_report, words_of
from app.mail.returns.space import note_warning

SOURCES: Final = ("pipe", "maildir", "imap", "pec", "upload")
OF_PERSONS: Final = (PERSON, PEC_ANOMALY)
LONGEST_SUBJECT: Final = 300
_ROW: Final = table_of(MailReturn).c
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_TRACES: Final = re.compile(
    rb"(?:return-path|delivered-to|x-original-to|envelope-to|x-envelope-\w+|x-delivered-to|received|x-uid\w*|status|x-status|x-keywords"
    rb"|x-mozilla-\w+|lines|content-length)[ \t]*:",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message. `new`: it was not known before; `left`: it is the desk's own, and stays where it lies."""

    kind: str
    return_id: int | None
    new: bool
    matched: bool = False
    left: bool = False


@dataclass(slots=True)
class _Case:
    """A message in hand."""

    report: Report
    content: bytes
    source: str
    now: dt.datetime
    read: Settings
    size: int
    digest: str
    unreadable: bool = False
    match: Matched | None = None
    finding: Finding | None = None
    own: bool = False
    waits: bool = False
    sends_on: bool = False
    values: dict[str, object] = field(default_factory=dict)

    @property
    def cut(self) -> bool:
        return self.size > len(self.content)

    @property
    def kind(self) -> str:
        return self.finding.kind if self.finding is not None else self.report.kind


def take_return(
    raw: bytes,
    source: str,
    now: dt.datetime,
    *,
    envelope: Sequence[str] = (),
    size: int | None = None,
    about: Matched | None = None,
) -> Taken:
    """Take in one message. Commits; afterwards its source may forget it.

    `envelope`: the addresses to which it came, where the source knows them; `size`: of the whole, where `raw` is cut; `about`:
    the delivery that a person has found for it: one that came before and was about none is settled so. Raises OperationalError
    where the database is away, and then nothing has happened.
    """
    content = raw[:MOST_BYTES]
    case = _read(content, source, now, max(size or 0, len(raw)))
    case.match = about
    known = sa.select(_ROW.id, _ROW.kind, _ROW.delivery_id).where(_ROW.digest == case.digest)
    try:
        row = db.session.execute(known).one_or_none()
        if row is None:
            taken = _store(case, envelope)
        elif about is not None and row.delivery_id is None:
            taken = _found_late(case, row.id)
        else:
            taken = Taken(row.kind, row.id, new=False, left=_left(case))
        db.session.commit()
    finally:
        db.session.rollback()
    structlog.get_logger().info("returned", kind=taken.kind, source=source, matched=taken.matched, new=taken.new)
    return taken


def known_digests(digests: Sequence[str]) -> set[str]:
    """Those of these that were taken in and are about a delivery."""
    query = sa.select(_ROW.digest).where(_ROW.digest.in_(digests), _ROW.delivery_id.is_not(None))
    return set(db.session.execute(query.order_by(_ROW.id)).scalars())


def digest_of(content: bytes, *, cut: bool = False) -> str:
    """By what a message is known: all but what each server on its way adds on top. Of a cut one the headers alone count."""
    head, blank, body = without_envelope_line(content).replace(b"\r\n", b"\n").partition(b"\n\n")
    kept, skipped = [], False
    for line in head.split(b"\n"):
        folded = line[:1] in (b" ", b"\t")
        skipped = skipped if folded else _TRACES.match(line) is not None
        if not skipped:
            kept.append(line)
    told = b"\n".join(kept) + (b"" if cut else blank + body.rstrip(b"\n"))
    return hashlib.sha256(told).hexdigest()


def _read(content: bytes, source: str, now: dt.datetime, size: int) -> _Case:
    digest = digest_of(content, cut=size > len(content))
    try:
        report, unreadable = read_report(content), False
    except UnreadableReturnError:
        report, unreadable = Report(OTHER), True
    return _Case(report, content, source, now, settings(), size, digest, unreadable)


def _store(case: _Case, envelope: Sequence[str]) -> Taken:
    """Row and effects. Flushes only."""
    if case.match is None:
        case.match = find_delivery(case.report, envelope, case.read)
    case.report = replace(case.report, envelope=tuple(dict.fromkeys((*envelope, *case.report.envelope))))
    if case.match is not None:
        case.finding, case.own = finding_for(case.report, case.match.recipient)
    elif case.report.findings:
        case.finding = case.report.findings[0]
    _decide(case)
    return_id = _insert(case)
    if return_id is None:
        return Taken(case.kind, None, new=False, left=_left(case))
    if case.match is not None:
        effects.apply(case.match, case.kind, case.finding, _words(case), own=case.own, at=case.report.at, now=case.now)
    if case.kind == SPACE:
        note_warning("pec" if case.source == "pec" else "imap", one_line(case.report.subject, 300), case.now)
    if case.sends_on:
        queue_redirect(return_id, case.digest, case.report.subject, case.now)
    return Taken(case.kind, return_id, new=True, matched=case.match is not None, left=_left(case))


def _found_late(case: _Case, return_id: int) -> Taken:
    """It came before, and only now somebody says about which delivery it is: it waits no more. Flushes only."""
    match = case.match
    if match is None:
        raise RuntimeError("a delivery was found")
    case.finding, case.own = finding_for(case.report, match.recipient)
    found = {"delivery_id": match.id, "matched_by": match.by, "own": case.own, "waits": False, "settled_at": case.now}
    mine = sa.update(MailReturn).where(_ROW.id == return_id, _ROW.delivery_id.is_(None))
    if getattr(db.session.execute(mine.values(**found)), "rowcount", 0):
        db.session.execute(sa.delete(ReturnContent).where(table_of(ReturnContent).c.return_id == return_id))
        effects.apply(match, case.kind, case.finding, _words(case), own=case.own, at=case.report.at, now=case.now)
    return Taken(case.kind, return_id, new=False, matched=True)


def _left(case: _Case) -> bool:
    return case.report.kind in OF_PERSONS and came_to_the_desk(case.report, case.read)


def _decide(case: _Case) -> None:
    """Whether it goes on to the desk's mailbox, or waits for somebody to look."""
    kind = case.kind
    if kind in OF_PERSONS:
        if _left(case):
            return
        case.sends_on = not (case.cut or runs_in_a_circle(case.report, case.read) or is_too_much(_sender(case), case.now))
        case.waits = not case.sends_on
    elif kind in (CHALLENGE, OTHER):
        case.waits = True
    elif kind in (*REPORTS, *RECEIPTS):
        of_redirect = case.match is not None and case.match.kind == REDIRECTED
        case.waits = case.match is None or (of_redirect and kind in effects.REFUSED)


def _insert(case: _Case) -> int | None:
    """The row's id, and what is kept of the content; None where another process was first."""
    finding = case.finding or Finding(case.kind)
    shows_people = case.kind in OF_PERSONS or case.waits
    recipient = finding.recipient or finding.original or (case.match.recipient if case.match and case.own else "")
    values: dict[str, object] = {
        "digest": case.digest,
        "source": case.source,
        "kind": case.kind,
        "delivery_id": case.match.id if case.match else None,
        "matched_by": case.match.by if case.match else "",
        "received_at": case.now,
        "day": case.now.astimezone(dt.UTC).date(),
        "recipient": one_line(recipient, 254).lower(),
        "own": case.own,
        "status": one_line(finding.status, 16),
        "diagnostic": _words(case),
        "sender": _sender(case) if shows_people else "",
        "subject": one_line(without_links(case.report.subject, case.read), LONGEST_SUBJECT) if shows_people else "",
        "size": min(case.size, 2**31 - 1),
        "cut": case.cut,
        "waits": case.waits,
        "settled_at": None,
    }
    insert = _INSERTS[db.session.get_bind().dialect.name](table_of(MailReturn)).values(**values)
    insert = insert.on_conflict_do_nothing(index_elements=["digest"]).returning(_ROW.id)
    return_id: int | None = db.session.execute(insert).scalar_one_or_none()
    if return_id is not None and (case.sends_on or case.waits):
        whole = case.kind in OF_PERSONS and not case.cut
        kept = case.content if whole else without_links(words_of(case.content), case.read).encode("utf-8", "replace")
        db.session.execute(sa.insert(ReturnContent).values(return_id=return_id, content=kept))
    return return_id


def without_links(text: str, read: Settings) -> str:
    """Text without the paths of our own addresses, which are secrets."""
    return re.sub(re.escape(read.host) + r"(:\d+)?/[^\s\"'<>]+", f"{read.host}/…", text, flags=re.IGNORECASE)


def _words(case: _Case) -> str:
    if case.unreadable:
        return "unreadable"
    said = case.finding.diagnostic if case.finding is not None else ""
    return one_line(without_links(said, case.read), 500)


def _sender(case: _Case) -> str:
    return one_line(case.report.sender, 254).lower()
