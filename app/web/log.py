"""The log: one JSON line for each request, each refusal and each fault, on standard error, and to a collector if there is one.

Not for: who did what in the domain (`app.audit`).
Holds always: a line carries ids, the route's pattern, status and duration; never an address that was asked for (links hold
secrets), a network address, an answer, nor the text of an exception, which may quote any of them.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from flask import has_request_context, request

from app.web.log_collector import Collector, address_of

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MOST_FRAMES = 20
REQUEST_ID = "ricognizione.request_id"


class StandardError:
    """Writes lines on what standard error is at that moment (a test may have put something in its place)."""

    def __init__(self, *_names: object) -> None:
        pass

    def write(self, line: bytes) -> None:
        """One line, whole, so that lines of several threads do not mix."""
        below = getattr(sys.stderr, "buffer", None)
        if below is None:  # a test's
            sys.stderr.write(line.decode() + "\n")
            sys.stderr.flush()
            return
        below.write(line + b"\n")  # past the layer of texts, which costs more than the line
        below.flush()

    debug = info = warning = error = critical = msg = write


class AlsoCollected(StandardError):  # noqa: N818 — no exception
    """The same, and each line on to the collector."""

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self.collector = collector

    def write(self, line: bytes) -> None:
        """A line of a request."""
        StandardError.write(self, line)
        self.collector.send(line, "info")

    msg = info = write

    def debug(self, line: bytes) -> None:
        """One of the levels that structlog calls."""
        StandardError.write(self, line)
        self.collector.send(line, "debug")

    def warning(self, line: bytes) -> None:
        """The same."""
        StandardError.write(self, line)
        self.collector.send(line, "warning")

    def error(self, line: bytes) -> None:
        """The same."""
        StandardError.write(self, line)
        self.collector.send(line, "error")

    critical = error


_encode = msgspec.json.Encoder(enc_hook=str).encode
_out = StandardError()
_level = logging.INFO


def _serialise(event: dict[str, Any], **_options: object) -> bytes:
    return _encode(event)


def configure(level: str, collector: str = "") -> None:
    """Set up structlog for this process; `level` as the setting `log_level`, `collector` as `log_syslog`."""
    global _level, _out  # noqa: PLW0603 — one log for a process
    _level = LEVELS[level]
    _out = AlsoCollected(Collector(address_of(collector))) if collector else StandardError()
    out = _out
    make: Callable[..., StandardError] = (lambda *_names: out) if collector else StandardError
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level),
        logger_factory=make,
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


def log_refusal(reason: str, **about: str | int | bool | None) -> None:
    """Write that somebody was not let in or not let do, and about what: codes and ids, never what was typed.

    `request` in the line is that of the request's own line, which has route and status; None outside of one.
    """
    asked = request.environ.get(REQUEST_ID) if has_request_context() else None
    structlog.get_logger().warning("refused", request=asked, reason=reason, **about)


def log_fault(error: BaseException, request_id: str) -> None:
    """Write what failed and where, without the exception's text."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    structlog.get_logger().error("fault", request=request_id, kind=kind, frames=frames[-MOST_FRAMES:])
