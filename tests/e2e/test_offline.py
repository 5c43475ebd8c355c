"""Without a line the questionnaire goes on: pages come from this computer with what was typed, and all of it is sent later."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import browser as browsers
from tests.e2e import offline
from tests.e2e.conftest import OpenPage
from tests.live_site import Site

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
PRACTICE = {"P01": "Nonni che leggono", "P02": "families", "P03": "I nonni leggono in biblioteca.", "P04": ["all"]}


@pytest.fixture
def page(site: Site, open_page: OpenPage, watch: browsers.Watch) -> Page:
    """A municipality that has agreed to a copy on its computer, on the first page, ready for anything."""
    watch.expect("net::ERR_INTERNET_DISCONNECTED")
    watch.expect("status 403")  # a kept page has no token: the first answer brings one
    page = open_page("/accedi")
    offline.enter(page, site.accounts[0])
    if page.url.endswith("/compila"):
        page.goto("/compila/B")
    offline.keep_a_copy(page)
    return page


def looks(page: Page) -> None:
    browsers.assert_fits(page)
    browsers.assert_accessible(page)
    assert page.locator("h1:visible").count() == 1


def test_a_step_and_a_sheet_are_reloaded_without_a_line_and_sent_when_it_is_back(page: Page) -> None:
    page.context.set_offline(True)
    offline.answer(page, {"B01": "own"})
    offline.says(page, "here")
    offline.goes_on(page, "/compila/B/2")
    assert page.locator('[data-question="B03"]').is_hidden(), "what is not asked is not shown"
    offline.answer(page, {"B04": ["families"], "B05": ["department"]})
    looks(page)
    offline.goes_on(page, "/compila/B/3")
    assert page.locator('[data-question="B06"]').is_visible(), "asked because of the page before"
    page.goto("/compila/B/2")
    offline.is_kept_page(page)
    page.reload()
    offline.is_kept_page(page)
    offline.stands(page, {"B04": ["families"], "B05": ["department"]})
    page.goto("/compila/P")
    offline.is_kept_page(page)
    looks(page)
    page.click("main .page-actions form button")
    page.wait_for_url("**/compila/pratiche/*")
    offline.is_kept_page(page)
    offline.answer(page, PRACTICE)
    offline.says(page, "here")
    offline.stands(page, PRACTICE)
    page.reload()
    offline.is_kept_page(page)
    offline.stands(page, PRACTICE)
    looks(page)
    sheet = offline.path_of(page)
    offline.goes_on(page, "/compila/P")
    assert page.locator(".sheet-name a").first.inner_text() == "Nonni che leggono"
    looks(page)
    page.goto("/compila/verifica")
    offline.is_kept_page(page)
    looks(page)
    assert page.locator("[data-lacking] a").first.get_attribute("href") == "/compila/C#q-C01"
    the_line_is_back(page, sheet)


def the_line_is_back(page: Page, sheet: str) -> None:
    """All is sent, and the server's own page shows it."""
    page.context.set_offline(False)
    offline.says(page, "saved")
    page.goto(sheet)
    assert page.locator("body.shell").count() == 0, "the server's own page"
    offline.stands(page, PRACTICE)


def test_without_the_consent_nothing_is_kept(site: Site, open_page: OpenPage) -> None:
    page = open_page("/accedi")
    offline.enter(page, site.accounts[1])
    page.click('[data-draft-consent="shared"]')
    page.wait_for_timeout(500)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    assert page.evaluate("caches.keys()") == []


def test_a_municipality_is_searched_without_a_line_by_the_button_and_by_going_on(page: Page) -> None:
    offline.answer(page, {"B01": "both"})
    offline.says(page, "saved")
    page.goto("/compila/B/2")
    offline.is_ready(page)
    page.context.set_offline(True)
    page.reload()
    offline.is_kept_page(page)
    part = page.locator('[data-question="B03"]')
    page.fill('[name="B03.search"]', "xyz")
    page.click('button[name="search"][value="B03"]')
    expect(part.locator(".registry-results")).to_contain_text("Nessun")
    page.fill('[name="B03.search"]', "samone")
    page.click('button[name="search"][value="B03"]')
    found = part.locator(".registry-results label")
    assert sorted(found.all_inner_texts()) == ["Samone (TN)", "Samone (TO)"]
    looks(page)
    found.filter(has_text="(TN)").click()
    offline.says(page, "here")
    page.fill('[name="B03.search"]', "san valentino in abruzzo")
    page.click(offline.CONTINUE)  # a name that was typed and not looked for is looked for first
    expect(part.locator(".registry-results")).to_contain_text("San Valentino in Abruzzo Citeriore (PE)")
    assert offline.path_of(page) == "/compila/B/2"
    page.reload()
    offline.is_kept_page(page)
    offline.stands(page, {"B03": "022165"})
    expect(part.locator(".registry-chosen label")).to_have_text("Samone (TN)")
    page.context.set_offline(False)
    offline.says(page, "saved")
    page.reload()
    assert page.locator("body.shell").count() == 0, "the server's own page"
    offline.stands(page, {"B03": "022165"})


def test_a_line_that_goes_before_a_search_leads_to_the_names_of_this_computer(page: Page) -> None:
    offline.answer(page, {"B01": "both"})
    offline.says(page, "saved")
    page.goto("/compila/B/2")
    offline.is_ready(page)
    page.context.set_offline(True)
    page.fill('[name="B03.search"]', "san valentino torio")
    page.click('button[name="search"][value="B03"]')  # nothing waits: the form itself would end on the browser's own page
    offline.is_kept_page(page)
    assert page.url.endswith("/compila/B/2?cerca=B03&testo=san+valentino+torio#q-B03"), "as the server would have led"
    found = page.locator('[data-question="B03"] .registry-results label')
    expect(found).to_have_text("San Valentino Torio (SA)")
    assert page.locator('[name="B03.search"]').input_value() == "san valentino torio"
    page.context.set_offline(False)
    page.goto("/compila/B/2")
    offline.is_ready(page)
    page.context.set_offline(True)
    page.fill('[name="B03.search"]', "san valentino in abruzzo")
    page.click(offline.CONTINUE)
    offline.is_kept_page(page)
    expect(found).to_have_text("San Valentino in Abruzzo Citeriore (PE)")


ASK_TO_KEEP = """async (definition) => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const told = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
  active.postMessage({ type: "open", definition, language: "it" }, [port2]);
  return told;
}"""


def test_what_is_fetched_in_the_background_after_the_session_ended_changes_no_form_token(page: Page) -> None:
    """Else a sign-in page that another tab has just opened would be refused when it is sent."""
    page.context.clear_cookies()
    told = page.evaluate(ASK_TO_KEEP, "0" * 64)
    assert told["done"] is False
    assert page.context.cookies() == []
