"""The messages that batches are made of: a name, and a text for each audience; and the one that ships with the program.

Not for: what a text may hold (`wording.py`) or sending it.
Holds always: every query names the edition; what is stored has passed the check of its placeholders; what was removed can be
brought back; a batch keeps the texts it was made of, whatever becomes of its template. The one that ships has the id 0, is
offered in every edition, and is copied rather than changed.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.reminders.models import AUDIENCES, Template, TemplateText
from app.reminders.wording import Text, problems_of

SHIPPED: Final = 0
EXTENSION: Final = -1
"""The news of a later deadline for all, which ships too; it is offered for nothing else."""
LONGEST_NAME: Final = 120
_SHIPPED_FILES: Final = {
    SHIPPED: Path(__file__).with_name("default_texts.toml"),
    EXTENSION: Path(__file__).with_name("extension_texts.toml"),
}
_ROW: Final = table_of(Template).c
_TEXT: Final = table_of(TemplateText).c
Texts = Mapping[str, Text]


class UnfitTemplateError(ValueError):
    """A name or a text that cannot be saved. `problems`: (audience, "subject" or "body", what is wrong), or ("", "name", …)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(problem for _audience, _part, problem in problems))
        self.problems = problems


class ChangedTemplateError(Exception):
    """Somebody has changed the template since it was read."""


class UnknownTemplateError(Exception):
    """No template of the edition has this id."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template with its texts by audience."""

    id: int
    name: str
    changed_at: dt.datetime | None
    changed_by: str
    removed_at: dt.datetime | None
    texts: Texts

    @property
    def ships(self) -> bool:
        """Whether it is the one that ships, which nobody changes."""
        return self.id in _SHIPPED_FILES


@lru_cache(maxsize=2)
def shipped_template(template_id: int = SHIPPED) -> TemplateRow:
    """The one that ships, or the other one, `EXTENSION`."""
    read = tomllib.loads(_SHIPPED_FILES[template_id].read_text(encoding="utf-8"))
    texts = {audience: Text(read[audience]["subject"], read[audience]["body"].strip()) for audience in AUDIENCES}
    return TemplateRow(template_id, read["name"], None, "", None, texts)


def list_templates(edition_id: int) -> list[TemplateRow]:
    """The templates that are offered in an edition: its own by name, then the one that ships."""
    query = sa.select(_ROW.id, _ROW.name, _ROW.changed_at, _ROW.changed_by, _ROW.removed_at)
    query = query.where(_ROW.edition_id == edition_id, _ROW.removed_at.is_(None)).order_by(sa.func.lower(_ROW.name), _ROW.id)
    rows = db.session.execute(query).all()
    texts = _texts_of([row.id for row in rows])
    return [*(TemplateRow(*row, texts=texts.get(row.id, {})) for row in rows), shipped_template()]


def template_of(edition_id: int, template_id: int) -> TemplateRow:
    """One template, also a removed one. Raises `UnknownTemplateError`."""
    if template_id in _SHIPPED_FILES:
        return shipped_template(template_id)
    query = sa.select(_ROW.id, _ROW.name, _ROW.changed_at, _ROW.changed_by, _ROW.removed_at)
    row = db.session.execute(query.where(_ROW.edition_id == edition_id, _ROW.id == template_id)).one_or_none()
    if row is None:
        raise UnknownTemplateError(template_id)
    return TemplateRow(*row, texts=_texts_of([row.id]).get(row.id, {}))


def create_template(edition_id: int, name: str, texts: Texts, *, actor: str, now: dt.datetime) -> int:
    """Store a new template; its id. Raises `UnfitTemplateError`."""
    check_template(name, texts)
    values = {"edition_id": edition_id, "name": name.strip(), "changed_at": now, "changed_by": actor}
    template_id: int = db.session.execute(sa.insert(Template).values(**values).returning(_ROW.id)).scalar_one()
    _write(template_id, texts)
    return _recorded("template_created", template_id, actor, now)


def change_template(
    edition_id: int, template_id: int, name: str, texts: Texts, *, seen: dt.datetime | None, actor: str, now: dt.datetime
) -> int:
    """Store other texts in its place. `seen`: its `changed_at` when whoever changes it read it.

    Raises `UnfitTemplateError`, `UnknownTemplateError`, `ChangedTemplateError`.
    """
    check_template(name, texts)
    held = sa.select(_ROW.changed_at).where(_ROW.edition_id == edition_id, _ROW.id == template_id).with_for_update()
    changed_at = db.session.execute(held).scalar_one_or_none()
    if changed_at is not None and changed_at != seen:
        db.session.rollback()
        raise ChangedTemplateError(template_id)
    _change(edition_id, template_id, {"name": name.strip(), "changed_at": now, "changed_by": actor})
    db.session.execute(sa.delete(TemplateText).where(_TEXT.template_id == template_id))
    _write(template_id, texts)
    return _recorded("template_changed", template_id, actor, now)


def copy_template(edition_id: int, template_id: int, name: str, *, actor: str, now: dt.datetime) -> int:
    """Store the same texts under another name; the new id. Raises `UnfitTemplateError`, `UnknownTemplateError`."""
    return create_template(edition_id, name, template_of(edition_id, template_id).texts, actor=actor, now=now)


def remove_template(edition_id: int, template_id: int, *, actor: str, now: dt.datetime) -> None:
    """Offer it no more. Raises `UnknownTemplateError`, also for the one that ships."""
    _change(edition_id, template_id, {"removed_at": now})
    _recorded("template_removed", template_id, actor, now)


def restore_template(edition_id: int, template_id: int, *, actor: str, now: dt.datetime) -> None:
    """Offer it again. Raises `UnknownTemplateError`."""
    _change(edition_id, template_id, {"removed_at": None})
    _recorded("template_restored", template_id, actor, now)


def check_template(name: str, texts: Texts) -> None:
    """Raises `UnfitTemplateError` with all that is wrong."""
    problems = []
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        problems.append(("", "name", ""))
    for audience in AUDIENCES:
        text = texts.get(audience, Text("", ""))
        problems += [(audience, part, problem) for part, problem in problems_of(audience, text)]
    if problems:
        raise UnfitTemplateError(problems)


def _texts_of(template_ids: list[int]) -> dict[int, dict[str, Text]]:
    found: dict[int, dict[str, Text]] = {}
    query = sa.select(_TEXT.template_id, _TEXT.audience, _TEXT.subject, _TEXT.body).where(_TEXT.template_id.in_(template_ids))
    for row in db.session.execute(query.order_by(_TEXT.template_id, _TEXT.audience)):
        found.setdefault(row.template_id, {})[row.audience] = Text(row.subject, row.body)
    return found


def _write(template_id: int, texts: Texts) -> None:
    rows = [
        {"template_id": template_id, "audience": audience, "subject": texts[audience].subject, "body": texts[audience].body}
        for audience in AUDIENCES
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
