"""Numbers as a page writes them, remembered: Babel takes longer for one than for a query, and a table has hundreds.

Not for: dates, or reading what somebody typed.
Holds always: as Babel writes them in that language; a share of nothing is "–".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from babel import Locale
from babel.numbers import format_decimal, format_percent

MOST_REMEMBERED: Final = 8_192
NO_SHARE: Final = "–"


class NumberWords:
    """How one language writes numbers: `whole(1250)` is "1.250", `percent(25)` is "25%"."""

    def __init__(self, locale: str) -> None:
        pattern = Locale.parse(locale).percent_formats[None].pattern.replace("0", "0.0")

        @lru_cache(maxsize=MOST_REMEMBERED)
        def whole(number: int) -> str:
            return str(format_decimal(number, locale=locale))

        @lru_cache(maxsize=MOST_REMEMBERED)
        def permille(number: int) -> str:
            return str(format_percent(number / 1_000, format=pattern, locale=locale))

        @lru_cache(maxsize=MOST_REMEMBERED)
        def percent(number: int) -> str:
            return str(format_percent(number / 100, locale=locale))

        self.whole = whole
        self.percent = percent
        self._permille = permille

    def share(self, part: float, of: float) -> str:
        """A part in percent with one decimal: "8,4%"."""
        return self._permille(round(part * 1_000 / of)) if of else NO_SHARE


@lru_cache(maxsize=16)
def number_words(locale: str) -> NumberWords:
    """The words of a language, made once a process."""
    return NumberWords(locale)
