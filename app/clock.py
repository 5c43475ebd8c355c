"""The one place that reads the clock. Surfaces and commands ask it and pass the answer on as `now`.

Holds always: an instant in UTC, aware. The domain takes `now` as an argument and never asks.
"""

import datetime as dt

from app.context import this_app


def now() -> dt.datetime:
    """The present instant, or what the application's `CLOCK` says it is (tests of deadlines and daylight saving)."""
    clock = this_app().config.get("CLOCK")
    return clock() if clock is not None else dt.datetime.now(dt.UTC)
