"""Every address asked by each role of staff: who may."""

from __future__ import annotations

import pytest

from app.accounts.staff import ROLES as STAFF_ROLES
from app.accounts.staff import TERRITORY
from tests.desk.staff import STAFF_COOKIE
from tests.roles.routes import is_refused, wrong_answers
from tests.roles.world import BY_TELEPHONE, World


@pytest.mark.parametrize("role", (*STAFF_ROLES, BY_TELEPHONE))
def test_every_route_lets_in_whom_the_table_says_and_nobody_else(world: World, role: str) -> None:
    wrong = wrong_answers(world, role)
    assert not wrong, "\n".join(wrong)


def test_a_member_of_staff_who_has_signed_out_is_nobody(world: World) -> None:
    client = world.client(TERRITORY)
    assert client.get("/gestione").status_code == 200
    cookie = client.get_cookie(STAFF_COOKIE, domain="localhost")
    assert cookie is not None
    client.post("/gestione/esci")
    client.set_cookie(STAFF_COOKIE, cookie.value, domain="localhost")
    assert is_refused(client.get("/gestione"))
