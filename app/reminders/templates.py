"""The messages that batches are made of: a name, an occasion, and texts for its readers, in Italian and in other languages.

Not for: what a text may hold (`wording.py`), the texts that ship (`library.py`) or sending them.
Holds always: every query names the edition; what is stored has passed the check of its placeholders; what was removed can be
brought back; a batch keeps the texts it was made of, whatever becomes of its template. Those that ship have ids from 0
downwards, one for each occasion, are offered in every edition, and are copied rather than changed. A text that a language
lacks is the Italian one; a reader without a text gets that for who has not started.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.registry.languages import ITALIAN, LANGUAGES
from app.reminders.library import names_that_ship, texts_that_ship
from app.reminders.models import Template, TemplateFile, TemplateText
from app.reminders.occasions import ADVANCE, EXTENSION, FALLBACK, INVITATION, LAST, OPTIONAL, READERS, REMINDER, RESULTS, THANKS
from app.reminders.wording import Text, problems_of

SHIPPED: Final = 0
LONGEST_NAME: Final = 120
LIBRARY: Final = {0: REMINDER, -1: ADVANCE, -2: INVITATION, -3: LAST, -4: EXTENSION, -5: THANKS, -6: RESULTS}
"""The id of each text that ships → its occasion. They never change, since plans and batches name them."""
SHOWN_FIRST: Final = (ADVANCE, INVITATION, REMINDER, LAST, EXTENSION, THANKS, RESULTS)
OTHERS: Final = tuple(language for language in LANGUAGES if language != ITALIAN)
_ROW: Final = table_of(Template).c
_TEXT: Final = table_of(TemplateText).c
_FILE: Final = table_of(TemplateFile).c
Texts = Mapping[str, Text]
_EMPTY: Final = Text("", "")


class UnfitTemplateError(ValueError):
    """A name or a text that cannot be saved. `problems`: (audience, "subject" or "body", what is wrong), or ("", "name", …).
    The audience of another language stands with it: "de.draft"."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(problem for _audience, _part, problem in problems))
        self.problems = problems


class ChangedTemplateError(Exception):
    """Somebody has changed the template since it was read."""


class UnknownTemplateError(Exception):
    """No template of the edition has this id."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template. `texts`: in Italian, by audience; `others`: language → audience → text, where there is one; `files`: how many
    attachments it has."""

    id: int
    name: str
    changed_at: dt.datetime | None
    changed_by: str
    removed_at: dt.datetime | None
    texts: Texts
    occasion: str = REMINDER
    others: Mapping[str, Texts] = field(default_factory=dict)
    files: int = 0

    @property
    def ships(self) -> bool:
        """Whether it is one of those that ship, which nobody changes."""
        return self.id <= SHIPPED

    @property
    def readers(self) -> tuple[str, ...]:
        """For whom its occasion has texts."""
        return READERS[self.occasion]

    def text_for(self, audience: str, language: str) -> tuple[Text, str]:
        """What a reader gets, and in which language it is."""
        wanted = audience if audience in self.texts else FALLBACK if FALLBACK in self.texts else next(iter(self.texts))
        own = self.others.get(language, {}).get(wanted)
        return (own, language) if own is not None else (self.texts[wanted], ITALIAN)

    def missing(self, language: str) -> tuple[str, ...]:
        """The readers who have a text in Italian and none in this language."""
        return tuple(name for name in self.readers if name in self.texts and name not in self.others.get(language, {}))


def shipped_for(occasion: str) -> int:
    """The id of the text that ships for an occasion."""
    return next(number for number, meant in LIBRARY.items() if meant == occasion)


@lru_cache(maxsize=len(LIBRARY))
def shipped_template(template_id: int = SHIPPED) -> TemplateRow:
    """One that ships. Raises `UnknownTemplateError`."""
    occasion = LIBRARY.get(template_id)
    if occasion is None:
        raise UnknownTemplateError(template_id)
    name, texts = names_that_ship()[occasion], texts_that_ship(ITALIAN)[occasion]
    others = {language: texts_that_ship(language)[occasion] for language in OTHERS}
    return TemplateRow(template_id, name, None, "", None, texts, occasion, others)


