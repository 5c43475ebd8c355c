"""Who answers for whom, in the pages: a member that a lead claims, a lead that members name, two leads at once."""

from __future__ import annotations

import datetime as dt

import pytest

from app.editions.current import EditionView
from app.registry.entities import find_by_code
from app.responses.coverage import counts
from tests.conftest import START, Clock
from tests.fill.conftest import NewPerson, Renew, Stored
from tests.fill.person import Person, Screen
from tests.fill.walk import answer_all, submit
from tests.registry.rows import add_association, end_entity

FIRENZE, SAMONE, SAMONE_TO, SAN_VALENTINO, BOLZANO = "048017", "022165", "001235", "068038", "021008"
SHORT = "/compila/breve"
SEND = ("azione", "invia")


def id_of(code: str) -> int:
    found = find_by_code(code)
    assert found is not None
    return found.id


def claim(person: Person, *members: str) -> Screen:
    """Say to answer for these as the lead of something; they are found by its association."""
    person.fill("/compila/B", {"B01": "own"})
    person.fill("/compila/E", {"E05": "lead_ambito"})
    return person.fill("/compila/E", {"E06": list(members)})


def send_claim(person: Person, *members: str) -> Screen:
    answer_all(person)
    claim(person, *members)
    return submit(person)


def declare(person: Person, lead: str) -> Screen:
    """Send that another entity answers."""
    person.fill("/compila/B", {"B01": "other"})
    name = "firenze" if lead == FIRENZE else "bolzano"
    found = person.send(person.get(SHORT), {"B03.search": name}, ("search", "B03"))
    return person.send(found, {"B03": lead, "dichiarazione": "1"}, SEND)


@pytest.fixture
def ambito(edition: EditionView) -> None:
    """Firenze leads both Samone and San Valentino."""
    add_association("A1", id_of(FIRENZE), id_of(FIRENZE), id_of(SAMONE), id_of(SAN_VALENTINO))


@pytest.fixture
def second(edition: EditionView) -> None:
    """Bolzano leads Samone as well."""
    add_association("A2", id_of(BOLZANO), id_of(SAMONE), kind="union")


@pytest.fixture
def lead(ambito: None, new_person: NewPerson) -> Person:
    return new_person("Operatore L", FIRENZE)


@pytest.fixture
def member(edition: EditionView, new_person: NewPerson) -> Person:
    return new_person("Operatore M", SAMONE)


def test_a_member_without_a_claim_begins_with_the_first_question(member: Person) -> None:
    assert member.get("/compila").path == "/compila/B"


def test_a_member_that_is_claimed_is_asked_at_its_first_look(lead: Person, member: Person) -> None:
    claim(lead, SAMONE)
    page = member.get("/compila")
    assert page.path == "/compila"
    assert "Per noi risponde Firenze (FI): confermi?" in page.text
    assert "Firenze (FI) sta compilando una risposta che vale anche per voi." in page.text


def test_a_yes_fills_the_short_path_in(lead: Person, member: Person, stored: Stored) -> None:
    claim(lead, SAMONE)
    page = member.press(member.get("/compila"), "Sì, risponde Firenze (FI)")
    assert page.path == SHORT
    assert page.value("B03") == [FIRENZE]
    assert stored(SAMONE).document.answers["B01"].value == {"code": "other"}
    receipt = member.send(page, {"dichiarazione": "1"}, SEND)
    assert "Avete indicato che risponde Firenze (FI)." in receipt.text
    assert "confermi?" not in member.get("/compila").text


def test_a_yes_turns_no_answer_into_another(lead: Person, member: Person, stored: Stored) -> None:
    member.fill("/compila/B", {"B01": "own"})
    claim(lead, SAMONE)
    page = member.press(member.get("/compila"), "Sì, risponde Firenze (FI)")
    assert page.path == "/compila"
    assert page.alerts[0] == "Confermato: per voi risponde Firenze (FI). Le risposte che hai già dato restano."
    assert stored(SAMONE).document.answers["B01"].value == {"code": "own"}
    assert "Firenze (FI) risponde anche per voi, ma non ha ancora inviato. Sarete coperti dopo l'invio." in page.alerts


