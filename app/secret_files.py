"""Secrets that an installation makes for itself: random, in a file of their own, readable by their owner alone.

Not for: secrets of people (passwords, links), which are stored hashed in the database.
Holds always: the file has mode 600 from its first byte; two processes that start together end up with the same secret; a
crash leaves the whole secret or none.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

SECRET_BYTES = 32


class SecretFileError(Exception):
    """A secret's file cannot be used; the text says why and how to mend it."""


def read_or_make_secret(path: Path) -> str:
    """The secret kept in `path`, made there (64 hexadecimal digits) if the file is missing. Raises SecretFileError."""
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise SecretFileError(
            f"{path}: {error.strerror}. Make the folder writable for the user that runs the program"
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(SECRET_BYTES).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)  # unlike rename, fails when another process was first: both then read that one
    except FileExistsError:
        return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> str:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretFileError(f"{path} can be read by others. Run: chmod 600 {path}")
    value = path.read_text(encoding="utf-8").strip()
    if len(value) < SECRET_BYTES:
        raise SecretFileError(
            f"{path} is too short to be a secret. Delete it to have a new one made (everybody signs in again)"
        )
    return value
