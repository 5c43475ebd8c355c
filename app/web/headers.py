"""The headers that every response carries, whoever made it: a page, a static file, an error before any view.

Not for: caching of single pages: a view that sets Cache-Control keeps what it set.
Holds always: only our own scripts and styles run (no inline code), no other site frames a page, and what depends on a session
is never stored (Flask before 3.1.3 let caches keep such pages, CVE-2026-27205).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
        "worker-src 'self'",
    )
)
ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
HTTPS_ONLY = (("Strict-Transport-Security", "max-age=31536000"),)
NO_STORE = ("Cache-Control", "no-store")


def with_headers(application: WSGIApplication, *, https: bool) -> WSGIApplication:
    """Wrap a WSGI application so that each of its responses carries the headers."""
    always = ALWAYS + HTTPS_ONLY if https else ALWAYS
    never_stored = (*always, NO_STORE)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            cached = any(name.lower() == "cache-control" for name, _ in headers)
            headers.extend(always if cached else never_stored)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return application(environ, start)

    return serve
