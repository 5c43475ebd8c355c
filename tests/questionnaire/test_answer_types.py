"""Each type by example: dates, choices, contacts, places, ratings."""

from __future__ import annotations

from typing import Any

import pytest

from app.questionnaire.answers.contacts import email_fault, phone_fault, url_fault
from app.questionnaire.conditions import ABSENT
from tests.questionnaire.voices import ITALIAN, OPTIONS, ItalianVoice, ask, read, said

SHORT_YEAR = "Scrivi l'anno con quattro cifre, per esempio 2026."


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("31/01/2026", "2026-01-31"),
        ("1/2/2026", "2026-02-01"),
        ("31.1.2026", "2026-01-31"),
        ("31-1-2026", "2026-01-31"),
        ("2026-01-31", "2026-01-31"),
        ("31 gennaio 2026", "2026-01-31"),
        ("1° Marzo 2026", "2026-03-01"),
        ("31 gen. 2026", "2026-01-31"),
        (" 31 / 1 / 2026 ", "2026-01-31"),
        ("29/2/2028", "2028-02-29"),
    ],
)
def test_date_is_read(typed: str, day: str) -> None:
    assert read("date", typed) == day


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("30/2/2026", "Il giorno 30/2/2026 non esiste: controlla giorno e mese."),
        ("31/1/26", SHORT_YEAR),
        ("01-03-25", SHORT_YEAR),
        ("2026", "Inserisci una data, per esempio 31/01/2026."),
        ("gennaio 2026", "Inserisci una data, per esempio 31/01/2026."),
        ("ieri", "Inserisci una data, per esempio 31/01/2026."),
        ("31/1/1026", "L'anno 1026 è fuori dal possibile: controlla le cifre."),
        ("13/13/2026", "Il giorno 13/13/2026 non esiste: controlla giorno e mese."),
        ("5/00/2026", "Il giorno 5/00/2026 non esiste: controlla giorno e mese."),
        ("00/5/2026", "Il giorno 00/5/2026 non esiste: controlla giorno e mese."),
        ("31 foo 2026", "Inserisci una data, per esempio 31/01/2026."),
    ],
)
def test_date_that_cannot_be_read_is_kept(typed: str, sentence: str) -> None:
    assert read("date", typed) == {"raw": {"": [typed]}}
    assert said("date", {"raw": {"": [typed]}}) == [sentence]


def test_date_range_form_and_words() -> None:
    kind, question = ask("date", min="2026-01-01", max="2026-12-31")
    assert kind.fill(question, "2026-03-05") == {"": ["05/03/2026"]}
    assert kind.show(question, "2026-03-05", ITALIAN) == "5 marzo 2026"
    assert kind.show(question, "2026-03-05", ItalianVoice("en")) == "March 5, 2026"
    assert said("date", "2025-12-31", min="2026-01-01") == ["Inserisci una data non precedente al 01/01/2026."]
    assert said("date", "2027-01-01", max="2026-12-31") == ["Inserisci una data non successiva al 31/12/2026."]
    assert kind.check(question, "2026-12-31") == []


def test_period_takes_years_months_and_days() -> None:
    kind, question = ask("period", options=OPTIONS)
    assert kind.subfields(question) == ("from", "to", "state")
    value = kind.parse(question, {"from": ["marzo 2025"], "to": ["2026"], "state": ["own"]})
    assert value == {"from": "2025-03", "to": "2026", "state": "own"}
    assert kind.fill(question, value) == {"from": ["03/2025"], "to": ["2026"], "state": ["own"]}
    assert kind.show(question, value, ITALIAN) == "Avvio: marzo 2025\nConclusione: 2026\nSì, dell'ente"
    assert kind.export(question, value) == {"Q01_from": "2025-03", "Q01_to": "2026", "Q01_state": "own"}
    assert kind.condition_value(question, value) == "own"
    assert kind.condition_value(question, {"from": "2025"}) == ""
    assert kind.parse(question, {"from": ["03/2025"], "to": ["boh"]}) == {"raw": {"from": ["03/2025"], "to": ["boh"]}}
    (problem,) = kind.check(question, {"raw": {"from": ["03/2025"], "to": ["boh"]}})
    assert (problem.subfield, problem.text(ITALIAN)) == (
        "to",
        "Inserisci una data, un mese o un anno, per esempio 31/01/2026, 03/2026 o 2026.",
    )


@pytest.mark.parametrize(
    ("begin", "end", "wrong"),
    [
        ("2025-03", "2025-02", True),
        ("2025-03", "2025", False),
        ("2025", "2025-01-01", False),
        ("2026", "2025-12-31", True),
        ("2025-03-10", "2025-03", False),
        ("2025-03-10", "2025-03-09", True),
        ("2025-03-10", "2025-03-10", False),
    ],
)
def test_period_ends_after_it_begins_as_far_as_both_are_known(begin: str, end: str, wrong: bool) -> None:
    assert bool(said("period", {"from": begin, "to": end})) is wrong


