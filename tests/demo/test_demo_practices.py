"""The demonstration's map is not empty: last year's synthetic practices, and a share of what is sent."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.config import settings
from app.demo import practices
from app.demo.filling import fill_synthetic
from app.demo.loading import load_demo
from app.demo.practices import load_practices, publish_share
from app.extensions import db
from app.practices.models import Practice
from app.practices.published import CURRENT, ENTRY, current_version
from tests.conftest import START
from tests.demo.test_demo import few

__all__ = ["few"]


@pytest.mark.usefixtures("few")
def test_last_years_practices_are_public_and_marked_and_come_once(monkeypatch: pytest.MonkeyPatch) -> None:
    load_demo(settings(), START)
    monkeypatch.setattr(practices, "PRACTICES", 12)
    assert load_practices(settings(), START) == 12
    assert load_practices(settings(), START) == 0
    db.session.rollback()
    rows = db.session.execute(sa.select(ENTRY.title, ENTRY.year, ENTRY.latitude, ENTRY.area).where(CURRENT)).all()
    assert len(rows) == 12
    assert all(row.title.endswith("(sintetica)") and row.year == START.year - 1 for row in rows)
    assert all(row.latitude is not None and row.area for row in rows)


@pytest.mark.usefixtures("few")
def test_a_share_of_what_is_sent_is_published_and_nothing_of_a_person() -> None:
    load_demo(settings(), START)
    list(fill_synthetic(settings(), 1.0, START))
    public = publish_share(settings(), START)
    db.session.rollback()
    states = db.session.execute(sa.select(Practice.state, sa.func.count()).group_by(Practice.state)).all()
    counts = dict(tuple(row) for row in states)
    assert 0 < public == counts["approved"]
    assert counts["waiting"] > 0
    version = current_version()
    assert version is not None
    assert version.entries == public
    db.session.execute(sa.text("UPDATE response SET synthetic = false"))
    db.session.execute(sa.update(Practice).values(state="waiting"))
    db.session.commit()
    assert publish_share(settings(), START) == 0, "what a person has sent is decided on by people"
