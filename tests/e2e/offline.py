"""What a person sees and does whose line comes and goes: the copy on this computer, the kept pages, the line that says where a
draft stands.

Not for: what is answered (the tests and `make figure NAME=offline-journey` say that).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playwright.sync_api import Page

from tests.live_site import DemoAccount

PATIENCE = 20_000
CONTINUE = '.page-actions button[value="continua"]'
Answers = Mapping[str, str | Sequence[str]]


def enter(page: Page, who: DemoAccount, name: str = "Operatore A") -> None:
    """Sign in and say who fills in, where the site asks."""
    page.goto("/accedi")
    page.fill("[name=entity]", who.code)
    page.fill("[name=password]", who.password)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    if "/operatore" in page.url:
        for folded in page.locator("main details:not([open]) > summary").all():
            folded.click()
        for field, text in (("name", name), ("office", "Servizi sociali"), ("email", "ufficio@comune.esempio.it")):
            page.fill(f"main [name={field}]", text)
        page.locator("main .button-row button").last.click()
    page.wait_for_url("**/compila**")


def keep_a_copy(page: Page) -> None:
    """Say that this computer is ours, and wait until it could do without a line."""
    page.click('[data-draft-consent="offline"]')
    is_ready(page)


def is_ready(page: Page) -> None:
    page.wait_for_selector('#draft-status[data-offline="ready"]', state="attached", timeout=PATIENCE)
    page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=PATIENCE)


def is_kept_page(page: Page) -> None:
    """The page that stands here came from this computer, and the draft stands in it."""
    page.wait_for_selector("body.shell:not(.shell-waits)", timeout=PATIENCE)
    page.wait_for_selector("#draft-status:not([hidden])", timeout=PATIENCE)


def says(page: Page, state: str) -> None:
    """The line says `saved`, `here`, `unsaved` or `decision`."""
    page.wait_for_selector(f'#draft-status[data-state="{state}"]', timeout=PATIENCE)


def answer(page: Page, answers: Answers) -> None:
    """Tick and type, unfolding what is offered behind a disclosure; a text for a tick is its value."""
    for folded in page.locator("main form details.disclosure:not(.disclosure-help):not([open]):visible > summary").all():
        folded.click()
    for name, given in answers.items():
        for one in [given] if isinstance(given, str) else given:
            box = page.locator(f'main [name="{name}"]').first
            if box.get_attribute("type") in ("radio", "checkbox"):
                choice = page.locator(f'main [name="{name}"][value="{one}"]')
                if not choice.is_checked():
                    page.locator(f'main label[for="{choice.get_attribute("id")}"]').click()
            else:
                box.fill(one)


def stands(page: Page, answers: Answers) -> None:
    """What is ticked and typed on the page is this. Raises AssertionError with what is there."""
    for name, given in answers.items():
        box = page.locator(f'main [name="{name}"]').first
        if box.get_attribute("type") in ("radio", "checkbox"):
            there = page.locator(f'main [name="{name}"]:checked').evaluate_all("boxes => boxes.map(one => one.value)")
            wanted = [given] if isinstance(given, str) else list(given)
            assert there == wanted, f"{page.url}: {name} is {there}, not {wanted}"
        else:
            assert box.input_value() == given, f"{page.url}: {name} is {box.input_value()!r}, not {given!r}"


def goes_on(page: Page, path: str, button: str = CONTINUE) -> None:
    """Press, and arrive at this path on a kept page."""
    page.click(button)
    page.wait_for_url(f"**{path}", timeout=PATIENCE)
    is_kept_page(page)


def path_of(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3].split("?")[0].split("#")[0]