def test_single_choice() -> None:
    kind, question = ask("single", options=OPTIONS)
    assert kind.subfields(question) == ("", "text")
    assert kind.parse(question, {"": ["own"]}) == {"code": "own"}
    assert kind.parse(question, {"": ["more"], "text": [" nido "]}) == {"code": "more", "text": "nido"}
    assert kind.parse(question, {"text": ["nido"]}) == {"code": "more", "text": "nido"}, "a text alone chooses «Altro»"
    assert kind.parse(question, {"": ["ghost"]}) == {"raw": {"": ["ghost"]}}
    assert kind.show(question, {"code": "more", "text": "nido"}, ITALIAN) == "Altro: nido"
    assert kind.show(question, {"code": "own"}, ITALIAN) == "Sì, dell'ente"
    assert kind.export(question, {"code": "more", "text": "nido"}) == {"Q01": "more", "Q01_text": "nido"}
    assert kind.condition_value(question, {"code": "own"}) == "own"
    assert said("single", {"code": "more"}, options=OPTIONS) == ["Hai scelto «Altro»: scrivi di che cosa si tratta."]
    assert kind.condition_value(question, {"code": "more"}) is ABSENT
    stray = kind.parse(question, {"": ["own"], "text": ["nido"]})
    assert stray == {"code": "own", "text": "nido"}, "what was typed is kept"
    assert said("single", stray, options=OPTIONS) == [
        "Hai scritto un testo accanto a «Altro»: scegli anche «Altro», oppure cancella il testo."
    ]
    assert said("single", {"code": "more", "text": "x" * 301}, options=OPTIONS) == [
        "Il testo accanto a «Altro» è troppo lungo: accorcialo ad al massimo 300 caratteri."
    ]


def test_multiple_choice() -> None:
    kind, question = ask("multi", options=OPTIONS, exclusive=frozenset({"none"}))
    assert kind.parse(question, {"": ["more", "own"], "text": ["nido"]}) == {"codes": ["own", "more"], "text": "nido"}
    assert kind.parse(question, {"": ["own"], "text": ["nido"]}) == {"codes": ["own", "more"], "text": "nido"}
    exclusive = kind.parse(question, {"": ["none"], "text": ["nido"]})
    assert exclusive == {"codes": ["none"], "text": "nido"}, "an exclusive choice is not overridden by a text"
    assert len(kind.check(question, exclusive)) == 1
    assert kind.show(question, {"codes": ["own", "more"], "text": "nido"}, ITALIAN) == "Sì, dell'ente\nAltro: nido"
    assert kind.export(question, {"codes": ["own"]}) == {"Q01_own": 1, "Q01_none": 0, "Q01_more": 0, "Q01_text": None}
    assert kind.export(question, None) == {"Q01_own": None, "Q01_none": None, "Q01_more": None, "Q01_text": None}
    assert kind.condition_value(question, {"codes": ["own", "none"]}) is ABSENT, "a wrong answer is no answer for conditions"
    assert kind.condition_value(question, {"codes": ["own"]}) == ["own"]
    assert [problem.text(ITALIAN) for problem in kind.check(question, {"codes": ["own", "none"]})] == [
        "«No» esclude le altre risposte: lascia solo quella, oppure toglila."
    ]
    assert kind.accept(question, {"codes": []}) is None
    assert kind.accept(question, {"codes": ["more", "own"], "text": "x"}) == {"codes": ["own", "more"], "text": "x"}


def test_multiple_choice_counts() -> None:
    assert said("multi", {"codes": ["own", "none"]}, options=OPTIONS, max=1) == ["Hai scelto troppe risposte: il massimo è 1."]
    assert said("multi", {"codes": ["own"]}, options=OPTIONS, min=2) == ["Hai scelto poche risposte: il minimo è 2."]
    assert said("multi", {"codes": ["none"]}, options=OPTIONS, min=2, exclusive=frozenset({"none"})) == []


@pytest.mark.parametrize(("typed", "answer"), [("yes", True), ("no", False), ("sì", True), ("1", True), ("0", False)])
def test_yes_or_no(typed: str, answer: bool) -> None:
    kind, question = ask("yesno")
    assert kind.parse(question, {"": [typed]}) is answer
    assert kind.fill(question, answer) == {"": ["yes" if answer else "no"]}
    assert kind.show(question, answer, ITALIAN) == ("Sì" if answer else "No")
    assert kind.condition_value(question, answer) is answer


