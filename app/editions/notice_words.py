"""What the messages without content say, in the four languages in which entities are written to.

Not for: reminders and their library (`app.reminders`), the interface (gettext's catalogues), or who gets what.
Holds always: the files are read once; each language has the same messages with the same words in their places (a test compares
them); a number with its noun follows the plural rules of its language (CLDR), which the interface's catalogues need not have.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_datetime

from app.editions.current import EditionView
from app.editions.messages import ROME, message_text
from app.registry.entities import EntityRow, own_label
from app.registry.entity_languages import languages_of
from app.registry.languages import FRENCH, ITALIAN, LANGUAGES

THREAD_MESSAGE, TELEPHONE_COPY = NOTICES = ("thread_message", "telephone_copy")
"""The messages that have their words here: the kinds under which they are queued."""
FOLDER: Final = Path(__file__).with_name("notice_words")
_HIGH: Final = re.compile(r" (?=[:;?!»])|(?<=«) ")
_NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What one message says in one language. `said`: name → text; `own`: the language's formats; `plurals`: of days."""

    language: str
    locale: Locale
    said: Mapping[str, str]
    own: Mapping[str, str]
    plurals: Mapping[str, str]

    def say(self, name: str, /, **values: object) -> str:
        """A text with these in their places. Raises KeyError for one that there is not, or a place without its value."""
        return self.said[name].format_map(values)

    def name_of(self, entity: EntityRow) -> str:
        """How the entity is called in this language."""
        return entity.label if self.language == ITALIAN else own_label(entity)

    def minute(self, instant: dt.datetime) -> str:
        """Day and hour in Rome's time, as the language writes them."""
        return format_datetime(instant, self.own["minute"], tzinfo=ROME, locale=self.locale)

    def second(self, instant: dt.datetime) -> str:
        """The same to the second."""
        return format_datetime(instant, self.own["second"], tzinfo=ROME, locale=self.locale)

    def days(self, number: int) -> str:
        """ "30 giorni"."""
        return self.plurals.get(self.locale.plural_form(number), self.plurals["other"]).replace("{n}", str(number))

    def text(self, paragraphs: Sequence[str], edition: EditionView) -> str:
        """The paragraphs, then whom to call or write to."""
        return message_text(paragraphs, edition, self.own["help"])


def words_for(notice: str, entity_id: int) -> NoticeWords:
    """The words of one of `NOTICES` in the language in which this entity is written to, else in Italian. One query."""
    return notice_words(notice, languages_of((entity_id,)).get(entity_id, ITALIAN))


@lru_cache(maxsize=len(LANGUAGES) * len(NOTICES))
def notice_words(notice: str, language: str) -> NoticeWords:
    """The words of one of `NOTICES` in one of `app.registry.languages.LANGUAGES`."""
    read = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    said, own = _typeset(read[notice], language), _typeset(read["words"], language)
    return NoticeWords(language, Locale.parse(language), said, own, read["days"])


def _typeset(texts: Mapping[str, Any], language: str) -> Mapping[str, str]:
    if language != FRENCH:
        return texts
    return {name: text if name == "subject" else _HIGH.sub(_NO_BREAK, text) for name, text in texts.items()}
