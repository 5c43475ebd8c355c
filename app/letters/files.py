"""Files that hold codes: whole or not there, and readable by their owner alone.

Not for: what stands in them.
Holds always: mode 600 from the first byte; a run that breaks off leaves an older file as it was, and nothing of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def private_file(target: Path) -> Iterator[IO[bytes]]:
    """Write here what is to stand at `target`, which appears at the end. Raises OSError."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
