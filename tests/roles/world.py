"""Two entities with data that could leak, and whoever may ask for it.

Every text that an entity has written holds its secret word, so that a leak shows as a word on somebody else's page.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.identity import TelephoneSession
from app.accounts.models import StaffMember
from app.accounts.operators import add_operator, remember_declared
from app.accounts.sessions import open_session
from app.accounts.staff import ROLES, TERRITORY
from app.accounts.tokens import token_hash
from app.demo.loading import demo_edition
from app.editions.current import EditionView, edition_by_code
from app.editions.lifecycle import move_edition, store_edition
from app.editions.models import Edition
from app.extensions import db
from app.registry.addresses import add_address, propose_change
from app.registry.entities import find_by_code
from app.responses.document import Operation, write_document
from app.responses.drafts import Author, apply
from app.responses.reading import open_response, response_by_id
from app.responses.submission import submit_response
from app.threads.files import NewFile
from app.threads.writing import About, Writer, Written, open_thread
from tests.conftest import START
from tests.desk.staff import STAFF_COOKIE, add_member, sit_down
from tests.kept_rows import KeptRows
from tests.registry_rows import add_municipalities

SESSION_COOKIE = "ricognizione"
BYSTANDER = 1
"""The id of a member of staff to whom things may be done without ending the session of whoever does them."""
BY_TELEPHONE = "territory, by telephone for entity A"
SHEET_STEPS = {"centri": "S", "pratiche": "P"}


@dataclass(frozen=True)
class Owner:
    """An entity, the word that all its texts hold, and its sheets by the name they have in addresses."""

    code: str
    entity_id: int
    secret: str
    operator_id: int
    response_id: int
    items: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    app: Flask
    a: Owner
    b: Owner

    def client(self, role: str) -> FlaskClient:
        """A browser of this role, with a session of its own: `anonymous`, `entity A`, `entity B`, `entity A, nobody yet`, or
        one of the roles of staff; a territory's person sees the Region of entity A."""
        client = self.app.test_client()
        if role == BY_TELEPHONE:
            with self.app.app_context():
                return _call(client, self.a)
        if role in ROLES:
            with self.app.app_context():
                return sit_down(client, role, START)
        if role == "anonymous":
            return client
        owner = self.b if role == "entity B" else self.a
        with self.app.app_context():
            operator = None if role.endswith("nobody yet") else owner.operator_id
            token = open_session(owner.entity_id, START, operator_id=operator)
            db.session.commit()
        client.set_cookie(SESSION_COOKIE, token, domain="localhost")
        return client

    def stored(self, owner: Owner) -> bytes | str:
        """The entity's answers as they are stored."""
        with self.app.app_context():
            response = response_by_id(owner.response_id)
            assert response is not None
            return write_document(response.document)


def _call(client: FlaskClient, owner: Owner) -> FlaskClient:
    """A territory's person who fills in by telephone for an entity of its Region."""
    sit_down(client, TERRITORY, START)
    cookie = client.get_cookie(STAFF_COOKIE, domain="localhost")
    assert cookie is not None
    db.session.execute(sa.update(Edition).values(telephone="territory"))
    staff_id, key = add_member(TERRITORY, START), token_hash(cookie.value)
    officer = {"name": "Persona in linea", "office": "Anagrafe", "email": "", "phone": "06 0"}
    operator = remember_declared(owner.entity_id, **officer, now=START, staff_id=staff_id)
    edition = edition_by_code("demo")
    assert edition is not None
    token = open_session(owner.entity_id, START, operator_id=operator, telephone=TelephoneSession(staff_id, key, edition.id))
    db.session.commit()
    client.set_cookie(SESSION_COOKIE, token, domain="localhost")
    return client


_OWNERS: dict[str, tuple[Owner, Owner]] = {}


def build_world(app: Flask) -> World:
    """Two municipalities, each with a complete response that was sent once."""
    with app.app_context():
        WORLD.write()
        return World(app, *_OWNERS[db.engine.dialect.name])


