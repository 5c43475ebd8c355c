"""Taking every file that a poured site gives away, and taking it apart.

Not for: how a file is judged (`takeaways.py`).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from app.clock import now
from app.editions.current import current_edition
from app.extensions import db
from app.letters.running import run_letters
from app.registry.entities import find_by_code
from app.registry.models import Entity
from tests.browsing import Visitor
from tests.hostile.corpus import cells, header_texts
from tests.hostile.takeaways import csv_formulas, header_problems, pdf_problems, xlsx_formulas
from tests.hostile.world import ENTITIES, World

CRASHED = "crashed:"
LIST = "/gestione/risposte"


def file_problems(world: World) -> Iterator[tuple[str, str]]:
    """(file, what is wrong in it or ""), for every file, its names replaced with formulas first."""
    _name_after_formulas(world)
    yield from _exports(world)
    yield from _letters(world)
    yield from _headers(world)


def _name_after_formulas(world: World) -> None:
    with world.site.application().app_context():
        ids = db.session.execute(sa.select(Entity.id).where(Entity.id % 150 == 0).order_by(Entity.id)).scalars().all()
        named = [*ids, world.owner.entity_id]
        for place, key in enumerate(named):
            values = {"name": cells()[place % len(cells())], "name_other_language": None}
            db.session.execute(sa.update(Entity).where(Entity.id == key).values(**values))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _exports(world: World) -> Iterator[tuple[str, str]]:
    coordinator, administrator = Visitor(world.site.url), Visitor(world.site.url)
    coordinator.cookies.update(world.cookies["coordinator"])
    administrator.cookies.update(world.cookies["administrator"])
    token = coordinator.form(LIST, f"{LIST}/esporta")["csrf_token"]
    for form, formulas in (("csv", csv_formulas), ("xlsx", xlsx_formulas)):
        body = coordinator.post(f"{LIST}/esporta", {"csrf_token": token, "formato": [form]})[2]
        yield from _told(f"answers.{form}", formulas(body))
    yield from _told("calls.csv", csv_formulas(coordinator.post(f"{LIST}/telefonate", {"csrf_token": token})[2]))
    for name, visitor, path in (
        ("run.csv", administrator, "/gestione/accessi/gruppi/1/da-avvisare.csv"),
        ("batch.csv", coordinator, "/gestione/promemoria/1/non-riusciti.csv"),
    ):
        status, _location, body = visitor.get(path)
        if status == 200:
            yield from _told(name, csv_formulas(body))
    for path in ("/questionario.pdf", "/lettera"):
        status, _location, body = coordinator.get(path)
        yield path, f"{CRASHED} {status}" if status >= 500 else ""
        if status == 200 and body.startswith(b"%PDF"):
            yield from _told(path, pdf_problems(body))


def _letters(world: World) -> Iterator[tuple[str, str]]:
    with world.site.application().app_context(), tempfile.TemporaryDirectory() as folder:
        edition = current_edition()
        assert edition is not None
        chosen = [find_by_code(code) for code in ENTITIES]
        target = Path(folder) / "letters.zip"
        try:
            list(run_letters([one for one in chosen if one is not None], edition, now(), target, actor="test"))
        except Exception as error:  # noqa: BLE001 — whatever stops the run is what is looked for
            yield "letters", f"{CRASHED} {error}"
        db.session.remove()
        db.engine.dispose()
        if not target.exists():
            return
        with zipfile.ZipFile(target) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                yield from _told(name, csv_formulas(content) if name.endswith(".csv") else pdf_problems(content))
                yield name, "leaves its folder" if name.startswith("/") or ".." in name else ""


def _headers(world: World) -> Iterator[tuple[str, str]]:
    """Where a text of the address could become a header of the answer."""
    visitor = Visitor(world.site.url)
    for text in header_texts():
        for path in ("/accedi", "/gestione/accedi", "/privacy"):
            visitor.get(f"{path}?{urlencode({'next': text, 'lang': text, 'lingua': text})}")
            answer = visitor.connection
            answer.request("GET", f"/compila/{urlencode({'x': text})}?{urlencode({'next': text})}")
            got = answer.getresponse()
            got.read()
            yield from _told(f"headers of {path}", header_problems(got.getheaders()))


def _told(name: str, problems: Iterator[str]) -> Iterator[tuple[str, str]]:
    found = list(problems)
    yield from ((name, problem) for problem in found)
    if not found:
        yield name, ""
