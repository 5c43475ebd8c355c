"""The form of one step of the plan: what it shows first, what was typed, and what that makes.

Not for: storing it (`app.reminders.plans.steps`) or drawing it (`plan_step.py`).
Holds always: what was typed comes back with its error; the day of a letter is typed as days before the opening.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.chasing.filters import Filter
from app.config import settings
from app.desk.plan_words import KIND_WORDS
from app.desk.typed_instants import read_day
from app.mail.working_days import is_working_day
from app.reminders.batches import LONGEST_NAME
from app.reminders.channels import BY_EMAIL, CHANNELS, PAPER
from app.reminders.plans.resolving import EARLIEST, LATEST, LETTER, REMINDER
from app.reminders.plans.steps import KINDS, LONGEST_NOTE, Content
from app.reminders.saved_audiences import UnknownAudienceError, saved_audience
from app.reminders.schedule import FASTEST
from app.reminders.templates import SHIPPED, TemplateRow
from app.web.incoming import NUL

MOST_DAYS: Final = 200
MOST_NUMBER: Final = 2**31 - 1
Errors = list[tuple[str, str]]
_TIME: Final = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)\Z")


@dataclass(frozen=True, slots=True)
class TypedStep:
    """The form as it was typed."""

    kind: str = REMINDER
    name: str = ""
    channel: str = BY_EMAIL
    template: str = str(SHIPPED)
    days: str = ""
    time: str = "09:00"
    day: str = ""
    pace: str = ""
    why: str = ""
    filter: Filter = field(default_factory=Filter)

    @property
    def channels(self) -> Sequence[str]:
        """By which ways such a step can go."""
        return (PAPER, *CHANNELS) if self.kind == LETTER else CHANNELS


def stored_step(content: Content) -> TypedStep:
    """What the form shows of a step."""
    return TypedStep(
        kind=content.kind,
        name=content.name,
        channel=content.channel,
        template=str(content.template_id),
        days=str(-content.days if content.kind == LETTER else content.days),
        time=f"{content.minute // 60:02}:{content.minute % 60:02}",
        day="" if content.moved_to is None else content.moved_to.isoformat(),
        pace=str(content.per_hour),
        why=content.beyond_why,
        filter=content.filter,
    )


def new_step(kind: str) -> TypedStep:
    """What the form shows before anything was typed."""
    known = kind if kind in KINDS else REMINDER
    channel = PAPER if known == LETTER else BY_EMAIL
    return TypedStep(kind=known, name=str(KIND_WORDS[known]), channel=channel, pace=str(settings().reminders_per_hour))


def typed_step(form: MultiDict[str, str], kind: str) -> TypedStep:
    """What was typed."""
    return TypedStep(
        kind=kind if kind in KINDS else REMINDER,
        name=" ".join(form.get("nome", "").split())[:LONGEST_NAME],
        channel=form.get("canale", ""),
        template=form.get("testo", "")[:10],
        days=form.get("giorni", "").strip()[:6],
        time=form.get("ora", "").strip()[:8],
        day=form.get("giorno", "").strip()[:20],
        pace=form.get("ritmo", "").strip().replace(".", "")[:8],
        why=" ".join(form.get("oltre", "").split())[: LONGEST_NOTE * 2],
        filter=_chosen(form),
    )


def _chosen(form: MultiDict[str, str]) -> Filter:
    """The filter of the saved audience that was named, else what was ticked. One query where one is named."""
    named = _number(form.get("gruppo", "")[:9], MOST_NUMBER)
    try:
        return Filter.from_args(form) if not named else saved_audience(named).filter
    except UnknownAudienceError:
        return Filter.from_args(form)


def content_of(typed: TypedStep, templates: Sequence[TemplateRow]) -> tuple[Content | None, Errors]:
    """The step that this makes, or what is wrong with it."""
    errors: Errors = []
    days, pace, time = _number(typed.days, MOST_DAYS), _number(typed.pace, FASTEST), _TIME.match(typed.time)
    minute = int(time[1]) * 60 + int(time[2]) if time else -1
    day = read_day(typed.day) if typed.day else None
    if not typed.name or NUL in typed.name:
        errors.append(("nome", _("Scrivi un nome: serve a voi per ritrovarlo.")))
    if typed.channel not in typed.channels:
        errors.append(("canale", _("Scegli come parte.")))
    if typed.template not in {str(one.id) for one in templates}:
        errors.append(("testo", _("Questo testo non c'è più: scegline un altro.")))
    if days is None:
        errors.append(("giorni", _("Scrivi quanti giorni, da 0 a %(most)d.", most=MOST_DAYS)))
    if not EARLIEST <= minute <= LATEST:
        errors.append(("ora", _("Scrivi un'ora fra le 8:00 e le 17:00, per esempio 9:00.")))
    if typed.day and day is None:
        errors.append(("giorno", _("Scrivi il giorno come 20/04/2026, oppure lascia vuoto.")))
    elif day is not None and not is_working_day(day):
        errors.append(("giorno", _("In quel giorno gli uffici sono chiusi: scegli un giorno lavorativo.")))
    if not pace:
        errors.append(("ritmo", _("Scrivi quanti messaggi inviare in un'ora, per esempio 400.")))
    if len(typed.why) > LONGEST_NOTE or NUL in typed.why:
        errors.append(("oltre", _("Scrivi il motivo in al massimo %(count)d caratteri.", count=LONGEST_NOTE)))
    if errors or days is None or not pace:
        return None, errors
    signed = -days if typed.kind == LETTER else days
    template = int(typed.template)
    whole = (typed.kind, typed.name, typed.channel, template, typed.filter, signed, minute, pace)
    return Content(*whole, moved_to=day, beyond_why=typed.why), []


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) <= most else None