def make_world(now: dt.datetime = START) -> tuple[Owner, Owner]:
    """Write the world into an empty database, as of this instant; its two entities. Commits."""
    add_municipalities("048017", "022165")
    bystander = {"email": "altra@example.org", "name": "Altra Persona", "role": "reviewer", "password_hash": "unused"}
    db.session.execute(sa.insert(StaffMember).values(id=BYSTANDER, **bystander, totp_serial=1, totp_step=0, created_at=now))
    _leave_room_for_others()
    store_edition(demo_edition(now), actor="test", now=now)
    move_edition("demo", "open", actor="test", now=now)
    edition = edition_by_code("demo")
    assert edition is not None
    return add_owner("048017", "Ginepro", edition, now), add_owner("022165", "Larice", edition, now)


def _keep_world() -> None:
    _OWNERS[db.engine.dialect.name] = make_world()


WORLD = KeptRows(_keep_world)


def _leave_room_for_others() -> None:
    """PostgreSQL does not count an id that was given."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("SELECT setval(pg_get_serial_sequence('staff_member', 'id'), :last)"), {"last": BYSTANDER})
    db.session.commit()


def add_owner(code: str, secret: str, edition: EditionView, now: dt.datetime) -> Owner:
    """A complete response of this municipality, sent at `now`; every text in it holds the secret word."""
    entity = find_by_code(code)
    assert entity is not None
    operator_id = add_operator(
        entity.id, name=f"Operatore {secret}", office=secret, email=f"{secret.lower()}@example.org", phone="06 0", now=now
    )
    response = open_response(entity.id, edition, now)
    items = {address: str(uuid.uuid4()) for address in SHEET_STEPS}
    author = Author(operator_id, code.ljust(64, "0"))
    reply, changed = apply(response, _operations(secret, items), author, now, save_id="first")
    assert not reply.refused
    submit_response(changed, author, now, seen_version=changed.version)
    file = NewFile(f"{secret}.csv", "csv", f"allegato di {secret}".encode())
    asked = Written(f"Messaggio di {secret}", secret, (file,))
    open_thread(edition, entity, About(f"Oggetto di {secret}", "B01"), asked, Writer("entity", operator_id), now)
    mine = {"purpose": "mayor", "email": f"sindaco.{secret.lower()}@example.org"}
    add_address(entity.id, **mine, source="csv", actor="test", now=now)
    proposed = {"purpose": "other", "email": f"altro.{secret.lower()}@example.org", "replaces_id": None}
    propose_change(entity.id, **proposed, proposed_by="test", now=now)
    return Owner(code, entity.id, secret, operator_id, response.id, items)


def _operations(secret: str, items: dict[str, str]) -> list[Operation]:
    answers: dict[str, Any] = {
        "B01": {"code": "own"},
        "B04": {"codes": ["families"]},
        "B05": {"codes": ["municipal"]},
        "C01": {"code": "own"},
        "E02": f"Note di {secret}",
        "E04": {"name": f"Persona {secret}", "office": secret, "email": f"{secret.lower()}@example.org", "phone": "06 0000001"},
        "E05": {"code": "single"},
    }
    sheets: dict[str, dict[str, Any]] = {
        "centri": {
            "S01": f"Centro {secret}",
            "S02": {"address": f"via {secret} 1", "reserved": True},
            "S03": {"codes": ["direct"]},
            "S04": {"codes": ["info"]},
        },
        "pratiche": {
            "P01": f"Pratica {secret}",
            "P02": {"code": "families"},
            "P03": f"Descrizione di {secret}",
            "P04": {"codes": ["all"]},
            "P06": {"code": "municipality"},
            "P15": {"email": f"{secret.lower()}@example.org"},
            "P16": {"code": "publish"},
        },
    }
    adding = [Operation("add", item=items[address], step=step) for address, step in SHEET_STEPS.items()]
    own = [Operation("set", question=question, value=value) for question, value in answers.items()]
    inside = [
        Operation("set", item=items[address], question=question, value=value)
        for address, sheet in sheets.items()
        for question, value in sheet.items()
    ]
    return [*adding, *own, *inside]
