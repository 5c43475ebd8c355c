"""The edge of the program, around Flask: foreign hosts, ids of requests, headers, the log's line.

One WSGI layer does all four, because it is passed twice by every page: doing the same with Flask's hooks cost more than a
bare Flask page.
Not for: anything that needs a session or the database.
Holds always: a request for a host that is not ours reaches nothing else (links for other places are built from the base
URL, but redirects and the check of a form's origin read the Host header); a body shorter than announced is no request; every
response, static files and failures too, carries the headers, every page those of pages as well.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import request

from app.config import Settings
from app.web.headers import NO_STORE, OF_PAGES, headers_for
from app.web.log import REQUEST_ID, write_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "ricognizione.route"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PORT = re.compile(r":\d{1,5}$")
_FOREIGN = "Questo indirizzo non è quello del sito.\n".encode()


class Edge:
    """The outermost WSGI application."""

    def __init__(self, application: WSGIApplication, settings: Settings) -> None:
        self._application = application
        self._hosts = (LOCAL_NAMES if settings.is_local else frozenset({settings.host})) | frozenset(settings.trusted_hosts)
        self._trusts_ids = settings.trusted_proxies > 0
        self._headers = headers_for(settings)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "") if self._trusts_ids else ""
        request_id = given if given and _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        environ[REQUEST_ID] = request_id
        environ["SCRIPT_NAME"] = ""  # the base URL has no path; whoever could set one would bend every link of the page
        if environ.get("CONTENT_LENGTH"):
            # gunicorn says that its bodies end by themselves; werkzeug would then take one that broke off for a whole form
            environ.pop("wsgi.input_terminated", None)
        application = self._application if self._is_ours(environ.get("HTTP_HOST", "")) else _refuse_host

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            cached = any(name == "Cache-Control" for name, _ in headers)
            headers.extend(self._headers)
            if status[0] != "3" and any(name == "Content-Type" and kind.startswith("text/html") for name, kind in headers):
                headers.extend(OF_PAGES)
            if not cached:
                headers.append(NO_STORE)
            headers.append(("X-Request-ID", request_id))
            write_request(
                request_id, environ["REQUEST_METHOD"], environ.get(ROUTE), int(status[:3]), time.perf_counter() - began
            )
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return application(environ, start)

    def _is_ours(self, host: str) -> bool:
        return host in self._hosts or _PORT.sub("", host).lower() in self._hosts


def request_id() -> str:
    """The id of the current request."""
    return str(request.environ[REQUEST_ID])


def _refuse_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(_FOREIGN)))])
    return [_FOREIGN]
