"""PDFs, set by typst from the templates in `templates/pdf`: tagged, with title and language, after the standard PDF/UA-1.

Not for: what stands in a document: a room hands over its data, its texts already in the reader's language.
Holds always: texts are data and never markup, whatever stands in them; a template reads nothing but its own folder and what it
is handed; the fonts are those that typst carries, and nothing is fetched; the same data make the same bytes. A character that
these fonts lack, which the standard forbids, stands as its plain form or as a question mark: it costs no document.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates" / "pdf"
STANDARD: Final = "ua-1"

_UNFIT_TEXT: Final = "PDF/UA-1 error: the text"
_UNSURE: Final = re.compile(
    "[^\\n\\u0020-\\u007e\\u00a0-\\u017f\\u0391-\\u03a1\\u03a3-\\u03c9\\u0410-\\u044f\\u2010-\\u2027\\u2030-\\u203a\\u20ac]"
)
"""What the fonts may lack: all but Latin, Greek, Russian, the usual marks and the euro."""
_PAGES: Final = re.compile(rb"<</Type/Pages/Count (\d+)")
_one_at_a_time: Final = threading.Lock()  # a compiler holds the inputs of its last document


@cache
def _compiler(template: str) -> typst.Compiler:
    """The compiler of a template: it keeps what it has read, so that the next document takes a third of the time."""
    return typst.Compiler(TEMPLATES / f"{template}.typ", root=TEMPLATES, ignore_system_fonts=True)


def pdf_of(template: str, data: Mapping[str, Any], *, title: str, language: str) -> bytes:
    """The PDF of `templates/pdf/<template>.typ`, which finds `data`, `title` and `language` in `data` of its own.

    `data`: what JSON can hold, and dataclasses. Raises typst.TypstError where template and data do not fit, a defect of ours.
    """
    given = msgspec.json.encode({**data, "title": title, "language": language}).decode()
    try:
        made = _compiled(template, given)
    except typst.TypstError as error:
        if _UNFIT_TEXT not in str(error):
            raise
        made = _compiled(template, msgspec.json.encode(_displayable(msgspec.json.decode(given))).decode())
    if not isinstance(made, bytes):
        raise TypeError(f"{template}: {type(made).__name__} instead of a PDF")
    return made


def _displayable(value: Any) -> Any:
    """The same data in characters that the fonts have."""
    if isinstance(value, str):
        seen = "".join(one for one in unicodedata.normalize("NFKC", value) if _is_seen(one))
        return _UNSURE.sub("?", seen) or ("?" if value else "")
    if isinstance(value, list):
        return [_displayable(one) for one in value]
    return {name: _displayable(one) for name, one in value.items()} if isinstance(value, dict) else value


def _is_seen(character: str) -> bool:
    return character == "\n" or unicodedata.category(character).lower() not in {"cc", "cf", "mn"}


def _compiled(template: str, given: str) -> object:
    with _one_at_a_time:
        return _compiler(template).compile(sys_inputs={"data": given}, pdf_standards=[STANDARD], timestamp=0)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF of `pdf_of` has."""
    found = _PAGES.search(pdf)
    if found is None:
        raise ValueError("not a PDF of ours: its tree of pages is not where typst writes it")
    return int(found[1])
