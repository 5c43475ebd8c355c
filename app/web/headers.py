"""The headers that every response carries, and those of pages alone; `app.web.edge` adds them.

Nothing of a browser beyond pages and their storage is used: all else (camera, place, payment, …) is switched off.
Not for: caching of single pages: a view that sets Cache-Control keeps what it set.
Holds always: only our own scripts and styles run (no inline code), no other site frames a page, and what depends on a session
is never stored (Flask before 3.1.3 let caches keep such pages, CVE-2026-27205).
"""

from __future__ import annotations

from app.config import Settings

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
_UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "clipboard-write"),
    *("display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("keyboard-map", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment"),
    *("picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb"),
    *("compute-pressure", "identity-credentials-get", "publickey-credentials-create", "window-management"),
    *("xr-spatial-tracking",),
)
ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)
OF_PAGES = (
    ("Permissions-Policy", ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES)),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""A browser reads them of documents only: on scripts, fonts and redirects they would be a tenth of what a first visit loads."""
NO_STORE = ("Cache-Control", "no-store")
_SECONDS_OF_A_DAY = 86_400


def headers_for(read: Settings) -> tuple[tuple[str, str], ...]:
    """The headers of every response of an installation with these settings."""
    if not read.is_https or not read.hsts_days:
        return ALWAYS
    parts = [f"max-age={read.hsts_days * _SECONDS_OF_A_DAY}"]
    parts += ["includeSubDomains"] if read.hsts_subdomains else []
    parts += ["preload"] if read.hsts_preload else []
    return (*ALWAYS, ("Strict-Transport-Security", "; ".join(parts)))
