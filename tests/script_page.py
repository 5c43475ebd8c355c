"""A page in Chromium that can import the program's ES modules, without a site: for tests of scripts alone.

Not for: anything that needs a server, a session or a form (tests/live_site.py has those).
Holds always: the page reaches nothing but the files below `app/static` and those it is given; a script error fails the test.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from tests.browser import new_context

TESTS = Path(__file__).parent
ORIGIN = "http://localhost"
FOLDERS = {"static": TESTS.parent / "app" / "static"}


def _serve(route: Route, more: Mapping[str, bytes]) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    folder, _slash, rest = name.partition("/")
    path = FOLDERS.get(folder, TESTS) / rest
    if not name:
        route.fulfill(body="<!DOCTYPE html><title>Scripts</title>", content_type="text/html")
    elif name in more or (folder in FOLDERS and path.is_file()):
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        route.fulfill(body=more.get(name) or path.read_bytes(), content_type=kind or "application/octet-stream")
    else:
        route.abort()


@contextmanager
def script_page(browser: Browser, more: Mapping[str, bytes] | None = None) -> Iterator[Page]:
    """`page.evaluate("async () => (await import('/static/js/conditions.js')).…")` in a page of its own.

    `more`: further files by their path without the first slash.
    """
    context = new_context(browser)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.route("**/*", lambda route: _serve(route, more or {}))
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()
    assert not errors, "\n".join(errors)
