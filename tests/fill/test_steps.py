"""The pages of the steps: the path, saving of whatever was typed, and what is said about it."""

from __future__ import annotations

import pytest

from tests.fill.person import LEAVE, Person
from tests.fill.walk import add_practice, answer_all, begin, open_details

STEPS = [
    "Servizi e interventi per le famiglie",
    "Centri per le famiglie e servizi integrati",
    "Schede dei Centri per le famiglie",
    "Buone pratiche",
    "Chiusura",
]


def test_the_first_visit_leads_to_the_first_question(person: Person) -> None:
    first = person.get("/compila")
    assert (first.path, first.heading, first.questions()) == ("/compila/B", STEPS[0], ["B01"])
    assert first.texts("page-place") == ["Per cominciare"]
    assert first.value("B01.base") == ["0"]
    assert "1 settembre 2025" in first.text
    assert "31 agosto 2026" in first.text


def test_after_the_first_answer_the_task_list_says_where_each_step_stands(person: Person) -> None:
    assert person.fill("/compila/B", {"B01": "own"}).path == "/compila/B/2"
    overview = person.get("/compila")
    states = ["In corso", "Da iniziare", "Non richiesto", "Facoltativo", "Da iniziare"]
    assert overview.task_states() == list(zip(STEPS, states, strict=True))
    assert overview.links()["Riprendi da qui"] == "/compila/B/2#q-B04"
    assert STEPS[2] not in overview.links()
    assert overview.by_id("progress").attributes["value"] == "16"


def test_the_task_list_marks_what_is_wrong_and_lists_the_sheets(person: Person) -> None:
    begin(person)
    add_practice(person)
    add_practice(person, P01="", P02=[])
    person.fill("/compila/E", {"E04.email": "senza chiocciola"})
    states = dict(person.get("/compila").task_states())
    assert states["Chiusura"] == "Da rivedere"
    assert states["Buone pratiche"] == "In corso"
    assert states["Sportello di ascolto"] == "Completato"
    assert states["Scheda senza titolo"] == "In corso"


def test_the_whole_task_list_of_a_complete_response(person: Person) -> None:
    answer_all(person)
    overview = person.get("/compila")
    assert [state for _title, state in overview.task_states()] == [
        "Completato",
        "Completato",
        "Non richiesto",
        "Facoltativo",
        "Completato",
    ]
    assert overview.links()["Verifica e invia"] == "/compila/verifica"
    assert overview.by_id("progress").attributes["value"] == "100"


def test_nobody_is_asked_for_more_after_a_no(person: Person) -> None:
    person.fill("/compila/B", {"B01": "none"})
    onward = person.get("/compila/B/2")
    assert (onward.path, onward.questions()) == ("/compila/B/2", ["B02"])
    assert person.send(onward, {"B02": ["funds", "staff"]}).path == "/compila/E"
    not_asked = person.get("/compila/C")
    assert not_asked.heading == STEPS[1]
    assert "In base alle tue risposte, questo passo non ti è richiesto." in not_asked.text


def test_what_is_wrong_is_kept_as_typed_and_said_at_its_question(person: Person) -> None:
    begin(person)
    wrong = person.fill("/compila/E", {"E04.email": "ufficio(at)example.org", "E02": "Più asili nido"})
    assert wrong.path == "/compila/E"
    assert wrong.value("E04.email") == ["ufficio(at)example.org"]
    assert wrong.value("E04.name") == ["Operatore A"]
    assert wrong.value("E02") == ["Più asili nido"]
    said = "Inserisci un indirizzo e-mail, per esempio ufficio@comune.esempio.it."
    assert wrong.error_of("E04") == said
    assert wrong.by_id("q-E04-email").attributes["aria-invalid"] == "true"
    assert "aria-invalid" not in wrong.by_id("q-E04-name").attributes
    assert wrong.summary() == [
        ("#q-E04-email", f"Chi compila: nome, ufficio, e-mail istituzionale, telefono – {said}"),
    ]
    assert wrong.links()["Continua senza correggere"] == "/compila/verifica"
    mended = person.send(wrong, {"E04.email": "ufficio@example.org"})
    assert mended.path == "/compila/verifica"
    assert person.get("/compila/E").summary() == []


