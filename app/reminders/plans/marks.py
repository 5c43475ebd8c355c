"""A mark of exactly what was approved of a step: who, what, when and how, so that a change of any withdraws the approval.

Not for: storing an approval (`steps.py`).
Holds always: pure; the same step, texts and dates give the same mark; any other gives another.
"""

from __future__ import annotations

import hashlib
import json

import msgspec

from app.editions.current import EditionView
from app.reminders.channels import PAPER
from app.reminders.plans.steps import Step, frame_of
from app.reminders.templates import TemplateRow, Texts


def mark_of(step: Step, template: TemplateRow | None, edition: EditionView) -> str:
    """The mark. `template`: the step's, none for letters on paper. Title, dates and contacts of the edition stand in the texts,
    so they are in it as well; the version is not, since to approve a step changes that."""
    content, due = step.content, step.due(frame_of(edition))
    texts = (
        []
        if template is None
        else [template.occasion, _files(template), *map(_plain, (template.texts, *template.others.values()))]
    )
    contacts = [msgspec.to_builtins(contact) for contact in edition.contacts]
    told = {
        "edition": [edition.id, edition.title, edition.opens_at.isoformat(), edition.closes_at.isoformat(), contacts],
        "who": [content.filter.to_args(), content.beyond_why],
        "what": [content.kind, content.name, content.channel, content.template_id, texts],
        "when": [due.at.isoformat(), content.per_hour],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _files(template: TemplateRow) -> list[str | int]:
    """How many attachments, and since when: another file in the place of one is another message."""
    return [template.files, template.changed_at.isoformat() if template.files and template.changed_at else ""]


def _plain(texts: Texts) -> dict[str, list[str]]:
    return {name: [one.subject, one.body] for name, one in texts.items()}


def is_approved(step: Step, template: TemplateRow | None, edition: EditionView) -> bool:
    """Whether somebody has approved the step exactly as it stands."""
    return bool(step.approved_mark) and step.approved_mark == mark_of(step, template, edition)


def needs_text(step: Step) -> bool:
    """Whether it is a message, and no letter on paper."""
    return step.content.channel != PAPER