def shipped_templates() -> list[TemplateRow]:
    """All that ship, in the order of an edition."""
    return [shipped_template(number) for number in sorted(LIBRARY, key=lambda one: SHOWN_FIRST.index(LIBRARY[one]))]


def list_templates(edition_id: int) -> list[TemplateRow]:
    """The templates that are offered in an edition: its own by name, then those that ship."""
    query = _SELECT.where(_ROW.edition_id == edition_id, _ROW.removed_at.is_(None)).order_by(sa.func.lower(_ROW.name), _ROW.id)
    return [*_rows(db.session.execute(query).all()), *shipped_templates()]


def template_of(edition_id: int, template_id: int) -> TemplateRow:
    """One template, also a removed one. Raises `UnknownTemplateError`."""
    if template_id <= SHIPPED:
        return shipped_template(template_id)
    rows = db.session.execute(_SELECT.where(_ROW.edition_id == edition_id, _ROW.id == template_id)).all()
    if not rows:
        raise UnknownTemplateError(template_id)
    return _rows(rows)[0]


def template_or_shipped(edition_id: int, template_id: int) -> TemplateRow:
    """The same; the one that ships for an id that nobody knows."""
    try:
        return template_of(edition_id, template_id)
    except UnknownTemplateError:
        return template_of(edition_id, SHIPPED)


def create_template(
    edition_id: int,
    name: str,
    texts: Texts,
    *,
    actor: str,
    now: dt.datetime,
    occasion: str = REMINDER,
    others: Mapping[str, Texts] | None = None,
    within: Callable[[int], None] = lambda _new: None,
) -> int:
    """Store a new template; its id. `within`: flushes what belongs into the same transaction. Raises `UnfitTemplateError`."""
    check_template(name, texts, occasion, others)
    values = {"edition_id": edition_id, "name": name.strip(), "occasion": occasion, "changed_at": now, "changed_by": actor}
    template_id: int = db.session.execute(sa.insert(Template).values(**values).returning(_ROW.id)).scalar_one()
    _write(template_id, texts, occasion, others)
    within(template_id)
    return _recorded("template_created", template_id, actor, now)


def change_template(
    edition_id: int,
    template_id: int,
    name: str,
    texts: Texts,
    *,
    seen: dt.datetime | None,
    actor: str,
    now: dt.datetime,
    others: Mapping[str, Texts] | None = None,
) -> int:
    """Store other texts in its place. `seen`: its `changed_at` when whoever changes it read it.

    Raises `UnfitTemplateError`, `UnknownTemplateError`, `ChangedTemplateError`.
    """
    held = sa.select(_ROW.changed_at, _ROW.occasion).where(_ROW.edition_id == edition_id, _ROW.id == template_id)
    row = db.session.execute(held.with_for_update()).one_or_none()
    occasion = REMINDER if row is None else row.occasion
    try:
        check_template(name, texts, occasion, others)
    except UnfitTemplateError:
        db.session.rollback()
        raise
    if row is not None and row.changed_at != seen:
        db.session.rollback()
        raise ChangedTemplateError(template_id)
    _change(edition_id, template_id, {"name": name.strip(), "changed_at": now, "changed_by": actor})
    db.session.execute(sa.delete(TemplateText).where(_TEXT.template_id == template_id))
    _write(template_id, texts, occasion, others)
    return _recorded("template_changed", template_id, actor, now)


def copy_template(
    edition_id: int,
    template_id: int,
    name: str,
    *,
    actor: str,
    now: dt.datetime,
    within: Callable[[int], None] = lambda _new: None,
) -> int:
    """Store the same texts under another name; the new id. `within`: as of `create_template`. Raises `UnfitTemplateError`,
    `UnknownTemplateError`."""
    row = template_of(edition_id, template_id)
    given: dict[str, Any] = {"actor": actor, "now": now, "occasion": row.occasion, "others": row.others, "within": within}
    return create_template(edition_id, name, row.texts, **given)


def remove_template(edition_id: int, template_id: int, *, actor: str, now: dt.datetime) -> None:
    """Offer it no more. Raises `UnknownTemplateError`, also for those that ship."""
    _change(edition_id, template_id, {"removed_at": now})
    _recorded("template_removed", template_id, actor, now)


