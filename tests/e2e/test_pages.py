"""Every page that anybody can open, and each of the entity's own, in a real browser: accessible, fitting, at two widths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from app.accounts.models import Operator
from app.accounts.operators import add_operator
from app.accounts.reminded import stop_token
from app.accounts.sessions import open_session
from app.accounts.staff_sessions import open_staff_session
from app.editions.current import EditionView, edition_by_code
from app.extensions import db
from app.mail.groups import SERVER_SAYS, hold_group
from app.mail.holds import BY_HAND, hold, lift_hold
from app.mail.models import Delivery, DeliveryGroup, MailWorker
from app.mail.outbox import queue_message
from app.mail.returns.handling import take_return
from app.mail.returns.models import MailboxSpace
from app.mail.returns.space import note_space, note_warning
from app.registry.entities import find_by_code
from app.reminders.audience import Choice
from app.reminders.batches import Plan, queue_batch
from app.reminders.plans.proposing import proposed_steps
from app.reminders.plans.steps import frame_of, list_steps, store_plan
from app.reminders.schedule import Schedule
from app.reminders.templates import SHIPPED
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import open_response
from app.threads.models import Thread
from tests import browser as browsers
from tests.desk.staff import STAFF_COOKIE, add_member
from tests.e2e.conftest import OpenPage
from tests.e2e.page_lists import DESK, OWN, PUBLIC
from tests.live_site import Demos, Site
from tests.mail.conftest import message
from tests.mail.returns.deliveries import sent
from tests.mail.returns.writing import dsn, mail
from tests.mail.test_health import add_group, add_worker
from tests.public_practices import publish_samples
from tests.roles.world import SESSION_COOKIE, Owner, add_owner

SIZES = {"narrow": browsers.NARROW, "wide": browsers.WIDE}
LEAD = Author(None, "l" * 64)
NARROWEST = {"width": 320, "height": 640}
# Pages look the same on both databases; the journeys run on both.
pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, demos: Demos) -> Iterator[Site]:
    """gunicorn on a fresh copy of the demo, with single sign-on, though its provider does not answer."""
    provider = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "ricognizione", "oidc_client_secret": "segreto"}
    with demos.site(request.param, **provider) as site:
        yield site


@pytest.fixture(scope="module")
def owner(site: Site) -> Owner:
    """A municipality whose response has a centre and a practice and was sent once."""
    app = site.application()
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        made = add_owner("068038", "Ginepro", edition, dt.datetime.now(dt.UTC))
        db.engine.dispose()
    return made


@pytest.fixture(scope="module")
def reminding(site: Site, owner: Owner) -> dict[str, str]:
    """A plan as it is proposed, a batch over two days, a conversation: what stands in the addresses of their pages."""
    app, now = site.application(), dt.datetime.now(dt.UTC)
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        names = ("Lettera di preavviso", "Invito ai capofila", "Invito agli altri", "Promemoria a %d giorni")
        store_plan(edition.id, proposed_steps(frame_of(edition), names, per_hour=400, certified=False), actor="test", now=now)
        steps = {step.content.kind: str(step.id) for step in list_steps(edition.id)}
        plan = Plan(f"Promemoria di prova con un nome {'lungo' * 12}", Choice(), SHIPPED, Schedule(now, 4_000, days=2))
        found = steps | {"batch": str(queue_batch(edition, plan, key="pagine", actor="test", now=now))}
        db.session.remove()
        db.engine.dispose()
    return found | {"thread": _thread_of(site, owner), "later": f"{edition.closes_at + dt.timedelta(days=9):%Y-%m-%d}"}


def _thread_of(site: Site, owner: Owner) -> str:
    app = site.application()
    with app.app_context():
        number = db.session.scalar(sa.select(sa.func.max(Thread.id)).where(Thread.entity_id == owner.entity_id))
        db.engine.dispose()
    return str(number)


@pytest.fixture(scope="module")
def members(site: Site) -> list[tuple[Owner, str]]:
    """Two municipalities with a page of theirs: one that a lead claims, and one that has named who answers and not sent yet."""
    app = site.application()
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        edition = edition_by_code("demo")
        assert edition is not None
        lead = open_response(_id("021008"), edition, now)
        claims = [("E05", {"code": "lead_ambito"}), ("E06", ["022165"]), ("B01", {"code": "own"})]
        apply(lead, [Operation("set", question=code, value=value) for code, value in claims], LEAD, now, save_id="claim")
        claimed, declaring = _opened("022165", edition, now), _opened("001235", edition, now)
        answers = [Operation("set", question="B01", value={"code": "other"})]
        apply(open_response(declaring.entity_id, edition, now), answers, LEAD, now, save_id="short")
        db.engine.dispose()
    return [(claimed, "/compila"), (declaring, "/compila/breve")]


def _id(code: str) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def _opened(code: str, edition: EditionView, now: dt.datetime) -> Owner:
    names = {"name": "Operatore M", "office": "Servizi sociali", "email": "m@example.org", "phone": "06 0"}
    operator = add_operator(_id(code), **names, now=now)
    return Owner(code, _id(code), "", operator, open_response(_id(code), edition, now).id)


def session_cookie(site: Site, owner: Owner) -> dict[str, str]:
    app = site.application()
    with app.app_context():
        token = open_session(owner.entity_id, dt.datetime.now(dt.UTC), operator_id=owner.operator_id)
        db.session.commit()
        db.engine.dispose()
    return {"name": SESSION_COOKIE, "value": token, "url": site.url}


def staff_cookie(site: Site, role: str) -> dict[str, str]:
    app = site.application()
    with app.app_context():
        now = dt.datetime.now(dt.UTC)
        token = open_staff_session(add_member(role, now), now)
        db.session.commit()
        db.engine.dispose()
    return {"name": STAFF_COOKIE, "value": token, "url": site.url}


def inspect(page: Page, name: str) -> None:
    browsers.assert_fits(page)
    browsers.assert_accessible(page)
    assert page.locator("h1").count() == 1
    browsers.show(page, name)
    if page.viewport_size == browsers.NARROW:
        page.set_viewport_size(NARROWEST)
        browsers.assert_fits(page)
        page.set_viewport_size(browsers.NARROW)


@pytest.mark.parametrize("size", SIZES)
def test_what_came_back_fits_with_long_words_in_it(site: Site, open_page: OpenPage, size: str) -> None:
    app = site.application()
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        about = sent(_id("048017"), now, kind=f"test-{size}", recipient=f"{'lungo' * 10}@{'a' * 50}.example.org")
        take_return(dsn(about, "failed", "5.1.1", f"550 5.1.1 {'sconosciuto' * 20}"), "pipe", now)
        text = f"Please confirm your message: https://filter.example/{'c' * 200}"
        asks = mail(about, about.recipient, "Sender verification", text, "Auto-Submitted: auto-replied", to="x@example.org")
        take_return(asks, "pipe", now)
        db.engine.dispose()
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([staff_cookie(site, "administrator")])
    for view in ("bounced", "correggere", "tornati"):
        page.goto(f"/gestione/consegne?vista={view}")
        assert page.locator(".sheet-row").count() >= 1
        inspect(page, f"page {size} consegne {view}")


@pytest.fixture
def troubled(site: Site) -> Iterator[None]:
    """All that can be wrong with the mail, in long words; put right at the end."""
    app = site.application()
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        known = {model: set(db.session.scalars(sa.select(model.id).order_by(model.id))) for model in (Delivery, DeliveryGroup)}
        hold_group(add_group(now, key="lungo" * 20), f"{SERVER_SAYS}535 5.7.8 {'rifiutato' * 15}", now)
        hold(BY_HAND, f"prima del ripristino {'lungo' * 60}", now)
        queue_message(message(1), now - dt.timedelta(hours=3))
        db.session.commit()
        add_worker(now, machine=f"posta-{'lunga' * 12}", clock_ahead=7_200.0)
        add_worker(now - dt.timedelta(hours=1), machine="caduta")
        note_space("pec", 91, 100, now)
        note_warning("imap", "casella quasi piena", now)
        db.session.commit()
        db.engine.dispose()
    yield
    with app.app_context():
        lift_hold(BY_HAND, actor="command", now=now)
        for model, before in known.items():
            db.session.execute(sa.delete(model).where(model.id.not_in(before)))
        for short in (MailWorker, MailboxSpace):
            db.session.execute(sa.delete(short))
        db.session.commit()
        db.engine.dispose()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_the_mail_fits_with_all_that_can_be_wrong(
    site: Site, troubled: None, open_page: OpenPage, size: str
) -> None:
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([staff_cookie(site, "administrator")])
    page.goto("/gestione/posta")
    assert page.get_by_role("button", name="L'orologio è giusto").is_visible()
    inspect(page, f"page {size} posta con guasti")
    page.goto("/gestione")
    page.get_by_role("link", name="Che cosa fare per la posta").click()
    assert page.url == f"{site.url}/gestione/posta"
    page.goto("/gestione")
    inspect(page, f"page {size} oggi con guasti della posta")


@pytest.mark.parametrize("size", SIZES)
def test_public_pages_are_accessible(open_page: OpenPage, size: str) -> None:
    page = open_page("/", viewport=SIZES[size])
    for path in PUBLIC:
        page.goto(path)
        inspect(page, f"page {size} {path if path != '/' else 'home'}")


@pytest.fixture(scope="module")
def published(site: Site) -> str:
    """The code of the first of some practices that are published, with long words in them."""
    app = site.application()
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        codes = publish_samples(now)
        db.session.remove()
        db.engine.dispose()
    return codes[0]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_published_is_accessible_as_list_and_one_by_one(published: str, open_page: OpenPage, size: str) -> None:
    page = open_page("/", viewport=SIZES[size])
    found = ("area=families&destinatari=parents", "vista=tabella", "q=niente&area=families&anno=2026", "anno=duemila&pagina=2")
    for path in ("/pratiche", *(f"/pratiche?{query}" for query in found), f"/pratiche/{published}"):
        page.goto(path)
        inspect(page, f"page {size} {path.replace(published, 'codice')}")
    page.goto("/pratiche")
    page.get_by_text("Filtri", exact=True).click()
    inspect(page, f"page {size} pratiche con i filtri")


@pytest.mark.parametrize("size", SIZES)
def test_the_entitys_pages_are_accessible(site: Site, owner: Owner, open_page: OpenPage, size: str) -> None:
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([session_cookie(site, owner)])
    for pattern in OWN:
        path = pattern.format(**owner.items, thread=_thread_of(site, owner))
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, path
        assert page.url == site.url + path, f"{path} led to {page.url}"
        inspect(page, f"page {size} {pattern}")


@pytest.mark.parametrize("role", DESK)
@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_the_desk_are_accessible(
    site: Site, reminding: dict[str, str], open_page: OpenPage, size: str, role: str
) -> None:
    page = open_page("/", viewport=SIZES[size])
    page.context.add_cookies([staff_cookie(site, role)])
    for pattern in DESK[role]:
        path = pattern.format(**reminding)
        response = page.goto(path)
        assert response is not None
        assert (response.status, page.url) == (200, site.url + path)
        inspect(page, f"page {size} {pattern}")


@pytest.mark.parametrize("size", SIZES)
def test_the_page_that_ends_reminders_is_accessible(site: Site, owner: Owner, open_page: OpenPage, size: str) -> None:
    app = site.application()
    with app.app_context():
        known = sa.update(Operator).where(Operator.id == owner.operator_id)
        db.session.execute(known.values(verified_at=dt.datetime.now(dt.UTC)))
        db.session.commit()
        token = stop_token(owner.operator_id, f"{owner.secret.lower()}@example.org")
        db.engine.dispose()
    page = open_page("/", viewport=SIZES[size])
    for path, status in ((f"/promemoria/{token}", 200), ("/promemoria/consumato", 410)):
        response = page.goto(path)
        assert response is not None
        assert response.status == status
        inspect(page, f"page {size} fine dei promemoria {status}")


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_who_answers_for_whom_are_accessible(
    site: Site, members: list[tuple[Owner, str]], open_page: OpenPage, size: str
) -> None:
    for member, path in members:
        page = open_page("/", viewport=SIZES[size])
        page.context.add_cookies([session_cookie(site, member)])
        page.goto(path)
        assert page.url == site.url + path
        if path == "/compila":
            assert page.get_by_text("Per noi risponde Bolzano (BZ): confermi?").is_visible()
        inspect(page, f"page {size} {path} of {member.code}")


def test_the_language_switch_stays_on_the_page_and_is_remembered(open_page: OpenPage) -> None:
    page = open_page("/aiuto")
    italian = page.locator("h1").inner_text()
    page.get_by_text("English", exact=True).click()
    page.wait_for_load_state()
    assert page.url.endswith("/aiuto")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() != italian
    page.goto("/privacy")
    assert page.locator("html").get_attribute("lang") == "en"
    browsers.assert_accessible(page)


def test_the_first_tab_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/aiuto")
    page.keyboard.press("Tab")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    assert target.startswith("#")
    assert page.evaluate("id => document.querySelector(id).contains(document.querySelector('h1'))", target)


def test_nothing_is_fetched_from_elsewhere(site: Site, open_page: OpenPage) -> None:
    asked: list[str] = []
    page = open_page("/")
    page.on("request", lambda request: asked.append(request.url))
    for path in PUBLIC:
        page.goto(path)
    assert asked
    assert not [url for url in asked if not url.startswith((site.url, "data:"))]
