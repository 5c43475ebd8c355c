"""`/gestione`: for every member of staff and for nobody else; a territory's person sees its Region alone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.permission_table import DESK, FOLLOW, PERMISSIONS
from app.accounts.requests import add_access_request
from app.accounts.staff import ROLES
from app.chasing.models import Call
from app.desk import addresses
from app.editions.current import EditionView
from app.editions.models import Edition
from app.extensions import db
from app.mail.groups import open_group
from app.mail.outbox import Message, queue_message
from app.registry.addresses import propose_change
from app.registry.entities import find_by_code
from app.reminders.models import Batch
from app.responses.drafts import Author
from app.responses.models import Response
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.desk.staff import add_member, sit_down
from tests.fill.person import Person, Screen
from tests.open_edition import operator


def ids(code: str) -> int:
    entity = find_by_code(code)
    assert entity is not None
    return entity.id


def answer(edition: EditionView, code: str, *, status: str = "submitted", progress: int = 100) -> None:
    """A municipality has answered, or has a draft."""
    sent = {"submitted_as": "answer", "submitted_at": START} if status == "submitted" else {}
    values = {"edition_id": edition.id, "entity_id": ids(code), "definition_id": edition.definition_id, "document": "{}"}
    times = {"opened_at": START, "last_activity": START}
    db.session.execute(sa.insert(Response).values(**values, **times, **sent, status=status, progress=progress))
    db.session.commit()


def rows(screen: Screen, table: str) -> dict[str, list[str]]:
    """First cell → the others, of the table of this id."""
    section = screen.by_id(f"tabella-{table}").parent
    found: dict[str, list[str]] = {}
    inside = [one for one in screen.page.all("th", "td") if _within(one, section)]
    name = ""
    for cell in inside:
        if cell.attributes.get("scope") == "row":
            name = " ".join(cell.text.split())
            found[name] = []
        elif cell.tag == "td":
            found[name].append(" ".join(cell.text.split()))
    return found


def _within(element: object, ancestor: object) -> bool:
    above = element
    while above is not None and above is not ancestor:
        above = above.parent
    return above is not None


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_its_first_page(new_staff: NewStaff, role: str) -> None:
    page = new_staff(role).get("/gestione")
    assert (page.status, page.path) == (200, "/gestione")
    assert "Dati delle 10:00 del 16 marzo 2026." in page.text


def test_before_the_first_edition_the_page_says_so(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context():
        person = Person(sit_down(client, "coordinator", clock()))
    assert "Non c'è ancora un'edizione" in person.get("/gestione").text


def test_the_country_is_counted_by_state_and_by_region(edition: EditionView, coordinator: Person) -> None:
    answer(edition, "048017")
    answer(edition, "022165", status="draft", progress=40)
    page = coordinator.get("/gestione")
    assert page.texts("board-figure") == ["20,0%"]
    assert "1 su 5. Quota dei residenti: 76,6%." in page.text
    regions = rows(page, "regioni")
    assert regions["Toscana"] == ["1", "0", "0", "0", "1", "0", "1", "100,0%", "100,0%", "Elenco: Toscana"]
    assert regions["Piemonte"][:4] == ["1", "1", "0", "0"]
    assert "tra 25% e 50%120,0%" in page.text
    assert page.links()["Toscana"] == "/gestione?regione=09"
    assert (len(page.with_class("table-stacked")), page.unnamed_cells()) == (len(page.page.all("table")), [])


def test_a_region_is_shown_with_its_provinces(edition: EditionView, coordinator: Person) -> None:
    answer(edition, "048017")
    page = coordinator.get("/gestione?regione=09")
    assert (page.heading, rows(page, "province")) == (
        "Oggi: Toscana",
        {"Firenze": ["1", "0", "0", "0", "1", "0", "1", "100,0%", "100,0%", "Elenco: Firenze"]},
    )
    assert page.links()["Torna a tutta Italia"] == "/gestione"
    assert "Piemonte" not in page.text


@pytest.mark.parametrize("asked", ["xx", "9", "099", "٠٩", "%00", "09&regione=01"])
def test_an_address_may_ask_for_anything(edition: EditionView, coordinator: Person, asked: str) -> None:
    assert coordinator.get(f"/gestione?regione={asked}").status == 200


def test_a_territorys_person_sees_its_region_whatever_it_asks_for(edition: EditionView, new_staff: NewStaff) -> None:
    answer(edition, "022165")
    territory = new_staff("territory", "09")
    for path in ("/gestione", "/gestione?regione=04", "/gestione?regione="):
        page = territory.get(path)
        assert (page.heading, page.texts("board-figure")) == ("Oggi: Toscana", ["0,0%"])
        assert "Trentino" not in page.html
        assert "Torna a tutta Italia" not in page.text


def test_what_waits_is_counted_with_its_region(edition: EditionView, coordinator: Person, new_staff: NewStaff) -> None:
    add_what_waits(edition)
    wanted = [
        "1 ente da richiamare adesso",
        "1 richiesta di accesso",
        "1 indirizzo proposto da un ente",
        "1 consegna dall'esito sconosciuto",
    ]
    waiting = [" ".join(one.text.split()) for one in coordinator.get("/gestione").page.all("li") if _waits(one)]
    assert waiting == [*wanted, "5 enti senza indirizzo utile"]
    own = [" ".join(one.text.split()) for one in new_staff("territory", "04").get("/gestione").page.all("li") if _waits(one)]
    assert own == [*wanted, "2 enti senza indirizzo utile"]
    assert "ente da richiamare" not in new_staff("territory", "09").get("/gestione").text
    assert "Che cosa aspetta" not in new_staff("reviewer").get("/gestione").text


def _waits(element: object) -> bool:
    parent = element.parent
    return "board-waiting" in parent.attributes.get("class", "")


def add_what_waits(edition: EditionView) -> None:
    """One of each, of Samone in Trentino; and a call that has been returned since."""
    entity = find_by_code("022165")
    assert entity is not None
    person = {"name": "Persona", "office": "", "email": "p@example.org", "phone": "", "note": ""}
    add_access_request(entity, **person, network="n", now=START)
    author: Author = operator("022165", "Operatore A", "a" * 64)
    change = {"purpose": "other", "email": "nuovo@example.org", "replaces_id": None}
    propose_change(entity.id, **change, proposed_by=f"operator:{author.operator_id}", now=START)
    text = {"language": "it", "subject": "Oggetto", "text": "Testo"}
    queue_message(Message("receipt", f"entity:{entity.id}", "a@example.org", dedupe_key="k", **text), START)
    db.session.execute(sa.text("UPDATE delivery SET state = 'unknown'"))
    member = add_member("coordinator", START)
    call = {"edition_id": edition.id, "staff_id": member, "outcome": "call_back", "spoke_with": "", "note": ""}
    promised = {**call, "at": START, "call_back_on": START.date()}
    later = {**call, "at": START + dt.timedelta(hours=1), "call_back_on": None}
    firenze, samone = ids("048017"), entity.id
    db.session.execute(sa.insert(Call), [{**promised, "entity_id": samone}, {**promised, "entity_id": firenze}])
    db.session.execute(sa.insert(Call), [{**later, "entity_id": firenze}])
    db.session.commit()


def test_nothing_waits_reads_as_such(edition: EditionView, coordinator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.desk import home

    monkeypatch.setattr(home, "waiting_lines", lambda *about: [])
    assert "Nulla: nessuna richiesta" in coordinator.get("/gestione").text


def test_the_chart_compares_with_the_plan_and_with_last_year(edition: EditionView, coordinator: Person) -> None:
    plan = json.dumps([["2026-03-31", 60], ["2026-04-30", 90]])
    db.session.execute(sa.update(Edition).values(plan=plan))
    add_last_year(edition, "048017", "022165")
    answer(edition, "048017")
    page = coordinator.get("/gestione")
    assert page.texts("chart-legend") == ["Questa edizione: 20,0% Piano: 30,0% Ricognizione 2025: 40,0%"]
    assert "Previsti oggi dal piano: 30,0%." in page.text
    titles = [one.text for one in page.page.all("desc")]
    assert titles == ["Questa edizione: 20,0%; Piano: 30,0%; Ricognizione 2025: 40,0%"]
    paths = [one.attributes["d"] for one in page.page.all("path") if "chart-line" in one.attributes["class"]]
    assert all(path.startswith("M0 ") for path in paths)
    table = [" ".join(row.text.split()) for row in page.page.all("tr")][:4]
    assert table == [
        "GiornoQuesta edizionePianoRicognizione 2025",
        "7 marzo 20260,0%12,0%40,0%",
        "14 marzo 20260,0%26,0%40,0%",
        "16 marzo 202620,0%30,0%40,0%",
    ]
    assert page.unnamed_cells() == []


def add_last_year(edition: EditionView, *answered: str) -> None:
    """An edition of a year before, in which these answered on the third day."""
    opens, closes = (instant.replace(year=2025) for instant in (edition.opens_at, edition.closes_at))
    columns = {"period_from": edition.period_from, "period_to": edition.period_to, "definition_id": edition.definition_id}
    values = {"code": "2025", "title": "Ricognizione 2025", "state": "closed", "opens_at": opens, "closes_at": closes}
    added = sa.insert(Edition).values(**values, **columns, changed_at=START).returning(Edition.id)
    last = replace(edition, id=db.session.execute(added).scalar_one())
    for code in answered:
        answer(last, code)
    db.session.execute(
        sa.update(Response).where(Response.edition_id == last.id).values(submitted_at=opens + dt.timedelta(days=2))
    )
    db.session.commit()


def test_lists_are_linked_where_there_are_any_and_the_role_may_open_them(
    edition: EditionView, new_staff: NewStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(edition, "048017")
    monkeypatch.setattr(addresses, "_endpoint_at", lambda pages, path: "list" if path == "/gestione/risposte" else None)
    monkeypatch.setitem(PERMISSIONS, "list", FOLLOW)
    links = new_staff("coordinator").get("/gestione").links()
    assert links["Elenco: Toscana"] == "/gestione/risposte?regione=09&tipo=municipality"
    assert links["Inviata"] == "/gestione/risposte?tipo=municipality&stato=submitted"
    assert links["enti senza indirizzo utile"] == "/gestione/risposte?problema=no_address"
    own = new_staff("territory", "09").get("/gestione").links()
    assert own["Elenco: Firenze"] == "/gestione/risposte?regione=09&provincia=FI&tipo=municipality"
    assert not [text for text in new_staff("reviewer").get("/gestione").links() if text.startswith("Elenco")]


def test_a_page_is_known_by_its_address_and_by_its_table(app: Flask, edition: EditionView, new_staff: NewStaff) -> None:
    from app.accounts.staff_sessions import StaffIdentity

    staff = StaffIdentity("k", 1, "Persona", "a@example.org", "reviewer", None, START)
    assert PERMISSIONS["desk.home"] is DESK
    assert addresses.page_for(staff, "/gestione") == "/gestione"
    assert addresses.page_for(staff, "/gestione/nessuna") is None
    assert addresses.page_for(staff, "/compila") is None


def test_the_last_batches_are_for_who_sees_the_whole_country(
    edition: EditionView, coordinator: Person, new_staff: NewStaff
) -> None:
    assert "Nessun promemoria in questa edizione." in coordinator.get("/gestione").text
    group_id = open_group("g", 400, START, working_hours=False)
    values = {"edition_id": edition.id, "group_id": group_id, "key": "k", "name": "Primo promemoria", "filter": "{}"}
    times = {"starts_at": START, "ends_at": START + dt.timedelta(hours=5), "created_at": START, "created_by": "staff:1"}
    db.session.execute(sa.insert(Batch).values(**values, **times, excluded="{}", respondents=1200, deliveries=1300))
    db.session.commit()
    page = coordinator.get("/gestione")
    assert "Primo promemoriaE-mail: 1.300 messaggi a 1.200 enti, dal 16 marzo, 10:00 al 16 marzo, 15:00" in page.text
    for other in (new_staff("territory", "09"), new_staff("reviewer")):
        assert "Primo promemoria" not in other.get("/gestione").text


def test_the_button_counts_anew_at_once_and_stays_where_one_was(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get("/gestione?regione=09")
    answer(edition, "048017")
    assert coordinator.get("/gestione?regione=09").texts("board-figure") == ["0,0%"]
    renewed = coordinator.press(page, "Aggiorna")
    assert (renewed.heading, renewed.texts("board-figure")) == ("Oggi: Toscana", ["100,0%"])


def test_a_page_of_kept_numbers_takes_few_queries(
    app: Flask, edition: EditionView, coordinator: Person, count_queries: Callable[[], list[str]]
) -> None:
    coordinator.get("/gestione")
    made = count_queries()
    coordinator.get("/gestione")
    assert 0 < len(made) <= 8, "\n".join(made)


@pytest.fixture
def count_queries(app: Flask, db_session: object) -> Callable[[], list[str]]:
    """Starts to note the statements that run from now on."""

    def begin() -> list[str]:
        made: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *about: made.append(about[2]))
        return made

    return begin