@pytest.mark.parametrize(
    "address",
    [
        "ufficio@comune.esempio.it",
        "servizi.sociali@pec.comune.esempio.it",
        "a+b@x-y.it",
        "protocollo_1@comune.it",
        "è@comùne.it",
    ],
)
def test_email_of_right_form(address: str) -> None:
    assert email_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "ufficio",
        "ufficio@",
        "@comune.it",
        "a@b",
        "a b@comune.it",
        "a@@comune.it",
        "a..b@comune.it",
        ".a@comune.it",
        "a@comune..it",
        "a@-x.it",
        "a@comune.i",
        "<a@comune.it>",
        "a@comune.it.",
        "x" * 65 + "@comune.it",
        "a@comune.it\nBcc: b@comune.it",
    ],
)
def test_email_of_wrong_form(address: str) -> None:
    assert email_fault(address) == "Inserisci un indirizzo e-mail, per esempio ufficio@comune.esempio.it." or "\n" in address
    assert email_fault(address) is not None


def test_several_emails_are_asked_to_be_one() -> None:
    assert email_fault("a@comune.it; b@comune.it") == "Inserisci un solo indirizzo e-mail."


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("011 1234567", True),
        ("+39 011 1234567", True),
        ("(011) 123.45.67", True),
        ("333-1234567", True),
        ("1500 int. 12", False),
        ("011 12345 int. 12", True),
        ("12345", True),
        ("1234", False),
        ("chiamare", False),
        ("+39+011123456", False),
        ("1" * 16, False),
        ("011 1234567 / 333 1234567", False),
    ],
)
def test_phone(number: str, right: bool) -> None:
    assert (phone_fault(number) is None) is right


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("www.comune.esempio.it", True),
        ("https://www.comune.esempio.it/servizi?x=1#y", True),
        ("HTTP://comune.it:8080/", True),
        ("comune.it/nidi", True),
        ("javascript:alert(1)", False),
        ("ftp://comune.it", False),
        ("comune", False),
        ("https://", False),
        ("comune.it/a b", False),
        ("data:text/html,x", False),
        ('https://comune.it/"><script>', False),
        ("//comune.it", False),
        ("https://a@comune.it", False),
    ],
)
def test_url(address: str, right: bool) -> None:
    assert (url_fault(address) is None) is right


def test_addresses_alone() -> None:
    kind, question = ask("url")
    assert kind.export(question, "www.comune.it") == {"Q01": "https://www.comune.it"}
    assert kind.export(question, "http://www.comune.it") == {"Q01": "http://www.comune.it"}
    assert read("email", " a@comune.it ") == "a@comune.it"
    assert said("email", "boh") == ["Inserisci un indirizzo e-mail, per esempio ufficio@comune.esempio.it."]
    assert said("email", "x" * 250 + "@a.it") == ["Il testo è troppo lungo: accorcialo ad al massimo 254 caratteri."]
    assert ask("email")[0].condition_value(ask("email")[1], "boh") is ABSENT


def test_contact_needs_mail_or_phone() -> None:
    kind, question = ask("contact")
    assert kind.parse(question, {"email": [" "], "phone": [""], "url": []}) is None
    assert said("contact", {"url": "www.comune.it"}) == ["Inserisci un indirizzo e-mail o un numero di telefono."]
    assert said("contact", {"email": "a@comune.it"}) == []
    (problem,) = kind.check(question, {"email": "a@comune.it", "phone": "boh"})
    assert problem.subfield == "phone"
    value = {"email": "a@comune.it", "url": "www.comune.it"}
    assert kind.show(question, value, ITALIAN) == "a@comune.it\nwww.comune.it"
    assert kind.condition_value(question, value) == ["email", "url"]
    assert kind.export(question, value) == {"Q01_email": "a@comune.it", "Q01_phone": None, "Q01_url": "https://www.comune.it"}


def test_person_needs_a_name_and_a_way_to_be_reached() -> None:
    kind, question = ask("person", private=True)
    assert question.personal
    assert kind.subfields(question) == ("name", "office", "email", "phone")
    assert said("person", {"office": "Servizi sociali"}) == [
        "Scrivi nome e cognome.",
        "Inserisci un indirizzo e-mail o un numero di telefono.",
    ]
    assert said("person", {"name": "Operatore A", "phone": "011 1234567"}) == []
    assert said("person", {"name": "Operatore A"}, needs=(("office",),)) == ["Scrivi l'ufficio."]


def test_municipality_and_entity() -> None:
    assert read("municipality", " 001001 ") == "001001"
    assert read("municipality", "Torino") == {"raw": {"": ["Torino"]}}
    assert read("entity", "c_a074") == "c_a074"
    kind, question = ask("municipality")
    assert kind.subfields(question) == ("",), "the search box is no answer"
    assert kind.parse(question, {"search": ["Tori"]}) is None
    assert kind.show(question, "001001", ITALIAN) == "Agliè (TO)"


