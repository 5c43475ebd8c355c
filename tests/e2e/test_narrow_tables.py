"""The tables of the figures on a telephone: one row below another, read without scrolling sideways."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import browser as browsers
from tests.e2e.conftest import OpenPage


def test_the_table_of_results_stays_within_a_telephone(open_page: OpenPage) -> None:
    page = open_page("/risultati", viewport=browsers.NARROW)
    browsers.assert_fits(page)
    expect(page.locator("#risposte ~ details table")).to_be_hidden()
    page.locator("#risposte ~ details summary").click()
    for wide, shown in page.eval_on_selector_all(".board-scroll", "all => all.map(one => [one.scrollWidth, one.clientWidth])"):
        assert wide <= shown
    told = page.locator("tr:has(td[data-label=Comuni])", has_text="Toscana").inner_text()
    assert told.startswith("Toscana")
    label = page.locator("td[data-label=Comuni]").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label.replace('" "', "") == '"Comuni: "'
    browsers.assert_accessible(page)
    browsers.show(page, "results narrow")
