"""The headers that every response carries; `app.web.edge` adds them.

Not for: caching of single pages: a view that sets Cache-Control keeps what it set.
Holds always: only our own scripts and styles run (no inline code), no other site frames a page, and what depends on a session
is never stored (Flask before 3.1.3 let caches keep such pages, CVE-2026-27205).
"""

from __future__ import annotations

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
