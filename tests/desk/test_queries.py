"""Questions of the desk about an answer: they open at it, are marked where it is given, and cost one look."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.extensions import db
from tests.conftest import Clock
from tests.desk.logins import FIRENZE, SAMONE_TN
from tests.desk.test_telephone import allow
from tests.desk.test_telephone import begin as begin_by_telephone
from tests.desk.test_threads import begin_at_desk
from tests.fill.conftest import NewPerson, new_person
from tests.fill.person import Person
from tests.fill.walk import SHORT_SHEET, answer_all, begin, submit
from tests.threads.writing import write

__all__ = ["new_person"]

ENTITY = f"/gestione/enti/{FIRENZE}"


def test_a_query_opens_at_its_answer(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    answer_all(person)
    submit(person)
    token = coordinator.get(f"{ENTITY}/messaggi/nuovo").form().fields["csrf_token"][0]
    coordinator.client.post(f"{ENTITY}/vista", data={"csrf_token": token})
    links = coordinator.get(f"/gestione/vista/{FIRENZE}/verifica").links()
    address = f"{ENTITY}/messaggi/nuovo?domanda=B04"
    assert address in links.values()
    page = coordinator.get(address)
    assert page.heading == "Chiedi di una risposta: Firenze (FI)"
    assert page.value("oggetto")[0].startswith("B04 ")
    begin_at_desk(coordinator, query="?domanda=B04")
    overview = person.get("/compila")
    assert "La segreteria chiede chiarimenti su queste risposte" in overview.text
    there = next(link for link in overview.links().values() if "messaggio=1" in link)
    assert there == "/compila/B/2?messaggio=1#q-B04"
    shown = person.get(there.partition("#")[0])
    assert "La segreteria chiede chiarimenti su questa risposta:" in " ".join(shown.by_id("richiesta-B04").text.split())
    assert not shown.with_class("nav-count")
    assert there in person.get("/messaggi/1").links().values()
    assert not person.get("/compila/B?messaggio=1").with_class("question-query"), "the question is on another page"
    write(person, "/messaggi/1", "Corretto")
    assert "La segreteria chiede" not in person.get("/compila").text
    assert person.get("/compila/B/2?messaggio=1").with_class("question-query"), "its own link leads to it all the same"
    assert not person.get("/compila/B/2").with_class("question-query"), "it waits for the desk"


def marks(person: Person, path: str) -> list[str]:
    """What the desk asks on a page of the entity, as it stands there."""
    return person.get(path).texts("question-query")


def test_an_open_query_is_marked_where_it_is_answered_and_on_the_task_list(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    answer_all(person)
    begin_at_desk(coordinator, query="?domanda=B04")
    [mark] = marks(person, "/compila/B/2")
    assert mark.startswith("La segreteria chiede chiarimenti su questa risposta: B04 ")
    assert person.get("/compila/B/2").links()["Leggi e rispondi"] == "/messaggi/1"
    assert person.get("/compila/B/2").by_id("richiesta-B04")
    assert marks(person, "/compila/B") == marks(person, "/compila/C") == []
    overview = person.get("/compila")
    asked = [text for text in overview.texts("task-note") if "segreteria" in text]
    assert asked == ["La segreteria chiede chiarimenti su una risposta"]
    described = [one.attributes.get("aria-describedby") or "" for one in overview.page.all("a")]
    assert [one.split()[-1] for one in described if "query" in one] == ["task-1-query"]
    begin_at_desk(coordinator, query="?domanda=B04")
    assert len(marks(person, "/compila/B/2")) == 2
    assert len(marks(person, "/compila/B/2?messaggio=2")) == 2, "the one whose link led there is not told twice"
    assert "La segreteria chiede chiarimenti su 2 risposte" in person.get("/compila").text
    coordinator._send(coordinator.get("/gestione/messaggi/1").form("/gestione/messaggi/1/chiudi"), {}, None)
    write(person, "/messaggi/2", "Corretto")
    assert marks(person, "/compila/B/2") == []


def test_a_query_on_a_sheet_is_marked_on_that_sheet_alone_and_in_the_list(coordinator: Person, new_person: NewPerson) -> None:
    person = new_person()
    begin(person)
    items = []
    for _sheet in range(2):
        sheet = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
        items.append(sheet.path.rpartition("/")[2])
        person.send(sheet, SHORT_SHEET)
    begin_at_desk(coordinator, query=f"?domanda=P01&scheda={items[1]}")
    assert [len(marks(person, f"/compila/pratiche/{item}")) for item in items] == [0, 1]
    rows = person.get("/compila/P").texts("sheet-row")
    assert ["La segreteria chiede chiarimenti su una risposta" in row for row in rows] == [False, True]
    assert person.get("/compila").text.count("La segreteria chiede chiarimenti su una risposta") == 1


def test_staff_on_the_telephone_sees_no_query_of_the_desks(coordinator: Person, new_person: NewPerson) -> None:
    allow("desk")
    answer_all(new_person())
    begin_at_desk(coordinator, query="?domanda=B01")
    begin_by_telephone(coordinator)
    assert "La segreteria chiede" not in coordinator.get("/compila").text
    assert not coordinator.get("/compila/B").with_class("question-query")
    assert not coordinator.get("/compila/B?messaggio=1").with_class("question-query")


def test_pages_look_for_queries_once_and_only_where_one_waits(coordinator: Person, new_person: NewPerson) -> None:
    person, other = new_person(), new_person("Operatore B", SAMONE_TN)
    for one in (person, other):
        begin(one)
    begin_at_desk(coordinator, query="?domanda=B01")
    made: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *about: made.append(about[2]))

    def looks(of: Person, path: str) -> int:
        made.clear()
        assert of.get(path).status == 200
        return sum("FROM thread" in text for text in made)

    pages = ("/compila/B", "/compila/C", "/compila/P", "/compila/B?messaggio=1")
    assert [looks(person, page) for page in pages] == [1, 1, 0, 1], "a list without sheets has none to mark"
    assert [looks(other, page) for page in pages[:3]] == [0, 0, 0]
    write(person, "/messaggi/1", "Corretto")
    assert [looks(person, page) for page in pages] == [0, 0, 0, 1]


def test_a_query_on_a_sheet_opens_the_sheet_and_after_it_is_gone_the_check_page(
    coordinator: Person, new_person: NewPerson
) -> None:
    person = new_person()
    begin(person)
    sheet = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    item = sheet.path.rpartition("/")[2]
    person.send(sheet, SHORT_SHEET)
    begin_at_desk(coordinator, query=f"?domanda=P01&scheda={item}")
    assert f"/compila/pratiche/{item}?messaggio=1#q-P01" in person.get("/messaggi/1").links().values()
    assert person.get(f"/compila/pratiche/{item}?messaggio=1").with_class("question-query")
    page = coordinator.get(f"{ENTITY}/messaggi/nuovo?domanda=P01&scheda=" + "0" * 36)
    assert page.heading == "Scrivi all'ente: Firenze (FI)", "no sheet of this entity's"
    person.press(person.get("/compila/P"), "Elimina")
    confirm = person.get("/compila/P")
    if "confermi" in confirm.text.lower():
        person.press(confirm, "Elimina")
    links = person.get("/messaggi/1").links()
    assert f"/compila/pratiche/{item}?messaggio=1#q-P01" in links.values() or "/compila/verifica" in links.values()


def test_after_the_deadline_the_query_leads_to_the_answer_to_read(
    coordinator: Person, new_person: NewPerson, clock: Clock
) -> None:
    person = new_person()
    answer_all(person)
    submit(person)
    begin_at_desk(coordinator, query="?domanda=B04")
    clock.set(dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC))
    late = new_person()
    page = late.get("/compila/B/2?messaggio=1")
    assert "La rilevazione è chiusa" in page.text
    assert page.with_class("question-query")
    assert write(late, "/messaggi/1", "Lo correggiamo se riaprite").status == 200
