"""`/gestione/accessi/<codice>/persone`: who fills in for an entity; a copy of one person's data, and their erasure.

For whoever must answer a request under articles 15 and 17 of the GDPR. Not for: what a person reads of themselves
(`app.fill.privacy`), terms (`flask privacy purge`), or people of an entity that is no longer in force (`flask privacy`).
Holds always: a person of another entity is as if they did not exist; a copy and an erasure stand in the log; an erasure is
confirmed on a page that says what goes and what stays.
"""

from __future__ import annotations

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.operators import OperatorRow, list_operators, removed_operators, telephone_operators
from app.accounts.permissions import required_staff
from app.audit.chain import record
from app.clock import now
from app.desk import blueprint
from app.desk.logins import asked_entity
from app.extensions import db
from app.privacy.erasing import NothingToEraseError, erase_operator
from app.privacy.exporting import UnknownPersonError, person_data
from app.registry.entities import EntityRow


@blueprint.get("/accessi/<code>/persone")
def people(code: str) -> str:
    """Those who fill in for the entity, and those whom it has taken from its list."""
    entity = asked_entity(code)
    return render_template(
        "desk/login_people.html",
        entity=entity,
        people=[*list_operators(entity.id), *telephone_operators(entity.id)],
        removed=removed_operators(entity.id),
    )


@blueprint.post("/accessi/<code>/persone/<int(max=2147483647):number>/copia")
def person_copy(code: str, number: int) -> ResponseReturnValue:
    """All that is kept of one person, as a file; a POST, because it leaves an entry in the log."""
    entity = asked_entity(code)
    try:
        found = person_data(number, entity.id)
    except UnknownPersonError:
        return _gone(entity)
    record("operator_exported", actor=required_staff().actor, subject=f"operator:{number}", detail={}, now=now())
    db.session.commit()
    response = jsonify(found)
    response.headers["Content-Disposition"] = f'attachment; filename="dati-persona-{number}.json"'
    return response


@blueprint.route("/accessi/<code>/persone/<int(max=2147483647):number>/cancella", methods=["GET", "POST"])
def erase_person(code: str, number: int) -> ResponseReturnValue:
    """Say what goes and what stays; then erase."""
    entity = asked_entity(code)
    if request.method != "POST":
        return render_template("desk/login_person_erase.html", entity=entity, person=_person(entity, number))
    try:
        erase_operator(number, actor=required_staff().actor, now=now(), entity_id=entity.id)
    except NothingToEraseError:
        return _gone(entity)
    flash(_("Dati della persona cancellati. Le risposte dell'ente sono rimaste com'erano."), "success")
    return redirect(url_for("desk.people", code=entity.code), 303)


def _person(entity: EntityRow, number: int) -> OperatorRow:
    people = (*list_operators(entity.id), *telephone_operators(entity.id), *removed_operators(entity.id))
    known = {row.id: row for row in people}
    return known.get(number) or abort(404)


def _gone(entity: EntityRow) -> ResponseReturnValue:
    flash(_("Questa persona non c'è: i suoi dati sono già stati cancellati."), "info")
    return redirect(url_for("desk.people", code=entity.code), 303)
