"""What the desk knows of late work and of saves: how much and when, never what nor by whom; who sees to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from app.editions.current import EditionView
from app.responses.document import Operation
from app.responses.drafts import apply
from app.responses.late import bring_in, discard_late, keep_late
from app.responses.reading import OpenResponse
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.fill.person import Person
from tests.open_edition import operator, respond

__all__ = ["respond"]
FIRENZE = "048017"
LIST, PAGE = "/gestione/risposte?problema=late_work", f"/gestione/enti/{FIRENZE}"
SAID = "1 ente con risposte arrivate dopo la scadenza"
TOO_LATE = dt.datetime(2026, 5, 2, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def late(edition: EditionView, respond: Callable[[str], OpenResponse]) -> OpenResponse:
    """Firenze has saved twice in time, and once with two changes too late."""
    response = respond(FIRENZE)
    author = operator(FIRENZE, "Operatrice Segreta", "a" * 64)
    for number in (1, 2):
        operations = [Operation("set", question="E02", base=number - 1, value=f"Segreto {number}")]
        _reply, response = apply(response, operations, author, START + dt.timedelta(minutes=number), save_id=f"s{number}")
    late = [
        Operation("set", question="E02", value="Segreto 3", base=2),
        Operation("set", question="C01", value={"code": "none"}),
    ]
    keep_late(response, late, author, TOO_LATE, save_id="late")
    return response


def test_the_dashboard_and_the_list_tell_of_it(coordinator: Person, new_staff: NewStaff, late: OpenResponse) -> None:
    board = coordinator.get("/gestione")
    assert SAID in board.text
    assert any("problema=late_work" in address for address in board.links().values())
    page = coordinator.get(LIST)
    listed = [one.attributes["href"][-6:] for one in page.page.all("a") if one.inside("tbody") and one.inside("th")]
    assert listed == [FIRENZE]
    assert SAID in new_staff("territory", "09").get("/gestione").text
    assert SAID not in new_staff("territory", "04").get("/gestione").text


def test_the_entitys_page_tells_when_and_how_much_and_neither_what_nor_who(coordinator: Person, late: OpenResponse) -> None:
    page = coordinator.get(PAGE)
    assert "Risposte arrivate dopo la scadenza" in page.text
    assert "02/05/2026 10:30: 2 modifiche" in page.text
    assert "Versione 2, 16/03/2026 10:02Versione 1, 16/03/2026 10:01" in page.text
    saves = page.text[page.text.index("Salvataggi della bozza") : page.text.index("Telefonate")]
    told = page.text[page.text.index("Risposte arrivate") : page.text.index("Risposta Aperta")]
    for part in (saves, told):
        assert "Segreta" not in part
    assert "Segreto" not in page.html


@pytest.mark.parametrize("settle", [bring_in, discard_late])
def test_what_the_entity_has_settled_waits_no_more(
    coordinator: Person, late: OpenResponse, clock: Clock, settle: Callable[..., object]
) -> None:
    settle(late, None, clock())
    assert SAID not in coordinator.get("/gestione").text
    assert "Risposte arrivate dopo la scadenza" not in coordinator.get(PAGE).text
    assert "risposte tardive" in coordinator.get(PAGE).text.lower()


def test_the_list_is_empty_without_late_work(coordinator: Person, edition: EditionView) -> None:
    page = coordinator.get(LIST)
    assert [one for one in page.page.all("a") if one.inside("tbody") and one.inside("th")] == []
