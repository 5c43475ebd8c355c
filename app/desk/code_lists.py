"""A list of entities' codes as the desk takes one, for what is done to many: a file, else what was typed.

Not for: reading it (`app.accounts.code_lists`).
Holds always: the file goes before the text box; a refusal says which line and what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import request
from flask_babel import gettext as _

from app.accounts.code_lists import MOST_BYTES, MOST_LINES, CodeList, UnreadableListError, decode_list, find_listed

Problem = tuple[str, str]


def where_typed() -> str:
    """The field that a list came in."""
    return "file" if request.files.get("file") else "codici"


def listed() -> tuple[CodeList, str]:
    """Whom the file, else the text box, names."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return find_listed(decode_list(file.stream.read(MOST_BYTES + 1))), "file"
    return find_listed(request.form.get("codici", "")), "list"


def unreadable(error: UnreadableListError) -> Problem:
    """What is wrong with the list, at its field."""
    return where_typed(), _UNREADABLE[error.reason](error)


_UNREADABLE: Final[dict[str, Callable[[UnreadableListError], str]]] = {
    "size": lambda error: _("L'elenco è troppo grande: al massimo %(kib)d kB.", kib=MOST_BYTES // 1024),
    "encoding": lambda error: _("Il file non è un testo: salvalo dal foglio di calcolo come CSV e caricalo di nuovo."),
    "lines": lambda error: _("L'elenco ha troppe righe: al massimo %(most)d.", most=MOST_LINES),
    "empty": lambda error: _("Non c'è nessun codice: carica un file o scrivi un codice per riga."),
    "code": lambda error: _(
        "Riga %(line)d: «%(text)s» non è un codice. Scrivi un codice per riga, per esempio 001001. Nulla è cambiato.",
        line=error.line,
        text=error.text,
    ),
}
