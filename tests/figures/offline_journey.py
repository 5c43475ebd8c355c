"""A municipality's way through lost lines, closed browsers, ended sessions, colleagues, deadlines and releases.

Chromium drives three people: one at a computer with a profile of its own, a colleague of the same municipality, and somebody of
another one. Every step is made whatever became of those before it; the figure counts those that passed, and names the others.
Not for: many random histories (`merge-histories`) or what one page does (`tests/e2e/test_offline.py`).
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from app.accounts.models import WebSession
from app.editions.models import Edition
from tests import browser as browsers
from tests.e2e import offline
from tests.e2e.offline_world import (
    CENTRE,
    CLOSING,
    PRACTICE,
    SECOND,
    World,
    add_sheet,
    new_release,
    pages_of,
    search,
    send,
    set_of,
    sign_in_beside,
)
from tests.figures.harness import Measured, Share, bench

Step = tuple[str, Callable[[World], None]]
STEPS: list[Step] = []


def step(name: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """Add a step to the journey, in the order of this file."""

    def register(work: Callable[[World], None]) -> Callable[[World], None]:
        STEPS.append((name, work))
        return work

    return register


@step("sign in and agree that this computer keeps a copy")
def _agree(world: World) -> None:
    page = world.open_browser(line=True)
    offline.enter(page, world.mine)
    page.goto("/compila/B")
    offline.keep_a_copy(page)
    offline.answer(page, {"B01": "own"})
    page.click(offline.CONTINUE)
    page.wait_for_url("**/compila/B/2")
    offline.is_ready(page)
    page.goto("/compila/B")
    offline.is_ready(page)


@step("answer the first question after the line has gone")
def _first(world: World) -> None:
    world.line(False)
    offline.answer(world.page, {"B01": "both"})
    offline.says(world.page, "here")
    offline.goes_on(world.page, "/compila/B/2")


@step("walk the pages of the first two steps")
def _plain_steps(world: World) -> None:
    page = world.page
    search(page, "B03", "samone", "Samone (TN)")
    offline.answer(page, {"B04": ["families", "childhood"], "B05": ["department", "municipal"]})
    offline.goes_on(page, "/compila/B/3")
    offline.answer(page, {"B06": ["y2024"], "B07": "le5k"})
    offline.goes_on(page, "/compila/C")
    offline.answer(page, {"C01": "own", "C02": "informal"})
    offline.goes_on(page, "/compila/S")


@step("describe a Centre")
def _centre(world: World) -> None:
    add_sheet(world, CENTRE)
    offline.goes_on(world.page, "/compila/S")
    world.page.click(".page-actions a.btn")
    world.page.wait_for_url("**/compila/P")


@step("describe a practice, with its details")
def _practice(world: World) -> None:
    page = world.page
    offline.is_kept_page(page)
    add_sheet(world, PRACTICE)
    page.click('.page-actions button[value="dettagli"]')
    page.wait_for_url("**/2")
    offline.is_kept_page(page)
    offline.answer(page, {"P08": "120", "P12": "1.250,00"})
    offline.goes_on(page, "/compila/P")


@step("describe a second practice, with a municipality searched by name")
def _second_practice(world: World) -> None:
    page = world.page
    add_sheet(world, SECOND)
    search(page, "P07", "sant agata de goti", "Sant'Agata de' Goti (BN)")
    offline.says(page, "here")
    offline.goes_on(page, "/compila/P")


@step("duplicate, move, delete and restore a practice")
def _arrange(world: World) -> None:
    page = world.page
    for button, titles in (
        ("Duplica", ["Nonni che leggono", "Nonni che leggono", "Rete dei servizi"]),
        ("Sposta giù", ["Nonni che leggono", "Nonni che leggono", "Rete dei servizi"]),
        ("Elimina", ["Nonni che leggono", "Rete dei servizi"]),
        ("Ripristina", ["Nonni che leggono", "Nonni che leggono", "Rete dei servizi"]),
        ("Elimina", ["Nonni che leggono", "Rete dei servizi"]),
    ):
        if button == "Ripristina":
            page.click("details.disclosure > summary")
        page.locator("main button:visible", has_text=button).first.click()
        page.wait_for_function(
            "wanted => [...document.querySelectorAll('ol .sheet-name a')].length === wanted", arg=len(titles)
        )
        found = page.locator("ol .sheet-name a").all_inner_texts()
        assert found == titles, f"after {button}: {found}"


@step("close the questionnaire, and find nothing missing at the check")
def _close(world: World) -> None:
    page = world.page
    page.click(".page-actions a.btn")
    page.wait_for_url("**/compila/E")
    offline.is_kept_page(page)
    offline.answer(page, CLOSING)
    offline.goes_on(page, "/compila/verifica")
    missing = page.locator("[data-lacking] li").all_inner_texts()
    assert not missing, f"missing: {missing}"
    assert page.locator("text=L'invio ha bisogno della linea").count() == 1


@step("reload every page without a line")
def _reload(world: World) -> None:
    for path, answers in pages_of(world):
        world.page.goto(path)
        world.page.reload()
        offline.is_kept_page(world.page)
        offline.stands(world.page, answers)


@step("close the browser and open it again, still without a line")
def _reopen(world: World) -> None:
    world.close_browser()
    world.site.stop()  # a browser that starts puts only its pages off line, not the worker
    page = world.open_browser(line=True)
    for path, answers in pages_of(world):
        page.goto(path)
        offline.is_kept_page(page)
        offline.stands(page, answers)


@step("sign in again after the session has ended, without losing a letter")
def _expired(world: World) -> None:
    page = world.page
    page.goto("/compila/E")
    offline.is_kept_page(page)
    world.change(sa.delete(WebSession))
    world.site.start()
    world.line(False)
    world.line(True)  # the computer notices
    page.wait_for_selector("#draft-link:not([hidden])", timeout=offline.PATIENCE)
    page.fill('[name="E02"]', "Servirebbero educatori, e spazi.")
    with page.expect_popup() as coming:
        page.click("#draft-link")
    with_link = coming.value
    sign_in_beside(with_link, world.mine)
    offline.says(page, "saved")
    with_link.close()
    answers = world.stored()
    assert answers["E02"] == "Servirebbero educatori, e spazi.", answers.get("E02")
    assert answers["B04"]["codes"] == ["families", "childhood"], answers.get("B04")
    titles = sorted(value for key, value in answers.items() if key.endswith("/P01"))
    assert titles == ["Nonni che leggono", "Nonni che leggono", "Rete dei servizi"], titles


@step("go on with the server's page at the same address")
def _line_is_back(world: World) -> None:
    page = world.page
    page.wait_for_selector('[data-shell-says="line"]:not([hidden])', timeout=40_000)
    page.click("[data-shell-says=line] a")
    page.wait_for_selector("body:not(.shell)")
    assert offline.path_of(page) == "/compila/E"
    offline.stands(page, {"E02": "Servirebbero educatori, e spazi."})


@step("a colleague answers the same question meanwhile: both are kept, and one is chosen")
def _conflict(world: World) -> None:
    page = world.page
    offline.is_ready(page)
    world.line(False)
    page.fill('[name="E02"]', "Servono spazi.")
    page.locator("h1").click()
    offline.says(page, "here")
    with world.visitor(world.mine, "Operatore B") as colleague:
        colleague.goto("/compila/E")
        colleague.fill('[name="E02"]', "Servono educatori.")
        colleague.locator("h1").click()
        offline.says(colleague, "saved")
    world.line(True)
    page.wait_for_selector("#draft-decision:not([hidden])", timeout=offline.PATIENCE)
    page.goto("/compila/conflitti")
    page.click("main .link-list a")
    page.wait_for_selector(".decision")
    texts = page.locator(".decision-value").all_inner_texts()
    assert sorted(texts) == ["Servono educatori.", "Servono spazi."], texts
    page.locator(".decision label", has_text="Servono spazi.").click()
    page.click(offline.CONTINUE)
    page.wait_for_url("**/compila/verifica")
    assert world.stored()["E02"] == "Servono spazi."


@step("a second tab shows what the first one typed")
def _second_tab(world: World) -> None:
    assert world.context is not None
    world.page.goto("/compila/B/2")
    tab = world.context.new_page()
    tab.goto("/compila/B/2")
    offline.is_ready(tab)
    offline.answer(world.page, {"B04": ["centres"]})
    offline.says(world.page, "saved")
    tab.wait_for_function("document.querySelector('[name=B04][value=centres]').checked", timeout=offline.PATIENCE)
    tab.close()
    assert world.stored()["B04"]["codes"] == ["families", "centres", "childhood"], world.stored()["B04"]


@step("a hostile operation is refused, and the good one beside it is kept")
def _hostile(world: World) -> None:
    world.page.goto("/compila/B/2")
    status, reply = send(world.page, world.page, [set_of("C02", "formal"), set_of("Z99", "x"), {"op": "explode"}])
    assert status == 200, (status, reply)
    [save] = reply["saves"]
    assert len(save["applied"]) == 1, save
    assert len(save["refused"]) == 2, save
    assert world.stored()["C02"] == {"code": "formal"} or world.stored()["C02"] == "formal"


@step("another municipality's session cannot write here, nor see anything of it")
def _stranger(world: World) -> None:
    with world.visitor(world.other, "Operatore C") as stranger:
        stranger.goto("/compila/B")
        status, reply = send(stranger, world.page, [set_of("C02", "none")])
        assert status in (403, 409), (status, reply)
        assert reply.get("reason") == "other_entity", reply
        assert "Nonni che leggono" not in stranger.content()
    assert "none" not in str(world.stored()["C02"])


@step("on a shared computer nothing is kept")
def _shared(world: World) -> None:
    with world.visitor(world.other, "Operatore C") as stranger:
        stranger.goto("/compila/B")
        stranger.click('[data-draft-consent="shared"]')
        offline.answer(stranger, {"B01": "unknown"})
        offline.says(stranger, "saved")
        assert stranger.evaluate("caches.keys()") == []
        assert stranger.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


@step("a new release waits while work is unsent, and comes when the person agrees")
def _release(world: World) -> None:
    page = world.page
    page.goto("/compila/E")
    offline.is_ready(page)
    assert world.context is not None
    with new_release(world.site):
        world.context.route("**/compila/sincronizza**", lambda route: route.abort())
        page.fill('[name="E02"]', "Servono spazi, subito.")
        page.locator("h1").click()
        offline.says(page, "here")
        before = page.evaluate("caches.keys()")
        page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
        page.wait_for_selector("#new-release:not([hidden])", timeout=offline.PATIENCE)
        assert set(before) <= set(page.evaluate("caches.keys()")), "what was kept stays until somebody agrees"
        with page.expect_navigation(timeout=offline.PATIENCE):
            page.click("#new-release button")
        world.context.unroute("**/compila/sincronizza**")
        offline.is_ready(page)
        offline.stands(page, {"E02": "Servono spazi, subito."})
        after = page.evaluate("caches.keys()")
        assert not {name for name in before if name.startswith("ricognizione-files")} & set(after), after
        offline.says(page, "saved")
    assert world.stored()["E02"] == "Servono spazi, subito."


@step("the deadline passes while the laptop is shut: the work is kept, and said to be late")
def _deadline(world: World) -> None:
    page = world.page
    page.goto("/compila/E")
    offline.is_ready(page)
    world.line(False)
    page.fill('[name="E02"]', "Arrivato tardi.")
    page.locator("h1").click()
    offline.says(page, "here")
    past = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    opened = past - dt.timedelta(days=30)
    world.change(sa.update(Edition).where(Edition.state == "open").values(closes_at=past, opens_at=opened))
    try:
        world.line(True)
        page.locator("#draft-text", has_text="scadenza").wait_for(timeout=40_000)
        assert world.stored()["E02"] != "Arrivato tardi.", "late work is no answer"
    finally:
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=30)
        world.change(sa.update(Edition).where(Edition.state == "open").values(closes_at=later))


@step("signing out with unsent work asks first, and leaves nothing on the computer")
def _sign_out(world: World) -> None:
    page = world.page
    page.goto("/compila/B/2")
    offline.is_ready(page)
    world.line(False)
    offline.answer(page, {"B05": ["region"]})
    offline.says(page, "here")
    page.click("form[data-sign-out] button")
    page.wait_for_selector("#draft-leave[open]")
    world.line(True)
    page.click('[data-draft-leave="send"]')
    page.wait_for_url(f"{world.site.url}/")
    assert page.evaluate("caches.keys()") == []
    assert [one["name"] for one in page.evaluate("indexedDB.databases()")] in ([], ["ricognizione"])
    assert "region" in str(world.stored()["B05"])


def make(world: World) -> list[tuple[str, str]]:
    """Make every step: those that failed, with what was wrong."""
    failed = []
    for number, (name, work) in enumerate(STEPS, 1):
        try:
            work(world)
        except Exception as error:  # noqa: BLE001 — what fails is counted
            wrong = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            failed.append((name, wrong))
            print(f"{number:3}. FAILED {name}: {wrong}", flush=True)
            if world.context is not None and world.context.pages:
                with suppress(PlaywrightError):
                    browsers.shoot(world.page, f"offline journey {number}")
                world.context.set_offline(False)
            if world.site.process is None:
                world.site.start()
        else:
            print(f"{number:3}. ok     {name}", flush=True)
    return failed


def try_firefox() -> str:
    """Whether the system's Firefox can be driven here, and why not. It speaks WebDriver BiDi, not Playwright's own protocol."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        return "Firefox: none here"
    try:
        with sync_playwright() as playwright:
            browser = playwright.firefox.launch(executable_path=path, channel="moz-firefox", timeout=30_000)
            browser.new_page().goto("data:text/html,<h1>1</h1>")
            browser.close()
    except PlaywrightError as error:
        return f"Firefox: cannot be driven by Playwright: {error.message.splitlines()[0]}"
    return "Firefox: can be driven, and the journey does not know it yet"


def measure() -> list[Measured]:
    print(try_firefox(), flush=True)
    with bench() as sites, sites.site("sqlite") as site, browsers.chromium() as browser:
        folder = Path(tempfile.mkdtemp(prefix="profile-"))
        world = World(site, browser, folder, site.accounts[0], site.accounts[1])
        try:
            failed = make(world)
        finally:
            world.close_browser()
            shutil.rmtree(folder, ignore_errors=True)
    return [Share("offline-journey", len(STEPS) - len(failed), len(STEPS), "steps")]
