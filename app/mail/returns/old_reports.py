"""Delivery reports that are not in the standard's form: qmail, Exim, Exchange, Domino, Courier and others that only write
words.

Not for: RFC 3464 (`notifications.py`), nor answers of people's own machines (`automatic.py`).
Holds always: pure; an address is taken for refused only where the report has the marks of one and names it beside the refusal;
what is quoted of our own message says nothing.
"""

from __future__ import annotations

import re
from typing import Final

from app.mail.returns.codes import refusal, reply_in, says_full, says_nobody, says_passing, says_policy, status_in
from app.mail.returns.kinds import DELAYED, Finding
from app.mail.returns.reading import Mail, addresses, body_text, header, ids_in, one_line

MOST: Final = 20
LONGEST_WORDS: Final = 400
LONGEST_REPORT: Final = 16_000
_ADDRESS: Final = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+/=?^{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}[A-Za-z0-9]")
_SENDERS: Final = re.compile(r"(?:mailer.?daemon|postmaster|mail.?daemon|maildelivery|mdaemon|microsoftexchange\w+)\b", re.I)
_NAMES: Final = re.compile(r"mail delivery (?:sub)?system|mail administrator|mail delivery service|servizio di posta", re.I)
_FAILED: Final = re.compile(
    r"undeliver(?:ed|able)|delivery (?:status notification|failure|failed|problem|report|error|notification)"
    r"|mail delivery (?:failed|failure|system)|returned mail|failure notice|message not delivered|mail failure|nondeliverable"
    r"|non.?delivery|could ?n[o']t be delivered|mancat[ao] (?:recapito|consegna)|non (?:recapitabile|recapitato|consegnat[oa])"
    r"|impossibile (?:recapitare|consegnare)|unzustellbar|nicht zugestellt|non remis|[ée]chec de (?:la )?remise"
    r"|ni mogo[čc]e dostaviti"
    r"|nedostavljiv",
    re.I,
)
_LATE: Final = re.compile(
    r"\bdelay(?:ed)?\b|will (?:be retried|continue to (?:try|be tried)|keep trying)|still being retried|warning: could not send"
    r"|could not send message for past|not yet been delivered|in ritardo|verranno? effettuat[oi] altri tentativi|verzögert"
    r"|sar[àa] ritentat[oa]|retard[ée]",
    re.I,
)
_QUOTED: Final = re.compile(
    r"^(?:-{2,} ?(?:this is a copy of|original message|messaggio originale|below this line|returned message|the header of"
    r"|transcript of"
    r" the original|message header|intestazioni? (?:del messaggio )?original|ursprüngliche|unsent message)"
    r"|original message headers"
    r"|intestazioni originali|ursprüngliche kopfzeilen|return-path: |received: from )",
    re.I | re.M,
)
_EXIM: Final = "X-Failed-Recipients"
_QMAIL: Final = re.compile(r"\s*hi\. this is the\b", re.I)
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_BLOCK: Final = re.compile(r"<([^<>\s]{3,254})>:[ \t]*\n?(.{0,2000})", re.S)


def is_from_a_server(message: Mail) -> bool:
    """Whether a mail server wrote it itself."""
    written = header(message, "From") or header(message, "Sender")
    senders = addresses(message, "From") or [written]
    return any(_SENDERS.match(sender) for sender in senders) or _NAMES.search(written) is not None


def has_failing_subject(message: Mail) -> bool:
    """Whether its subject is that of a report."""
    subject = header(message, "Subject")
    return _FAILED.search(subject) is not None or _LATE.search(subject) is not None


def old_findings(message: Mail) -> list[Finding]:
    """What such a report says of each recipient; empty where it is none."""
    text = body_text(message)
    quoted = _QUOTED.search(text)
    words = (text[: quoted.start()] if quoted else text)[:LONGEST_REPORT]
    late = _LATE.search(f"{header(message, 'Subject')}\n{words}") is not None
    failed = addresses(message, _EXIM)[:MOST]
    if failed:
        return [_judge(address, _beside(address, words), late) for address in failed]
    if _QMAIL.match(words):
        return [_judge(address, told, late) for address, told in _qmail_blocks(words)]
    if not is_from_a_server(message) and not (has_failing_subject(message) and header(message, "Return-Path") == "<>"):
        return []
    if not has_failing_subject(message) and not late and not _FAILED.search(words[:2_000]):
        return []
    return _in_words(message, words, late)


def ids_in_text(message: Mail) -> list[str]:
    """Message-IDs that stand in its text as quoted headers."""
    lines = re.findall(r"^[ \t>]*message-id:[ \t]*(<[^<>\s]{3,250}>)", body_text(message), re.I | re.M)
    return ids_in("\n".join(lines[:MOST]))


def _qmail_blocks(words: str) -> list[tuple[str, str]]:
    """QSBMF: after an introduction a paragraph for each recipient, "<address>:" and the reason."""
    found = []
    for paragraph in _PARAGRAPH.split(words)[1 : MOST + 1]:
        if match := _BLOCK.match(paragraph.strip()):
            found.append((match.group(1), match.group(2)))
    return found


def _in_words(message: Mail, words: str, late: bool) -> list[Finding]:
    """The addresses that the text names, but for those of the report's own sender and its readers, with what stands beside
    them."""
    not_meant = {address.lower() for address in addresses(message, "From", "To", "Reply-To", "Return-Path", "Sender")}
    found: dict[str, Finding] = {}
    named = dict.fromkeys(match.group().strip("'") for match in _ADDRESS.finditer(words))
    for address in [one for one in named if one.lower() not in not_meant][:MOST]:
        told = _beside(address, words)
        if late or _refuses(told):
            found.setdefault(address.lower(), _judge(address, told, late))
    if not found and (late or _refuses(words)):
        return [_judge("", words, late)]
    return list(found.values())


def _refuses(words: str) -> bool:
    """Whether words hold a refusal: a code, or what servers say."""
    code = status_in(words)
    coded = (code and code[0] in "45") or reply_in(words)
    return bool(coded) or says_nobody(words) or says_full(words) or says_passing(words) or says_policy(words)


def _beside(address: str, words: str) -> str:
    """What stands from an address's mention on that has most to say: the first with a refusal beside it."""
    place, low = 0, words.lower()
    first = ""
    for _ in range(MOST):
        place = low.find(address.lower(), place)
        if place < 0:
            break
        around = words[max(0, low.rfind("\n\n", 0, place)) : place + LONGEST_WORDS]
        told = words[place : place + LONGEST_WORDS]
        first = first or around
        if _refuses(told):
            return told
        place += len(address)
    return first or words[:LONGEST_WORDS]


def _judge(address: str, words: str, late: bool) -> Finding:
    told = one_line(words, LONGEST_WORDS)
    if late:
        return Finding(DELAYED, address, "", status_in(words), told, final=False)
    return refusal(address, status_in(words), told)
