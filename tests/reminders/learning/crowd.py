"""Many municipalities with addresses, written in bulk, and what they did in an edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db, table_of
from app.registry.models import ContactAddress, Entity
from app.responses.models import Response, Submission
from tests.conftest import START

REGIONS = {"03": "Lombardia", "09": "Toscana"}


def crowd(number: int) -> None:
    """So many municipalities, five of six in Lombardia, of four size classes, each with an address."""
    rows = []
    for place in range(number):
        code, region = f"9{place:05d}", "09" if place % 6 == 0 else "03"
        values = {"code": code, "kind": "municipality", "name": f"Paese {place}", "search_name": f"| paese {place} |"}
        values |= {"region_code": region, "region": REGIONS[region], "province_sign": "MI" if region == "03" else "FI"}
        rows.append({**values, "population": (500, 3_000, 12_000, 50_000)[place % 4]})
    connection = db.session.connection()
    connection.execute(sa.insert(table_of(Entity)), rows)
    entity = table_of(Entity).c
    ids = connection.execute(sa.select(entity.id, entity.code).where(entity.code >= "900000").order_by(entity.code)).all()
    shared = {"purpose": "social_services", "source": "csv", "created_at": START}
    connection.execute(
        sa.insert(table_of(ContactAddress)),
        [{**shared, "entity_id": row.id, "email": f"p{row.code}@example.org"} for row in ids],
    )
    db.session.commit()


def did(edition: EditionView, opened: dict[int, dt.datetime], submitted: dict[int, dt.datetime]) -> None:
    """Who opened the form when, and of these who sent something when."""
    shared = {"edition_id": edition.id, "definition_id": edition.definition_id, "document": "{}"}
    rows = [
        {
            **shared,
            "entity_id": entity_id,
            "opened_at": at,
            "last_activity": at,
            "status": "submitted" if entity_id in submitted else "opened",
            "submitted_at": submitted.get(entity_id),
            "submitted_as": "answer" if entity_id in submitted else None,
        }
        for entity_id, at in opened.items()
    ]
    connection, response = db.session.connection(), table_of(Response).c
    if rows:
        connection.execute(sa.insert(table_of(Response)), rows)
    numbers = dict(connection.execute(sa.select(response.entity_id, response.id).order_by(response.id)).all())
    sent = {"definition_id": edition.definition_id, "document": "{}", "number": 1, "version": 1}
    versions = [
        {**sent, "response_id": numbers[entity_id], "receipt": f"R{entity_id}", "submitted_at": at}
        for entity_id, at in submitted.items()
    ]
    if versions:
        connection.execute(sa.insert(table_of(Submission)), versions)
    db.session.commit()


def each(ids: Iterable[int], at: dt.datetime) -> dict[int, dt.datetime]:
    return dict.fromkeys(ids, at)
