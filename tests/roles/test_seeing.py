"""Staff read an entity's pages as it sees them: after one audited opening, without writing, no draft without consent."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import WebSession
from app.accounts.permission_table import ENTITY, OPERATOR, PERMISSIONS
from app.accounts.staff import ADMINISTRATOR, COORDINATOR, TERRITORY
from app.audit.models import AuditEntry
from app.database import only_reading
from app.desk import seeing
from app.extensions import db
from app.fill import seen
from app.responses.consents import consent_to_read, give_consent, withdraw_consent
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.models import Response
from app.responses.reading import response_by_id
from tests.conftest import START
from tests.roles.routes import ENTITY_A, is_refused, requests_to
from tests.roles.world import Owner, World

VIEW = "/gestione/vista/048017"
PAGES = (VIEW, f"{VIEW}/verifica", f"{VIEW}/passi/B", f"{VIEW}/passi/E", f"{VIEW}/passi/P")
FRESH = "Larghissimo segreto della bozza"


def open_pages(world: World, role: str = ADMINISTRATOR, code: str = "048017") -> FlaskClient:
    client = world.client(role)
    opened = client.post(f"/gestione/enti/{code}/vista")
    assert opened.headers["Location"] == f"/gestione/vista/{code}"
    return client


def change_draft(owner: Owner, now: dt.datetime) -> None:
    response = response_by_id(owner.response_id, lock=True)
    assert response is not None
    operation = Operation("set", question="E02", value=FRESH, base=response.document.answers["E02"].revision)
    reply, _saved = apply(response, [operation], Author(owner.operator_id, "x" * 64), now, save_id="second")
    assert not reply.refused
    db.session.commit()


def texts(client: FlaskClient) -> str:
    found = ""
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, page
        found += answer.get_data(as_text=True)
    return found


def openings() -> list[tuple[str, str]]:
    query = sa.select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.action == "entity_pages_opened")
    return [(row.subject, row.detail) for row in db.session.execute(query)]


@pytest.mark.parametrize("role", [ADMINISTRATOR, COORDINATOR])
def test_what_was_sent_is_shown_with_personal_values_masked(world: World, role: str) -> None:
    client = open_pages(world, role)
    seen_texts = texts(client)
    assert "Note di Ginepro" in seen_texts
    assert "Pratica Ginepro" in seen_texts
    assert "Persona Ginepro" not in seen_texts
    assert "(dato personale nascosto)" in seen_texts
    assert "in sola lettura" in seen_texts
    assert "<form" not in client.get(f"{VIEW}/passi/B").get_data(as_text=True).partition("<main")[2]
    assert "Larice" not in seen_texts


def test_each_opening_stands_in_the_audit_once(world: World) -> None:
    client = open_pages(world)
    texts(client)
    with world.app.app_context():
        assert openings() == [("entity:048017", "{}")]


def test_nothing_is_shown_without_an_opening_of_ones_own_for_this_entity_within_the_hour(world: World) -> None:
    client = world.client(ADMINISTRATOR)
    for page in PAGES:
        assert client.get(page).headers["Location"] == "/gestione/enti/048017"
    opened = open_pages(world)
    assert opened.get("/gestione/vista/022165").status_code == 303, "another entity's"
    cookie = opened.get_cookie("ricognizione-form", domain="localhost")
    assert cookie is not None
    other = world.client(COORDINATOR)
    other.set_cookie("ricognizione-form", cookie.value, domain="localhost")
    assert other.get(VIEW).status_code == 303, "another member's"
    world.app.config["CLOCK"] = lambda: START + seeing.LASTS
    assert opened.get(VIEW).status_code == 303
    assert seeing.OPENED == seen.OPENED


def test_an_open_draft_is_seen_only_while_the_entity_consents(world: World) -> None:
    with world.app.app_context():
        change_draft(world.a, START)
    client = open_pages(world)
    before = texts(client)
    assert FRESH not in before
    assert "La bozza è cambiata dopo l'invio" in before.replace("&#39;", "'")
    with world.app.app_context():
        response = response_by_id(world.a.response_id)
        assert response is not None
        give_consent(response, days=3, operator_id=world.a.operator_id, now=START)
    during = texts(client)
    assert FRESH in during
    assert "Persona Ginepro" in during
    with world.app.app_context():
        assert consent_to_read(world.a.response_id, START + dt.timedelta(days=3)) is None, "it ends by itself"
        assert consent_to_read(world.b.response_id, START) is None
        assert withdraw_consent(response, operator_id=world.a.operator_id, now=START) is True
        assert withdraw_consent(response, operator_id=world.a.operator_id, now=START) is False
    assert FRESH not in texts(client)


def test_of_a_draft_that_was_never_sent_the_desk_sees_how_far_it_is_and_no_answer(world: World) -> None:
    with world.app.app_context():
        sent = sa.update(Response).where(Response.id == world.a.response_id)
        db.session.execute(sent.values(submissions=0, status="draft", submitted_at=None))
        db.session.commit()
    client = open_pages(world)
    page = client.get(VIEW).get_data(as_text=True)
    assert "Risposte obbligatorie già date: 100" in page
    assert "Ginepro" not in page
    assert "Chi compila" not in page
    for path in PAGES[1:]:
        assert client.get(path).status_code == 404


def test_the_entity_gives_its_consent_and_takes_it_back_on_its_own_page(world: World) -> None:
    client = world.client(ENTITY_A)
    assert client.post("/ente/consenso", data={"giorni": "400"}).status_code == 400
    assert client.post("/ente/consenso", data={"giorni": "3"}).status_code == 303
    page = client.get("/ente").get_data(as_text=True)
    assert "Consenso dato" in page
    assert "Lo ha dato Operatore Ginepro" in page
    client.post("/ente/consenso/ritira")
    assert "Consenti all" in client.get("/ente").get_data(as_text=True)
    with world.app.app_context():
        query = sa.select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.action.startswith("draft_consent"))
        found = [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.number))]
    operator = f"operator:{world.a.operator_id}"
    assert found == [("draft_consent_given", operator), ("draft_consent_withdrawn", operator)]


def test_who_sees_an_entitys_pages_can_write_nothing_by_any_route(world: World) -> None:
    client = open_pages(world)
    before = (world.stored(world.a), _sessions(world.app))
    tried = 0
    for rule in world.app.url_map.iter_rules():
        if PERMISSIONS[rule.endpoint] not in (ENTITY, OPERATOR):
            continue
        for asked in requests_to(world.app, rule, {"theirs": world.a}, sorted({"GET", "POST"} & (rule.methods or set()))):
            answer = client.open(asked.path, method=asked.method, data={"ente": "048017", "E02": "cambiato"})
            assert is_refused(answer), f"{asked.method} {asked.path}: {answer.status_code}"
            tried += 1
    for page in PAGES:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.open(page, method=method).status_code == 405
    assert (world.stored(world.a), _sessions(world.app)) == before
    assert tried > 40, "hardly any route was tried, so this proves little"


def test_the_database_itself_refuses_to_write_while_a_page_is_seen(world: World) -> None:
    with world.app.app_context():
        with pytest.raises(sa.exc.DBAPIError), only_reading(db.session.connection()):
            db.session.execute(sa.update(Response).values(progress=1))
        db.session.rollback()
        db.session.execute(sa.update(Response).values(progress=99))
        db.session.commit()


def test_a_territorys_person_opens_nobodys_pages(world: World) -> None:
    client = world.client(TERRITORY)
    for code in ("048017", "022165"):
        assert client.post(f"/gestione/enti/{code}/vista").status_code == 403
        assert client.get(f"/gestione/vista/{code}").status_code == 403


def _sessions(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(sa.select(sa.func.count()).select_from(WebSession)).scalar_one()
