"""Filling in by telephone: who may begin, what the session may ask for, when it ends, what is kept of it, and the call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts import telephone
from app.accounts.models import Operator, StaffMember, StaffSession, WebSession
from app.accounts.operators import list_operators, telephone_operators
from app.accounts.permission_table import OPERATOR, PERMISSIONS
from app.accounts.sessions import OperatorOfAnotherEntityError, choose_operator, find_identity, open_session
from app.accounts.staff import ROLES
from app.accounts.suspensions import lift_suspension, suspend_login
from app.audit.models import AuditEntry
from app.chasing.models import PHONE_BEGUN, Call
from app.editions.current import EditionView, current_edition
from app.editions.models import TELEPHONE, Edition
from app.extensions import db
from app.registry.entities import find_by_code
from app.registry.models import Entity
from app.responses.models import Response
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.fill.conftest import session_of
from tests.fill.person import Person, Screen
from tests.fill.walk import answer_all

FIRENZE, ELSEWHERE = "048017", "022165"
PAGE = f"/gestione/enti/{FIRENZE}/telefono"
ENTITY = f"/gestione/enti/{FIRENZE}"
OFFICER = {"nome": "Persona in linea", "ufficio": "Anagrafe", "telefono": "055 987", "email": "privata@example.org"}
BANNER = "Stai compilando al telefono"
OVER = "La compilazione al telefono è finita"
SESSION = "ricognizione"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def allowed(edition: EditionView) -> None:
    allow("territory")


def allow(who: str) -> None:
    db.session.execute(sa.update(Edition).values(telephone=who))
    db.session.commit()


def entity(code: str = FIRENZE) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def begin(person: Person, code: str = FIRENZE, **typed: str) -> Screen:
    """Fill the first page in and begin."""
    return person.fill(f"/gestione/enti/{code}/telefono", OFFICER | typed | {"accordo": "1"}, None)


def outcomes() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(Call.outcome).order_by(Call.id)).scalars())


def deeds(prefix: str) -> list[tuple[str, str]]:
    db.session.rollback()
    query = sa.select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.action.startswith(prefix))
    return [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.number))]


def declare(person: Person) -> Screen:
    """Answer what is needed and send."""
    check = answer_all(person)
    return person._send(check.form("/compila/verifica"), {"dichiarazione": "1"}, None)


# Who may begin -----------------------------------------------------------------------------------------------------------


def test_two_rooms_know_the_same_settings() -> None:
    assert {telephone.BY_DESK, telephone.BY_TERRITORY} == set(TELEPHONE) - {"nobody"}


@pytest.mark.parametrize("setting", TELEPHONE)
def test_only_whom_the_edition_lets_begins(new_staff: NewStaff, setting: str) -> None:
    allow(setting)
    begun = set()
    for role in ROLES:
        person = new_staff(role)
        offered = "Compila al telefono" in person.get(ENTITY).links() if role != "reviewer" else False
        page = person.get(PAGE)
        assert offered is (page.path == PAGE and page.status == 200)
        if offered:
            begun.add(role)
    right = {"nobody": set(), "desk": {"coordinator"}, "territory": {"coordinator", "territory"}}
    assert begun == right[setting]


def test_a_territory_finds_only_its_own_region(new_staff: NewStaff) -> None:
    stranger = new_staff("territory", "04")
    assert stranger.get(PAGE).status == 404
    token = stranger.get("/gestione").form("/gestione/esci").fields["csrf_token"]
    answer = stranger.client.post(PAGE, data=OFFICER | {"accordo": "1", "csrf_token": token[0]})
    assert answer.status_code == 404
    assert stranger.client.get_cookie(SESSION, domain="localhost") is None
    assert begin(new_staff("territory", "09")).path.startswith("/compila")


def test_what_is_typed_is_looked_at_and_comes_back(coordinator: Person) -> None:
    page = coordinator.fill(PAGE, {"nome": "Solo il nome", "email": "non-indirizzo"}, None)
    assert page.status == 422
    assert [address for address, _text in page.summary()] == ["#ufficio", "#email", "#accordo"]
    assert page.form().fields["nome"] == ["Solo il nome"]
    assert (outcomes(), deeds("telephone")) == ([], [])
    assert coordinator.client.get_cookie(SESSION, domain="localhost") is None


def test_a_form_without_its_token_begins_nothing(coordinator: Person) -> None:
    answer = coordinator.client.post(PAGE, data=OFFICER | {"accordo": "1"})
    assert answer.status_code == 422
    assert coordinator.client.get_cookie(SESSION, domain="localhost") is None
    foreign = coordinator.client.post(PAGE, data=OFFICER, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, outcomes()) == (400, [])


def test_nothing_begins_where_the_entity_may_not_answer(coordinator: Person, clock: Clock) -> None:
    firenze = find_by_code(FIRENZE)
    assert firenze is not None
    suspend_login(firenze, reason="prova", actor="test", now=clock())
    assert "sospeso" in coordinator.get(PAGE).alerts[0]
    lift_suspension(firenze, actor="test", now=clock())
    assert coordinator.get(PAGE).path == PAGE
    db.session.execute(sa.update(Edition).values(state="closed"))
    db.session.commit()
    assert "non è aperta" in coordinator.get(PAGE).alerts[0]


def test_a_session_id_that_was_planted_is_not_used(coordinator: Person) -> None:
    planted = open_session(entity(ELSEWHERE), START)
    db.session.commit()
    coordinator.client.set_cookie(SESSION, planted, domain="localhost")
    begin(coordinator)
    cookie = coordinator.client.get_cookie(SESSION, domain="localhost")
    assert cookie is not None and cookie.value != planted
    assert db.session.execute(sa.select(WebSession.ended_at).where(WebSession.staff_id.is_(None))).scalar_one() is not None


# While it lasts ----------------------------------------------------------------------------------------------------------


def test_every_page_says_who_writes_for_whom_with_whom(coordinator: Person) -> None:
    begin(coordinator)
    for path in ("/compila", "/compila/B", "/compila/verifica", "/"):
        page = Screen(coordinator.client.get(path, follow_redirects=True))
        (banner,) = page.with_class("telephone-banner")
        text = " ".join(banner.text.split())
        assert all(
            word in text for word in (BANNER, "Firenze (FI)", "Persona in linea (non verificato)", "Persona coordinator")
        )
    assert 'data-keep="never"' in coordinator.client.get("/compila/B").text
    assert coordinator.get(ENTITY).status == 200


def test_only_what_filling_in_needs_is_open(coordinator: Person) -> None:
    begin(coordinator)
    open_pages = {endpoint for endpoint, needs in PERMISSIONS.items() if endpoint.startswith("fill.") and needs is OPERATOR}
    closed = open_pages - telephone.MAY_ASK
    assert {"fill.history", "fill.copy", "fill.entity", "fill.consent", "fill.take_late", "fill.own_data"} <= closed
    adapter = coordinator.client.application.url_map.bind("localhost")
    values = {"number": 1, "deed": "togli", "key": "0" * 16, "order": "ritira", "hands_over": False, "edition": "2026"}
    values |= {"lead": ELSEWHERE, "member": ELSEWHERE, "predecessor": ELSEWHERE, "turn": "chiudi", "attachment": 1}
    values |= {"sheet": "pratiche", "item": "00000000-0000-4000-8000-000000000000"}
    tried = 0
    for rule in coordinator.client.application.url_map.iter_rules():
        if rule.endpoint not in closed | {"access.operator", "fill.shell", "fill.shell_bundle"}:
            continue
        given = {name: values.get(name, "0" * 64) for name in rule.arguments}
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        token = coordinator.get("/compila").form("/compila/telefono/fine").fields["csrf_token"][0]
        answer = coordinator.client.open(adapter.build(rule.endpoint, given), method=method, data={"csrf_token": token})
        assert (rule.endpoint, answer.status_code) == (rule.endpoint, 403)
        assert "compilando al telefono" in answer.text
        tried += 1
    assert tried >= len(closed)


def test_what_is_saved_says_so_to_the_entity(coordinator: Person, new_client: Callable[[], FlaskClient], clock: Clock) -> None:
    begin(coordinator)
    coordinator.fill("/compila/B", {"B01": "own"})
    assert [row.name for row in telephone_operators(entity())] == ["Persona in linea"]
    assert list_operators(entity()) == []
    own = Person(new_client())
    own.client.set_cookie(SESSION, session_of("Operatore A", FIRENZE, "a@example.org", clock()), domain="localhost")
    who = "Persona in linea (al telefono, con Persona coordinator)"
    assert who in own.get("/storico").text
    page = own.get("/ente")
    assert who in page.text
    assert "055 987" in page.text
    assert "Persona in linea" not in own.get("/operatore").text
    assert "Persona in linea" in coordinator.get(ENTITY).text


def test_nobody_of_the_entity_becomes_whoever_was_on_the_line(coordinator: Person) -> None:
    begin(coordinator)
    (row,) = telephone_operators(entity())
    token = open_session(entity(), START)
    db.session.commit()
    key = db.session.execute(sa.select(WebSession.id_hash).where(WebSession.staff_id.is_(None))).scalar_one()
    assert token
    with pytest.raises(OperatorOfAnotherEntityError):
        choose_operator(key, row.id)


def test_the_entity_and_two_of_staff_at_once_overwrite_nothing(
    coordinator: Person, new_staff: NewStaff, new_client: Callable[[], FlaskClient], clock: Clock
) -> None:
    own = Person(new_client())
    own.client.set_cookie(SESSION, session_of("Operatore A", FIRENZE, "a@example.org", clock()), domain="localhost")
    other = new_staff("territory")
    begin(coordinator)
    assert "anche: Persona coordinator" in other.get(PAGE).text
    begin(other, nome="Altra persona")
    pages = [one.get("/compila/E") for one in (coordinator, other, own)]
    for one, page, text in zip((coordinator, other, own), pages, ("Più nidi", "Più centri", "Più tutto"), strict=True):
        one.send(page, {"E02": text})
    conflicts = own.get("/compila/E").text
    assert all(text in conflicts for text in ("Più nidi", "Più centri", "Più tutto"))
    assert "Altra persona (al telefono, con Persona territory)" in conflicts


# When it ends ------------------------------------------------------------------------------------------------------------


def _sign_out(person: Person) -> None:
    person.press(person.get("/gestione"), "Esci")


def _set(statement: sa.Update) -> Callable[[Person], None]:
    def write(_person: Person) -> None:
        db.session.execute(statement)
        db.session.commit()

    return write


def _suspend(_person: Person) -> None:
    found = find_by_code(FIRENZE)
    assert found is not None
    suspend_login(found, reason="prova", actor="test", now=START)


def _remove_officer(_person: Person) -> None:
    db.session.execute(sa.update(Operator).where(Operator.staff_id.is_not(None)).values(removed_at=START))
    db.session.commit()


def _forget_cookie(person: Person) -> None:
    person.client.delete_cookie("ricognizione-gestione", domain="localhost")


ENDS: dict[str, Callable[[Person], None]] = {
    "signed out": _sign_out,
    "reset": _set(sa.update(StaffSession).values(ended_at=START)),
    "disabled": _set(sa.update(StaffMember).values(disabled_at=START)),
    "another role": _set(sa.update(StaffMember).values(role="reviewer", region_code=None)),
    "another Region": _set(sa.update(StaffMember).values(region_code="04")),
    "withdrawn from territory": _set(sa.update(Edition).values(telephone="desk")),
    "withdrawn from all": _set(sa.update(Edition).values(telephone="nobody")),
    "suspended": _suspend,
    "merged": _set(sa.update(Entity).where(Entity.code == FIRENZE).values(valid_to=START.date())),
    "officer removed": _remove_officer,
    "another browser": _forget_cookie,
}


@pytest.mark.parametrize("name", ENDS)
def test_it_dies_with(new_staff: NewStaff, name: str) -> None:
    person = new_staff("territory")
    begin(person)
    form = person.get("/compila/B")
    assert form.with_class("telephone-banner")
    cookie = person.client.get_cookie(SESSION, domain="localhost")
    assert cookie is not None
    assert find_identity(cookie.value, START) is not None
    ENDS[name](person)
    assert (find_identity(cookie.value, START) is None) is (name != "another browser")  # that one only the cookies tell
    answer = person.client.get("/compila/sincronizza", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["reason"]) == (401, "signed_out")
    sent = dict(form.form().fields) | {"B01": ["own"], "azione": ["continua"]}
    if name == "signed out":  # leaves another token
        sent["csrf_token"] = person.get("/").form("/lingua").fields["csrf_token"]
    page = Screen(person.client.post("/compila/B", data=sent, headers={"Sec-Fetch-Site": "same-origin"}))
    assert (page.status, page.heading) == (401, OVER)
    assert "own" in page.text
    assert db.session.execute(sa.select(Response.version)).scalar_one() == 0
    assert person.client.get_cookie(SESSION, domain="localhost") is None


def test_it_dies_when_nobody_writes_however_long_a_page_stays_open(coordinator: Person, clock: Clock) -> None:
    begin(coordinator)
    for _ in range(9):
        clock.move(minutes=2)
        assert coordinator.client.get("/compila/sincronizza").status_code == 200
    clock.move(minutes=2)
    assert coordinator.get("/compila/B").heading == OVER
    assert coordinator.get("/gestione").status == 200


def test_it_dies_after_three_hours_and_keeps_the_desk_alive_until_then(coordinator: Person, clock: Clock) -> None:
    begin(coordinator)
    for _ in range(11):
        clock.move(minutes=15)
        assert coordinator.get("/compila/B").with_class("telephone-banner")
    clock.move(minutes=15, seconds=1)
    assert coordinator.get("/compila/B").heading == OVER
    assert coordinator.get("/gestione").heading != "Accedi alla gestione"


def test_another_edition_is_another_call(coordinator: Person) -> None:
    begin(coordinator)
    coordinator.get("/compila/B")
    other = {"code": "altra", "title": "Altra", "state": "open", "telephone": "desk"}
    shown = current_edition()
    assert shown is not None
    columns = [column for column in sa.inspect(Edition).columns.keys() if column not in {"id", *other}]  # noqa: SIM118
    row = db.session.execute(sa.select(*(getattr(Edition, name) for name in columns))).mappings().one()
    db.session.execute(sa.update(Edition).values(state="closed"))
    db.session.execute(sa.insert(Edition).values(**row, **other))
    db.session.commit()
    assert coordinator.get("/compila").heading == OVER


def test_what_is_typed_after_the_deadline_is_kept_apart_and_left_to_the_entity(coordinator: Person, clock: Clock) -> None:
    clock.set(START + dt.timedelta(days=45))
    db.session.execute(sa.update(Edition).values(closes_at=clock() + 10 * MINUTE))
    db.session.execute(sa.update(StaffSession).values(last_seen_at=clock(), expires_at=clock() + dt.timedelta(hours=9)))
    db.session.commit()
    begin(coordinator)
    form = coordinator.get("/compila/E")
    clock.move(minutes=11)
    page = coordinator.send(form, {"E02": "Più nidi"})
    assert "non fa parte della risposta" in page.alerts[0]
    assert "Riprendi" not in page.text


def test_its_end_leads_back_to_the_desk(coordinator: Person) -> None:
    begin(coordinator)
    page = coordinator.press(coordinator.get("/compila/B"), "Fine della telefonata")
    assert (page.path, page.fragment) == (ENTITY, "telefonate")
    assert coordinator.client.get_cookie(SESSION, domain="localhost") is None
    assert coordinator.get("/compila").path == "/accedi"
    assert [action for action, _actor in deeds("telephone")] == ["telephone_begun", "telephone_ended"]
    assert outcomes() == [PHONE_BEGUN]
