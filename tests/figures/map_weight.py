"""Bytes on the wire and time until the map can be used, with 5,000 practices on a slow line, and how long a filter takes.

Chromium with an empty cache through its own protocol; the line is what Lighthouse calls slow 4G (1.6 Mbit/s down, 750 kbit/s
up, 150 ms of latency), its processor four times slower. The map can be used when its points are drawn and a click on one
answers: the page sets the mark `map-usable`; of some first visits the median counts. A filter is measured from its event to
the next frame that was painted, each several times, of which the median counts, and the slowest filter is the figure. A
kilobyte is 1,000 bytes.
"""

from __future__ import annotations

import random
import statistics
from typing import Any, Final

import sqlalchemy as sa
from playwright.sync_api import Browser, CDPSession, Page

from app.clock import now
from app.extensions import db
from app.practices.models import CENTRE, INITIATIVE, PRACTICE
from app.practices.record import PublicRecord, digest_of, write_record
from app.practices.vocabulary import labels
from app.registry.entities import entity_table
from tests import browser as browsers
from tests.figures.harness import AT_MOST, Figure, bench
from tests.figures.page_weight import Wire, show
from tests.live_site import Site
from tests.public_practices import add_practices, clear_practices, practice_row, publish_all

PRACTICES: Final = 5_000
MOST_KB: Final = 150
MOST_SECONDS: Final = 2.5
MOST_MS: Final = 100
LOADS: Final = 5
LINE: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER: Final = 4
PRESSED: Final = 6
YEARS: Final = (2017, 2018, 2019, 2020, 2026, 2026, 2026, 2026)
SPOKEN: Final = (
    "sportello spazio centro percorso servizio bonus rete gruppo laboratorio incontri famiglia genitori bambini adolescenti "
    "nido estivo mediazione ascolto sostegno doposcuola ludoteca comunità voucher gioco lettura quartiere conciliazione "
    "accoglienza affido autonomia primi passi insieme crescere casa tempo prezioso mamme papà nonni"
)
FILTERS: Final = ("area", "tipo", "destinatari", "fondi", "regione", "livello", "anno", "genere")
TYPED: Final = ("s", "sp", "spo", "sportello")

PRESS: Final = """async ([name, at]) => {
  const boxes = document.querySelectorAll(`#map-filters input[name="${name}"]`);
  const box = boxes[at % boxes.length];
  const painted = () => new Promise((done) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
    port1.onmessage = done; port2.postMessage(0); }));
  await painted();
  const began = performance.now();
  box.click();
  await painted();
  return performance.now() - began;
}"""
TYPE: Final = """async (text) => {
  const box = document.getElementById("map-q");
  const painted = () => new Promise((done) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
    port1.onmessage = done; port2.postMessage(0); }));
  await painted();
  const began = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await painted();
  return performance.now() - began;
}"""


def spread(many: int, seed: int = 20261130) -> list[str]:
    """Publish so many practices over real municipalities; their codes. A few Regions' initiatives and some without a place."""
    chance, known = random.Random(seed), labels("it")
    columns = entity_table.c
    query = sa.select(columns.code).where(columns.kind == "municipality", columns.latitude.is_not(None)).order_by(columns.code)
    towns = db.session.execute(query).scalars().all()
    rows = []
    for _number in range(many):
        kind = chance.choices((PRACTICE, CENTRE, INITIATIVE), (84, 14, 2))[0]
        record = _record(chance, known)
        rows.append((chance.choice(towns), record, {"kind": kind, "year": chance.choice(YEARS)}))
    found = add_practices(_rows(rows))
    publish_all(now())
    return found


