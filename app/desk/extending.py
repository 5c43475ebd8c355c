"""`/gestione/proroga`: a later deadline for all entities of a filter: until when, who gets it and who not, why, confirm.

Not for: one entity (its own page).
Holds always: looking changes nothing and has an address; what confirms is a POST that says how many were seen, and beyond a
thousand the number has been typed; what was typed comes back with its error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from app.chasing.extending import ChangedPlanError, ExtensionPlan, Scope, extend_filtered, plan_extension
from app.clock import now
from app.desk import blueprint
from app.desk.asked import Asked, address_of, ask
from app.desk.chasing_words import short
from app.desk.granting import Problems, TypedGrant, grant_problems, read_grant, refusal
from app.desk.old_pages import old_page
from app.desk.responses import chips
from app.editions.extensions import MINUTE, ExtensionRefusedError
from app.editions.many_extensions import finishes_at

TYPED_BEYOND: Final = 1_000
"""How many may get it before whoever confirms has to type the number."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed."""

    grant: TypedGrant
    reopening: bool
    number: str = ""


@blueprint.route("/proroga", methods=["GET", "POST"])
def extend() -> ResponseReturnValue:
    """Choose, look, confirm."""
    asked = ask()
    if asked is None:
        abort(404)
    typed = Typed(read_grant(request), request.values.get("riapri") == "si", request.form.get("numero", "").strip()[:20])
    problems = _problems_of_time(asked, typed)
    plan = None if problems or typed.grant.closes_at is None else _plan(asked, typed)
    if request.method == "GET" or plan is None:
        shown = problems if typed.grant.day or request.method == "POST" else []
        return _draw(asked, typed, plan, shown), (422 if shown else 200)
    problems = old_page() or grant_problems(typed.grant, asked.at) + _number_problems(typed, plan)
    return _confirm(asked, typed, plan, problems)


def _confirm(asked: Asked, typed: Typed, plan: ExtensionPlan, problems: Problems) -> ResponseReturnValue:
    closes_at, seen = typed.grant.closes_at, request.form.get("visti", "")
    if problems or closes_at is None:
        return _draw(asked, typed, plan, problems), 422
    try:
        granted = extend_filtered(
            _scope(asked),
            closes_at,
            typed.grant.reason,
            seen=int(seen) if seen.isascii() and seen.isdigit() else -1,
            actor=asked.staff.actor,
            now=now(),
            reopening=typed.reopening,
            tell=typed.grant.tell,
        )
    except ExtensionRefusedError as error:
        return _draw(asked, typed, plan, [refusal(error.reason)]), 422
    except ChangedPlanError:
        changed = _("Nel frattempo gli enti sono cambiati: ora sono quelli che vedi qui. Controlla e conferma di nuovo.")
        return _draw(asked, typed, _plan(asked, typed), [("", changed)]), 422
    until, number = short(closes_at - MINUTE), format_decimal(granted.entities)
    text = ngettext(
        "%(number)s ente può rispondere fino al %(until)s. Messaggi in coda: %(messages)s.",
        "%(number)s enti possono rispondere fino al %(until)s. Messaggi in coda: %(messages)s.",
        granted.entities,
        number=number,
        until=until,
        messages=format_decimal(granted.messages),
    )
    flash(text, "success")
    return redirect(address_of(url_for("desk.responses"), asked.wanted), 303)


def _problems_of_time(asked: Asked, typed: Typed) -> Problems:
    """What is wrong with the day and the hour, whatever the reason."""
    found = [problem for problem in grant_problems(typed.grant, asked.at) if problem[0] == "giorno"]
    closes_at = typed.grant.closes_at
    if not found and closes_at is not None and asked.edition.state == "open" and closes_at < asked.edition.closes_at:
        found = [refusal("earlier")]
    return found


def _number_problems(typed: Typed, plan: ExtensionPlan) -> Problems:
    if plan.granted <= TYPED_BEYOND or typed.number.replace(".", "").replace(" ", "") == str(plan.granted):
        return []
    wanted = format_decimal(plan.granted)
    return [("numero", _("Scrivi il numero degli enti che ricevono la proroga: %(number)s.", number=wanted))]


def _scope(asked: Asked) -> Scope:
    return Scope(asked.edition, asked.wanted, asked.today, asked.region)


def _plan(asked: Asked, typed: Typed) -> ExtensionPlan | None:
    closes_at = typed.grant.closes_at
    return None if closes_at is None else plan_extension(_scope(asked), closes_at, asked.at, reopening=typed.reopening)


def _draw(asked: Asked, typed: Typed, plan: ExtensionPlan | None, problems: Problems) -> str:
    closes_at = typed.grant.closes_at
    return render_template(
        "desk/extend.html",
        asked=asked,
        typed=typed,
        plan=plan,
        problems=problems,
        errors=dict(problems),
        chips=chips(asked, url_for("desk.extend")),
        here=address_of(url_for("desk.extend"), asked.wanted),
        back=address_of(url_for("desk.responses"), asked.wanted),
        deadline=short(asked.edition.deadline),
        until=short(closes_at - MINUTE) if closes_at else "",
        last_message=short(finishes_at(plan.granted, asked.at)) if plan else "",
        must_type=plan is not None and plan.granted > TYPED_BEYOND,
    )
