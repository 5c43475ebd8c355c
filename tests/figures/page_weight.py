"""Bytes on the wire of the first question page with an empty cache, and of the step that follows it.

Measured in Chromium through its own protocol: every response of the page, redirects and headers included, as it came,
compressed. A kilobyte is 1,000 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests import browser as browsers
from tests.figures.harness import AT_MOST, EXACTLY, Figure, bench
from tests.live_site import Site

FIRST_PAGE_KB = 60
FIRST_PAGE_REQUESTS = 10
NEXT_STEP_KB = 10
FONT_WEIGHTS = 2


@dataclass
class Wire:
    """What came over the wire since the last `forget`: bytes by address, in the order of arrival."""

    arrived: list[tuple[str, int]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._on_request)
        session.on("Network.requestServedFromCache", lambda event: self.cached.add(event["requestId"]))
        session.on("Network.responseReceived", self._on_response)
        session.on("Network.loadingFinished", self._on_finish)

    def forget(self) -> None:
        self.arrived.clear()

    @property
    def kilobytes(self) -> float:
        return sum(size for _, size in self.arrived) / 1000

    def of_kind(self, ending: str) -> list[str]:
        return [address for address, _ in self.arrived if address.endswith(ending)]

    def _on_request(self, event: dict[str, Any]) -> None:
        if redirect := event.get("redirectResponse"):
            self.arrived.append((redirect["url"], int(redirect["encodedDataLength"])))
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _on_response(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache") or event["response"].get("fromPrefetchCache"):
            self.cached.add(event["requestId"])

    def _on_finish(self, event: dict[str, Any]) -> None:
        address = self.addresses.get(event["requestId"], "")
        if event["requestId"] not in self.cached and not address.startswith("data:"):
            self.arrived.append((address, int(event["encodedDataLength"])))


def sign_in(site: Site, context: BrowserContext) -> list[Any]:
    """Cookies of a municipality that has signed in and said who fills in."""
    account = site.accounts[0]
    page = context.new_page()
    page.goto("/accedi")
    page.fill("[name=entity]", account.code)
    page.fill("[name=password]", account.password)
    page.click("main button[type=submit]")
    for name, text in (("name", "Operatore A"), ("office", "Servizi sociali"), ("email", "ufficio@comune.esempio.it")):
        page.fill(f"main [name={name}]", text)
    page.click("main button[type=submit]")
    page.wait_for_url("**/compila/B")
    return list(context.cookies())


def measure() -> list[Figure]:
    with bench() as sites, sites.site("sqlite") as site, browsers.chromium() as browser:
        cookies = sign_in(site, browsers.new_context(browser, base_url=site.url))
        context = browsers.new_context(browser, base_url=site.url)
        context.add_cookies(cookies)
        page = context.new_page()
        wire = Wire()
        wire.follow(page)
        page.goto("/compila/B", wait_until="networkidle")
        first, requests, fonts = wire.kilobytes, len(wire.arrived), len(wire.of_kind(".woff2"))
        show("First question page, empty cache", wire)
        wire.forget()
        page.click('label[for="q-B01"]')
        page.click('.page-actions button[value="continua"]')
        page.wait_for_url("**/compila/B/2")
        page.wait_for_load_state("networkidle")
        show("Saving it and the next step", wire)
        following = wire.kilobytes
    return [
        Figure("fonts", fonts, "weights", EXACTLY, FONT_WEIGHTS),
        Figure("requests", requests, "", AT_MOST, FIRST_PAGE_REQUESTS),
        Figure("next-step", following, "kB", AT_MOST, NEXT_STEP_KB),
        Figure("page-weight", first, "kB", AT_MOST, FIRST_PAGE_KB),
    ]


def show(title: str, wire: Wire) -> None:
    print(title)
    for address, size in wire.arrived:
        print(f"{size:8,} B  {'/' + address.split('/', 3)[-1]}")
