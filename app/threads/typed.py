"""A message as a form brings it, from either side: texts, files, and what is wrong with them in words.

Not for: storing it (`writing.py`).
Holds always: what was typed is kept as it is, also when it is wrong, so that the page can show it again; files cannot be shown
again, and the words say so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, Protocol

from flask_babel import gettext as _

from app.threads.files import MOST_BYTES, MOST_FILES, NewFile, UnfitFileError, read_file
from app.threads.writing import LONGEST_KEY, LONGEST_SUBJECT, LONGEST_TEXT, Written

SUBJECT, TEXT, FILES, KEY = "oggetto", "testo", "allegati", "invio"
ACCEPT: Final = ".pdf,.png,.jpg,.jpeg,.csv,.txt,.docx,.xlsx,.odt,.ods"
BODY: Final = 4 * MOST_BYTES
"""The most bytes of a form with files: more than are taken, so that a file that is too large comes back with the text kept."""
_KEPT: Final = 4 * LONGEST_TEXT
_NUL: Final = "\0"
Problems = list[tuple[str, str]]


class SentFile(Protocol):
    """A file of a form."""

    @property
    def filename(self) -> str | None: ...

    @property
    def stream(self) -> IO[bytes]: ...


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """What was typed. `key`: of the form; `problems`: (field, text) of what is wrong."""

    subject: str = ""
    text: str = ""
    key: str = ""
    files: tuple[NewFile, ...] = ()
    problems: Problems = field(default_factory=list)

    def in_a_fresh_form(self) -> TypedMessage:
        """The same in a form that was never sent."""
        return TypedMessage(self.subject, self.text, new_key(), self.files)

    @property
    def written(self) -> Written:
        """What is to be stored of it."""
        return Written(self.text, self.key, self.files)


def new_key() -> str:
    """The key of a form that is shown for the first time."""
    return secrets.token_urlsafe(12)


def read_typed(form: Mapping[str, str], sent: Sequence[SentFile], *, with_subject: bool) -> TypedMessage:
    """What a form brings. Files are read only as far as they may be large."""
    subject = " ".join(form.get(SUBJECT, "").split())[:1_000]
    text = form.get(TEXT, "").replace("\r\n", "\n").replace("\r", "\n").strip()[:_KEPT]
    key = form.get(KEY, "")
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        key = new_key()
    files, wrong = _files(sent)
    problems = [*(_subject_problems(subject) if with_subject else []), *_text_problems(text), *wrong]
    return TypedMessage(subject, text, key, files, problems)


def _subject_problems(subject: str) -> Problems:
    if not subject:
        return [(SUBJECT, _("Scrivi in poche parole di che cosa si tratta."))]
    if len(subject) > LONGEST_SUBJECT:
        return [(SUBJECT, _too_long(LONGEST_SUBJECT, len(subject)))]
    return [(SUBJECT, _unfit())] if _NUL in subject else []


def _text_problems(text: str) -> Problems:
    if not text:
        return [(TEXT, _("Scrivi il messaggio."))]
    if len(text) > LONGEST_TEXT:
        return [(TEXT, _too_long(LONGEST_TEXT, len(text)))]
    return [(TEXT, _unfit())] if _NUL in text else []


def _too_long(most: int, count: int) -> str:
    return str(_("Accorcia il testo: al massimo %(most)d caratteri, ora sono %(count)d.", most=most, count=count))


def _unfit() -> str:
    return str(_("Scrivi il testo di nuovo: contiene un carattere che non si può salvare."))


def _files(sent: Sequence[SentFile]) -> tuple[tuple[NewFile, ...], Problems]:
    chosen = [file for file in sent if file.filename]
    if len(chosen) > MOST_FILES:
        return (), [(FILES, too_many_files())]
    found, problems = [], []
    for file in chosen:
        try:
            found.append(read_file(file.filename or "", file.stream.read(MOST_BYTES + 1)))
        except UnfitFileError as error:
            problems.append((FILES, REASONS[error.reason](error.name)))
    return tuple(found), problems


def too_many_files() -> str:
    """That there are more files than may be."""
    return str(_("Puoi allegare al massimo %(most)d file per messaggio.", most=MOST_FILES))


def used_form() -> str:
    """That the form was sent before, with something else."""
    return str(
        _("Con questo modulo era già partito un altro messaggio: questo non è stato inviato. Rileggilo e invialo di nuovo.")
    )


REASONS: Final[dict[str, Callable[[str], str]]] = {
    "empty": lambda name: str(_("«%(name)s» è vuoto: scegli un altro file.", name=name)),
    "large": lambda name: str(
        _("«%(name)s» è troppo grande: un file ha al massimo %(most)d MB.", name=name, most=MOST_BYTES // 1024 // 1024)
    ),
    "kind": lambda name: str(
        _("«%(name)s» non si può allegare: usa PDF, PNG, JPG, CSV, TXT, DOCX, XLSX, ODT o ODS.", name=name)
    ),
    "other": lambda name: str(
        _("Il contenuto di «%(name)s» non è quello che dice il nome: salvalo di nuovo e riprova.", name=name)
    ),
    "macros": lambda name: str(_("«%(name)s» contiene macro o oggetti: salvalo senza, o come PDF.", name=name)),
    "damaged": lambda name: str(_("«%(name)s» è danneggiato o protetto: salvalo di nuovo e riprova.", name=name)),
}
"""Why a file is not taken → the words, for its name."""