def test_a_no_is_kept_and_can_be_changed(lead: Person, member: Person, edition: EditionView) -> None:
    send_claim(lead, SAMONE)
    page = member.press(member.get("/compila"), "No, rispondiamo noi")
    assert page.alerts[0] == "Registrato: per voi non risponde Firenze (FI)."
    assert counts(edition.id, START).covered.municipalities == 0
    assert "confermi?" not in page.text
    member.fill("/compila/B", {"B01": "own"})
    again = member.press(member.get("/compila"), "Cambia: sì, risponde", "Firenze (FI)")
    assert "coperto dalla risposta di Firenze (FI)" in again.text
    assert counts(edition.id, START).covered.municipalities == 1


def test_a_yes_can_become_a_no(lead: Person, member: Person, edition: EditionView) -> None:
    member.fill("/compila/B", {"B01": "own"})
    send_claim(lead, SAMONE)
    page = member.press(member.get("/compila"), "Sì, risponde Firenze (FI)")
    after = member.press(page, "Cambia: no, rispondiamo noi", "Firenze (FI)")
    assert after.alerts == ["Registrato: per voi non risponde Firenze (FI)."]
    assert counts(edition.id, START).covered.municipalities == 0


def test_a_yes_that_was_sent_and_taken_back_is_asked_anew(lead: Person, member: Person) -> None:
    claim(lead, SAMONE)
    page = member.press(member.get("/compila"), "Sì, risponde Firenze (FI)")
    receipt = member.send(page, {"dichiarazione": "1"}, SEND)
    member.press(receipt, "Annulla: rispondiamo noi")
    page = member.get("/compila")
    assert "Per noi risponde Firenze (FI): confermi?" in page.text
    assert "Sarete coperti" not in page.text


def test_the_receipt_says_what_follows_from_what_the_lead_did(lead: Person, member: Person, new_person: NewPerson) -> None:
    waiting = "quando l'ente che hai indicato invia la sua risposta, risultate coperti."
    assert waiting in declare(member, FIRENZE).text
    lead.press(lead.get("/compila"), "No", "non rispondiamo per Samone (TN)")
    refused = member.get("/ricevuta").text
    assert "Così il tuo ente resta senza risposta: rispondi tu, o indica un altro ente." in refused
    assert "Non devi fare altro" not in refused
    village = new_person("Operatore V", SAN_VALENTINO)
    declare(village, FIRENZE)
    send_claim(lead, SAN_VALENTINO)
    assert "Non devi fare altro." in village.get("/ricevuta").text
    assert waiting not in village.get("/ricevuta").text


def test_covered_and_both_are_said_in_words(lead: Person, member: Person) -> None:
    send_claim(lead, SAMONE)
    asked = member.get("/compila")
    assert "Firenze (FI) ha già inviato una risposta che vale anche per voi." in asked.text
    assert "Il tuo Comune è coperto dalla risposta di Firenze (FI)." in asked.alerts
    answer_all(member)
    receipt = submit(member)
    assert (
        "Avete risposto anche voi: contate come risposta vostra e come coperti dalla risposta di Firenze (FI)."
        in receipt.alerts
    )


def test_the_lead_sees_who_counts_on_its_answer(lead: Person) -> None:
    lead.fill("/compila/B", {"B01": "own"})
    page = lead.get("/compila")
    assert "2 Comuni contano sulla tua risposta" in page.text
    assert "Samone (TN)" in page.text
    claim(lead, SAMONE)
    assert "Un Comune conta sulla tua risposta" in lead.get("/compila").text


DENIED = "Il Comune di Samone (TN) ha detto che per lui non risponde il tuo ente: toglilo dall'elenco o chiamalo."
COUNTING = "Un Comune conta sulla tua risposta"