def test_the_person_may_go_on_without_correcting(person: Person) -> None:
    begin(person)
    typed = {"B04": ["families"], "B05": ["region", "unknown"]}
    wrong = person.fill("/compila/B/2", typed)
    assert wrong.path == "/compila/B/2"
    assert wrong.error_of("B05") == "«Non so» esclude le altre risposte: lascia solo quella, oppure toglila."
    assert wrong.value("B05") == ["region", "unknown"]
    assert wrong.links()["Continua senza correggere"] == "/compila/B/3"
    assert person.get("/compila/B/3").status == 200
    kept = person.get("/compila/B/2")
    assert kept.value("B05") == ["region", "unknown"]
    assert kept.value("B04") == ["families"]


def test_save_and_leave_keeps_what_is_wrong_too(person: Person) -> None:
    begin(person)
    left = person.fill("/compila/E", {"E04.email": "manca"}, LEAVE)
    assert left.path == "/compila"
    assert "Bozza salvata. Puoi riprendere quando vuoi, anche da un altro computer." in left.alerts
    assert person.get("/compila/E").value("E04.email") == ["manca"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("1.250", "1.250"), ("1250", "1.250"), ("1 250", "1.250"), (" 12 ", "12"), ("0", "0")],
)
def test_whole_numbers_are_read_in_italian_writing(person: Person, typed: str, shown: str) -> None:
    begin(person)
    details = open_details(person)
    assert person.send(details, {"P08": typed}).path == "/compila/P"
    assert person.get(details.path).value("P08") == [shown]


@pytest.mark.parametrize(
    ("typed", "shown"), [("1.234,50", "1.234,50"), ("1234,5", "1.234,50"), ("€ 12.000", "12.000,00"), ("12,00", "12,00")]
)
def test_amounts_are_read_in_italian_writing(person: Person, typed: str, shown: str) -> None:
    begin(person)
    details = open_details(person)
    assert person.send(details, {"P12": typed}).path == "/compila/P"
    assert person.get(details.path).value("P12") == [shown]


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        ("P08", "circa venti", "Inserisci un numero, per esempio 1.250."),
        ("P08", "12,5", "Inserisci un numero intero, senza decimali, per esempio 1.250."),
        ("P08", "-3", "Il numero è troppo piccolo: il minimo è 0."),
        ("P12", "1,234,5", "Inserisci un importo in euro, per esempio 1.250,00."),
        ("P12", "molti", "Inserisci un importo in euro, per esempio 1.250,00."),
    ],
)
def test_a_number_that_cannot_be_read_stands_as_it_was_typed(person: Person, code: str, typed: str, said: str) -> None:
    begin(person)
    details = open_details(person)
    wrong = person.send(details, {code: typed})
    assert wrong.path == details.path
    assert wrong.value(code) == [typed]
    assert wrong.error_of(code) == said
    assert [target for target, _text in wrong.summary()] == [f"#q-{code}"]


def test_not_available_is_an_answer_of_its_own(person: Person) -> None:
    begin(person)
    details = open_details(person)
    assert person.send(details, {"P08.na": "1"}).path == "/compila/P"
    again = person.get(details.path)
    assert (again.value("P08.na"), again.value("P08")) == (["1"], [""])
    assert "n.d." in person.get("/compila/bozza").text


def test_a_number_and_not_available_together_are_asked_again(person: Person) -> None:
    begin(person)
    wrong = person.send(open_details(person), {"P08": "12", "P08.na": "1"})
    label = "Dato non disponibile (n.d.)"
    assert wrong.error_of("P08") == f"Hai scritto una risposta e scelto anche «{label}»: lascia solo una delle due."
    assert (wrong.value("P08"), wrong.value("P08.na")) == (["12"], ["1"])


