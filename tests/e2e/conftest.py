"""Fixtures of the tests in a real browser: a site that runs as it runs in production, and windows on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browser as browsers
from tests.databases import KINDS, Databases
from tests.live_site import Site, demo_databases

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Copies of a database that holds the registry and the demo's open edition."""
    made = demo_databases(tmp_path_factory.mktemp("demos"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, demos: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, on SQLite and on PostgreSQL, one for a module of tests."""
    url = demos.fresh(request.param)
    site = Site(tmp_path_factory.mktemp("site"), url)
    site.start()
    yield site
    site.stop()
    demos.drop(url)


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