def test_municipalities_keep_their_order_without_repetition() -> None:
    kind, question = ask("municipalities", max=2)
    value = kind.parse(question, {"": ["001002", "001001", "001002"]})
    assert value == ["001002", "001001"]
    assert kind.show(question, value, ITALIAN) == "Airasca (TO), Agliè (TO)"
    assert kind.export(question, value) == {"Q01": "001002 001001"}
    assert kind.condition_value(question, value) == ["001002", "001001"]
    assert said("municipalities", ["001001", "001002", "001003"], max=2) == ["Hai scelto troppi Comuni: il massimo è 2."]
    crowd = [f"{number:06}" for number in range(1001)]
    assert kind.parse(question, {"": crowd}) == {"raw": {"": crowd}}, "kept, but no list that a client could not send"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        (
            {"address": ["via Roma 1"], "latitude": ["45,0703"], "longitude": ["7.6869°"]},
            {"address": "via Roma 1", "latitude": "45.0703", "longitude": "7.6869"},
        ),
        ({"latitude": ["45.07031234567, 7.68691234567"]}, {"latitude": "45.070312", "longitude": "7.686912"}),
        ({"latitude": ["45.0 7.60"]}, {"latitude": "45", "longitude": "7.6"}),
        ({"reserved": ["1"]}, {"reserved": True}),
        ({"latitude": ["nord"]}, {"raw": {"latitude": ["nord"]}}),
        ({"address": ["  "]}, None),
    ],
)
def test_place_is_read(fields: dict[str, list[str]], place: Any) -> None:
    kind, question = ask("place", reservable=True)
    assert kind.parse(question, fields) == place


def test_place_is_checked_shown_and_exported() -> None:
    kind, question = ask("place", reservable=True, needs=(("address", "reserved"),))
    here = {"address": "via Roma 1", "latitude": "45.0703", "longitude": "7.6869", "reserved": True}
    assert kind.check(question, here) == []
    assert kind.show(question, here, ITALIAN) == "via Roma 1\n45.0703, 7.6869\nSede riservata: si mostra solo il Comune"
    assert kind.export(question, here) == {
        "Q01_address": "via Roma 1",
        "Q01_latitude": 45.0703,
        "Q01_longitude": 7.6869,
        "Q01_reserved": 1,
    }
    assert kind.condition_value(question, here) == ["address", "latitude", "longitude", "reserved"]
    (problem,) = kind.check(question, {"address": "x", "latitude": "45.1"})
    assert (problem.subfield, problem.msgid) == ("longitude", "Inserisci tutte e due le coordinate, oppure nessuna.")
    (problem,) = kind.check(question, {"address": "x", "latitude": "7.6869", "longitude": "45.0703"})
    assert (problem.subfield, problem.msgid[:37]) == ("latitude", "Le coordinate sono fuori dall'Italia:")
    (problem,) = kind.check(question, {"latitude": "45.1", "longitude": "7.6"})
    assert problem.text(ITALIAN) == "Scrivi l'indirizzo, oppure indica che la sede è riservata."
    assert kind.check(question, {"reserved": True}) == []


def test_rating_with_comment() -> None:
    kind, question = ask("rating", max=4)
    assert kind.parse(question, {"": ["4"], "comment": ["Bene\r\nGrazie"]}) == {"rating": 4, "comment": "Bene\nGrazie"}
    assert kind.parse(question, {"comment": ["Bene"]}) == {"comment": "Bene"}
    assert kind.parse(question, {"": ["5"]}) == {"raw": {"": ["5"]}}
    assert kind.show(question, {"rating": 4, "comment": "Bene"}, ITALIAN) == "4 su 4\nBene"
    assert kind.export(question, {"rating": 4}) == {"Q01": 4, "Q01_comment": None}
    assert kind.condition_value(question, {"rating": 4}) == 4.0


def test_lengths_and_patterns_of_texts() -> None:
    assert said("text", "x" * 11, max=10) == ["Il testo è di 11 caratteri: accorcialo ad al massimo 10."]
    assert said("text", "👪" * 10, max=10) == [], "a character is a code point"
    assert said("text", "ab", min=3) == ["Il testo è troppo corto: il minimo è di 3 caratteri."]
    assert said("text", "x" * 251) == ["Il testo è di 251 caratteri: accorcialo ad al massimo 250."]
    assert said("textarea", "x" * 4001) == ["Il testo è di 4.001 caratteri: accorcialo ad al massimo 4.000."]
    assert said("text", "abc", pattern="[a-z]{2}") == ["Scrivi la risposta nella forma indicata."]
    assert said("text", "abc", pattern="[a-z]{2}", example="ab") == ["Scrivi la risposta come in questo esempio: ab"]
    assert said("text", "abc", pattern="[a-z]{2}", message="Due lettere.") == ["Due lettere."]
    assert said("text", "ab", pattern="[a-z]{2}") == []