def test_other_asks_for_its_text(person: Person) -> None:
    person.fill("/compila/B", {"B01": "none"})
    wrong = person.fill("/compila/B/2", {"B02": ["staff", "other"]})
    assert wrong.error_of("B02") == "Hai scelto «Altro»: scrivi di che cosa si tratta."
    assert wrong.summary()[0][0] == "#q-B02-text"
    assert person.send(wrong, {"B02.text": "Sede inagibile"}).path == "/compila/E"
    again = person.get("/compila/B/2")
    assert (again.value("B02"), again.value("B02.text")) == (["staff", "other"], ["Sede inagibile"])


def test_a_text_beside_other_chooses_it(person: Person) -> None:
    person.fill("/compila/B", {"B01": "none"})
    assert person.fill("/compila/B/2", {"B02": ["staff"], "B02.text": "Sede inagibile"}).path == "/compila/E"
    again = person.get("/compila/B/2")
    assert (again.value("B02"), again.value("B02.text")) == (["staff", "other"], ["Sede inagibile"])


def test_a_text_beside_other_stays_when_an_answer_excludes_it(person: Person) -> None:
    person.fill("/compila/B", {"B01": "none"})
    wrong = person.fill("/compila/B/2", {"B02": ["unknown"], "B02.text": "Sede inagibile"})
    assert wrong.error_of("B02") == ("Hai scritto un testo accanto a «Altro»: scegli anche «Altro», oppure cancella il testo.")
    assert (wrong.value("B02"), wrong.value("B02.text")) == (["unknown"], ["Sede inagibile"])


def test_a_question_that_is_newly_asked_keeps_the_person_on_the_page(person: Person) -> None:
    begin(person)
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    assert "P07" not in empty.questions()
    more = person.send(empty, {"P01": "Spazio gioco", "P06": "union"})
    assert (more.path, more.fragment) == (empty.path, "q-P07")
    assert more.by_id("q-P07")
    assert "Salvato. In base alle tue risposte, in questa pagina c’è altro da compilare." in more.alerts
    assert more.value("P01") == ["Spazio gioco"]


def test_what_is_missing_is_said_on_the_page_only_after_the_check(person: Person) -> None:
    onward = person.fill("/compila/B", {"B01": "own"})
    assert person.send(onward, {"B04": ["families"]}).path == "/compila/B/3"
    assert person.get("/compila/B/2").error_of("B05") is None
    asked = person.get("/compila/B/2?controlla=1")
    assert asked.error_of("B05") == "Scegli almeno una risposta."


def test_details_wait_behind_a_disclosure_and_open_when_they_are_filled(person: Person) -> None:
    begin(person)
    page = person.get("/compila/E")
    assert [one.attributes.get("open") for one in page.with_class("disclosure")] == [None]
    person.send(page, {"E02": "Più asili nido"})
    assert [one.attributes.get("open") for one in person.get("/compila/E").with_class("disclosure")] == [""]


def test_pages_that_do_not_exist_are_not_found(person: Person) -> None:
    begin(person)
    for path in ("/compila/Z", "/compila/B/9", "/compila/B/0", "/compila/P/2", "/compila/pratiche/x"):
        assert person.get(path).status == 404, path


def test_a_first_value_that_was_emptied_stays_empty(person: Person) -> None:
    begin(person)
    offered = person.get("/compila/E")
    assert offered.value("E04.name") == ["Operatore A"]
    person.send(offered, dict.fromkeys(("E04.name", "E04.office", "E04.email", "E04.phone"), ""), LEAVE)
    again = person.get("/compila/E")
    assert again.value("E04.name") == [""]
    assert again.value("E04.base") != ["0"]
