"""The queue of practices to review: its views, filters, the choice of a whole page, and what it says when it is empty."""

from __future__ import annotations

import datetime as dt

from app.practices.record import PublicRecord
from tests.conftest import Clock
from tests.desk.logins import FIRENZE
from tests.fill.person import Person
from tests.public_practices import add_practices, practice_row


def test_a_page_of_the_queue_is_chosen_whole_without_a_script(coordinator: Person, edition: object, clock: Clock) -> None:
    _several(clock())
    listed = coordinator.get("/gestione/pratiche?vista=tutte")
    form = "/gestione/pratiche/insieme?vista=tutte"
    assert listed.value("scelta", form) == []
    chosen = coordinator.get(listed.links()["Scegli tutte in questa pagina"])
    assert len(chosen.value("scelta", form)) == len(chosen.with_class("queue-row")) > 1
    assert coordinator.get(chosen.links()["Togli la scelta"]).value("scelta", form) == []


def test_an_empty_queue_says_why_and_what_to_do(coordinator: Person, edition: object) -> None:
    whole = coordinator.get("/gestione/pratiche?vista=tutte")
    assert "arrivano quando un ente invia la risposta" in whole.text
    mine = coordinator.get("/gestione/pratiche?vista=mie")
    assert "Nessuna pratica da valutare è assegnata a te." in mine.text
    assert mine.links()["Vedi tutte le pratiche"] == "/gestione/pratiche?vista=tutte"
    searched = coordinator.get("/gestione/pratiche?vista=mie&q=niente")
    assert searched.links()["Togli i filtri"] == "/gestione/pratiche?vista=mie"


def _several(at: dt.datetime) -> None:
    waiting = {"state": "waiting"}
    prima, terza = PublicRecord(title="Prima", area="families"), PublicRecord(title="Terza", area="families")
    second, third = at + dt.timedelta(1), at + dt.timedelta(2)
    rows = [
        practice_row(FIRENZE, prima, at, **waiting, year=2025, edition_label="2025"),
        practice_row(FIRENZE, PublicRecord(title="Seconda 100%", area="centres"), second, **waiting),
        practice_row("022165", terza, third, **waiting, kind="centre"),
        practice_row("022165", PublicRecord(title="Quarta"), at, **waiting, consent=False),
        practice_row("022165", PublicRecord(title="Quinta"), at),
    ]
    add_practices(rows)


def test_filters_find_and_the_way_through_the_queue_keeps_them(coordinator: Person, edition: object, clock: Clock) -> None:
    _several(clock())

    def found(query: str) -> list[str]:
        text = coordinator.get(f"/gestione/pratiche?{query}").texts("sheet-name")
        return [name for name in ("Prima", "Seconda", "Terza", "Quarta", "Quinta") if any(name in one for one in text)]

    assert found("") == ["Prima", "Seconda", "Terza"]
    assert found("vista=tutte") == ["Prima", "Seconda", "Terza", "Quarta", "Quinta"]
    assert found("vista=escluse") == ["Quarta"]
    assert found("vista=pubblicare") == ["Quinta"]
    assert found("vista=approvate") == ["Quinta"]
    assert found("vista=libere") == ["Prima", "Seconda", "Terza"]
    assert found("vista=mie") == []
    assert found("tipo=centre") == ["Terza"]
    assert found("anno=2025") == ["Prima"]
    assert found("area=families") == ["Prima", "Terza"]
    assert found("regione=09") == ["Prima", "Seconda"]
    assert found("q=samone") == ["Terza"]
    assert found("q=100%25") == ["Seconda"]
    assert found("q=5%25") == []
    assert found("vista=x&tipo=x&anno=x&regione=zz&area=%00&q=%00&pagina=9") == ["Prima", "Seconda", "Terza"]
    listed = coordinator.get("/gestione/pratiche?area=families&q=")
    second = coordinator.get(coordinator.get(listed.links()["Prima"]).links()["Pratica successiva"])
    assert second.heading == "Terza"
    assert second.links()["Pratica precedente"].endswith("?area=families")
    first = coordinator.get(listed.links()["Prima"])
    onward = coordinator._send(first.form(f"{first.path}?area=families"), {}, ("azione", "approva"))
    assert onward.heading == "Terza", "the next of what was filtered"
