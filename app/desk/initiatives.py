"""`/gestione/pratiche/iniziative`: what the Regions do, entered, corrected and withdrawn by whoever follows them.

Not for: the rules (`app.practices.initiatives`), their review.
Holds always: a territory's person sees and changes those of the own Region and no other's; what was typed comes back with its
error.
"""

from __future__ import annotations

from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.initiative_forms import InitiativeForm, typed_of
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.desk.staff_forms import Errors, errors_of
from app.practices.initiatives import (
    ChangedInitiativeError,
    InitiativeRow,
    UnknownInitiativeError,
    add_initiative,
    change_initiative,
    count_initiatives,
    find_initiative,
    list_initiatives,
)
from app.practices.initiatives import withdraw_initiative as take_back
from app.practices.vocabulary import labels
from app.practices.words import STATE_TAGS
from app.registry.regions import REGIONS
from app.web.language import current_language

ROWS: Final = 50


@blueprint.get("/pratiche/iniziative")
def initiatives() -> str:
    """Those of the own Region, for a coordinator of all."""
    region = required_staff().region_code
    pager = paging(count_initiatives(region), rows=ROWS)
    return render_template(
        "desk/initiatives.html",
        rows=list_initiatives(region, ROWS, pager.offset),
        pager=pager,
        region=REGIONS.get(region or "", ""),
        regions=REGIONS,
        states=STATE_TAGS,
    )


@blueprint.route("/pratiche/iniziative/nuova", methods=["GET", "POST"])
def new_initiative() -> ResponseReturnValue:
    """Enter one."""
    region = required_staff().region_code or request.form.get("region", "")
    if request.method != "POST":
        return _draw(None, _form(empty=True), region, [])
    form = _form()
    problems = old_page() or [*([] if region in REGIONS else [("region", _("Scegli la Regione."))]), *_wrong(form)]
    if problems:
        return _draw(None, form, region, problems), 422
    add_initiative(region, form.record(), actor=required_staff().actor, now=now())
    flash(_("Iniziativa salvata: ora è in coda per l'esame."), "success")
    return redirect(url_for("desk.initiatives"), 303)


@blueprint.route("/pratiche/iniziative/<code>", methods=["GET", "POST"])
def initiative(code: str) -> ResponseReturnValue:
    """Correct one."""
    row = _row(code)
    if request.method != "POST":
        return _draw(row, _form(row), row.region_code, [])
    form, who = _form(), required_staff()
    if problems := old_page() or _wrong(form):
        return _draw(row, form, row.region_code, problems), 422
    try:
        changed = change_initiative(code, who.region_code, form.record(row.record), _seen(), actor=who.actor, now=now())
    except ChangedInitiativeError:
        return _draw(
            _row(code), form, row.region_code, [("", _("Nel frattempo qualcuno l'ha cambiata: controlla e salva di nuovo."))]
        ), 409
    flash(
        _("Correzione salvata: ora è in coda per l'esame.") if changed else _("Non è cambiato nulla."),
        "success" if changed else "info",
    )
    return redirect(url_for("desk.initiatives"), 303)


@blueprint.post("/pratiche/iniziative/<code>/ritira")
def withdraw_initiative(code: str) -> ResponseReturnValue:
    """Take one back."""
    row, who = _row(code), required_staff()
    try:
        take_back(row.code, who.region_code, _seen(), actor=who.actor, now=now())
    except ChangedInitiativeError:
        flash(_("Nel frattempo qualcuno l'ha cambiata: controlla, poi ritirala."), "warning")
    else:
        flash(_("«%(title)s» è ritirata e non è più sul sito. Per rimetterla, aprila e salvala.", title=row.title), "success")
    return redirect(url_for("desk.initiatives"), 303)


def _row(code: str) -> InitiativeRow:
    try:
        return find_initiative(code, required_staff().region_code)
    except UnknownInitiativeError:
        abort(404)


def _seen() -> int:
    written = request.form.get("versione", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 0


def _form(row: InitiativeRow | None = None, *, empty: bool = False) -> InitiativeForm:
    if row is not None:
        form = InitiativeForm(formdata=None, data=typed_of(row.record))
    else:
        form = InitiativeForm(formdata=None) if empty else InitiativeForm()
    form.choose_from(labels(current_language()))
    return form


def _wrong(form: InitiativeForm) -> Errors:
    form.validate()
    return errors_of(form)


def _draw(row: InitiativeRow | None, form: InitiativeForm, region: str, problems: Errors) -> str:
    return render_template(
        "desk/initiative.html",
        row=row,
        form=form,
        region=region,
        fixed=row is not None or required_staff().region_code is not None,
        regions=REGIONS,
        errors=problems,
    )
