"""Receipts of Italian certified mail (PEC): their headers and `daticert.xml`, and the envelopes in which other mail comes.

Not for: what a receipt brings about; the provider's signature is not checked.
Holds always: pure; the XML is read without entities or document types, within bounds of size, depth and number.
Source: technical rules of the decree of 2 November 2005 (headers X-Ricevuta, X-TipoRicevuta, X-Trasporto,
X-Riferimento-Message-ID; `postacert` with tipo and errore; notices after 12 and after 24 hours).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Final
from xml.parsers import expat

from app.mail.returns.kinds import (
    DELAYED,
    PEC_ACCEPTED,
    PEC_DELIVERED,
    PEC_NOT_ACCEPTED,
    PEC_NOT_DELIVERED,
    PEC_TAKEN_OVER,
    Finding,
)
from app.mail.returns.reading import Mail, header, ids_in, one_line, parts

LONGEST_XML: Final = 256 * 1024
MOST_ELEMENTS: Final = 2_000
DEEPEST_ELEMENT: Final = 12
MOST_RECIPIENTS: Final = 50
KIND_OF: Final = {
    "accettazione": PEC_ACCEPTED,
    "non-accettazione": PEC_NOT_ACCEPTED,
    "presa-in-carico": PEC_TAKEN_OVER,
    "avvenuta-consegna": PEC_DELIVERED,
    "errore-consegna": PEC_NOT_DELIVERED,
    "mancata-consegna": PEC_NOT_DELIVERED,
    "preavviso-errore-consegna": DELAYED,
    "rilevazione-virus": PEC_NOT_DELIVERED,
}
"""After 12 hours without a receipt the provider warns (preavviso-errore-consegna), after 24 it gives up (errore-consegna)."""
BAD_ADDRESS: Final = frozenset({"no-dest", "no-dominio"})
_TIMES: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}) (\d\d?):(\d\d):(\d\d) ([+-])(\d\d):?(\d\d)")
_SUBJECT: Final = re.compile(
    r"(?:ACCETTAZIONE|AVVISO DI NON ACCETTAZIONE|PRESA IN CARICO|CONSEGNA|AVVISO DI MANCATA CONSEGNA|PROBLEMA DI SICUREZZA)"
)


class _UnfitXmlError(Exception):
    """XML that is not what a provider writes."""


@dataclass(slots=True)
class _Certificate:
    """What `daticert.xml` says. `fields`: name of an element → its first text."""

    kind: str = ""
    error: str = ""
    recipients: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Takes the elements of a certificate, one after the other."""

    def __init__(self) -> None:
        self.found = _Certificate()
        self._path: list[str] = []
        self._texts: list[str] = []
        self._number = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._number += 1
        if self._number > MOST_ELEMENTS or len(self._path) >= DEEPEST_ELEMENT:
            raise _UnfitXmlError("too many elements")
        if not self._path:
            self.found.kind, self.found.error = attributes.get("tipo", "").lower(), attributes.get("errore", "").lower()
        if name == "data" and "zona" in attributes:
            self.found.fields.setdefault("zona", attributes["zona"][:10])
        self._path.append(name)
        self._texts.append("")

    def end(self, name: str) -> None:
        self._path.pop()
        text = one_line(self._texts.pop(), 1_000)
        if name == "destinatari" and len(self.found.recipients) < MOST_RECIPIENTS:
            self.found.recipients.append(text[:254])
        self.found.fields.setdefault(name, text)

    def say(self, text: str) -> None:
        if self._texts and len(self._texts[-1]) < 2_000:
            self._texts[-1] += text

    def refuse(self, *_told: object) -> None:
        raise _UnfitXmlError("a document type or an entity")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt: its kind, what it says of each recipient, the Message-IDs that it names, when it was made, and the subject of
    the message that it is about."""

    kind: str
    findings: tuple[Finding, ...]
    message_ids: tuple[str, ...]
    at: dt.datetime | None
    subject: str = ""


def read_receipt(message: Mail) -> Receipt | None:
    """The receipt that a message is; None where it is none."""
    about = ids_in(header(message, "X-Riferimento-Message-ID"))
    certificate = _certificate(message)
    named = header(message, "X-Ricevuta").lower().strip() or (certificate.kind if certificate else "")
    kind = KIND_OF.get(named)
    if kind is None or not (about or certificate):
        return None
    data = certificate or _Certificate()
    about += [one for one in ids_in(data.fields.get("msgid", "")) if one not in about]
    error = "" if data.error in ("", "nessuno") else data.error
    words = " – ".join(filter(None, (error, data.fields.get("errore-esteso", ""), _virus(named))))
    bad = kind == PEC_NOT_DELIVERED and error in BAD_ADDRESS
    whom = [data.fields["consegna"]] if data.fields.get("consegna") else data.recipients[:MOST_RECIPIENTS] or [""]
    findings = [
        Finding(kind, recipient, "", error, one_line(words, 500), final=kind != DELAYED, bad_address=bad) for recipient in whom
    ]
    subject = data.fields.get("oggetto", "") or header(message, "Subject")
    return Receipt(kind, tuple(findings), tuple(about), _instant(data), subject)


def transport_of(message: Mail) -> str:
    """posta-certificata or errore for an envelope in which a message comes, empty for none."""
    if kind := header(message, "X-Trasporto").lower().strip():
        return kind
    certificate = _certificate(message) if header(message, "Subject").startswith("POSTA CERTIFICATA:") else None
    return certificate.kind if certificate else ""


def inner_message(message: Mail) -> Mail | None:
    """The message in an envelope: `postacert.eml`, else the first message in it."""
    found: list[Mail] = []
    for part in parts(message):
        inside = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inside, list) and isinstance(inside[0], Message):
            if (part.get_filename() or "").lower() == "postacert.eml":
                return inside[0]
            found.append(inside[0])
    return found[0] if found else None


def _virus(named: str) -> str:
    return "virus" if named == "rilevazione-virus" else ""


def _certificate(message: Mail) -> _Certificate | None:
    """What its `daticert.xml` says; None without one, or with one that is damaged."""
    for part in parts(message):
        name = (part.get_filename() or "").lower()
        if name == "daticert.xml":
            content = part.get_payload(decode=True)
            try:
                return _parsed(content) if isinstance(content, bytes) else None
            except (_UnfitXmlError, expat.ExpatError, ValueError, LookupError):
                return None
    return None


def _parsed(content: bytes) -> _Certificate:
    """Raises _UnfitXmlError or ExpatError."""
    if len(content) > LONGEST_XML:
        raise _UnfitXmlError("too long")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.begin, reader.end
    parser.CharacterDataHandler = reader.say
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    parser.Parse(content, True)
    return reader.found


def _instant(data: _Certificate) -> dt.datetime | None:
    """When the provider made it: giorno, ora and zona of its `data`."""
    fields = data.fields
    written = f"{fields.get('giorno', '')} {fields.get('ora', '')} {fields.get('zona', '')}"
    if not (match := _TIMES.fullmatch(written)):
        return None
    day, month, year, hour, minute, second = (int(match.group(place)) for place in range(1, 7))
    offset = dt.timedelta(hours=int(match.group(8)), minutes=int(match.group(9))) * (1 if match.group(7) == "+" else -1)
    try:
        here = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.timezone(offset))
        return here.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