def restore_template(edition_id: int, template_id: int, *, actor: str, now: dt.datetime) -> None:
    """Offer it again. Raises `UnknownTemplateError`."""
    _change(edition_id, template_id, {"removed_at": None})
    _recorded("template_restored", template_id, actor, now)


def check_template(name: str, texts: Texts, occasion: str = REMINDER, others: Mapping[str, Texts] | None = None) -> None:
    """Raises `UnfitTemplateError` with all that is wrong. A text in another language may be left out, with its subject."""
    problems = []
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        problems.append(("", "name", ""))
    for audience in READERS[occasion]:
        text = texts.get(audience, _EMPTY)
        if audience not in OPTIONAL or not is_empty(text):
            problems += [(audience, part, problem) for part, problem in problems_of(audience, text)]
    for language, audience, text in _in_others(others, occasion):
        problems += [(f"{language}.{audience}", part, problem) for part, problem in problems_of(audience, text)]
    if problems:
        raise UnfitTemplateError(problems)


def is_empty(text: Text) -> bool:
    """Whether nobody has written anything."""
    return not (text.subject.strip() or text.body.strip())


def _in_others(others: Mapping[str, Texts] | None, occasion: str) -> Iterator[tuple[str, str, Text]]:
    """Language, audience and text of what is written in other languages than Italian."""
    for language in OTHERS:
        for audience in READERS[occasion]:
            text = (others or {}).get(language, {}).get(audience, _EMPTY)
            if not is_empty(text):
                yield language, audience, text


_SELECT: Final = sa.select(
    *(_ROW.id, _ROW.name, _ROW.changed_at, _ROW.changed_by, _ROW.removed_at, _ROW.occasion),
    sa.select(sa.func.count()).where(_FILE.template_id == _ROW.id).correlate(table_of(Template)).scalar_subquery(),
)


def _rows(rows: Sequence[Any]) -> list[TemplateRow]:
    """With their texts."""
    texts = _texts_of([row[0] for row in rows])
    return [
        TemplateRow(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            texts=texts.get(row[0], {}).get(ITALIAN, {}),
            occasion=row[5],
            others={language: own for language, own in texts.get(row[0], {}).items() if language != ITALIAN},
            files=row[6],
        )
        for row in rows
    ]


def _texts_of(template_ids: list[int]) -> dict[int, dict[str, dict[str, Text]]]:
    """Template's id → language → audience → text."""
    found: dict[int, dict[str, dict[str, Text]]] = {}
    query = sa.select(_TEXT.template_id, _TEXT.language, _TEXT.audience, _TEXT.subject, _TEXT.body)
    query = query.where(_TEXT.template_id.in_(template_ids)).order_by(_TEXT.template_id, _TEXT.language, _TEXT.audience)
    for row in db.session.execute(query):
        found.setdefault(row.template_id, {}).setdefault(row.language, {})[row.audience] = Text(row.subject, row.body)
    return found


def _write(template_id: int, texts: Texts, occasion: str, others: Mapping[str, Texts] | None) -> None:
    italian = [(ITALIAN, audience, texts[audience]) for audience in READERS[occasion] if audience in texts]
    rows = [
        {"template_id": template_id, "language": language, "audience": audience, "subject": text.subject, "body": text.body}
        for language, audience, text in [*italian, *_in_others(others, occasion)]
        if not is_empty(text)
    ]
    db.session.connection().execute(sa.insert(table_of(TemplateText)), rows)


def _change(edition_id: int, template_id: int, values: Mapping[str, object]) -> None:
    own = sa.and_(_ROW.edition_id == edition_id, _ROW.id == template_id)
    changed = db.session.execute(sa.update(Template).where(own).values(**values).returning(_ROW.id))
    if changed.scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownTemplateError(template_id)


def _recorded(action: str, template_id: int, actor: str, now: dt.datetime) -> int:
    record(action, actor=actor, subject=f"template:{template_id}", detail={}, now=now)
    db.session.commit()
    return template_id
