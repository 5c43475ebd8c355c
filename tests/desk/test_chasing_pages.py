"""The chasing pages: the list and its files, one entity with what is done about it, an extension for many, by role."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts.operators import add_operator, list_operators
from app.accounts.requests import add_access_request
from app.accounts.staff import staff_by_email
from app.audit.models import AuditEntry
from app.chasing import call_list, dossier
from app.chasing.calls import NewCall, add_call
from app.chasing.export import COLUMNS
from app.chasing.notes import add_note
from app.desk import exports
from app.editions.current import EditionView
from app.editions.extensions import own_closes_at
from app.editions.reopenings import ask_reopening
from app.extensions import db
from app.mail.models import Delivery
from app.mail.suppressions import suppress
from app.registry.addresses import add_address
from app.registry.entities import EntityRow, find_by_code
from app.responses.reading import OpenResponse
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.desk.staff import sit_down
from tests.fill.person import Person, Screen, flat
from tests.open_edition import respond

__all__ = ["respond"]
FIRENZE, SAMONE = "048017", "022165"
LIST, FIRENZE_PAGE = "/gestione/risposte", f"/gestione/enti/{FIRENZE}"


def entity(code: str = FIRENZE) -> EntityRow:
    found = find_by_code(code)
    assert found is not None
    return found


def listed(page: Screen) -> list[str]:
    return [one.attributes["href"][-6:] for one in page.page.all("a") if one.inside("tbody") and one.inside("th")]


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(AuditEntry.action).order_by(AuditEntry.number.desc()).limit(1)).scalars())


@pytest.fixture
def lived(edition: EditionView, respond: Callable[[str], OpenResponse]) -> None:
    """Firenze has opened its response, and has people, a bad address and requests that wait."""
    respond(FIRENZE)
    mine = entity()
    add_operator(mine.id, name="Operatrice Fiorentina", office="Sociale", email="o@example.org", phone="055 1", now=START)
    address = {"source": "csv", "actor": "test", "now": START}
    add_address(mine.id, purpose="mayor", email="guasto@example.org", **address)
    add_address(mine.id, purpose="other", email="buono@example.org", **address)
    suppress("guasto@example.org", "550 nessuno", START)
    asker = {"name": "Chi Chiede", "office": "Anagrafe", "email": "c@example.org", "phone": "055 2"}
    add_access_request(mine, **asker, note="Nulla ricevuto", network="n", now=START)
    db.session.commit()


def test_the_list_shows_filters_and_sorts(coordinator: Person, lived: None) -> None:
    page = coordinator.get(LIST)
    assert page.heading == "Risposte"
    assert len(listed(page)) == 5
    assert "Operatrice Fiorentina" in page.text
    assert listed(coordinator.get(f"{LIST}?q=san+valentino")) == ["068038"]
    assert listed(coordinator.get(f"{LIST}?stato=opened&problema=bad_address")) == [FIRENZE]
    assert listed(coordinator.get(f"{LIST}?ordine=-residenti"))[0] == FIRENZE
    filtered = coordinator.get(f"{LIST}?stato=never&regione=09")
    assert "Nessun ente risponde a questi filtri" in filtered.text
    removes = [address for text, address in filtered.links().items() if text.startswith("Togli il filtro")]
    assert [len(listed(coordinator.get(address))) for address in removes] == [1, 4]


def test_what_an_address_holds_that_is_no_filter_is_left_out(coordinator: Person) -> None:
    page = coordinator.get(f"{LIST}?stato=boh&pagina=-1&ordine=x&classe=99&tipo=%00&q=%00")
    assert page.status == 200


def test_a_territory_sees_its_region_alone(new_staff: NewStaff, lived: None) -> None:
    person = new_staff("territory", "01")
    assert set(listed(person.get(LIST))) == {"001235"}
    assert listed(person.get(f"{LIST}?regione=09")) == []
    assert person.get(FIRENZE_PAGE).status == 404
    assert "Esporta" in person.get(LIST).html
    assert "Proroga" not in person.get(LIST).text
    token = person.get(LIST).value("csrf_token", f"{LIST}/esporta")
    for form in ("csv", "xlsx"):
        body = person.client.post(f"{LIST}/esporta", data={"csrf_token": token, "formato": form}).get_data()
        assert (b"001235" in _text(body, form), b"048017" in _text(body, form)) == (True, False)
    calls = person.get(f"{LIST}/telefonate")
    assert "Operatrice" not in calls.text
    assert person.client.post(f"{FIRENZE_PAGE}/note", data={"csrf_token": token, "nota": "x"}).status_code == 404


def _text(body: bytes, form: str) -> bytes:
    if form == "csv":
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return b"".join(book.read(name) for name in book.namelist())


@pytest.mark.parametrize("role", ["reviewer"])
def test_who_does_not_follow_sees_none_of_it(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    assert {person.get(path).status for path in (LIST, FIRENZE_PAGE, f"{LIST}/telefonate", "/gestione/proroga")} == {403}


def test_files_have_stable_columns_text_codes_and_no_formula(coordinator: Person, lived: None) -> None:
    named = sa.text("UPDATE entity SET name = '=1+1', region = '+evil' WHERE code = :code")
    db.session.execute(named, {"code": SAMONE})
    db.session.commit()
    page = coordinator.get(LIST)
    form = page.form(f"{LIST}/esporta")
    reply = coordinator.client.post(form.action, data=form.fields | {"formato": "csv"})
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="risposte-2026-')
    rows = list(csv.reader(io.StringIO(reply.get_data().decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == [code for code, _text in COLUMNS]
    assert [row[0] for row in rows[1:]] == ["001235", "021008", SAMONE, FIRENZE, "068038"]
    assert rows[3][1] == "'=1+1"
    assert (rows[0][-1], {row[0]: row[-1] for row in rows[1:] if row[-1] != "it"}) == ("language", {"021008": "de"})
    sheet = _text(coordinator.client.post(form.action, data=form.fields | {"formato": "xlsx"}).get_data(), "xlsx")
    assert b"'=1+1" in sheet
    assert b"<f>" not in sheet
    assert b"Operatrice" not in sheet
    assert actions() == ["respondents_exported"]


def test_the_call_list_has_telephones_to_print_and_to_take(administrator: Person, lived: None) -> None:
    page = administrator.get(f"{LIST}/telefonate?stato=opened")
    assert "055 1" in page.text
    form = page.form(f"{LIST}/telefonate?stato=opened")
    body = administrator.client.post(form.action, data=form.fields).get_data(as_text=True)
    assert "Operatrice Fiorentina" in body
    assert "001235" not in body
    assert actions() == ["respondents_exported"]


def test_one_entity_shows_all_that_is_known(coordinator: Person, lived: None) -> None:
    page = coordinator.get(FIRENZE_PAGE)
    assert page.heading == "Firenze (FI)"
    for told in ("Operatrice Fiorentina", "guasto@example.org", "550 nessuno", "Nulla ricevuto", "Aperto", "mai attivato"):
        assert told in page.text
    assert coordinator.get("/gestione/enti/999999").status == 404
    assert coordinator.get("/gestione/enti/%00").status == 404


def test_a_call_is_written_down_taken_back_and_put_back(coordinator: Person, administrator: Person, lived: None) -> None:
    wrong = coordinator._send(
        coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/telefonate"), {"esito": "call_back", "appunti": "Riunione"}, None
    )
    assert wrong.status == 422
    assert "Scrivi quando richiamare" in wrong.text
    assert wrong.value("appunti", f"{FIRENZE_PAGE}/telefonate") == ["Riunione"]
    done = coordinator._send(wrong.form(f"{FIRENZE_PAGE}/telefonate"), {"richiamare": "2026-03-18"}, None)
    assert "Telefonata annotata" in done.text
    assert "richiamare il 18/03/2026" in done.text
    assert "richiamare il 18/03/2026" in coordinator.get(LIST).text
    assert "Togli" not in [form.text for form in administrator.get(FIRENZE_PAGE).forms()]
    gone = coordinator.press(done, "Togli", "la telefonata")
    assert "Telefonata tolta" in gone.text
    assert "Telefonate che hai tolto" in gone.text
    assert "Telefonata rimessa" in coordinator.press(gone, "Rimetti", "la telefonata").text
    again = coordinator.client.post(
        f"{FIRENZE_PAGE}/telefonate/1/ripristina", data={"csrf_token": gone.value("csrf_token", f"{FIRENZE_PAGE}/note")}
    )
    assert again.status_code == 303


def test_a_note_stays_and_is_ones_own_to_take_back(coordinator: Person, administrator: Person, lived: None) -> None:
    assert coordinator._send(coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/note"), {}, None).status == 422
    long = coordinator._send(coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/note"), {"nota": "a" * 2001}, None)
    assert "Accorcia il testo" in long.text
    page = coordinator._send(long.form(f"{FIRENZE_PAGE}/note"), {"nota": "Chiamare di mattina"}, None)
    assert "Chiamare di mattina" in page.text
    token = administrator.get(FIRENZE_PAGE).value("csrf_token", f"{FIRENZE_PAGE}/note")
    administrator.client.post(f"{FIRENZE_PAGE}/note/1/togli", data={"csrf_token": token})
    assert "Chiamare di mattina" in coordinator.get(FIRENZE_PAGE).text
    assert "Chiamare di mattina" not in "".join(db.session.execute(sa.select(AuditEntry.detail)).scalars())


def test_an_extension_for_one(coordinator: Person, administrator: Person, edition: EditionView, lived: None) -> None:
    form = coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/proroga")
    for typed, told in (
        ({"giorno": "", "motivo": "Elezioni"}, "Scrivi giorno e ora"),
        ({"giorno": "2026-04-01", "motivo": "Elezioni"}, "una proroga non toglie tempo"),
        ({"giorno": "2026-03-01", "motivo": "Elezioni"}, "devono ancora venire"),
        ({"giorno": "2026-05-15", "motivo": " "}, "Scrivi il motivo"),
    ):
        refused = coordinator._send(form, typed, None)
        assert (refused.status, told in refused.text) == (422, True), told
    done = coordinator._send(form, {"giorno": "15/05/2026", "motivo": "Elezioni"}, None)
    assert "Scadenza prorogata al 15/05/2026 23:59" in done.text
    assert "(prorogata: Elezioni)" in done.text
    own = own_closes_at(edition, entity().id)
    assert own is not None
    assert own.isoformat() == "2026-05-15T22:00:00+00:00"
    assert "proroga" not in [one.action.rsplit("/", 1)[-1] for one in administrator.get(FIRENZE_PAGE).forms()]


def test_a_request_to_reopen_is_refused_or_granted(
    coordinator: Person, edition: EditionView, lived: None, clock: Clock
) -> None:
    late = edition.closes_at + dt.timedelta(hours=1)
    (person,) = list_operators(entity().id)
    ask_reopening(person, edition, "Il sindaco era assente", late)
    clock.set(late)
    page = sit_again(coordinator, late).get(FIRENZE_PAGE)
    assert "Il sindaco era assente" in page.text
    assert "richiesta di riapertura rifiutata" in coordinator.press(page, "Rifiuta").text.lower()
    ask_reopening(person, edition, "Ancora", late)
    granted = coordinator._send(
        coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/proroga"), {"giorno": "2026-05-15", "motivo": "Accolta"}, None
    )
    assert "Risposta riaperta fino al 15/05/2026 23:59" in granted.text
    assert "Richieste in attesa" not in granted.text.replace("Nulla ricevuto", "") or "Ancora" not in granted.text


def sit_again(person: Person, now: dt.datetime) -> Person:
    """The same browser signed in anew: weeks have passed."""
    sit_down(person.client, "coordinator", now)
    return person


def test_an_extension_for_all_of_a_filter(coordinator: Person, edition: EditionView, lived: None) -> None:
    page = coordinator.get("/gestione/proroga?stato=never&giorno=2026-05-20&ora=12:00")
    assert "Proroga per 4 enti" in page.html
    form = page.form("/gestione/proroga?stato=never")
    assert coordinator._send(form, {}, None).status == 422
    done = coordinator._send(form, {"motivo": "Alluvione"}, None)
    assert "4 enti possono rispondere fino al 20/05/2026 12:00" in done.text
    assert (done.path, own_closes_at(edition, entity().id)) == (LIST, None)
    assert own_closes_at(edition, entity(SAMONE).id) is not None
    assert "20/05/2026 12:00" in done.text
    again = coordinator._send(form, {"motivo": "Alluvione"}, None)
    assert again.status == 422
    assert "Nel frattempo gli enti sono cambiati" in again.text
    assert (
        db.session.execute(
            sa.select(sa.func.count(AuditEntry.number)).where(AuditEntry.action == "deadline_extended")
        ).scalar_one()
        == 4
    )
    assert db.session.execute(sa.select(sa.func.count(Delivery.id)).where(Delivery.kind == "extension")).scalar_one() == 0


def test_an_extension_for_all_says_what_is_wrong(coordinator: Person, lived: None) -> None:
    assert "Scrivi giorno e ora" not in coordinator.get("/gestione/proroga").text
    assert "non toglie tempo" in coordinator.get("/gestione/proroga?giorno=2026-04-01").text
    assert "Scrivi giorno e ora" in coordinator.get("/gestione/proroga?giorno=boh").text
    none = coordinator.get("/gestione/proroga?q=nessuno&giorno=2026-05-20")
    assert "Nessun ente riceverebbe la proroga" in none.text


def test_a_list_and_an_entity_cost_at_most_eight_queries(coordinator: Person, lived: None) -> None:
    seen: list[str] = []
    coordinator.get(LIST)
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    for path in (LIST, FIRENZE_PAGE):
        seen.clear()
        assert coordinator.get(path).status == 200
        asked = [one for one in seen if not one.startswith("SAVEPOINT")]
        assert len(asked) <= 8, "\n".join(asked)


def test_without_an_edition_the_list_says_so(new_client: Callable[[], FlaskClient], db_session: object, clock: Clock) -> None:
    person = Person(sit_down(new_client(), "coordinator", clock()))
    assert "nessuna edizione" in person.get(LIST).text
    assert person.get("/gestione/proroga").status == 404


def test_an_entitys_page_leads_to_what_each_role_does_for_it(new_staff: NewStaff) -> None:
    offered = {role: new_staff(role).get(FIRENZE_PAGE).links() for role in ("administrator", "coordinator", "territory")}
    mine = ("Accesso dell'ente", "Cambia gli indirizzi", "Lettera con il codice")
    found = {role: [text for text in mine if text in links] for role, links in offered.items()}
    assert found == {"administrator": [*mine], "coordinator": [*mine[1:]], "territory": []}


def test_an_administrator_goes_from_a_filter_to_its_logins(administrator: Person, coordinator: Person) -> None:
    assert "Azzera gli accessi" not in administrator.get(LIST).links()
    assert "Azzera gli accessi" not in coordinator.get(f"{LIST}?regione=09").links()
    page = administrator.get(administrator.get(f"{LIST}?regione=09").links()["Azzera gli accessi"])
    assert page.path == "/gestione/accessi/gruppi/nuovo"
    assert "Il filtro comprende un ente." in page.text


def test_an_extension_for_one_stands_in_the_list_at_once(coordinator: Person, lived: None) -> None:
    assert "15/05/2026" not in coordinator.get(LIST).text
    form = coordinator.get(FIRENZE_PAGE).form(f"{FIRENZE_PAGE}/proroga")
    coordinator._send(form, {"giorno": "2026-05-15", "motivo": "Elezioni"}, None)
    page = coordinator.get(LIST)
    assert [flat(row.text)[:7] for row in page.page.all("tr") if "15/05/2026 23:59" in row.text] == ["Firenze"]


def test_what_an_entitys_page_cuts_short_it_says_and_leads_to(
    coordinator: Person, administrator: Person, edition: EditionView, lived: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = staff_by_email("coordinator@example.org")
    assert member is not None
    mine, call = (entity().id, FIRENZE), NewCall("no_answer", "", "Squillava a vuoto.", None)
    for number in range(dossier.MOST):
        add_note(mine, f"Nota {number}.", staff_id=member.id, now=START + dt.timedelta(minutes=number))
    page = coordinator.get(FIRENZE_PAGE)
    assert "Mostra tutto: Note" not in page.links(), "just as many as are shown"
    add_note(mine, "Nota nuova.", staff_id=member.id, now=START + dt.timedelta(days=1))
    page = coordinator.get(FIRENZE_PAGE)
    assert page.text.count("L'elenco si ferma alle 50 righe più recenti.") == 2, "notes, and the log of them"
    assert ("Nota nuova." in page.text, "Nota 0." in page.text) == (True, False)
    whole = page.links()["Mostra tutto: Note"]
    assert whole == f"{FIRENZE_PAGE}?tutte=note#note"
    shown = coordinator.get(whole.partition("#")[0])
    assert ("Nota 0." in shown.text, "Mostra tutto: Note" in shown.links()) == (True, False)
    assert page.links()["Mostra tutto: Registro"] == f"{FIRENZE_PAGE}?tutte=registro#registro"
    assert administrator.get(FIRENZE_PAGE).links()["Mostra tutto: Registro"] == f"/gestione/registro?oggetto={FIRENZE}"
    monkeypatch.setattr(dossier, "MOST_WHOLE", 20)
    dossier._statement.cache_clear()
    for _ in range(dossier.MOST + 1):
        add_call(edition.id, mine, call, staff_id=member.id, now=START)
    bounded = coordinator.get(f"{FIRENZE_PAGE}?tutte=telefonate")
    assert bounded.text.count("Squillava a vuoto.") == 20
    dossier._statement.cache_clear()


def test_the_calls_to_print_are_paged(coordinator: Person, lived: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{LIST}/telefonate"
    assert "Questa è la pagina" not in coordinator.get(path).text
    for module in (call_list, exports):
        monkeypatch.setattr(module, "MOST_ON_A_PAGE", 2)
    pages = [coordinator.get(f"{path}?pagina={number}") for number in (1, 2, 3)]
    assert [len(listed(page)) for page in pages] == [2, 2, 1]
    assert [code for page in pages for code in listed(page)] == sorted(code for page in pages for code in listed(page))
    assert "pagina 2 di 3, enti dal n. 3 al n. 4 in ordine di codice" in pages[1].text
    assert (
        coordinator.get(path).links()["Lascia solo chi deve ancora rispondere"]
        == f"{path}?stato=never&stato=opened&stato=draft"
    )
    filtered = coordinator.get(f"{path}?stato=never")
    assert "chi ha già risposto" not in filtered.text
    assert filtered.links()["Pagina successiva"] == f"{path}?stato=never&pagina=2"
