"""What the recipients of a planned batch would read: one chosen by name or code, those beside it, or an example of each text.

Not for: writing a message (`app.reminders.batches`), or the other steps (`planning.py`).
Holds always: only whoever would receive the batch is shown; nothing is stored or sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _

from app.desk.plan_drafts import PlanDraft
from app.desk.reminder_words import AUDIENCE_WORDS, left_out_words
from app.editions.current import EditionView
from app.reminders.audience import Audience, Recipient, find_recipients, why_left_out
from app.reminders.templates import TemplateRow
from app.reminders.wording import paragraphs
from app.reminders.writing import action_of, write_for

MOST_MATCHES: Final = 20
Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Previews:
    """`messages`: as `desk/message.html` takes them; `place`: of the one that is shown, counted from 1, 0 where examples are;
    `before`, `after`: (name, address) of those beside it; `matches`: of all that a name means, `more`: how many there are
    beyond them; `problem`: why nobody is shown."""

    messages: list[dict[str, Any]]
    place: int = 0
    before: Link | None = None
    after: Link | None = None
    matches: tuple[Link, ...] = ()
    more: int = 0
    problem: str = ""


def previews_of(
    edition: EditionView, template: TemplateRow, audience: Audience, draft: PlanDraft, starts_at: dt.datetime
) -> Previews:
    """What the page shows for what was written into the search."""

    def link(one: Recipient) -> Link:
        query = replace(draft, preview=one.code).query("conferma")
        return one.label, f"{url_for('desk.new_batch')}{query}#come-lo-leggono"

    def shown(several: list[Recipient]) -> list[dict[str, Any]]:
        return [preview(edition, template, one, starts_at) for one in several]

    found = find_recipients(audience, draft.preview) if draft.preview else []
    if len(found) == 1:
        return _one(audience, found[0], shown(found), link)
    examples = shown(_examples(audience))
    first = link(audience.recipients[0]) if audience.recipients else None
    if found:
        matches = tuple(link(one) for one in found[:MOST_MATCHES])
        return Previews([], matches=matches, more=max(0, len(found) - MOST_MATCHES))
    return Previews(examples, after=first, problem=_why_nobody(audience, draft.preview, draft.channel) if draft.preview else "")


def _one(audience: Audience, one: Recipient, messages: list[dict[str, Any]], link: Callable[[Recipient], Link]) -> Previews:
    everyone = audience.recipients
    at = everyone.index(one)
    before = link(everyone[at - 1]) if at else None
    after = link(everyone[at + 1]) if at + 1 < len(everyone) else None
    return Previews(messages, at + 1, before, after)


def _examples(audience: Audience) -> list[Recipient]:
    """The first recipient of each text."""
    firsts: dict[str, Recipient] = {}
    for one in audience.recipients:
        firsts.setdefault(one.audience, one)
    return [firsts[name] for name in AUDIENCE_WORDS if name in firsts]


def _why_nobody(audience: Audience, text: str, channel: str) -> str:
    left_out = why_left_out(audience, text)
    if left_out is None:
        return str(_("Nessuno dei destinatari ha questo nome o codice: controlla come è scritto, o i filtri."))
    return str(
        _("%(name)s non lo riceve. Motivo: %(reason)s.", name=left_out.label, reason=left_out_words(channel)[left_out.reason])
    )


def preview(edition: EditionView, template: TemplateRow, one: Recipient, at: dt.datetime) -> dict[str, Any]:
    """What an entity would get, for `desk/message.html`."""
    message = write_for(edition, template, one, at)
    written = message.written
    before, after = paragraphs(written.text)
    shown = {"who": one, "subject": written.subject, "text": written.text, "before": before, "after": after}
    return shown | {"language": message.language, "action": action_of(template, message.language)}
