"""Fixtures of the tests in a real browser: a site that runs as it runs in production, and windows on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.accounts.entity_accounts import set_password_hash
from app.accounts.passwords import hash_password
from app.clock import now
from app.extensions import db
from app.registry.entities import find_by_code
from tests import browser as browsers
from tests.databases import KINDS
from tests.e2e.drafts import CODES, PASSWORD, fill_sign_in
from tests.live_site import DemoAccount, Demos, Site, demo_sites

OpenPage = Callable[..., Page]
OpenWindow = Callable[..., Page]


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


@pytest.fixture(scope="module")
def accounts(site: Site) -> list[DemoAccount]:
    """Municipalities that can sign in."""
    application = site.application()
    with application.app_context():
        secret = hash_password(PASSWORD)
        found = [find_by_code(code) for code in CODES]
        for entity in found:
            assert entity is not None
            set_password_hash(entity.id, secret, now())
        db.session.commit()
        db.engine.dispose()
        return [DemoAccount(one.code, one.label, PASSWORD) for one in found if one is not None]


@pytest.fixture(scope="module")
def sign_in(site: Site, browser: Browser, accounts: list[DemoAccount]) -> Callable[[int], list[Any]]:
    """Cookies of a session of the n-th municipality, a new one at each call."""

    def enter(number: int) -> list[Any]:
        context = browsers.new_context(browser, base_url=site.url)
        page = context.new_page()
        page.goto("/accedi")
        fill_sign_in(page, accounts[number])
        cookies = list(context.cookies())
        context.close()
        return cookies

    return enter


@pytest.fixture
def window(site: Site, browser: Browser, watch: browsers.Watch, sign_in: Callable[[int], list[Any]]) -> Iterator[OpenWindow]:
    """`window(n, "/compila/B/2", consent="offline")`: a browser of its own, signed in as the n-th municipality."""
    contexts: list[BrowserContext] = []

    def open_one(number: int, path: str, *, consent: str | None = "offline", script: str = "", **choices: Any) -> Page:
        context = browsers.new_context(browser, base_url=site.url, **choices)
        context.set_default_timeout(8000)
        contexts.append(context)
        watch.follow(context)
        context.add_cookies(sign_in(number))
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(path)
        if consent is not None:
            page.locator(f'#draft-consent [data-draft-consent="{consent}"]').click()
            expect(page.locator("#draft-consent")).to_be_hidden()
        return page

    yield open_one
    for context in contexts:
        context.close()
