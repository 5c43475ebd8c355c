"""From the check page to the receipt, and sending again: every version is kept, and what differs can be read."""

from __future__ import annotations

import datetime as dt
import re

from tests.conftest import Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person, Screen
from tests.fill.walk import SHORT_SHEET, add_practice, answer_all, begin, submit

NUMBER = re.compile(r"2026-048017-01-[2-9A-HJ-NP-Z]{5}")
NEEDS = "Bisogni e priorità per il prossimo anno"


def missing(screen: Screen) -> list[tuple[str, str]]:
    """(whole line, address) of each thing to mend before sending."""
    section = [one for one in screen.with_class("to-mend") if one.attributes["aria-labelledby"] == "da-completare"]
    if not section:
        return []
    lines = [one for one in screen.page.all("li") if one.parent and one.parent.parent is section[0]]
    anchors = [next(a for a in screen.page.all("a") if a.parent is line) for line in lines]
    return [(" ".join(line.text.split()), a.attributes["href"]) for line, a in zip(lines, anchors, strict=True)]


def changes(screen: Screen) -> list[tuple[str, ...]]:
    """(question, before, after) of each difference that is listed."""
    table = [one for one in screen.page.all("table") if "changes" in one.attributes.get("class", "").split()]
    if not table:
        return []
    cells = [one for one in screen.page.all("th", "td") if one.inside("tbody") and _in(one, table[0])]
    texts = [" ".join(one.text.split()) for one in cells]
    return [tuple(texts[index : index + 3]) for index in range(0, len(texts), 3)]


def _in(element: object, ancestor: object) -> bool:
    above = getattr(element, "parent", None)
    while above is not None and above is not ancestor:
        above = above.parent
    return above is not None


def test_the_check_lists_what_is_missing_with_links(person: Person) -> None:
    begin(person)
    page = person.get("/compila/verifica")
    assert missing(page) == [
        ("In quali macro-aree?Scegli almeno una risposta.", "/compila/B/2?controlla=1#q-B04"),
        ("Con quali fonti di finanziamento?Scegli almeno una risposta.", "/compila/B/2?controlla=1#q-B05"),
        ("Nel territorio è attivo almeno un Centro per le famiglie?Scegli una risposta.", "/compila/C?controlla=1#q-C01"),
        (
            "Chi compila: nome, ufficio, e-mail istituzionale, telefonoScrivi chi compila e come contattarlo.",
            "/compila/E?controlla=1#q-E04",
        ),
        ("In qualità diScegli una risposta.", "/compila/E?controlla=1#q-E05"),
    ]
    assert page.by_id("da-completare").text == "Prima di inviare: 5 risposte da completare"
    mending = person.get("/compila/B/2?controlla=1")
    assert [target for target, _text in mending.summary()] == ["#q-B04", "#q-B05"]


def test_what_is_missing_in_a_sheet_is_listed_with_its_name(person: Person) -> None:
    answer_all(person)
    add_practice(person)
    add_practice(person, P01="Spazio gioco", P02=[], P16=[])
    address = person.get("/compila/P").links()["Spazio gioco"]
    page = person.get("/compila/verifica")
    assert missing(page) == [
        ("Spazio gioco: Macro-areaScegli una risposta.", f"{address}?controlla=1#q-P02"),
        ("Spazio gioco: Pubblicazione della schedaScegli una risposta.", f"{address}?controlla=1#q-P16"),
    ]
    assert person.get(f"{address}?controlla=1").error_of("P02") == "Scegli una risposta."
    refused = submit(person)
    assert (refused.status, len(missing(refused))) == (422, 2)


def test_every_answer_stands_on_the_check_page_with_a_way_to_change_it(person: Person) -> None:
    answer_all(person)
    add_practice(person)
    page = person.get("/compila/verifica")
    found = zip(page.texts("answer-action"), page.texts("answer"), strict=True)
    rows = {action.partition(" Fai una domanda: ")[0]: answer for action, answer in found}
    as_what, needs = "Modifica: In qualità di Fai una domanda: In qualità di", f"Rispondi: {NEEDS} Fai una domanda: {NEEDS}"
    assert rows["Modifica: In qualità di"] == f"In qualità di Comune singolo {as_what}"
    assert rows[f"Rispondi: {NEEDS}"] == f"{NEEDS} Non indicato {needs}"
    assert "Titolo della buona pratica pubblica" in rows["Modifica: Titolo della buona pratica"]
    assert "Ci sono tutte le risposte necessarie: rileggi e invia." in page.alerts


def test_sending_needs_the_declaration(person: Person, stored: Stored) -> None:
    page = answer_all(person)
    refused = person.send(page, {}, None)
    said = "Per inviare, conferma la dichiarazione."
    assert (refused.status, refused.path) == (422, "/compila/verifica")
    assert refused.summary() == [("#dichiarazione", said)]
    assert refused.by_id("dichiarazione-errore").text == said
    assert refused.by_id("dichiarazione").attributes["aria-describedby"] == "dichiarazione-errore"
    assert stored().submissions == 0


