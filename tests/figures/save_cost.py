"""What saving a page costs: CPU of the application for one save by form, its redirect and the next page, in bare Flask pages.

7,896 entities, two practices in the draft, compression on; gunicorn as in production, and a bare Flask application in a
gunicorn of its own; batches of one and of the other take turns in one run, and the median of the batches' ratios counts.
The draft goes on growing by a journal line a save, as in life.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from tests.bare_site import BareSite
from tests.browsing import Visitor
from tests.figures.harness import AT_MOST, Figure, bench
from tests.live_site import Demos, Site

GOALS = {"sqlite": 10.0, "postgresql": 13.0}
ROUNDS = 12
SAVES = 150
BARE_PAGES = 1_500  # processes are billed in hundredths of a second: a batch must take many
ANSWERS = (("planned", "formal", "team"), ("none", "informal", "case"))


def measure() -> Iterator[Figure]:
    """The multiple on each database, the smaller the better."""
    with bench() as sites:
        for kind, goal in GOALS.items():
            with sites.site(kind) as site, BareSite() as bare:
                multiple = _multiple(sites, kind, site, bare)
            yield Figure(f"save-cost-{kind}", multiple, "× a bare page", AT_MOST, goal)


def _multiple(sites: Demos, kind: str, site: Site, bare: BareSite) -> float:
    visitor = prepared(site)
    saver = Saver(visitor)
    plain = Visitor(bare.url)
    for _warm_up in range(20):
        saver.save()
        plain.get("/")
    ratios, saves, pages, database = [], [], [], []
    for _round in range(ROUNDS):
        before = bare.cpu_seconds()
        for _page in range(BARE_PAGES):
            plain.get("/")
        page = (bare.cpu_seconds() - before) / BARE_PAGES
        before, busy = site.cpu_seconds(), sites.database_cpu_seconds(kind)
        for _save in range(SAVES):
            saver.save()
        save = (site.cpu_seconds() - before) / SAVES
        busy_after = sites.database_cpu_seconds(kind)
        ratios.append(save / page)
        saves.append(save)
        pages.append(page)
        database.append((busy_after - busy) / SAVES if busy is not None and busy_after is not None else 0.0)
    beside = f", the database server {statistics.median(database) * 1000:.2f} ms beside it" if any(database) else ""
    print(
        f"{kind}: a save with its next page {statistics.median(saves) * 1000:.2f} ms, a bare page "
        f"{statistics.median(pages) * 1000:.2f} ms{beside}; ratio {min(ratios):.1f}–{max(ratios):.1f}",
        file=sys.stderr,
    )
    return statistics.median(ratios)


def prepared(site: Site) -> Visitor:
    """A municipality that has signed in, with the first step answered and two practices in its draft."""
    visitor = Visitor(site.url)
    account = site.accounts[0]
    visitor.sign_in(account.code, account.password)
    visitor.say_who("Operatore A")
    visitor.submit("/compila/B", {"B01": ["own"]})
    visitor.submit("/compila/B/2", {"B04": ["families"], "B05": ["municipal"]})
    visitor.submit("/compila/C", {"C01": ["planned"]})
    for title in ("Sportello famiglia", "Ludoteca di quartiere"):
        page = visitor.submit("/compila/P", {}, form="/compila/P/schede")
        answers = {"P01": [title], "P02": ["families"], "P03": ["Ascolto e orientamento."], "P04": ["all"]}
        visitor.submit(page, {**answers, "P06": ["municipality"], "P15.email": ["a@example.org"], "P16": ["publish"]})
    return visitor


class Saver:
    """Saves the page of three questions over and over, each time with other answers, as the served form asks."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.count = 0
        visitor.submit("/compila/C", {"C01": ["none"], "C02": ["none"], "C03": ["protocol"]})
        self.form = visitor.form("/compila/C")
        self.version = int(self.form["C01.base"][0])

    def save(self) -> None:
        """One save and its next page. Each save writes all three, so that the next page shows its version as their base."""
        self.count += 1
        bases = {f"{code}.base": [str(self.version)] for code in ("C01", "C02", "C03")}
        answers = dict(zip(("C01", "C02", "C03"), ([code] for code in ANSWERS[self.count % 2]), strict=True))
        fields = {**self.form, **bases, **answers, "save_id": [f"save-{self.count}"]}
        status, location, _body = self.visitor.post("/compila/C", fields)
        assert status == 303, status
        status, _location, body = self.visitor.get(location)
        assert status == 200, status
        assert b"Sportello famiglia" in body
        self.version += 1
