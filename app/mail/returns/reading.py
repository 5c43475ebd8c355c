"""Bytes from a stranger as a message with headers, parts and texts, within bounds.

Not for: what it means.
Holds always: pure; what is read grows with nothing that the sender chooses: bytes, parts, depth, lengths of headers and of
texts have their bounds; damage raises `UnreadableReturnError` or is read around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html import unescape
from typing import Final, TypeAlias

from app.mail.returns.kinds import UnreadableReturnError

MOST_READ: Final = 1024 * 1024
MOST_BOUNDARIES: Final = 30
MOST_PARTS: Final = 60
DEEPEST: Final = 12
LONGEST_HEADER: Final = 2_000
LONGEST_TEXT: Final = 64_000
MOST_ADDRESSES: Final = 20
MOST_IDS: Final = 50
_ID: Final = re.compile(r"<[^<>\s]{3,250}@[^<>\s]{1,250}>")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_BLANKS: Final = re.compile(r"[ \t]+")
_BREAKS: Final = re.compile(r"<(?=(?:/?(?:p|div|br|tr|li|h[1-6]|table|blockquote)\b))", re.IGNORECASE)
_HIDDEN: Final = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
Mail: TypeAlias = "Message[str, str]"


def read_message(raw: bytes) -> Mail:
    """The message; of a long one its beginning. Raises UnreadableReturnError."""
    begun = without_envelope_line(raw[:MOST_READ])
    if begun.lower().count(b"boundary") > MOST_BOUNDARIES:
        raise UnreadableReturnError("too many parts in one another")
    try:
        message: Mail = message_from_bytes(begun)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableReturnError(type(error).__name__) from error
    return message


def without_envelope_line(raw: bytes) -> bytes:
    """Without the line "From …" that pipes and mbox files put before the first header."""
    return raw.partition(b"\n")[2] if raw.startswith((b"From ", b">From ")) else raw


def header(message: Mail, name: str) -> str:
    """A header on one line, decoded, empty where there is none."""
    return _decoded(message.get(name))


def headers(message: Mail, name: str) -> list[str]:
    """All headers of this name, some tens at most."""
    return [_decoded(value) for value in (message.get_all(name) or [])[:MOST_ADDRESSES]]


def addresses(message: Mail, *names: str) -> list[str]:
    """The bare addresses in these headers, in their order."""
    written = [value for name in names for value in headers(message, name)]
    found = [address.strip() for _name, address in getaddresses(written)[:MOST_ADDRESSES]]
    return list(dict.fromkeys(address for address in found if "@" in address and len(address) <= 254))


def ids_in(text: str) -> list[str]:
    """The Message-IDs in a text, each once."""
    found = (match.group() for match, _ in zip(_ID.finditer(text), range(MOST_IDS), strict=False))
    return list(dict.fromkeys(found))


def parts(message: Mail, *, into_messages: bool = False) -> Iterator[Mail]:
    """The message and its parts, outermost first; not those of a message within it, unless `into_messages`."""
    waiting: list[tuple[Mail, int]] = [(message, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop(0)
        yield part
        inside = part.get_payload()
        closed = part.get_content_maintype() == "message" and not into_messages
        if isinstance(inside, list) and not closed and depth < DEEPEST:
            waiting = [(one, depth + 1) for one in inside if isinstance(one, Message)] + waiting


def text_of(part: Mail) -> str:
    """The text of one part, of HTML what a reader would see of it."""
    text = decoded_text(part)
    return shown(text) if part.get_content_type() == "text/html" else text


def body_text(message: Mail) -> str:
    """What a person would read: the plain texts, or the HTML where there is no plain one."""
    plain: list[Mail] = []
    html: list[Mail] = []
    for part in parts(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            (plain if kind == "text/plain" else html).append(part)
    chosen = plain if any(text_of(part).strip() for part in plain[:3]) else html
    return "\n".join(text_of(part) for part in chosen[:5])[:LONGEST_TEXT]


def decoded_text(part: Mail) -> str:
    """The content of a part as text, whatever its encoding says."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    content = content[: 2 * LONGEST_TEXT]
    charset = part.get_content_charset() or "utf-8"
    try:
        text = content.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        text = content.decode("utf-8", "replace") if _is_utf8(content) else content.decode("latin-1")
    return text.replace("\r\n", "\n")[:LONGEST_TEXT]


def shown(html: str) -> str:
    """The visible text of HTML: tags go, blocks begin lines. In one pass, however odd it is."""
    lines: list[str] = []
    hidden = ""
    for piece in _BREAKS.sub("\n<", html[:LONGEST_TEXT]).split("<"):
        tag, closed, text = piece.partition(">")
        name = tag.strip().split(" ")[0].lower()
        if hidden:
            hidden = "" if name == f"/{hidden}" else hidden
        elif match := _HIDDEN.match(f"<{name}"):
            hidden = match.group(1).lower()
        if not hidden:
            lines.append(text if closed else "" if lines else piece)
            if name.startswith("/") or name in ("br", "br/"):
                lines.append(" ")
    return _BLANKS.sub(" ", unescape("".join(lines)))


def one_line(text: str, longest: int = LONGEST_HEADER) -> str:
    """Foreign text as it may stand in a column."""
    return _BLANKS.sub(" ", _UNSEEN.sub(" ", text[: 4 * longest])).strip()[:longest]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeError:
        return False
    return True


def _decoded(value: object) -> str:
    """A header's value with its encoded words (RFC 2047) decoded, or as it stands where they are damaged."""
    written = str(value or "")[:LONGEST_HEADER]
    if "=?" in written:
        try:
            pieces = decode_header(written)
            written = "".join(_piece(text, charset) for text, charset in pieces)
        except (ValueError, LookupError):
            pass  # shown as it was written
    return one_line(written)


def _piece(text: bytes | str, charset: str | None) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode(charset or "ascii", "replace")
    except LookupError:
        return text.decode("latin-1")
