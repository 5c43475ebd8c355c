"""The page of one entity: its log with what its responses tell, and lists that say where they are cut short."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from app.accounts.requests import add_access_request
from app.audit.chain import record
from app.chasing import dossier
from app.desk import entity as entity_page
from app.editions.current import EditionView
from app.extensions import db
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.late import keep_late
from app.responses.reading import OpenResponse
from tests.conftest import START
from tests.desk.test_chasing_pages import FIRENZE, FIRENZE_PAGE, SAMONE, entity
from tests.fill.person import Person, Screen, flat
from tests.open_edition import respond

__all__ = ["respond"]


def test_an_entitys_log_tells_of_its_responses_and_of_nobody_elses(
    coordinator: Person, respond: Callable[[str], OpenResponse]
) -> None:
    for code, action in ((FIRENZE, "response_submitted"), (SAMONE, "late_work_discarded")):
        record(action, actor="operator:1", subject=f"response:{respond(code).id}", detail={}, now=START)
    db.session.commit()
    discarded = "Risposte tardive scartate"
    log = _section(coordinator.get(FIRENZE_PAGE), "registro")
    assert ("Risposta inviata" in log, discarded in log) == (True, False)
    assert discarded in _section(coordinator.get(f"/gestione/enti/{SAMONE}"), "registro")


def _section(page: Screen, name: str) -> str:
    """The text of the section with this heading."""
    (found,) = [one for one in page.page.all("section") if one.attributes.get("aria-labelledby") == name]
    return flat(found.text)


@pytest.fixture
def one_of_each(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page shows one row of each list."""
    for module in (dossier, entity_page):
        monkeypatch.setattr(module, "MOST", 1)
    dossier._statement.cache_clear()
    yield
    dossier._statement.cache_clear()


def test_requests_and_saves_that_are_cut_short_say_so(
    coordinator: Person,
    edition: EditionView,
    respond: Callable[[str], OpenResponse],
    one_of_each: None,
) -> None:
    author = Author(None, "browser")
    for number, text in enumerate(("Più nidi", "Più centri")):
        asker = {"name": f"Persona {number}", "office": "Anagrafe", "email": f"p{number}@example.org", "phone": "055 2"}
        add_access_request(entity(), **asker, note=f"Richiesta {number}", network="n", now=START + dt.timedelta(minutes=number))
        operation = Operation("set", question="E02", base=number, value=text)
        apply(respond(FIRENZE), [operation], author, START, save_id=f"s{number}")
        keep_late(respond(FIRENZE), [operation], author, START, save_id=f"l{number}")
    page = coordinator.get(FIRENZE_PAGE)
    assert ("Richiesta 1" in page.text, "Richiesta 0" in page.text) == (True, False)
    parts = {"accessi": "Richieste di accesso", "salvataggi": "Salvataggi della bozza"}
    parts |= {"tardive": "Risposte arrivate dopo la scadenza"}
    for part, title in parts.items():
        assert page.links()[f"Mostra tutto: {title}"] == f"{FIRENZE_PAGE}?tutte={part}#{part}"
        assert page.by_id(part) is not None
        assert f"Mostra tutto: {title}" not in coordinator.get(f"{FIRENZE_PAGE}?tutte={part}").links()
    assert "Richiesta 0" in coordinator.get(f"{FIRENZE_PAGE}?tutte=accessi").text


def test_a_language_that_there_is_not_is_said_on_the_page_and_changes_nothing(coordinator: Person) -> None:
    here = "/gestione/enti/048017"
    token = coordinator.get(here).form(f"{here}/lingua").fields["csrf_token"][0]
    answered = coordinator.client.post(f"{here}/lingua", data={"csrf_token": token, "lingua-messaggi": "xx"})
    assert (answered.status_code, answered.headers["Location"]) == (303, f"{here}#lingua-dei-messaggi")
    page = coordinator.get(here)
    assert "Scegli una delle lingue dell'elenco." in page.text
    assert "(scelta per questo ente)" not in page.text
