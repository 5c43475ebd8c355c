"""`/mappa` in a real browser: the entries of the list, by keyboard, mouse and fingers, accessible, and with a lost line."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.practices.finding import PARAMETERS, condition, read_filters
from app.practices.published import CURRENT, ENTRY
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.figures.map_weight import spread
from tests.live_site import Demos, Site
from tests.public_practices import clear_practices

MANY = 400
NOWHERE = 7
SEED = 20261130
QUERIES = 150
NARROWEST = {"width": 320, "height": 640}
SIZES = {"narrow": browsers.NARROW, "narrowest": NARROWEST, "wide": browsers.WIDE}
TEXTS = ("", "", "", "nido", "NIDO", "papa", "sportello genitori", "torino", "nessuno lo dice", "%%")
FOUND = """async ([queries, points, find, module]) => {
  const { readPoints, findRows } = await import(module);
  const read = readPoints(await (await fetch(points)).json());
  const codes = [];
  for (const { q, wanted } of queries) {
    const rows = q ? (await (await fetch(`${find}?${new URLSearchParams({ q })}`)).json()).rows : null;
    codes.push(findRows(read, wanted, rows && new Set(rows)).map((row) => read.codes[row]).sort());
  }
  return codes;
}"""
OVERLAPS = """() => {
  const box = (one) => [one.textContent, one.getBoundingClientRect()];
  const [names, marks] = [".map-name", ".map-mark"].map((kind) => [...document.querySelectorAll(kind)].map(box));
  const meet = ([, one], [, other]) => one.left < other.right && other.left < one.right && one.top < other.bottom
    && other.top < one.bottom;
  return names.flatMap((one, at) => [...names.slice(at + 1), ...marks].filter((other) => meet(one, other))
    .map(([text]) => `${one[0]} on ${text}`));
}"""
# The browser is what is tried here; what the database finds is tried on both (tests/practices/test_finding.py).
pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, demos: Demos) -> Iterator[Site]:
    """The demo with practices all over the country, some of which stand nowhere."""
    with demos.site(request.param) as site:
        with site.application().app_context():
            clear_practices()
            codes = spread(MANY)
            nowhere = {"latitude": None, "longitude": None}
            db.session.execute(sa.update(ENTRY.code.table).where(ENTRY.code.in_(codes[:NOWHERE])).values(nowhere))
            db.session.commit()
            db.engine.dispose()
        yield site


@pytest.fixture
def application(site: Site) -> Iterator[Flask]:
    app = site.application()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def listed(query: str) -> list[str]:
    """The codes that the list finds."""
    filters = read_filters(MultiDict(parse_qsl(query))).filters
    codes = sorted(db.session.execute(sa.select(ENTRY.code).where(CURRENT, condition(filters))).scalars())
    db.session.rollback()  # outside of a request a transaction may write, and the site that is looked at would wait for it
    return codes


def ready(page: Page) -> Page:
    page.wait_for_selector("#map-frame[data-titled]")
    return page


def on_marks(page: Page) -> int:
    """How many entries the marks stand for, all over the plane."""
    texts = page.locator(".map-mark").all_inner_texts()
    return sum(int(re.sub(r"\D", "", text) or "1") for text in texts)


def any_query(chance: random.Random, offered: dict[str, list[str]]) -> tuple[str, dict[str, list[str]]]:
    wanted = {name: [] for name in offered}
    for name in chance.sample(sorted(offered), chance.randint(0, 4)):
        wanted[name] = chance.sample([*offered[name], "mai_visto"], min(chance.randint(1, 3), len(offered[name])))
    return chance.choice(TEXTS), wanted


def test_the_map_finds_what_the_list_finds_entry_by_entry(open_page: OpenPage, application: Flask) -> None:
    page = ready(open_page("/mappa"))
    offered: dict[str, list[str]] = page.evaluate(
        'names => Object.fromEntries(names.map(name => [name, [...document.querySelectorAll(`input[name="${name}"]`)]'
        ".map(box => box.value)]))",
        [name for name in PARAMETERS if name != "q"],
    )
    chance = random.Random(SEED)
    asked = [any_query(chance, offered) for _query in range(QUERIES)]
    asked = [(text, {**wanted, **_shaped(wanted)}) for text, wanted in asked]
    module = page.locator("link[rel=modulepreload][href*=map_rows]").get_attribute("href")
    given = [page.locator("#map-frame").get_attribute(f"data-{name}") for name in ("points", "find")]
    found = page.evaluate(FOUND, [[{"q": text, "wanted": wanted} for text, wanted in asked], *given, module])
    expected = [listed(_query(text, wanted)) for text, wanted in asked]
    assert found == expected
    assert len({tuple(codes) for codes in expected}) > QUERIES / 4, "the queries are too much alike to show anything"


def _shaped(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without what an address cannot ask of these: the server ignores it, and no form offers it."""
    return {name: [one for one in wanted[name] if one != "mai_visto"] for name in ("regione", "anno", "genere")}


