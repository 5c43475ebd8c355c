"""What a server's refusal means: an enhanced code (RFC 3463) and its words become hard or soft, and whether the address is bad.

Not for: where in a report code and words stand.
Holds always: pure; spam, policy, a full mailbox and what passes never make an address bad, whatever code comes with them.

Bad are the codes that speak of the address alone: 5.1.1 no such mailbox, 5.1.2 no such domain, 5.1.3 not an address, 5.1.6
moved away, 5.1.10 and reply 556 the domain takes no mail (RFC 7505). Not bad, though hard: 5.2.1 (a mailbox that is switched
off comes back, and some servers say it of one that gets too much), 5.4.x (the way there, or an outage), 5.1.0 and 5.1.4
(unclear), 5.1.7 and 5.1.8 (they speak of the sender).
"""

from __future__ import annotations

import re
from typing import Final

from app.mail.returns.kinds import HARD, SOFT, Finding

BAD: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
FULL: Final = frozenset({"5.2.2"})
VAGUE: Final = frozenset({"", "5.0.0", "5.1.0", "5.5.0", "5.3.0", "5.3.5"})
"""What servers say that know no better: then the words decide."""
ENHANCED: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY: Final = re.compile(r"(?<![\d.#])([45]\d\d)(?=[ \-:;])")
_FULL: Final = re.compile(
    r"mailbox (?:is )?full|(?:over|exceeded|exceeds?)(?: (?:its|the|his|storage|mailbox|allocated|disk))* quota|quota exceeded"
    r"|quota (?:has been )?(?:exceeded|reached)|mail ?folder is full|insufficient (?:system )?storage|user is over quota"
    r"|casella (?:di posta )?(?:è )?piena|spazio (?:disponibile )?(?:esaurito|insufficiente)|quota superata"
    r"|postfach (?:ist )?voll|speicherplatz|bo[iî]te (?:aux lettres )?(?:est )?pleine|predal (?:je )?poln",
    re.IGNORECASE,
)
_SPAM: Final = re.compile(
    r"\bspam|black ?list|block ?list|\bd?n?s?bl\b|\brbl\b|grey ?list|gray ?list|greylist|virus|malware|dmarc|\bspf\b|\bdkim\b"
    r"|reputation|unsolicited|too many (?:connections|messages|recipients)|rate.?limit|posta indesiderata",
    re.IGNORECASE,
)
_POLICY: Final = re.compile(
    r"\bpolicy\b|policies|blocked|content (?:filter|reject)|message (?:content )?rejected|relay(?:ing)? (?:access )?denied"
    r"|not authori[sz]ed|unable to relay|access denied|refused by|too (?:large|big)|size limit|prohibited|not permitted"
    r"|bloccat[oa]|rifiutato (?:dal filtro|per motivi)",
    re.IGNORECASE,
)
_PASSING: Final = re.compile(
    r"try (?:again )?later|temporar(?:y|ily)|timed? ?out|connection refused|service (?:is )?unavailable|riprova|vorübergehend"
    r"|temporairement|začasn",
    re.IGNORECASE,
)
_NOBODY: Final = re.compile(
    r"(?:user|recipient|mailbox|address|account|utente|destinatario|indirizzo|casella)(?: \S{1,260})?"
    r" (?:is )?(?:unknown|not found|does(?:n't| not) exist|sconosciut[oa]|inesistente|non (?:esiste|trovat[oa]))"
    r"|unknown (?:user|recipient|mailbox|address)|no such (?:user|mailbox|recipient|address|person)|no mailbox here"
    r"|(?:user|name|recipient) (?:\S{1,260} ){0,2}not (?:found|listed)|invalid (?:recipient|mailbox)|address (?:couldn't"
    r"|wasn't) (?:be )?found"
    r"|(?:utente|destinatario|casella|indirizzo) (?:di posta )?(?:\S{1,260} )?(?:sconosciut|inesistent|non esist|non valid)"
    r"|non (?:è stato possibile trovare|esiste) (?:l'indirizzo|la casella|il destinatario|alcun)|benutzer unbekannt"
    r"|empfänger(?:adresse)? (?:\S{1,260} )?(?:unbekannt|nicht gefunden|existiert nicht)|nicht gefunden|(?:utilisateur"
    r"|destinataire) inconnu"
    r"|n'existe pas|ne obstaja|neznan (?:prejemnik|uporabnik)|does(?:n't| not) have an? .{0,40}account",
    re.IGNORECASE,
)


def status_in(text: str) -> str:
    """The first enhanced code in a text, a failure before a success; empty for none."""
    found = ENHANCED.findall(text)
    return next((code for code in found if code[0] != "2"), found[0] if found else "")


def reply_in(text: str) -> str:
    """The first reply code of SMTP that is a refusal, empty for none."""
    found = _REPLY.search(text)
    return found.group(1) if found else ""


def says_nobody(text: str) -> bool:
    """Whether words say that there is no such address."""
    return _NOBODY.search(text) is not None


def says_full(text: str) -> bool:
    """Whether words say that a mailbox is full."""
    return _FULL.search(text) is not None


def says_passing(text: str) -> bool:
    """Whether words say that it passes."""
    return _PASSING.search(text) is not None


def says_policy(text: str) -> bool:
    """Whether words speak of spam, of a policy or of the message rather than of the address."""
    return _SPAM.search(text) is not None or _POLICY.search(text) is not None


def refusal(recipient: str, status: str, words: str, *, original: str = "", final: bool = True) -> Finding:
    """What a refusal with this code and these words means for a recipient."""
    said = status_in(words)
    code = said if said and said[0] != "2" and status in VAGUE else status or said
    reply = reply_in(words)
    kind, bad = _judged(code, reply, words)
    return Finding(kind, recipient, original, code or reply, words, final, bad)


def _judged(code: str, reply: str, words: str) -> tuple[str, bool]:
    """(hard or soft, whether the address is bad)."""
    passing = code.startswith("4") or (not code and reply.startswith("4"))
    if passing or code in FULL or _FULL.search(words) or _SPAM.search(words):
        return SOFT, False
    if code in BAD or reply == "556":
        return HARD, True
    if code.startswith(("5.7.", "5.6.")) or code in ("5.3.4", "5.2.3") or _POLICY.search(words):
        return SOFT, False
    if code in VAGUE and _NOBODY.search(words):
        return HARD, True
    if code in VAGUE and not reply.startswith("5") and _PASSING.search(words):
        return SOFT, False
    return HARD, False
