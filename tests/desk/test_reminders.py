"""Reminders at the desk: texts written and tried, a batch planned step by step, confirmed once, followed and stopped."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db
from app.mail.groups import pause_group
from app.mail.models import Delivery, DeliveryGroup
from app.registry.entities import find_by_code
from app.reminders.models import Batch, Template
from tests.conftest import Clock
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact
from tests.registry_rows import CODES

NEW = "/gestione/promemoria/nuovo"
TEXTS = "/gestione/promemoria/testi"


@pytest.fixture
def reachable(edition: EditionView) -> EditionView:
    for code in CODES:
        entity = find_by_code(code)
        assert entity is not None
        add_contact(entity.id, "social_services", f"u{code}@example.org")
    return edition


def number_of(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def send(person: Person, page: Screen, typed: dict[str, str] | None = None) -> Screen:
    """Press the button that confirms."""
    return person._send(page.form(NEW, "Conferma: invia"), typed or {}, None)


def confirm(person: Person, query: str = "") -> Screen:
    return send(person, person.get(f"{NEW}?passo=conferma{query}"))


def shown_to(page: Screen) -> list[str]:
    """Whose messages the page shows."""
    return [text.removeprefix("A: ").partition(" – ")[0] for text in page.texts("mail-preview-to")]


def test_a_message_is_looked_at_as_any_recipient_by_name_by_code_and_one_after_another(
    reachable: EditionView, coordinator: Person
) -> None:
    def search(text: str, more: str = "") -> Screen:
        return coordinator.get(f"{NEW}?passo=conferma{more}&anteprima={text}")

    assert [shown_to(search(text)) for text in ("firenze", "FIREN", "048017", "48017", "Firenze, Firenze")] == [
        ["Firenze (FI)"]
    ] * 5
    several = search("Samone")
    assert shown_to(several) == []
    assert shown_to(coordinator.get(several.links()["Samone (TN)"].partition("#")[0])) == ["Samone (TN)"]
    nobody = search("Atlantide")
    assert "Nessuno dei destinatari ha questo nome o codice" in nobody.text
    assert "Bolzano" not in " ".join(shown_to(search("bolzano", "&senza=021008")))
    assert "Bolzano (BZ) non lo riceve. Motivo: Esclusi a mano." in search("bolzano", "&senza=021008").text


def test_recipients_are_leafed_through_one_by_one(reachable: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma&ritmo=100")
    seen = []
    while following := [one.attributes["href"] for one in page.page.all("a") if one.attributes.get("rel") == "next"]:
        assert following[0].endswith("#come-lo-leggono")
        page = coordinator.get(following[0].partition("#")[0])
        seen += shown_to(page)
    assert len(seen) == len(set(seen)) == len(CODES)
    assert "5 di 5, in ordine di codice" in page.text
    (before,) = [one.attributes["href"] for one in page.page.all("a") if one.attributes.get("rel") == "prev"]
    assert shown_to(coordinator.get(before.partition("#")[0])) == [seen[-2]]
    assert page.form(NEW, "Conferma: invia").fields["ritmo"] == ["100"]
    assert number_of(Batch) == 0


def test_without_an_edition_the_page_says_so(new_staff: NewStaff, coordinator: Person) -> None:
    db.session.execute(sa.text("UPDATE edition SET state = 'draft'"))
    db.session.commit()
    assert "Non c'è ancora un'edizione" in coordinator.get("/gestione/promemoria").text
    assert coordinator.get(NEW).status == 404


def test_an_empty_list_says_what_can_be_done(coordinator: Person) -> None:
    page = coordinator.get("/gestione/promemoria")
    assert "Nessun promemoria finora." in page.text
    assert page.links()["Nuovo promemoria"] == NEW


def test_each_step_keeps_what_was_chosen_before_and_leads_back(reachable: EditionView, coordinator: Person) -> None:
    first = coordinator.get(f"{NEW}?passo=chi&regione=04&senza=021008&ritmo=100&orario=1")
    assert "1 ente, 1 messaggio" in first.text
    assert "Esclusi a mano" in first.text
    text = coordinator.get(f"{NEW}?passo=testo&regione=04&senza=021008&ritmo=100&orario=1")
    form = next(one for one in text.forms() if one.action == NEW)
    assert (form.fields["regione"], form.fields["senza"], form.fields["ritmo"]) == (["04"], ["021008"], ["100"])
    back = coordinator.get(text.links()["Indietro"])
    assert (back.heading, "1 ente, 1 messaggio" in back.text) == ("A chi", True)
    last = coordinator.get(f"{NEW}?passo=conferma&regione=04&senza=021008&ritmo=100&orario=1&nome=Prova")
    assert last.heading == "Controlla e conferma"
    assert "Samone (TN): promemoria per Ricognizione 2026" in last.text
    assert number_of(Batch) == 0


def test_a_batch_is_confirmed_and_the_same_form_again_finds_it(reachable: EditionView, coordinator: Person) -> None:
    form = coordinator.get(f"{NEW}?passo=conferma&nome=Primo+promemoria")
    done = send(coordinator, form)
    assert (done.path, done.heading) == ("/gestione/promemoria/1", "Primo promemoria")
    assert "parte da solo" in " ".join(done.alerts)
    again = send(coordinator, form)
    assert again.path == "/gestione/promemoria/1"
    assert (number_of(Batch), number_of(Delivery)) == (1, 5)
    listed = coordinator.get("/gestione/promemoria")
    assert listed.links()["Primo promemoria"] == "/gestione/promemoria/1"
    assert "Programmato" in listed.text


def test_more_than_a_thousand_need_their_number_typed(
    reachable: EditionView, coordinator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.desk.planning.ASK_NUMBER_ABOVE", 3)
    page = coordinator.get(f"{NEW}?passo=conferma")
    refused = send(coordinator, page, {"numero": "4"})
    assert refused.status == 422
    assert refused.summary() == [("#numero", "Per confermare scrivi il numero degli enti: 5.")]
    assert refused.form(NEW, "Conferma: invia").fields["numero"] == ["4"]
    assert number_of(Batch) == 0
    assert send(coordinator, refused, {"numero": "5"}).path == "/gestione/promemoria/1"


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("&quando=data&inizio=", "inizio", "Scrivi il giorno e l'ora di inizio"),
        ("&quando=data&inizio=2020-01-01T09:00", "inizio", "Questo momento è già passato"),
        ("&quando=data&inizio=2026-06-01T09:00", "inizio", "L'inizio deve venire prima della scadenza"),
        ("&ritmo=tanti&orario=1", "ritmo", "Scrivi quanti messaggi"),
        ("&ritmo=0", "ritmo", "Scrivi quanti messaggi"),
    ],
)
def test_a_time_that_cannot_be_is_told_beside_its_field(
    reachable: EditionView, coordinator: Person, query: str, field: str, told: str
) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma{query}")
    assert page.heading == "Quando"
    ((target, text),) = page.summary()
    assert target == f"#{field}"
    assert told in text


def test_nights_count_and_an_end_too_near_the_deadline_is_warned_of(
    reachable: EditionView, coordinator: Person, clock: Clock
) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma&quando=data&inizio=2026-03-20T17:30&ritmo=2&orario=1")
    assert "lunedì 23 marzo 2026, 09:30" in page.text  # Friday 17:30, then Monday 8:00, 8:30, 9:00, 9:30
    assert "Finisce tardi" not in page.text
    late = coordinator.get(f"{NEW}?passo=conferma&quando=data&inizio=2026-04-30T12:00&ritmo=400&orario=1")
    assert "Finisce tardi" in late.text


def test_nobody_left_to_remind_is_said(reachable: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma&senza={'+'.join(CODES)}")
    assert "nessun ente riceverebbe" in page.text
    assert all(form.action != NEW for form in page.forms())


def test_a_batch_is_paused_with_a_reason_resumed_and_cancelled(
    reachable: EditionView, coordinator: Person, clock: Clock
) -> None:
    page = confirm(coordinator)
    refused = coordinator._send(page.form(f"{page.path}/pausa"), {}, None)
    assert (refused.status, refused.summary()[0][0]) == (422, "#motivo")
    paused = coordinator._send(page.form(f"{page.path}/pausa"), {"motivo": "testo da correggere"}, None)
    assert "Motivo: testo da correggere." in paused.text
    clock.move(minutes=30)
    resumed = coordinator.press(paused, "Riprendi")
    assert "riprende al suo ritmo" in " ".join(resumed.alerts)
    asked = coordinator.get(resumed.links()["Annulla quel che manca…"])
    assert "5 messaggi non sono ancora partiti" in asked.text
    done = coordinator.send(asked, press=None)
    assert "Annullato: 5 messaggi non partono più." in " ".join(done.alerts)
    assert "Il promemoria è stato annullato: 5" in done.text


def test_what_the_server_said_is_told_in_italian(reachable: EditionView, coordinator: Person, clock: Clock) -> None:
    page = confirm(coordinator)
    pause_group(db.session.scalars(sa.select(DeliveryGroup.id)).one(), "server: 535 5.7.8 no", clock())
    db.session.commit()
    assert "il server di posta rifiuta i nostri messaggi e ha risposto «535 5.7.8 no»" in coordinator.get(page.path).text


def test_what_failed_is_listed_with_its_reason_and_can_be_taken_away(reachable: EditionView, coordinator: Person) -> None:
    page = confirm(coordinator)
    changes = {"state": "failed", "reply": "550 5.1.1 no such user", "reason": ""}
    db.session.execute(sa.update(Delivery).where(Delivery.recipient == "u048017@example.org").values(**changes))
    unsure = {"state": "unknown", "reason": "the sender stopped after DATA", "reply": "=1+1"}
    db.session.execute(sa.update(Delivery).where(Delivery.recipient == "u021008@example.org").values(**unsure))
    db.session.commit()
    shown = coordinator.get(page.path)
    assert "550 5.1.1 no such user" in shown.text
    assert "forse il messaggio è arrivato" in shown.text
    answer = coordinator.client.get(f"{page.path}/non-riusciti.csv")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/csv"
    assert "048017;Firenze (FI);u048017@example.org;Non riuscito;;550 5.1.1 no such user" in lines[2]
    assert "'=1+1" in lines[1]


def test_another_editions_batch_is_no_page(reachable: EditionView, coordinator: Person) -> None:
    assert coordinator.get("/gestione/promemoria/99").status == 404
    assert coordinator.get("/gestione/promemoria/99/annulla").status == 404


@pytest.mark.parametrize("role", ["administrator", "reviewer", "territory"])
def test_only_who_coordinates_reminds(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    assert [person.get(path).status for path in ("/gestione/promemoria", NEW, TEXTS)] == [403] * 3


def test_a_text_with_an_unknown_placeholder_comes_back_with_its_error(coordinator: Person) -> None:
    page = coordinator.get(f"{TEXTS}/nuovo")
    typed = {"nome": "", "draft.body": "Ciao {nome}\n{link}", "lead.subject": "Ciao {"}
    refused = coordinator.send(page, typed, press=None)
    assert refused.status == 422
    assert [target for target, _text in refused.summary()] == ["#nome", "#draft.body", "#lead.subject"]
    assert "Riga 1, carattere 6: {nome} non si può usare qui" in refused.summary()[1][1]
    assert refused.value("draft.body") == ["Ciao {nome}\n{link}"]
    assert number_of(Template) == 0


def test_a_text_is_written_previewed_copied_changed_removed_and_brought_back(
    reachable: EditionView, coordinator: Person
) -> None:
    saved = coordinator.fill(f"{TEXTS}/nuovo", {"nome": "Secondo", "draft.subject": "{ente}, ci siamo quasi"}, press=None)
    assert saved.path == f"{TEXTS}/1/anteprima"
    assert "Comune di esempio (XX), ci siamo quasi" in saved.text
    named = coordinator.get(f"{TEXTS}/1/anteprima?ente=Firenze")
    assert "Firenze (FI), ci siamo quasi" in named.text
    assert "più enti con questo nome" in coordinator.get(f"{TEXTS}/1/anteprima?ente=Samone").text
    copy = coordinator.press(coordinator.get(TEXTS), "Copia", "Secondo")
    assert (copy.path, copy.value("nome")) == (f"{TEXTS}/2", ["Copia di Secondo"])
    assert coordinator.send(copy, {"nome": "Terzo"}, press=None).heading == "Anteprima: Terzo"
    gone = coordinator.press(coordinator.get(TEXTS), "Togli", "Terzo")
    assert "«Terzo» non è più fra i testi." in " ".join(gone.alerts)
    back = coordinator.press(gone, "Rimettilo fra i testi")
    assert "Terzo" in back.text


def test_who_comes_second_to_a_text_sees_both_and_loses_nothing(coordinator: Person, new_staff: NewStaff, clock: Clock) -> None:
    coordinator.fill(f"{TEXTS}/nuovo", {"nome": "Secondo"}, press=None)
    mine, theirs = coordinator.get(f"{TEXTS}/1"), new_staff("coordinator")
    clock.move(minutes=1)
    assert theirs.fill(f"{TEXTS}/1", {"draft.subject": "Il loro oggetto"}, press=None).path == f"{TEXTS}/1/anteprima"
    refused = coordinator.send(mine, {"draft.subject": "Il mio oggetto"}, press=None)
    assert refused.status == 409
    assert "un collega ha cambiato questo testo" in refused.text
    assert refused.value("draft.subject") == ["Il mio oggetto"]
    assert "Il loro oggetto" in refused.text
    assert coordinator.send(refused, {}, press=None).path == f"{TEXTS}/1/anteprima"
    assert coordinator.get(f"{TEXTS}/1").value("draft.subject") == ["Il mio oggetto"]


def test_who_confirms_second_is_shown_the_first_batch(reachable: EditionView, coordinator: Person, new_staff: NewStaff) -> None:
    mine, other = coordinator.get(f"{NEW}?passo=conferma&nome=Mio"), new_staff("coordinator")
    assert send(other, other.get(f"{NEW}?passo=conferma&nome=Loro")).path == "/gestione/promemoria/1"
    refused = send(coordinator, mine)
    assert refused.status == 409
    assert "Nel frattempo è stato messo in coda «Loro», a 5 enti" in refused.text
    assert number_of(Batch) == 1
    assert send(coordinator, refused).path == "/gestione/promemoria/2"


def test_the_shipped_text_is_never_changed(coordinator: Person) -> None:
    assert coordinator.get(f"{TEXTS}/0").path == f"{TEXTS}/0/anteprima"
    assert coordinator.get(f"{TEXTS}/77").status == 404
    page = coordinator.get(TEXTS)
    assert all("togli" not in form.action for form in page.forms())


def test_a_trial_goes_to_whoever_asks_marked_as_one_and_not_without_end(
    reachable: EditionView, coordinator: Person, clock: Clock
) -> None:
    page = coordinator.get(f"{TEXTS}/0/anteprima?ente=048017")
    sent = coordinator.press(page, "Manda una prova a me", "Altri Comuni")
    assert "Prova in partenza per coordinator@example.org" in " ".join(sent.alerts)
    db.session.rollback()
    trial = db.session.scalars(sa.select(Delivery)).one()
    assert (trial.recipient, trial.subject[:19]) == ("coordinator@example.org", "PROVA – Firenze (FI")
    assert re.search(r"/accedi\?ente=048017", trial.text)
    assert "{" not in trial.text
    for _number in range(10):
        clock.move(seconds=10)
        last = coordinator.press(page, "Manda una prova a me", "Altri Comuni")
    assert "aspetta qualche minuto" in " ".join(last.alerts)
    assert number_of(Delivery) == 10


def test_long_names_make_a_good_page(reachable: EditionView, coordinator: Person) -> None:
    assert confirm(coordinator, f"&nome={'Nome' * 40}").heading == "Nome" * 30
