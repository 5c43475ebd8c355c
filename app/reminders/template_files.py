"""The PDFs that go with a template's messages: at most two, one MB together.

Not for: sending them (`app.mail.attachments`), which keeps a copy for each batch when it is queued.
Holds always: every query names the edition; only a PDF is taken; those that ship have none; a name is made of plain letters, so
that every mail program shows it; each change leaves its entry.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from app.audit.chain import record
from app.extensions import db, table_of
from app.mail.attachments import PDF, Attachment
from app.registry.folding import fold
from app.reminders.models import Template, TemplateFile
from app.reminders.templates import SHIPPED, UnknownTemplateError, copy_template

MOST_FILES: Final = 2
MOST_BYTES: Final = 1024 * 1024
LONGEST_NAME: Final = 60
_ROW: Final = table_of(TemplateFile).c
_TEMPLATE: Final = table_of(Template).c
_PLAIN: Final = re.compile(r"[^a-z0-9]+")


class UnfitFileError(ValueError):
    """A file that cannot be attached. `reason`: no_file, not_pdf, too_large or too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file, without its content. `size` in bytes."""

    position: int
    name: str
    size: int


def list_files(template_id: int) -> list[FileRow]:
    """The files of a template that was found in its edition, in their order."""
    query = sa.select(_ROW.position, _ROW.name, _ROW.size).where(_ROW.template_id == template_id).order_by(_ROW.position)
    return [FileRow(*row) for row in db.session.execute(query)]


def files_of_template(template_id: int) -> list[Attachment]:
    """The same with their content, as a batch takes them."""
    if template_id <= SHIPPED:
        return []
    query = sa.select(_ROW.name, _ROW.content).where(_ROW.template_id == template_id).order_by(_ROW.position)
    return [Attachment(row.name, PDF, row.content) for row in db.session.execute(query)]


def have_same_files(template_ids: Collection[int]) -> bool:
    """Whether messages of these templates come with the same files: a batch keeps one set for all its variants."""
    return len({tuple(files_of_template(one)) for one in template_ids}) <= 1


def add_file(edition_id: int, template_id: int, name: str, content: bytes, *, actor: str, now: dt.datetime) -> None:
    """Attach one more. Commits. Raises `UnknownTemplateError`, `UnfitFileError`."""
    _hold(edition_id, template_id)
    known = list_files(template_id)
    problem = _problem(content, known)
    if problem:
        db.session.rollback()
        raise UnfitFileError(problem)
    position = max((one.position for one in known), default=0) + 1
    values = {"template_id": template_id, "position": position, "name": plain_name(name), "size": len(content)}
    db.session.execute(sa.insert(TemplateFile).values(**values, content=content))
    _record("template_file_added", template_id, actor, now)


def remove_file(edition_id: int, template_id: int, position: int, *, actor: str, now: dt.datetime) -> bool:
    """Attach one no more; whether it was there. What was queued keeps it. Commits. Raises `UnknownTemplateError`."""
    _hold(edition_id, template_id)
    own = sa.delete(TemplateFile).where(_ROW.template_id == template_id, _ROW.position == position).returning(_ROW.position)
    if db.session.execute(own).scalar_one_or_none() is None:
        db.session.rollback()
        return False
    _record("template_file_removed", template_id, actor, now)
    return True


def copy_whole(edition_id: int, template_id: int, name: str, *, actor: str, now: dt.datetime) -> int:
    """Store the same texts with the same files under another name; the new id. Commits.

    Raises `UnfitTemplateError`, `UnknownTemplateError`.
    """
    columns = ("position", "name", "size", "content")

    def with_files(copied: int) -> None:
        rows = sa.select(sa.literal(copied), *(_ROW[one] for one in columns)).where(_ROW.template_id == template_id)
        db.session.execute(sa.insert(TemplateFile).from_select(["template_id", *columns], rows))

    return copy_template(edition_id, template_id, name, actor=actor, now=now, within=with_files)


def plain_name(name: str) -> str:
    """What the file is called in a message: "lettera-ai-sindaci.pdf"."""
    stem = name.replace("\\", "/").rpartition("/")[2]
    stem = stem[:-4] if stem.lower().endswith(".pdf") else stem
    return f"{_PLAIN.sub('-', fold(stem)).strip('-')[:LONGEST_NAME].strip('-') or 'allegato'}.pdf"


def _problem(content: bytes, known: list[FileRow]) -> str:
    if not content:
        return "no_file"
    if not content.startswith(b"%PDF-"):
        return "not_pdf"
    if len(known) >= MOST_FILES:
        return "too_many"
    return "too_large" if sum(one.size for one in known) + len(content) > MOST_BYTES else ""


def _hold(edition_id: int, template_id: int) -> None:
    own = sa.select(_TEMPLATE.id).where(_TEMPLATE.edition_id == edition_id, _TEMPLATE.id == template_id).with_for_update()
    if db.session.execute(own).scalar_one_or_none() is None:
        db.session.rollback()
        raise UnknownTemplateError(template_id)


def _record(action: str, template_id: int, actor: str, now: dt.datetime) -> None:
    """The template is another one from here on, and so is what somebody has approved of it."""
    db.session.execute(sa.update(Template).where(_TEMPLATE.id == template_id).values(changed_at=now, changed_by=actor))
    record(action, actor=actor, subject=f"template:{template_id}", detail={}, now=now)
    db.session.commit()
