"""`/gestione/pratiche/iniziative`: a Region's initiatives, by whoever follows it, and nobody else's."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from app.extensions import db, table_of
from app.practices.models import APPROVED, Practice
from app.practices.published import CURRENT, ENTRY
from app.practices.publishing import publish
from app.practices.record import PublicRecord, read_record, write_record
from app.registry.models import Entity
from tests.desk.conftest import NewStaff
from tests.desk.logins import deeds
from tests.fill.person import Person, Screen

PAGE = "/gestione/pratiche/iniziative"
NEW = f"{PAGE}/nuova"
TYPED = {
    "title": "Piano famiglia",
    "area": "families",
    "description": "Contributi ai Comuni.",
    "recipients": ["parents", "all"],
    "funding": "region",
    "started": "03/2026",
    "email": "famiglia@regione.example",
    "url": "www.regione.example/famiglia",
}


def write(person: Person, path: str = NEW, **typed: Any) -> Screen:
    page = person.get(path)
    form = page.form()
    hidden = {name: form.fields[name] for name in ("csrf_token", "versione") if name in form.fields}
    return Screen(person.client.post(path, data={**hidden, **TYPED, **typed}, follow_redirects=True))


def row() -> Any:
    db.session.rollback()
    columns = (*table_of(Practice).c, Entity.code.label("owner"))
    return db.session.execute(sa.select(*columns).join(Entity, Entity.id == Practice.entity_id)).one()


def public() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ENTRY.title).where(CURRENT)).scalars())


def approve_and_publish(now: dt.datetime) -> None:
    values = {
        "state": APPROVED,
        "approved": Practice.content,
        "approved_digest": Practice.digest,
        "revision": Practice.revision + 1,
    }
    db.session.execute(sa.update(Practice).values(values))
    db.session.commit()
    publish(actor="staff:1", note="", now=now)


def test_a_regions_person_enters_one_and_it_waits_for_review(new_staff: NewStaff) -> None:
    person = new_staff("territory", "09")
    page = write(person)
    assert (page.path, page.alerts[0]) == (PAGE, "Iniziativa salvata: ora è in coda per l'esame.")
    stored = row()
    assert (stored.kind, stored.source, stored.state, stored.owner, stored.consent, stored.year, stored.edition_label) == (
        "initiative", "desk", "waiting", "regione-09", True, 2026, "2026",
    )  # fmt: skip
    assert read_record(stored.content) == PublicRecord(
        "Piano famiglia", area="families", description="Contributi ai Comuni.", recipients=("all", "parents"),
        funding=("region",), started="2026-03", email="famiglia@regione.example", url="https://www.regione.example/famiglia",
    )  # fmt: skip
    assert deeds() == [("regional_body_added", "staff:1"), ("initiative_added", "staff:1")]
    assert "Piano famiglia" in page.links()


def test_who_follows_one_region_cannot_touch_the_initiatives_of_another(new_staff: NewStaff) -> None:
    tuscan, other, coordinator = new_staff("territory", "09"), new_staff("territory", "04"), new_staff("coordinator")
    write(tuscan)
    path = f"{PAGE}/{row().code}"
    assert "Piano famiglia" not in other.get(PAGE).text
    assert other.get(path).status == 404
    token = other.get(NEW).value("csrf_token")[0]
    fields = {"csrf_token": token, "versione": "1", **TYPED, "title": "Altro", "region": "09"}
    assert other.client.post(path, data=fields).status_code == 404
    assert other.client.post(f"{path}/ritira", data=fields).status_code == 404
    assert (row().title, row().state) == ("Piano famiglia", "waiting")
    other.client.post(NEW, data=fields)
    db.session.rollback()
    owners = db.session.execute(sa.select(Entity.code).join(Practice, Practice.entity_id == Entity.id).order_by(Practice.id))
    assert list(owners.scalars()) == ["regione-09", "regione-04"], "the Region is that of who asks, whatever the form says"
    assert sorted(set(coordinator.get(PAGE).links()) & {"Altro", "Piano famiglia"}) == ["Altro", "Piano famiglia"]


def test_a_correction_waits_for_review_while_the_old_text_stays_public(new_staff: NewStaff, now: dt.datetime) -> None:
    person = new_staff("territory", "09")
    write(person)
    approve_and_publish(now)
    path = f"{PAGE}/{row().code}"
    assert write(person, path).alerts[0] == "Non è cambiato nulla."
    write(person, path, title="Piano famiglia 2026")
    assert (row().state, public()) == ("waiting", ["Piano famiglia"])
    write(person, path)
    assert row().state == APPROVED, "back to what was approved"


def test_a_new_address_drops_the_coordinates_of_the_old_one_and_a_type_taken_away_its_words(new_staff: NewStaff) -> None:
    person = new_staff("territory", "09")
    write(person, types=["other"], address="Via A 1")
    stored = msgspec.structs.replace(read_record(row().content), latitude=43.0, longitude=11.0, others={"types": "Mongolfiera"})
    db.session.execute(sa.update(Practice).values(content=write_record(stored)))
    db.session.commit()
    path = f"{PAGE}/{row().code}"
    write(person, path, types=["other"], address="Via A 1", title="Altro titolo")
    kept = read_record(row().content)
    assert (kept.title, kept.latitude, kept.longitude, kept.others) == ("Altro titolo", 43.0, 11.0, {"types": "Mongolfiera"})
    write(person, path, address="Via B 2", types=[])
    changed = read_record(row().content)
    assert (changed.address, changed.types) == ("Via B 2", ())
    assert (changed.latitude, changed.longitude, changed.others) == (None, None, {})


def test_withdrawn_is_out_at_once_and_comes_back_by_review(new_staff: NewStaff, now: dt.datetime) -> None:
    person = new_staff("territory", "09")
    write(person)
    approve_and_publish(now)
    page = person.press(person.get(PAGE), "Ritira")
    assert "è ritirata" in page.alerts[0]
    assert (row().state, public()) == ("withdrawn", [])
    write(person, f"{PAGE}/{row().code}")
    assert row().state == "waiting"


def test_two_who_correct_the_same_do_not_overwrite_each_other(new_staff: NewStaff) -> None:
    first, second = new_staff("territory", "09"), new_staff("coordinator")
    write(first)
    path = f"{PAGE}/{row().code}"
    seen = second.get(path).form().fields
    write(first, path, title="Primo")
    data = {"csrf_token": seen["csrf_token"], "versione": seen["versione"], **TYPED, "title": "Secondo"}
    late = Screen(second.client.post(path, data=data))
    assert (late.status, late.value("title"), row().title) == (409, ["Secondo"], "Primo")


def test_a_coordinator_says_of_which_region(coordinator: Person) -> None:
    assert write(coordinator).summary() == [("#region", "Scegli la Regione.")]
    assert write(coordinator, region="99").status == 422
    write(coordinator, region="04")
    assert row().owner == "regione-04"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"title": " "}, ("#title", "Scrivi il titolo.")),
        ({"area": ""}, ("#area", "Scegli la macro-area.")),
        ({"area": "secret"}, ("#area", "Scegli fra le voci dell'elenco.")),
        ({"recipients": ["nobody"]}, ("#recipients", "Scegli fra le voci dell'elenco.")),
        ({"started": "ieri"}, ("#started", "Scrivi una data come 2026, 03/2026 o 31/03/2026.")),
        ({"url": "javascript:alert(1)"}, ("#url", "Scrivi un indirizzo come https://www.regione.example/pagina.")),
        ({"email": "x"}, ("#email", "Controlla l'indirizzo: deve somigliare a ufficio@regione.example.")),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    new_staff: NewStaff, typed: dict[str, Any], told: tuple[str, str]
) -> None:
    page = write(new_staff("territory", "09"), **typed)
    assert (page.status, page.summary()) == (422, [told])
    assert page.value("phone") == [""]
    assert page.form().fields.get("recipients", []) == (["all", "parents"] if "recipients" not in typed else [])


@pytest.mark.parametrize("role", ["administrator", "reviewer"])
def test_others_have_nothing_to_do_with_them(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    assert [person.get(path).status for path in (PAGE, NEW, f"{PAGE}/XXXXXXXX")] == [403, 403, 403]
