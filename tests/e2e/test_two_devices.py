"""Two devices of one municipality at the same question while a reply is on its way: nothing is overwritten without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.responses.document import Document
from tests import browser as browsers
from tests.e2e.conftest import OpenWindow
from tests.e2e.drafts import CODES, SYNC, begin, says, stored, tick, ticked
from tests.live_site import Demos, Site


@pytest.fixture(scope="module")
def site(demos: Demos) -> Iterator[Site]:
    """One site on SQLite: nothing here depends on the database."""
    with demos.site("sqlite") as site:
        yield site


class Line:
    """The line of a page: what it sends waits here until it is let go. `replies_lost`: how many of the first arrive, and their
    replies do not."""

    def __init__(self, page: Page, *, replies_lost: int = 0) -> None:
        self.page = page
        self.held: list[Route] = []
        self.lost = 0
        self.free = False
        self.replies_lost = replies_lost
        page.route(SYNC, self._take)

    def _take(self, route: Route) -> None:
        if self.free:
            route.continue_()
        elif self.lost < self.replies_lost:
            self.lost += 1
            route.fetch()
            route.abort()
        else:
            self.held.append(route)

    def wait_for(self, number: int) -> None:
        """Until so many requests stand here."""
        for _ in range(100):
            if len(self.held) >= number:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{len(self.held)} requests, not {number}")

    def let_go(self) -> None:
        self.free = True
        for route in self.held:
            route.continue_()


def values(document: Document, key: str) -> tuple[Any, list[Any]]:
    """The answer that stands, and what is held against it."""
    return document.answers[key].value, [one.value for one in document.conflicts.get(key, ())]


def chosen(*codes: str) -> dict[str, list[str]]:
    return {"codes": list(codes)}


def test_what_a_colleague_wrote_before_the_first_of_two_changes_arrives_is_not_overwritten(
    site: Site, window: OpenWindow
) -> None:
    mine = window(0, "/compila/B")
    begin(mine)
    theirs = window(0, "/compila/B/2")
    line = Line(mine)
    tick(mine, "B04", "families")
    line.wait_for(1)
    tick(theirs, "B04", "centres")
    says(theirs, "Salvato alle")
    tick(mine, "B04", "childhood")
    line.let_go()
    expect(mine.locator("#draft-decision")).to_be_visible()
    says(mine, "Salvato alle")
    assert values(stored(site, CODES[0]), "B04") == (chosen("centres"), [chosen("families", "childhood")])
    assert ticked(mine, "B04") == ["families", "childhood"]


def test_what_a_colleague_wrote_while_a_reply_was_lost_is_not_overwritten(
    site: Site, window: OpenWindow, watch: browsers.Watch
) -> None:
    watch.expect("net::ERR_FAILED")
    mine = window(1, "/compila/B")
    begin(mine)
    line = Line(mine, replies_lost=1)
    tick(mine, "B04", "families")
    line.wait_for(1)  # sent again, since no reply came
    theirs = window(1, "/compila/B/2")
    assert ticked(theirs, "B04") == ["families"], "the server has it"
    tick(theirs, "B04", "centres")
    says(theirs, "Salvato alle")
    tick(mine, "B04", "childhood")
    line.let_go()  # the reply says that the first change was stored, and brings the colleague's
    expect(mine.locator("#draft-decision")).to_be_visible()
    says(mine, "Salvato alle")
    assert values(stored(site, CODES[1]), "B04") == (chosen("families", "centres"), [chosen("families", "childhood")])


def test_who_goes_on_writing_in_a_dispute_puts_one_value_into_it(site: Site, window: OpenWindow) -> None:
    mine = window(2, "/compila/B")
    begin(mine)
    mine.goto("/compila/E")
    theirs = window(2, "/compila/E")
    for page in (mine, theirs):
        page.locator("main details", has=page.locator('[name="E02"]')).locator("summary").first.click()
    write(theirs, "Più nidi")
    says(theirs, "Salvato alle")
    write(mine, "Più asili")
    expect(mine.locator("#draft-decision")).to_be_visible()
    for text in ("Più asili.", "Più asili, e presto", "Più asili e più presto"):
        with mine.expect_response(SYNC):
            write(mine, text)
        says(mine, "Salvato alle")
    assert values(stored(site, CODES[2]), "E02") == ("Più nidi", ["Più asili e più presto"])
    mine.click("#draft-decision")
    mine.wait_for_url("**/compila/conflitti")
    mine.click('main a[href*="#q-E02"]')
    mine.wait_for_url("**/compila/E*")
    shown = mine.locator('[data-question="E02"]').inner_html()
    assert [text in shown for text in ("Più nidi", "Più asili e più presto", "Più asili.")] == [True, True, False]


def write(page: Page, text: str) -> None:
    page.locator('main [name="E02"]').fill(text)
    page.locator('main [name="E02"]').blur()
