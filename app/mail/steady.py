"""Which instant has come for certain, where a machine's clock may have been set: nothing planned for later goes out because
somebody's clock is ahead.

Not for: what time it is (`app.clock`).
Holds always: pure but for the two clocks it is given; a clock that jumps ahead of the time that has passed by more than
`TOLERANCE` since the machine's start is not believed until a person says that it is right, or until it comes back; one that is
set back is believed at once, since nothing goes out early by it, and so is one that then returns to what it was before.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

TOLERANCE: Final = dt.timedelta(minutes=2)
"""As much as time servers correct step by step between two looks."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def seconds_since_boot() -> float:
    """Seconds since the machine was started, also those in which it slept; nobody can set them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_of_machine() -> str:
    """A name of the machine's present run; empty where there is none: then a jump is seen only while the worker runs."""
    return _BOOT.read_text().strip()[:40] if _BOOT.exists() else ""


class SteadyClock:
    """`offset`: what the clock was ahead of the seconds since boot when it was last believed; `ahead`: by how many seconds it
    has jumped since, 0 where it is believed."""

    def __init__(self, now_fn: Callable[[], dt.datetime], elapsed: Callable[[], float], offset: float | None = None) -> None:
        self._now, self._elapsed = now_fn, elapsed
        self.offset = self._present() if offset is None else offset
        self.ahead = 0.0
        self._before = self.offset

    def due_by(self) -> dt.datetime:
        """The instant that has come for certain: that of the clock, or less where it has jumped ahead."""
        present, most = self._present(), TOLERANCE.total_seconds()
        if present - self.offset > most and abs(present - self._before) > most:
            self.ahead = present - self.offset
            return self._now() - dt.timedelta(seconds=self.ahead)
        if self.offset - present > most:
            self._before = self.offset
        self.offset, self.ahead = present, 0.0
        return self._now()

    def believe(self, offset: float) -> None:
        """A person has said that the clock is right that is so much ahead of the seconds since boot."""
        self.offset = max(self.offset, offset)

    def _present(self) -> float:
        return self._now().timestamp() - self._elapsed()
