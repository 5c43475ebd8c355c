"""The demonstration's members of staff: one of each role, the same at every start, and only on one's own machine."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.staff import ROLES, list_staff, staff_by_email
from app.accounts.staff_accounts import disable_member
from app.accounts.staff_sessions import find_staff
from app.accounts.staff_signing_in import StaffTry, sign_in_staff
from app.config import settings
from app.demo import loading
from app.demo.desk import MEMBERS, STAFF_FILE, UnknownMemberError, demo_code, load_demo_staff, staff_lines
from app.demo.loading import NotLocalError
from tests.conftest import START
from tests.registry_rows import add_municipalities


@pytest.fixture
def _few(db_session: object) -> None:
    add_municipalities("048017")


@pytest.mark.usefixtures("_few")
def test_one_of_each_role_can_sign_in_with_what_is_printed() -> None:
    members = load_demo_staff(settings(), START)
    assert {one.role for one in members} == set(ROLES)
    for one in members:
        tried = StaffTry(one.email, one.password, demo_code(settings(), one.email, START), one.email)
        found = find_staff(sign_in_staff(tried, START).session_token, START)
        assert found is not None
        assert (found.role, found.region_code) == (one.role, "09" if one.role == "territory" else None)
    assert stat.S_IMODE((settings().instance_path / STAFF_FILE).stat().st_mode) == 0o600
    lines = "\n".join(staff_lines("http://127.0.0.1:8000", members))
    assert lines.startswith("Who can sign in at http://127.0.0.1:8000/gestione/accedi:")
    assert all(one.password in lines and one.email in lines for one in members)


@pytest.mark.usefixtures("_few")
def test_loading_again_gives_the_same_and_mends_what_was_changed() -> None:
    first = load_demo_staff(settings(), START)
    later = START + dt.timedelta(days=1)
    assert load_demo_staff(settings(), later) == first
    reviewer = staff_by_email(first[2].email)
    assert reviewer is not None
    disable_member(reviewer.id, actor="test", now=later)
    again = load_demo_staff(settings(), later)
    assert [one.email for one in again] == [one.email for one in first] == [email for email, *_rest in MEMBERS]
    assert len(list_staff()) == len(MEMBERS)
    assert all(row.activated and row.disabled_at is None for row in list_staff())


@pytest.mark.usefixtures("_few")
def test_the_command_prints_six_digits_and_refuses_strangers(app: Flask) -> None:
    load_demo_staff(settings(), START)
    run = app.test_cli_runner()
    printed = run.invoke(args=["demo", "code", MEMBERS[0][0]])
    assert (printed.exit_code, len(printed.output.strip()), printed.output.strip().isdigit()) == (0, 6, True)
    unknown = run.invoke(args=["demo", "code", "nessuno@example.org"])
    assert unknown.exit_code == 1
    assert "nobody of the staff has the address nessuno@example.org" in unknown.output
    with pytest.raises(UnknownMemberError):
        demo_code(settings(), "nessuno@example.org", START)


def test_nothing_of_it_where_the_address_is_not_of_this_machine(make_app: Callable[..., Flask]) -> None:
    app = make_app(base_url="https://ricognizione.example.org")
    with app.app_context():
        for deed in (lambda: load_demo_staff(settings(), START), lambda: demo_code(settings(), MEMBERS[0][0], START)):
            with pytest.raises(NotLocalError):
                deed()
        assert list_staff() == []
    result = app.test_cli_runner().invoke(args=["demo", "code", MEMBERS[0][0]])
    assert (result.exit_code, "demo commands run only where" in result.output) == (1, True)
    assert not (Path(app.instance_path) / STAFF_FILE).exists()


def test_make_run_prints_entities_and_staff(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_municipalities", lambda now: add_municipalities(*loading_codes()))
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 0, result.output
    assert "Who can sign in at http://127.0.0.1:8000/gestione/accedi:" in result.output
    assert max(len(line) for line in result.output.splitlines()) < 110


def loading_codes() -> tuple[str, ...]:
    return ("048017", "022165", "068038", "048015", "048046", "022157", "022177")
