"""Words on their way: the language of the entity, what is left of a draft, who has answered, attachments, people; read back
from a real conversation with a mail server."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Operator
from app.accounts.operators import remove_operator
from app.accounts.reminded import set_reminders, stop_token
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery, DeliveryGroup, GroupFile
from app.mail.outbox import Tally
from app.privacy.erasing import erase_operator
from app.registry.addresses import UnknownAddressError
from app.registry.entity_languages import choose_language, languages_of
from app.registry.reminder_addresses import remind_address
from app.reminders.audience import Audience, Choice, find_audience
from app.reminders.batches import Plan, queue_batch
from app.reminders.channels import BY_HAND
from app.reminders.occasions import REMINDER, RESULTS, THANKS
from app.reminders.schedule import Schedule
from app.reminders.template_files import MOST_BYTES, UnfitFileError, add_file, plain_name, remove_file
from app.reminders.templates import LIBRARY, create_template, shipped_template
from app.reminders.wording import Text
from tests.conftest import START, Clock
from tests.open_edition import later
from tests.registry.rows import add_contact
from tests.responses.people import BOLZANO, FIRENZE, OWN, SAMONE_TN, SAMONE_TO, VALENTINO, People, claiming
from tests.smtp_server import SmtpServer

Run = Callable[[], Tally]
IDS = {occasion: number for number, occasion in LIBRARY.items()}
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
EMAIL = "operatrice@comune.example.org"


def queue(edition: EditionView, key: str = "k", template: int = 0, now: dt.datetime = START, **changes: Any) -> int:
    schedule = changes.pop("schedule", Schedule(now, 3_600, False, at_once=True))
    plan = Plan(name="Prova", choice=Choice(beyond_limit=True), template_id=template, schedule=schedule, **changes)
    return queue_batch(edition, plan, key=key, actor="staff:1", now=now)


def audience(edition: EditionView, at: dt.datetime = START, **more: Any) -> Audience:
    from app.chasing.respondents import fresh_respondents

    fresh_respondents(edition, at)
    return find_audience(edition, Choice(), at, at, **more)


def message_to(server: SmtpServer, code: str) -> Any:
    return next(one.message for one in server.taken if f"u{code}@" in one.recipients[0])


def body_of(message: Any, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content())


@pytest.fixture
def drafted(people: People) -> People:
    """Firenze has a draft, and somebody with a verified address who works on it."""
    people.write(FIRENZE, {"B01": {"code": "own"}})
    add_operator(FIRENZE)
    return people


def add_operator(code: str, email: str = EMAIL, **changes: Any) -> int:
    values = {"entity_id": People.entity(code).id, "name": "Operatrice A", "office": "Uff", "email": email, "phone": ""}
    values |= {"created_at": later(), "verified_at": later(), **changes}
    number: int = db.session.execute(sa.insert(Operator).values(**values).returning(Operator.id)).scalar_one()
    db.session.commit()
    return number


def test_the_language_is_that_of_the_place_until_somebody_chooses(reachable: EditionView) -> None:
    ids = {code: People.entity(code).id for code in (FIRENZE, BOLZANO)}
    assert languages_of(ids.values()) == {ids[FIRENZE]: "it", ids[BOLZANO]: "de"}
    assert choose_language(ids[BOLZANO], "it", actor="staff:1", now=START)
    assert not choose_language(ids[BOLZANO], "it", actor="staff:1", now=START)
    assert choose_language(ids[FIRENZE], "sl", actor="staff:1", now=START)
    assert languages_of(ids.values()) == {ids[FIRENZE]: "sl", ids[BOLZANO]: "it"}
    with pytest.raises(ValueError, match="xx"):
        choose_language(ids[FIRENZE], "xx", actor="staff:1", now=START)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("it", ("Gentile ufficio,", "fino al 30 aprile 2026, 23:59: avete ancora 45 giorni", "Vai alla ricognizione")),
        ("de", ("Sehr geehrte Damen und Herren,", "am 30. April 2026, 23:59 Uhr; Sie haben noch 45 Tage Zeit", "Zur Erhebung")),
        ("fr", ("Madame, Monsieur,", "jusqu'au 30 avril 2026 à 23:59\xa0: il vous reste 45 jours", "Accéder à l")),
        ("sl", ("Spoštovani,", "Rok za odgovor: 30. 4. 2026, 23.59. Na voljo imate še 45 dni", "Na stran raziskave")),
    ],
)
def test_text_dates_button_and_html_are_in_the_language_of_the_entity(
    reachable: EditionView, run: Run, server: SmtpServer, language: str, told: tuple[str, ...]
) -> None:
    choose_language(People.entity(FIRENZE).id, language, actor="staff:1", now=START)
    queue(reachable)
    run()
    message = message_to(server, FIRENZE)
    text, html = body_of(message, "plain"), body_of(message, "html")
    assert message["Content-Language"] == language
    assert f'<html lang="{language}">' in html
    assert told[0] in text
    assert told[1] in text
    assert told[2] in html
    assert "{" not in text + html
    assert message_to(server, BOLZANO)["Content-Language"] == "de"
    assert message_to(server, BOLZANO)["Subject"].startswith("Bozen (BZ): Erinnerung")
    assert "List-Unsubscribe" not in message


def test_a_text_that_a_language_lacks_is_the_italian_one_whole(reachable: EditionView, run: Run, server: SmtpServer) -> None:
    texts = {one: Text("Oggetto {giorni}", "Ciao\n{link}") for one in ("not_started", "draft", "lead")}
    others = {"de": {"draft": Text("Betreff {giorni}", "Hallo\n{link}")}}
    template = create_template(reachable.id, "Mio", texts, actor="staff:1", now=START, others=others)
    queue(reachable, template=template)
    run()
    message = message_to(server, BOLZANO)
    assert (message["Subject"], message["Content-Language"]) == ("Oggetto 45 giorni", "it")
    assert '<html lang="it">' in body_of(message, "html")
    assert "Vai alla ricognizione" in body_of(message, "html")


def test_a_draft_is_told_what_is_left_when_the_message_goes(
    reachable: EditionView, people: People, run: Run, server: SmtpServer
) -> None:
    people.write(FIRENZE, {"B01": {"code": "own"}})
    queue(reachable)
    text = db.session.scalars(sa.select(Delivery.text).where(Delivery.recipient == f"u{FIRENZE}@example.org")).one()
    assert "{mancano}" in text
    db.session.rollback()
    people.write(FIRENZE, OWN)
    run()
    sent = body_of(message_to(server, FIRENZE), "plain")
    assert "Da completare: nulla, manca solo l'invio." in sent
    assert "Tempo stimato: circa 2 minuti." in sent


def test_the_parts_are_named_and_no_answer(reachable: EditionView, people: People, run: Run, server: SmtpServer) -> None:
    people.write(FIRENZE, {"B01": {"code": "own"}})
    queue(reachable)
    run()
    message = message_to(server, FIRENZE)
    found = re.search(r"Da completare: (.+)\.\s+Tempo stimato: circa (\d+) minuti\.", body_of(message, "plain"))
    assert found is not None
    assert found.group(1) != "nulla, manca solo l'invio"
    assert 2 <= int(found.group(2)) <= 90
    assert "Operatore A" not in body_of(message, "plain")


def test_thanks_goes_to_who_has_answered_and_counts_in_no_limit(
    reachable: EditionView, people: People, run: Run, server: SmtpServer, clock: Clock
) -> None:
    people.send(FIRENZE, OWN)
    clock.set(START + dt.timedelta(hours=2))
    found = audience(reachable, occasion=THANKS)
    assert [one.code for one in found.recipients] == [FIRENZE]
    assert found.by_reason() == {"not_answered": 4}
    assert [one.code for one in audience(reachable, occasion=REMINDER).recipients if one.code == FIRENZE] == []
    queue(reachable, "t", IDS[THANKS], START + dt.timedelta(hours=2))
    run()
    message = next(one.message for one in server.taken if "la risposta a" in str(one.message["Subject"]))
    assert message["Subject"].startswith("Firenze (FI): la risposta a")
    assert "/accedi?ente=048017" in body_of(message, "plain")
    assert audience(reachable, occasion=THANKS).by_reason() == {"enough_messages": 1, "not_answered": 4}
    queue(reachable, "r", now=START + dt.timedelta(hours=2))
    assert db.session.scalar(sa.select(sa.func.count()).where(Delivery.kind == "thanks")) == 1


def test_thanks_is_not_sent_to_who_has_withdrawn_nor_to_an_address_that_is_gone(
    reachable: EditionView, people: People, run: Run, server: SmtpServer, clock: Clock
) -> None:
    people.send(FIRENZE, OWN)
    clock.set(START + dt.timedelta(hours=2))
    queue(reachable, "t", IDS[THANKS], START + dt.timedelta(hours=2))
    db.session.execute(sa.text("UPDATE response SET submitted_as = NULL, status = 'draft'"))
    db.session.commit()
    run()
    assert [one.recipients for one in server.taken if "la risposta a" in str(one.message["Subject"])] == []
    reason = db.session.scalars(sa.select(Delivery.reason).where(Delivery.kind == "thanks")).one()
    assert reason == "the entity has not answered"


def test_results_reach_who_is_covered_as_well(reachable: EditionView, people: People) -> None:
    people.send(FIRENZE, claiming(SAMONE_TN))
    people.member_says(SAMONE_TN, FIRENZE, agrees=True)
    later = START + dt.timedelta(days=90)
    assert {one.code for one in audience(reachable, later, occasion=RESULTS).recipients} == {FIRENZE, SAMONE_TN}
    assert {one.code for one in audience(reachable, later, occasion=THANKS).recipients} == {FIRENZE}


def test_a_member_of_a_silent_lead_reads_a_text_of_its_own_in_the_last_week(
    reachable: EditionView, people: People, run: Run, server: SmtpServer, clock: Clock
) -> None:
    people.write(FIRENZE, claiming(BOLZANO))
    people.member_says(BOLZANO, FIRENZE, agrees=True)
    early = {one.code: one for one in audience(reachable).recipients}
    assert BOLZANO not in early
    assert early[FIRENZE].audience == "lead"
    last_week = reachable.closes_at - dt.timedelta(days=3)
    found = {one.code: one for one in audience(reachable, last_week).recipients}
    assert (found[BOLZANO].audience, found[BOLZANO].leads) == ("member", "Firenze (FI)")
    clock.set(last_week)
    queue(reachable, now=last_week)
    run()
    assert message_to(server, BOLZANO)["Subject"] == "Bozen (BZ): Antwort noch nicht eingegangen – Firenze (FI)"


def with_files(edition: EditionView, *files: bytes) -> int:
    shipped = shipped_template()
    template = create_template(edition.id, "Con lettera", shipped.texts, actor="staff:1", now=START, others=shipped.others)
    for number, content in enumerate(files):
        add_file(edition.id, template, f"Lettera ai Sindaci è {number}.pdf", content, actor="staff:1", now=START)
    return template


def test_attachments_are_kept_once_and_arrive_whole_with_both_texts(
    reachable: EditionView, run: Run, server: SmtpServer
) -> None:
    template = with_files(reachable, PDF, PDF + b"2")
    queue(reachable, template=template)
    remove_file(reachable.id, template, 1, actor="staff:1", now=START)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(GroupFile)) == 2
    db.session.rollback()
    assert run().accepted == 5
    for taken in server.taken:
        message = taken.message
        assert message.get_content_type() == "multipart/mixed"
        found = [(one.get_filename(), one.get_content_type(), one.get_content()) for one in message.iter_attachments()]
        assert found == [
            ("lettera-ai-sindaci-e-0.pdf", "application/pdf", PDF),
            ("lettera-ai-sindaci-e-1.pdf", "application/pdf", PDF + b"2"),
        ]
        assert "{" not in body_of(message, "plain") + body_of(message, "html")
        assert message.defects == []
        assert all(line.endswith(b"\r\n") for line in taken.content.splitlines(keepends=True))


def test_a_message_without_attachments_is_as_before(reachable: EditionView, run: Run, server: SmtpServer) -> None:
    queue(reachable)
    run()
    assert {one.message.get_content_type() for one in server.taken} == {"multipart/alternative"}
    assert set(db.session.scalars(sa.select(DeliveryGroup.files))) == {0}


def test_what_is_sent_by_hand_has_the_attachments_too(reachable: EditionView) -> None:
    import email.policy
    import io
    import zipfile

    from app.reminders.by_hand import hand_out_batch
    from app.reminders.hand_files import write_file

    add_contact(People.entity(FIRENZE).id, "pec", "protocollo@pec.example.org")
    schedule = Schedule(START, 3_600, False, at_once=True)
    batch = queue(reachable, template=with_files(reachable, PDF), channel=BY_HAND, schedule=schedule)
    messages = hand_out_batch(reachable.id, batch, "zip", actor="staff:1", now=START)
    with zipfile.ZipFile(io.BytesIO(write_file("zip", messages, START).read())) as archive:
        drafts = [email.message_from_bytes(archive.read(name), policy=email.policy.default) for name in archive.namelist()]
    assert [[one.get_content() for one in draft.iter_attachments()] for draft in drafts] == [[PDF]]
    body = drafts[0].get_body(("plain",))
    assert body is not None
    assert "Gentile ufficio" in body.get_content()


def test_only_a_pdf_is_taken_two_at_most_and_a_megabyte_together(reachable: EditionView) -> None:
    template = with_files(reachable)

    def refused(content: bytes) -> str:
        with pytest.raises(UnfitFileError) as told:
            add_file(reachable.id, template, "x.pdf", content, actor="staff:1", now=START)
        return told.value.reason

    assert (refused(b""), refused(b"MZ"), refused(b"%PDF-" + b"x" * MOST_BYTES)) == ("no_file", "not_pdf", "too_large")
    add_file(reachable.id, template, "x.pdf", PDF, actor="staff:1", now=START)
    assert refused(b"%PDF-" + b"x" * (MOST_BYTES - len(PDF))) == "too_large"
    add_file(reachable.id, template, "x.pdf", PDF, actor="staff:1", now=START)
    assert refused(PDF) == "too_many"
    assert plain_name('..\\a"b\r\nBcc: x.PDF') == "a-b-bcc-x.pdf"
    assert plain_name("") == "allegato.pdf"


def people_in(edition: EditionView, at: dt.datetime = START) -> list[tuple[str, ...]]:
    return [one.people for one in audience(edition, at).recipients if one.people]


def test_who_works_on_a_draft_gets_it_at_the_own_address_once(
    reachable: EditionView, drafted: People, run: Run, server: SmtpServer
) -> None:
    assert people_in(reachable) == [(EMAIL,)]
    queue(reachable)
    run()
    to_person = [one for one in server.taken if one.recipients == (EMAIL,)]
    assert len(to_person) == 1
    message = to_person[0].message
    text = body_of(message, "plain")
    stop = re.search(r"<(http\S+)>", message["List-Unsubscribe"])
    assert stop is not None
    assert stop.group(1) in text
    assert f'<a href="{stop.group(1)}">' in body_of(message, "html")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/accedi?ente=048017" in text
    assert "/attiva/" not in text
    assert all("List-Unsubscribe" not in one.message for one in server.taken if one.recipients != (EMAIL,))
    stored = db.session.scalars(sa.select(Delivery.text).where(Delivery.recipient == EMAIL)).one()
    assert stop_token(1, EMAIL).partition("-")[2] not in stored
    assert "{stop}" in stored
    assert people_in(reachable) == []


@pytest.mark.parametrize(
    "unwanted",
    [
        {"verified_at": None},
        {"removed_at": START},
        {"no_reminders_at": START},
        {"email": f"U{FIRENZE}@example.org"},
        {"created_at": START - dt.timedelta(days=900)},
    ],
)
def test_who_is_not_written_to_at_the_own_address(reachable: EditionView, people: People, unwanted: dict[str, Any]) -> None:
    people.write(FIRENZE, {"B01": {"code": "own"}})
    add_operator(FIRENZE, **unwanted)
    assert people_in(reachable) == []


def test_nobody_gets_it_where_the_office_has_not_begun(reachable: EditionView) -> None:
    add_operator(FIRENZE)
    assert people_in(reachable) == []


@pytest.mark.parametrize("way", ["stopped", "removed", "erased"])
def test_what_is_ended_after_planning_is_respected_at_the_claim(
    reachable: EditionView, drafted: People, run: Run, server: SmtpServer, way: str
) -> None:
    number = db.session.scalars(sa.select(Operator.id).where(Operator.email == EMAIL)).one()
    entity_id = People.entity(FIRENZE).id
    queue(reachable)
    deeds: dict[str, Callable[[], object]] = {
        "stopped": lambda: set_reminders(number, wanted=False, now=START),
        "removed": lambda: remove_operator(entity_id, number, by=None, now=START),
        "erased": lambda: erase_operator(number, actor="staff:1", now=START),
    }
    deeds[way]()
    run()
    assert all(one.recipients != (EMAIL,) for one in server.taken)
    assert any(one.recipients == (f"u{FIRENZE}@example.org",) for one in server.taken)
    left = db.session.scalars(sa.select(Operator.no_reminders_at).where(Operator.id == number)).one()
    assert (left is not None) == (way == "stopped")


def test_an_end_holds_for_the_address_in_every_entity(reachable: EditionView, people: People) -> None:
    for code in (FIRENZE, SAMONE_TO):
        people.write(code, {"B01": {"code": "own"}})
    first, _second = add_operator(FIRENZE), add_operator(SAMONE_TO, EMAIL.upper())
    assert len(people_in(reachable)) == 2
    assert set_reminders(first, wanted=False, now=START)
    assert people_in(reachable) == []
    assert not set_reminders(first, wanted=False, now=START)
    assert set_reminders(first, wanted=True, now=START)
    assert len(people_in(reachable)) == 2


def test_an_other_address_can_be_left_out_and_no_office(reachable: EditionView, run: Run, server: SmtpServer) -> None:
    valentino = People.entity(VALENTINO).id
    db.session.execute(sa.text("UPDATE contact_address SET purpose = 'other' WHERE entity_id = :id"), {"id": valentino})
    db.session.commit()
    numbers = {row[0]: row[1] for row in db.session.execute(sa.text("SELECT entity_id, id FROM contact_address"))}
    db.session.rollback()
    queue(reachable)
    assert remind_address(valentino, numbers[valentino], wanted=False, actor="staff:1", now=START)
    firenze = People.entity(FIRENZE).id
    with pytest.raises(UnknownAddressError):
        remind_address(firenze, numbers[firenze], wanted=False, actor="staff:1", now=START)
    run()
    assert all(VALENTINO not in one.recipients[0] for one in server.taken)
    assert [one.reason for one in audience(reachable).left_out if one.code == VALENTINO] == ["no_address"]
    assert remind_address(valentino, numbers[valentino], wanted=True, actor="staff:1", now=START)
    assert VALENTINO in {one.code for one in audience(reachable).recipients}


def test_the_shipped_text_is_the_same_object_for_plans(app: Flask) -> None:
    assert [shipped_template(number).occasion for number in sorted(LIBRARY, reverse=True)] == list(LIBRARY.values())
