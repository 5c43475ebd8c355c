"""Somebody in front of a browser, with a mouse or with the keyboard alone, who looks at each page that comes.

Not for: what is answered (the journeys say that).
Holds always: each page that somebody with scripts arrives at is checked for accessibility and for its width; who uses the
keyboard never clicks and never jumps.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests import browser as browsers

MOST_OPTIONS = 40


class Person:
    def __init__(self, page: Page, *, keyboard: bool = False, scripts: bool = True, pictures: str = "") -> None:
        self.page = page
        self.keyboard = keyboard
        self.scripts = scripts
        self.pictures = pictures
        self.seen: list[str] = []

    def goes_to(self, address: str) -> None:
        self.page.goto(address)
        self.looks()

    def looks(self) -> None:
        """Check the page that has come."""
        self.page.wait_for_load_state()
        browsers.assert_fits(self.page)
        assert self.page.locator("h1").count() == 1
        if self.scripts:
            browsers.assert_accessible(self.page)
        path = self.page.url.split("/", 3)[3].split("?")[0]
        if self.pictures and path not in self.seen:
            place = re.sub("[A-Za-z0-9_-]{30,}", "id", path)
            browsers.shoot(self.page, f"{self.pictures} {len(self.seen):02} {place or 'home'}")
        self.seen.append(path)

    def presses(self, selector: str) -> None:
        """Press a button or follow a link that brings a page, and look at it."""
        with self.page.expect_navigation():
            if self.keyboard:
                browsers.tab_to(self.page, selector)
                self.page.keyboard.press("Enter")
            else:
                self.page.locator(selector).first.click()
        self.looks()

    def unfolds(self, selector: str) -> None:
        """Open a disclosure that is closed."""
        if self.page.locator(f"{selector}[open]").count():
            return
        if self.keyboard:
            browsers.tab_to(self.page, f"{selector} > summary")
            self.page.keyboard.press("Enter")
        else:
            self.page.locator(f"{selector} > summary").first.click()

    def types(self, name: str, text: str) -> None:
        """Replace what stands in the input of this name."""
        selector = f'main [name="{name}"]'
        if self.keyboard:
            browsers.tab_to(self.page, selector)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            self.page.locator(selector).fill(text)

    def chooses(self, name: str, value: str) -> None:
        """Tick the radio button or the box of this name and value."""
        selector = f'main [name="{name}"][value="{value}"]'
        if not self.keyboard:
            box = self.page.locator(selector)
            if not box.is_checked():
                self.page.locator(f'main label[for="{box.get_attribute("id")}"]').click()
            assert box.is_checked()
            return
        if self.page.locator(selector).get_attribute("type") == "checkbox":
            browsers.tab_to(self.page, selector)
            if not self.page.locator(selector).is_checked():
                self.page.keyboard.press("Space")
            return
        browsers.tab_to(self.page, f'main [name="{name}"]')
        self.page.keyboard.press("Space")
        for _ in range(MOST_OPTIONS):
            if self.page.locator(selector).is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{selector} cannot be reached with the arrow keys")

    def reads(self, text: str) -> None:
        """Find this text on the page."""
        assert text in self.page.locator("body").inner_text(), f"{self.page.url} does not say {text!r}"

    def is_at(self, path: str) -> None:
        found = "/" + self.page.url.split("/", 3)[3].split("?")[0].split("#")[0]
        assert found == path, f"at {found}, not at {path}"
