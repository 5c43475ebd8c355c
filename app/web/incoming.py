"""What a request brings, made fit before any page reads it: forms of a bounded number of fields, texts without NUL.

Not for: what a field means, nor the size of a body (Flask's own limit).
Holds always: no text of a form or of an address holds the character NUL, which PostgreSQL cannot store and no keyboard types;
a form of more fields than any page of ours asks for is refused before it is read; reading a form takes a few times its bytes
and not a hundred times; a body whose chunks are not what they say is the sender's fault.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from flask import Request, current_app, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_FIELDS: Final = 5_000
SLICE: Final = 8_192  # bytes of a field that are decoded at once
LONGEST_HEAD: Final = 8_192  # bytes of the headers of a part: each costs many times its own
MULTIPART: Final = "multipart/form-data"
URLENCODED: Final = "application/x-www-form-urlencoded"
NUL: Final = "\0"
_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class BoundedForms(FormDataParser):
    """Reads forms; each field costs time and, in a page that shows them again, many times its own bytes."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]:
        """(stream, fields, files). Raises RequestEntityTooLarge on too many fields; those of a multipart form are counted by
        werkzeug."""
        if mimetype == URLENCODED:
            body = stream.read()  # its size is limited already
            if body.count(b"&") >= MOST_FIELDS:
                raise RequestEntityTooLarge
            rest, form, files = stream, self.cls(_pairs_of(body)), self.cls()
        else:
            if mimetype == MULTIPART:
                body = stream.read()
                _refuse_long_heads(body, (options or {}).get("boundary", ""))
                stream = io.BytesIO(body)
            rest, form, files = super().parse(stream, mimetype, content_length, options)
        pairs = list(form.items(multi=True))
        if any(NUL in name or NUL in text for name, text in pairs):
            form = self.cls(_without_nul(pairs))
        return rest, form, files


class ChunkedBody:
    """A body of unknown length: what the server cannot read of it is an OSError, which makes a 400 of the request."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes. Raises OSError."""
        try:
            return self._stream.read(size)
        except Exception as error:  # each server has errors of its own for chunks that are none
            raise OSError("the body cannot be read") from error


class FitRequest(Request):
    """A request whose form and query a page may store as they are."""

    form_data_parser_class = BoundedForms

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:
        if "HTTP_TRANSFER_ENCODING" in environ and "wsgi.input" in environ:
            environ["wsgi.input"] = ChunkedBody(environ["wsgi.input"])
        super().__init__(environ, populate_request, shallow)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The fields of the address."""
        found = super().args
        if b"%00" in self.query_string or b"\0" in self.query_string:
            return ImmutableMultiDict(_without_nul(found.items(multi=True)))
        return found


def asked_by_script() -> bool:
    """Whether the answer, a refusal too, is read by a script: it sent JSON, or asks where only scripts do."""
    return request.is_json or request.endpoint in current_app.config["JSON_ENDPOINTS"]


def _refuse_long_heads(body: bytes, boundary: str) -> None:
    """Raises RequestEntityTooLarge for a part whose headers are longer than any browser's."""
    mark = b"--" + boundary.encode("latin-1", "replace")
    start = body.find(mark)
    while start >= 0:
        head = body[start : start + LONGEST_HEAD]
        if len(head) == LONGEST_HEAD and not _BLANK_LINE.search(head):
            raise RequestEntityTooLarge
        start = body.find(mark, start + len(mark))


def _pairs_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, as werkzeug reads them."""
    pairs = (field.partition(b"=") for field in body.split(b"&") if field)
    return [(_unquoted(name), _unquoted(value)) for name, _equals, value in pairs]


def _unquoted(text: bytes) -> str:
    """As urllib does it, a slice at a time: it makes an object of every escape, a hundred bytes of three."""
    plain = text.replace(b"+", b" ")
    parts, start = [], 0
    while start < len(plain):
        end = start + SLICE
        if end < len(plain) and (escape := plain.rfind(b"%", end - 2, end)) >= 0:
            end = escape  # it stays whole
        parts.append(unquote_to_bytes(plain[start:end]))
        start = end
    return b"".join(parts).decode("utf-8", "werkzeug.url_quote")


def _without_nul(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.replace(NUL, ""), text.replace(NUL, "")) for name, text in pairs]