def test_what_a_colleague_changed_meanwhile_is_read_again_before_sending(
    person: Person, new_person: NewPerson, stored: Stored
) -> None:
    page = answer_all(person)
    new_person("Operatore B").fill("/compila/E", {"E02": "Più nidi"})
    again = person.send(page, {"dichiarazione": "1"}, None)
    assert (again.status, again.path) == (409, "/compila/verifica")
    assert again.alerts[0] == "Nel frattempo un collega ha modificato una risposta. Rileggi e poi invia."
    assert "Più nidi" in again.text
    assert stored().submissions == 0
    assert person.send(again, {"dichiarazione": "1"}, None).path == "/ricevuta"


def test_the_receipt_has_a_number_and_the_time_in_rome(person: Person, stored: Stored, clock: Clock, renew: Renew) -> None:
    answer_all(person)
    clock.set(dt.datetime(2026, 3, 29, 12, 5, 7, tzinfo=dt.UTC))  # the day on which summer time begins
    renew(person)
    receipt = submit(person)
    assert (receipt.path, receipt.heading) == ("/ricevuta", "Risposta inviata")
    number = receipt.texts("receipt-number")[0].removeprefix("Ricevuta n. ")
    assert NUMBER.fullmatch(number)
    assert "Registrata il 29 marzo 2026, 14:05:07 per Firenze (FI). Inviata da Operatore A (non verificato)." in receipt.text
    assert "Risposta inviata. Puoi correggerla fino al 30 aprile 2026, 23:59." in receipt.text
    sent = stored()
    assert (sent.status, sent.submissions, sent.progress) == ("submitted", 1, 100)
    assert sent.submitted_at == clock()
    assert person.get("/ricevuta").texts("receipt-number") == receipt.texts("receipt-number")


def test_the_copy_holds_every_answer_that_was_sent(person: Person) -> None:
    answer_all(person)
    add_practice(person)
    receipt = submit(person)
    copy = person.get(receipt.links()["Apri la copia da stampare o salvare in PDF"])
    assert (copy.path, copy.heading) == ("/ricevuta/1/copia", "Copia della risposta inviata")
    for text in (
        "Ricognizione 2026",
        "Firenze (FI)",
        "inviata il 16 marzo 2026, 10:00:00, da Operatore A",
        "Sportello di ascolto",
        "Si ascoltano le famiglie, una volta alla settimana.",
        "sportello@example.org",
        "servizi.sociali@example.org",
        "Comune singolo",
        "Fondi regionali",
    ):
        assert text in copy.text, text
    assert "BOZZA" not in copy.html
    assert person.get("/ricevuta/2/copia").status == 404


def test_before_sending_there_is_no_receipt(person: Person) -> None:
    begin(person)
    page = person.get("/ricevuta")
    assert page.path == "/compila"
    assert page.alerts[0] == "Non hai ancora inviato la risposta: qui troverai la ricevuta."
    assert "Non hai ancora inviato nessuna versione." in person.get("/storico").text


def test_an_opinion_is_kept_and_is_no_unsent_change(person: Person, stored: Stored) -> None:
    answer_all(person)
    receipt = submit(person)
    opinion = receipt.form("/ricevuta/parere")
    assert opinion.offered["F01"] == {"1", "2", "3", "4", "5"}
    thanks = person._send(opinion, {"F01": "4", "F01.comment": "Chiaro"}, None)
    assert thanks.path == "/ricevuta"
    assert thanks.alerts == ["Grazie: il tuo parere aiuta a migliorare il questionario."]
    assert stored().document.answers["F01"].value == {"rating": 4, "comment": "Chiaro"}
    assert thanks.value("F01", "/ricevuta/parere") == ["4"]
    assert "Hai modificato la risposta dopo averla inviata" not in thanks.text


def test_sending_the_same_content_twice_gives_the_first_receipt(person: Person, stored: Stored) -> None:
    page = answer_all(person)
    first = person.send(page, {"dichiarazione": "1"}, None)
    second = person.send(page, {"dichiarazione": "1"}, None)
    assert second.path == "/ricevuta"
    assert second.texts("receipt-number") == first.texts("receipt-number")
    check = person.get("/compila/verifica")
    assert "Questa risposta è già stata inviata." in check.text
    assert not any(form.action == "/compila/verifica" for form in check.forms())
    assert stored().submissions == 1


