"""An open edition with its letter, four municipalities, and a Unione that Firenze leads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.accounts.models import ActivationCode
from app.editions.current import EditionView
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code
from app.registry.models import Association, Membership
from tests.open_edition import edition

__all__ = ["edition"]

FindEntity = Callable[[str], EntityRow]


def entity(code: str = "048017") -> EntityRow:
    found = find_by_code(code)
    assert found is not None
    return found


@pytest.fixture
def union(edition: EditionView) -> None:
    """Firenze leads a Unione of itself, the two Samone and, until last year, Bolzano."""
    db.session.add(Association(id=1, code="U1", kind="union", name="Unione di prova", lead_id=entity().id))
    db.session.flush()
    for code in ("048017", "001235", "022165"):
        db.session.add(Membership(association_id=1, entity_id=entity(code).id))
    db.session.add(Membership(association_id=1, entity_id=entity("021008").id, valid_to=dt.date(2025, 12, 31)))
    db.session.commit()


def code_rows() -> list[tuple[object, ...]]:
    """The codes that are stored, as rows."""
    db.session.rollback()
    columns = (ActivationCode.entity_id, ActivationCode.serial, ActivationCode.issued_at, ActivationCode.used_at)
    return [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(ActivationCode.entity_id))]
