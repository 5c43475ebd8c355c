"""What other dates of an edition do to its plan and its batches: shown before they are stored, done in the same transaction.

Not for: the effects themselves (`app.reminders.plans.moving`), or the form of the dates (`edition_forms.py`).
Holds always: dates that change nothing else are stored at once; others only once whoever stores them has seen exactly what
they do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.desk.edition_forms import Typed, instants_of
from app.editions.changing import Act
from app.editions.checks import MINUTE
from app.editions.current import EditionView
from app.extensions import db
from app.reminders.announcing import announce_deadline
from app.reminders.plans.moving import FALLS, MOVES, STAYS, Effects, apply_effects, effects_of

DATES = "date"
FATE_WORDS = {MOVES: _l("Si sposta"), FALLS: _l("Cade: il nuovo giorno è già passato o è fuori dalle date"), STAYS: _l("Resta")}


class UnseenEffectsError(Exception):
    """The dates would do something that whoever stores them has not seen: `effects`. Nothing was changed."""

    def __init__(self, effects: Effects) -> None:
        super().__init__("effects of other dates")
        self.effects = effects


@dataclass(frozen=True, slots=True)
class _WithEffects:
    """What belongs into the transaction in which the dates are stored."""

    edition: EditionView
    act: Act
    values: Typed
    seen: str

    def __call__(self) -> None:
        opens_at, deadline = instants_of(self.values, "opening", "deadline")
        effects = effects_of(self.edition, opens_at, deadline + MINUTE, self.act.now)
        if not effects.is_empty and effects.mark != self.seen:
            db.session.rollback()
            raise UnseenEffectsError(effects)
        apply_effects(effects, self.act.actor, self.act.now)


def announce(part: str, before: EditionView, after: EditionView, act: Act) -> None:
    """Tell those who have not answered of a later deadline, where whoever moved it wants that. Says what it did."""
    if part != DATES or not request.form.get("avvisa") or after.state != "open" or after.closes_at <= before.closes_at:
        return
    if announce_deadline(after, actor=act.actor, now=act.now) is None:
        flash(_("Nessuno da avvisare: chi deve rispondere non ha un indirizzo, o ha già risposto."), "info")
    else:
        flash(_("La nuova scadenza è annunciata con un messaggio a chi non ha ancora risposto."), "success")


def with_effects(part: str, edition: EditionView, act: Act, values: Typed) -> Act:
    """The act, with what the plan does about it where it is about the dates. Saving it raises `UnseenEffectsError`."""
    if part != DATES:
        return act
    return replace(act, also=_WithEffects(edition, act, values, request.form.get("effetti", "")))
