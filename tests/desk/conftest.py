"""Members of staff at browsers of their own, in an open edition with a few municipalities."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.editions.current import EditionView
from tests.conftest import Clock
from tests.desk.staff import sit_down
from tests.fill.person import Person
from tests.open_edition import edition

__all__ = ["edition"]

NewStaff = Callable[..., Person]


@pytest.fixture
def new_staff(edition: EditionView, new_client: Callable[[], FlaskClient], clock: Clock) -> NewStaff:
    """Makes a member of staff at a browser: `new_staff("coordinator")`, `new_staff("territory", "04")`."""

    def arrive(role: str = "coordinator", region_code: str | None = None) -> Person:
        return Person(sit_down(new_client(), role, clock(), region_code))

    return arrive


@pytest.fixture
def coordinator(new_staff: NewStaff) -> Person:
    return new_staff("coordinator")


@pytest.fixture
def administrator(new_staff: NewStaff) -> Person:
    return new_staff("administrator")
