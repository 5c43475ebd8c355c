"""What keeps a text from running where a file of ours is opened as a spreadsheet.

Not for: what stands in a file, or how it is laid out.
Holds always: a text whose first character after blanks and quotes begins a formula (= + - @, in any width), or that begins with
a tab or a line break, is preceded by an apostrophe, which spreadsheets take for "this is text"; other cells stay as they are.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

_RUN: Final = frozenset("=+-@")
_BREAKS: Final = ("\t", "\r", "\n")
_BEFORE: Final = ' \t\r\n\v\f\u00a0\u2000\u2001\u2002\u2003\u2009\u200b\u2028\u2029\u202f\u3000\ufeff"'


def inert(cell: Any) -> Any:
    """The cell, as a text that no spreadsheet takes for a formula; numbers and nothing stay what they are."""
    if not isinstance(cell, str) or not cell:
        return cell
    first = cell.lstrip(_BEFORE)[:1]
    runs = cell.startswith(_BREAKS) or unicodedata.normalize("NFKC", first) in _RUN
    return f"'{cell}" if runs else cell
