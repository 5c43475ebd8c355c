"""The entity's side of messages: asking from a question, reading, answering, files; nothing typed is lost."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.tables import operator_table
from app.extensions import db
from app.privacy.erasing import erase_operator
from app.privacy.exporting import person_data
from app.privacy.purging import purge
from app.threads.models import Thread, ThreadFile, ThreadMessage
from app.threads.reading import thread_table
from app.threads.writing import LONGEST_TEXT, PER_HOUR
from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew
from tests.fill.person import Person
from tests.fill.walk import answer_all, begin
from tests.threads import samples
from tests.threads.writing import ask, send, write


def texts() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ThreadMessage.text).order_by(ThreadMessage.id)).scalars())


def test_a_question_is_asked_from_its_own_page(person: Person) -> None:
    link = next(address for text, address in person.get("/compila/B").links().items() if text.startswith("Fai una domanda"))
    assert link == "/messaggi/nuovo?domanda=B01"
    begin(person)
    page = person.get(link)
    assert page.heading == "Scrivi alla segreteria"
    assert page.value("oggetto")[0].startswith("Domanda B01: ")
    sent = send(person, page.form(), testo="Conta anche il consorzio?")
    assert (sent.path, sent.alerts) == (
        "/messaggi/1",
        ["Messaggio inviato alla segreteria. Quando risponde, arriva un'e-mail."],
    )
    assert "Conta anche il consorzio?" in sent.text
    assert "/compila/B?messaggio=1#q-B01" in sent.links().values()
    stored = db.session.execute(sa.select(Thread.question, Thread.item, Thread.state, Thread.opened_by)).one()
    assert tuple(stored) == ("B01", "", "desk", "entity")
    listed = person.get("/messaggi")
    assert "aspetta la segreteria" in listed.text
    assert listed.page.all("a")[0] is not None


def test_the_check_page_asks_about_each_answer(person: Person) -> None:
    links = answer_all(person).links()
    assert any(address == "/messaggi/nuovo?domanda=B04" for address in links.values())


def test_a_question_that_there_is_not_is_a_general_one(person: Person) -> None:
    begin(person)
    for query in (
        "?domanda=ZZ",
        "?domanda=B01&scheda=7",
        "?domanda=P01",
        "?domanda=%3Cb%3E",
        "?domanda=P01&scheda=" + "x" * 90,
    ):
        page = person.get(f"/messaggi/nuovo{query}")
        assert page.value("oggetto") == [""], query
        assert "domanda" not in page.form("/messaggi/nuovo").fields


def test_what_is_wrong_comes_back_with_what_was_typed(person: Person) -> None:
    page = person.get("/messaggi/nuovo")
    empty = send(person, page.form(), oggetto="", testo=" ")
    assert (empty.status, [target for target, _text in empty.summary()]) == (422, ["#oggetto", "#testo"])
    long = send(person, page.form(), oggetto="x" * 151, testo="y" * (LONGEST_TEXT + 1))
    assert long.value("testo") == ["y" * (LONGEST_TEXT + 1)]
    html = send(person, page.form(), [("pagina.pdf", samples.HTML)], oggetto="Oggetto", testo="<b>testo</b>")
    assert html.summary() == [
        ("#allegati", "Il contenuto di «pagina.pdf» non è quello che dice il nome: salvalo di nuovo e riprova.")
    ]
    assert html.value("testo") == ["<b>testo</b>"]
    many = send(person, page.form(), [(f"{n}.pdf", samples.PDF) for n in range(4)], oggetto="Oggetto", testo="Testo")
    assert many.summary() == [("#allegati", "Puoi allegare al massimo 3 file per messaggio.")]
    large = send(person, page.form(), [("dieci.pdf", samples.PDF.ljust(10_000_000))], oggetto="Oggetto", testo="Non perdermi")
    assert large.summary() == [("#allegati", "«dieci.pdf» è troppo grande: un file ha al massimo 5 MB.")]
    assert large.value("testo") == ["Non perdermi"]
    assert texts() == []


def test_a_good_file_beside_a_bad_one_is_to_be_chosen_again(person: Person) -> None:
    files = [("piano.pdf", samples.PDF), ("disegno.svg", samples.SVG)]
    page = ask(person, files=files)
    assert "Scegli di nuovo gli allegati: il browser non li conserva." in page.text
    assert db.session.execute(sa.select(sa.func.count()).select_from(ThreadFile)).scalar_one() == 0


def test_two_clicks_send_once(person: Person) -> None:
    form = person.get("/messaggi/nuovo").form()
    first = send(person, form, oggetto="Oggetto", testo="Una volta")
    second = send(person, form, oggetto="Oggetto", testo="Una volta")
    assert first.path == second.path == "/messaggi/1"
    reply = person.get("/messaggi/1").form()
    send(person, reply, testo="Ancora")
    send(person, reply, testo="Ancora")
    assert texts() == ["Una volta", "Ancora"]


def test_a_text_is_shown_as_it_was_written_and_nothing_in_it_is_a_link(person: Person) -> None:
    page = ask(person, "<i>oggetto</i>", '<script>x</script>\n\nhttps://example.org/ javascript:alert(1) <a href="//x">y</a>')
    assert "<script>x</script>" not in page.html
    assert "&lt;script&gt;x&lt;/script&gt;" in page.html
    assert not {"https://example.org/", "//x"} & set(page.links().values())


def test_a_file_goes_out_as_a_download_to_its_entity_alone(person: Person, new_person: NewPerson) -> None:
    ask(person, files=[("../Città «1».csv", samples.CSV), ("foto.PNG", samples.PNG)])
    page = person.get("/messaggi/1")
    assert page.links()["Città «1».csv"] == "/messaggi/1/allegati/1"
    got = person.client.get("/messaggi/1/allegati/1")
    assert got.data == samples.CSV
    assert got.headers["Content-Type"].startswith("text/csv")
    assert got.headers["Content-Disposition"] == (
        "attachment; filename=\"allegato-1.csv\"; filename*=UTF-8''Citt%C3%A0%20%C2%AB1%C2%BB.csv"
    )
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in got.headers["Cache-Control"]
    assert person.client.get("/messaggi/1/allegati/3").status_code == 404
    other = new_person("Operatore C", "022165")
    ask(other)
    assert other.client.get("/messaggi/1/allegati/1").status_code == 404
    assert other.client.get("/messaggi/2/allegati/1").status_code == 404, "a file of another thread under one's own address"


def test_another_entitys_thread_is_not_there(person: Person, new_person: NewPerson) -> None:
    ask(person, "Segreto", "Solo di Firenze")
    other = new_person("Operatore C", "022165")
    assert "Segreto" not in other.get("/messaggi").text
    assert other.client.get("/messaggi/1").status_code == 404
    token = other.get("/messaggi/nuovo").form().fields["csrf_token"][0]
    data = {"csrf_token": token, "ente": "022165", "testo": "Mio", "invio": "k"}
    assert other.client.post("/messaggi/1", data=data).status_code == 404
    assert other.client.post("/messaggi/1/chiudi", data={"csrf_token": token}).status_code == 404
    assert texts() == ["Solo di Firenze"]


def test_colleagues_share_threads(person: Person, new_person: NewPerson) -> None:
    ask(person)
    colleague = new_person("Operatore B", email="b@example.org")
    page = write(colleague, "/messaggi/1", "Aggiungo una cosa")
    assert "Operatore A" in page.text
    assert "Operatore B" in page.text


def test_a_page_of_another_sign_in_sends_nothing(person: Person, new_person: NewPerson) -> None:
    form = person.get("/messaggi/nuovo").form()
    other = new_person("Operatore C", "022165")
    fresh = other.get("/messaggi/nuovo").form()
    form.fields["csrf_token"] = fresh.fields["csrf_token"]
    refused = send(other, form, oggetto="Oggetto", testo="Di Firenze")
    assert refused.alerts[0].startswith("La pagina era rimasta aperta da un altro accesso")
    assert texts() == []


def test_what_was_typed_outlives_the_session(person: Person, clock: Clock, renew: Renew) -> None:
    form = person.get("/messaggi/nuovo").form()
    clock.move(hours=100)
    data = {**form.fields, "oggetto": "Oggetto", "testo": "Scritto a lungo"}
    data.pop("allegati")
    response = person.client.post("/messaggi/nuovo", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code in (400, 401)
    assert "Scritto a lungo" in response.text
    renew(person)
    stale = person.client.post("/messaggi/nuovo", data=data)
    assert stale.status_code in (200, 303, 400)
    assert "Scritto a lungo" in stale.text or texts() == ["Scritto a lungo"]


def test_an_entity_writes_so_often_in_an_hour(person: Person, clock: Clock) -> None:
    ask(person)
    for number in range(PER_HOUR - 1):
        write(person, "/messaggi/1", f"Messaggio {number}")
    refused = write(person, "/messaggi/1", "Uno di troppo")
    assert (refused.status, refused.value("testo")) == (422, ["Uno di troppo"])
    assert refused.summary()[0][1].startswith(f"Il tuo ente ha già scritto {PER_HOUR} messaggi nell'ultima ora")
    assert ask(person, text="Anche qui").status == 422
    clock.move(minutes=61)
    assert write(person, "/messaggi/1", "Dopo un'ora").status == 200
    assert len(texts()) == PER_HOUR + 1


def test_a_thread_is_closed_and_opened_by_the_entity(person: Person) -> None:
    ask(person)
    closed = person.press(person.get("/messaggi/1"), "Tutto chiaro")
    assert closed.alerts == ["Conversazione chiusa: se scrivi ancora, si riapre."]
    opened = person.press(closed, "Riapri la conversazione")
    assert opened.alerts == ["Conversazione riaperta."]
    person.press(opened, "Tutto chiaro")
    assert "aspetta la segreteria" in write(person, "/messaggi/1", "Ancora una cosa").text


def test_staff_on_the_telephone_finds_no_link_to_messages(person: Person) -> None:
    """What the table of such a session says is tried in tests/roles; a page of the entity itself has the link."""
    assert any(one.attributes["href"] == "/messaggi" for one in person.get("/compila/B").page.all("a"))


def test_for_an_erased_person_texts_and_files_are_gone(person: Person, new_person: NewPerson, clock: Clock) -> None:
    ask(person, files=[("piano.pdf", samples.PDF)])
    colleague = new_person("Operatore B", email="b@example.org")
    write(colleague, "/messaggi/1", "Di un collega")
    db.session.rollback()
    first = db.session.execute(sa.select(sa.func.min(operator_table.c.id))).scalar_one()
    mine = person_data(first)
    assert [row["text"] for row in mine["written_to_the_desk"]] == ["Che cosa si intende?"]
    assert [row["name"] for row in mine["files_sent_to_the_desk"]] == ["piano.pdf"]
    assert "Che cosa si intende?" in person.get("/ente/i-tuoi-dati").text
    erase_operator(first, actor="test", now=clock())
    assert texts() == ["", "Di un collega"]
    assert tuple(db.session.execute(sa.select(ThreadFile.content, ThreadFile.name)).one()) == (None, "")
    page = colleague.get("/messaggi/1")
    assert "(testo cancellato)" in page.text
    assert "(allegato cancellato)" in page.text
    assert colleague.client.get("/messaggi/1/allegati/1").status_code == 404
    db.session.rollback()
    assert forgotten(clock, days=700) == 0
    assert forgotten(clock, days=60) == 1
    assert texts() == ["", ""]
    assert forgotten(clock, days=60) == 0


def forgotten(clock: Clock, days: int) -> int:
    """How many threads a purge after so many days forgets."""
    now = clock.move(days=days)
    return max((number for term, number in purge("test", now) if term.key is thread_table.c.id), default=0)
