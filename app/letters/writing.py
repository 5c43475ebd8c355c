"""Writing letters: an edition's text with what belongs to one entity filled in.

Not for: how a letter looks (`printing.py`) or how many are made (`running.py`).
Holds always: what is filled in is text, whatever it holds; an entity's code is the same in each of its letters while it is
neither used nor withdrawn; queries are counted by the run, not by the letter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask_babel import force_locale, ngettext

from app.accounts.codes import codes_for, format_code
from app.config import settings
from app.editions.current import EditionView, letter_text_of
from app.editions.extensions import MINUTE, own_ends
from app.editions.letter_text import Block, fill_in, read_letter_text
from app.editions.messages import ROME, contact_line, minute
from app.registry.associations import association_rows
from app.registry.entities import EntityRow
from app.web.language import SOURCE_LANGUAGE

SAMPLE_CODE: Final = "0" * 16
DEFAULT: Final = Path(__file__).with_name("default_letter.md")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a finished letter. `kind`: heading, paragraph, items, members (a heading and names), title or code."""

    kind: str
    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished letter. It holds the entity's code: keep it as you would keep a password."""

    entity: EntityRow
    title: str
    language: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What the letters of several entities have in common, and what belongs to each by its id."""

    edition: EditionView
    blocks: tuple[Block, ...]
    codes: dict[int, str]
    members: dict[int, tuple[EntityRow, ...]]
    own_ends: dict[int, dt.datetime]


def letter_for(entity: EntityRow, edition: EditionView, now: dt.datetime) -> Letter:
    """The letter of one entity, with its code, which is issued where there is none. Flushes only."""
    return next(write_letters(begin_run([entity], edition, now), [entity]))


def begin_run(entities: Sequence[EntityRow], edition: EditionView, now: dt.datetime) -> Run:
    """Read what these entities' letters need and issue the codes that are missing. Flushes only."""
    ids = [entity.id for entity in entities]
    text = letter_text_of(edition.id) or default_text()
    return _run(entities, edition, text, codes_for(edition, ids, now), now)


def sample_letter(entity: EntityRow, edition: EditionView, text: str, now: dt.datetime) -> Letter:
    """The letter as this text would make it, with a code that opens nothing. Writes nothing. Raises LetterTextError."""
    return next(write_letters(_run([entity], edition, text, {entity.id: SAMPLE_CODE}, now), [entity]))


def _run(entities: Sequence[EntityRow], edition: EditionView, text: str, codes: dict[int, str], now: dt.datetime) -> Run:
    ids = [entity.id for entity in entities]
    members: dict[int, dict[int, EntityRow]] = {}
    only = ids if len(ids) == 1 else None
    for row in association_rows(now.astimezone(ROME).date(), lead_ids=only):
        if row.lead is not None:
            members.setdefault(row.lead.id, {}).update({one.id: one for one in row.members if one.id != row.lead.id})
    return Run(
        edition=edition,
        blocks=read_letter_text(text),
        codes=codes,
        members={lead: tuple(sorted(own.values(), key=lambda one: (one.name, one.code))) for lead, own in members.items()},
        own_ends=own_ends(edition),
    )


def write_letters(run: Run, entities: Sequence[EntityRow]) -> Iterator[Letter]:
    """The letters of entities that the run was begun with, one by one, in their order. Asks no database."""
    for entity in entities:
        with force_locale(SOURCE_LANGUAGE):
            yield _letter(run, entity)


@lru_cache(maxsize=1)
def default_text() -> str:
    """The letter that ships."""
    return DEFAULT.read_text(encoding="utf-8")


def _letter(run: Run, entity: EntityRow) -> Letter:
    edition = run.edition
    values = {
        "ente": entity.label,
        "edizione": edition.title,
        "scadenza": minute(edition.closes_for(run.own_ends.get(entity.id)) - MINUTE, SOURCE_LANGUAGE),
        "indirizzo_sito": settings().base_url,
    }
    parts = tuple(part for block in run.blocks for part in _parts(block, run, entity, values))
    title = next(part.text for part in parts if part.kind == "title")
    return Letter(entity, title, SOURCE_LANGUAGE, parts)


def _parts(block: Block, run: Run, entity: EntityRow, values: dict[str, str]) -> Iterator[Part]:
    if block.kind == "codice":
        yield Part("code", format_code(run.codes[entity.id]))
    elif block.kind == "contatti":
        if run.edition.contacts:
            yield Part("items", "", tuple(contact_line(contact) for contact in run.edition.contacts))
    elif block.kind == "membri":
        if members := run.members.get(entity.id):
            count = ngettext(
                "Un Comune conta sulla vostra risposta", "%(num)d Comuni contano sulla vostra risposta", len(members)
            )
            yield Part("members", count, tuple(member.label for member in members))
    elif block.kind in {"title", "heading"}:
        yield Part(block.kind, fill_in(block.lines[0], values))
    else:
        yield Part(block.kind, "", tuple(fill_in(line, values) for line in block.lines))
