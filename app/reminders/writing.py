"""What each reader of a batch gets: the right text, in the language of the entity, with the reader's own values in it.

Not for: who the readers are (`audience.py`), queueing (`batches.py`), or what only the moment of sending tells (`hook.py`).
Holds always: text, button, dates and numbers of a message are in one language; what many readers share is put into words once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from app.editions.current import EditionView
from app.editions.messages import contact_line
from app.mail.pace import ROME
from app.registry.languages import ITALIAN
from app.reminders.audience import Recipient
from app.reminders.effort import Left, left_to_show, whole_minutes
from app.reminders.library import Words, words
from app.reminders.occasions import RESULTS
from app.reminders.templates import TemplateRow
from app.reminders.wording import MINUTES, MISSING, STOP, Prepared, Written, fill_late

_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class InLanguage:
    """A message and the language that it is in."""

    written: Written
    language: str


class Writer:
    """Writes the messages of one template in an edition."""

    def __init__(self, edition: EditionView, template: TemplateRow) -> None:
        self._edition = edition
        self._template = template
        self._prepared: dict[tuple[str, str, bool], tuple[Prepared, str]] = {}
        self._values: dict[str, ReaderValues] = {}
        self._duration = 0

    def write(self, one: Recipient, at: dt.datetime, *, to_person: bool = False) -> InLanguage:
        """What an entity reads at an instant. `to_person`: what somebody who works on its draft reads, with the way to be left
        alone below."""
        prepared, language = self._text(one.audience, one.language, to_person)
        return InLanguage(prepared.write(self._values_in(language).of(one, at)), language)

    def _text(self, audience: str, language: str, to_person: bool) -> tuple[Prepared, str]:
        key = (audience, language, to_person)
        if key not in self._prepared:
            text, written_in = self._template.text_for(audience, language)
            said = words(written_in)
            action = action_of(self._template, written_in)
            tail = f"{said['stop_why']}\n{said['stop_how']}\n{{{STOP}}}" if to_person else ""
            self._prepared[key] = Prepared(text, written_in, action, tail), written_in
        return self._prepared[key]

    def _values_in(self, language: str) -> ReaderValues:
        if language not in self._values:
            self._duration = self._duration or whole_minutes(self._edition)
            self._values[language] = ReaderValues(self._edition, language, self._duration)
        return self._values[language]


def write_for(edition: EditionView, template: TemplateRow, one: Recipient, at: dt.datetime) -> InLanguage:
    """The message that one entity would get at an instant, with what only the moment tells as it is now, or as an example."""
    message = Writer(edition, template).write(one, at)
    language, written = message.language, message.written
    if not any(f"{{{name}}}" in written.text for name in (MISSING, MINUTES)):
        return message
    values = late_values(left_to_show(edition, one.entity_id, language), words(language))
    text, html = fill_late(written.text, values, html=False), fill_late(written.html, values, html=True)
    return InLanguage(Written(written.subject, text, html), language)


def action_of(template: TemplateRow, language: str) -> str:
    """What the button of its messages says in a language."""
    return words(language)["results_button" if template.occasion == RESULTS else "button"]


def late_values(left: Left, said: Words) -> Mapping[str, str]:
    """What is left of a draft, in words."""
    return {MISSING: said.listed(list(left.parts)), MINUTES: said.counted("minutes", left.minutes)}


class ReaderValues:
    """What stands in the place of each placeholder for each reader, in one language."""

    def __init__(self, edition: EditionView, language: str = ITALIAN, duration: int = 0) -> None:
        self._words = words(language)
        self._language = language
        self._edition = edition
        self._duration = duration
        self._deadlines: dict[dt.datetime, tuple[str, dt.date]] = {}
        self._days: dict[int, str] = {}

    @cached_property
    def _shared(self) -> dict[str, str]:
        contacts = "\n".join(contact_line(contact) for contact in self._edition.contacts)
        return {
            "edizione": self._edition.title,
            "contatti": contacts or self._edition.title,
            "apertura": self._words.instant(self._edition.opens_at),
            "durata": self._words.counted("minutes", self._duration),
        }

    def of(self, one: Recipient, at: dt.datetime) -> dict[str, str]:
        """By the placeholders' names, for whoever reads at an instant."""
        deadline, last_day = self._deadline(one.closes_at)
        return self._shared | {
            "ente": one.label if self._language == ITALIAN else one.own_label or one.label,
            "scadenza": deadline,
            "giorni": self._left((last_day - at.astimezone(ROME).date()).days),
            "avanzamento": self._words.percent(one.progress),
            "comuni": self._words.counted("municipalities", one.members) if one.members else "",
            "capofila": one.leads or self._words["another"],
        }

    def _deadline(self, closes_at: dt.datetime) -> tuple[str, dt.date]:
        known = self._deadlines.get(closes_at)
        if known is None:
            deadline = closes_at - _MINUTE
            known = self._deadlines[closes_at] = (self._words.instant(deadline), deadline.astimezone(ROME).date())
        return known

    def _left(self, days: int) -> str:
        if days not in self._days:
            self._days[days] = self._words.counted("days", days) if days > 0 else self._words["few_hours"]
        return self._days[days]
