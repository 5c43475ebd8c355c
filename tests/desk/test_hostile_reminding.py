"""Requests to the pages of plans, messages, audiences, texts and outcomes that none of them sends: none is a fault."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from app.chasing.filters import Filter
from app.editions.current import EditionView
from app.extensions import db
from app.reminders import saved_audiences
from app.reminders.plans.steps import Content, add_step
from app.threads import saved_answers
from tests.conftest import START
from tests.desk.test_hostile import HUGE, post
from tests.fill.person import Person

DESK = "/gestione"
PLAN = f"{DESK}/promemoria/piano"
AUDIENCES = f"{DESK}/promemoria/destinatari"
ANSWERS = f"{DESK}/messaggi/risposte"
TEXTS = f"{DESK}/promemoria/testi"
WORKS = ("approva", "ritira", "pausa", "riprendi", "salta", "ripristina", "togli", "rimetti", "fatta")
FILTERS = "q=%00&stato=%00&regione=%00&provincia=%00&capofila=%00&da=%00&a=999&attivita=quiet&attivita_giorni=999"
FILTERS += "&messaggio=before&messaggio_giorni=999&ultimo_canale=email&lingua_ente=%00&precedente=%00&forma=%00&classe=%00"


def a_step(edition: EditionView, **changes: object) -> int:
    given = {"kind": "reminder", "name": "Passo", "channel": "email", "template_id": 0, "filter": Filter(), "days": 7}
    return add_step(edition.id, Content(**{**given, "minute": 540, "per_hour": 100, **changes}), actor="staff:1", now=START)


@pytest.mark.parametrize("number", [*HUGE, "0", "2147483647"])
def test_numbers_that_mean_nothing_are_no_pages(coordinator: Person, number: str) -> None:
    got = (
        *(f"{PLAN}/{number}", f"{AUDIENCES}/{number}", f"{ANSWERS}/{number}", f"{DESK}/messaggi/{number}"),
        *(
            f"{DESK}/messaggi/{number}/allegati/{number}",
            f"{DESK}/promemoria/{number}/esito",
            f"{DESK}/promemoria/{number}/esito.csv",
        ),
    )
    for path in got:
        assert coordinator.client.get(path).status_code == 404, path
    posted = (
        *(f"{PLAN}/{number}", *(f"{PLAN}/{number}/{work}" for work in WORKS)),
        *(f"{AUDIENCES}/{number}/togli", f"{AUDIENCES}/{number}/ripristina", f"{ANSWERS}/{number}/togli"),
        *(f"{DESK}/messaggi/{number}", f"{DESK}/messaggi/{number}/assegna", f"{DESK}/messaggi/{number}/chiudi"),
        *(f"{TEXTS}/{number}/allegati/{number}/togli",),
    )
    for path in posted:
        assert post(coordinator, path, motivo="x", nome="x").status_code in {404, 405}, path
    for path in (
        *(
            f"{ANSWERS}?tolta={number}",
            f"{AUDIENCES}?tolto={number}",
            f"{DESK}/messaggi?pagina={number}&vista=x&regione={number}",
        ),
        *(f"{DESK}/promemoria/nuovo/elenco?pagina={number}&elenco=esclusi", f"{DESK}/promemoria/nuovo/elenco?pagina=-{number}"),
        *(f"{DESK}/promemoria/nuovo?testo={number}&variante={number}&giorni={number}&passo=conferma",),
        *(f"{DESK}/risposte?da={number}&attivita_giorni={number}&attivita=quiet",),
    ):
        assert coordinator.client.get(path).status_code in {200, 404}, path


TEXT_WITH_NUL = {"nome": "a\0b"} | {
    f"{one}.{part}": "a\0b {link}" for one in ("not_started", "draft", "lead", "de.draft") for part in ("subject", "body")
}


def typed_with_nul(step: int) -> dict[str, dict[str, str]]:
    """Path → the fields that are posted there."""
    return {
        f"{AUDIENCES}/nuovo?q=x": {"nome": "\0"},
        f"{AUDIENCES}/nuovo?{FILTERS}": {"nome": "Uno"},
        f"{ANSWERS}/nuova": {"titolo": "\0", "testo": "\0"},
        f"{PLAN}/nuovo": {
            "passo": "\0",
            "nome": "\0",
            "oltre": "\0",
            "giorni": "\0",
            "ora": "\0",
            "giorno": "\0",
            "testo": "\0",
        },
        f"{PLAN}/{step}": {
            "nome": "Uno",
            "q": "\0",
            "canale": "email",
            "testo": "0",
            "giorni": "7",
            "ora": "9:00",
            "ritmo": "1",
        },
        f"{PLAN}/{step}/pausa": {"motivo": "a\0b", "versione": "9" * 400},
        f"{PLAN}/{step}/approva": {"visto": "\0", "versione": "\0"},
        f"{TEXTS}/nuovo": TEXT_WITH_NUL,
        f"{DESK}/enti/048017/messaggi/nuovo": {
            "oggetto": "\0",
            "testo": "\0",
            "invio": "\0",
            "risposta": "\0",
            "domanda": "\0",
        },
        f"{DESK}/promemoria/nuovo": {"nome": "a\0b", "ritmo": "100", "chiave": "0" * 32, "enti": "9", "ultimo": "0"},
        f"{DESK}/enti/048017/lingua": {"lingua-messaggi": "\0"},
    }


def test_the_character_that_no_keyboard_types_breaks_none_of_them(coordinator: Person, edition: EditionView) -> None:
    step = a_step(edition)
    for path in (
        *(f"{DESK}/promemoria/nuovo/elenco?{FILTERS}", f"{DESK}/risposte?{FILTERS}", f"{AUDIENCES}/nuovo?{FILTERS}"),
        *(
            f"{DESK}/messaggi?q=%00",
            f"{DESK}/promemoria/nuovo?nome=%00&passo=conferma&ritmo=100&quando=%00",
            f"{PLAN}/nuovo?passo=%00",
        ),
        *(f"{TEXTS}/0/anteprima?ente=%00&in=%00", f"{DESK}/enti/048017/messaggi/nuovo?domanda=%00&scheda=%00"),
    ):
        assert coordinator.client.get(path).status_code == 200, path
    for path, fields in typed_with_nul(step).items():
        assert post(coordinator, path, **fields).status_code in {303, 400, 403, 409, 422}, path


def test_a_name_of_letters_that_grow_when_folded_is_kept(coordinator: Person) -> None:
    name = "ΐ" * 120
    assert post(coordinator, f"{AUDIENCES}/nuovo?q=x", nome=name).status_code == 303


def test_the_longest_filter_fits_into_a_step(coordinator: Person, edition: EditionView) -> None:
    step = a_step(edition)
    fields = {
        "nome": "Uno",
        "q": "𝔘" * 300,
        "canale": "email",
        "testo": "0",
        "giorni": "7",
        "ora": "9:00",
        "ritmo": "1",
        "versione": "1",
    }
    assert post(coordinator, f"{PLAN}/{step}", **fields).status_code == 303
    assert coordinator.client.get(f"{PLAN}/{step}").status_code == 200


def test_numbers_that_python_reads_and_nobody_means_are_refused(coordinator: Person, edition: EditionView) -> None:
    step = a_step(edition)
    base = {"nome": "Uno", "canale": "email", "testo": "0", "giorni": "7", "ora": "9:00", "ritmo": "1", "versione": "1"}
    for odd in (
        {"giorni": "-1"},
        {"giorni": "٧"},
        {"giorni": "201"},
        {"ora": "٩:٠٠"},
        {"ora": "25:00"},
        {"ritmo": "0"},
        {"ritmo": "1e3"},
        {"testo": "-5"},
        {"testo": "99"},
        {"canale": "fax"},
        {"canale": "paper"},
        {"giorno": "0000-00-00"},
        {"giorno": "9999-12-31"},
        {"giorno": "0001-01-01"},
    ):
        shown = post(coordinator, f"{PLAN}/{step}", **{**base, **odd})
        assert shown.status_code == 422, odd


def test_no_page_of_theirs_breaks_without_an_edition_that_is_on(coordinator: Person, edition: EditionView) -> None:
    step, name = a_step(edition), saved_audiences.save_audience("Uno", Filter(text="a"), actor="staff:1", now=START)
    answer = saved_answers.add_answer("Uno", "Testo", staff_id=1, now=START)
    for state in ("draft", "closed", "published"):
        db.session.execute(sa.text("UPDATE edition SET state = :state"), {"state": state})
        db.session.commit()
        for path in (
            PLAN,
            f"{PLAN}/{step}",
            f"{PLAN}/nuovo",
            AUDIENCES,
            f"{AUDIENCES}/{name}",
            f"{AUDIENCES}/nuovo?q=a",
            ANSWERS,
            f"{ANSWERS}/{answer}",
            f"{DESK}/messaggi",
            f"{DESK}/promemoria/nuovo/elenco",
            f"{DESK}/enti/048017/messaggi/nuovo",
            f"{DESK}/promemoria/nuovo?testo=-6&passo=conferma",
            DESK,
            f"{DESK}/risposte",
        ):
            code = coordinator.client.get(path).status_code
            assert code in {200, 303, 404}, (state, path)
        for path in (f"{PLAN}/{step}/approva", f"{PLAN}/proponi", f"{AUDIENCES}/{name}/togli", f"{DESK}/promemoria/nuovo"):
            assert post(coordinator, path).status_code in {200, 303, 404, 409, 422}, (state, path)
    db.session.execute(sa.text("DELETE FROM plan_step"))


def test_files_that_are_none_are_refused(coordinator: Person, edition: EditionView) -> None:
    token = coordinator.get("/gestione/profilo").form("/gestione/esci").fields["csrf_token"][0]
    copied = post(coordinator, f"{TEXTS}/0/copia")
    path = f"{copied.headers['Location'].partition('#')[0]}/allegati"
    for name, content, code in (
        ("a\u202e.pdf", b"%PDF-1.7", 303),
        ("a.pdf", b"MZ", 422),
        ("\0.pdf", b"%PDF-", 303),
        ("a.pdf", b"%PDF-", 422),
    ):
        data = {"csrf_token": token, "allegato": (io.BytesIO(content), name)}
        assert coordinator.client.post(path, data=data, content_type="multipart/form-data").status_code == code, name
    assert post(coordinator, path, allegato="testo").status_code == 422


@pytest.mark.parametrize(
    "token", ["x", "%00", "1-" + "a" * 43, "٣-" + "a" * 43, "9" * 9 + "-" + "0" * 43, "1-" + "0" * 43 + "%0A"]
)
def test_an_address_that_ends_reminders_is_not_made_up(coordinator: Person, token: str) -> None:
    for call in (coordinator.client.get, coordinator.client.post):
        assert call(f"/promemoria/{token}", data={"List-Unsubscribe": "One-Click"}).status_code in {404, 410}, token
