"""What stays on a computer: nothing on a shared one, nothing after signing out, and no work lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests import browser as browsers
from tests.e2e.conftest import OpenWindow
from tests.e2e.drafts import LOST, ON_DISK, SYNC, begin, kept_on_disk, says, tick, ticked
from tests.live_site import Demos, Site


@pytest.fixture(scope="module")
def site(demos: Demos) -> Iterator[Site]:
    """One site on SQLite: nothing here depends on the database."""
    with demos.site("sqlite") as site:
        yield site


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


def test_signing_out_with_unsent_work_asks_and_clears_what_the_browser_kept(
    site: Site, window: OpenWindow, watch: browsers.Watch
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
    browsers.show(page, "autosave leave wide")
    page.click('[data-draft-leave="send"]')
    expect(page.locator("#draft-leave-says")).to_contain_text("Non è stato possibile")
    page.keyboard.press("Escape")
    expect(leave).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Esci"
    page.goto("/aiuto")
    page.click("[data-sign-out] button")  # from a page that knows nothing of drafts
    expect(leave).to_be_visible()
    assert page.url == f"{site.url}/compila#esci"
    with page.expect_response("**/esci") as left:
        page.click('[data-draft-leave="discard"]')
    assert left.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    page.wait_for_url(f"{site.url}/")
    assert page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))") == []


def test_a_copy_in_a_file_goes_back_into_its_own_response_only(
    window: OpenWindow, watch: browsers.Watch, tmp_path: Path
) -> None:
    watch.expect("net::ERR_FAILED")
    copy, broken = tmp_path / "copia.json", tmp_path / "foglio.json"
    take_copy_and_leave(window(8, "/compila/B"), copy)
    broken.write_text("{}")
    stranger = window(9, "/compila")
    for file, refusal in ((copy, "di un altro ente"), (broken, "non è una copia")):
        load_copy(stranger, file)
        expect(stranger.locator("#draft-says")).to_contain_text(refusal)
    owner = window(8, "/compila/B/2")
    assert ticked(owner, "B04") == []
    load_copy(owner, copy)
    expect(owner.locator("#draft-import")).to_contain_text("non erano ancora inviate: 1")
    browsers.show(owner, "autosave copy wide")
    with owner.expect_navigation():
        owner.click('[data-draft-do="load"]')
    assert ticked(owner, "B04") == ["childhood"]


def take_copy_and_leave(page: Page, copy: Path) -> None:
    begin(page)
    page.route(SYNC, lambda route: route.abort())
    tick(page, "B04", "childhood")
    says(page, ON_DISK)
    page.click("[data-sign-out] button")
    with page.expect_download() as coming:
        page.click('[data-draft-leave="download"]')
    assert coming.value.suggested_filename.startswith("bozza-")
    coming.value.save_as(copy)
    page.wait_for_url(lambda url: url.endswith("/") and "/compila" not in url)


def load_copy(page: Page, copy: Path) -> None:
    if page.locator("#draft-panel:not([hidden])").count() == 0:
        page.click("#draft-more")
    with page.expect_file_chooser() as chooser:
        page.click('[data-draft-do="choose"]')
    chooser.value.set_files(copy)


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
