"""Messages with a link: what is queued is no secret, the link is made when the message is claimed, and only if still wanted."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.links import DeadLinkError, entity_of_link, redeem_activation_link
from app.accounts.messages import queue_messages
from app.accounts.models import ActivationLink, SignInLink
from app.accounts.places import place_of
from app.accounts.rations import AskedTooOftenError
from app.accounts.resets import reset_login
from app.accounts.sending import AlreadyActivatedError, NoAddressError, Occasion, invite_entity, send_sign_in_link
from app.accounts.sessions import find_identity
from app.accounts.sign_in_links import create_sign_in_link, entity_of_sign_in_link
from app.accounts.signing_in import sign_in_by_link
from app.accounts.throttle import TooManyAttemptsError
from app.audit.models import AuditEntry
from app.extensions import db
from app.mail.claims import Claim, renew
from app.registry.models import ContactAddress, Entity
from app.registry.recipients import recipients_of
from tests.accounts.few import AGLIE, BASE_URL, PASSWORD, SAMONE_TO, activate, at_once, entity
from tests.accounts.mailbox import OFFICE, claim, queued, register
from tests.pages import problems_of

pytestmark = pytest.mark.usefixtures("few")
HOME = place_of(None, "192.0.2.1")
CITY = "203.0.113.9"


def ask(now: dt.datetime, *, code: str = AGLIE, network: str = CITY, language: str = "it") -> list[str]:
    return send_sign_in_link(entity(code), network=network, language=language, now=now)


def wait(now: dt.datetime, **asked: str) -> int:
    try:
        ask(now, **asked)
    except AskedTooOftenError as error:
        return error.seconds
    return 0


def count(model: type[ActivationLink] | type[SignInLink]) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_what_is_queued_holds_no_link(now: dt.datetime) -> None:
    register(AGLIE)
    invite_entity(AGLIE, actor="test", now=now)
    ask(now)
    queue_messages("reset", entity(AGLIE), now, language="it")
    db.session.commit()
    kinds = [delivery.kind for delivery in queued()]
    assert kinds == ["activation", "sign_in", "reset"]
    for delivery in queued():
        assert delivery.text.count("{link}") == 1
        assert delivery.html is not None
        assert delivery.html.count("{link}") == 2
        assert not any(page in delivery.text for page in ("/attiva/", "/entra/", "/reimposta/"))
        assert delivery.reference == f"entity:{entity(AGLIE).id}"
    assert (count(ActivationLink), count(SignInLink)) == (0, 0)
    assert [arrived.path.split("/")[1] for arrived in claim(now)] == ["attiva", "entra", "reimposta"]


def test_the_html_says_what_the_text_says_and_is_well_made(now: dt.datetime) -> None:
    register(AGLIE)
    ask(now)
    (arrived,) = claim(now)
    assert not problems_of(arrived.html)
    assert '<html lang="it">' in arrived.html
    assert arrived.html.count(f"{BASE_URL}{arrived.path}") == 2
    for paragraph in arrived.text.split("\n\n"):
        if BASE_URL not in paragraph:
            assert paragraph.strip() in arrived.html.replace("&#39;", "'")
    assert "{link}" not in arrived.text + arrived.html


def test_the_invitation_names_the_survey_and_its_deadline(now: dt.datetime) -> None:
    register(AGLIE)
    deadline = dt.datetime(2026, 12, 18, 22, 59, tzinfo=dt.UTC)
    invite_entity(AGLIE, actor="test", now=now, occasion=Occasion("Ricognizione <2026>", deadline))
    (arrived,) = claim(now)
    assert arrived.subject == "Ricognizione: attiva l'accesso di Agliè (TO)"
    assert "Ricognizione <2026>: si può rispondere fino al 18 dicembre 2026, 23:59." in arrived.text
    assert "Ricognizione &lt;2026&gt;" in arrived.html
    assert entity_of_link(arrived.token, now).code == AGLIE


def test_a_message_is_in_the_language_of_its_reader(app: Flask, now: dt.datetime) -> None:
    register(AGLIE)
    with app.test_request_context("/"):
        ask(now, language="en")
    assert [(delivery.language, '<html lang="en">' in (delivery.html or "")) for delivery in queued()] == [("en", True)]


@pytest.mark.settings(base_url="https://rilevazione.esempio.it")
def test_links_are_the_configured_ones_whatever_the_host_header_says(app: Flask, now: dt.datetime) -> None:
    register(AGLIE)
    with app.test_request_context("/", headers={"Host": "cattivo.example", "X-Forwarded-Host": "cattivo.example"}):
        ask(now)
        link = create_sign_in_link(entity(AGLIE).id, now)
        delivery = queued()[0]
        assert "cattivo.example" not in delivery.text + (delivery.html or "") + link
    assert link.startswith("https://rilevazione.esempio.it/entra/")
    assert "https://rilevazione.esempio.it/contatti" in queued()[0].text


def test_each_address_gets_a_link_of_its_own_and_the_first_used_ends_the_others(now: dt.datetime) -> None:
    register(AGLIE)
    register(AGLIE, "sociali@comune.example.org", "social_services")
    invite_entity(AGLIE, actor="test", now=now)
    arrived = claim(now)
    assert [one.recipient for one in arrived] == recipients_of(entity(AGLIE).id, "activation", now)
    assert [entity_of_link(one.token, now).code for one in arrived] == [AGLIE] * len(arrived)
    redeem_activation_link(arrived[-1].token, PASSWORD, now)
    for one in arrived:
        with pytest.raises(DeadLinkError):
            entity_of_link(one.token, now)


def test_a_message_that_is_claimed_again_carries_a_link_that_works(now: dt.datetime) -> None:
    register(AGLIE)
    invite_entity(AGLIE, actor="test", now=now)
    (first,) = claim(now)
    queued()[0].state = "queued"  # the first try came back
    db.session.commit()
    (second,) = claim(now)
    assert first.token != second.token
    assert [entity_of_link(one.token, now).code for one in (first, second)] == [AGLIE, AGLIE]


def test_a_message_that_is_not_wanted_any_more_makes_no_link(now: dt.datetime) -> None:
    register(AGLIE)
    invite_entity(AGLIE, actor="test", now=now)
    queue_messages("reset", entity(AGLIE), now, language="it")
    ask(now)
    activate(AGLIE, now)
    before = count(ActivationLink)
    reasons = [one.reason for one in claim(now + dt.timedelta(hours=5))]
    assert reasons == ["the entity has set its password"] * 2 + ["asked for too long ago"]
    assert (count(ActivationLink), count(SignInLink)) == (before, 0)


def test_an_address_that_is_no_longer_the_entity_s_gets_no_link(now: dt.datetime) -> None:
    register(AGLIE)
    ask(now)
    db.session.execute(sa.update(ContactAddress).values(ended_at=now))
    assert [one.reason for one in claim(now)] == ["the address is no longer the entity's"]
    assert count(SignInLink) == 0


def test_a_reset_cancels_what_has_not_gone_yet(now: dt.datetime) -> None:
    register(AGLIE)
    register(SAMONE_TO, "samone@comune.example.org")
    invite_entity(AGLIE, actor="test", now=now)
    invite_entity(SAMONE_TO, actor="test", now=now)
    ask(now)
    claimed, _, waiting = queued()
    claimed.state, claimed.claim_token, claimed.lease_until = "claimed", "t" * 32, now + dt.timedelta(minutes=10)
    waiting.state = "retry_wait"
    db.session.commit()
    reset_login(AGLIE, actor="test", now=now)
    db.session.expire_all()
    states = [(delivery.kind, delivery.state, delivery.reason, delivery.claim_token) for delivery in queued()]
    assert states == [
        ("activation", "cancelled", "the login was reset", None),
        ("activation", "queued", "", None),
        ("sign_in", "cancelled", "the login was reset", None),
        ("reset", "queued", "", None),
    ]
    assert not renew(Claim(claimed.id, "t" * 32), now)


def test_a_message_whose_data_phase_has_begun_is_left_to_its_worker(now: dt.datetime) -> None:
    register(AGLIE)
    invite_entity(AGLIE, actor="test", now=now)
    (begun,) = queued()
    begun.state, begun.claim_token = "data", "t" * 32
    db.session.commit()
    reset_login(AGLIE, actor="test", now=now)
    db.session.expire_all()
    assert [(delivery.state, delivery.claim_token) for delivery in queued()] == [("data", "t" * 32), ("queued", None)]


def test_an_entity_that_has_ended_gets_nothing(now: dt.datetime) -> None:
    register(AGLIE)
    ask(now)
    db.session.execute(sa.update(Entity).where(Entity.code == AGLIE).values(valid_to=dt.date(2026, 1, 1)))
    assert [one.reason for one in claim(now)] == ["the entity no longer exists"]


def test_a_sign_in_link_signs_in_once_and_for_ten_minutes(now: dt.datetime) -> None:
    register(AGLIE)
    ask(now)
    later = now + dt.timedelta(hours=1)
    (arrived,) = claim(later)  # its time begins when it is sent
    for _ in range(3):
        assert entity_of_sign_in_link(arrived.token, later + dt.timedelta(minutes=9)).code == AGLIE
    with pytest.raises(DeadLinkError):
        entity_of_sign_in_link(arrived.token, later + dt.timedelta(minutes=10))
    signed = sign_in_by_link(arrived.token, HOME, later)
    identity = find_identity(signed.session_token, later)
    assert identity is not None
    assert identity.entity_code == AGLIE
    with pytest.raises(DeadLinkError):
        sign_in_by_link(arrived.token, HOME, later)


def test_of_many_who_use_a_sign_in_link_at_once_one_comes_in(app: Flask, now: dt.datetime) -> None:
    token = create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    db.session.commit()
    outcomes = at_once(app, [lambda: sign_in_by_link(token, HOME, now)] * 6)
    assert sum(isinstance(outcome, DeadLinkError) for outcome in outcomes) == 5, outcomes


def test_setting_a_password_ends_the_sign_in_links(now: dt.datetime) -> None:
    token = create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    others = create_sign_in_link(entity(SAMONE_TO).id, now).rpartition("/")[2]
    db.session.commit()
    activate(AGLIE, now)
    with pytest.raises(DeadLinkError):
        sign_in_by_link(token, HOME, now)
    assert sign_in_by_link(others, HOME, now)


def test_the_secret_is_stored_nowhere(now: dt.datetime) -> None:
    token = create_sign_in_link(entity(AGLIE).id, now).rpartition("/")[2]
    db.session.commit()
    sign_in_by_link(token, HOME, now)
    told = str(db.session.execute(sa.select(*SignInLink.__table__.columns)).all())
    told += str(db.session.execute(sa.select(*AuditEntry.__table__.columns)).all())
    assert token not in told


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ù" * 43, "a" * 10_000])
def test_what_is_no_link_is_dead(now: dt.datetime, token: str) -> None:
    with pytest.raises(DeadLinkError):
        sign_in_by_link(token, HOME, now)


def test_at_most_one_message_in_two_minutes_and_five_in_an_hour(now: dt.datetime) -> None:
    register(AGLIE)
    assert wait(now) == 0
    assert wait(now) == 120
    assert wait(now + dt.timedelta(seconds=119)) == 1
    for _ in range(4):
        now += dt.timedelta(minutes=2)
        assert wait(now) == 0
    now += dt.timedelta(minutes=2)
    assert wait(now) == 50 * 60
    now += dt.timedelta(minutes=50)
    assert wait(now) == 0, "an hour after the first, and not before"
    assert wait(now + dt.timedelta(minutes=1)) == 60
    assert wait(now + dt.timedelta(minutes=2)) == 0
    assert len(queued()) == 7


def test_other_entities_are_counted_apart(now: dt.datetime) -> None:
    register(AGLIE)
    register(SAMONE_TO, "samone@comune.example.org")
    assert (wait(now), wait(now, code=SAMONE_TO), wait(now)) == (0, 0, 120)


def test_many_who_ask_at_once_send_one_message(app: Flask, now: dt.datetime) -> None:
    register(AGLIE)
    outcomes = at_once(app, [lambda: wait(now)] * 5)
    assert sorted(map(str, outcomes)) == ["0", "120", "120", "120", "120"]
    assert len(queued()) == 1


def test_a_network_that_asks_for_many_entities_must_wait(now: dt.datetime) -> None:
    register(AGLIE)
    for _ in range(20):
        wait(now)
    with pytest.raises(TooManyAttemptsError):
        ask(now)
    assert wait(now + dt.timedelta(minutes=2), network="198.51.100.7") == 0


def test_without_an_address_nothing_is_queued_nor_counted(now: dt.datetime) -> None:
    for _ in range(2):
        with pytest.raises(NoAddressError):
            ask(now)
    with pytest.raises(NoAddressError):
        invite_entity(AGLIE, actor="test", now=now)
    register(AGLIE)
    assert wait(now) == 0


def test_who_has_a_password_is_not_invited(now: dt.datetime) -> None:
    register(AGLIE)
    activate(AGLIE, now)
    with pytest.raises(AlreadyActivatedError):
        invite_entity(AGLIE, actor="test", now=now)
    assert queued() == []


def test_no_address_stands_in_the_audit(now: dt.datetime) -> None:
    register(AGLIE)
    ask(now)
    told = str(db.session.execute(sa.select(*AuditEntry.__table__.columns)).all())
    assert "message_asked_for" in told
    assert OFFICE not in told
    assert CITY not in told
