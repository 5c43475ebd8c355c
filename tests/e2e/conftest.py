"""Fixtures of the tests in a real browser: a site that runs as it runs in production, and windows on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browser as browsers
from tests.databases import KINDS
from tests.live_site import Demos, Site, demo_sites

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def demos() -> Iterator[Demos]:
    """Where sites with the registry and the demo's open edition come from."""
    with demo_sites(durable=False) as demos:
        yield demos


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, demos: Demos) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, on SQLite and on PostgreSQL, one for a module of tests."""
    with demos.site(request.param) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def watch() -> Iterator[browsers.Watch]:
    """Collects what goes wrong in the pages of a test and fails it in the end; `watch.expect(text)` allows one thing."""
    watch = browsers.Watch()
    yield watch
    assert not watch.unexpected(), "\n".join(watch.unexpected())


@pytest.fixture
def open_page(site: Site, browser: Browser, watch: browsers.Watch) -> Iterator[OpenPage]:
    """Opens windows without cookies: `open_page("/", viewport=NARROW, java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def open_one(path: str = "/", **choices: Any) -> Page:
        context = browsers.new_context(browser, base_url=site.url, **choices)
        contexts.append(context)
        watch.follow(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
