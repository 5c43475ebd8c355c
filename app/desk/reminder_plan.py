"""`/gestione/promemoria/piano`: the plan of the edition on a line of time and in a table, with what waits and what is wrong.

Not for: one step (`plan_step.py`).
Holds always: what is proposed is stored only where there is no plan; a number of queries that grows with the steps alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.respondents import fresh_respondents
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.batches import the_edition
from app.desk.mail_status import mail_alerts
from app.desk.plan_words import (
    KIND_WORDS,
    STATE_WORDS,
    STEP_CHANNEL_WORDS,
    WAITS,
    fault_in_words,
    note_in_words,
    shift_in_words,
    when_in_words,
)
from app.editions.current import EditionView
from app.mail.ways import sends_certified
from app.reminders.plans.checks import Fault
from app.reminders.plans.marks import is_approved
from app.reminders.plans.previews import plan_faults, template_of_step
from app.reminders.plans.proposing import proposed_steps
from app.reminders.plans.resolving import Due, resolve
from app.reminders.plans.running import waits_for
from app.reminders.plans.steps import Content, PlanExistsError, Step, frame_of, list_steps, store_plan


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as the pages show it. `standing`: (kind of tag, word); `faults`: what is wrong; `waits`: why it does not go by
    itself, where its time has come or is to come."""

    step: Step
    due: Due
    standing: tuple[str, str]
    kind: str
    channel: str
    when: str
    shift: str
    note: str
    approved: bool
    waits: str
    faults: tuple[tuple[bool, str], ...]

    @property
    def blocked(self) -> bool:
        """Whether something keeps it from being approved."""
        return any(blocks for blocks, _text in self.faults)


def shown_steps(edition: EditionView, steps: list[Step], at: dt.datetime) -> list[ShownStep]:
    """The steps, in the order of time."""
    faults = plan_faults(edition, steps, at)
    names = {one.id: one.content.name for one in steps}
    frame = frame_of(edition)
    ordered = sorted(steps, key=lambda one: (one.due(frame).at, one.id))
    return [_shown(edition, one, faults, names, at) for one in ordered]


def _shown(edition: EditionView, step: Step, faults: list[Fault], names: dict[int, str], at: dt.datetime) -> ShownStep:
    due, going = step.due(frame_of(edition)), step.state == "planned"
    approved = is_approved(step, template_of_step(edition.id, step), edition) and not step.is_done
    kind, word = STATE_WORDS["approved" if approved and going else step.state]
    waits = waits_for(edition, step, faults, at) if going and due.at <= at else ""
    waits = waits or ("unapproved" if going and not approved and step.content.channel != "paper" else "")
    own = [one for one in faults if one.step == step.id] if step.state in {"planned", "paused"} else []
    return ShownStep(
        step=step,
        due=due,
        standing=(kind, str(word)),
        kind=str(KIND_WORDS[step.content.kind]),
        channel=str(STEP_CHANNEL_WORDS[step.content.channel]),
        when=when_in_words(step.content),
        shift=shift_in_words(step, edition),
        note=note_in_words(step),
        approved=approved,
        waits=str(WAITS[waits]) if waits else "",
        faults=tuple((one.blocks, fault_in_words(one, names)) for one in own),
    )


@blueprint.get("/promemoria/piano")
def reminder_plan() -> str:
    """The plan."""
    edition, at = the_edition(), now()
    fresh_respondents(edition, at)
    everything = list_steps(edition.id, removed=True)
    steps = shown_steps(edition, [one for one in everything if one.removed_at is None], at)
    return render_template(
        "desk/reminder_plan.html",
        steps=steps,
        removed=[one for one in everything if one.removed_at is not None],
        proposed=[] if steps else _proposed(edition),
        moments=_moments(edition, steps, at),
        mail_alerts=mail_alerts(required_staff()),
    )


@blueprint.post("/promemoria/piano/proponi")
def propose_plan() -> ResponseReturnValue:
    """Take over the plan that is proposed."""
    edition, staff = the_edition(), required_staff()
    steps = [content for content, _due, _when in _proposed(edition)]
    try:
        store_plan(edition.id, steps, actor=staff.actor, now=now())
        flash(_("Il piano è pronto: guardalo, cambialo, e approva i passi che devono partire da soli."), "success")
    except PlanExistsError:
        flash(_("Qualcuno ha già preparato un piano: è questo."), "info")
    return redirect(url_for("desk.reminder_plan"), 303)


def _proposed(edition: EditionView) -> list[tuple[Content, Due, str]]:
    names = (_("Lettera di preavviso"), _("Invito ai capofila"), _("Invito agli altri"), _("Promemoria a %d giorni"))
    read, frame = settings(), frame_of(edition)
    steps = proposed_steps(frame, names, per_hour=read.reminders_per_hour, certified=sends_certified(read))
    return [(one, resolve(one.timing, frame), when_in_words(one)) for one in steps]


def _moments(edition: EditionView, steps: list[ShownStep], at: dt.datetime) -> list[tuple[dt.datetime, str, ShownStep | None]]:
    """(when, what, which step) in the order of time: opening, steps, now, deadline."""
    found: list[tuple[dt.datetime, str, ShownStep | None]] = [(edition.opens_at, _("Apertura della rilevazione"), None)]
    found += [(one.due.at, one.step.content.name, one) for one in steps]
    found += [(at, _("Adesso"), None), (edition.deadline, _("Scadenza per rispondere"), None)]
    return sorted(found, key=lambda moment: moment[0])
