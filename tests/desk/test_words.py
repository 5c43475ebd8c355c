"""Texts at the desk in four languages and for each occasion, their attachments; the language and addresses of an entity."""

from __future__ import annotations

import io

import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db
from app.reminders.models import TemplateFile, TemplateText
from app.reminders.templates import LIBRARY
from tests.fill.person import Person

TEXTS = "/gestione/promemoria/testi"
THANKS = next(number for number, occasion in LIBRARY.items() if occasion == "thanks")


def test_the_library_is_listed_and_looked_at_in_every_language(edition: EditionView, coordinator: Person) -> None:
    listed = coordinator.get(TEXTS)
    for name in ("Avviso", "Invito", "Promemoria", "Proroga", "Grazie", "Risultati pubblicati"):
        assert name in listed.text
    for number in LIBRARY:
        for language, greeting in {"it": ",", "de": "Sehr geehrte", "fr": "Madame, Monsieur", "sl": "Spoštovani"}.items():
            page = coordinator.get(f"{TEXTS}/{number}/anteprima?in={language}")
            assert greeting in page.text, (number, language)
            assert "{mancano}" not in page.text
    assert coordinator.client.get(f"{TEXTS}/-77/anteprima").status_code == 404


def test_the_preview_is_in_the_language_of_the_entity(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{TEXTS}/0/anteprima?ente=021008")
    assert "Bozen (BZ): Erinnerung an" in page.text
    assert "Zur Erhebung" in page.text


def test_another_language_is_saved_and_half_a_text_is_refused_with_its_place(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{TEXTS}/nuovo")
    refused = coordinator.send(page, {"nome": "Mio", "fr.draft.body": ""}, press=None)
    assert refused.status == 422
    assert ("#fr.draft.body", "Scrivi il testo del messaggio.") in refused.summary()
    assert [one.attributes.get("open") is not None for one in refused.with_class("disclosure")] == [False, True, False]
    saved = coordinator.send(refused, {"fr.draft.body": "Bonjour {ente}\n{link}"}, press=None)
    assert "Anteprima: Mio" in saved.text
    assert "Bonjour" in coordinator.get(f"{saved.path}?in=fr").text
    languages = set(db.session.scalars(sa.select(TemplateText.language)))
    assert languages == {"it", "de", "fr", "sl"}


def test_a_pdf_is_attached_and_taken_away(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.press(coordinator.get(TEXTS), "Copia", "Grazie")
    number = int(page.path.rpartition("/")[2])
    token = page.form(f"{TEXTS}/{number}").fields["csrf_token"][0]

    def upload(content: bytes) -> int:
        data = {"csrf_token": token, "allegato": (io.BytesIO(content), "Lettera.pdf")}
        return coordinator.client.post(f"{TEXTS}/{number}/allegati", data=data).status_code

    assert (upload(b"MZ"), upload(b"%PDF-1.7 x")) == (422, 303)
    assert "lettera.pdf" in coordinator.get(f"{TEXTS}/{number}").text
    assert "un allegato" in coordinator.get(TEXTS).text
    coordinator.press(coordinator.get(f"{TEXTS}/{number}"), "Togli", "lettera.pdf")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(TemplateFile)) == 0


def test_thanks_is_planned_to_who_has_answered(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"/gestione/promemoria/nuovo?passo=chi&testo={THANKS}")
    assert "Questo testo va solo a chi ha già risposto." in page.text
    assert "0 enti" in page.text
    assert "Non hanno inviato una risposta" in page.text


def test_texts_with_other_attachments_are_not_tried_together(edition: EditionView, coordinator: Person) -> None:
    page = coordinator.press(coordinator.get(TEXTS), "Copia", "Promemoria")
    number = int(page.path.rpartition("/")[2])
    token = page.form(f"{TEXTS}/{number}").fields["csrf_token"][0]
    data = {"csrf_token": token, "allegato": (io.BytesIO(b"%PDF-1.7 x"), "Lettera.pdf")}
    coordinator.client.post(f"{TEXTS}/{number}/allegati", data=data)
    shown = coordinator.get(f"/gestione/promemoria/nuovo?passo=conferma&ritmo=400&variante={number}")
    assert [field for field, told in shown.summary() if "devono avere gli stessi allegati" in told] == ["#variante"]
