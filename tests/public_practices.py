"""Practices that are approved and published, without a response behind them: what tests of the public pages begin with.

Not for: how they come there (`tests/practices`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.practices.intake import new_code
from app.practices.models import (
    APPROVED,
    IMPORT,
    PRACTICE,
    Practice,
    Publication,
    PublicationFile,
    PublishedPractice,
    ReviewEntry,
)
from app.practices.publishing import Published, publish
from app.practices.record import PublicRecord, digest_of, write_record
from app.registry.entities import find_by_code


def practice_row(entity_code: str, record: PublicRecord, at: dt.datetime, **columns: Any) -> dict[str, Any]:
    """The columns of an approved practice of this entity; `columns` take their place."""
    entity = find_by_code(entity_code)
    assert entity is not None, entity_code
    text = write_record(record)
    values = {
        "code": new_code(),
        "kind": PRACTICE,
        "source": IMPORT,
        "edition_label": "2026",
        "year": 2026,
        "entity_id": entity.id,
        "title": record.title,
        "area": record.area,
        "content": text,
        "digest": digest_of(text),
        "consent": True,
        "state": APPROVED,
        "approved": text,
        "approved_digest": digest_of(text),
        "arrived_at": at,
        "changed_at": at,
    }
    return values | columns


def add_practices(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Store them; their codes in order. Commits."""
    kept = list(rows)
    for start in range(0, len(kept), 500):
        db.session.execute(sa.insert(Practice), kept[start : start + 500])
    db.session.commit()
    return [row["code"] for row in kept]


def clear_practices() -> None:
    """Take away what the demo has published, as if nothing had ever been. Commits."""
    for model in (PublicationFile, PublishedPractice, Publication, ReviewEntry, Practice):
        db.session.execute(sa.delete(model))
    db.session.commit()


def publish_all(at: dt.datetime) -> Published:
    """Publish all that is approved. Commits."""
    return publish(actor="test", note="", now=at)


def publish_samples(at: dt.datetime, count: int = 30) -> list[str]:
    """Publish practices of the reference questionnaire's codes, the first with all that may be public; their codes. Commits."""
    first = PublicRecord(
        f"Sportello per le famiglie {'lunghissimo' * 12}",
        area="families",
        description=f"Ascolto e orientamento.\n{'parola ' * 80}{'lunghissima' * 20}",
        recipients=("parents",),
        level="municipality",
        municipalities=("048017", "022165"),
        beneficiaries=1_250,
        started="2025-03",
        ended="2025-12-31",
        results="Cento colloqui.",
        address="Via del Centro 1",
        latitude=43.77,
        longitude=11.25,
        email=f"{'famiglie' * 7}@example.org",
        phone="055 0000",
        url=f"https://example.org/{'percorso' * 20}",
        others={"recipients": "Nonni"},
    )
    plain = PublicRecord("Ludoteca", "families", description="Giochi per tutti.", recipients=("parents",), language="de")
    rows = [practice_row("048017", first, at)]
    rows += [practice_row(("068038", "021008")[number % 2], plain, at, year=2026 - number % 3) for number in range(1, count)]
    codes = add_practices(rows)
    publish_all(at)
    return codes
