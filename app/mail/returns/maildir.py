"""Messages that wait in a Maildir: from `new` to `cur`, once their row is committed.

Not for: what they are.
Holds always: a message is moved only after it was taken in, in one rename; whoever is killed in between finds it again, and it
is known by then; of a long one its beginning is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.mail.returns.kinds import MOST_BYTES

SEEN: Final = ":2,S"
UNSEEN: Final = ":2,"


class NoMaildirError(Exception):
    """The folder is no Maildir that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message that waits. `size`: in bytes, of the whole; `content`: as much of it as is read."""

    path: Path
    size: int
    content: bytes


class Maildir:
    """A Maildir by its folder. Raises NoMaildirError where it is none."""

    def __init__(self, folder: Path) -> None:
        self._new, self._cur = folder / "new", folder / "cur"
        for part in (self._new, self._cur):
            if not part.is_dir():
                raise NoMaildirError(f"{part} is not a folder; a Maildir has new, cur and tmp")

    def waiting(self) -> Iterator[Found]:
        """What waits, the oldest name first. Raises NoMaildirError where it cannot be read."""
        try:
            names = sorted(path.name for path in self._new.iterdir() if not path.name.startswith("."))
        except OSError as error:
            raise NoMaildirError(f"{self._new}: {error.strerror}") from error
        for name in names:
            found = self._read(self._new / name)
            if found is not None:
                yield found

    def done(self, found: Found, *, left: bool) -> None:
        """It was taken in: it goes to `cur`, as seen, but for what is `left` for people to read."""
        name = found.path.name.partition(":")[0]
        try:
            found.path.rename(self._cur / f"{name}{UNSEEN if left else SEEN}")
        except FileNotFoundError:
            return  # another process was first
        except OSError as error:
            raise NoMaildirError(f"{self._cur}: {error.strerror}") from error

    def _read(self, path: Path) -> Found | None:
        """None where it is gone meanwhile."""
        try:
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return Found(path, path.stat().st_size, file.read(MOST_BYTES))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NoMaildirError(f"{path.parent}: {error.strerror}") from error
