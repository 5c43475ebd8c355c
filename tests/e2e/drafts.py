"""Somebody whose answers are saved while they are typed: signing in, ticking, and what the page says of it.

Not for: journeys through the questionnaire (walk.py).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app.extensions import db
from app.registry.entities import find_by_code
from app.responses.document import Document
from app.responses.models import Response
from app.responses.reading import response_by_id
from tests.live_site import DemoAccount, Site

SYNC = "**/compila/sincronizza*"
CONTINUE = '.page-actions button[value="continua"]'
LOST = "net::ERR_INTERNET_DISCONNECTED"
ON_DISK = "Salvato su questo computer"

# A municipality for each test, so that none finds another's answers.
CODES = (
    "001272", "010025", "015146", "017029", "027042", "037006", "058091", "063049", "072006", "082053", "092009", "048017",
    "068038", "022165",
)  # fmt: skip
PASSWORD = "quattro parole per provare"


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


def stored(site: Site, code: str) -> Document:
    """A municipality's draft as the server holds it."""
    with site.application().app_context():
        try:
            entity = find_by_code(code)
            assert entity is not None
            number = db.session.execute(sa.select(Response.id).where(Response.entity_id == entity.id)).scalar_one()
            found = response_by_id(number)
            assert found is not None
            return found.document
        finally:
            db.session.remove()
            db.engine.dispose()
