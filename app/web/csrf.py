"""The token that shows a form to be ours: Flask-WTF's, bound to the session cookie, masked anew at each page.

Why masked: pages are compressed, and a secret that repeats in compressed pages can be guessed from their lengths (BREACH).
Not for: who may do what (`app.accounts.permissions`).
Holds always: no request of an unsafe method reaches a view without a good token, unless the view's endpoint is listed in
`app.config["CSRF_REDISPLAY"]`: then `flask.g.csrf_failed` is True, and the view must write nothing and show again what was
typed. A request that another site started never reaches any view. The token has no expiry of its own: a page left open
overnight can still be saved.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Any, Final

from flask import Flask, current_app, g, request, session
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf, validate_csrf
from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from app.config import settings
from app.context import this_app, this_g, this_request
from app.web.log import log_refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "X-CSRFToken"
SIGNED: Final = "ricognizione_signed_tokens"
FOUND_GOOD: Final = "ricognizione_good_tokens"
MOST_REMEMBERED: Final = 4_096


class CsrfRejected(Exception):  # noqa: N818 — an event's name
    """The form's token is missing, old or of another session; `foreign` where another site sent the form."""

    def __init__(self, *, foreign: bool) -> None:
        super().__init__("form sent from another site" if foreign else "form token missing or of another session")
        self.foreign = foreign


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Base of the surfaces' forms: the token is checked once for each request, before the view, not by each form."""

    class Meta:
        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> MultiDict[str, str] | None:
            """The fields that were posted, and neither files nor JSON: ours are texts."""
            return request.form if formdata is not None and request.method == "POST" else None


def init_app(app: Flask) -> None:
    """Offer `csrf_token()` to templates; the check itself is called by the application's request hook."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("CSRF_REDISPLAY", frozenset())
    app.extensions[SIGNED] = {}
    app.extensions[FOUND_GOOD] = {}  # another process signs another token for the same session
    app.jinja_env.globals[FIELD] = csrf_token


def csrf_token() -> str:
    """The token of this page, the same for all its forms: base64url of a random pad followed by the token XOR that pad."""
    here = this_g()
    masked: str | None = here.get("masked_token")
    if masked is None:
        token = _signed_token().encode("ascii")
        pad = secrets.token_bytes(len(token))
        masked = here.masked_token = base64.urlsafe_b64encode(pad + _xor(token, pad)).decode("ascii")
    return masked


def _signed_token() -> str:
    """Flask-WTF's signed token of this session, signed once: it has no expiry."""
    signed: dict[str, str] = this_app().extensions[SIGNED]
    known = signed.get(session.get(FIELD, ""))
    if known is None:
        known = str(generate_csrf())
        _remember(signed, session[FIELD], known)
    return known


def _remember(tokens: dict[str, str], secret: str, token: str) -> None:
    if len(tokens) >= MOST_REMEMBERED:
        tokens.clear()
    tokens[secret] = token


def check_request() -> None:
    """Refuse an unsafe request without a good token. Raises CsrfRejected."""
    current = this_request()
    if current.method in SAFE_METHODS or not this_app().config.get("WTF_CSRF_ENABLED", True):
        return
    if _sent_by_another_site():
        log_refusal("form of another site")
        raise CsrfRejected(foreign=True)
    given = _unmask(current.headers.get(HEADER) or current.form.get(FIELD, ""))
    if _is_known(given):
        return
    try:
        validate_csrf(given)
    except ValidationError:
        log_refusal("form token")
        if request.endpoint not in current_app.config["CSRF_REDISPLAY"]:
            raise CsrfRejected(foreign=False) from None
        g.csrf_failed = True
    else:
        _remember(current_app.extensions[FOUND_GOOD], session[FIELD], given)


def _is_known(token: str) -> bool:
    """Whether it is the token that this process has signed for this session, or has found good for it."""
    secret, sent, extensions = session.get(FIELD, ""), token.encode(), this_app().extensions
    kept = (extensions[name].get(secret) for name in (SIGNED, FOUND_GOOD))
    return any(known is not None and hmac.compare_digest(sent, known.encode()) for known in kept)


def _sent_by_another_site() -> bool:
    """What the browser says: by Sec-Fetch-Site, an older one by Origin. Silence is no."""
    current = this_request()
    site = current.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site.lower() in {"cross-site", "same-site"}
    origin = current.headers.get("Origin")
    return origin is not None and origin not in {settings().base_url, f"{current.scheme}://{current.host}"}


def _unmask(masked: str) -> str:
    try:
        both = base64.urlsafe_b64decode(masked)
        half = len(both) // 2
        return _xor(both[half:], both[:half]).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