def test_a_lead_is_told_who_has_said_no_and_does_not_count_it(lead: Person, member: Person) -> None:
    claim(lead, SAMONE, SAN_VALENTINO)
    assert DENIED not in lead.get("/compila").text + lead.get("/compila/E").text
    member.press(member.get("/compila"), "No, rispondiamo noi")
    page = lead.get("/compila")
    assert any(text.startswith(DENIED) for text in page.alerts)
    assert page.links()["Rivedi l'elenco dei Comuni"] == "/compila/E#q-E06"
    assert COUNTING in page.text
    form = lead.get("/compila/E")
    assert DENIED in form.alerts
    assert form.value("E06") == [SAMONE, SAN_VALENTINO]
    lead.send(form, {"E06": [SAN_VALENTINO]})
    assert DENIED not in lead.get("/compila").text + lead.get("/compila/E").text
    assert COUNTING in lead.get("/compila").text


def test_who_has_said_no_is_not_counted_either_where_the_lead_has_not_said_for_whom(lead: Person, member: Person) -> None:
    claim(lead, SAMONE)
    member.press(member.get("/compila"), "No, rispondiamo noi")
    lead.send(lead.get("/compila/E"), {"E06": []})
    page = lead.get("/compila")
    assert (COUNTING in page.text, DENIED in page.text) == (True, False)


def test_several_that_have_said_no_are_named_together_and_only_to_their_lead(
    lead: Person, member: Person, second: None, new_person: NewPerson
) -> None:
    claim(lead, SAMONE, SAN_VALENTINO)
    other = new_person("Operatore S", BOLZANO)
    claim(other, SAMONE)
    village = new_person("Operatore V", SAN_VALENTINO)
    member.press(member.get("/compila"), "No, non risponde Firenze (FI)")
    village.press(village.get("/compila"), "No, rispondiamo noi")
    said = (
        "Questi Comuni hanno detto che per loro non risponde il tuo ente: Samone (TN) e San Valentino in Abruzzo Citeriore "
        "(PE). Toglili dall'elenco o chiamali."
    )
    assert any(text.startswith(said) for text in lead.get("/compila").alerts)
    assert "non risponde il tuo ente" not in other.get("/compila").text


def test_after_the_deadline_a_lead_reads_what_does_not_count(
    lead: Person, member: Person, clock: Clock, new_person: NewPerson
) -> None:
    claim(lead, SAMONE)
    member.press(member.get("/compila"), "No, rispondiamo noi")
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    late = new_person("Operatore L", FIRENZE)
    said = "Il Comune di Samone (TN) ha detto che per lui non risponde il tuo ente: non conta nella tua risposta."
    for path in ("/compila", "/compila/E"):
        assert said in late.get(path).alerts, path


def test_a_lead_is_asked_for_each_member_that_names_it(lead: Person, member: Person, stored: Stored) -> None:
    declare(member, FIRENZE)
    page = lead.get("/compila")
    assert page.path == "/compila"
    assert "Il Comune di Samone (TN) ha indicato che risponde il tuo ente. Confermi?" in page.text
    assert "Sì per tutti" not in page.text
    after = lead.press(page, "Sì", "rispondiamo per Samone (TN)")
    assert after.alerts[0] == "Confermato: rispondi anche per Samone (TN)."
    document = stored(FIRENZE).document
    assert document.answers["E06"].value == [SAMONE]
    assert document.answers["E05"].value == {"code": "lead_ambito"}
    assert "Confermi?" not in after.text
    # The registry's other members stay on offer, ticked by nobody.
    form = lead.get("/compila/E")
    assert form.value("E06") == [SAMONE]
    assert form.form().offered["E06"] == {SAMONE, SAN_VALENTINO, FIRENZE}


