"""`/gestione/accessi/<code>/sospendi`: suspend one login, with a reason, and let it in again.

Not for: ending a password (`logins.py`) or what a suspension stops (`app.accounts.suspensions`).
Holds always: a page says first what ends, what stays and how it is taken back; the reason is read by administrators alone.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.accounts.session_list import list_sessions
from app.accounts.suspensions import LONGEST_REASON, is_suspended, lift_suspension
from app.accounts.suspensions import suspend_login as suspend_one
from app.clock import now
from app.desk import blueprint
from app.desk.logins import asked_entity
from app.desk.old_pages import old_page
from app.registry.entities import EntityRow
from app.web.incoming import NUL

_LONGEST_TYPED = 5_000
Problems = list[tuple[str, str]]


@blueprint.route("/accessi/<code>/sospendi", methods=["GET", "POST"])
def suspend_login(code: str) -> ResponseReturnValue:
    """Say what a suspension does to this login; then do it."""
    entity = asked_entity(code)
    if request.method != "POST":
        if is_suspended(entity.id):
            return redirect(url_for("desk.login", code=entity.code), 303)
        return _draw(entity, "")
    reason = " ".join(request.form.get("motivo", "")[:_LONGEST_TYPED].split())
    problems = old_page() or _problems(reason)
    if problems:
        return _draw(entity, reason, problems), 422
    if suspend_one(entity, reason=reason, actor=required_staff().actor, now=now()):
        flash(_("Accesso sospeso: chi era entrato è uscito, e nessuno entra finché non lo riattivi."), "success")
    else:
        flash(_("L'accesso era già sospeso."), "info")
    return redirect(url_for("desk.login", code=entity.code), 303)


@blueprint.post("/accessi/<code>/riattiva")
def resume_login(code: str) -> ResponseReturnValue:
    """Let the entity in again."""
    entity = asked_entity(code)
    if lift_suspension(entity, actor=required_staff().actor, now=now()):
        flash(_("Accesso riattivato: password, link e codice valgono come prima."), "success")
    else:
        flash(_("L'accesso non era sospeso."), "info")
    return redirect(url_for("desk.login", code=entity.code), 303)


def _problems(reason: str) -> Problems:
    if not reason:
        return [("motivo", _("Scrivi perché lo sospendi: chi lo riattiva deve saperlo."))]
    if len(reason) > LONGEST_REASON:
        most, count = LONGEST_REASON, len(reason)
        return [("motivo", _("Accorcia il testo: al massimo %(most)d caratteri, ora sono %(count)d.", most=most, count=count))]
    if NUL in reason:
        return [("motivo", _("Scrivi il testo di nuovo: contiene un carattere che non si può salvare."))]
    return []


def _draw(entity: EntityRow, reason: str, problems: Problems | None = None) -> str:
    return render_template(
        "desk/login_suspend.html",
        entity=entity,
        reason=reason,
        sessions=len(list_sessions(entity.id, now())),
        problems=problems or [],
        errors=dict(problems or []),
    )
