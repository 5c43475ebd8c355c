"""What is typed is kept as it is typed, with a line and without, and the page says truthfully where it is."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from app.accounts.entity_accounts import set_password_hash
from app.accounts.passwords import hash_password
from app.clock import now
from app.extensions import db
from app.registry.entities import find_by_code
from tests import browser as browsers
from tests.live_site import DemoAccount, Demos, Site

SYNC = "**/compila/sincronizza*"
CONTINUE = '.page-actions button[value="continua"]'
LOST = "net::ERR_INTERNET_DISCONNECTED"
ON_DISK = "Salvato su questo computer"

OpenWindow = Callable[..., Page]
# A municipality for each test, so that none finds another's answers.
CODES = (
    "001272", "010025", "015146", "017029", "027042", "037006", "058091", "063049", "072006", "082053", "092009", "048017",
    "068038", "022165",
)  # fmt: skip
PASSWORD = "quattro parole per provare"


@pytest.fixture(scope="module")
def site(demos: Demos) -> Iterator[Site]:
    """One site on SQLite: nothing here depends on the database."""
    with demos.site("sqlite") as site:
        yield site


@pytest.fixture(scope="module")
def accounts(site: Site) -> list[DemoAccount]:
    """Municipalities that can sign in."""
    application = site.application()
    with application.app_context():
        secret = hash_password(PASSWORD)
        found = [find_by_code(code) for code in CODES]
        for entity in found:
            assert entity is not None
            set_password_hash(entity.id, secret, now())
        db.session.commit()
        db.engine.dispose()
        return [DemoAccount(one.code, one.label, PASSWORD) for one in found if one is not None]


@pytest.fixture(scope="module")
def sign_in(site: Site, browser: Browser, accounts: list[DemoAccount]) -> Callable[[int], list[Any]]:
    """Cookies of a session of the n-th municipality, a new one at each call."""

    def enter(number: int) -> list[Any]:
        context = browsers.new_context(browser, base_url=site.url)
        page = context.new_page()
        page.goto("/accedi")
        fill_sign_in(page, accounts[number])
        cookies = list(context.cookies())
        context.close()
        return cookies

    return enter


@pytest.fixture
def window(site: Site, browser: Browser, watch: browsers.Watch, sign_in: Callable[[int], list[Any]]) -> Iterator[OpenWindow]:
    """`window(n, "/compila/B/2", consent="offline")`: a browser of its own, signed in as the n-th municipality."""
    contexts: list[BrowserContext] = []

    def open_one(number: int, path: str, *, consent: str | None = "offline", script: str = "", **choices: Any) -> Page:
        context = browsers.new_context(browser, base_url=site.url, **choices)
        context.set_default_timeout(8000)
        contexts.append(context)
        watch.follow(context)
        context.add_cookies(sign_in(number))
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(path)
        if consent is not None:
            page.locator(f'#draft-consent [data-draft-consent="{consent}"]').click()
            expect(page.locator("#draft-consent")).to_be_hidden()
        return page

    yield open_one
    for context in contexts:
        context.close()


def fill_sign_in(page: Page, account: DemoAccount) -> None:
    page.fill("main [name=entity]", account.label)
    page.fill("main [name=password]", account.password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/accedi" not in url)
    if "/operatore" not in page.url:
        return
    if page.locator("main [name=operator_id]").count():
        page.locator("main button[name=operator_id]").first.click()
    else:
        for name, text in (("name", "Operatore A"), ("office", "Ufficio"), ("email", "ufficio@comune.esempio.it")):
            page.fill(f"main [name={name}]", text)
        page.click("main button[type=submit]")
    page.wait_for_url("**/compila**")


def begin(page: Page) -> None:
    """Answer the first question, so that the second page is asked."""
    tick(page, "B01", "own")
    says(page, "Salvato alle")
    page.goto("/compila/B/2")


def tick(page: Page, name: str, value: str) -> None:
    box = page.locator(f'main input[name="{name}"][value="{value}"]')
    page.locator(f'main label[for="{box.get_attribute("id")}"]').click()


def ticked(page: Page, name: str) -> list[str]:
    boxes = page.locator(f'main input[name="{name}"]:checked')
    return [box.get_attribute("value") or "" for box in boxes.all()]


def says(page: Page, text: str) -> None:
    expect(page.locator("#draft-status .draft-state")).to_contain_text(text)


def kept_on_disk(page: Page, store: str) -> list[dict[str, Any]]:
    """The rows that this browser has on its disk."""
    rows: list[dict[str, Any]] = page.evaluate(
        """store => new Promise((resolve, reject) => {
            const opening = indexedDB.open("ricognizione");
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
                const all = opening.result.transaction(store).objectStore(store).getAll();
                all.onsuccess = () => { opening.result.close(); resolve(all.result); };
            };
        })""",
        store,
    )
    return rows


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
    expect(second.locator('[data-question="B05"] .draft-changed')).to_contain_text("Operatore A ha cambiato questa risposta")
    expect(second.locator('[data-question="B04"] .draft-changed')).to_contain_text("Serve una tua decisione")
    browsers.assert_accessible(second)
    browsers.shoot(second, "autosave conflict wide")
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
    browsers.shoot(page, "autosave signed out wide")
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


def test_on_a_shared_computer_nothing_stays_and_leaving_warns(window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect(LOST)
    page = window(6, "/compila/B", consent="shared")
    begin(page)
    tick(page, "B04", "families")
    says(page, "Salvato alle")
    page.context.set_offline(True)
    tick(page, "B05", "eu")
    says(page, "Non ancora salvato")
    says(page, "Non chiudere questa pagina")
    for store in ("outbox", "answers", "responses", "items"):
        assert kept_on_disk(page, store) == []
    asked: list[str] = []
    page.once("dialog", lambda dialog: keep_page(dialog, asked))
    page.evaluate("location.href = '/compila'")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    page.context.set_offline(False)
    says(page, "Salvato alle")
    page.goto("/ente")
    expect(page.locator("[data-kept]")).to_contain_text("è un computer condiviso")
    page.locator('[data-draft-computer] [data-draft-consent="offline"]').click()
    expect(page.locator("[data-kept]")).to_contain_text("è un computer nostro")
    browsers.assert_accessible(page)


def keep_page(dialog: Dialog, asked: list[str]) -> None:
    asked.append(dialog.type)
    dialog.dismiss()


def test_signing_out_with_unsent_work_asks_and_a_copy_goes_back_into_its_own_response_only(
    site: Site, window: OpenWindow, watch: browsers.Watch, tmp_path: Path
) -> None:
    watch.expect("net::ERR_FAILED")
    page = window(7, "/compila/B")
    begin(page)
    page.route(SYNC, lambda route: route.abort())
    tick(page, "B04", "childhood")
    says(page, ON_DISK)
    leave = page.locator("#draft-leave")
    page.click("[data-sign-out] button")
    expect(leave).to_be_visible()
    browsers.assert_accessible(page)
    browsers.shoot(page, "autosave leave wide")
    page.click('[data-draft-leave="send"]')
    expect(page.locator("#draft-leave-says")).to_contain_text("Non è stato possibile")
    page.keyboard.press("Escape")
    expect(leave).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Esci"
    page.click("[data-sign-out] button")
    with page.expect_response("**/esci") as left, page.expect_download() as coming:
        page.click('[data-draft-leave="download"]')
    copy = tmp_path / coming.value.suggested_filename
    coming.value.save_as(copy)
    assert left.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    page.wait_for_url(f"{site.url}/")
    assert page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))") == []
    page.unroute(SYNC)

    stranger = window(8, "/compila")
    load_copy(stranger, copy)
    expect(stranger.locator("#draft-says")).to_contain_text("di un altro ente")
    broken = tmp_path / "foglio.json"
    broken.write_text("{}")
    load_copy(stranger, broken)
    expect(stranger.locator("#draft-says")).to_contain_text("non è una copia")

    owner = window(7, "/compila/B/2")
    assert ticked(owner, "B04") == []
    load_copy(owner, copy)
    expect(owner.locator("#draft-import")).to_contain_text("non erano ancora inviate: 1")
    browsers.shoot(owner, "autosave copy wide")
    with owner.expect_navigation():
        owner.click('[data-draft-do="load"]')
    assert ticked(owner, "B04") == ["childhood"]


def load_copy(page: Page, copy: Path) -> None:
    if page.locator("#draft-panel:not([hidden])").count() == 0:
        page.click("#draft-more")
    with page.expect_file_chooser() as chooser:
        page.click('[data-draft-do="choose"]')
    chooser.value.set_files(copy)


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


FULL = """const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...row) {
  if (this.name === "outbox" && globalThis.full) throw new DOMException("no space", "QuotaExceededError");
  return put.apply(this, row);
};"""


def test_a_full_disk_is_told_and_loses_nothing(window: OpenWindow, watch: browsers.Watch) -> None:
    watch.expect("net::ERR_FAILED")
    page = window(11, "/compila/B", script=FULL)
    begin(page)
    page.evaluate("globalThis.full = true")
    page.route(SYNC, lambda route: route.abort())
    tick(page, "B05", "eu")
    says(page, "Non ancora salvato")
    says(page, "non c’è più spazio")
    page.click("#draft-more")
    with page.expect_download() as coming:
        page.click('[data-draft-do="download"]')
    held = json.loads(Path(coming.value.path()).read_text())
    assert [op["fields"] for op in held["operations"]] == [{"": ["eu"]}]
    page.unroute(SYNC)
    page.click('[data-draft-do="send"]')
    says(page, "Salvato alle")
    page.reload()
    assert ticked(page, "B05") == ["eu"]


def test_a_browser_without_a_database_still_saves_with_a_line(window: OpenWindow) -> None:
    page = window(13, "/compila/B", consent=None, script="indexedDB.open = () => { throw new Error('private'); };")
    expect(page.locator("#draft-status")).to_be_visible()
    assert page.locator("#draft-consent").is_hidden()
    tick(page, "B01", "own")
    says(page, "Salvato alle")
