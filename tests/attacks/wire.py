"""A client that sends what no browser sends: any request line, header and cookie, over one kept connection.

Not for: somebody who answers as the pages ask (`tests.browsing`).
Holds always: nothing is followed, nothing is kept but cookies, and an answer is given as it came.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

Fields = Mapping[str, str | list[str]]
SESSION_COOKIE = "ricognizione"
DEVICE_COOKIE = "ricognizione-dispositivo"
STAFF_COOKIE = "ricognizione-gestione"
STAFF_DEVICE_COOKIE = "ricognizione-gestione-dispositivo"
FORM_TYPE = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def words(self) -> str:
        """The text in small letters without the tokens of its forms, in which any short word may stand by chance."""
        return _TOKEN.sub("", self.text).lower()

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


@dataclass
class Wire:
    """One connection to a site. `network`: what a proxy would say of the visitor's address; told only where it is given."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    network: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", target, None, headers)

    def post(self, target: str, fields: Fields, headers: Mapping[str, str] | None = None) -> Answer:
        """The fields with a good token of this client's own session, unless they bring one."""
        own = {} if "csrf_token" in fields else {"csrf_token": self.token()}
        body = urlencode({**fields, **own}, doseq=True).encode()
        return self.ask("POST", target, body, {"Content-Type": FORM_TYPE, **(headers or {})})

    def ask(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request, with exactly these headers beside cookies and network."""
        given = {"Accept-Encoding": "identity", **(headers or {})}
        if self.network:
            given.setdefault("X-Forwarded-For", self.network)
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for last in (False, True):
            try:
                return self._asked(method, target, body, given)
            except (http.client.HTTPException, ConnectionError):  # the server ended a connection that was idle
                self.connection.close()
                if last:
                    raise
        raise AssertionError("unreachable")

    def _asked(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self.connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            self.connection.putheader(name, value)
        if body is not None or method == "POST":
            self.connection.putheader("Content-Length", str(len(body or b"")))
        self.connection.endheaders(body)
        response = self.connection.getresponse()
        content = response.read()
        given: dict[str, str] = {}
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                given[name] = morsel.value
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return Answer(response.status, response.headers, content, given)

    def token(self) -> str:
        """A good token of the forms of this client's session."""
        found = _TOKEN.search(self.get("/privacy").text)
        assert found is not None, "no form on the page of privacy"
        return found[1]

    def close(self) -> None:
        self.connection.close()