def test_a_no_tells_the_member_to_answer_itself(lead: Person, member: Person) -> None:
    declare(member, FIRENZE)
    said = lead.press(lead.get("/compila"), "No", "non rispondiamo per Samone (TN)")
    assert said.alerts[0].startswith("Registrato: non rispondi per Samone (TN).")
    assert (
        "Firenze (FI) ha detto che non risponde per voi: rispondi tu, o indica un altro ente." in member.get("/compila").alerts
    )


def test_many_members_are_confirmed_at_once(lead: Person, new_person: NewPerson, stored: Stored) -> None:
    codes = (SAMONE, SAMONE_TO, SAN_VALENTINO, BOLZANO)
    for code in codes[:3]:
        declare(new_person(f"Operatore {code}", code), FIRENZE)
    assert "Sì per tutti" not in lead.get("/compila").text
    declare(new_person("Operatore B", BOLZANO), FIRENZE)
    page = lead.get("/compila")
    assert "4 enti contano su di te" in page.text
    after = lead.press(page, "Sì per tutti")
    assert after.alerts[0].startswith("Confermati: rispondi anche per ")
    assert set(stored(FIRENZE).document.answers["E06"].value) == set(codes)


def test_a_lead_that_said_it_acts_alone_is_told_to_say_for_whom(lead: Person, member: Person) -> None:
    answer_all(lead)
    lead.fill("/compila/E", {"E05": "single"})
    declare(member, FIRENZE)
    after = lead.press(lead.get("/compila"), "Sì", "rispondiamo per Samone (TN)")
    assert after.links()["Indica per quali Comuni rispondi"] == "/compila/E"


def test_two_leads_see_each_other_and_the_member_chooses(
    lead: Person, second: None, member: Person, new_person: NewPerson, edition: EditionView
) -> None:
    other = new_person("Operatore S", BOLZANO)
    send_claim(lead, SAMONE)
    send_claim(other, SAMONE)
    assert any(
        text.startswith("Anche Bolzano (BZ) dice di rispondere per Samone (TN).") for text in lead.get("/compila").alerts
    )
    assert any(
        text.startswith("Anche Firenze (FI) dice di rispondere per Samone (TN).") for text in other.get("/compila").alerts
    )
    page = member.get("/compila")
    assert "Più enti dicono di rispondere per voi: scegli quale" in page.text
    chosen = member.press(page, "Sì, risponde Bolzano (BZ)")
    assert (chosen.path, chosen.value("B03")) == (SHORT, [BOLZANO])
    assert "Il tuo Comune è coperto dalla risposta di Bolzano (BZ)." in member.get("/compila").alerts
    assert not any("dice di rispondere" in text for text in lead.get("/compila").alerts)
    assert counts(edition.id, START).covered.municipalities == 1


def test_a_reply_to_nobody_changes_nothing(lead: Person, member: Person) -> None:
    claim(lead, SAMONE)
    page = member.get("/compila")
    fields = {"csrf_token": page.value("csrf_token", "/compila/capofila/048017"), "ente": SAMONE, "risposta": "si"}
    for path in ("/compila/capofila/021008", "/compila/capofila/999999", "/compila/comuni/048017", "/compila/comuni/999999"):
        assert member.client.post(path, data=fields).status_code == 303
        assert member.get("/compila").alerts[0] == "Nel frattempo la richiesta è cambiata: rileggi questa pagina.", path
    foreign = member.client.post("/compila/capofila/048017", data=fields | {"ente": FIRENZE})
    assert foreign.status_code == 303
    assert member.get("/compila").alerts[0].startswith("La pagina era rimasta aperta da un altro accesso")
    assert "confermi?" in member.get("/compila").text


