"""`/gestione/edizioni/<codice>/passa/<stato>`: what the next state of an edition will bring, and the button that confirms it.

Not for: which steps there are (`app.editions.lifecycle.TRANSITIONS`) or what blocks one (`readiness.py`).
Holds always: no state changes without a page that says how many it concerns, since when and until when; where advice is not
followed, that is confirmed too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.edition_parts import draw, seen_version, shown_edition
from app.desk.edition_words import POINTS, STATES, STEP_NAMES
from app.editions.changing import pilot_codes
from app.editions.checks import Problem
from app.editions.current import EditionView
from app.editions.lifecycle import TRANSITIONS, ChangedEditionError, EditionRefusedError, move_edition
from app.editions.readiness import points_before
from app.registry.entities import count_in_force
from app.responses.tallies import Tally, tallies

LABELS: Final[dict[tuple[str, str], LazyString]] = {
    ("draft", "pilot"): _l("Avvia il pilota"),
    ("draft", "open"): _l("Apri l'edizione"),
    ("pilot", "draft"): _l("Riporta in bozza"),
    ("pilot", "open"): _l("Apri l'edizione"),
    ("open", "closed"): _l("Chiudi l'edizione"),
    ("closed", "open"): _l("Riapri l'edizione"),
    ("closed", "published"): _l("Segna come pubblicata"),
    ("published", "closed"): _l("Riporta a chiusa"),
}
FORWARD: Final = {("draft", "open"), ("pilot", "open"), ("open", "closed"), ("closed", "published")}


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the check list in words."""

    text: str
    met: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step that the edition may take. `name`: of its state in addresses; `forward`: the usual next one, now."""

    name: str
    state: str
    label: LazyString
    forward: bool
    checks: tuple[Check, ...]

    @property
    def blocked(self) -> bool:
        """Whether something must be put right first."""
        return any(check.blocks and not check.met for check in self.checks)

    @property
    def advised_against(self) -> bool:
        """Whether something is missing that can be done without."""
        return any(not check.met for check in self.checks)


def steps_from(edition: EditionView, at: dt.datetime) -> list[Step]:
    """The steps it may take now, the usual one first."""
    names = {state: name for name, state in STEP_NAMES.items()}
    steps = [_step(edition, state, names[state], at) for state in TRANSITIONS[edition.state]]
    return sorted(steps, key=lambda step: not step.forward)


def _step(edition: EditionView, state: str, name: str, at: dt.datetime) -> Step:
    pair = (edition.state, state)
    checks = [
        Check(str(POINTS[point.name][0 if point.met else 1]), point.met, point.blocks)
        for point in points_before(edition, state, at)
    ]
    early = edition.state == "open" and at < edition.closes_at
    return Step(name, state, LABELS[pair], pair in FORWARD and not early, tuple(checks))


@blueprint.route("/edizioni/<edition>/passa/<state>", methods=["GET", "POST"])
def edition_step(edition: str, state: str) -> ResponseReturnValue:
    """Say what the step brings; take it."""
    shown, at = shown_edition(edition), now()
    wanted = STEP_NAMES.get(state) or abort(404)
    step = next((one for one in steps_from(shown, at) if one.state == wanted), None)
    if step is None:
        flash(_("L'edizione non può passare a questo stato: guarda com'è adesso."), "warning")
        return redirect(url_for("desk.edition", edition=edition), 303)
    if request.method != "POST":
        return _page(shown, step)
    if step.blocked:
        return _page(shown, step), 409
    if step.advised_against and not request.form.get("confirmed"):
        return _page(shown, step, [Problem("confirmed", "unconfirmed")]), 422
    try:
        move_edition(edition, wanted, actor=required_staff().actor, now=at, seen=seen_version())
    except (ChangedEditionError, EditionRefusedError):
        return _page(shown_edition(edition), step, changed=True), 409
    flash(_("Fatto: l'edizione è ora «%(state)s».", state=STATES[wanted][0]), "success")
    return redirect(url_for("desk.edition", edition=edition), 303)


def _page(shown: EditionView, step: Step, problems: list[Problem] | None = None, *, changed: bool = False) -> str:
    return draw(
        "desk/edition_step.html",
        shown,
        problems or (),
        step=step,
        changed=changed,
        entities=count_in_force(),
        pilots=len(pilot_codes(shown.id)),
        tally=tallies().get(shown.id, Tally()),
        at=now(),
    )
