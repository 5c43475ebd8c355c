"""Names without accents, case and punctuation, so that "Agliè", "AGLIE'" and "aglie" are found alike.

Holds always: what is stored and what is typed pass through the same `fold`; it is pure and idempotent.
"""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHE = re.compile(r"['’ʼ`´]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_LETTERS = str.maketrans({"ß": "ss", "đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """Lower-case words of a-z and 0-9, one space between them: "Sant'Agata de' Goti" → "sant agata de goti"."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return _NOT_WORD.sub(" ", "".join(letter for letter in letters if not unicodedata.combining(letter))).strip()


def search_name(name: str, name_other_language: str | None) -> str:
    """The column that a search reads: "| aldino | aldein |". A bar starts a name, a space starts a word.

    A name with an apostrophe stands in it twice, since many write it as one word: "| sant agata | santagata |".
    """
    written = [name, name_other_language or ""]
    names = dict.fromkeys(fold(text) for text in written + [_APOSTROPHE.sub("", text) for text in written])
    names.pop("", None)
    return "| " + " | ".join(names) + " |"
