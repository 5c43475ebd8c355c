"""Whoever is not let in, or not let do, leaves a line in the log: what was refused and about whom, never what was typed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, jsonify

from app.accounts.permission_table import ADMINISTER, PERMISSIONS
from app.accounts.staff_signing_in import WrongSignInError, prove_again
from app.extensions import db
from tests.access.browser import OURS, Browser
from tests.accounts.few import AGLIE
from tests.accounts.staff import COORDINATOR, PASSWORD, activated, member, phone
from tests.conftest import Clock

WRONG = "sbagliata sbagliata"


@pytest.fixture
def refusals(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """The refusals that the log has had since the last look, each of a request whose own line follows."""

    def look() -> list[dict[str, Any]]:
        output = capfd.readouterr().err
        assert WRONG not in output
        assert COORDINATOR not in output
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        asked = {line["request"] for line in lines if line["event"] == "request"}
        found = [line for line in lines if line["event"] == "refused"]
        assert all(line["request"] in asked and line["timestamp"] for line in found)
        return [{name: line[name] for name in line if name not in {"event", "request", "timestamp", "level"}} for line in found]

    return look


def test_a_wrong_password_of_an_entity_and_then_too_many(
    browser: Browser, refusals: Callable[[], list[dict[str, Any]]]
) -> None:
    browser.sign_in(password=WRONG)
    assert refusals() == [{"reason": "wrong password", "entity": AGLIE, "known_device": False}]
    for _ in range(5):
        last = browser.sign_in(password=WRONG)
    assert last.status_code == 429
    assert refusals()[-1] == {"reason": "too many attempts", "seconds": 2}


def test_a_form_of_another_site_and_one_without_a_token(browser: Browser, refusals: Callable[[], list[dict[str, Any]]]) -> None:
    page = browser.get("/accedi")
    browser.send(page, "/accedi", {"entity": "Agliè", "password": WRONG}, {"Sec-Fetch-Site": "cross-site"})
    assert refusals() == [{"reason": "form of another site"}]
    browser.client.post("/accedi", data={"entity": "Agliè", "password": WRONG}, headers=OURS)
    assert refusals() == [{"reason": "form token"}]


def test_staff_with_a_wrong_password_and_on_a_page_of_another_role(
    app: Flask,
    browser: Browser,
    now: dt.datetime,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    refusals: Callable[[], list[dict[str, Any]]],
) -> None:
    app.add_url_rule("/gestione/chiavi", "test.keys", lambda: jsonify(seen=True))
    monkeypatch.setitem(PERMISSIONS, "test.keys", ADMINISTER)
    with app.app_context():
        activated(COORDINATOR, now, "coordinator")
        staff_id, code = member(COORDINATOR).id, phone(COORDINATOR, clock())
        db.session.remove()
    typed = {"email": COORDINATOR, "password": WRONG, "totp": code}
    assert browser.send(browser.get("/gestione/accedi"), "/gestione/accedi", typed).status_code == 401
    assert refusals() == [{"reason": "wrong sign-in of staff", "staff": staff_id, "known_device": False}]
    assert browser.send(browser.get("/gestione/accedi"), "/gestione/accedi", {**typed, "password": PASSWORD}).status_code == 303
    assert browser.get("/gestione/chiavi").status_code == 403
    assert refusals() == [{"reason": "role", "staff": staff_id, "role": "coordinator"}]


def test_a_wrong_proof_within_a_session(app: Flask, now: dt.datetime, clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with app.app_context():
        activated(COORDINATOR, now, "coordinator")
        staff_id = member(COORDINATOR).id
        with pytest.raises(WrongSignInError):
            prove_again(staff_id, WRONG, phone(COORDINATOR, clock()), "s" * 64, now)
        db.session.remove()
    [line] = [json.loads(one) for one in capfd.readouterr().err.splitlines() if '"refused"' in one]
    assert (line["reason"], line["staff"], line["request"]) == ("wrong proof of staff", staff_id, None)


DEAD = "D" * 43


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (f"/attiva/{DEAD}", "access.activate"),
        (f"/reimposta/{DEAD}", "access.reset"),
        (f"/entra/{DEAD}", "access.enter_by_link"),
        (f"/invito/{DEAD}", "access.take_up"),
        (f"/verifica/{DEAD}", "access.verify"),
        (f"/conferma/{DEAD}", "access.confirm_copy"),
        (f"/indirizzo/ferma/{DEAD}", "access.stop_address_change"),
        (f"/gestione/attiva/{DEAD}", "access.staff_activate"),
    ],
)
def test_a_dead_link_is_told_by_its_kind_and_never_itself(
    browser: Browser, capfd: pytest.CaptureFixture[str], path: str, page: str
) -> None:
    assert browser.get(path).status_code == 410
    output = capfd.readouterr().err
    assert [json.loads(line)["page"] for line in output.splitlines() if '"link"' in line] == [page]
    assert DEAD not in output
