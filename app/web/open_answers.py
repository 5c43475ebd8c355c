"""Answers that any site's scripts may read and any cache may keep: files and data for programs.

Not for: pages (they depend on a session).
Holds always: no cookie is read or set; a cache asks each time whether what it keeps is still so, because an entry may be taken
back at any moment; what has not changed is not sent again (RFC 9110, 13).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from flask import Response
from werkzeug.http import http_date, parse_date

from app.context import this_request

KEPT: Final = "public, no-cache"
EXPOSED: Final = "Content-Disposition, ETag, Last-Modified, Link"
FOR_ANY_SITE: Final = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", EXPOSED))
PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", ", ".join(("Accept", "If-Modified-Since", "If-None-Match"))),
    ("Access-Control-Max-Age", "86400"),
)


def open_answer(make: Callable[[], Response], tag: str, modified: dt.datetime | None = None, *, weak: bool = False) -> Response:
    """The answer that `make` gives, or 304 where the client has it. `tag`: changes whenever the answer would, with the
    encoding in it unless it is `weak`; `modified`: aware, to the second."""
    unchanged = _is_unchanged(tag, modified)
    response = Response(status=304) if unchanged else make()
    headers = response.headers
    headers["ETag"] = f'W/"{tag}"' if weak else f'"{tag}"'
    headers["Cache-Control"] = KEPT
    if modified is not None:
        headers["Last-Modified"] = http_date(modified)
    if unchanged:
        headers.remove("Content-Type")
    return response


def for_any_site(response: Response) -> Response:
    """Let scripts of any site read it, refusals and the answer to their question beforehand (OPTIONS) included."""
    for name, value in (*FOR_ANY_SITE, *(PREFLIGHT if this_request().method == "OPTIONS" else ())):
        response.headers[name] = value
    return response


def _is_unchanged(tag: str, modified: dt.datetime | None) -> bool:
    environ = this_request().environ
    if environ.get("HTTP_IF_NONE_MATCH"):
        return this_request().if_none_match.contains_weak(tag)
    since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and modified is not None and modified <= since
