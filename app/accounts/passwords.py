"""Passwords: what a good one is, how it is hashed, how it is compared.

Not for: whose password it is (`entity_accounts.py`) or how often one may try (`throttle.py`).
Holds always: argon2id with OWASP's smallest parameters (19 MiB, two passes), at most as many at once in a process as the
settings say, and never inside a database transaction, which would hold others up. Rules of NIST SP 800-63B: length and a list
of common passwords, no composition, no expiry. A password is normalised (NFKC) so that two keyboards type the same one.
"""

from __future__ import annotations

import contextlib
import functools
import re
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from app.config import settings
from app.registry.folding import fold

SHORTEST = 10
LONGEST = 200
WAIT_SECONDS = 10
_DATA = Path(__file__).parent / "data"
_COMMON = (_DATA / "common_passwords.txt", _DATA / "frequent_passwords.txt")
_EXTENSION_KEY = "ricognizione-hashes-at-once"
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class HashingBusyError(Exception):
    """Too many passwords are being checked at this moment; the next try in some seconds will do."""


class WeakPasswordError(Exception):
    """A password that may not be set. `reason`: short, long, common or obvious (made of the entity's own name or code)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_new_password(password: str, own_words: tuple[str, ...] = ()) -> None:
    """Raises `WeakPasswordError` where the password is too short, too long, common, or only `own_words` and digits."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise WeakPasswordError("short")
    if len(normal) > LONGEST:
        raise WeakPasswordError("long")
    if normal.casefold() in _common_passwords() or len(set(normal.casefold())) < 4:
        raise WeakPasswordError("common")
    if len(_beside(normal, ("comunedi", "comune", *own_words))) < 3:
        raise WeakPasswordError("obvious")


def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt. Raises `HashingBusyError`."""
    with _one_of_few():
        return _hasher.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Without a stored hash it takes as long and says no.

    Raises `HashingBusyError`.
    """
    if len(password) > LONGEST:
        password = ""
    with _one_of_few():
        try:
            return _hasher.verify(stored or _hash_of_nothing(), _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _beside(password: str, words: tuple[str, ...]) -> str:
    """What the password holds beside these words, digits and the usual separators, without accents."""
    rest = "".join(fold(letter) or letter for letter in password if not letter.isspace())
    for word in sorted((fold(word).replace(" ", "") for word in words), key=len, reverse=True):
        rest = rest.replace(word or "\0", "")
    return re.sub(r"[0-9._!-]", "", rest)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@functools.cache
def _common_passwords() -> frozenset[str]:
    """Read at the first new password, some milliseconds, and kept: no sign-in and no page needs them."""
    return frozenset(word for file in _COMMON for word in file.read_text(encoding="utf-8").splitlines())


@functools.cache
def _hash_of_nothing() -> str:
    return _hasher.hash("the password of an entity that has none")


@contextlib.contextmanager
def _one_of_few() -> Iterator[None]:
    places = current_app.extensions.setdefault(_EXTENSION_KEY, threading.BoundedSemaphore(settings().password_hashes_at_once))
    if not places.acquire(timeout=WAIT_SECONDS):
        raise HashingBusyError
    try:
        yield
    finally:
        places.release()
