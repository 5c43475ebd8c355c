"""The log: one JSON line for each request, each refused sign-in and each fault, on standard error.

Not for: who did what in the domain (`app.audit`).
Holds always: a line carries ids, the route's pattern, status and duration; never an address that was asked for (links hold
secrets), a network address, an answer, nor the text of an exception, which may quote any of them.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import msgspec
import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MOST_FRAMES = 20


class StandardError:
    """Writes lines on what standard error is at that moment (a test may have put something in its place)."""

    def __init__(self, *_names: object) -> None:
        pass

    def write(self, line: bytes) -> None:
        """One line, whole, so that lines of several threads do not mix."""
        sys.stderr.write(line.decode() + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg = write


_encode = msgspec.json.Encoder(enc_hook=str).encode
_out = StandardError()
_level = logging.INFO


def _serialise(event: dict[str, Any], **_options: object) -> bytes:
    return _encode(event)


def configure(level: str) -> None:
    """Set up structlog for this process; `level` as the setting `log_level`."""
    global _level  # noqa: PLW0603 — one log for a process
    _level = LEVELS[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level),
        logger_factory=StandardError,
        cache_logger_on_first_use=False,
    )


def write_request(request_id: str, method: str, route: str | None, status: int, seconds: float) -> None:
    """The line of a request: the only one on the way of every page, hence written without structlog's processors.

    It has no time of its own, because journald and the like stamp each line; `ms` is the time until the response began.
    """
    if _level <= logging.INFO:
        line: dict[str, object] = {
            "event": "request",
            "request": request_id,
            "method": method,
            "route": route,
            "status": status,
        }
        line["ms"] = round(seconds * 1000, 1)
        _out.write(_encode(line))


def log_refusal(way: str, **what: str | bool) -> None:
    """Write that nobody came in by this way. `what`: ids and reasons; no name, no address, nothing that was typed."""
    structlog.get_logger().info("sign-in refused", way=way, **what)


def log_fault(error: BaseException, request_id: str) -> None:
    """Write what failed and where, without the exception's text."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    structlog.get_logger().error("fault", request=request_id, kind=kind, frames=frames[-MOST_FRAMES:])
