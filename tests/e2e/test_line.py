"""What the line of a page says, and keeps, where the server does not simply store: after the deadline, without an operator, for
a refusal, with another entity's work on the computer; in English, and on a narrow screen.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from app.accounts.models import WebSession
from app.editions.models import Edition
from app.extensions import db
from tests import browser as browsers
from tests.e2e.conftest import OpenWindow
from tests.e2e.drafts import CODES, CONTINUE, LOST, ON_DISK, SYNC, begin, fill_sign_in, kept_on_disk, says, stored, tick, ticked
from tests.live_site import DemoAccount, Demos, Site

ASIDE = "Arrivato dopo la scadenza: è conservato a parte"


@pytest.fixture(scope="module")
def site(demos: Demos) -> Iterator[Site]:
    """One site on SQLite: nothing here depends on the database."""
    with demos.site("sqlite") as site:
        yield site


def change(site: Site, statement: Any) -> None:
    """Change the database behind the site's back, as time and administrators do."""
    with site.application().app_context():
        db.session.execute(statement)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def close_the_survey(site: Site) -> Iterator[Callable[[], None]]:
    """Let the deadline pass; in the end it is as it was."""
    now = dt.datetime.now(dt.UTC)
    edition = sa.update(Edition).where(Edition.state == "open")

    def close() -> None:
        change(site, edition.values(opens_at=now - dt.timedelta(days=31), closes_at=now - dt.timedelta(hours=1)))

    yield close
    change(site, edition.values(closes_at=now + dt.timedelta(days=30)))


def open_panel(page: Page) -> None:
    if page.locator("#draft-panel:not([hidden])").count() == 0:
        page.click("#draft-more")


def test_what_was_not_sent_before_the_deadline_is_kept_apart_and_shown(
    site: Site, window: OpenWindow, watch: browsers.Watch, close_the_survey: Callable[[], None]
) -> None:
    watch.expect(LOST)
    page = window(0, "/compila/B")
    begin(page)
    page.context.set_offline(True)
    tick(page, "B05", "eu")
    says(page, ON_DISK)
    close_the_survey()
    page.context.set_offline(False)
    says(page, ASIDE)
    expect(page.locator("#draft-status")).to_have_attribute("data-state", "late")
    assert "Salvato" not in page.inner_text("#draft-status"), "it is no part of the answer"
    assert ticked(page, "B05") == ["eu"], "what was typed stays on the page"
    assert kept_on_disk(page, "outbox") == [], "the server has it"
    assert "B05" not in stored(site, CODES[0]).answers, "late work is no answer"
    browsers.assert_accessible(page)
    browsers.show(page, "line late wide")
    page.goto("/compila")
    expect(page.locator("main")).to_contain_text("Con quali fonti di finanziamento?")
    browsers.show(page, "line late overview wide")


def test_a_session_without_an_operator_waits_and_then_sends(site: Site, window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect("status 403")
    page = window(1, "/compila/B")
    begin(page)
    change(site, sa.update(WebSession).values(operator_id=None))
    tick(page, "B04", "families")
    says(page, ON_DISK)
    says(page, "Per inviare serve sapere chi compila.")
    assert len(kept_on_disk(page, "outbox")) == 1
    browsers.assert_accessible(page)
    browsers.show(page, "line operator wide")
    with page.context.expect_page() as opened:
        page.click("#draft-link")
    beside = opened.value
    beside.locator("main button[name=operator_id]").first.click()
    beside.wait_for_url("**/compila")
    says(page, "Salvato alle")
    assert page.locator("#draft-link").count() == 0
    assert stored(site, CODES[1]).answers["B04"].value == {"codes": ["families"]}


def test_a_refused_answer_is_said_kept_and_can_be_taken_away(window: OpenWindow) -> None:
    page = window(2, "/compila/B")
    begin(page)
    page.route(SYNC, spoil)
    tick(page, "B04", "families")
    says(page, ON_DISK)
    says(page, "Una risposta non è stata accettata: è ancora qui.")
    page.unroute(SYNC)
    browsers.assert_accessible(page)
    browsers.show(page, "line refused wide")
    assert [row["refused"] for row in kept_on_disk(page, "outbox")] == ["unparsable"]
    page.reload()
    says(page, "Una risposta non è stata accettata: è ancora qui.")
    expect(page.locator('main input[name="B04"][value="families"]'), "it stands on its page").to_be_checked()
    open_panel(page)
    with page.expect_download() as coming:
        page.click('[data-draft-do="download"]')
    held = json.loads(Path(coming.value.path()).read_text())
    assert [op["fields"] for op in held["operations"]] == [{"": ["families"]}]
    tick(page, "B04", "centres")
    says(page, "Salvato alle")
    assert kept_on_disk(page, "outbox") == [], "what was written instead was accepted"


def spoil(route: Route) -> None:
    """A field that the question does not have, as a page of another release might send."""
    sent = route.request.post_data_json
    for save in sent["saves"] if sent else ():
        for op in save["operations"]:
            op["fields"] = op["fields"] | {"strange": ["x"]}
    route.continue_(post_data=json.dumps(sent) if sent else None)


def test_work_of_another_entity_on_this_computer_is_not_sent_under_who_signs_in(
    site: Site, accounts: list[DemoAccount], window: OpenWindow, watch: browsers.Watch
) -> None:
    for part in ("net::ERR_FAILED", "status 403"):
        watch.expect(part)
    page = window(3, "/compila/B")
    begin(page)
    page.context.route(SYNC, lambda route: route.abort())
    tick(page, "B04", "families")
    says(page, ON_DISK)
    page.context.clear_cookies()  # the session ends without a word; the copy stays
    page.context.unroute(SYNC)
    page.goto("/accedi")
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(request.post_data or "") if "sincronizza" in request.url else None)
    fill_sign_in(page, accounts[4])
    page.goto("/compila/B")
    tick(page, "B01", "own")
    says(page, "Salvato alle")
    open_panel(page)
    expect(page.locator("#draft-waits")).to_contain_text(f"modifiche non inviate di {accounts[3].label}")
    browsers.show(page, "line another entity wide")
    assert len(kept_on_disk(page, "outbox")) == 1, "it waits for its own"
    assert not any("B04" in body for body in sent)
    assert "B04" not in stored(site, CODES[4]).answers
    page.context.clear_cookies()
    page.goto("/accedi")
    fill_sign_in(page, accounts[3])
    says(page, "Salvato alle")
    assert stored(site, CODES[3]).answers["B04"].value == {"codes": ["families"]}
    assert kept_on_disk(page, "outbox") == []


