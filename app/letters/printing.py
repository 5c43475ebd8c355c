"""A letter as a page to print and as a PDF, which say the same.

Not for: what a letter says (`writing.py`).
Holds always: the code stands in groups of four, in large type; the page needs nothing but itself to be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import current_app

from app.letters.writing import Letter
from app.web.pdf import pdf_of

_PAGE: Final = "letters/page.html"
_TEMPLATE: Final = "letter"


def print_page(letter: Letter) -> str:
    """A whole HTML page in the letter's language, for whoever opens it outside the site."""
    return current_app.jinja_env.get_template(_PAGE).render(letter=letter)


def pdf_of_letter(letter: Letter) -> bytes:
    """The letter as a tagged PDF."""
    return pdf_of(_TEMPLATE, {"letters": [letter.parts]}, title=letter.title, language=letter.language)


def pdf_of_letters(letters: Sequence[Letter]) -> bytes:
    """Several letters in one PDF, each on sheets of its own. Memory grows with their number: hand over a hundred at most."""
    first = letters[0]
    return pdf_of(_TEMPLATE, {"letters": [one.parts for one in letters]}, title=first.title, language=first.language)
