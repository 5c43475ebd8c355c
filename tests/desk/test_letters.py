"""`/gestione/lettere`: letters of many, read before they are made, taken once by whoever asked, kept nowhere."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile

import pytest
import sqlalchemy as sa

from app.accounts.models import ActivationCode
from app.accounts.suspensions import suspend_login
from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.extensions import db
from app.letters import running
from app.letters.many import begin_letters, letters_by_number
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.desk.logins import BOLZANO, FIRENZE, SAMONE_TN, activate, entity, register
from tests.fill.person import Person, Screen

NEW = "/gestione/lettere/nuove"
FIRST = "/gestione/lettere/1"


def prepare(person: Person, *codes: str) -> Screen:
    return person.fill(NEW, {"codici": "\n".join(codes)}, None)


def take(person: Person, page: str = FIRST) -> bytes:
    token = person.get(page).form(f"{page}/scarica").fields["csrf_token"][0]
    answer = person.client.post(f"{page}/scarica", data={"csrf_token": token})
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return answer.get_data()


def codes() -> int:
    db.session.rollback()
    return db.session.execute(sa.select(sa.func.count()).select_from(ActivationCode)).scalar_one()


def test_a_list_is_read_first_and_the_file_comes_whole(
    coordinator: Person, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    register(FIRENZE, now)
    activate(FIRENZE, now)
    suspend_login(entity(BOLZANO), reason="prova", actor="staff:7", now=now)
    page = prepare(coordinator, FIRENZE, SAMONE_TN, "068038", BOLZANO, "999999")
    assert (page.path, page.status) == (FIRST, 200)
    for text in (
        "3 lettere da fare.",
        "2 enti non hanno un indirizzo e-mail",
        "Un ente ha già una password",
        "Un accesso è sospeso: resta fuori.",
        "riga 5: 999999",
    ):
        assert text in page.text, text
    assert codes() == 0, "preparing issues no code"
    archive = zipfile.ZipFile(io.BytesIO(take(coordinator)))
    assert archive.testzip() is None
    assert archive.namelist() == ["lettere-001.pdf", "lettere-002.pdf", "elenco.csv"]
    assert archive.read("lettere-001.pdf").startswith(b"%PDF")
    rows = list(csv.reader(io.StringIO(archive.read("elenco.csv").decode("utf-8-sig")), delimiter=";"))
    assert sorted(row[0] for row in rows[1:]) == sorted([SAMONE_TN, FIRENZE, "068038"])
    assert codes() == 3
    entry = db.session.execute(sa.select(AuditEntry).where(AuditEntry.action == "letters_made")).scalar_one()
    assert entry.detail == '{"letters":3,"run":1,"source":"list"}'


def test_it_is_taken_once_and_only_by_whoever_asked(coordinator: Person, new_staff: NewStaff) -> None:
    prepare(coordinator, FIRENZE)
    other = new_staff("administrator")
    assert "Le scarica solo chi le ha preparate." in other.get(FIRST).text
    token = other.get(NEW).value("csrf_token")[0]
    assert other.client.post(f"{FIRST}/scarica", data={"csrf_token": token}).status_code == 303
    assert codes() == 0
    page = coordinator.get(FIRST)
    take(coordinator)
    done = (
        coordinator.send(page, press=None) if page.path == f"{FIRST}/scarica" else coordinator.press(page, "Scarica le lettere")
    )
    assert done.alerts[0].startswith("Queste lettere sono già scaricate")
    assert "non c'è più" in done.text
    assert f"{FIRST}/scarica" not in [form.action for form in done.forms()]
    assert "Scaricate" in coordinator.get("/gestione/lettere").text


def test_a_file_that_did_not_arrive_whole_can_be_begun_again_and_shows_how_far_it_is(
    coordinator: Person, edition: EditionView, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 1)
    prepare(coordinator, FIRENZE, SAMONE_TN)
    pieces = begin_letters(1, edition, clock, actor=letters_by_number(1).prepared_by)
    assert next(pieces).startswith(b"PK")
    assert letters_by_number(1).made == 1
    pieces.close()  # as the server does when the line is lost
    db.session.rollback()
    page = coordinator.get(FIRST)
    assert "1 di 2 lettere sono già nel file" in page.text
    assert coordinator.client.get(FIRST).headers["Refresh"].startswith("3;")
    clock.move(minutes=31)
    assert "Refresh" not in coordinator.client.get(FIRST).headers
    assert zipfile.ZipFile(io.BytesIO(take(coordinator))).testzip() is None
    db.session.rollback()
    assert letters_by_number(1).taken_at == clock()


def test_a_filter_of_the_responses_leads_to_letters(coordinator: Person) -> None:
    listed = coordinator.get("/gestione/risposte?regione=09")
    address = listed.links()["Lettere con il codice"]
    assert address == f"{NEW}?regione=09"
    page = coordinator.get(address)
    assert "Il filtro comprende" in page.text
    prepared = coordinator.press(page, "Prepara le lettere")
    assert prepared.path == FIRST
    assert "da un filtro delle risposte" in prepared.text


def test_what_is_wrong_comes_back(coordinator: Person) -> None:
    page = prepare(coordinator, "non è un codice!")
    assert (page.status, page.summary()[0][0]) == (422, "#codici")
    nobody = prepare(coordinator, "999999")
    assert nobody.summary() == [("#codici", "Nessuno dei codici è di un ente che esiste oggi.")]
    assert coordinator.get("/gestione/lettere/7").status == 404


@pytest.mark.parametrize("role", ["reviewer", "territory"])
def test_letters_are_for_administrators_and_coordinators(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    for path in ("/gestione/lettere", NEW, FIRST):
        assert person.get(path).status == 403