def _query(text: str, wanted: dict[str, list[str]]) -> str:
    pairs = [("q", text), *((name, value) for name, values in wanted.items() for value in values)]
    return "&".join(f"{name}={value.replace('%', '%25').replace(' ', '+')}" for name, value in pairs)


@pytest.mark.parametrize(
    "query", ["", "area=families", "q=nido&anno=2026", "genere=centre&regione=03&regione=09", "livello=mai_visto"]
)
def test_page_marks_table_and_list_count_the_same(open_page: OpenPage, application: Flask, query: str) -> None:
    codes = listed(query)
    page = ready(open_page(f"/mappa?{query}"))
    nowhere = sa.select(sa.func.count()).where(CURRENT, ENTRY.code.in_(codes), ENTRY.latitude.is_(None))
    unplaced = db.session.execute(nowhere).scalar_one()
    number = {0: "Nessuna scheda", 1: "1 scheda"}.get(len(codes), f"{len(codes)} schede")
    expect(page.locator("#map-status")).to_contain_text(number)
    page.locator("[data-do=all]").click()
    assert on_marks(page) == len(codes) - unplaced
    cells = page.locator("#map-table [data-count]").all_inner_texts()
    assert sum(int(cell) for cell in cells) == len(codes)
    assert page.locator("#map-unplaced").is_visible() == bool(unplaced)
    page.locator("#map-list-link").click()
    page.wait_for_url("**/pratiche*")
    if codes:
        expect(page.locator("#risultati")).to_have_text(number)


