"""The pages that everybody may read, in each stage of an edition. The client checks each as HTML."""

from __future__ import annotations

import datetime as dt
import io

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import page_context
from app.editions.current import current_edition
from app.extensions import db
from app.public import frame, views
from app.registry.models import Entity
from app.responses.models import Response
from tests.conftest import Clock
from tests.public.conftest import LETTER, Stage

STAGES = ("none", "draft", "pilot", "soon", "open", "last day", "closed", "published")
PAGES = ("/", "/aiuto", "/privacy", "/accessibilita", "/contatti")


@pytest.mark.parametrize("stage", STAGES)
def test_every_page_exists_in_every_stage(client: FlaskClient, bring: Stage, stage: str) -> None:
    bring(stage)
    assert {path: client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert client.get("/questionario").status_code == (404 if stage in {"none", "draft"} else 200)


@pytest.mark.parametrize(
    ("stage", "heading"),
    [
        ("none", "Nessuna raccolta in corso"),
        ("draft", "Nessuna raccolta in corso"),
        ("pilot", "La raccolta non è ancora aperta"),
        ("soon", "La raccolta non è ancora aperta"),
        ("open", "Rispondi per il tuo ente"),
        ("last day", "Rispondi per il tuo ente"),
        ("closed", "La raccolta è chiusa"),
        ("published", "La raccolta è chiusa"),
    ],
)
def test_home_says_whether_one_can_answer(client: FlaskClient, bring: Stage, stage: str, heading: str) -> None:
    bring(stage)
    page = client.get("/").text
    assert f'<h2 id="home-inizia">{heading}</h2>' in page
    assert ('href="/accedi"' in page) == (stage not in {"none", "draft"})


def test_home_says_the_last_minute_that_counts_and_the_days_left(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    page = client.get("/").text
    assert "Scadenza: mercoledì 15 aprile 2026, 23:59" in page
    assert "Mancano 30 giorni" in page


def test_home_says_when_it_is_the_last_day(client: FlaskClient, bring: Stage) -> None:
    bring("last day")
    page = client.get("/").text
    assert "Oggi è l'ultimo giorno" in page
    assert "giorni rimasti" not in page


def test_days_left_count_by_the_calendar_of_rome(client: FlaskClient, bring: Stage, clock: Clock) -> None:
    bring("open")
    clock.set(dt.datetime(2026, 4, 13, 21, 59, tzinfo=dt.UTC))  # 23:59 of 13 April in Rome
    assert "Mancano 2 giorni" in client.get("/").text
    clock.set(dt.datetime(2026, 4, 13, 22, 1, tzinfo=dt.UTC))  # 00:01 of the 14th
    assert "Manca 1 giorno" in client.get("/").text


def test_a_closed_edition_counts_no_days(client: FlaskClient, bring: Stage, clock: Clock) -> None:
    bring("open")
    clock.set(dt.datetime(2026, 4, 15, 22, 0, tzinfo=dt.UTC))  # 00:00 of 16 April in Rome: the first instant after it
    page = client.get("/").text
    assert "È terminata il 15 aprile 2026" in page
    assert "site-deadline" not in page


def test_home_names_time_results_letter_and_whom_to_call(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    page = client.get("/").text
    assert 'href="https://esempio.it/risultati"' in page
    assert 'href="/lettera"' in page
    assert 'href="/questionario"' in page
    assert '<a href="tel:061234567">06 1234567</a>' in page
    assert "Metà degli enti" not in page


def test_home_says_how_long_it_takes_only_once_enough_have_sent(app: Flask, client: FlaskClient, bring: Stage) -> None:
    bring("open")
    send_synthetic(app, 19)
    assert "Metà degli enti" not in client.get("/").text
    send_synthetic(app, 1, start=19)
    assert "Metà degli enti ha finito in 11 minuti o meno." in client.get("/").text


def send_synthetic(app: Flask, count: int, *, start: int = 0) -> None:
    """Rows as of so many municipalities that took one minute, two minutes, and so on."""
    with app.app_context():
        edition = current_edition()
        assert edition is not None
        for number in range(start, start + count):
            entity = Entity(
                code=f"9{number:05}", kind="municipality", name=f"Comune {number}", search_name=f"| comune {number} |"
            )
            db.session.add(entity)
            db.session.flush()
            db.session.add(
                Response(
                    edition_id=edition.id,
                    entity_id=entity.id,
                    definition_id=edition.definition_id,
                    document="{}",
                    status="submitted",
                    opened_at=edition.opens_at,
                    last_activity=edition.opens_at,
                    active_seconds=(number + 1) * 60,
                )
            )
        db.session.commit()


@pytest.mark.parametrize("path", PAGES)
def test_whom_to_call_and_the_pages_owed_stand_at_the_foot_of_each_page(client: FlaskClient, bring: Stage, path: str) -> None:
    bring("open")
    foot = client.get(path).text.split("<footer")[1]
    for expected in ("06 1234567", "aiuto@esempio.it", 'href="/privacy"', 'href="/accessibilita"', 'href="/contatti"'):
        assert expected in foot
    assert "Ultimo aggiornamento: 22 novembre 2026" in foot


def test_last_update_is_the_editions_where_that_is_later(client: FlaskClient, bring: Stage, clock: Clock) -> None:
    clock.set(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC))
    bring("draft")
    assert "Ultimo aggiornamento: 22 novembre 2026" in client.get("/aiuto").text
    bring("pilot")
    assert "Ultimo aggiornamento: 1 gennaio 2027" in client.get("/aiuto").text


def test_letter_is_served_as_it_was_loaded(client: FlaskClient, bring: Stage) -> None:
    assert client.get("/lettera").status_code == 404
    bring("open")
    answer = client.get("/lettera")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", LETTER)


def test_accessibility_page_links_the_declaration_where_there_is_one(client: FlaskClient, bring: Stage) -> None:
    assert "La dichiarazione sarà pubblicata" in client.get("/accessibilita").text
    bring("open")
    assert 'href="https://esempio.it/dichiarazione"' in client.get("/accessibilita").text


def test_privacy_page_says_whom_to_ask_and_how_to_complain(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    main = client.get("/privacy").text.split("<main")[1].split("</main>")[0]
    assert "aiuto@esempio.it" in main
    assert "www.garanteprivacy.it" in main


def test_changing_the_language_stays_on_the_page(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    page = client.get("/aiuto").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert '<input type="hidden" name="next" value="/aiuto">' in page
    answer = client.post("/lingua", data={"csrf_token": token, "next": "/aiuto", "lingua": "en"})
    assert (answer.status_code, answer.location) == (303, "/aiuto")
    assert '<html lang="en">' in client.get("/aiuto").text


def test_an_unknown_address_gets_a_page_that_leads_home(client: FlaskClient) -> None:
    answer = client.get("/nessuna-pagina")
    assert answer.status_code == 404
    assert '<a href="/">Torna alla pagina iniziale</a>' in answer.text
    assert "Indica il codice 404." in answer.text


def test_blank_form_as_pdf_holds_every_question(client: FlaskClient, bring: Stage) -> None:
    assert client.get("/questionario.pdf").status_code == 404
    bring("open")
    assert 'href="/questionario.pdf"' in client.get("/").text
    assert 'href="/questionario.pdf"' in client.get("/questionario").text
    answer = client.get("/questionario.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages).split())
    printed = client.get("/questionario").text.split('<span class="blank-code">')[1:]
    codes = [code.split("<")[0] for code in printed]
    assert len(codes) == 38
    places = [text.index(f" {code} ") for code in codes]
    assert places == sorted(places)
    for expected in ("Titolo della buona pratica", "1 gennaio 2025", "Scadenza: 15 aprile 2026, 23:59.", "Dopo l'invio"):
        assert expected in text


def test_blank_form_as_pdf_is_in_the_readers_language_and_made_once(client: FlaskClient, bring: Stage) -> None:
    bring("open")
    views._blank_pdf.cache_clear()
    first, again = client.get("/questionario.pdf"), client.get("/questionario.pdf")
    client.get("/?lingua=en")
    english = client.get("/questionario.pdf")
    assert first.data == again.data
    assert views._blank_pdf.cache_info().misses == 2
    assert pypdf.PdfReader(io.BytesIO(english.data)).trailer["/Root"]["/Lang"] == "en"


def test_the_edition_is_read_once_for_a_page(
    app: Flask, client: FlaskClient, bring: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring("open")
    reads = []
    for reader in (frame, page_context):
        monkeypatch.setattr(reader, "current_edition", lambda: reads.append(1) or current_edition())
    client.get("/")
    assert len(reads) == 1
