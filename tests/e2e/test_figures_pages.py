"""The figures for everybody and what became of an entity's answers, with practices of two years, in a real browser."""

from __future__ import annotations

import datetime as dt

import pytest

from app.editions.current import edition_by_code
from app.extensions import db
from app.practices.intake import year_of
from app.practices.models import REJECTED, SENT_BACK, WAITING, WITHDRAWN
from app.practices.record import PublicRecord
from tests.e2e.conftest import OpenPage
from tests.e2e.test_pages import SIZES, inspect, owner, session_cookie, site
from tests.live_site import Site
from tests.public_practices import add_practices, practice_row, publish_all
from tests.roles.world import Owner

__all__ = ["owner", "site"]
pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def public_practices(site: Site, owner: Owner) -> None:
    """Practices of two years, of the owner and of others of its Region, and sheets of the owner of every fate."""
    app = site.application()
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        year = year_of(edition)
        others = ("068038", "068001", "068041", "066049", "067041", "069022", "048017", "015146", "058091")
        areas, groups = ("families", "centres", "childhood"), ("parents", "age02", "age35", "all")
        rows = [
            practice_row(
                others[number % len(others)],
                PublicRecord(
                    title=f"Sportello di ascolto e orientamento per le famiglie numero {number}",
                    area=areas[number % 3],
                    recipients=groups[number % 4 : number % 4 + 2],
                    level="municipality" if number % 3 else "ambito",
                    funding=("municipal",),
                    types=("listening",),
                ),
                now,
                year=year - number % 2,
            )
            for number in range(60)
        ]
        states = (WAITING, SENT_BACK, REJECTED, WITHDRAWN)
        rows += [practice_row("068038", PublicRecord(title=f"Nido {one}"), now, year=year, state=one) for one in states]
        rows.append(practice_row("068038", PublicRecord(title="Conta e basta"), now, year=year, consent=False))
        add_practices(rows)
        publish_all(now)
        db.engine.dispose()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/risultati", "/esito"])
def test_the_figures_and_what_became_of_the_answers_fit(
    site: Site, owner: Owner, public_practices: None, open_page: OpenPage, path: str, size: str
) -> None:
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([session_cookie(site, owner)])
    page.goto(path)
    assert page.locator(".count-bar").count() >= 4
    inspect(page, f"page {size} {path} published")
    for summary in page.locator("main summary").all():
        summary.click()
    inspect(page, f"page {size} {path} tables")