def test_the_line_speaks_english(window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect("net::ERR_FAILED")
    page = window(5, "/compila/B")
    begin(page)
    page.click('button[name="lingua"][value="en"]')
    says(page, "Saved")
    page.route(SYNC, lambda route: route.abort())
    tick(page, "B04", "families")
    says(page, "Saved on this computer.")
    browsers.assert_accessible(page)
    texts = page.evaluate("JSON.parse(document.getElementById('draft-status').dataset.texts)")
    panel = page.evaluate("fetch(document.getElementById('draft-status').dataset.panel).then((one) => one.json())")["markup"]
    read = " ".join([*texts.values(), panel]).lower()
    assert [word for word in ("salv", "risposta", "questo", "invia", " linea", "scadenza") if word in read] == []
    open_panel(page)
    page.unroute(SYNC)
    with contextlib.suppress(PlaywrightTimeoutError):  # it tries again by itself, and the button goes
        page.click('[data-draft-do="send"]', timeout=2_000)
    says(page, "Saved at ")
    assert re.search(r"Saved at \d\d:\d\d\s*$", page.inner_text(".draft-state")), "hours as the rest of the site writes them"
    browsers.show(page, "line english wide")


def test_the_line_stands_on_a_narrow_screen_with_a_decision_to_take(window: OpenWindow) -> None:
    first = window(6, "/compila/B")
    begin(first)
    page = window(6, "/compila/B/2", viewport=browsers.NARROW)
    tick(first, "B04", "families")
    says(first, "Salvato alle")
    tick(page, "B04", "centres")
    expect(page.locator("#draft-decision")).to_be_visible()
    says(page, "Salvato alle")
    browsers.assert_fits(page)
    browsers.assert_accessible(page)
    browsers.show(page, "line decision narrow")
    heights = page.evaluate("['draft-text', 'draft-decision'].map((id) => document.getElementById(id).offsetHeight)")
    assert max(heights) < 32, "each on one line"


def test_going_on_without_a_line_stays_on_the_page_also_where_nothing_waits(window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect(LOST)
    page = window(7, "/compila/B", consent="shared")
    begin(page)
    page.context.set_offline(True)
    page.click(CONTINUE)
    says(page, "Manca la linea")
    says(page, "Resta qui")
    assert page.url.endswith("/compila/B/2")
    page.context.set_offline(False)
    expect(page.locator("#draft-why")).to_be_empty()
    page.click(CONTINUE)
    page.wait_for_url("**/compila/B/3*")


def test_where_what_sends_could_not_be_loaded_the_line_that_returns_is_enough(
    window: OpenWindow, watch: browsers.Watch
) -> None:
    watch.expect(LOST)
    begin(window(9, "/compila/B"))
    page = window(9, "/compila/B/2", consent="shared")  # a browser that has kept no script yet
    page.context.set_offline(True)
    tick(page, "B05", "eu")
    says(page, "Non ancora salvato")
    says(page, "Manca la linea")
    page.wait_for_timeout(3_000)  # until all has been tried that a page tries of itself when it begins
    page.context.set_offline(False)
    expect(page.locator("#draft-status .draft-state")).to_contain_text("Salvato alle", timeout=4_000)
