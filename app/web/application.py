"""Flask without two habits that every request pays for and this program does not use, and with a log that quotes nobody.

Not for: what pages do: a page is the same with a plain Flask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from app.web.edge import request_id
from app.web.incoming import FitRequest
from app.web.log import log_fault
from app.web.templating import SteadyEnvironment

MOST_REMEMBERED: Final = 4_096
REMEMBERED_SECONDS: Final = 600


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie; its signer is made once, and nothing is worked out for a session that did not change.

    A cookie whose signature was good is not verified again for ten minutes, so that one may outlive its age by as much. What
    is remembered holds texts only: Flask changes lists, such as that of its flashed messages, in place.
    """

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None
        self._verified: dict[str, tuple[float, dict[str, Any]]] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer of this application's secret key."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie if the session changed; say that the page depends on it if it was read."""
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers.add("Vary", "Cookie")

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request's cookie, else a new one."""
        cookie = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if cookie is None:
            return self.session_class()
        until, content = self._verified.get(cookie, (0.0, {}))
        if time.monotonic() < until:
            return self.session_class(content)
        found = super().open_session(app, request)
        if found and all(isinstance(value, str) for value in found.values()):
            if len(self._verified) >= MOST_REMEMBERED:
                self._verified.clear()
            self._verified[cookie] = (time.monotonic() + REMEMBERED_SECONDS, dict(found))
        return found


class Application(Flask):
    """A Flask whose views and hooks are plain functions: no look at each call whether one is a coroutine."""

    request_class = FitRequest
    jinja_environment = SteadyEnvironment
    session_interface = CookieSessions()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_interface = CookieSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func

    def redirect(self, location: str, code: int = 302) -> Response:
        """A redirect without a page of its own, which no browser shows."""
        return Response(status=code, headers={"Location": location})

    def log_exception(self, exc_info: Any) -> None:
        """Write a fault into our log: Flask's own line would hold the address asked for and the exception's text."""
        log_fault(exc_info[1], request_id())
