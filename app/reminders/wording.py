"""What a reminder's texts may hold: placeholders in braces, checked when a text is saved, replaced at once for many readers.

Not for: storing texts (`templates.py`) or what each reader's values are (`batches.py`).
Holds always: a brace is always a placeholder's; a text that passed `problems_of` can be written for every reader; a value never
becomes markup or another placeholder; `{link}` is left in place, for the hook that makes the link when the message is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.registry.folding import fold
from app.registry.languages import FRENCH

LINK: Final = "link"
LONGEST_SUBJECT: Final = 200
WHOLE_SUBJECT: Final = 300
"""With the values in it, among them long names."""
LONGEST_BODY: Final = 10_000
COMMON: Final = ("ente", "scadenza", "giorni", "link", "contatti", "edizione", "apertura", "durata")
MISSING, MINUTES, STOP = LATE = ("mancano", "minuti", "stop")
"""What only the moment tells in which a message goes: the hook fills it in, as it does with the link."""
PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "not_started": COMMON,
    "draft": (*COMMON, "avanzamento", MISSING, MINUTES),
    "lead": (*COMMON, "avanzamento", "comuni"),
    "member": (*COMMON, "avanzamento", "capofila"),
    "answered": COMMON,
}
"""What the text for each audience may name."""
_TOKEN: Final = re.compile(r"\{([a-z]*)\}")
_PART: Final = re.compile(r"\{[^{}\n]{0,40}\}|[{}]")
BREAKS_EVERY: Final = 20
"""Characters of an address in HTML after which a line may end."""
_TEMPLATE: Final = "mail/message.html"


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body for one audience, with their placeholders. Paragraphs are parted by an empty line."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Written:
    """A message as one reader gets it; `{link}` and what else is filled in when it goes still stand in it."""

    subject: str
    text: str
    html: str


def problems_of(audience: str, text: Text) -> Iterator[tuple[str, str]]:
    """("subject" or "body", what is wrong and how to mend it) of a text that is about to be saved."""
    known = PLACEHOLDERS[audience]
    subject, body = text.subject.strip(), text.body.strip()
    if not subject:
        yield "subject", _("Scrivi l'oggetto del messaggio.")
    elif len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        yield "subject", _("Scrivi l'oggetto su una riga di al massimo %(count)d caratteri.", count=LONGEST_SUBJECT)
    yield from (("subject", problem) for problem in _wrong_braces(subject, [one for one in known if one not in _BODY_ONLY]))
    if not body:
        yield "body", _("Scrivi il testo del messaggio.")
        return
    if len(body) > LONGEST_BODY:
        yield "body", _("Accorcia il testo: al massimo %(count)d caratteri.", count=LONGEST_BODY)
    yield from (("body", problem) for problem in _wrong_braces(body, known))
    if body.count("{link}") != 1:
        yield "body", _("Scrivi {link} una volta, nel punto in cui va il collegamento per rispondere.")


_BODY_ONLY: Final = frozenset({LINK, "contatti", *LATE})


def _wrong_braces(text: str, known: Sequence[str]) -> Iterator[str]:
    names = ", ".join(f"{{{name}}}" for name in known)
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _PART.finditer(line):
            written = found.group()
            if written in "{}":
                yield _(
                    "Riga %(line)d, carattere %(place)d: c'è una parentesi graffa senza l'altra. Le graffe servono solo per: "
                    "%(names)s.",
                    line=number,
                    place=found.start() + 1,
                    names=names,
                )
            elif written[1:-1] not in known:
                yield _(
                    "Riga %(line)d, carattere %(place)d: %(written)s non si può usare qui. Si possono usare: %(names)s.",
                    line=number,
                    place=found.start() + 1,
                    written=written,
                    names=names,
                )


class Prepared:
    """A text taken apart once, then written for any number of readers. `action`: what its button says; `tail`: what follows."""

    def __init__(self, text: Text, language: str, action: str = "", tail: str = "") -> None:
        body = "\n".join(line.rstrip() for line in text.body.strip().splitlines())
        body = f"{body}\n\n{tail}" if tail else body
        self._elides = language == FRENCH
        self._subject = _parts(text.subject.strip())
        self._text = _parts(f"{body}\n")
        self._html = _parts(_drawn(text.subject.strip(), body, language, action))

    def write(self, values: Mapping[str, str]) -> Written:
        """For a reader with these values, one for each placeholder but `link` and those of `LATE`."""
        whole = {name: _inert(value) for name, value in values.items()} | _LEFT
        marked = {name: str(escape(value).replace("\n", Markup("<br>"))) for name, value in whole.items()}
        filled = _elided if self._elides else _filled
        subject = " ".join(filled(self._subject, whole).split())
        return Written(subject[:WHOLE_SUBJECT], filled(self._text, whole), filled(self._html, marked))


_LEFT: Final = {name: f"{{{name}}}" for name in (LINK, *LATE)}


def _inert(value: str) -> str:
    """A value that holds no place which is filled in later."""
    for name, place in _LEFT.items():
        value = value.replace(place, f"({name})")
    return value


def fill_late(written: str, values: Mapping[str, str], *, html: bool) -> str:
    """The text with what only the moment tells, by the names of `LATE`; what has no value stays."""
    for name, value in values.items():
        place = _LEFT[name]
        if html:
            written = written.replace(f">{place}<", f">{_breakable(value)}<").replace(place, str(escape(value)))
        else:
            written = written.replace(place, value)
    return written


def _breakable(value: str) -> str:
    """For what a reader sees: an address as long as a phone is wide may be broken anywhere."""
    parts = (value[start : start + BREAKS_EVERY] for start in range(0, len(value), BREAKS_EVERY))
    return "<wbr>".join(str(escape(part)) for part in parts) if value.startswith("http") else str(escape(value))


def paragraphs(body: str) -> tuple[list[str], list[str]]:
    """What stands before the link and after it, in paragraphs: in the message with a button it stands between them."""
    before: list[str] = []
    after: list[str] = []
    into = before
    for block in re.split(r"\n\s*\n", body.strip()):
        if into is before and "{link}" in block:
            head, tail = (part.strip() for part in block.split("{link}", 1))
            before += [head] if head else []
            after += [tail.lstrip(".").strip()] if tail.strip(".") else []
            into = after
        else:
            into.append(block.strip())
    return before, after


def _drawn(subject: str, body: str, language: str, action: str) -> str:
    """The message with a button, its placeholders still in it: drawn without the context of pages, for whoever reads it."""
    before, after = paragraphs(body)
    template = current_app.jinja_env.get_template(_TEMPLATE)
    lines = [[escape(paragraph).replace("\n", Markup("<br>")) for paragraph in part] for part in (before, after)]
    drawn = template.render(
        language=language,
        subject=subject,
        heading=subject,
        before=lines[0],
        action=action or _("Vai alla ricognizione"),
        after=lines[1],
        link="{link}",
    )
    return drawn.replace(_LEFT[STOP], f'<a href="{_LEFT[STOP]}">{_LEFT[STOP]}</a>')


def _parts(text: str) -> list[str]:
    """Text and names of placeholders by turns, beginning with text."""
    return _TOKEN.split(text)


def _filled(parts: Sequence[str], values: Mapping[str, str]) -> str:
    return "".join(values[part] if number % 2 else part for number, part in enumerate(parts))


def _elided(parts: Sequence[str], values: Mapping[str, str]) -> str:
    """In French: "d'Arnad", where the text says "de {ente}"."""
    whole: list[str] = []
    for number, part in enumerate(parts):
        value = values[part] if number % 2 else part
        if number % 2 and whole[-1].endswith(("de ", "De ")) and fold(value[:1]) in _VOWELS:
            whole[-1] = f"{whole[-1][:-2]}'"
        whole.append(value)
    return "".join(whole)


_VOWELS: Final = frozenset("aeiou")
