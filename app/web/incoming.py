"""What a request brings, made fit before any page reads it: forms of a bounded number of fields, texts without NUL.

Not for: what a field means, nor the size of a body (Flask's own limit).
Holds always: no text of a form or of an address holds the character NUL, which PostgreSQL cannot store and no keyboard types;
a form of more fields than any page of ours asks for is refused before it is read.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO, Any, Final

from flask import Request, current_app, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

MOST_FIELDS: Final = 5_000
URLENCODED: Final = "application/x-www-form-urlencoded"
NUL: Final = "\0"


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
            stream = io.BytesIO(body)
        rest, form, files = super().parse(stream, mimetype, content_length, options)
        pairs = list(form.items(multi=True))
        if any(NUL in name or NUL in text for name, text in pairs):
            form = self.cls(_without_nul(pairs))
        return rest, form, files


class FitRequest(Request):
    """A request whose form and query a page may store as they are."""

    form_data_parser_class = BoundedForms

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


def _without_nul(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.replace(NUL, ""), text.replace(NUL, "")) for name, text in pairs]
