"""What is typed is kept as it is typed, with a line and without, and the page says truthfully where it is."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests import browser as browsers
from tests.e2e.conftest import OpenWindow
from tests.e2e.drafts import CONTINUE, LOST, ON_DISK, SYNC, begin, fill_sign_in, kept_on_disk, says, tick, ticked
from tests.live_site import DemoAccount, Demos, Site


@pytest.fixture(scope="module")
def site(demos: Demos) -> Iterator[Site]:
    """One site on SQLite: nothing here depends on the database."""
    with demos.site("sqlite") as site:
        yield site


def test_a_click_and_a_pause_in_typing_are_saved_and_there_after_a_reload(window: OpenWindow) -> None:
    page = window(0, "/compila/B")
    begin(page)
    tick(page, "B04", "families")
    tick(page, "B04", "centres")
    says(page, "Salvato alle")
    assert page.locator('[name="B04.base"]').input_value() != "0"
    page.reload()
    assert ticked(page, "B04") == ["families", "centres"]
    tick(page, "B04", "centres")
    page.click(CONTINUE)  # at once: what is on its way goes first, so that the form meets no revision of its own
    page.wait_for_url("**/compila/B/3*")
    page.goto("/compila/B/2")
    assert ticked(page, "B04") == ["families"]
    assert page.locator("#draft-decision").is_hidden()
    assert kept_on_disk(page, "outbox") == []
    browsers.assert_accessible(page)


def test_a_text_is_saved_after_a_pause_without_leaving_the_field(window: OpenWindow) -> None:
    page = window(12, "/compila/B")
    begin(page)
    page.goto("/compila/P")
    with page.expect_navigation():
        page.locator("main .page-actions form button").first.click()
    box = page.locator("main form[data-draft] input[type=text]").first
    box.press_sequentially("Nido in famiglia")
    assert page.locator("#draft-status").get_attribute("data-state") == "saving"
    says(page, "Salvato alle")
    assert page.evaluate("document.activeElement.name") == box.get_attribute("name")
    page.reload()
    assert box.input_value() == "Nido in famiglia"


def test_without_a_line_the_disk_keeps_and_the_page_stays_until_the_line_returns(
    window: OpenWindow, watch: browsers.Watch
) -> None:
    watch.expect(LOST)
    page = window(1, "/compila/B")
    begin(page)
    page.context.set_offline(True)
    tick(page, "B05", "municipal")
    says(page, ON_DISK)
    says(page, "Manca la linea")
    assert [row["op"]["fields"] for row in kept_on_disk(page, "outbox")] == [{"": ["municipal"]}]
    page.click(CONTINUE)
    says(page, "Resta qui")
    assert page.url.endswith("/compila/B/2")
    browsers.assert_accessible(page)
    page.context.set_offline(False)
    says(page, "Salvato alle")
    page.context.set_offline(True)
    tick(page, "B04", "childhood")
    says(page, ON_DISK)
    context = page.context
    page.close()
    context.set_offline(False)
    later = context.new_page()
    later.goto("/compila")
    says(later, "Salvato alle")
    later.goto("/compila/B/2")
    assert (ticked(later, "B04"), ticked(later, "B05")) == (["childhood"], ["municipal"])


def test_what_waits_stands_on_the_page_that_is_opened_again(window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect("net::ERR_FAILED")
    page = window(2, "/compila/B")
    begin(page)
    page.route(SYNC, lambda route: route.abort())
    tick(page, "B04", "centres")
    says(page, ON_DISK)
    page.reload()
    says(page, ON_DISK)
    assert ticked(page, "B04") == ["centres"]
    page.unroute(SYNC)
    page.click(CONTINUE)
    page.wait_for_url("**/compila/B/3*")
    assert page.locator("#draft-decision").is_hidden()


def test_two_people_who_answer_the_same_decide_and_what_only_one_changed_arrives(window: OpenWindow) -> None:
    first = window(3, "/compila/B")
    begin(first)
    second = window(3, "/compila/B/2")
    tick(first, "B04", "families")
    tick(first, "B05", "eu")
    says(first, "Salvato alle")
    tick(second, "B04", "centres")
    expect(second.locator("#draft-decision")).to_be_visible()
    assert ticked(second, "B04") == ["centres"], "what was typed stays on the page"
    assert ticked(second, "B05") == ["eu"], "what a colleague changed is there"
    expect(second.locator('[data-question="B05"] .draft-changed')).to_contain_text(
        "Operatore A (non verificato) ha cambiato questa risposta"
    )
    expect(second.locator('[data-question="B04"] .draft-changed')).to_contain_text("Serve una tua decisione")
    browsers.assert_accessible(second)
    browsers.show(second, "autosave conflict wide")
    second.click("#draft-decision")
    assert second.url.endswith("/compila/conflitti")
    assert "In quali macro-aree?" in second.inner_text("main")
    tick_other = second.context.new_page()
    tick_other.goto("/compila/B/2")
    tick(tick_other, "B05", "national")
    says(tick_other, "Salvato alle")
    assert sorted(ticked(tick_other, "B05")) == ["eu", "national"]


def test_an_ended_session_waits_for_the_same_municipality(
    accounts: list[DemoAccount], window: OpenWindow, watch: browsers.Watch
) -> None:
    for status in (401, 403, 409):  # 403: the page's token ended with its session, and a fresh one came with the refusal
        watch.expect(f"status {status}")
    page = window(4, "/compila/B")
    begin(page)
    page.context.clear_cookies()
    tick(page, "B04", "families")
    says(page, "La sessione è scaduta")
    browsers.assert_accessible(page)
    browsers.show(page, "autosave signed out wide")
    other = page.context.new_page()
    other.goto("/accedi")
    fill_sign_in(other, accounts[5])
    page.bring_to_front()
    says(page, f"l’accesso di {accounts[4].label}")
    page.context.clear_cookies()
    with page.context.expect_page() as opened:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        says(page, "La sessione è scaduta")
        page.click("#draft-link")
    again = opened.value
    assert again.locator("main [name=entity]").input_value() in {accounts[4].code, accounts[4].label}
    fill_sign_in(again, accounts[4])
    says(page, "Salvato alle")
    page.click(CONTINUE)  # with the fresh token
    page.wait_for_url("**/compila/B/3*")
    page.goto("/compila/B/2")
    assert ticked(page, "B04") == ["families"]


def test_a_second_tab_follows_and_each_change_is_sent_once(window: OpenWindow) -> None:
    page = window(9, "/compila/B")
    begin(page)
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    second = page.context.new_page()
    second.goto("/compila/B/2")
    tick(page, "B04", "families")
    says(page, "Salvato alle")
    expect(second.locator('main input[name="B04"][value="families"]')).to_be_checked()
    tick(second, "B04", "centres")
    says(second, "Salvato alle")
    expect(page.locator('main input[name="B04"][value="centres"]')).to_be_checked()
    tick(page, "B04", "families")
    expect(second.locator('main input[name="B04"][value="families"]')).not_to_be_checked()
    says(page, "Salvato alle")
    assert second.locator("#draft-decision").is_hidden()
    operations = [op["op_id"] for body in sent for save in json.loads(body)["saves"] for op in save["operations"]]
    assert len(operations) == len(set(operations)) == 3


HOSTILE = {
    "a captive portal": {"status": 200, "content_type": "text/html", "body": "<h1>Benvenuto nella rete</h1>"},
    "a redirect": {"status": 302, "headers": {"Location": "/privacy"}},
    "another JSON": {"status": 200, "content_type": "application/json", "body": '{"saved": true, "saves": []}'},
    "a fault": {"status": 503, "content_type": "text/html", "body": "busy"},
}


def test_nothing_but_our_own_reply_is_taken_for_success(window: OpenWindow, watch: browsers.Watch) -> None:
    for part in ("status 503", "net::ERR_FAILED"):
        watch.expect(part)
    page = window(10, "/compila/B")
    begin(page)
    for kind, answer in HOSTILE.items():
        page.route(SYNC, functools.partial(_answer, answer))
        before = ticked(page, "B04")
        tick(page, "B04", "families")
        says(page, ON_DISK)
        assert len(kept_on_disk(page, "outbox")) == 1, kind
        page.unroute(SYNC)
        if page.locator("#draft-panel:not([hidden])").count() == 0:
            page.click("#draft-more")
        page.click('[data-draft-do="send"]')
        says(page, "Salvato alle")
        page.reload()
        assert ticked(page, "B04") != before, kind


def _answer(answer: dict[str, Any], route: Route) -> None:
    route.fulfill(**answer)
