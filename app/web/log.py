"""The log: one JSON line for each request and each fault, on standard error.

Not for: who did what in the domain (`app.audit`).
Holds always: a line carries ids, the route's pattern, status and duration; never an address that was asked for (links hold
secrets), a network address, an answer, nor the text of an exception, which may quote any of them.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from typing import Any

import msgspec
import structlog
from flask import Response, g, request

from app.config import settings

GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encode = msgspec.json.Encoder(enc_hook=str).encode


class StandardError:
    """Writes lines on what standard error is at that moment (a test may have put something in its place)."""

    def __init__(self, *_names: object) -> None:
        pass

    def write(self, line: bytes) -> None:
        sys.stderr.write(line.decode() + "\n")
        sys.stderr.flush()

    debug = info = warning = error = msg = write


def configure(level: str) -> None:
    """Set up structlog for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=StandardError,
        cache_logger_on_first_use=False,
    )


def logger() -> Any:
    """The structured logger: `logger().info("event_in_past_tense", key=id)`; ids only."""
    return structlog.get_logger()


def _serialise(event: dict[str, Any], **_options: object) -> bytes:
    return _encode(event)


def begin_request() -> None:
    """Give the request its id: the reverse proxy's where one is trusted, else a new one."""
    given = request.headers.get("X-Request-ID", "") if settings().trusted_proxies else ""
    g.request_id = given if GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
    g.request_began = time.perf_counter()


def end_request(response: Response) -> Response:
    """Write the request's line."""
    response.headers["X-Request-ID"] = g.request_id
    structlog.get_logger().info(
        "request",
        request=g.request_id,
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.request_began) * 1000, 1),
    )
    return response


def log_fault(error: BaseException) -> None:
    """Write what failed and where, without the exception's text."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    structlog.get_logger().error(
        "fault", request=g.get("request_id"), kind=f"{type(error).__module__}.{type(error).__qualname__}", frames=frames[-20:]
    )
