"""`/gestione/accessi`: find an entity, see how its login stands, reset it, let it try its password again.

Not for: resets of many (`login_runs.py`), addresses (`login_addresses.py`) or letters (`login_letters.py`).
Holds always: nobody sees or sets a password here; a reset is confirmed on a page that says what ends, what stays, and to
which addresses the link goes.
"""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.links import RESET, UnknownEntityError, entity_in_force
from app.accounts.login_state import LISTED, login_rows, login_state, select_in_state
from app.accounts.permissions import required_staff
from app.accounts.resets import reset_login as reset_one
from app.accounts.resets import unlock_login as unlock_one
from app.accounts.session_list import list_sessions
from app.accounts.staff import staff_names
from app.accounts.suspensions import is_suspended
from app.clock import now
from app.desk import blueprint
from app.desk.login_paging import paging
from app.desk.login_words import CODE_STATES, LOGIN_STATES
from app.desk.login_words import LISTED as LISTED_WORDS
from app.editions.current import current_edition
from app.registry.addresses import addresses_of, purpose_label
from app.registry.entities import LONGEST_SEARCH, EntityRow, count_entities, search_entities
from app.registry.recipients import recipients_of

ROWS = 20


def asked_entity(code: str) -> EntityRow:
    """The entity in force of an address; 404 where there is none."""
    try:
        return entity_in_force(code)
    except UnknownEntityError:
        abort(404)


@blueprint.get("/accessi")
def logins() -> str:
    """Find an entity by name or code, or all whose login stands so; its login's state beside each."""
    text = request.args.get("q", "")[:LONGEST_SEARCH].strip()
    state = request.args.get("stato", "")
    among = select_in_state(state) if state in LISTED else None
    pager = paging(count_entities(text, among=among), rows=ROWS)
    found = search_entities(text, among=among, limit=ROWS, offset=pager.offset)
    rows = login_rows([entity.id for entity in found], now())
    return render_template(
        "desk/logins.html",
        text=text,
        state=state if among is not None else "",
        listed=[(code, str(LISTED_WORDS[code])) for code in LISTED],
        pager=pager,
        found=[(entity, rows[entity.id]) for entity in found],
        states=LOGIN_STATES,
    )


@blueprint.get("/accessi/<code>")
def login(code: str) -> str:
    """How one login stands, and what can be done about it."""
    entity = asked_entity(code)
    instant, edition = now(), current_edition()
    return render_template(
        "desk/login.html",
        entity=entity,
        login=login_state(entity.id, edition.id if edition else None, instant),
        sessions=list_sessions(entity.id, instant),
        addresses=addresses_of(entity.id),
        recipients=recipients_of(entity.id, RESET, now()),
        purpose_label=purpose_label,
        states=LOGIN_STATES,
        code_states=CODE_STATES,
        names={f"staff:{number}": name for number, name in staff_names().items()},
    )


@blueprint.route("/accessi/<code>/azzera", methods=["GET", "POST"])
def reset_login(code: str) -> ResponseReturnValue:
    """Say what a reset does to this login; then do it."""
    entity = asked_entity(code)
    if request.method != "POST":
        return render_template(
            "desk/login_reset.html",
            entity=entity,
            login=login_rows([entity.id], now())[entity.id],
            sessions=len(list_sessions(entity.id, now())),
            recipients=recipients_of(entity.id, RESET, now()),
            states=LOGIN_STATES,
        )
    recipients = reset_one(entity.code, actor=required_staff().actor, now=now())
    if is_suspended(entity.id):
        flash(_("Accesso azzerato. È sospeso: il link parte solo se lo azzeri di nuovo dopo averlo riattivato."), "warning")
    elif recipients:
        flash(_("Accesso azzerato. Il link per la nuova password va a: %(to)s.", to=", ".join(recipients)), "success")
    else:
        flash(_("Accesso azzerato. Nessun indirizzo: il link non è partito. Consegna la lettera con il codice."), "warning")
    return redirect(url_for("desk.login", code=entity.code), 303)


@blueprint.post("/accessi/<code>/sblocca")
def unlock_login(code: str) -> ResponseReturnValue:
    """Let whoever tries the password try again at once."""
    entity = asked_entity(code)
    if unlock_one(entity.code, actor=required_staff().actor, now=now()):
        flash(_("Attesa tolta: si può riprovare subito con la password."), "success")
    else:
        flash(_("Nessuno doveva aspettare: i conteggi dei tentativi ripartono da zero."), "info")
    return redirect(url_for("desk.login", code=entity.code), 303)
