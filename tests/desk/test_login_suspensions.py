"""A login that is suspended lets nobody in by any way, says no more than whom to ask, and is as before once it is lifted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts import login_state
from app.accounts.codes import SpentCodeError, issue_code, redeem_code
from app.accounts.links import RESET, DeadLinkError, create_reset_link, entity_of_link, redeem_activation_link
from app.accounts.login_runs import confirm_run, prepare_run, run_by_id, run_items, work_off
from app.accounts.messages import HOOKS
from app.accounts.places import place_of
from app.accounts.resets import reset_login
from app.accounts.sign_in_links import create_sign_in_link, entity_of_sign_in_link
from app.accounts.suspensions import lift_suspension, suspend_login
from app.audit.models import AuditEntry
from app.desk import login_words
from app.editions.current import EditionView
from app.extensions import db
from app.registry.recipients import recipients_of
from app.reminders.audience import KIND
from tests.accounts.mailbox import queued
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, PASSWORD, SAMONE_TN, activate, choose, deeds, entity, register, sign_in
from tests.fill.person import Person, Screen

PAGE = f"/gestione/accessi/{FIRENZE}"
REASON = "La PEC dice che il computer è stato rubato"
ASK = "Per entrare come Firenze (FI) chiama i contatti in fondo alla pagina: ti aiutano loro."


def suspend(person: Person, reason: str = REASON) -> Screen:
    return person.fill(f"{PAGE}/sospendi", {"motivo": reason}, None)


def test_the_session_ends_at_once_and_the_right_password_gets_no_more_than_whom_to_ask(
    administrator: Person, new_client: Callable[[], FlaskClient], now: dt.datetime
) -> None:
    activate(FIRENZE, now)
    office = new_client()
    assert sign_in(office).status_code == 303
    assert "un accesso aperto adesso" in administrator.get(f"{PAGE}/sospendi").text
    assert office.get("/operatore").status_code == 200, "asking changes nothing"
    done = suspend(administrator)
    assert done.alerts[0] == "Accesso sospeso: chi era entrato è uscito, e nessuno entra finché non lo riattivi."
    assert f"Motivo: {REASON}" in done.text
    assert office.get("/operatore").status_code == 303
    right, wrong = sign_in(new_client()), sign_in(new_client(), password="sbagliata sbagliata")
    assert (right.status_code, wrong.status_code) == (401, 401)
    assert ASK in right.get_data(as_text=True).replace("&#39;", "'")
    assert ASK not in wrong.get_data(as_text=True), "who does not know the password learns nothing"
    assert REASON not in right.get_data(as_text=True)
    back = administrator.press(done, "Riattiva l'accesso")
    assert back.alerts == ["Accesso riattivato: password, link e codice valgono come prima."]
    assert sign_in(new_client()).status_code == 303
    assert [action for action, _actor in deeds()] == ["login_suspended", "login_resumed"]


def test_links_and_codes_open_nothing_until_it_is_lifted(edition: EditionView, now: dt.datetime) -> None:
    token = create_reset_link(FIRENZE, now).rpartition("/")[2]
    entering = create_sign_in_link(entity().id, now).rpartition("/")[2]
    code = issue_code(edition, entity().id, now)
    db.session.commit()
    assert suspend_login(entity(), reason=REASON, actor="staff:7", now=now) is True
    assert suspend_login(entity(), reason=REASON, actor="staff:7", now=now) is False
    for dead in (
        lambda: entity_of_link(token, now, RESET),
        lambda: redeem_activation_link(token, PASSWORD, now, RESET),
        lambda: entity_of_sign_in_link(entering, now),
    ):
        with pytest.raises(DeadLinkError):
            dead()
    place = place_of("", "192.0.2.0/24")
    with pytest.raises(SpentCodeError) as refused:
        redeem_code(edition, entity(), code, PASSWORD, now, place=place)
    assert refused.value.reason == "suspended"
    assert lift_suspension(entity(), actor="staff:7", now=now) is True
    assert lift_suspension(entity(), actor="staff:7", now=now) is False
    assert entity_of_sign_in_link(entering, now).code == FIRENZE
    assert entity_of_link(token, now, RESET).code == FIRENZE
    redeem_code(edition, entity(), code, PASSWORD, now, place=place)


def test_no_message_with_a_link_goes_out_and_reminders_still_do(
    administrator: Person, new_client: Callable[[], FlaskClient], now: dt.datetime
) -> None:
    register(FIRENZE, now)
    activate(FIRENZE, now)
    reset_login(FIRENZE, actor="staff:7", now=now)
    (delivery,) = queued()
    suspend(administrator)
    assert HOOKS[RESET].wanted(delivery, now) == "the login is suspended"
    db.session.rollback()
    stranger = Person(new_client())
    asked = stranger.client.post(
        "/accedi/link",
        data={"csrf_token": stranger.get("/accedi/link").value("csrf_token")[0], "entity": FIRENZE, "invia": "1"},
    )
    assert (asked.status_code, ASK in asked.get_data(as_text=True)) == (403, True)
    assert len(queued()) == 1
    invited = choose(administrator, administrator.get(f"{PAGE}/lettera"), f"{PAGE}/invito")
    assert invited.alerts[0] == "L'accesso è sospeso: prima va riattivato."
    assert recipients_of(entity().id, KIND) != []
    again = administrator.send(administrator.get(f"{PAGE}/azzera"), press=None)
    assert again.alerts[0].startswith("Accesso azzerato. È sospeso")
    assert len(queued()) == 1


def test_a_run_of_resets_says_that_it_was_suspended(edition: EditionView, now: dt.datetime) -> None:
    register(FIRENZE, now)
    suspend_login(entity(), reason=REASON, actor="staff:7", now=now)
    number = prepare_run([entity().id], source="list", actor="staff:7", now=now)
    confirm_run(number, typed="", actor="staff:7", now=now)
    work_off(number, lambda: now)
    (item,) = run_items(number, now, limit=5)
    assert (item.state, item.reason, run_by_id(number).settled) == ("no_address", "suspended", 1)
    assert item.reason in login_words.ITEM_REASONS


def test_suspended_logins_are_listed_and_shown(administrator: Person, coordinator: Person, now: dt.datetime) -> None:
    activate(SAMONE_TN, now)
    suspend(administrator)
    listed = administrator.get("/gestione/accessi?stato=suspended")
    assert [one for one in listed.links() if one.startswith(("Firenze", "Samone"))] == ["Firenze (FI)"]
    assert "Un ente trovato" in listed.text
    assert "Samone (TN)" in administrator.get("/gestione/accessi?stato=active").links()
    assert "Nessun ente trovato" in administrator.get("/gestione/accessi?stato=suspended&q=samone").text
    assert "Sospeso" in administrator.get("/gestione/accessi?q=firenze").text
    assert administrator.get("/gestione/accessi?stato=x").status == 200
    page = coordinator.get(f"/gestione/enti/{FIRENZE}")
    assert "Accesso sospeso" in page.text
    assert REASON not in page.text, "the reason is for administrators"
    assert set(login_words.LISTED) == set(login_state.LISTED)


def test_a_reason_is_needed_and_what_was_typed_comes_back(administrator: Person) -> None:
    assert suspend(administrator, "  ").summary() == [("#motivo", "Scrivi perché lo sospendi: chi lo riattiva deve saperlo.")]
    long = suspend(administrator, "x" * 501)
    assert (long.status, long.value("motivo")) == (422, ["x" * 501])
    assert deeds() == []


def test_the_audit_holds_no_reason(administrator: Person) -> None:
    suspend(administrator)
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "login_suspended")).scalar_one()
    assert (entry.subject, entry.detail) == (f"entity:{FIRENZE}", '{"sessions":0}')


@pytest.mark.parametrize("role", ["coordinator", "reviewer", "territory"])
def test_only_administrators_suspend(new_staff: NewStaff, role: str) -> None:
    assert new_staff(role).get(f"{PAGE}/sospendi").status == 403
