"""What everybody's pages, map data and files cost: CPU of the application for one answer, in bare Flask pages, with 5,000
practices published.

gunicorn as in production, and a bare Flask application in a gunicorn of its own; batches of one and of the other take turns in
one run, and the median of the batches' ratios counts. Warm: asked for again; conditional: asked for again with its ETag, which
must answer 304; cold: the first time after each of some publications, told beside. An answer without an ETag is a failure. So
is an address that the program does not have.
"""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from app.clock import now
from app.database import unit_of_work
from app.extensions import db
from app.practices.models import KINDS, Publication
from app.practices.record import PublicRecord
from app.practices.vocabulary import labels
from app.registry.models import Entity
from tests.bare_site import BareSite
from tests.figures.harness import AT_MOST, DATABASES, Figure, Share, bench
from tests.live_site import Demos, Site
from tests.public_practices import add_practices, clear_practices, practice_row, publish_all

ADDRESSES: Final = {
    "list": "/pratiche",
    "list-filtered": "/pratiche?area=families&regione=09&anno=2026",
    "list-text": "/pratiche?q=sportello+genitori",
    "list-table": "/pratiche?vista=tabella&pagina=7",
    "practice": "/pratiche/{code}",
    "map": "/mappa",
    "map-data": "/mappa/dati.json",
    "dataset": "/dati",
    "changes": "/dati/modifiche",
    "geojson": "/dati/pratiche.geojson",
    "csv": "/dati/pratiche.csv",
    "umap": "/dati/pratiche.umap",
    "jsonl": "/dati/pratiche.jsonl",
    "codebook": "/dati/codebook.csv",
    "catalogue-rdf": "/dati/catalogo.rdf",
    "catalogue-jsonld": "/dati/catalogo.jsonld",
    "results": "/risultati",
    "results-csv": "/risultati.csv",
    "api-description": "/api/v1/openapi.json",
    "api": "/api/v1/pratiche",
    "api-practice": "/api/v1/pratiche/{code}",
}
"""Everything public, by the name of its figure. `{code}`: of a practice."""
GOAL: Final = 3.0
PRACTICES: Final = 5_000
ROUNDS: Final = 9
ASKED: Final = 150
BARE_PAGES: Final = 1_000  # processes are billed in hundredths of a second: a batch must take many
MOST_TAGS: Final = 2
"""In a batch: once a minute the response is counted anew, which makes another page of the results."""
COLD: Final = 6
WARMING: Final = 12  # so that each of the processes has made it
WORDS: Final = ("ascolto", "orientamento", "genitori", "neonati", "quartiere", "biblioteca", "sostegno", "percorso", "città")


@dataclass
class _Cost:
    """Of one address: seconds of CPU an answer in each batch, and multiples of a bare page."""

    warm: list[float] = field(default_factory=list)
    warm_ratios: list[float] = field(default_factory=list)
    conditional_ratios: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    cold: float = 0.0
    tag: str = ""
    bytes: int = 0


def measure() -> Iterator[Figure | Share]:
    """Each address on each database with its goal, and last how many are within it."""
    figures: list[Figure] = []
    tagged: list[bool] = []
    with bench() as sites:
        for kind in DATABASES:
            with sites.site(kind) as site, BareSite() as bare:
                costs = _measure(sites, kind, site, bare)
            for name, cost in costs.items():
                tagged.append(bool(cost.tag))
                figures += _figures(f"{name}-{kind}", cost)
    yield from figures
    yield Share("public-cost-tags", sum(tagged), len(tagged), "answers with an ETag")
    yield Share("public-cost", sum(one.reached for one in figures), len(figures), "answers within 3 bare pages, warm")


def _figures(name: str, cost: _Cost) -> list[Figure]:
    warm = statistics.median(cost.warm_ratios)
    found = [Figure(f"public-cost-{name}", warm, "× a bare page", AT_MOST, GOAL)]
    if cost.conditional_ratios:
        again = statistics.median(cost.conditional_ratios)
        found.append(Figure(f"public-cost-{name}-conditional", again, "× a bare page", AT_MOST, GOAL))
    print(
        f"{name}: warm {statistics.median(cost.warm) * 1_000:.2f} ms, {warm:.2f} ({min(cost.warm_ratios):.2f}–"
        f"{max(cost.warm_ratios):.2f}); cold {cost.cold * 1_000:.0f} ms; {cost.bytes} bytes; "
        f"the database server {statistics.median(cost.database) * 1_000:.2f} ms beside it; ETag {cost.tag or 'MISSING'}",
        file=sys.stderr,
    )
    return found


