"""Addresses of this site for whoever reads them elsewhere: in a letter, in a message, on a terminal.

Not for: links inside a page (`url_for`).
Holds always: built from the configured base URL and the URL map alone; a bound request would lend its Host header.
"""

from __future__ import annotations

from flask import current_app

from app.config import settings


def site_address(endpoint: str, **values: str) -> str:
    """The whole address of a page. Raises werkzeug's BuildError for an endpoint that there is not."""
    path: str = current_app.url_map.bind("unused.invalid").build(endpoint, values)
    return settings().base_url + path
