"""A real browser that visits every page of a poured site, and the messages it sends, and says what ran.

Two windows look at each page: one keeps the site's Content-Security-Policy, so that what it blocks is told; the other goes by
without it, because a text that only the policy stops is a hole all the same.
Not for: what stands in files (`takeaways.py`).
Holds always: `hit` is called by no script of ours, so that each call is a text that ran; so is a request to another host, a
dialog, and a link or form that leads to a script.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from app.accounts.permission_table import ANYBODY, ENTITY, OPERATOR, PERMISSIONS, ROLES_FOR
from tests.browser import new_context
from tests.hostile.corpus import RESULT
from tests.hostile.world import World
from tests.roles.routes import requests_to

SHORT = "\"'><img src=/none onerror=hit('query')>"
QUERY = (
    *("a", "anteprima", "capofila", "cerca", "classe", "da", "ente", "fermo", "inizio", "next", "nome", "oltre", "orario"),
    *("ordine", "pagina", "passo", "prima", "provincia", "q", "quando", "regione", "ritmo", "senza", "since", "stato", "testo"),
    *("tolto", "tutte", "v", "versione", "vista", "problema", "chi", "oggetto", "evento", "giorno", "ora", "lang", "lingua"),
)
SIGNED_OUT = re.compile(r"/(esci|accedi)")
SCRIPTED = """() => [...document.querySelectorAll('a, form, button[formaction], iframe, object, embed, base, meta')].filter(
    one => ['href', 'action', 'formaction', 'src', 'data', 'content'].some(
      name => /^[\\s\\x00-\\x20]*(java|vb)\\s*script\\s*:|^\\s*data:text|url\\s*=\\s*java/i.test(one.getAttribute(name) ?? '')
    ) || ['IFRAME', 'OBJECT', 'EMBED', 'BASE'].includes(one.tagName)
  ).map(one => one.outerHTML.slice(0, 200))"""
FOLLOWED = 10  # links followed from the pages of each role, beyond the addresses of the program's routes
MOST_OF_A_ROUTE = 3
POLICY_EVERY = 8  # of so many pages one is looked at once more with the policy on


class Probe:
    """Visits pages and keeps what ran (`found`) and what only the policy stopped (`blocked`), each once."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.browser, self.origin = browser, origin
        self.found: set[str] = set()
        self.blocked: set[str] = set()
        self.faults: set[str] = set()
        self.pages = 0
        self._where = ""

    def context(self, cookies: dict[str, str], *, policy: bool) -> BrowserContext:
        """A window of somebody with these cookies, which tells what runs in it."""
        context = new_context(self.browser, bypass_csp=not policy, service_workers="block", accept_downloads=False)
        context.set_default_timeout(10_000)
        jar = [{"name": name, "value": value, "url": self.origin} for name, value in cookies.items()]
        context.add_cookies(jar)  # type: ignore[arg-type]
        context.expose_function("hit", self._hit)
        context.on("dialog", lambda dialog: (self._tell(self.found, f"dialog {dialog.type}"), dialog.dismiss()))
        context.on("console", lambda message: self._console(message.text))
        context.on("request", lambda request: self._request(request.url))  # a route would switch the browser's cache off
        return context

    def _hit(self, place: object = "") -> None:
        self._tell(self.found, f"ran: {place}")

    def _tell(self, into: set[str], what: str) -> None:
        into.add(f"{self._where}: {what}")

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self._tell(self.blocked, re.sub(r"'(sha256|nonce)-[^']*'", "", text)[:160])

    def _request(self, address: str) -> None:
        if address.startswith(("http:", "https:", "ws:", "wss:")) and not address.startswith(f"{self.origin}/"):
            self._tell(self.found, f"asked for {address[:80]}")

    def visit(self, page: Page, path: str, name: str) -> None:
        """One page, and what it does within a moment."""
        self._where = name
        self.pages += 1
        try:
            response = page.goto(f"{self.origin}{path}", wait_until="load")
        except PlaywrightError as error:
            if "Download is starting" not in error.message and "ERR_ABORTED" not in error.message:
                self._tell(self.faults, error.message.splitlines()[0][:120])
            return
        if response is not None and response.status >= 500 and response.status != 503:
            self._tell(self.faults, str(response.status))
        self._look(page)

    def read(self, page: Page, html: str, name: str) -> None:
        """A message, or a page that was answered to a form, as if it came from the site."""
        self._where = name
        self.pages += 1
        page.route(f"{self.origin}/__read__", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        with suppress(PlaywrightError):
            page.goto(f"{self.origin}/__read__", wait_until="load")
            self._look(page)
        page.unroute(f"{self.origin}/__read__")

    def _look(self, page: Page) -> None:
        try:
            for one in page.evaluate(SCRIPTED):
                if not one.startswith("<meta name=") and not one.startswith("<meta charset"):
                    self._tell(self.found, f"leads to a script: {one}")
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
            if RESULT in page.inner_text("body"):
                self._tell(self.found, "a template was worked out")
        except PlaywrightError as error:  # a page that left by itself, which none of ours does
            self._tell(self.found, f"left: {error.message.splitlines()[0][:120]}")


def visit_all(probe: Probe, world: World, app: Flask) -> None:
    """Every address that can be read, by the first role that may, then what the pages link to."""
    for role, paths in addresses(app, world).items():
        followed: dict[str, None] = {}
        for policy in (False, True):
            context = probe.context(world.cookies[role], policy=policy)
            page = context.new_page()
            for path in [*paths, *followed] if not policy else [*paths, *followed][::POLICY_EVERY]:
                probe.visit(page, path, f"{role}{' with policy' if policy else ''} {path[:60]}")
                if not policy and len(followed) < FOLLOWED:
                    followed |= dict.fromkeys(_links(page, set(paths) | set(followed)))
            context.close()


def addresses(app: Flask, world: World) -> dict[str, list[str]]:
    """Role → the addresses of all routes that it is the first to be let into, plainly and with hostile queries."""
    query = urlencode(dict.fromkeys(QUERY, SHORT))
    found: dict[str, list[str]] = {role: [] for role in world.cookies}
    found["nobody yet"] += ["/operatore", f"/operatore?{query}"]
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        asked = {request.path for request in requests_to(app, rule, {"a": world.owner}, ["GET"])}
        paths = [path for path in sorted(asked) if not path.endswith((".pdf", ".csv", ".js", "/lettera", "/file"))]
        plain = found[first_role(rule.endpoint)]
        plain += paths[:MOST_OF_A_ROUTE]
        plain += [f"{paths[0]}?{query}"] if paths else []
    found["anonymous"].append("/%3Cimg%20src=/none%20onerror=hit('path')%3E")
    found["entity"].append("/compila/%22%3E%3Cimg%20src=/none%20onerror=hit('path')%3E")
    found["coordinator"].append("/gestione/enti/%22%3E%3Cimg%20src=/none%20onerror=hit('path')%3E")
    return {role: list(dict.fromkeys(paths)) for role, paths in found.items()}


def first_role(endpoint: str) -> str:
    """Who asks for this endpoint."""
    requirement = PERMISSIONS[endpoint]
    if requirement is ANYBODY:
        return "anonymous"
    if requirement in (ENTITY, OPERATOR):
        return "entity"
    return "coordinator" if "coordinator" in ROLES_FOR[requirement] else "administrator"


def _links(page: Page, known: set[str]) -> Iterator[str]:
    with suppress(PlaywrightError):
        for address in page.evaluate("() => [...document.links].map(one => one.href)"):
            parts = urlsplit(address)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            own = address.startswith(f"{page.url.partition('/')[0]}//{urlsplit(page.url).netloc}/")
            if own and path not in known and not SIGNED_OUT.search(path) and not path.endswith((".pdf", ".csv")):
                yield path


def messages(folder: Path) -> Iterator[email.message.EmailMessage]:
    """What the site has sent, as files."""
    for file in sorted(folder.rglob("*.eml")):
        with file.open("rb") as content:
            yield email.message_from_binary_file(content, policy=email.policy.default)  # type: ignore[misc]
