"""The texts that ship, in four languages, and the few words that the program itself puts into a message.

Not for: texts that somebody writes (`templates.py`), or what a text may hold (`wording.py`).
Holds always: the files are read once; each language has the same occasions and readers (a test compares them); a number with
its noun follows the plural rules of its language (CLDR), which the catalogues of the interface need not have.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_percent

from app.registry.languages import FRENCH, LANGUAGES
from app.reminders.occasions import READERS
from app.reminders.wording import Text

FOLDER: Final = Path(__file__).with_name("library")
ROME: Final = ZoneInfo("Europe/Rome")
MOST_NAMES: Final = 5
_HIGH: Final = re.compile(r" (?=[:;?!»])|(?<=«) ")
_NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True, slots=True)
class Words:
    """What the program says in one language: `said` by name, `plurals` by name and category."""

    locale: Locale
    said: Mapping[str, str]
    plurals: Mapping[str, Mapping[str, str]]

    def __getitem__(self, name: str) -> str:
        return self.said[name]

    def counted(self, name: str, number: int) -> str:
        """A number with its noun: "3 Comuni"."""
        forms = self.plurals[name]
        return forms.get(self.locale.plural_form(number), forms["other"]).replace("{n}", str(number))

    def percent(self, number: int) -> str:
        """A share as the language writes it: "40 %" in German."""
        return format_percent(number / 100, locale=self.locale)

    def instant(self, instant: dt.datetime) -> str:
        """Day and hour in Rome's time."""
        return format_datetime(instant, self.said["deadline"], tzinfo=ROME, locale=self.locale)

    def listed(self, names: list[str]) -> str:
        """At most `MOST_NAMES`, then how many more; that nothing is missing, for none."""
        if not names:
            return self.said["nothing_missing"]
        shown = self.said["joined"].join(names[:MOST_NAMES])
        more = len(names) - MOST_NAMES
        return f"{shown} {self.counted('more', more)}" if more > 0 else shown


@lru_cache(maxsize=len(LANGUAGES))
def words(language: str) -> Words:
    """The words of one of `app.registry.languages.LANGUAGES`."""
    read = _read(language)
    return Words(Locale.parse(language), read["words"], read["plurals"])


@lru_cache(maxsize=len(LANGUAGES))
def texts_that_ship(language: str) -> Mapping[str, Mapping[str, Text]]:
    """Occasion → reader → text."""
    read = _read(language)
    return {
        occasion: {reader: _text(read[occasion][reader], language) for reader in readers}
        for occasion, readers in READERS.items()
    }


def names_that_ship() -> Mapping[str, str]:
    """Occasion → what the desk calls its texts, in Italian."""
    names: Mapping[str, str] = _read("it")["names"]
    return names


def _text(read: Mapping[str, str], language: str) -> Text:
    body = read["body"].strip()
    return Text(read["subject"], _HIGH.sub(_NO_BREAK, body) if language == FRENCH else body)


@lru_cache(maxsize=len(LANGUAGES))
def _read(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
