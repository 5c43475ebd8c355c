"""Addresses at the desk: changed at once, the old one told, what was ended taken back; proposals confirmed or refused."""

from __future__ import annotations

import datetime as dt

from app.registry.addresses import addresses_of, propose_change
from tests.accounts.mailbox import queued
from tests.desk.logins import FIRENZE, OFFICE, SAMONE_TN, deeds, entity, register
from tests.fill.person import Person

PAGE = f"/gestione/accessi/{FIRENZE}/indirizzi"
NEW = "sociale@comune.example.org"
PEC = "comune@pec.example.org"
SAVE = ("azione", "salva")
END = ("azione", "termina")


def in_use() -> list[str]:
    return [row.email for row in addresses_of(entity().id)]


def propose(code: str, email: str, now: dt.datetime) -> int:
    return propose_change(entity(code).id, purpose="other", email=email, replaces_id=None, proposed_by="operator:1", now=now)


def test_an_address_is_replaced_and_the_old_one_taken_back(coordinator: Person, now: dt.datetime) -> None:
    number = register(FIRENZE, now)
    register(FIRENZE, now, PEC, "pec")
    done = coordinator.fill(f"{PAGE}/{number}", {"email": NEW}, SAVE)
    assert done.alerts == [f"Indirizzo registrato. Un avviso va a: {OFFICE}, {PEC}."]
    assert in_use() == [PEC, NEW]
    assert [one.recipient for one in queued()] == [OFFICE, PEC]
    back = coordinator.press(done, "Riprendi", OFFICE)
    assert in_use() == [PEC, OFFICE, NEW]
    assert "È di nuovo in uso." in back.text
    assert coordinator.client.post(f"{PAGE}/999/riprendi").status_code in (400, 404)
    assert [action for action, _actor in deeds()] == ["address_changed", "address_changed"]


def test_an_address_is_added_and_ended(coordinator: Person, now: dt.datetime) -> None:
    assert "Nessun indirizzo" in coordinator.get(PAGE).text
    added = coordinator.fill(f"{PAGE}/nuovo", {"purpose": "mayor", "email": " Sindaco@Comune.example.org "}, SAVE)
    assert in_use() == ["sindaco@comune.example.org"]
    link = next(href for text, href in added.links().items() if text.startswith("Cambia o togli"))
    ended = coordinator.fill(link, {}, END)
    assert ended.alerts == ["Indirizzo non più in uso. Un avviso va a: sindaco@comune.example.org."]
    assert in_use() == []


def test_what_was_typed_comes_back_with_its_error(coordinator: Person, now: dt.datetime) -> None:
    register(FIRENZE, now)
    page = coordinator.fill(f"{PAGE}/nuovo", {"purpose": "mayor", "email": "sindaco@"}, SAVE)
    assert (page.status, page.value("email"), page.value("purpose")) == (422, ["sindaco@"], ["mayor"])
    assert page.summary() == [("#email", "Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it.")]
    empty = coordinator.fill(f"{PAGE}/nuovo", {}, SAVE)
    assert [target for target, _text in empty.summary()] == ["#purpose", "#email"]
    twice = coordinator.fill(f"{PAGE}/nuovo", {"purpose": "registry_office", "email": OFFICE}, SAVE)
    assert twice.summary() == [("#email", "Questo indirizzo è già registrato per lo stesso ufficio.")]
    assert (in_use(), queued()) == ([OFFICE], [])


def test_an_address_of_another_entity_is_as_if_it_did_not_exist(coordinator: Person, now: dt.datetime) -> None:
    foreign = register(SAMONE_TN, now)
    assert coordinator.get(f"{PAGE}/{foreign}").status == 404
    assert coordinator.get("/gestione/accessi/999999/indirizzi").status == 404


def test_proposals_are_confirmed_and_refused(administrator: Person, now: dt.datetime) -> None:
    register(FIRENZE, now)
    propose(FIRENZE, NEW, now)
    propose(SAMONE_TN, "altro@example.org", now)
    page = administrator.get("/gestione/indirizzi")
    assert f"Aggiungi {NEW} (altro ufficio)" in page.text
    confirmed = administrator.press(page, "Conferma", "Firenze")
    assert confirmed.alerts == [f"Confermato: vale da subito per Firenze (FI). Un avviso va a: {OFFICE}."]
    assert NEW in in_use()
    refused = administrator.press(confirmed, "Rifiuta", "Samone")
    assert refused.alerts == ["Rifiutato: per Samone (TN) resta tutto com'era."]
    assert "Nessuna proposta in attesa." in refused.text
    assert addresses_of(entity(SAMONE_TN).id) == []
    again = administrator.press(page, "Conferma", "Firenze")
    assert again.alerts == ["Questa proposta non è più in attesa: qualcuno l'ha già decisa o ritirata."]


def test_a_proposal_can_be_decided_on_the_page_of_its_entity(coordinator: Person, now: dt.datetime) -> None:
    propose(FIRENZE, NEW, now)
    decided = coordinator.press(coordinator.get(PAGE), "Conferma", NEW)
    assert (decided.path, in_use()) == (PAGE, [NEW])


def test_a_long_list_of_proposals_has_pages(coordinator: Person, now: dt.datetime) -> None:
    for number in range(20):
        propose(FIRENZE, f"ufficio{number}@example.org", now)
    propose(SAMONE_TN, "ultimo@example.org", now + dt.timedelta(hours=1))
    assert "Pagina 1 di 2" in coordinator.get("/gestione/indirizzi").text
    second = coordinator.get("/gestione/indirizzi?pagina=2")
    assert "ultimo@example.org" in second.text
    assert "ufficio3@example.org" not in second.text
    assert coordinator.get("/gestione/indirizzi?pagina=x").status == 200
