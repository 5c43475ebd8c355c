"""What the tests of logins do around the pages: an entity's own browser, addresses, forms with choices in a list."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.links import create_activation_link, redeem_activation_link
from app.audit.models import AuditEntry
from app.extensions import db
from app.registry.addresses import add_address
from app.registry.entities import EntityRow, find_by_code
from tests.fill.person import Person, Screen

FIRENZE, SAMONE_TN, SAMONE_TO, LONG, BOLZANO = "048017", "022165", "001235", "068038", "021008"
OFFICE = "protocollo@comune.example.org"
PASSWORD = "cavallo batteria graffetta"


def entity(code: str = FIRENZE) -> EntityRow:
    found = find_by_code(code)
    assert found is not None
    return found


def activate(code: str, now: dt.datetime) -> None:
    token = create_activation_link(code, now).rpartition("/")[2]
    redeem_activation_link(token, PASSWORD, now)


def register(code: str, now: dt.datetime, email: str = OFFICE, purpose: str = "registry_office") -> int:
    return add_address(entity(code).id, purpose=purpose, email=email, source="csv", actor="test", now=now)


def sign_in(client: FlaskClient, code: str = FIRENZE, password: str = PASSWORD) -> TestResponse:
    """Sign in as an office does, over HTTP."""
    token = Person(client).get("/accedi").value("csrf_token")[0]
    return client.post("/accedi", data={"csrf_token": token, "entity": code, "password": password})


def choose(person: Person, screen: Screen, action: str, **fields: str) -> Screen:
    """Send the form to `action` with these fields, for lists to choose from."""
    token = screen.form(action).fields["csrf_token"][0]
    return person._follow(person.client.post(action, data={"csrf_token": token, **fields}), "")


def deeds() -> list[tuple[str, str]]:
    """(action, actor) of the audit by staff, in order."""
    query = sa.select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.actor.startswith("staff:"))
    return [(row.action, row.actor) for row in db.session.execute(query.order_by(AuditEntry.number))]
