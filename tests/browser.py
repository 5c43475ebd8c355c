"""A real browser for tests and figures: Chromium, driven by Playwright, and what a page in it must never do.

Not for: how a page is written (tests/pages.py reads that without a browser).
Holds always: the browser asks the site under test only; a script error, a blocked resource or a failed request is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, sync_playwright

OUTPUT = Path(__file__).parent / "output"
PACKAGE = "chromium-headless-shell"
BROWSER_VARIABLE = "RICOGNIZIONE_TEST_CHROMIUM"
PICTURES_VARIABLE = "RICOGNIZIONE_TEST_PICTURES"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}
ACCESSIBILITY_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
MOST_TABS = 400
ANSWERED = "Failed to load resource: the server responded"


class BrowserMissingError(RuntimeError):
    """No Chromium here; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: the one named by RICOGNIZIONE_TEST_CHROMIUM, else the system's."""
    with sync_playwright() as playwright:
        browser = _launch(playwright, _program())
        yield browser
        browser.close()


def _program() -> str:
    """The browser's path. Debian's headless shell has no window to draw, which takes half of the whole browser's time."""
    named = os.environ.get(BROWSER_VARIABLE)
    path = named or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        raise BrowserMissingError(f"No Chromium: install it (Debian: {PACKAGE}) or name one in {BROWSER_VARIABLE}.")
    return path


def _launch(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=list(QUIET))


@contextmanager
def profile(browser: Browser, folder: Path, **choices: Any) -> Iterator[BrowserContext]:
    """A window whose profile is kept in a folder, as on somebody's computer: closed and opened again, it is all there."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=_program(),
        args=list(QUIET),
        **{"locale": "it-IT", "timezone_id": "Europe/Rome", "viewport": WIDE, **choices},
    )
    try:
        yield context
    finally:
        context.close()


@dataclass
class Watch:
    """What went wrong in a browser's pages: script errors, refused resources, requests that failed."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def expect(self, part: str) -> None:
        """A problem with this text in it is part of the test."""
        self.expected.append(part)

    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not any(part in problem for part in self.expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(
            "Failed to load resource: the server responded"
        ):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":  # a refused page is the test's business
            self.problems.append(f"status {response.status}: {response.url}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a navigation overtaken by the next one
            self.problems.append(f"request failed: {request.url}: {request.failure}")


def new_context(browser: Browser, **choices: Any) -> BrowserContext:
    """A browser profile of its own: Italian, Rome time, wide unless told otherwise."""
    return browser.new_context(**{"locale": "it-IT", "timezone_id": "Europe/Rome", "viewport": WIDE, **choices})


def accessibility_problems(page: Page) -> list[str]:
    """What axe finds on the page as it stands, by WCAG 2.2 A and AA and axe's best practices."""
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(ACCESSIBILITY_RULES)}}
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['html'][:160]}"
        for violation in found
        for node in violation["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    problems = accessibility_problems(page)
    assert not problems, f"{page.url}:\n" + "\n".join(problems)


def assert_fits(page: Page) -> None:
    """The page does not scroll sideways at its width."""
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= shown, f"{page.url} is {wide} px wide in a window of {shown} px"


def show(page: Page, name: str) -> None:
    """Keep a picture of the whole page for whoever wants to look, if RICOGNIZIONE_TEST_PICTURES is set. It proves nothing."""
    if os.environ.get(PICTURES_VARIABLE):
        shoot(page, name)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in tests/output."""
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.png", full_page=True)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element that `selector` names has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            outline = page.evaluate("() => document.activeElement.matches(':focus-visible')")
            assert outline, f"{selector} has the focus and does not show it"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{page.url}: {selector} cannot be reached with the keyboard")
