"""Notes on entities are found again by their words and put right by who wrote them, in one's own Region alone."""

from __future__ import annotations

import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.extensions import db
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, SAMONE_TN
from tests.fill.person import Person, Screen

PAGE = f"/gestione/enti/{FIRENZE}"
TEXT = "Chiamare solo il 100% dei martedì"


def note(person: Person, text: str, code: str = FIRENZE) -> Screen:
    action = f"/gestione/enti/{code}/note"
    page = person.get(f"/gestione/enti/{code}")
    token = page.form(action).fields["csrf_token"][0]
    return person._follow(person.client.post(action, data={"csrf_token": token, "nota": text}), "")


def rewrite(person: Person, page: Screen, number: int, text: str) -> Screen:
    token = page.form(f"{PAGE}/note").fields["csrf_token"][0]
    data = {"csrf_token": token, f"nota-{number}": text}
    return person._follow(person.client.post(f"{PAGE}/note/{number}/testo", data=data), "")


def test_notes_are_found_by_their_words(coordinator: Person) -> None:
    note(coordinator, TEXT)
    note(coordinator, "Ufficio chiuso in agosto", SAMONE_TN)
    found = coordinator.get("/gestione/note?q=MARTED")
    assert "Una nota trovata" in found.text
    assert found.links()["Firenze (FI)"] == f"{PAGE}#note"
    assert TEXT in found.text
    assert "Una nota trovata" in coordinator.get("/gestione/note?q=100%25").text
    assert "Nessuna nota trovata" in coordinator.get("/gestione/note?q=5%25").text, "a sign of the pattern is a sign"
    assert "2 note trovate" in coordinator.get("/gestione/note?q=a").text
    assert coordinator.get("/gestione/note").status == 200
    assert coordinator.get("/gestione/note?q=%00").status == 200


def test_a_territorys_person_finds_notes_of_its_own_region_alone(coordinator: Person, new_staff: NewStaff) -> None:
    note(coordinator, TEXT)
    note(coordinator, "Chiamare il giovedì", SAMONE_TN)
    theirs = new_staff("territory", "09").get("/gestione/note?q=chiamare")
    assert "Una nota trovata" in theirs.text
    assert "Samone" not in theirs.text
    foreign = new_staff("territory", "04")
    token = foreign.get(f"/gestione/enti/{SAMONE_TN}").form(f"/gestione/enti/{SAMONE_TN}/note").fields["csrf_token"][0]
    refused = foreign.client.post(f"{PAGE}/note/1/testo", data={"csrf_token": token, "nota-1": "x"})
    assert refused.status_code == 404


def test_who_wrote_a_note_changes_it_and_nobody_else(coordinator: Person, new_staff: NewStaff) -> None:
    page = note(coordinator, TEXT)
    changed = rewrite(coordinator, page, 1, "Chiamare il giovedì")
    assert changed.alerts == ["Nota cambiata."]
    assert TEXT not in changed.text
    empty = rewrite(coordinator, changed, 1, "  ")
    assert (empty.status, empty.summary()) == (422, [("#nota-1", "Scrivi la nota, oppure toglila.")])
    long = rewrite(coordinator, changed, 1, "x" * 2001)
    assert long.status == 422
    other = new_staff("administrator")
    refused = rewrite(other, other.get(PAGE), 1, "Mia")
    assert refused.alerts[0].startswith("Non è cambiato nulla")
    assert "Chiamare il giovedì" in refused.text
    entries = db.session.execute(sa.select(AuditEntry.detail).where(AuditEntry.action == "note_changed")).scalars().all()
    assert entries == ['{"note":1}']
