"""Pages of those who were invited, or asked to verify an address: `/invito/…` and `/verifica/…`.

Not for: inviting (`app.fill`) or rules (`app.accounts`).
Holds always: a GET changes nothing, because mail scanners ask; a POST uses the link up.
"""

from __future__ import annotations

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import blueprint, messages
from app.access.entering import enter, place
from app.access.forms import InvitedForm
from app.access.local_paths import START
from app.access.pages import dead_link_page, errors_of
from app.accounts.invitations import VERIFICATION, Invited, invited_by_link, verify_address
from app.accounts.links import DeadLinkError
from app.accounts.permissions import signed_in
from app.accounts.places import remember_operator
from app.accounts.signing_in import sign_in_invited
from app.clock import now


@blueprint.route("/invito/<token>", methods=["GET", "POST"])
def take_up(token: str) -> ResponseReturnValue:
    """Say by whom the reader is invited; by POST, who the reader is, and enter."""
    try:
        invited = invited_by_link(token, now())
        if request.method != "POST":
            return _invited_page(InvitedForm(formdata=None), invited)
        form = InvitedForm()
        if g.get("csrf_failed"):
            return _invited_page(form, invited, 400, refusal=messages.page_too_old())
        if not form.validate():
            return _invited_page(form, invited, 422)
        return _enter_invited(token, form, invited)
    except DeadLinkError:
        return dead_link_page()


@blueprint.route("/verifica/<token>", methods=["GET", "POST"])
def verify(token: str) -> ResponseReturnValue:
    """Say whose address the link verifies; do it by POST."""
    try:
        invited = invited_by_link(token, now(), VERIFICATION)
        if request.method != "POST":
            return _verify_page(invited)
        if g.get("csrf_failed"):
            return _verify_page(invited, 400, refusal=messages.page_too_old())
        verify_address(token, now())
    except DeadLinkError:
        return dead_link_page()
    flash(_("L'indirizzo %(email)s è verificato.", email=invited.email), "success")
    return redirect(url_for("fill.entity" if signed_in() is not None else "public.home"), 303)


def _enter_invited(token: str, form: InvitedForm, invited: Invited) -> Response:
    declared = {name: form[name].data for name in ("name", "office", "phone")}
    signed = sign_in_invited(token, **declared, place=place(), now=now())
    if signed.operator_id is not None:
        remember_operator(invited.entity.id, signed.device_token, signed.operator_id)
    response = enter(signed, START, None)
    flash(_("Ora compili per %(name)s. Il tuo indirizzo è verificato.", name=invited.entity.label), "success")
    return response


def _invited_page(form: InvitedForm, invited: Invited, status: int = 200, *, refusal: str = "") -> Response:
    errors = errors_of(form) + ([("", refusal)] if refusal else [])
    page = render_template("access/invited.html", form=form, invited=invited, errors=errors)
    return make_response(page, status)


def _verify_page(invited: Invited, status: int = 200, *, refusal: str = "") -> Response:
    errors = [("", refusal)] if refusal else []
    return make_response(render_template("access/verify.html", invited=invited, errors=errors), status)
