"""`/gestione/promemoria/destinatari`: audiences that are kept under a name, and the list of whom a batch that is being planned
reaches.

Not for: who is in one (`app.reminders.audience_numbers`), or planning a batch (`planning.py`).
Holds always: what was typed comes back with its error; what is taken away can be brought back; all are counted in one query.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.filters import Filter
from app.chasing.respondents import fresh_respondents
from app.clock import now
from app.desk import blueprint
from app.desk.asked import address_of
from app.desk.batches import the_edition
from app.desk.filter_words import in_words
from app.desk.old_pages import old_page
from app.desk.plan_drafts import read_draft
from app.desk.reminder_words import AUDIENCE_WORDS, left_out_words
from app.desk.responses import asked_page
from app.reminders import saved_audiences as stored
from app.reminders.audience import Choice
from app.reminders.audience_numbers import PAGE, Question, count_audience, count_each, list_left_out, list_reached
from app.reminders.saved_audiences import SavedRow, UnfitAudienceError, UnknownAudienceError
from app.reminders.templates import template_or_shipped

LONGEST_NUMBER = 10
LEFT_OUT = "esclusi"
Errors = list[tuple[str, str]]


@blueprint.get("/promemoria/destinatari")
def audiences() -> str:
    """Those that are kept, with how many entities each finds today."""
    edition, at, staff = the_edition(), now(), required_staff()
    fresh_respondents(edition, at)
    rows = stored.list_saved()
    counts = count_each(edition, [Choice(row.filter) for row in rows], at, region=staff.region_code)
    listed = [_listed(row, count) for row, count in zip(rows, counts, strict=True)]
    removed = _asked_row(request.args.get("tolto", ""))
    gone = removed if removed is not None and removed.removed_at is not None else None
    return render_template("desk/audiences.html", audiences=listed, removed=gone)


def _listed(row: SavedRow, count: int) -> dict[str, Any]:
    pages = {"list_address": url_for("desk.responses"), "remind_address": url_for("desk.new_batch")}
    addresses = {name: address_of(path, row.filter) for name, path in pages.items()}
    return {"row": row, "count": count, "words": in_words(row.filter), **addresses}


@blueprint.route("/promemoria/destinatari/nuovo", methods=["GET", "POST"])
def new_audience() -> ResponseReturnValue:
    """Keep the filter of an address under a name."""
    chosen, staff = Filter.from_args(request.args), required_staff()
    if request.method != "POST":
        return _draw(None, chosen, "", [])
    name = request.form.get("nome", "")
    if wrong := old_page():
        return _draw(None, chosen, name, wrong), 422
    try:
        stored.save_audience(name, chosen, actor=staff.actor, now=now())
    except UnfitAudienceError as error:
        return _draw(None, chosen, name, _errors(error)), 422
    flash(_("Gruppo salvato."), "success")
    return redirect(url_for("desk.audiences"), 303)


@blueprint.route("/promemoria/destinatari/<int(max=2147483647):audience>", methods=["GET", "POST"])
def audience(audience: int) -> ResponseReturnValue:
    """Give it another name."""
    row, staff = _row(audience), required_staff()
    if row.removed_at is not None:
        abort(404)
    if request.method != "POST":
        return _draw(row, row.filter, row.name, [])
    name = request.form.get("nome", "")
    if wrong := old_page():
        return _draw(row, row.filter, name, wrong), 422
    try:
        stored.rename_audience(row.id, name, actor=staff.actor, now=now())
    except UnfitAudienceError as error:
        return _draw(row, row.filter, name, _errors(error)), 422
    flash(_("Nome cambiato."), "success")
    return redirect(url_for("desk.audiences"), 303)


@blueprint.post("/promemoria/destinatari/<int(max=2147483647):audience>/<any(togli, ripristina):deed>")
def keep_audience(audience: int, deed: str) -> ResponseReturnValue:
    """Take it away, or bring it back."""
    row, staff = _row(audience), required_staff()
    try:
        stored.set_audience_removed(row.id, deed == "togli", actor=staff.actor, now=now())
    except UnfitAudienceError:
        flash(_("Un altro gruppo ha preso questo nome: cambialo, poi ripristina."), "warning")
        return redirect(url_for("desk.audiences"), 303)
    return redirect(url_for("desk.audiences", tolto=row.id if deed == "togli" else None), 303)


@blueprint.get("/promemoria/nuovo/elenco")
def batch_audience() -> str:
    """A page of whom the batch that is being planned reaches, or of whom it does not."""
    edition, at, staff, draft = the_edition(), now(), required_staff(), read_draft(request.args)
    fresh_respondents(edition, at)
    occasion = template_or_shipped(edition.id, draft.template_id).occasion
    plan, _wrong = draft.plan(edition, at, staff.region_code, occasion)
    starts_at = at if plan is None else plan.schedule.starts_at
    asked = Question(edition, draft.choice, starts_at, at, draft.channel, staff.region_code, occasion)
    numbers, left_out = count_audience(asked), request.args.get("elenco", "") == LEFT_OUT
    total = numbers.found - numbers.recipients if left_out else numbers.recipients
    pages = max(1, -(-total // PAGE))
    page = min(asked_page(), pages)
    path = url_for("desk.batch_audience") + draft.query("chi") + (f"&elenco={LEFT_OUT}" if left_out else "")
    return render_template(
        "desk/batch_audience.html",
        left_out=left_out,
        rows=list_left_out(asked, page) if left_out else list_reached(asked, page),
        total=total,
        page=page,
        pages=pages,
        page_address=lambda number: f"{path}&pagina={number}",
        back=url_for("desk.new_batch") + draft.query("chi"),
        audience_words=AUDIENCE_WORDS,
        left_out_words=left_out_words(draft.channel, occasion),
    )


def _draw(row: SavedRow | None, chosen: Filter, name: str, errors: Errors) -> str:
    back = url_for("desk.audiences") if row else address_of(url_for("desk.responses"), chosen)
    action = url_for("desk.audience", audience=row.id) if row else address_of(url_for("desk.new_audience"), chosen)
    shown = {"row": row, "words": in_words(chosen), "name": name, "errors": errors}
    return render_template("desk/audience.html", **shown, action=action, back=back)


def _errors(error: UnfitAudienceError) -> Errors:
    """(id of the field, what is wrong)."""
    told = {
        "no_name": _("Scrivi un nome, per esempio «Piccoli Comuni con una bozza ferma»."),
        "long_name": _("Scrivi un nome di al massimo %(count)d caratteri, su una riga.", count=stored.LONGEST_NAME),
        "taken": _("C'è già un gruppo con questo nome: scegline un altro."),
        "empty": _("Scegli prima almeno un filtro: senza filtri il gruppo sarebbe fatto di tutti gli enti."),
        "long_choice": _("I filtri sono troppi per salvarli insieme: togline qualcuno."),
        "too_many": _("I gruppi sono già %(count)d: togline uno che non serve più.", count=stored.MOST),
    }
    return [("nome", told[error.reason])]


def _asked_row(text: str) -> SavedRow | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0
    try:
        return stored.saved_audience(number) if number else None
    except UnknownAudienceError:
        return None


def _row(audience_id: int) -> SavedRow:
    try:
        return stored.saved_audience(audience_id)
    except UnknownAudienceError:
        abort(404)