def test_after_the_deadline_the_states_are_read_and_nothing_is_asked(
    lead: Person, member: Person, clock: Clock, new_person: NewPerson
) -> None:
    send_claim(lead, SAMONE)
    page = member.get("/compila")
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    late = new_person("Operatore M", SAMONE)
    closed = late.get("/compila")
    assert "Il tuo Comune è coperto dalla risposta di Firenze (FI)." in closed.alerts
    assert "confermi?" not in closed.text
    assert not [form for form in closed.forms() if form.action.startswith("/compila/")]
    fields = {**page.form("/compila/capofila/048017").fields, "risposta": "no"}
    fields["csrf_token"] = [late.get("/contatti").forms()[0].fields["csrf_token"][0]]
    assert late.client.post("/compila/capofila/048017", data=fields).status_code == 303
    assert late.get("/compila").alerts[0].startswith("La scadenza è passata")


@pytest.fixture
def merged(edition: EditionView, new_person: NewPerson) -> Person:
    """Samone (TO) answers, describes a practice, and merges into Firenze; its operator."""
    person = new_person("Operatore V", SAMONE_TO)
    answer_all(person)
    person.fill("/compila/E", {"E02": "Più nidi", "E05": "single"})
    empty = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    person.send(empty, {"P01": "Spazio gioco"})
    end_entity(id_of(SAMONE_TO), dt.date(2026, 3, 1), id_of(FIRENZE))
    return person


QUESTION = "Il Comune di Samone (TO) è confluito nel tuo: vuoi riprendere le sue risposte?"


def test_a_merged_municipality_s_answers_are_offered_and_taken_once(merged: Person, person: Person, stored: Stored) -> None:
    page = person.get("/compila")
    assert (page.path, QUESTION in page.text) == ("/compila", True)
    after = person.press(page, "Sì, riprendi le risposte")
    assert after.alerts[0].startswith("Riprese ")
    assert QUESTION not in after.text
    own, theirs = stored().document, stored(SAMONE_TO).document
    assert own.answers["E02"].value == "Più nidi"
    assert "E04" not in own.answers, "who fills in says so anew"
    (item,), (old,) = own.live_items()["P"], theirs.live_items()["P"]
    assert item != old
    assert own.answers[f"{item}/P01"].value == "Spazio gioco"
    assert person.press(page, "Sì, riprendi le risposte").alerts[0].startswith("Nel frattempo")
    assert stored().document.live_items()["P"] == [item]


def test_what_the_successor_has_answered_itself_stays(merged: Person, person: Person, stored: Stored) -> None:
    person.fill("/compila/B", {"B01": "both"})
    person.fill("/compila/E", {"E02": "Più ludoteche"})
    person.press(person.get("/compila"), "Sì, riprendi le risposte")
    own = stored().document
    assert own.answers["B01"].value == {"code": "both"}
    assert own.answers["E02"].value == "Più ludoteche"
    assert own.answers["B04"].value == {"codes": ["families"]}
    assert not own.conflicts


def test_answers_that_are_not_wanted_are_not_offered_again(merged: Person, person: Person, stored: Stored) -> None:
    after = person.press(person.get("/compila"), "No, non servono")
    assert after.path == "/compila/B"  # nothing has been answered yet
    person.fill("/compila/B", {"B01": "own"})
    assert QUESTION not in person.get("/compila").text
    assert "P" not in stored().document.items


def test_nobody_else_is_offered_them(merged: Person, new_person: NewPerson) -> None:
    other = new_person("Operatore S", BOLZANO)
    assert other.get("/compila").path == "/compila/B"
    token = other.get("/compila/B").form().fields
    fields = {"csrf_token": token["csrf_token"], "ente": BOLZANO, "risposta": "si"}
    assert other.client.post("/compila/confluito/001235", data=fields).status_code == 303
    assert other.get("/compila/B").alerts[0].startswith("Nel frattempo")
    assert other.get("/compila").path == "/compila/B"


def test_after_the_deadline_nothing_is_offered(merged: Person, person: Person, clock: Clock, renew: Renew) -> None:
    person.fill("/compila/B", {"B01": "own"})
    clock.set(dt.datetime(2026, 5, 1, 9, 0, tzinfo=dt.UTC))
    renew(person)
    assert QUESTION not in person.get("/compila").text
