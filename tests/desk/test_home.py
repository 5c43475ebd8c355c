"""`/gestione`: for every member of staff and for nobody else."""

from __future__ import annotations

import pytest

from app.accounts.staff import ROLES
from tests.desk.conftest import NewStaff


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_its_first_page(new_staff: NewStaff, role: str) -> None:
    page = new_staff(role).get("/gestione")
    assert (page.status, page.path) == (200, "/gestione")
