"""Somebody in front of a browser, with a mouse or with the keyboard alone, who looks at each page that comes.

Not for: what is answered (the journeys say that).
Holds always: each page that somebody with scripts arrives at is checked for accessibility and for its width; who uses the
keyboard never clicks and never jumps.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

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
        address = urlsplit(self.page.url)
        place = " ".join([address.path[1:], *parse_qs(address.query).get("passo", [])])
        if self.pictures and place not in self.seen:
            named = re.sub("[A-Za-z0-9_-]{30,}", "id", place)
            self.shoots(named or "home")
        self.seen.append(place)

    def shoots(self, name: str) -> None:
        """Keep a picture of the page as it stands, where pictures are asked for."""
        if self.pictures:
            browsers.show(self.page, f"{self.pictures} {len(self.seen):02} {name}")

    def presses(self, selector: str) -> None:
        """Press a button or follow a link that brings a page, and look at it."""
        with self.page.expect_navigation():
            if self.keyboard:
                browsers.tab_to(self.page, selector)
                self.page.keyboard.press("Enter")
            else:
                self.page.locator(selector).first.click()
        self.looks()

    def downloads(self, selector: str) -> Path:
        """Press a button or follow a link that brings a file, and keep it."""
        with self.page.expect_download() as coming:
            if self.keyboard:
                browsers.tab_to(self.page, selector)
                self.page.keyboard.press("Enter")
            else:
                self.page.locator(selector).first.click()
        return Path(coming.value.path())

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

    def dates(self, name: str, day: dt.date) -> None:
        """Write a day into the date input of this name; the keys are typed in the order of an Italian or an English browser."""
        if not self.keyboard:
            self.page.locator(f'main [name="{name}"]').fill(day.isoformat())
            return
        browsers.tab_to(self.page, f'main [name="{name}"]')
        box = self.page.locator(f'main [name="{name}"]')
        for written in ("%d%m%Y", "%m%d%Y"):  # the browser's language, not the page's, decides the order of the parts
            for _part in range(2):
                self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.type(day.strftime(written))
            if box.input_value() == day.isoformat():
                return
        raise AssertionError(f"{day} typed into {name} became {box.input_value()!r}")

    def picks(self, name: str, value: str) -> None:
        """Choose the option of this value in the list of this name."""
        selector = f'main select[name="{name}"]'
        box = self.page.locator(selector)
        if not self.keyboard:
            box.select_option(value)
            return
        browsers.tab_to(self.page, selector)
        for _ in range(MOST_OPTIONS):
            if box.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be reached in {selector} with the arrow keys")

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