def test_a_correction_is_a_second_version_beside_the_first(person: Person, stored: Stored, clock: Clock) -> None:
    answer_all(person)
    add_practice(person)
    first = submit(person)
    clock.move(hours=1)
    person.fill("/compila/E", {"E02": "Più nidi"})
    sheet = person.get("/compila/P").links()["Sportello di ascolto"]
    person.fill(sheet, {"P01": "Sportello per le famiglie", "P04": ["teens"]})

    unsent = "Hai modificato la risposta dopo averla inviata: per l'amministrazione vale ancora quella inviata."
    for path in ("/compila", "/ricevuta"):
        assert any(text.startswith(unsent) for text in person.get(path).alerts), path
    assert stored().status == "submitted"
    draft = person.get("/storico")
    assert [row[:1] for row in changes(draft)] == [
        ("Sportello per le famiglieTitolo della buona pratica",),
        ("Sportello per le famiglieA chi si rivolge",),
        (NEEDS,),
    ]

    second = submit(person)
    numbers = [screen.texts("receipt-number")[0].removeprefix("Ricevuta n. ") for screen in (first, second)]
    assert [number[:15] for number in numbers] == ["2026-048017-01-", "2026-048017-02-"]
    assert not any(text.startswith(unsent) for text in person.get("/compila").alerts)
    history = person.get("/storico")
    assert [history.links()[number] for number in numbers] == ["/ricevuta/1/copia", "/ricevuta/2/copia"]
    assert changes(history) == [
        ("Sportello per le famiglieTitolo della buona pratica", "Sportello di ascolto", "Sportello per le famiglie"),
        ("Sportello per le famiglieA chi si rivolge", "Tutte le famiglie", "Adolescenti"),
        (NEEDS, "(nessuna risposta)", "Più nidi"),
    ]
    old, new = person.get("/ricevuta/1/copia"), person.get("/ricevuta/2/copia")
    assert "Sportello di ascolto" in old.text
    assert "Più nidi" not in old.text
    assert "Sportello per le famiglie" in new.text
    assert "Più nidi" in new.text


def test_versions_are_compared_in_any_pair(person: Person) -> None:
    answer_all(person)
    submit(person)
    for text in ("Prima", "Seconda"):
        person.fill("/compila/E", {"E02": text})
        submit(person)
    assert changes(person.get("/storico")) == [(NEEDS, "Prima", "Seconda")]
    assert changes(person.get("/storico?da=1&a=3")) == [(NEEDS, "(nessuna risposta)", "Seconda")]
    assert "Nessuna differenza." in person.get("/storico?da=3&a=0").text
    assert person.get("/storico?da=9&a=1").status == 404
    assert person.get("/storico?da=1&a=9").status == 404
    assert person.get("/storico?da=x&a=y").status == 200


def test_a_deleted_sheet_and_a_new_order_are_differences(person: Person) -> None:
    answer_all(person)
    for title in ("Uno", "Due", "Tre"):
        add_practice(person, P01=title)
    submit(person)
    person.press(person.get("/compila/P"), "Sposta su", "Tre")
    moved = person.get("/storico")
    assert changes(moved) == [("Buone pratiche: ordine delle schede", "Uno Due Tre", "Uno Tre Due")]
    person.press(person.get("/compila/P"), "Elimina", "Due")
    listed = changes(person.get("/storico"))
    assert ("DueTitolo della buona pratica", "Due", "(nessuna risposta)") in listed
    assert {row[2] for row in listed} == {"(nessuna risposta)"}
    assert submit(person).path == "/ricevuta"


def test_what_was_sent_stays_when_the_answers_become_incomplete(person: Person, stored: Stored) -> None:
    answer_all(person)
    submit(person)
    person.fill("/compila/B/2", {"B05": []})
    refused = submit(person)
    assert refused.status == 422
    assert stored().submissions == 1
    assert "Fondi regionali" in person.get("/ricevuta/1/copia").text


def test_the_draft_on_paper_is_marked(person: Person) -> None:
    begin(person)
    add_practice(person)
    draft = person.get("/compila/bozza")
    assert draft.heading == "Bozza della risposta"
    assert draft.texts("draft-mark") == ["BOZZA"]
    assert draft.texts("draft-note") == ["BOZZA – non ancora inviata, stampata il 16 marzo 2026, 10:00"]
    assert SHORT_SHEET["P03"] in draft.text
    assert "Non indicato" in draft.text


def test_first_values_come_from_who_signed_in_and_count_only_once_saved(person: Person, stored: Stored) -> None:
    begin(person)
    page = person.get("/compila/E")
    given = {f"E04.{part}": page.value(f"E04.{part}") for part in ("name", "office", "email", "phone")}
    assert given == {
        "E04.name": ["Operatore A"],
        "E04.office": ["Servizi sociali"],
        "E04.email": ["servizi.sociali@example.org"],
        "E04.phone": ["055 123456"],
    }
    assert page.value("E05") == ["single"]
    assert dict(person.get("/compila").task_states())["Chiusura"] == "Da iniziare"
    assert "E05" not in stored().document.answers
    person.send(page, {})
    assert stored().document.answers["E05"].value == {"code": "single"}
    assert dict(person.get("/compila").task_states())["Chiusura"] == "Completato"


def test_personal_answers_are_not_in_the_document(person: Person, stored: Stored) -> None:
    answer_all(person)
    submit(person)
    assert set(stored().document.answers["E04"].value) == {"personal"}
    assert "Operatore A" in person.get("/ricevuta/1/copia").text