def _measure(sites: Demos, kind: str, site: Site, bare: BareSite) -> dict[str, _Cost]:
    app = site.application()
    with app.app_context():
        code = _publish_practices()
        db.session.remove()
        paths = {name: pattern.format(code=code) for name, pattern in ADDRESSES.items()}
        costs = {name: _Cost() for name in paths}
        asker, plain = Asker(site.url), Asker(bare.url)
        for name, path in paths.items():
            costs[name].cold = _cold(site, asker, path)
        for path in paths.values():
            asker.get(path)  # a file is made when it is first asked for, and /dati and the catalogue tell of it from then on
        for name, path in paths.items():
            costs[name].bytes = max(asker.get(path) for _time in range(WARMING))
            costs[name].tag = asker.tag
        db.session.remove()
        db.engine.dispose()
    for _page in range(WARMING):
        plain.get("/")
    for _round in range(ROUNDS):
        page = _cpu(bare, plain, "/", BARE_PAGES)
        for name, path in paths.items():
            cost, busy = costs[name], sites.database_cpu_seconds(kind) or 0.0
            spent = _cpu(site, asker, path, ASKED)
            cost.database.append(((sites.database_cpu_seconds(kind) or 0.0) - busy) / ASKED)
            cost.warm.append(spent)
            cost.warm_ratios.append(spent / page)
            if cost.tag:
                cost.conditional_ratios.append(_cpu(site, asker, path, ASKED, conditional=True) / page)
    return costs


class Asker:
    """A client that keeps one connection and reads answers without unpacking them. `tag`: the ETag of the last answer."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=120)
        self.tag = ""

    def get(self, path: str, tag: str = "") -> int:
        """The bytes of the answer's body. With a tag it must be 304, or another page than that was; without, 200."""
        headers = {"Accept-Encoding": "gzip, deflate, br", **({"If-None-Match": tag} if tag else {})}
        try:
            self.connection.request("GET", path, headers=headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # the server closed a connection that had been idle
            self.connection.close()
            self.connection.request("GET", path, headers=headers)
            response = self.connection.getresponse()
        body = response.read()
        new = response.headers.get("ETag", "")
        assert response.status == (304 if tag and new == tag else 200), f"{path}: {response.status}"
        assert "Set-Cookie" not in response.headers, path
        self.tag = new
        return len(body)


def _cpu(site: Site | BareSite, asker: Asker, path: str, times: int, *, conditional: bool = False) -> float:
    """Seconds of CPU an answer. `conditional`: each asks for what has changed since the one before."""
    before, tags = site.cpu_seconds(), {asker.tag}
    for _time in range(times):
        asker.get(path, asker.tag if conditional else "")
        tags.add(asker.tag)
    assert not conditional or len(tags) <= MOST_TAGS, f"{path} is another page again and again"
    return (site.cpu_seconds() - before) / times


def _cold(site: Site, asker: Asker, path: str) -> float:
    """CPU of an answer for which nothing is kept: the first after a publication."""
    spent = []
    for _time in range(COLD):
        with unit_of_work(writes=True):
            db.session.execute(sa.update(Publication).values(revision=Publication.revision + 1))
            db.session.commit()
        spent.append(_cpu(site, asker, path, 1))
    return statistics.mean(spent)


def _publish_practices() -> str:
    """Practices of towns all over the country; the code of one."""
    clear_practices()
    query = sa.select(Entity.code).where(Entity.kind == "municipality").order_by(sa.func.substr(Entity.code, 4), Entity.code)
    towns = itertools.cycle(db.session.execute(query.limit(1_000)).scalars().all())
    named = {name: list(values) for name, values in labels("it").items()}
    instant = now()
    with unit_of_work(writes=True):
        rows = [practice_row(next(towns), _record(number, named), instant, **_columns(number)) for number in range(PRACTICES)]
        codes = add_practices(rows)
        done = publish_all(instant)
    assert done.entries == PRACTICES, done
    return codes[PRACTICES // 2]


def _columns(number: int) -> dict[str, object]:
    year = 2026 - number % 4
    return {"kind": KINDS[0] if number % 10 else KINDS[1 + number % 20 // 10], "year": year, "edition_label": str(year)}


def _record(number: int, named: dict[str, list[str]]) -> PublicRecord:
    def some(name: str, count: int) -> tuple[str, ...]:
        known = named[name]
        return tuple(dict.fromkeys(known[(number * 7 + step * 3) % len(known)] for step in range(count)))

    words = [WORDS[(number + step * (1 + number % 5)) % len(WORDS)] for step in range(60)]
    return PublicRecord(
        f"Sportello per le famiglie {number}",
        area=some("area", 1)[0],
        types=some("types", 2),
        description=" ".join(words),
        recipients=some("recipients", 3),
        level=some("level", 1)[0],
        beneficiaries=5 + number,
        started="2025-03",
        funding=some("funding", 2),
        address=f"Via del Centro {number}",
        email="famiglie@example.org",
        phone="06 0000",
    )
