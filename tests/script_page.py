"""A page in Chromium that can import the program's ES modules, without a site: for tests of scripts alone.

Not for: anything that needs a server, a session or a form (tests/live_site.py has those).
Holds always: the page reaches nothing but the files below `app/static` and `tests/fixtures`; a script error fails the test.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from tests.browser import new_context

TESTS = Path(__file__).parent
ORIGIN = "http://localhost"
FOLDERS = {"static": TESTS.parent / "app" / "static", "fixtures": TESTS / "fixtures"}


def _serve(route: Route) -> None:
    folder, _slash, name = route.request.url.removeprefix(f"{ORIGIN}/").partition("/")
    path = FOLDERS.get(folder, TESTS) / name
    if not name:
        route.fulfill(body="<!DOCTYPE html><title>Scripts</title>", content_type="text/html")
    elif folder in FOLDERS and path.is_file():
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
        route.fulfill(body=path.read_bytes(), content_type=kind or "application/octet-stream")
    else:
        route.abort()


@contextmanager
def script_page(browser: Browser) -> Iterator[Page]:
    """`page.evaluate("async () => (await import('/static/js/conditions.js')).…")` in a page of its own."""
    context = new_context(browser)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.route("**/*", _serve)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()
    assert not errors, "\n".join(errors)
