"""Links in messages, as scanners follow them: nothing happens; and how a person ends the reminders to the own address."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.links import ACTIVATION, add_links
from app.accounts.models import ActivationLink, EntityAccount, Operator
from app.accounts.reminded import stop_token
from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import find_by_code
from tests.conftest import START
from tests.open_edition import author, edition

__all__ = ["author", "edition"]

EMAIL = "operatrice@comune.example.org"


def person(**changes: object) -> int:
    entity = find_by_code("048017")
    assert entity is not None
    values = {"entity_id": entity.id, "name": "Operatrice A", "office": "Uff", "email": EMAIL, "phone": ""}
    values |= {"created_at": START, "verified_at": START, **changes}
    number: int = db.session.execute(sa.insert(Operator).values(**values).returning(Operator.id)).scalar_one()
    db.session.commit()
    return number


def stopped(number: int) -> bool:
    db.session.rollback()
    found = db.session.scalars(sa.select(Operator.no_reminders_at).where(Operator.id == number)).one() is not None
    db.session.rollback()
    return found


def test_a_scanner_that_follows_each_link_of_a_message_changes_nothing(app: Flask, edition: EditionView) -> None:
    number = person()
    entity = find_by_code("048017")
    assert entity is not None
    activation = add_links([entity], ACTIVATION, START, actor="mail")[0].partition("//")[2].partition("/")[2]
    db.session.commit()
    paths = [f"/{activation}", "/accedi?ente=048017", f"/promemoria/{stop_token(number, EMAIL)}", "/risultati"]

    def rows() -> list[object]:
        db.session.rollback()
        tables = (ActivationLink.__table__, EntityAccount.__table__, Operator.__table__, AuditEntry.__table__)
        found = [tuple(row) for table in tables for row in db.session.execute(sa.select(table))]
        db.session.rollback()
        return found

    before = rows()
    for path in paths:
        for client in (app.test_client(), app.test_client()):
            assert [client.get(path).status_code, client.head(path).status_code, client.get(path).status_code] == [200] * 3
    assert rows() == before
    assert "Firenze" in app.test_client().get(paths[0]).get_data(as_text=True)


def test_a_person_ends_the_reminders_and_begins_again(app: Flask, edition: EditionView, client: FlaskClient) -> None:
    number = person()
    path = f"/promemoria/{stop_token(number, EMAIL)}"
    page = client.get(path).get_data(as_text=True)
    assert "op***@comune.example.org" in page
    assert EMAIL not in page
    assert not stopped(number)
    assert client.post(path, data={"azione": "ferma"}).status_code == 400  # without the token of the form
    assert not stopped(number)
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200  # RFC 8058: no cookie, no token
    assert stopped(number)
    assert client.post(path, data={"List-Unsubscribe": "One-Click", "azione": "riprendi"}).status_code == 200
    assert stopped(number)
    token = client.get(path).get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post(path, data={"azione": "riprendi", "csrf_token": token}).status_code == 200
    assert not stopped(number)
    actions = db.session.scalars(sa.select(AuditEntry.action)).all()
    assert actions[-2:] == ["person_reminders_stopped", "person_reminders_resumed"]


def test_a_link_that_means_nobody_says_whom_to_write_to(app: Flask, edition: EditionView, client: FlaskClient) -> None:
    number = person()
    good = stop_token(number, EMAIL)
    wrong = [
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        stop_token(number, "altra@example.org"),
        "x",
        f"{number}-",
        "9" * 60,
    ]
    for token in wrong:
        answer = client.get(f"/promemoria/{token}")
        assert answer.status_code == 410
        assert "segreteria@example.org" in answer.get_data(as_text=True)
        assert client.post(f"/promemoria/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 410
    assert not stopped(number)
    db.session.execute(sa.update(Operator).values(removed_at=START))
    db.session.commit()
    assert client.get(f"/promemoria/{good}").status_code == 410
