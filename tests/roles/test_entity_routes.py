"""Every address asked by entities and by nobody: who may, and who is sent where."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts.permission_table import PERMISSIONS
from tests.roles.routes import ANONYMOUS, ENTITY_A, ENTITY_ROLES, NOBODY_YET, is_refused, wrong_answers
from tests.roles.world import World


def test_every_endpoint_stands_in_the_table_of_permissions(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(PERMISSIONS)


@pytest.mark.parametrize("role", ENTITY_ROLES)
def test_every_route_lets_in_whom_the_table_says_and_nobody_else(world: World, role: str) -> None:
    wrong = wrong_answers(world, role)
    assert not wrong, "\n".join(wrong)


def test_a_refusal_leads_to_where_it_can_be_mended(world: World) -> None:
    assert world.client(ENTITY_A).get("/gestione").headers["Location"].startswith("/gestione/accedi?next=")
    assert world.client(ENTITY_A).post("/gestione/profilo/sessioni").status_code == 401
    for role, get, post in ((ANONYMOUS, "/accedi?next=", 401), (NOBODY_YET, "/operatore?next=", 403)):
        assert world.client(role).get("/compila").headers["Location"].startswith(get)
        assert world.client(role).post("/compila/B").status_code == post


def test_who_has_signed_out_is_nobody(world: World) -> None:
    client = world.client(ENTITY_A)
    assert client.get("/compila").status_code in (200, 303)
    cookie = client.get_cookie("ricognizione", domain="localhost")
    assert cookie is not None
    client.post("/esci")
    client.set_cookie("ricognizione", cookie.value, domain="localhost")
    assert is_refused(client.get("/compila"))
