"""Three people and a site for `make figure NAME=offline-journey`: their browsers, what the server holds, what they answer.

Not for: the steps of the journey.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page

from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.models import Response
from app.responses.reading import response_by_id
from tests import browser as browsers
from tests.e2e import offline
from tests.live_site import ROOT, DemoAccount, Site

STEP_PATIENCE = 15_000
CENTRE = {"S01": "Centro Arcobaleno", "S02.address": "via Roma 12", "S03": ["direct"], "S04": ["info", "couple"]}
PRACTICE = {
    "P01": "Nonni che leggono",
    "P02": "families",
    "P03": "I nonni leggono ai bambini in biblioteca.",
    "P04": ["all"],
    "P06": "municipality",
    "P15.email": "biblioteca@comune.esempio.it",
    "P16": "publish",
}
SECOND = {**PRACTICE, "P01": "Rete dei servizi", "P06": "union"}
CLOSING = {"E02": "Servirebbero educatori.", "E04.name": "Operatore A", "E04.email": "a@comune.esempio.it", "E05": "single"}


@dataclass
class World:
    """The site, the browser, and where the first person's profile is kept."""

    site: Site
    browser: Browser
    folder: Path
    mine: DemoAccount
    other: DemoAccount
    sheets: list[str] = field(default_factory=list)
    context: BrowserContext | None = None

    @property
    def page(self) -> Page:
        assert self.context is not None, "the first person's browser is closed"
        return self.context.pages[0]

    def open_browser(self, *, line: bool) -> Page:
        """Start the first person's browser, with its profile as it was left."""
        self._window = browsers.profile(self.browser, self.folder, base_url=self.site.url)
        self.context = self._window.__enter__()
        self.context.set_default_timeout(STEP_PATIENCE)
        self.context.set_offline(not line)
        return self.page

    def close_browser(self) -> None:
        if self.context is not None:
            self._window.__exit__(None, None, None)
        self.context = None

    def line(self, there: bool) -> None:
        assert self.context is not None
        self.context.set_offline(not there)

    @contextmanager
    def visitor(self, who: DemoAccount, name: str) -> Iterator[Page]:
        """Somebody else at a browser of their own, signed in."""
        context = browsers.new_context(self.browser, base_url=self.site.url)
        context.set_default_timeout(STEP_PATIENCE)
        page = context.new_page()
        try:
            offline.enter(page, who, name)
            yield page
        finally:
            context.close()

    def stored(self, who: DemoAccount | None = None) -> dict[str, Any]:
        """The municipality's answers as the server holds them."""
        app = self.site.application()
        with app.app_context():
            try:
                found = response_by_id(self.response_id(who or self.mine))
                assert found is not None
                return {key: answer.value for key, answer in found.document.answers.items()}
            finally:
                db.session.remove()
                db.engine.dispose()

    def response_id(self, who: DemoAccount) -> int:
        entity = find_by_code(who.code)
        assert entity is not None
        return db.session.execute(sa.select(Response.id).where(Response.entity_id == entity.id)).scalars().one()

    def change(self, statement: Any) -> None:
        """Change the database behind the site's back, as time and administrators do."""
        app = self.site.application()
        with app.app_context():
            db.session.execute(statement)
            db.session.commit()
            db.session.remove()
            db.engine.dispose()


def add_sheet(world: World, answers: offline.Answers) -> None:
    """From a list: a new sheet with these answers, still open."""
    page = world.page
    page.click("main .page-actions form button")
    page.wait_for_url("**/compila/*/*-*")
    offline.is_kept_page(page)
    offline.answer(page, answers)
    offline.says(page, "here")
    world.sheets.append(offline.path_of(page))


def search(page: Page, code: str, text: str, label: str) -> None:
    """Look for a municipality or an entity by name, and choose it."""
    page.fill(f'[name="{code}.search"]', text)
    page.click(f'button[name="search"][value="{code}"]')
    page.locator(f'[data-question="{code}"] .registry-results label', has_text=label).click()


def pages_of(world: World) -> Iterator[tuple[str, offline.Answers]]:
    """Every page that was filled in, with what must stand there."""
    yield "/compila/B", {"B01": "both"}
    yield "/compila/B/2", {"B03": "022165", "B04": ["families", "childhood"], "B05": ["department", "municipal"]}
    yield "/compila/B/3", {"B06": ["y2024"], "B07": "le5k"}
    yield "/compila/C", {"C01": "own", "C02": "informal"}
    yield from zip(world.sheets, (CENTRE, PRACTICE, SECOND), strict=False)
    yield "/compila/E", CLOSING


def sign_in_beside(tab: Page, who: DemoAccount) -> None:
    """Sign in at the page that the line's link has opened."""
    tab.wait_for_load_state()
    tab.fill("[name=entity]", who.code)
    tab.fill("[name=password]", who.password)
    tab.click("main button[type=submit]")
    tab.wait_for_load_state()
    if "/operatore" in tab.url:
        tab.locator("main button[type=submit]").first.click()
        tab.wait_for_load_state()


def set_of(question: str, text: str) -> dict[str, Any]:
    return {"op": "set", "question": question, "item": None, "fields": {"": [text]}}


SEND = """async ([about, operations]) => {
  const token = document.querySelector("input[name=csrf_token]").value;
  const known = await (await fetch("/compila/sincronizza?since=0")).json();
  const base = (one) => known.changes?.answers[one.question]?.revision ?? 0;
  const named = operations.map((one) => ({ op_id: crypto.randomUUID(), base: base(one), ...one }));
  const body = { ...about, since: 0, saves: [{ save_id: crypto.randomUUID(), operations: named }] };
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch("/compila/sincronizza", { method: "POST", headers, body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}"""


def send(page: Page, owner: Page, operations: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Send operations by hand from a page, for the response that `owner` shows: (status, reply)."""
    about = owner.evaluate(
        "() => { const { response, entity } = document.getElementById('draft-status').dataset;"
        " return { response: Number(response), entity }; }"
    )
    status, reply = page.evaluate(SEND, [about, list(operations)])
    return status, reply


@contextmanager
def new_release(site: Site) -> Iterator[None]:
    """The same program with one style sheet changed, in the place of the one that runs."""
    folder = Path(tempfile.mkdtemp(prefix="release-"))
    for name in ("app", "translations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, folder / name)
    with (folder / "app" / "static" / "css" / "app.css").open("a") as style:
        style.write(".of-the-next-release { color: inherit; }\n")
    site.stop()
    site.program = folder
    site.start()
    try:
        yield
    finally:
        site.stop()
        site.program = ROOT
        site.start()
        shutil.rmtree(folder)
