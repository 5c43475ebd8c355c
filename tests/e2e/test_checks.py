"""The checks of the browser tests see what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import browser as browsers

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def bad_page(browser: Browser) -> Iterator[Page]:
    context = browsers.new_context(browser, viewport=browsers.NARROW)
    page = context.new_page()
    page.goto((FIXTURES / "inaccessible.html").as_uri())
    yield page
    context.close()


def test_axe_finds_what_is_wrong_with_a_bad_page(bad_page: Page) -> None:
    found = {problem.split(" ")[0] for problem in browsers.accessibility_problems(bad_page)}
    assert {"button-name", "color-contrast", "document-title", "html-has-lang", "image-alt", "label"} <= found
    with pytest.raises(AssertionError, match="color-contrast"):
        browsers.assert_accessible(bad_page)


def test_a_page_that_is_too_wide_is_seen(bad_page: Page) -> None:
    browsers.assert_fits(bad_page)
    bad_page.evaluate("document.body.style.width = '900px'")
    with pytest.raises(AssertionError, match="px wide"):
        browsers.assert_fits(bad_page)


def test_what_the_keyboard_cannot_reach_is_seen(bad_page: Page) -> None:
    browsers.tab_to(bad_page, "input[name=nome]")
    with pytest.raises(AssertionError, match="cannot be reached"):
        browsers.tab_to(bad_page, "p")


def test_script_errors_and_blocked_resources_are_seen(bad_page: Page) -> None:
    watch = browsers.Watch()
    watch.follow(bad_page.context)
    bad_page.evaluate("setTimeout(() => { throw new Error('broken') }, 0); console.error('refused')")
    bad_page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
    bad_page.wait_for_timeout(200)
    assert any("broken" in problem for problem in watch.problems)
    assert any("refused" in problem for problem in watch.problems)
    assert any("request failed" in problem for problem in watch.problems)
    watch.expect("broken")
    assert not any("broken" in problem for problem in watch.unexpected())
