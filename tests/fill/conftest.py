"""Operators of Firenze and of other municipalities at browsers of their own, in an open edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.operators import add_operator
from app.accounts.sessions import open_session
from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.reading import OpenResponse, find_response
from tests.conftest import Clock
from tests.fill.person import Person
from tests.open_edition import author, edition, respond

__all__ = ["author", "edition", "respond"]

NewPerson = Callable[..., Person]
Stored = Callable[..., OpenResponse]
Renew = Callable[[Person], None]


@pytest.fixture
def new_person(app: Flask, edition: EditionView, new_client: Callable[[], FlaskClient], clock: Clock) -> NewPerson:
    """Makes a person at a browser: `new_person("Operatore B")`, `new_person("Operatore C", "022165")`."""

    def sit_down(name: str = "Operatore A", code: str = "048017", email: str = "servizi.sociali@example.org") -> Person:
        client = new_client()
        client.set_cookie("ricognizione", session_of(name, code, email, clock()), domain="localhost")
        return Person(client)

    return sit_down


def session_of(name: str, code: str, email: str, now: dt.datetime) -> str:
    """The id of a new session of this operator, who is made where there is none."""
    entity = find_by_code(code)
    assert entity is not None
    who = add_operator(entity.id, name=name, office="Servizi sociali", email=email, phone="055 123456", now=now)
    token = open_session(entity.id, now, operator_id=who)
    db.session.commit()
    return token


@pytest.fixture
def renew(edition: EditionView, clock: Clock) -> Renew:
    """Gives Operatore A's browser a session that is live now: the first one has ended."""

    def sign_in_again(person: Person) -> None:
        token = session_of("Operatore A", "048017", "servizi.sociali@example.org", clock())
        person.client.set_cookie("ricognizione", token, domain="localhost")

    return sign_in_again


@pytest.fixture
def person(new_person: NewPerson) -> Person:
    """Operatore A of Firenze."""
    return new_person()


@pytest.fixture
def stored(edition: EditionView) -> Stored:
    """Gives a municipality's response as it is stored now."""

    def read(code: str = "048017") -> OpenResponse:
        db.session.rollback()
        entity = find_by_code(code)
        found = entity and find_response(entity.id, edition.id)
        assert found
        return found

    return read