def test_filters_stand_in_the_address_and_come_back_with_it(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa"))
    page.locator("#map-more summary", has_text="Anno").click()
    page.locator('input[name=anno][value="2026"]').check()
    page.locator("input[name=genere][value=practice]").uncheck()
    page.wait_for_url("**/mappa?anno=2026&genere=centre&genere=initiative")
    shown = page.locator("#map-status").inner_text()
    assert page.locator("#map-list-link").get_attribute("href") == "/pratiche?anno=2026&genere=centre&genere=initiative"
    again = ready(open_page(page.url.partition("/mappa")[1] + page.url.partition("/mappa")[2]))
    expect(again.locator("#map-status")).to_have_text(shown)
    expect(again.locator("input[name=genere][value=practice]")).not_to_be_checked()
    again.locator("#map-clear").click()
    again.wait_for_url("**/mappa")
    expect(again.locator("#map-status")).to_have_text(f"{MANY} schede")


def test_a_text_is_found_here_at_once_and_then_by_the_server(open_page: OpenPage, application: Flask) -> None:
    page = ready(open_page("/mappa"))
    page.locator("#map-q").press_sequentially("PAPA")
    page.wait_for_url("**/mappa?q=PAPA")
    expect(page.locator("#map-status")).to_have_text(f"{len(listed('q=papa'))} schede")


def test_without_a_line_titles_are_searched_and_the_page_says_so(open_page: OpenPage, watch: browsers.Watch) -> None:
    watch.expect("trova-")
    watch.expect("ERR_INTERNET_DISCONNECTED")
    page = ready(open_page("/mappa"))
    page.context.set_offline(True)
    page.locator("#map-q").fill("sportello")
    expect(page.locator("#map-status")).to_contain_text("La ricerca nelle descrizioni non è riuscita")
    expect(page.locator("#map-status")).to_contain_text("schede")


@pytest.mark.parametrize(
    ("file", "says"), [("punti", "I punti della mappa non sono"), ("titoli", "I titoli delle schede non sono")]
)
def test_what_a_lost_line_kept_back_is_told_and_asked_for_again(
    open_page: OpenPage, watch: browsers.Watch, file: str, says: str
) -> None:
    watch.expect(f"/mappa/{file}-")
    page = open_page("/aiuto")
    page.route(f"**/mappa/{file}-*", lambda route: route.abort("internetdisconnected"))
    page.goto("/mappa")
    told, again = page.locator("#map-lost-text"), page.get_by_role("button", name="Riprova")
    expect(told).to_contain_text(says)
    expect(told).to_have_attribute("role", "status")
    browsers.assert_accessible(page)
    again.focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text(says)
    expect(again).to_be_focused()
    page.unroute(f"**/mappa/{file}-*")
    page.keyboard.press("Enter")
    ready(page)
    expect(told).to_have_text("")
    expect(again).to_be_hidden()
    expect(page.locator("#map-frame")).to_be_focused()
    assert on_marks(page)


def test_the_last_kind_stays_on(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa"))
    boxes = page.locator("input[name=genere]")
    for at in range(boxes.count()):
        boxes.nth(at).click()
    assert boxes.evaluate_all("all => all.filter(box => box.checked).length") == 1
    expect(page.locator("#map-status")).to_contain_text("Almeno una voce resta scelta.")


def focused_mark(page: Page) -> Locator:
    return page.locator(".map-mark:focus")


def test_everything_is_reached_with_the_keyboard(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa"))
    browsers.tab_to(page, "#map-frame")
    page.keyboard.press("Tab")
    expect(page.locator("[data-do=in]")).to_be_focused()
    whole = page.locator("#map-land").get_attribute("viewBox")
    page.keyboard.press("+")
    near = page.locator("#map-land").get_attribute("viewBox")
    page.keyboard.press("ArrowRight")
    moved = page.locator("#map-land").get_attribute("viewBox")
    page.keyboard.press("0")
    assert len({whole, near, moved}) == 3
    assert page.locator("#map-land").get_attribute("viewBox") == whole
    browsers.tab_to(page, ".map-mark:not(.map-one)")
    expect(focused_mark(page)).to_have_attribute("aria-label", re.compile(r"^\d+ schede, .+: ingrandisci$"))
    for _step in range(12):
        page.keyboard.press("Enter")
        if page.locator("#map-panel").is_visible():
            break
        assert focused_mark(page).count() == 1, "zooming lost the focus"
    expect(page.locator("#map-panel")).to_be_focused()
    name = page.locator("#map-panel-title").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("#map-panel")).to_be_hidden()
    assert focused_mark(page).count() == 1
    page.keyboard.press("Enter")
    browsers.tab_to(page, "#map-panel-body a")
    address = page.locator("#map-panel-body a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    if "schede" not in name:
        expect(page.locator("h1")).to_have_text(name)


@pytest.mark.parametrize("size", SIZES)
def test_a_practice_leads_to_its_card_on_the_map(open_page: OpenPage, application: Flask, size: str) -> None:
    placed = sa.select(ENTRY.code, ENTRY.title).where(CURRENT, ENTRY.latitude.is_not(None)).order_by(ENTRY.code)
    code, title = db.session.execute(placed).all()[MANY // 2]
    db.session.rollback()
    page = open_page(f"/pratiche/{code}", viewport=SIZES[size])
    page.get_by_role("link", name="Vedi sulla mappa").click()
    ready(page)
    panel = page.locator("#map-panel")
    expect(panel).to_be_in_viewport()
    expect(panel.locator("h2")).to_have_text(title)
    expect(panel.locator("a")).to_have_attribute("href", f"/pratiche/{code}")
    expect(page.locator("#map-status")).to_contain_text(f"Aperta la scheda «{title}».")
    expect(page.locator('.map-mark[aria-expanded="true"]')).to_be_in_viewport()
    assert page.url.endswith(f"/mappa?scheda={code}")
    browsers.assert_accessible(page)
    page.locator("#map-close").click()
    page.wait_for_url("**/mappa")


def test_without_scripts_the_card_stands_on_the_page(open_page: OpenPage, application: Flask, watch: browsers.Watch) -> None:
    watch.expect("/js/map_")
    code = listed("genere=practice")[0]
    page = open_page(f"/mappa?scheda={code}", java_script_enabled=False)
    assert page.locator(".practice-cards a").evaluate_all("all => all.map(one => one.getAttribute('href'))") == [
        f"/pratiche/{code}"
    ]


@pytest.mark.parametrize("size", SIZES)
def test_from_near_areas_have_names_that_lie_on_nothing(open_page: OpenPage, size: str) -> None:
    page = ready(open_page("/mappa?regione=09", viewport=SIZES[size]))
    names = page.locator(".map-name")
    seen = []
    for _step in range(5):
        page.locator("[data-do=in]").click()
        page.wait_for_timeout(300)  # names follow, and having none is fine where marks crowd
        seen += names.all_inner_texts()
        assert page.evaluate(OVERLAPS) == []
    assert seen
    page.locator("[data-do=all]").click()
    expect(names).to_have_count(0)
    page.get_by_text("Provincia per provincia", exact=True).click()
    known = {*page.locator("#map-table th[scope=row], #map-province-table th[scope=row]").all_inner_texts()}
    assert set(seen) <= known
    browsers.assert_fits(page)
    browsers.assert_accessible(page)


def test_a_drag_moves_the_map_and_opens_nothing(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa"))
    box = page.locator("#map-frame").bounding_box()
    assert box is not None
    before = page.locator("#map-land").get_attribute("viewBox")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 120, box["y"] + 260, steps=4)
    page.mouse.up()
    assert page.locator("#map-land").get_attribute("viewBox") != before
    expect(page.locator("#map-panel")).to_be_hidden()
    assert page.url.endswith("/mappa")


def test_a_region_says_its_numbers_and_leads_to_its_list(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa?anno=2026"))
    page.locator('a[data-region="09"] path').dispatch_event("click")
    expect(page.locator("#map-panel-title")).to_have_text("Toscana")
    link = page.locator("#map-panel-body a")
    assert (link.get_attribute("href") or "").endswith("/pratiche?regione=09&anno=2026")


def test_the_cards_are_those_in_view(open_page: OpenPage) -> None:
    page = ready(open_page("/mappa?regione=20"))
    expect(page.locator("#map-cards li").first).to_be_visible()
    addresses = page.locator("#map-cards a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert addresses
    page.goto(addresses[0])
    expect(page.locator("main")).to_contain_text("Sardegna")


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_accessible_and_fits(open_page: OpenPage, size: str) -> None:
    page = ready(open_page("/mappa", viewport=SIZES[size], reduced_motion="reduce"))
    browsers.assert_accessible(page)
    browsers.assert_fits(page)
    page.locator(".map-mark").first.evaluate("one => one.focus()")
    for _step in range(12):
        page.keyboard.press("Enter")
        if page.locator("#map-panel").is_visible():
            break
    browsers.assert_accessible(page)
    browsers.assert_fits(page)


def test_two_fingers_zoom(site: Site, browser: Browser) -> None:
    context = browsers.new_context(browser, base_url=site.url, viewport=browsers.NARROW, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("/mappa")
    ready(page)
    page.locator("#map-frame").scroll_into_view_if_needed()
    box = page.locator("#map-frame").bounding_box()
    assert box is not None
    before = _height(page)
    session = context.new_cdp_session(page)

    def touch(kind: str, apart: float | None) -> None:
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        points: list[dict[str, Any]] = (
            [] if apart is None else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        )
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 20)
    for apart in (40, 60, 80):
        touch("touchMove", apart)
    touch("touchEnd", None)
    assert _height(page) == pytest.approx(before / 4, rel=0.2)
    context.close()


def _height(page: Page) -> float:
    return float((page.locator("#map-land").get_attribute("viewBox") or "").split()[3])


def test_without_scripts_regions_filters_and_table_are_there(open_page: OpenPage, watch: browsers.Watch) -> None:
    watch.expect("/js/map_")  # modules that the page announces are not fetched where scripts are off
    page = open_page("/mappa", java_script_enabled=False)
    expect(page.locator("#map-regions a")).to_have_count(20)
    expect(page.locator("#map-controls")).to_be_hidden()
    page.locator("#map-q").fill("nido")
    page.locator("#map-filters button[type=submit]").click()
    assert "q=nido" in page.url
    expect(page.locator("#map-q")).to_have_value("nido")
    page.locator("#map-table a").first.click()
    assert "/pratiche?q=nido" in page.url
