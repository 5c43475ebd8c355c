"""What the codes of a record are called, in the language of who reads: the labels of the questionnaires that have asked.

Not for: what stands in a record (`record.py`).
Holds always: the newest questionnaire names a code that several have; a code that none has is shown as it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from app.editions.current import EDITION, definition_table, edition_table, questionnaire_of
from app.editions.definitions import shipped_questionnaires
from app.extensions import db
from app.practices.record import CHOICES, FIELDS
from app.questionnaire.answers.choices import short_label
from app.questionnaire.model import Question
from app.questionnaire.texts import localised

Labels = dict[str, dict[str, str]]
PERIOD: Final = "period"
STATUS: Final = "status"
_OPENED: Final = (
    sa.select(definition_table.c.digest)
    .join(edition_table, EDITION.definition_id == definition_table.c.id)
    .where(EDITION.state.not_in(("draft", "pilot")))
    .order_by(EDITION.opens_at.desc(), EDITION.id.desc())
)


def labels(locale: str) -> Labels:
    """Field → code → label, the codes in the questionnaire's order. One statement."""
    return labels_of(asked(), locale)


def asked() -> tuple[str, ...]:
    """The stored questionnaires that name the codes, the newest first: an answer with labels depends on them. One statement."""
    return tuple(db.session.connection().execute(_OPENED).scalars())


@lru_cache(maxsize=32)
def labels_of(digests: tuple[str, ...], locale: str) -> Labels:
    """The same of these stored questionnaires, the newest first, and after them of those that ship."""
    found: Labels = {name: {} for name in (*CHOICES, STATUS)}
    known = [questionnaire_of(digest) for digest in dict.fromkeys(digests)]
    for questionnaire in (*known, *shipped_questionnaires()):
        turned = localised(questionnaire, locale, dict.fromkeys(questionnaire.placeholders, ""))
        for step in turned.steps:
            fields = FIELDS.get(step.repeat.sheet, {}) if step.repeat else {}
            for question in step.questions:
                _note(found, fields.get(question.code, ""), question)
    return found


def _note(found: Labels, name: str, question: Question) -> None:
    name = STATUS if name == PERIOD else name
    if name in found:
        for option in question.options:
            found[name].setdefault(option.code, short_label(option))
