"""Certified mail at the desk in a real browser: each page fits and is accessible; by hand goes the whole way with the mouse."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app.chasing.filters import Filter
from app.editions.current import edition_by_code
from app.extensions import db
from app.mail.models import Delivery
from app.registry.entities import find_by_code
from app.reminders.audience import Choice
from app.reminders.batches import Plan, batch_of, queue_batch
from app.reminders.by_hand import hand_out_batch
from app.reminders.channels import BY_HAND, BY_PEC
from app.reminders.receipts import keep_upload
from app.reminders.schedule import FASTEST, Schedule
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.test_pages import NARROWEST, SIZES, inspect, staff_cookie
from tests.live_site import Demos, Site
from tests.registry.rows import add_contact
from tests.reminders.test_certified import written

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
CODE = "048017"


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, demos: Demos) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo."""
    with demos.site(request.param) as site:
        yield site


@pytest.fixture(scope="module")
def batches(site: Site) -> tuple[int, int, int]:
    """A batch of the program with each kind of receipt, one by hand, and an upload of that one."""
    app, at = site.application(), dt.datetime.now(dt.UTC)
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        for code, long in ((CODE, "protocollo"), ("021008", "z" * 60), ("022165", "c")):
            entity = find_by_code(code)
            assert entity is not None
            add_contact(entity.id, "pec", f"{long}@pec.comune-{code}.example.org")
        numbers = []
        for channel in (BY_PEC, BY_HAND):
            plan = Plan(
                "Promemoria per PEC", Choice(Filter()), 0, Schedule(at, FASTEST, False, channel == BY_HAND), channel=channel
            )
            numbers.append(queue_batch(edition, plan, key=channel, actor="staff:1", now=at))
        by_program, by_hand = (batch_of(edition.id, number) for number in numbers)
        told = {"state": "accepted", "pec_accepted_at": at, "changed_at": at - dt.timedelta(hours=30)}
        db.session.execute(sa.update(Delivery).where(Delivery.group_id == by_program.group_id).values(**told))
        failed = {"state": "bounced", "pec_failed_at": at, "pec_error": f"no-dest – {'sconosciuto' * 12}"}
        one = sa.select(sa.func.min(Delivery.id)).where(Delivery.group_id == by_program.group_id).scalar_subquery()
        db.session.execute(sa.update(Delivery).where(Delivery.id == one).values(**failed))
        db.session.commit()
        hand_out_batch(edition.id, by_hand.id, "csv", actor="staff:1", now=at)
        row = db.session.scalars(sa.select(Delivery).where(Delivery.group_id == by_hand.group_id)).first()
        assert row is not None
        good, other = written("avvenuta-consegna", row), written("avvenuta-consegna", row, message_id="<a@b.it>", subject="x")
        files = [
            ("consegna.eml", io.BytesIO(good)),
            (f"{'n' * 70}.eml", io.BytesIO(other)),
            ("x.eml", io.BytesIO(b"A: b\n\nc")),
        ]
        upload = keep_upload(by_hand, files, actor="staff:1", now=at)
        db.engine.dispose()
    return numbers[0], numbers[1], upload


@pytest.mark.parametrize("size", SIZES)
def test_its_pages_fit_and_are_accessible(site: Site, batches: tuple[int, int, int], open_page: OpenPage, size: str) -> None:
    program, by_hand, upload = batches
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([staff_cookie(site, "coordinator")])
    base = "/gestione/promemoria"
    for name, path in {
        "list": base,
        "plan": f"{base}/nuovo?canale=pec",
        "plan when": f"{base}/nuovo?passo=quando&canale=hand",
        "plan confirm": f"{base}/nuovo?passo=conferma&canale=hand&oltre=1",
        "batch": f"{base}/{program}",
        "batch by hand": f"{base}/{by_hand}",
        "receipts": f"{base}/{program}/ricevute",
        "receipts silent": f"{base}/{program}/ricevute?esito=silent",
        "file": f"{base}/{by_hand}/ricevute/carica",
        "upload": f"{base}/{by_hand}/ricevute/{upload}",
        "deliveries": "/gestione/consegne?vista=senza-ricevuta",
        "entity": f"/gestione/enti/{CODE}",
        "home": "/gestione",
    }.items():
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        inspect(page, f"certified {size} {name}")
        if size == "narrow":
            page.set_viewport_size(NARROWEST)
            browsers.assert_fits(page)
            page.set_viewport_size(browsers.NARROW)


def test_by_hand_with_the_mouse(site: Site, batches: tuple[int, int, int], open_page: OpenPage, tmp_path: Path) -> None:
    _program, by_hand, _upload = batches
    page = open_page("/", viewport=browsers.WIDE)
    page.context.add_cookies([staff_cookie(site, "coordinator")])
    page.goto(f"/gestione/promemoria/{by_hand}")
    with page.expect_download() as started:
        page.get_by_role("button", name="Scarica le bozze .eml (ZIP)").click()
    target = tmp_path / "drafts.zip"
    started.value.save_as(target)
    assert target.read_bytes()[:2] == b"PK"
    page.goto(f"/gestione/promemoria/{by_hand}")
    page.get_by_role("button", name="Segna come spediti").click()
    expect(page.get_by_text("Non resta nulla da spedire.")).to_be_visible()
    page.get_by_role("link", name="Carica le ricevute").click()
    page.get_by_role("button", name="Leggi le ricevute").click()
    expect(page.locator(".error-summary")).to_be_visible()
    app = site.application()
    with app.app_context():
        row = db.session.scalars(sa.select(Delivery).where(Delivery.channel == "pec", Delivery.reply == "by hand")).first()
        assert row is not None
        raw = written("accettazione", row)
        db.engine.dispose()
    page.set_input_files("#file", [{"name": "a.eml", "mimeType": "message/rfc822", "buffer": raw}])
    page.get_by_role("button", name="Leggi le ricevute").click()
    page.get_by_role("button", name="Registra 1 ricevuta").click()
    assert page.get_by_text("Già registrata").first.is_visible()
    browsers.show(page, "certified recorded")
