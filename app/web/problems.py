"""Refusals of the public interface for programs, as RFC 9457 has them (`application/problem+json`).

Not for: pages, whose refusals people read (`app.errors`).
Holds always: whoever may ask from another site may read the refusal too; none is kept by a cache.
"""

from __future__ import annotations

import json
from typing import Final

from flask import Response

from app.context import this_request
from app.web.open_answers import for_any_site

PROBLEM: Final = "application/problem+json"
API: Final = "/api/"


def is_asked_of_api() -> bool:
    """Whether the request is for an address of the interface, also for one that there is not."""
    return this_request().path.startswith(API)


def problem(status: int, title: str, detail: str) -> Response:
    """A refusal: its status, what kind it is, and what to do."""
    said = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = Response(json.dumps(said, ensure_ascii=False), status=status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    return for_any_site(response)