def _rows(wanted: list[tuple[str, PublicRecord, dict[str, Any]]]) -> list[dict[str, Any]]:
    """As `practice_row`, which asks for each entity: here one row is the model of all."""
    at = now()
    ids = dict(db.session.execute(sa.select(entity_table.c.code, entity_table.c.id)).all())
    first = practice_row(wanted[0][0], wanted[0][1], at)
    rows = []
    for code, record, more in wanted:
        text = write_record(record)
        own = practice_code(len(rows))
        texts = {"content": text, "approved": text, "digest": digest_of(text), "approved_digest": digest_of(text)}
        rows.append({**first, **texts, "code": own, "entity_id": ids[code], "title": record.title, "area": record.area, **more})
    return rows


def practice_code(number: int) -> str:
    """Eight letters and digits as unlike one another as those that the program draws."""
    return "".join(random.Random(f"code {number}").choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))


def _record(chance: random.Random, known: dict[str, dict[str, str]]) -> PublicRecord:
    def some(field: str, most: int) -> tuple[str, ...]:
        codes = list(known[field])
        drawn = set(chance.sample(codes, chance.randint(1, most)))
        return tuple(code for code in codes if code in drawn)

    words = SPOKEN.split()
    return PublicRecord(
        " ".join(chance.choices(words, k=chance.randint(3, 8))).capitalize(),
        chance.choice(list(known["area"])),
        types=some("types", 2),
        description=" ".join(chance.choices(words, k=30)).capitalize() + ".",
        recipients=some("recipients", 3),
        level=chance.choice(list(known["level"])),
        funding=some("funding", 2),
    )


def measure() -> list[Figure]:
    with bench() as sites, sites.site("sqlite") as site, browsers.chromium() as browser:
        with site.application().app_context():
            clear_practices()
            spread(PRACTICES)
            db.engine.dispose()
        load(site, browser)  # the server makes the files once for a publication
        loads = [load(site, browser) for _ in range(LOADS)]
        pressed = filters(site, browser)
    kilobytes, seconds, whole = (statistics.median(values) for values in zip(*loads, strict=True))
    print(f"Seconds: {', '.join(f'{one[1]:.2f}' for one in loads)}")
    print(f"With the titles, which come after: {whole:.1f} kB")
    return [
        Figure("map-seconds", seconds, "s", AT_MOST, MOST_SECONDS),
        Figure("map-filter", max(pressed), "ms", AT_MOST, MOST_MS),
        Figure("map-weight", kilobytes, "kB", AT_MOST, MOST_KB),
    ]


def slow_page(site: Site, browser: Browser) -> tuple[Page, CDPSession]:
    page = browsers.new_context(browser, base_url=site.url).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page, session


def load(site: Site, browser: Browser) -> tuple[float, float, float]:
    """(kB until it can be used, seconds until then, kB with the titles) of a first visit."""
    page, _session = slow_page(site, browser)
    wire = Wire()
    wire.follow(page)
    page.goto("/mappa")
    page.wait_for_selector("#map-frame[data-usable]")
    usable: float = page.evaluate("performance.getEntriesByName('map-usable')[0].startTime")
    page.wait_for_selector("#map-frame[data-titled]")
    page.wait_for_load_state("networkidle")
    later = [size for address, size in wire.arrived if "/mappa/titoli-" in address or address.endswith("/places.js")]
    show("First visit of the map, empty cache", wire)
    page.context.close()
    return wire.kilobytes - sum(later) / 1000, usable / 1000, wire.kilobytes


def filters(site: Site, browser: Browser) -> list[float]:
    """Milliseconds of each filter, pressed and taken back in turn, and of words typed, with the whole country in view."""
    page, _session = slow_page(site, browser)
    page.goto("/mappa")
    page.wait_for_selector("#map-frame[data-titled]")
    found, single = [], []
    for script, argument in [(PRESS, [name, at]) for name in FILTERS for at in (0, 1)] + [(TYPE, text) for text in TYPED]:
        times = [page.evaluate(script, argument) for _time in range(PRESSED)]
        single.append(max(times))
        found.append(statistics.median(times))
    print(f"Filters: {', '.join(f'{one:.0f}' for one in found)} ms; the slowest single one {max(single):.0f} ms")
    page.context.close()
    return found
