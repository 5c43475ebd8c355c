"""`/gestione/utenti`: who works at the desk, in which role; adding, closing, resetting.

Not for: rules (`app.accounts.staff_accounts`), one's own account (`profile.py`).
Holds always: nobody sees another's link, password or second factor: the link goes by mail to its owner; what ends somebody's
access is asked for a second time, on a page that says what will happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.accounts.roles import ROLE_DEEDS, ROLE_NAMES
from app.accounts.staff import StaffRow, last_sign_ins, list_staff, staff_by_id
from app.accounts.staff_accounts import (
    StaffRefusedError,
    change_role,
    disable_member,
    enable_member,
    reset_member,
)
from app.accounts.staff_accounts import (
    add_member as add_to_staff,
)
from app.accounts.staff_persons import change_person as change_name_and_address
from app.clock import now
from app.desk import blueprint
from app.desk.old_pages import old_page
from app.desk.staff_forms import Errors, MemberForm, PersonForm, RoleForm, errors_of, refusal_of
from app.registry.regions import region_names

DISABLE, ENABLE, RESET = ACTS = ("disattiva", "riattiva", "azzera")


@blueprint.get("/utenti")
def members() -> ResponseReturnValue:
    """Everybody, by name."""
    names = {"roles": ROLE_NAMES, "regions": region_names()}
    return render_template("desk/members.html", members=list_staff(), last=last_sign_ins(), **names)


@blueprint.route("/utenti/nuovo", methods=["GET", "POST"])
def add_member() -> ResponseReturnValue:
    """Add somebody, who gets a link by mail."""
    if request.method != "POST":
        return _new_page(MemberForm(formdata=None), [])
    form = MemberForm()
    if wrong := old_page() or _wrong(form):
        return _new_page(form, wrong, 422)
    who = (form.email.data, form.name.data, form.role.data, form.region_code)
    try:
        add_to_staff(*who, actor=required_staff().actor, now=now(), mail=True)
    except StaffRefusedError as error:
        return _new_page(form, [refusal_of(error.reason)], 422)
    flash(_("%(name)s è tra gli utenti: riceve per e-mail un link per attivare l'accesso.", name=form.name.data), "success")
    return redirect(url_for("desk.members"), 303)


@blueprint.route("/utenti/<int(max=2147483647):person>", methods=["GET", "POST"])
def member(person: int) -> ResponseReturnValue:
    """One member; by POST, another role."""
    row = _member_or_404(person)
    if request.method != "POST":
        return _member_page(row, RoleForm(formdata=None, data={"role": row.role, "region": row.region_code}), [])
    form = RoleForm()
    if wrong := old_page() or _wrong(form):
        return _member_page(row, form, wrong, 422)
    try:
        change_role(person, form.role.data, form.region_code, actor=required_staff().actor, now=now())
    except StaffRefusedError as error:
        return _member_page(row, form, [refusal_of(error.reason)], 422)
    flash(_("Il ruolo di %(name)s è cambiato. Vale dalla prossima pagina che apre.", name=row.name), "success")
    return redirect(url_for("desk.member", person=person), 303)


@blueprint.route("/utenti/<int(max=2147483647):person>/modifica", methods=["GET", "POST"])
def change_person(person: int) -> ResponseReturnValue:
    """Another name or address."""
    row = _member_or_404(person)
    if request.method != "POST":
        return _person_page(row, PersonForm(formdata=None, data={"name": row.name, "email": row.email}), [])
    form = PersonForm()
    if wrong := old_page() or _wrong(form):
        return _person_page(row, form, wrong, 422)
    try:
        moved = change_name_and_address(person, form.email.data, form.name.data, actor=required_staff().actor, now=now())
    except StaffRefusedError as error:
        return _person_page(row, form, [refusal_of(error.reason)], 422)
    told = _("L'indirizzo è cambiato: un avviso va al vecchio e al nuovo.") if moved else _("Modifiche salvate.")
    flash(told, "success")
    return redirect(url_for("desk.member", person=person), 303)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the page asks for one act."""

    title: str
    consequences: tuple[str, ...]
    button: str
    done: str
    is_grave: bool = True


@blueprint.route(f"/utenti/<int(max=2147483647):person>/<any({', '.join(ACTS)}):act>", methods=["GET", "POST"])
def confirm_member(person: int, act: str) -> ResponseReturnValue:
    """Ask once more, then close, open again or reset an account."""
    row = _member_or_404(person)
    wording = _WORDINGS[act](row)
    if request.method != "POST":
        return render_template("desk/member_confirm.html", member=row, wording=wording, errors=[])
    try:
        _do(act, row)
    except StaffRefusedError as error:
        page = render_template("desk/member_confirm.html", member=row, wording=wording, errors=[refusal_of(error.reason)])
        return page, 422
    flash(wording.done, "success")
    return redirect(url_for("desk.member", person=person), 303)


def _do(act: str, row: StaffRow) -> None:
    actor = required_staff().actor
    if act == RESET:
        reset_member(row.id, actor=actor, now=now(), mail=True)
    elif act == DISABLE:
        disable_member(row.id, actor=actor, now=now())
    else:
        enable_member(row.id, actor=actor, now=now())


def _member_or_404(person: int) -> StaffRow:
    row = staff_by_id(person)
    if row is None:
        abort(404)
    return row


def _wrong(form: PersonForm | RoleForm) -> Errors:
    return [] if form.validate() else errors_of(form)


def _person_page(row: StaffRow, form: PersonForm, errors: Errors, status: int = 200) -> ResponseReturnValue:
    return render_template("desk/member_person.html", member=row, form=form, errors=errors), status


def _new_page(form: MemberForm, errors: Errors, status: int = 200) -> ResponseReturnValue:
    return render_template("desk/member_new.html", form=form, errors=errors, deeds=ROLE_DEEDS), status


def _member_page(row: StaffRow, form: RoleForm, errors: Errors, status: int = 200) -> ResponseReturnValue:
    names = {"roles": ROLE_NAMES, "deeds": ROLE_DEEDS, "regions": region_names()}
    own = row.id == required_staff().staff_id
    page = render_template(
        "desk/member.html", member=row, form=form, errors=errors, own=own, last=last_sign_ins().get(row.id), **names
    )
    return page, status


def _ask_disable(row: StaffRow) -> Wording:
    return Wording(
        _("Disattiva %(name)s", name=row.name),
        (
            _("Esce subito da tutti i browser e non può più entrare."),
            _("Quello che ha fatto resta, con il suo nome. Puoi riattivare l'accesso quando vuoi."),
        ),
        _("Disattiva"),
        _("%(name)s non può più entrare.", name=row.name),
    )


def _ask_enable(row: StaffRow) -> Wording:
    return Wording(
        _("Riattiva %(name)s", name=row.name),
        (_("Può entrare di nuovo con la password e il telefono di prima, nel ruolo che aveva."),),
        _("Riattiva"),
        _("%(name)s può entrare di nuovo.", name=row.name),
        is_grave=False,
    )


def _ask_reset(row: StaffRow) -> Wording:
    return Wording(
        _("Azzera l'accesso di %(name)s", name=row.name),
        (
            _("La password e il telefono collegato non valgono più; esce subito da tutti i browser."),
            _("A %(email)s arriva un link per scegliere una nuova password e collegare il telefono.", email=row.email),
        ),
        _("Azzera e invia il link"),
        _("L'accesso di %(name)s è azzerato: il link è in partenza.", name=row.name),
    )


_WORDINGS: Final = {DISABLE: _ask_disable, ENABLE: _ask_enable, RESET: _ask_reset}
