"""`/gestione/utenti`, `/gestione/profilo`: who works at the desk, as an administrator and as everybody sees it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.models import StaffMember
from app.accounts.staff import ROLES, staff_by_email
from app.accounts.staff_links import member_of_link
from app.accounts.staff_messages import StaffLinkHook
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.models import Delivery
from tests.accounts.staff import PASSWORD, activated, phone
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen

NEW = {"name": "Nome Cognome", "email": "nuovo@example.org", "role": "coordinator"}


def post(person: Person, path: str, typed: dict[str, str]) -> Screen:
    """Send the form of the page, its token with it; choices of a list are sent as they are."""
    page = person.get(path)
    form = next(one for one in page.forms() if one.action == path)
    return person._follow(person.client.post(path, data={**{k: v[0] for k, v in form.fields.items()}, **typed}), "")


def deliveries() -> list[Delivery]:
    return list(db.session.execute(sa.select(Delivery).where(Delivery.kind == "staff_link").order_by(Delivery.id)).scalars())


def test_somebody_is_added_and_the_link_goes_to_them_alone(administrator: Person, now: dt.datetime) -> None:
    page = post(administrator, "/gestione/utenti/nuovo", NEW)
    assert (page.status, page.path) == (200, "/gestione/utenti")
    assert "Nome Cognome è tra gli utenti" in page.alerts[0]
    assert "nuovo@example.org" in page.text
    assert "Da attivare" in page.text
    (sent,) = deliveries()
    assert (sent.recipient, sent.state) == ("nuovo@example.org", "queued")
    assert "{link}" in sent.text
    assert "/gestione/attiva/" not in sent.text + (sent.html or "") + page.html
    hook = StaffLinkHook()
    assert hook.wanted(sent, now) is None
    filled = hook.fill(sent, now)
    link = next(line for line in filled.text.splitlines() if "/gestione/attiva/" in line)
    assert member_of_link(link.rpartition("/")[2], now).email == "nuovo@example.org"
    db.session.rollback()


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({**NEW, "name": " "}, "name", "Scrivi nome e cognome"),
        ({**NEW, "email": "nuovo"}, "email", "Controlla l'indirizzo e-mail"),
        ({**NEW, "email": "administrator@example.org"}, "email", "C'è già un utente con questo indirizzo"),
        ({**NEW, "role": "territory"}, "region", "Scegli la Regione"),
        ({**NEW, "role": "territory", "region": "99"}, "region", "Scegli una Regione dell'elenco"),
        ({**NEW, "role": "padrone"}, "role", "Scegli uno dei ruoli"),
        ({"name": "", "email": ""}, "role", "Scegli un ruolo"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    administrator: Person, typed: dict[str, str], field: str, told: str
) -> None:
    page = post(administrator, "/gestione/utenti/nuovo", typed)
    assert page.status == 422
    assert any(address == f"#{field}" and text.startswith(told) for address, text in page.summary())
    assert page.by_id(f"{field}-error").text.strip().removeprefix("Errore:").strip().startswith(told)
    assert page.value("email") == [typed["email"]]
    assert not deliveries()


def test_a_territorys_person_gets_a_region(administrator: Person) -> None:
    page = post(administrator, "/gestione/utenti/nuovo", {**NEW, "role": "territory", "region": "09"})
    assert "Territorio" in page.text
    assert "Toscana" in page.text
    row = staff_by_email("nuovo@example.org")
    assert row is not None
    assert (row.role, row.region_code) == ("territory", "09")


def test_a_role_is_changed(administrator: Person, coordinator: Person) -> None:
    row = staff_by_email("coordinator@example.org")
    assert row is not None
    page = post(administrator, f"/gestione/utenti/{row.id}", {"role": "reviewer"})
    assert "Il ruolo di Persona coordinator è cambiato" in page.alerts[0]
    assert coordinator.get("/gestione").text is not None
    changed = staff_by_email("coordinator@example.org")
    assert changed is not None
    assert changed.role == "reviewer"


def test_closing_opening_and_resetting_are_asked_for_twice(administrator: Person, coordinator: Person) -> None:
    row = staff_by_email("coordinator@example.org")
    assert row is not None
    home = f"/gestione/utenti/{row.id}"
    asked = administrator.get(f"{home}/disattiva")
    assert asked.heading == "Disattiva Persona coordinator"
    assert coordinator.get("/gestione").status == 200, "asking changes nothing"
    done = administrator.press(asked, "Disattiva")
    assert done.alerts[0] == "Persona coordinator non può più entrare."
    assert coordinator.get("/gestione").path == "/gestione/accedi"
    assert administrator.press(administrator.get(f"{home}/azzera"), "Azzera").status == 422
    assert not deliveries()
    opened = administrator.press(administrator.get(f"{home}/riattiva"), "Riattiva")
    assert "Attivo" in opened.text
    reset = administrator.press(administrator.get(f"{home}/azzera"), "Azzera")
    assert "Da attivare" in reset.text
    assert [one.recipient for one in deliveries()] == ["coordinator@example.org"]
    by = db.session.execute(sa.select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.subject == f"staff:{row.id}"))
    administrators = staff_by_email("administrator@example.org")
    assert administrators is not None
    assert {(one.actor, one.action) for one in by} >= {
        (f"staff:{administrators.id}", "staff_disabled"),
        (f"staff:{administrators.id}", "staff_enabled"),
        (f"staff:{administrators.id}", "staff_login_reset"),
    }


def test_nobody_closes_their_own_account(administrator: Person) -> None:
    row = staff_by_email("administrator@example.org")
    assert row is not None
    page = administrator.get(f"/gestione/utenti/{row.id}")
    assert "Questo è il tuo accesso" in page.alerts[0]
    refused = administrator.press(administrator.get(f"/gestione/utenti/{row.id}/disattiva"), "Disattiva")
    assert refused.status == 422
    assert "Sul tuo accesso questo non si può fare" in refused.text
    assert administrator.get("/gestione").path == "/gestione"


def test_a_message_that_waits_is_not_sent_once_it_is_of_no_use(administrator: Person, now: dt.datetime) -> None:
    post(administrator, "/gestione/utenti/nuovo", NEW)
    row = staff_by_email("nuovo@example.org")
    assert row is not None
    administrator.press(administrator.get(f"/gestione/utenti/{row.id}/azzera"), "Azzera")
    assert [one.state for one in deliveries()] == ["cancelled", "queued"]
    db.session.execute(sa.update(StaffMember).where(StaffMember.id == row.id).values(password_hash="set"))
    assert StaffLinkHook().wanted(deliveries()[1], now) == "the member has set their password"
    db.session.execute(sa.update(StaffMember).where(StaffMember.id == row.id).values(disabled_at=now))
    assert StaffLinkHook().wanted(deliveries()[1], now) == "the account is closed"


def test_an_unknown_member_is_no_page(administrator: Person) -> None:
    for path in ("/gestione/utenti/999999", "/gestione/utenti/999999/azzera", "/gestione/utenti/1/cancella"):
        assert administrator.get(path).status == 404


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_shows_what_the_role_may_open(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    page = person.get("/gestione")
    entries = [one for one in page.page.all("a") if one.inside("nav") and one.attributes["href"].startswith("/gestione")]
    assert next(one.text for one in entries) == "Oggi"
    assert ("Utenti" in [one.text for one in entries]) is (role == "administrator")
    for entry in entries:
        assert person.get(entry.attributes["href"]).status == 200
    assert person.client.get("/gestione/utenti").status_code == (200 if role == "administrator" else 403)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_a_page_of_their_own(new_staff: NewStaff, role: str) -> None:
    page = new_staff(role).get("/gestione/profilo")
    assert page.heading == "Il tuo profilo"
    assert f"Persona {role}" in page.text
    assert ("Toscana" in page.text) is (role == "territory")
    assert "questo browser" in page.text
    assert "Termina gli altri" not in page.text, "there are no others"


def test_the_other_sessions_end_by_one_button(new_staff: NewStaff) -> None:
    here, there, other = new_staff("coordinator"), new_staff("coordinator"), new_staff("reviewer")
    page = here.press(here.get("/gestione/profilo"), "Termina gli altri")
    assert page.alerts == ["Terminato 1 altro accesso."]
    assert there.get("/gestione").path == "/gestione/accedi"
    assert here.get("/gestione").path == other.get("/gestione").path == "/gestione"


def test_ones_own_password_is_changed(new_client, edition: object, now: dt.datetime, clock) -> None:
    activated("coordina@example.org", now, "coordinator")
    person = Person(new_client())
    signing = person.get("/gestione/accedi")
    typed = {"email": "coordina@example.org", "password": PASSWORD, "totp": phone("coordina@example.org", now)}
    assert person.send(signing, typed, press=None).path == "/gestione"
    clock.move(seconds=30)
    path, new = "/gestione/profilo/password", "cinque cani nel prato"

    def change(**changed: str) -> Screen:
        form = person.get("/gestione/profilo").form(path)
        given = {"current_password": PASSWORD, "new_password": new, "totp": phone("coordina@example.org", clock())}
        return person._send(form, {**given, **changed}, None)

    wrong = change(current_password="sbagliata sbagliata")
    assert (wrong.status, wrong.summary()[0][0]) == (422, "#current_password")
    weak = change(new_password="breve")
    assert (weak.status, weak.summary()[0][0]) == (422, "#new_password")
    assert "sbagliata" not in wrong.html
    assert new not in wrong.html
    done = change()
    assert (done.status, done.path) == (200, "/gestione/profilo")
    assert done.alerts[0].startswith("La password è cambiata.")


def test_name_and_address_are_changed(administrator: Person, coordinator: Person) -> None:
    row = staff_by_email("coordinator@example.org")
    assert row is not None
    path = administrator.get(f"/gestione/utenti/{row.id}").links()["Cambia nome o e-mail"]
    refused = post(administrator, path, {"email": "administrator@example.org"})
    assert (refused.status, refused.summary()[0][0]) == (422, "#email")
    page = post(administrator, path, {"name": "Nuovo Nome", "email": "nuova@example.org"})
    assert (page.heading, page.alerts[0]) == ("Nuovo Nome", "L'indirizzo è cambiato: un avviso va al vecchio e al nuovo.")
    assert coordinator.get("/gestione").path == "/gestione/accedi"
    assert "E-mail di un utente cambiata" in administrator.get("/gestione/registro").text
    assert "Modifiche salvate." in post(administrator, path, {"name": "Ancora"}).alerts[0]
