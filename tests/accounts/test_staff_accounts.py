"""Accounts of staff: adding, roles, closing, resetting, and that an administrator is always left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.links import DeadLinkError
from app.accounts.models import StaffMember
from app.accounts.passwords import WeakPasswordError
from app.accounts.staff import last_sign_ins, list_staff, staff_by_id
from app.accounts.staff_accounts import (
    StaffRefusedError,
    add_member,
    change_role,
    disable_member,
    enable_member,
    reset_member,
)
from app.accounts.staff_links import WrongCodeError, member_of_link, redeem_staff_link
from app.accounts.staff_messages import StaffLinkHook
from app.accounts.staff_persons import change_person
from app.accounts.staff_sessions import find_staff
from app.accounts.staff_signing_in import StaffTry, WrongSignInError, sign_in_set_up, sign_in_staff
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from tests.accounts.few import at_once
from tests.accounts.staff import ADMINISTRATOR, COORDINATOR, PASSWORD, activated, invite, member, phone
from tests.registry_rows import add_municipalities

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _registry(db_session: object) -> None:
    add_municipalities()


def deeds() -> list[tuple[str, str, str]]:
    query = sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject).order_by(AuditEntry.number)
    query = query.where(AuditEntry.subject.startswith("staff:"))
    return [(row.action, row.actor, row.subject) for row in db.session.execute(query)]


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(StaffRefusedError) as caught:
        deed()
    return caught.value.reason


def test_a_new_member_sets_password_and_phone_by_the_link_once(now: dt.datetime) -> None:
    token = invite(" Amministra@Example.org ", now)
    row = member(ADMINISTRATOR)
    assert (row.email, row.role, row.activated) == (ADMINISTRATOR, "administrator", False)
    assert member_of_link(token, now).name == "Persona administrator"
    assert redeem_staff_link(token, PASSWORD, phone(ADMINISTRATOR, now), now).staff_id == row.id
    assert member(ADMINISTRATOR).activated
    with pytest.raises(DeadLinkError):
        redeem_staff_link(token, PASSWORD, phone(ADMINISTRATOR, now), now)
    who = f"staff:{row.id}"
    assert deeds() == [
        ("staff_added", "test", who),
        ("staff_link_created", "test", who),
        ("staff_activated", who, who),
    ]


def test_a_link_stays_good_where_code_or_password_do_not_do(now: dt.datetime) -> None:
    token = invite(ADMINISTRATOR, now)
    with pytest.raises(WrongCodeError):
        redeem_staff_link(token, PASSWORD, "000000", now)
    with pytest.raises(WeakPasswordError):
        redeem_staff_link(token, "Persona12345", phone(ADMINISTRATOR, now), now)
    redeem_staff_link(token, PASSWORD, phone(ADMINISTRATOR, now), now)


def test_a_link_dies_with_time_a_newer_one_and_the_account(now: dt.datetime) -> None:
    token = invite(ADMINISTRATOR, now)
    for dead in (lambda: member_of_link(token, now + dt.timedelta(days=7)), lambda: member_of_link("x" * 43, now)):
        with pytest.raises(DeadLinkError):
            dead()
    newer = reset_member(member(ADMINISTRATOR).id, actor="test", now=now, mail=False).rpartition("/")[2]
    with pytest.raises(DeadLinkError):
        member_of_link(token, now)
    assert member_of_link(newer, now).email == ADMINISTRATOR
    disable_member(member(ADMINISTRATOR).id, actor="test", now=now)
    with pytest.raises(DeadLinkError):
        member_of_link(newer, now)


def test_of_two_who_use_a_link_at_once_one_succeeds(app: Flask, now: dt.datetime) -> None:
    token = invite(ADMINISTRATOR, now)
    code = phone(ADMINISTRATOR, now)
    db.session.remove()
    outcomes = at_once(app, [lambda: redeem_staff_link(token, PASSWORD, code, now)] * 4)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DeadLinkError"] * 3 + ["Invited"]


@pytest.mark.parametrize(
    ("email", "name", "role", "region", "reason"),
    [
        ("nobody", "Nome", "coordinator", None, "email"),
        ("a@localhost", "Nome", "coordinator", None, "email"),
        ("a@example.org\nBcc: b@example.org", "Nome", "coordinator", None, "email"),
        ("a@example.org", "  ", "coordinator", None, "name"),
        ("a@example.org", "x" * 201, "coordinator", None, "name"),
        ("a@example.org", "Nome", "owner", None, "role"),
        ("a@example.org", "Nome", "coordinator", "09", "region_unwanted"),
        ("a@example.org", "Nome", "territory", None, "region_missing"),
        ("a@example.org", "Nome", "territory", "99", "region_unknown"),
        (ADMINISTRATOR.upper(), "Nome", "reviewer", None, "taken"),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(
    now: dt.datetime, email: str, name: str, role: str, region: str | None, reason: str
) -> None:
    invite(ADMINISTRATOR, now)
    assert refused(lambda: add_member(email, name, role, region, actor="test", now=now, mail=False)) == reason
    assert [row.email for row in list_staff()] == [ADMINISTRATOR]
    assert len(deeds()) == 2


def test_the_last_administrator_who_can_sign_in_stays(now: dt.datetime) -> None:
    first = activated(ADMINISTRATOR, now)
    invite("altra@example.org", now)  # who has not activated yet is nobody to rely on
    assert refused(lambda: disable_member(first.id, actor="command", now=now)) == "last_administrator"
    assert refused(lambda: change_role(first.id, "coordinator", None, actor="command", now=now)) == "last_administrator"
    second = activated("terza@example.org", now)
    disable_member(first.id, actor="command", now=now)
    assert refused(lambda: change_role(second.id, "reviewer", None, actor="command", now=now)) == "last_administrator"
    enable_member(first.id, actor="command", now=now)
    change_role(second.id, "territory", "09", actor="command", now=now)
    assert (member("terza@example.org").role, member("terza@example.org").region_code) == ("territory", "09")


def test_two_administrators_who_close_each_other_at_once_leave_one(app: Flask, now: dt.datetime) -> None:
    one, other = activated(ADMINISTRATOR, now).id, activated("altra@example.org", now).id
    db.session.remove()
    outcomes = at_once(
        app,
        [
            lambda: disable_member(one, actor=f"staff:{other}", now=now),
            lambda: disable_member(other, actor=f"staff:{one}", now=now),
        ],
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StaffRefusedError"]
    assert sum(row.disabled_at is None for row in list_staff()) == 1


def test_nobody_changes_their_own_account(now: dt.datetime) -> None:
    one = activated(ADMINISTRATOR, now)
    activated("altra@example.org", now)
    own = f"staff:{one.id}"
    assert refused(lambda: disable_member(one.id, actor=own, now=now)) == "own_account"
    assert refused(lambda: reset_member(one.id, actor=own, now=now, mail=True)) == "own_account"
    assert refused(lambda: change_role(one.id, "reviewer", None, actor=own, now=now)) == "own_account"
    assert staff_by_id(one.id) == one


def test_a_reset_ends_password_phone_sessions_and_links(now: dt.datetime) -> None:
    row = activated(COORDINATOR, now, "coordinator")
    session = sign_in_staff(StaffTry(COORDINATOR, PASSWORD, phone(COORDINATOR, now), "n"), now).session_token
    old_phone = phone(COORDINATOR, now, later=1)
    link = reset_member(row.id, actor="test", now=now, mail=False)
    assert find_staff(session, now) is None
    assert not member(COORDINATOR).activated
    assert phone(COORDINATOR, now, later=1) != old_phone
    with pytest.raises(WrongSignInError):
        sign_in_staff(StaffTry(COORDINATOR, PASSWORD, old_phone, "n"), now + MINUTE)
    redeem_staff_link(link.rpartition("/")[2], "altra password scelta", phone(COORDINATOR, now + MINUTE), now + MINUTE)
    assert member(COORDINATOR).activated


def test_closing_ends_sessions_and_opening_again_gives_back_what_was(now: dt.datetime) -> None:
    row = activated(COORDINATOR, now, "coordinator")
    session = sign_in_set_up(row.id, 1, now).session_token
    disable_member(row.id, actor="test", now=now)
    assert find_staff(session, now) is None
    with pytest.raises(WrongSignInError):
        sign_in_staff(StaffTry(COORDINATOR, PASSWORD, phone(COORDINATOR, now), "n"), now)
    assert refused(lambda: reset_member(row.id, actor="test", now=now, mail=False)) == "disabled"
    enable_member(row.id, actor="test", now=now)
    sign_in_staff(StaffTry(COORDINATOR, PASSWORD, phone(COORDINATOR, now), "n"), now)
    assert last_sign_ins() == {row.id: now}


def test_a_role_holds_from_the_next_request(now: dt.datetime) -> None:
    row = activated(COORDINATOR, now, "coordinator")
    session = sign_in_set_up(row.id, 1, now).session_token
    change_role(row.id, "territory", "09", actor="test", now=now)
    found = find_staff(session, now)
    assert found is not None
    assert (found.role, found.region_code) == ("territory", "09")
    before = len(deeds())
    change_role(row.id, "territory", "09", actor="test", now=now)
    assert len(deeds()) == before, "nothing changed, so there is nothing to tell"


def test_no_secret_is_stored(now: dt.datetime) -> None:
    token = invite(ADMINISTRATOR, now)
    secret = member_of_link(token, now).secret
    rows = db.session.execute(sa.select(*StaffMember.__table__.columns)).all()
    stored = repr(rows) + repr(deeds())
    assert secret not in stored
    assert token not in stored


def messages() -> list[tuple[str, str, str]]:
    query = sa.select(Delivery.kind, Delivery.recipient, Delivery.state).order_by(Delivery.id)
    return [tuple(row) for row in db.session.execute(query)]


def test_another_address_ends_sessions_and_is_told_to_both(now: dt.datetime) -> None:
    row = activated(COORDINATOR, now, "coordinator")
    signed = sign_in_set_up(row.id, 1, now)
    assert change_person(row.id, " Altra@Example.org ", " Altro  Nome ", actor="staff:99", now=now)
    changed = member("altra@example.org")
    assert (changed.id, changed.name, changed.activated) == (row.id, "Altro Nome", True)
    assert find_staff(signed.session_token, now) is None
    assert messages() == [
        ("staff_email_changed", COORDINATOR, "queued"),
        ("staff_email_changed", "altra@example.org", "queued"),
    ]
    for sent in db.session.execute(sa.select(Delivery)).scalars():
        told = sent.subject + sent.text + (sent.html or "")
        assert not [one for one in (COORDINATOR, "altra@example.org", "Altro Nome", row.name) if one in told]
    assert [one for one in deeds() if one[1] == "staff:99"] == [
        ("staff_name_changed", "staff:99", f"staff:{row.id}"),
        ("staff_email_changed", "staff:99", f"staff:{row.id}"),
    ]
    with pytest.raises(WrongSignInError):
        sign_in_staff(StaffTry(COORDINATOR, PASSWORD, phone("altra@example.org", now), "n"), now)
    assert sign_in_staff(StaffTry("altra@example.org", PASSWORD, phone("altra@example.org", now), "n"), now)


def test_another_name_ends_and_tells_nothing(now: dt.datetime) -> None:
    row = activated(COORDINATOR, now, "coordinator")
    signed = sign_in_set_up(row.id, 1, now)
    assert not change_person(row.id, COORDINATOR, "Altro Nome", actor="staff:99", now=now)
    assert not change_person(row.id, COORDINATOR, "Altro Nome", actor="staff:99", now=now)
    assert find_staff(signed.session_token, now) is not None
    assert (member(COORDINATOR).name, messages()) == ("Altro Nome", [])
    assert [one[0] for one in deeds() if one[1] == "staff:99"] == ["staff_name_changed"]


def test_who_has_no_password_yet_gets_a_new_link_and_the_old_ones_are_dead(now: dt.datetime) -> None:
    add_member(COORDINATOR, "Persona", "coordinator", None, actor="test", now=now, mail=True)
    row = member(COORDINATOR)
    claimed = db.session.execute(sa.select(Delivery)).scalar_one()
    token = StaffLinkHook().fill(claimed, now).text.partition("/gestione/attiva/")[2].split()[0]
    assert change_person(row.id, "altra@example.org", "Persona", actor="staff:99", now=now)
    with pytest.raises(DeadLinkError):
        member_of_link(token, now)
    assert messages() == [
        ("staff_link", COORDINATOR, "cancelled"),
        ("staff_email_changed", COORDINATOR, "queued"),
        ("staff_link", "altra@example.org", "queued"),
    ]
    assert StaffLinkHook().wanted(claimed, now) == "the member has another address"


def test_a_person_may_not_become_anybody(now: dt.datetime) -> None:
    row, other = activated(COORDINATOR, now, "coordinator"), activated(ADMINISTRATOR, now)
    tries = [
        ("taken", row.id, other.email, "Nome", "staff:99"),
        ("email", row.id, "senza", "Nome", "staff:99"),
        ("name", row.id, COORDINATOR, " ", "staff:99"),
        ("own_account", row.id, COORDINATOR, "Nome", f"staff:{row.id}"),
        ("unknown", 999, COORDINATOR, "Nome", "staff:99"),
    ]
    for reason, number, email, name, actor in tries:
        assert refused(lambda: change_person(number, email, name, actor=actor, now=now)) == reason  # noqa: B023
    assert (member(COORDINATOR).name, messages()) == (row.name, [])
