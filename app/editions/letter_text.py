"""The text of an edition's letter, as its author writes it: blocks, and places for what differs with each entity.

Not for: filling the places in (`app.letters`).
Holds always: a text is read whole or refused whole, each line that is wrong named; what is filled in is never read again.

    Alla Sindaca o al Sindaco\\                 a backslash at the end of a line breaks it
    {{ente}}

    # Titolo della lettera                      one line, once
    ## Come si risponde                         a heading
    Un paragrafo, su una o più righe.           blocks are parted by an empty line
    - una voce di un elenco
    {{codice}}                                  CODE, MEMBERS and CONTACTS stand alone
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

INSIDE: Final = frozenset({"ente", "scadenza", "edizione", "indirizzo_sito"})
ALONE: Final = frozenset({"codice", "membri", "contatti"})
PLACEHOLDERS: Final = INSIDE | ALONE
LONGEST: Final = 20_000
_PLACE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the letter. `kind`: title, heading, paragraph, items, or one of `ALONE`; `lines`: its texts."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterProblem:
    """One thing that is wrong with a text. `reason`: a key of `REASONS`; `line` counts from 1, 0: the text as a whole."""

    reason: str
    line: int = 0
    params: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        words = REASONS[self.reason] % self.params if self.params else REASONS[self.reason]
        return f"line {self.line}: {words}" if self.line else words


REASONS: Final = {
    "too_long": "longer than %(most)d characters: a letter is a page or two",
    "unknown_place": "%(place)s is none of %(known)s",
    "not_alone": "%(place)s stands alone, with an empty line before and after it",
    "braces": "two braces that do not belong together",
    "title": "one line that begins with # gives the letter its title",
    "place_twice": "%(place)s stands there %(count)d times",
    "no_code": "{{codice}} is missing: without the code nobody gets in",
}
"""In English, for the file and the command; a page has words of its own."""


class LetterTextError(Exception):
    """The text is wrong: `found` names each line and what should stand there, `problems` in words."""

    def __init__(self, found: list[LetterProblem]) -> None:
        self.found = found
        self.problems = [str(one) for one in found]
        super().__init__("\n".join(self.problems))


def read_letter_text(text: str) -> tuple[Block, ...]:
    """The blocks of a letter. Raises LetterTextError."""
    if len(text) > LONGEST:
        raise LetterTextError([LetterProblem("too_long", params={"most": LONGEST})])
    problems: list[LetterProblem] = []
    blocks: list[Block] = []
    for number, lines in _parted(text.splitlines()):
        problems += _problems_of_places(number, lines)
        blocks += _blocks(lines)
    problems += _problems_of_whole(blocks)
    if problems:
        raise LetterTextError(problems)
    return tuple(blocks)


def fill_in(text: str, values: dict[str, str]) -> str:
    """A block's text with the places inside it filled. Every name of `INSIDE` has a value."""
    return _PLACE.sub(lambda found: values[found[1]], text)


def _parted(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The runs of lines that are not empty, each with the number of its first."""
    run: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            run.append(line.strip())
        elif run:
            yield number - len(run), run
            run = []


def _problems_of_places(first: int, lines: list[str]) -> Iterator[LetterProblem]:
    for number, line in enumerate(lines, first):
        for found in _PLACE.finditer(line):
            name = found[1]
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{{{known}}}}}" for known in sorted(PLACEHOLDERS))
                yield LetterProblem("unknown_place", number, {"place": found[0], "known": known})
            elif name in ALONE and lines != [found[0]]:
                yield LetterProblem("not_alone", number, {"place": found[0]})
        if "{{" in _PLACE.sub("", line) or "}}" in _PLACE.sub("", line):
            yield LetterProblem("braces", number)


def _blocks(lines: list[str]) -> Iterator[Block]:
    """A run of lines as blocks: a heading may stand right before its paragraph, a paragraph right before a list."""
    alone = _PLACE.fullmatch(lines[0])
    if alone and len(lines) == 1 and alone[1] in ALONE:
        yield Block(alone[1], ())
        return
    kinds = [_kind(line) for line in lines]
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or kinds[end] != kinds[start] or kinds[start] in {"title", "heading"}:
            yield Block(kinds[start], _texts(kinds[start], lines[start:end]))
            start = end


def _kind(line: str) -> str:
    for mark, kind in (("# ", "title"), ("## ", "heading"), ("- ", "items")):
        if line.startswith(mark):
            return kind
    return "paragraph"


def _texts(kind: str, lines: list[str]) -> tuple[str, ...]:
    if kind != "paragraph":
        return tuple(line.lstrip("#-").strip() for line in lines)
    joined = "".join(line.removesuffix("\\").strip() + ("\n" if line.endswith("\\") else " ") for line in lines)
    return tuple(joined.strip().split("\n"))


def _problems_of_whole(blocks: list[Block]) -> Iterator[LetterProblem]:
    kinds = [block.kind for block in blocks]
    if kinds.count("title") != 1:
        yield LetterProblem("title")
    for name in sorted(ALONE):
        if kinds.count(name) > 1:
            yield LetterProblem("place_twice", params={"place": f"{{{{{name}}}}}", "count": kinds.count(name)})
    if "codice" not in kinds:
        yield LetterProblem("no_code")
