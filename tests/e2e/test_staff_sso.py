"""A member of staff makes new recovery codes, connects an account at a provider of another site and comes in by it: in a real
browser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests import browser as browsers
from tests.browser import Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.desk import ENTER, PASSWORD, Member, enter, hire
from tests.e2e.person import Person
from tests.live_site import Demos, Site
from tests.oidc_provider import running_provider

CODES = "main ol.totp-secret li"
ITS_STYLES = "cdn.jsdelivr.net"
SUBJECT = "persona-1"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider() as address:
        yield address.replace("127.0.0.1", "localhost")  # another site than ours, as a provider is


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def site(request: pytest.FixtureRequest, demos: Demos, issuer: str) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, with a provider."""
    with demos.site(request.param, oidc_issuer=issuer, oidc_client_id="ricognizione", oidc_client_secret="segreto") as site:
        yield site


def sign_in_there(page: Page, issuer: str) -> None:
    """Sign in on the provider's page, which leads back."""
    page.wait_for_url(f"{issuer}/**")
    page.locator('input[name="sub"]').fill(SUBJECT)
    with page.expect_navigation():
        page.get_by_role("button", name="Authorize").click()


def prove(person: Person, code: str) -> None:
    person.types("current_password", PASSWORD)
    person.types("totp", code)
    person.presses(ENTER)


def renew_codes(person: Person, member: Member) -> list[str]:
    """Ten new codes, after the code that the phone shows next."""
    person.presses('main a[href="/gestione/profilo/codici"]')
    prove(person, member.next_code())
    return person.page.locator(CODES).all_inner_texts()


def test_new_codes_stand_in_for_the_phone_and_a_connected_account_for_both(
    site: Site, issuer: str, open_page: OpenPage, watch: Watch
) -> None:
    watch.expect(ITS_STYLES)
    member = hire(site, "coordinator", "sso")
    person = Person(open_page("/gestione/accedi", viewport=browsers.WIDE))
    person.page.context.route(f"**/{ITS_STYLES}/**", lambda route: route.abort())
    enter(person, member, PASSWORD)
    person.goes_to("/gestione/profilo")
    codes = renew_codes(person, member)
    assert len(set(codes)) == 10
    person.goes_to("/gestione/profilo")
    person.presses('main a[href="/gestione/profilo/sso"]')
    prove(person, codes[0])
    person.page.locator("main a.btn-primary").click()
    sign_in_there(person.page, issuer)
    person.is_at("/gestione/profilo")
    person.looks()
    person.reads("L'accesso unico è collegato")
    person.reads("Te ne restano 9.")
    again = Person(open_page("/gestione/accedi", viewport=browsers.NARROW))
    again.page.context.route(f"**/{ITS_STYLES}/**", lambda route: route.abort())
    again.looks()
    again.page.locator('main a[href^="/gestione/sso"]').click()
    sign_in_there(again.page, issuer)
    again.is_at("/gestione")
    again.looks()


def test_whoever_has_connected_nothing_is_refused_with_a_way_on(issuer: str, open_page: OpenPage, watch: Watch) -> None:
    watch.expect(ITS_STYLES)
    person = Person(open_page("/gestione/sso/ritorno", viewport=browsers.NARROW))
    person.looks()
    person.presses('main a[href="/gestione/accedi"]')
    person.is_at("/gestione/accedi")
