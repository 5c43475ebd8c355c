"""Certified mail at the desk: the channel is chosen and told, messages are taken to be sent by hand, receipts are uploaded,
looked at and shown."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import PEC, Delivery
from app.mail.returns.uploads import MOST_EACH
from app.registry.entities import find_by_code
from app.reminders.models import Batch
from tests.conftest import Clock
from tests.desk.test_reminders import NEW, confirm
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact
from tests.registry_rows import CODES
from tests.reminders.test_certified import written

FIRENZE = "048017"


@pytest.fixture
def certified(edition: EditionView) -> EditionView:
    """The edition; each of its municipalities has a certified address, and no other."""
    for code in CODES:
        entity = find_by_code(code)
        assert entity is not None
        add_contact(entity.id, "pec", f"c{code}@pec.example.org")
    return edition


def firenze() -> Delivery:
    db.session.rollback()
    return db.session.scalars(sa.select(Delivery).where(Delivery.recipient == f"c{FIRENZE}@pec.example.org")).one()


def prepared(person: Person) -> Screen:
    """The page of a batch that is sent by hand."""
    page = person.get(f"{NEW}?passo=conferma&canale=hand&nome=PEC+a+mano")
    return person._send(page.form(NEW, "Conferma: prepara"), {}, None)


def take(person: Person, page: Screen, form: str) -> TestResponse:
    fields = {name: values[0] for name, values in page.form(f"{page.path}/messaggi").fields.items()}
    return person.client.post(f"{page.path}/messaggi", data={**fields, "formato": form})


def upload(person: Person, page: Screen, *files: tuple[str, bytes]) -> Screen:
    asked = person.get(f"{page.path}/ricevute/carica")
    token = asked.form(f"{page.path}/ricevute/carica").fields["csrf_token"][0]
    data = {"csrf_token": token, "file": [(io.BytesIO(raw), name) for name, raw in files]}
    answer = person.client.post(f"{page.path}/ricevute/carica", data=data, content_type="multipart/form-data")
    if answer.status_code == 303:
        return person.get(answer.headers["Location"])
    return Screen(answer)


def test_the_channel_is_chosen_first_and_told_everywhere(certified: EditionView, coordinator: Person) -> None:
    first = coordinator.get(f"{NEW}?passo=chi&canale=pec")
    assert "5 enti, 5 messaggi" in first.text
    assert "PEC, spedita dal programma" in coordinator.get(f"{NEW}?passo=conferma&canale=pec").text
    page = confirm(coordinator, "&canale=pec&nome=Per+PEC")
    assert "PEC, spedita dal programma" in page.text
    assert "Senza ricevuta" in page.text
    for where in ("/gestione/promemoria", "/gestione"):
        assert "PEC, spedita dal programma" in coordinator.get(where).text
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Delivery.channel))) == {PEC}


def test_a_form_without_a_channel_is_of_e_mail_as_before(certified: EditionView, coordinator: Person) -> None:
    confirm(coordinator)
    db.session.rollback()
    assert db.session.scalars(sa.select(Batch.channel)).one() == "email"
    assert "5 enti, 5 messaggi" in coordinator.get(f"{NEW}?passo=chi&canale=sms").text


def test_without_a_server_the_program_cannot_be_chosen_but_by_hand_can(
    certified: EditionView, coordinator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("planning", "plan_drafts"):
        monkeypatch.setattr(f"app.desk.{module}.sends_certified", lambda _read: False)
    first = coordinator.get(f"{NEW}?passo=chi")
    assert "PEC, spedita dal programma" not in first.text
    assert "la PEC si può spedire solo a mano" in first.text
    refused = coordinator.get(f"{NEW}?passo=conferma&canale=pec")
    assert (refused.heading, refused.summary()[0][0]) == ("A chi", "#canale")
    assert "PEC, spedita a mano" in coordinator.get(f"{NEW}?passo=conferma&canale=hand").text


def test_by_hand_from_the_plan_to_the_receipts(certified: EditionView, coordinator: Person, clock: Clock) -> None:
    page = prepared(coordinator)
    assert page.heading == "PEC a mano"
    assert "Da spedire a mano" in page.text
    assert "Metti in pausa" not in page.text
    assert "Segna come spediti" not in page.text
    answer = take(coordinator, page, "csv")
    text = answer.get_data(as_text=True)
    assert (answer.status_code, text.count("/attiva/"), text.count("[Rif. ")) == (200, 5, 5)
    assert answer.headers["Content-Disposition"] == "attachment; filename=pec-a-mano-1.csv"
    assert take(coordinator, page, "zip").data[:2] == b"PK"
    assert take(coordinator, page, "xlsx").data[:2] == b"PK"
    assert take(coordinator, page, "exe").status_code == 400
    done = coordinator.press(coordinator.get(page.path), "Segna come spediti")
    assert "Segnati come spediti: 5 messaggi." in " ".join(done.alerts)
    assert "Non resta nulla da spedire." in done.text
    raw = written("avvenuta-consegna", firenze(), message_id="<abc@posta.example>")
    shown = upload(coordinator, page, ("consegna.eml", raw), ("<script>.eml", b"Subject: ciao\r\n\r\nciao"))
    assert "Da registrare" in shown.text
    assert "Non è una ricevuta PEC" in shown.text
    assert firenze().state == "accepted"
    taken = coordinator.press(shown, "Registra 1 ricevuta")
    assert "Registrata 1 ricevuta." in " ".join(taken.alerts)
    assert "Già registrata" in taken.text
    assert firenze().state == "delivered"
    listed = coordinator.get(f"{page.path}/ricevute?esito=delivered")
    assert "Firenze (FI)" in listed.text
    assert "Bolzano" not in listed.text
    assert "consegnata il" in coordinator.get(f"/gestione/enti/{FIRENZE}").text


def test_the_list_of_receipts_can_be_taken_away(certified: EditionView, coordinator: Person, clock: Clock) -> None:
    page = confirm(coordinator, "&canale=pec")
    changes = {"state": "bounced", "pec_failed_at": clock(), "pec_error": "=1+1"}
    db.session.execute(sa.update(Delivery).where(Delivery.recipient == f"c{FIRENZE}@pec.example.org").values(**changes))
    db.session.commit()
    listed = coordinator.get(f"{page.path}/ricevute?esito=failed")
    form = listed.form(f"{page.path}/ricevute.csv")
    fields = {name: values[0] for name, values in form.fields.items()}
    lines = coordinator.client.post(f"{page.path}/ricevute.csv", data=fields).get_data(as_text=True).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{FIRENZE};Firenze (FI);c{FIRENZE}@pec.example.org;")
    assert lines[1].endswith(";'=1+1")


def test_what_has_no_receipt_after_a_day_is_listed_for_a_person(
    certified: EditionView, coordinator: Person, clock: Clock
) -> None:
    page = confirm(coordinator, "&canale=pec")
    long_ago = clock() - dt.timedelta(hours=25)
    db.session.execute(sa.update(Delivery).where(Delivery.id == firenze().id).values(state="accepted", changed_at=long_ago))
    db.session.commit()
    assert re.search(r"Senza ricevuta\s*1\b", coordinator.get(page.path).text)
    listed = coordinator.get("/gestione/consegne?vista=senza-ricevuta")
    assert "PEC senza ricevuta (1)" in listed.text
    assert "nemmeno accettata" in listed.text
    assert "Firenze (FI)" in listed.text


def test_sending_certified_mail_again_is_warned_of(certified: EditionView, coordinator: Person) -> None:
    confirm(coordinator, "&canale=pec")
    before = firenze().message_id
    db.session.execute(sa.update(Delivery).where(Delivery.id == firenze().id).values(state="unknown"))
    db.session.commit()
    page = coordinator.get("/gestione/consegne")
    assert "Una seconda PEC uguale viene protocollata due volte." in page.text
    coordinator.press(page, "Rimandalo")
    assert (firenze().state, firenze().message_id) == ("queued", before)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ((("", b""),), "Scegli i file delle ricevute"),
        ((("x.zip", b"PK\x03\x04rotto"),), "Il file ZIP è danneggiato"),
        ((("x.eml", b"0" * (MOST_EACH + 1)),), "I file sono troppo grandi"),
    ],
)
def test_a_file_that_is_none_is_told_beside_its_field(
    certified: EditionView, coordinator: Person, files: tuple[tuple[str, bytes], ...], told: str
) -> None:
    page = prepared(coordinator)
    refused = upload(coordinator, page, *files)
    assert refused.status == 422
    ((target, text),) = refused.summary()
    assert target == "#file"
    assert told in text


def test_pages_of_sending_by_hand_are_none_for_other_batches(certified: EditionView, coordinator: Person) -> None:
    page = confirm(coordinator)
    assert coordinator.get(f"{page.path}/ricevute").status == 404
    assert coordinator.get(f"{page.path}/ricevute/carica").status == 404
    assert coordinator.get(f"{page.path}/ricevute/1").status == 404
    assert "Spedizione a mano" not in page.text


def test_what_a_batch_says_of_its_receipts_before_any_came(certified: EditionView, coordinator: Person) -> None:
    page = confirm(coordinator, "&canale=pec")
    assert "Nessun messaggio in questo elenco." in coordinator.get(f"{page.path}/ricevute?esito=accepted").text
    assert "Firenze (FI)" in coordinator.get(f"{page.path}/ricevute").text
