"""A visitor who answers over HTTP exactly as the served forms ask: reads a page, fills its fields, posts its form.

Not for: what only a browser shows (layout, scripts): that is `tests.browser`.
Holds always: every hidden field of a form goes back as it came; a field that the form does not have cannot be filled in, and
a button that it does not have cannot be pressed; one connection is kept, as a browser keeps it, and compressed pages are
asked for.
"""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import brotli

from tests.served import Fields, FormError, ServedPage

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Visitor:
    """One browser without scripts. Cookies are kept; redirects are followed by `open` and `submit`, not by `get` and `post`."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.origin = base_url
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        self.page = ""
        self.address = ""
        self.status = 0
        self._served: ServedPage | None = None

    def get(self, path: str) -> tuple[int, str, bytes]:
        """(status, location, body) of a GET."""
        return self._send("GET", path, None)

    def post(self, path: str, fields: Mapping[str, list[str]]) -> tuple[int, str, bytes]:
        """(status, location, body) of a form posted to this path."""
        return self._send("POST", path, urlencode(fields, doseq=True))

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, str, bytes]:
        headers = {"Accept-Encoding": "br, gzip", "Accept": "text/html", "Accept-Language": "it"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # the server closed a connection that had been idle
            self.connection.close()
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        content = _unpacked(response.read(), response.headers.get("Content-Encoding", ""))
        for line in response.headers.get_all("Set-Cookie") or ():
            self._keep(line)
        return response.status, response.headers.get("Location", ""), content

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value

    @property
    def path(self) -> str:
        """The path of the page that is open, without its query."""
        return urlsplit(self.address).path

    @property
    def served(self) -> ServedPage:
        """The page that is open, read."""
        if self._served is None:
            self._served = ServedPage(self.page, self.address)
        return self._served

    def _show(self, address: str, status: int, body: bytes) -> None:
        self.address, self.status, self.page, self._served = address, status, body.decode(), None

    def open(self, path: str, *, expected: int = 200) -> str:
        """The page at this path, redirects followed. Raises AssertionError on any other status than the expected."""
        status, location, body = self.get(path)
        for _hop in range(5):
            if status not in REDIRECTS:
                break
            path = _path(location)
            status, location, body = self.get(path)
        self._show(path, status, body)
        assert status == expected, f"GET {path}: {status}"
        return self.page

    def form(self, path: str, action: str | None = None) -> Fields:
        """What the form at this page would send as it is served. `action`: where it posts to, by default to the page."""
        self.open(path)
        return dict(self.served.form(action or path).fields)

    def submit(self, path: str, answers: Fields, *, form: str | None = None) -> str:
        """Open a page, fill its form in, post it, and give the path of the page that follows (kept in `page`)."""
        self.open(path)
        return self.submit_open(answers, form=form)

    def submit_open(
        self,
        answers: Fields,
        *,
        form: str | None = None,
        saying: str = "",
        button: tuple[str, str] | None = None,
        refused: bool = False,
    ) -> str:
        """The same for the page that is open already.

        `form`: where the form posts to, of several the one whose button begins with `saying`; `button`: the name and value of
        the one that is pressed; `refused`: a page that refuses what was posted (its code in `status`) is an answer too.
        """
        chosen = self.served.form(form or self.address, saying)
        status, location, body = self.post(_path(chosen.action), chosen.filled(answers, button))
        if status in REDIRECTS:
            self.open(_path(location).partition("#")[0])
            return self.address
        self._show(_path(chosen.action), status, body)
        if status == 200 or refused:
            return self.address
        raise AssertionError(f"POST {chosen.action}: {status}")

    def follow(self, text: str) -> str:
        """Follow the link with this text. Raises FormError where there is none."""
        if text not in self.served.links:
            raise FormError(f"{self.address} has no link {text!r}")
        self.open(_path(self.served.links[text]).partition("#")[0])
        return self.address

    def sign_in(self, entity: str, password: str, *, refused: bool = False) -> None:
        """Sign in as an entity, by its code or name."""
        self.open("/accedi")
        names = {self._field("username"): [entity], self._field("current-password"): [password]}
        self.submit_open(names, refused=refused)

    def say_who(self, name: str) -> None:
        """Say who fills in, if the site asks."""
        if self.address.startswith("/operatore"):
            given = {"name": [name], "office": ["Servizi sociali"], "email": ["a@example.org"], "phone": ["06 0000"]}
            self.submit_open(given)

    def _field(self, autocomplete: str) -> str:
        for element in self.served.elements:
            if element.attributes.get("autocomplete") == autocomplete and element.attributes.get("name"):
                return element.attributes["name"]
        raise FormError(f"{self.address} has no field for {autocomplete}")


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.decompress(body))
    return gzip.decompress(body) if encoding == "gzip" else body


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
