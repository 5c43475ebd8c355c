"""What a returned message is: `read_report(bytes)` asks in turn for a receipt, a report, a challenge, a machine and a person.

Not for: which delivery it is about (`matching.py`).
Holds always: pure; hostile bytes raise `UnreadableReturnError` and nothing else; of several recipients the worst names the
kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.mail.returns.automatic import is_automatic, is_challenge, is_disposition, is_of_machines
from app.mail.returns.certified import inner_message, read_receipt, transport_of
from app.mail.returns.kinds import (
    AUTO_REPLY,
    CHALLENGE,
    DELAYED,
    DELIVERED,
    HARD,
    OTHER,
    PEC_ANOMALY,
    PERSON,
    RELAYED,
    SOFT,
    SPACE,
    Finding,
    Report,
    UnreadableReturnError,
)
from app.mail.returns.notifications import original_ids, status_findings
from app.mail.returns.old_reports import has_failing_subject, ids_in_text, is_from_a_server, old_findings
from app.mail.returns.reading import Mail, addresses, body_text, header, headers, ids_in, read_message

MARK: Final = "X-Loop"
_WORST: Final = (HARD, SOFT, DELAYED, DELIVERED, RELAYED)
_ENVELOPE: Final = (
    *("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-Rcpt-To", "Original-Recipient"),
    *("To", "Cc"),
)
_SPACE: Final = re.compile(
    r"(?:casella|mailbox|spazio|quota)\b.{0,60}(?:quasi pien|pien[ao]|esaurit|in esaurimento|superat|soglia|almost full"
    r"|nearly full"
    r"|is full|over quota|exceeded)|(?:soglia|superamento|raggiunt\w+).{0,60}(?:casella|spazio|quota)",
    re.I,
)
_FEEDBACK: Final = "feedback-report"


def read_report(raw: bytes) -> Report:
    """The message as it was understood. Raises UnreadableReturnError."""
    try:
        message = read_message(raw)
        return _with_where(message, _judge(message))
    except UnreadableReturnError:
        raise
    except Exception as error:
        raise UnreadableReturnError(type(error).__name__) from error


def _judge(message: Mail) -> Report:
    """Kind, findings and Message-IDs; an ordinary message in an envelope of certified mail is judged by itself."""
    receipt = read_receipt(message)
    if receipt is not None:
        return Report(receipt.kind, receipt.findings, receipt.message_ids, at=receipt.at)
    transport = transport_of(message)
    inner = inner_message(message) if transport in ("errore", "posta-certificata") else None
    if inner is None:
        return _ordinary(message)
    judged = _with_where(inner, _ordinary(inner))
    kind = PEC_ANOMALY if transport == "errore" and judged.kind in (PERSON, OTHER) else judged.kind
    return replace(judged, kind=kind)


def _ordinary(message: Mail) -> Report:
    is_feedback = str(message.get_param("report-type") or "").lower() == _FEEDBACK
    if is_feedback:
        return Report(OTHER, message_ids=tuple(original_ids(message)))
    findings = [] if is_disposition(message) else status_findings(message)
    if not findings and not is_disposition(message) and not _is_marked_answer(message):
        findings = old_findings(message)
    if findings:
        about = original_ids(message) or ids_in_text(message)
        return Report(worst(findings).kind, tuple(findings), tuple(about))
    return Report(_kind_without_findings(message), message_ids=tuple(_ids_of_answer(message)))


def worst(findings: Sequence[Finding]) -> Finding:
    """The one that says the worst of its recipient."""
    return min(findings, key=lambda finding: _WORST.index(finding.kind) if finding.kind in _WORST else 0)


def _kind_without_findings(message: Mail) -> str:
    if _SPACE.search(header(message, "Subject")) and is_of_machines(message):
        return SPACE
    if is_challenge(message):
        return CHALLENGE
    if is_automatic(message):
        return AUTO_REPLY
    return OTHER if is_of_machines(message) or not addresses(message, "From") else PERSON


def _is_marked_answer(message: Mail) -> bool:
    """Whether it is an answer of somebody's machine, whatever its words look like: a report would name who was refused."""
    return not header(message, "X-Failed-Recipients") and (is_challenge(message) or _is_from_somebody(message))


def _is_from_somebody(message: Mail) -> bool:
    return is_automatic(message) and not (is_from_a_server(message) and has_failing_subject(message))


def _ids_of_answer(message: Mail) -> list[str]:
    """The Message-IDs that a receipt of reading names, or that of a message that is sent back."""
    named = [] if not is_disposition(message) else _disposition_ids(message)
    return named + [one for one in original_ids(message) if one not in named]


def _disposition_ids(message: Mail) -> list[str]:
    for part in message.walk():
        if part.get_content_type() == "message/disposition-notification":
            fields = next((inside for inside in part.walk() if inside is not part), part)
            return ids_in(header(fields, "Original-Message-ID"))
    return []


def _with_where(message: Mail, report: Report) -> Report:
    """The report with who wrote, to which addresses it came, and what it answers. What an inner message says comes first."""
    references = ids_in(f"{header(message, 'In-Reply-To')} {' '.join(reversed(ids_in(header(message, 'References'))))}")
    marks = (*headers(message, MARK), *headers(message, "Resent-Message-ID"))
    return replace(
        report,
        references=tuple(dict.fromkeys((*report.references, *references))),
        envelope=tuple(dict.fromkeys((*report.envelope, *addresses(message, *_ENVELOPE)))),
        sender=report.sender or next(iter(addresses(message, "Reply-To", "From")), "") or header(message, "From")[:254],
        subject=report.subject or header(message, "Subject")[:300],
        marks=tuple(dict.fromkeys((*report.marks, *marks))),
    )


def words_of(raw: bytes, longest: int = 4_000) -> str:
    """What a person would read in a message, for a page; empty where it cannot be read."""
    try:
        message = read_message(raw)
        return body_text(inner_message(message) or message)[:longest]
    except Exception:  # noqa: BLE001 — as above; a page shows nothing then
        return ""
