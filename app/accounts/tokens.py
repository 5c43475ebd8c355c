"""Secrets that a browser or a letter carries: 256 random bits, and the hash under which we know them.

Holds always: only the hash is stored. A plain SHA-256 is enough, because 256 random bits cannot be guessed from it, and
looking a hash up in an index tells nothing about the secret by its time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from app.config import settings

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def new_token() -> str:
    """256 random bits as 43 characters that need no escaping in a URL or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 in hexadecimal (64 characters)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def has_token_shape(token: str) -> bool:
    """Whether it can be one of ours at all; anything else need not reach the database."""
    return _SHAPE.match(token) is not None


def keyed_hash(text: str) -> str:
    """HMAC-SHA-256 under the installation's secret, in hexadecimal: for what could be guessed, as addresses can."""
    return hmac.new(settings().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
