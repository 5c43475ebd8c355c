"""A visitor who answers over HTTP exactly as the served forms ask: reads a page, fills its fields, posts its form.

Not for: what only a browser shows (layout, scripts): that is `tests.browser`.
Holds always: every hidden field of a form goes back as it came; a field that the form does not have cannot be filled in; one
connection is kept, as a browser keeps it, and compressed pages are asked for.
"""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import brotli

Fields = dict[str, list[str]]


class FormError(AssertionError):
    """The page has no such form, or the form no such field."""


class _Forms(HTMLParser):
    """Every form of a page: its address, what it would send as it stands, and which values its fields offer."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, Fields, dict[str, set[str]]]] = []
        self._open: tuple[str, Fields, dict[str, set[str]]] | None = None
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._open = (given.get("action") or "", {}, {})
            self.forms.append(self._open)
        elif self._open and (name := given.get("name")):
            _action, fields, offered = self._open
            kind = given.get("type") or "text"
            if tag == "input" and kind in {"radio", "checkbox"}:
                offered.setdefault(name, set()).add(given.get("value") or "on")
                if "checked" in given:
                    fields.setdefault(name, []).append(given.get("value") or "on")
            elif tag == "input" and kind not in {"submit", "button"}:
                offered.setdefault(name, set())
                fields.setdefault(name, []).append(given.get("value") or "")
            elif tag == "textarea":
                offered.setdefault(name, set())
                self._area = name
                fields.setdefault(name, []).append("")
            elif tag == "button" and given.get("value"):
                offered.setdefault(name, set()).add(given["value"] or "")

    def handle_data(self, data: str) -> None:
        if self._open and self._area:
            self._open[1][self._area][-1] += data.removeprefix("\n") if not self._open[1][self._area][-1] else data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None


class Visitor:
    """One browser without scripts. Cookies are kept; redirects are followed only by `submit`."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.origin = base_url
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        self.page = ""
        self.address = ""

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

    def open(self, path: str) -> str:
        """The page at this path, redirects followed. Raises AssertionError on anything but 200."""
        status, location, body = self.get(path)
        for _hop in range(5):
            if status not in {301, 302, 303, 307, 308}:
                break
            path = _path(location)
            status, location, body = self.get(path)
        assert status == 200, f"GET {path}: {status}"
        self.address, self.page = path, body.decode()
        return self.page

    def form(self, path: str, action: str | None = None) -> Fields:
        """What the form at this page would send as it is served. `action`: where it posts to, by default to the page."""
        self.open(path)
        return dict(self._form(action or path)[1])

    def _form(self, action: str) -> tuple[str, Fields, dict[str, set[str]]]:
        parser = _Forms()
        parser.feed(self.page)
        wanted = _path(action).partition("?")[0]
        for form in parser.forms:
            if _path(form[0] or self.address).partition("?")[0] == wanted:
                return form
        raise FormError(f"{self.address} has no form that posts to {action}")

    def submit(self, path: str, answers: Mapping[str, list[str]], *, form: str | None = None) -> str:
        """Open a page, fill its form in, post it, and give the path of the page that follows (kept in `page`)."""
        self.open(path)
        return self.submit_open(answers, form=form)

    def submit_open(self, answers: Mapping[str, list[str]], *, form: str | None = None) -> str:
        """The same for the page that is open already."""
        action, fields, offered = self._form(form or self.address)
        for name, values in answers.items():
            if name not in offered:
                raise FormError(f"{self.address} asks no {name}")
            if offered[name] and not offered[name].issuperset(values):
                raise FormError(f"{self.address} does not offer {values} for {name}")
        status, location, body = self.post(_path(action or self.address), {**fields, **answers})
        if status in {302, 303}:
            target = _path(location)
            self.open(target.partition("#")[0])
            return self.address
        self.page = body.decode()
        raise AssertionError(f"POST {action}: {status}")

    def sign_in(self, code: str, password: str) -> None:
        """Sign in as an entity."""
        self.submit(
            "/accedi", {self._field("/accedi", "username"): [code], self._field("/accedi", "current-password"): [password]}
        )

    def say_who(self, name: str) -> None:
        """Say who fills in, if the site asks."""
        if self.address.startswith("/operatore"):
            given = {"name": [name], "office": ["Servizi sociali"], "email": ["a@example.org"], "phone": ["06 0000"]}
            self.submit_open(given)

    def _field(self, path: str, autocomplete: str) -> str:
        self.open(path)
        found = _Autocomplete(autocomplete)
        found.feed(self.page)
        if not found.name:
            raise FormError(f"{path} has no field for {autocomplete}")
        return found.name


class _Autocomplete(HTMLParser):
    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.name = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if given.get("autocomplete") == self.wanted:
            self.name = given.get("name") or ""


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.decompress(body))
    return gzip.decompress(body) if encoding == "gzip" else body


def _path(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
