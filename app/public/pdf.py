"""A page as PDF, by WeasyPrint, which is an optional extra: it needs the system's Pango.

Not for: pages of other sites; nothing is fetched, only this application's own static files are read from its folder.
Holds always: where WeasyPrint or Pango is missing `can_make_pdf` is False, and the page can still be printed by the browser.
"""

from __future__ import annotations

import mimetypes
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app


class NotOurs(ValueError):  # noqa: N818 — says what the address is
    """The page names a file that is not one of this application's static files."""


@cache
def _weasyprint() -> Any | None:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):  # OSError: installed, but the system has no Pango
        return None


def can_make_pdf() -> bool:
    """Whether this installation can make PDFs."""
    return _weasyprint() is not None


def pdf_of(page: str) -> bytes:
    """The PDF of a rendered page. Raises RuntimeError where `can_make_pdf` is False."""
    library = _weasyprint()
    if library is None:
        raise RuntimeError("WeasyPrint is not installed")
    fetcher = type("OwnFiles", (library.urls.URLFetcher,), {"fetch": _fetch})
    pdf: bytes = library.HTML(string=page, base_url="http://localhost/", url_fetcher=fetcher()).write_pdf()
    return pdf


def _fetch(fetcher: Any, url: str, headers: object = None) -> Any:
    """WeasyPrint's way of asking for a file (its version 68 and later)."""
    library = _weasyprint()
    if library is None:
        raise NotOurs(url)
    if url.startswith("data:"):
        return library.urls.URLFetcher.fetch(fetcher, url, headers)
    content, content_type = own_file(url)
    return library.urls.URLFetcherResponse(url, content, {"Content-Type": content_type})


def own_file(url: str) -> tuple[bytes, str]:
    """Content and type of a file of the static folder, whatever digest the address holds. Raises NotOurs for all others."""
    path = unquote(urlsplit(url).path)
    folder = Path(current_app.static_folder or "").resolve()
    names = path.removeprefix("/static/").split("/")
    for name in ("/".join(names), "/".join(names[1:])):
        file = (folder / name).resolve()
        if path.startswith("/static/") and file.is_file() and folder in file.parents:
            return file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    raise NotOurs(url)
