"""`/gestione/posta`: what is wrong with the mail and what to do; its notice on other pages; a clock that is believed."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.staff import ROLES
from app.audit.models import AuditEntry
from app.desk.mail_words import _PROBLEMS, PROBLEM_TITLES
from app.editions.current import EditionView
from app.extensions import db
from app.mail.groups import SERVER_SAYS, hold_group
from app.mail.health import PROBLEMS
from app.mail.holds import BY_HAND, RESTORED, hold
from app.mail.models import Delivery, MailWorker
from app.mail.outbox import queue_message
from app.mail.returns.space import note_space, note_warning
from app.reminders.models import Batch
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen
from tests.mail.conftest import message
from tests.mail.test_health import add_group, add_worker

PAGE = "/gestione/posta"
NOTICED = ("/gestione", "/gestione/promemoria", "/gestione/promemoria/1")


def titles(page: Screen) -> list[str]:
    """Of the notices, in their order."""
    return page.texts("alert-title")


def queue(now: dt.datetime, count: int = 1) -> None:
    for number in range(1, count + 1):
        queue_message(message(number), now)
    db.session.commit()


def add_batch(edition: EditionView, now: dt.datetime) -> None:
    """A batch of the edition whose group the mail server has paused, and a group that is none."""
    for key in ("batch", "other"):
        hold_group(add_group(now, key=key), f"{SERVER_SAYS}535 5.7.8 login <refused>", now)
    about = {"filter": "{}", "excluded": "{}", "respondents": 1, "deliveries": 1, "starts_at": now, "ends_at": now}
    batch = Batch(edition_id=edition.id, group_id=1, key="k", name="Primo", **about, created_by="staff:1", created_at=now)
    db.session.add(batch)
    db.session.commit()


def test_every_problem_has_its_words() -> None:
    assert (tuple(PROBLEM_TITLES), tuple(_PROBLEMS)) == (PROBLEMS, PROBLEMS)


def test_where_nothing_is_wrong_the_page_says_so(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get(PAGE)
    assert (page.status, page.heading, titles(page)) == (200, "Posta in partenza", [])
    for words in (
        "Tutto a posto",
        "Nessun messaggio finora.",
        "nessuno si è fatto sentire",
        "Nessuna casella è stata ancora letta.",
    ):
        assert words in page.text
    assert "Come stava il 16 marzo 2026, 10:00." in page.text
    assert "16 marzo" in page.text


@pytest.mark.parametrize("role", ROLES)
def test_who_prepares_letters_and_addresses_sees_it(edition: EditionView, new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    lets_in = role in ("administrator", "coordinator")
    assert person.get(PAGE).status == (200 if lets_in else 403)
    assert (f'href="{PAGE}"' in person.get("/gestione").html) is lets_in


def test_the_page_is_linked_from_the_deliveries(edition: EditionView, coordinator: Person) -> None:
    assert coordinator.get("/gestione/consegne").links()["Come sta andando l'invio della posta"] == PAGE


def test_what_is_wrong_stands_first_with_what_to_do(edition: EditionView, coordinator: Person, clock: Clock) -> None:
    queue(clock(), 2)
    db.session.execute(sa.update(Delivery).where(Delivery.id == 2).values(state="unknown"))
    add_batch(edition, clock())
    note_space("pec", 81, 100, clock())
    note_warning("imap", "casella <quasi> piena", clock())
    db.session.commit()
    clock.move(minutes=30)
    page = coordinator.get(PAGE)
    assert titles(page) == [
        "Nessuno sta inviando la posta",
        "La posta è in ritardo",
        "Il server di posta rifiuta i nostri messaggi",
        "Di alcuni messaggi non si sa se sono arrivati",
        "Una nostra casella è quasi piena",
    ]
    assert [one.text for one in page.page.all("code")] == [
        "flask --app wsgi mail deliver --loop",
        "journalctl -u ricognizione-mail",
    ]
    for words in (
        "Messaggi da inviare: 1 adesso, altri 0 entro un'ora.",
        "poteva partire da 30 minuti",
        "2 gruppi di messaggi sono in pausa.",
        "«535 5.7.8 login <refused>»",
        "Casella PEC: spazio usato: 81%.",
        "«casella <quasi> piena»",
        "il primo dal 16 marzo 2026, 10:00",
    ):
        assert words in page.text, words
    links = page.links()
    assert (links["Gruppo batch"], "Gruppo other" in links) == ("/gestione/promemoria/1", False)


def test_a_hold_names_the_two_commands(edition: EditionView, coordinator: Person, clock: Clock) -> None:
    hold(RESTORED, "3 messages that it does not have", clock())
    hold(BY_HAND, "prima del ripristino", clock())
    db.session.commit()
    page = coordinator.get(PAGE)
    assert titles(page) == ["Tutti gli invii sono fermi"]
    assert [one.text for one in page.page.all("code")] == ["flask --app wsgi mail compare", "flask --app wsgi mail confirm"]
    for words in ("il database non sa di invii già fatti", "li ha fermati una persona", "«prima del ripristino»"):
        assert words in page.text


def test_an_administrator_says_that_a_clock_is_right(edition: EditionView, administrator: Person, clock: Clock) -> None:
    add_worker(clock(), machine="avanti", clock_ahead=7_200.0)
    page = administrator.get(PAGE)
    assert titles(page) == ["L'orologio di un server è andato avanti"]
    assert "Server avanti: avanti di 2 ore." in page.text
    done = administrator.press(page, "L'orologio è giusto")
    assert (done.path, titles(done)) == (PAGE, [])
    assert "L'orologio è confermato" in done.text
    assert db.session.execute(sa.select(MailWorker.clock_ahead, MailWorker.clock_offset)).one() == (0.0, 7_200.0)
    deed = sa.select(AuditEntry.actor, AuditEntry.subject, AuditEntry.detail).where(AuditEntry.action == "mail_clock_believed")
    [entry] = db.session.execute(deed).all()
    assert (entry.actor.startswith("staff:"), entry.subject, entry.detail) == (True, "mail:outbox", '{"workers":1}')


def test_a_clock_is_confirmed_once(edition: EditionView, administrator: Person, clock: Clock) -> None:
    add_worker(clock(), clock_ahead=7_200.0)
    page = administrator.get(PAGE)
    administrator.press(page, "L'orologio è giusto")
    assert "Nessun orologio aspettava più" in administrator.press(page, "L'orologio è giusto").text
    deeds = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "mail_clock_believed")
    assert db.session.execute(deeds).scalar_one() == 1


def test_a_coordinator_sees_the_clock_and_cannot_confirm_it(edition: EditionView, coordinator: Person, clock: Clock) -> None:
    add_worker(clock(), clock_ahead=7_200.0)
    page = coordinator.get(PAGE)
    assert ("flask --app wsgi mail clock --right" in page.text, "L'orologio è giusto" in page.text) == (True, False)
    token = coordinator.get("/gestione").form("/gestione/aggiorna").fields["csrf_token"][0]
    assert coordinator.client.post(f"{PAGE}/orologio", data={"csrf_token": token}).status_code == 403
    assert db.session.execute(sa.select(MailWorker.clock_ahead)).scalar_one() == 7_200.0


def test_the_services_are_listed_as_they_stand(edition: EditionView, coordinator: Person, clock: Clock) -> None:
    add_worker(clock(), machine="viva")
    add_worker(clock(), machine="finita", stopped_at=clock())
    add_worker(clock() - dt.timedelta(hours=2), machine="caduta")
    rows = [" ".join(one.text.split()) for one in coordinator.get(PAGE).with_class("sheet-row")]
    seen = "sentito l'ultima volta il 16 marzo 2026, 10:00"
    assert rows == [
        f"viva Attivo Avviato il 16 marzo 2026, 10:00, {seen}",
        f"finita Terminato Avviato il 16 marzo 2026, 10:00, {seen}",
        "caduta Non risponde Avviato il 16 marzo 2026, 08:00, sentito l'ultima volta il 16 marzo 2026, 08:00",
    ]


def test_other_pages_say_that_nothing_goes_out(edition: EditionView, new_staff: NewStaff, clock: Clock) -> None:
    add_batch(edition, clock())
    coordinator = new_staff("coordinator")
    notice = "Nessuno sta inviando la posta. La posta è in ritardo"
    for path in NOTICED:
        assert notice not in titles(coordinator.get(path))
    queue(clock())
    clock.move(minutes=10)
    for path in NOTICED:
        page = coordinator.get(path)
        assert notice in titles(page), path
        assert page.links()["Che cosa fare per la posta"] == PAGE
    for role in ("administrator", "territory", "reviewer"):
        assert (notice in titles(new_staff(role).get("/gestione"))) is (role == "administrator")
    hold(BY_HAND, "prova", clock())
    add_worker(clock())
    assert "Tutti gli invii sono fermi" in titles(coordinator.get("/gestione"))
