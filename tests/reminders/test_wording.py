"""Texts: braces are placeholders, and what is wrong with them is said with its place; values never become markup."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.registry.languages import LANGUAGES
from app.reminders.library import names_that_ship, texts_that_ship, words
from app.reminders.occasions import OCCASIONS, READERS
from app.reminders.templates import check_template, shipped_templates
from app.reminders.wording import LONGEST_BODY, Prepared, Text, fill_late, paragraphs, problems_of

VALUES = {
    "ente": "Samone (TN)",
    "scadenza": "30 aprile 2026, 23:59",
    "giorni": "12 giorni",
    "contatti": "Segreteria: 06 0\nUfficio & figli",
    "avanzamento": "40 %",
    "comuni": "3 Comuni",
    "edizione": "Ricognizione <2026>",
    "apertura": "1 aprile 2026, 9:00",
    "durata": "circa 20 minuti",
    "capofila": "Trento (TN)",
}
EVERY_TEXT = [(one, occasion, reader) for one in LANGUAGES for occasion in OCCASIONS for reader in READERS[occasion]]


def wrong(body: str, audience: str = "not_started", subject: str = "Oggetto") -> list[str]:
    return [f"{part}: {problem}" for part, problem in problems_of(audience, Text(subject, body))]


def test_the_texts_that_ship_pass_the_check_in_every_language(app: Flask) -> None:
    with app.test_request_context():
        for one in shipped_templates():
            check_template(one.name, one.texts, one.occasion, one.others)
            assert set(one.texts) == set(one.readers)
            assert [one.missing(language) for language in LANGUAGES[1:]] == [(), (), ()]
    assert set(names_that_ship()) == set(OCCASIONS)
    assert len({one.id for one in shipped_templates()}) == len(OCCASIONS)


def test_the_languages_hold_the_same_places() -> None:
    """A text that tells no deadline in one language, or that is Italian still, would show here."""
    for occasion in OCCASIONS:
        for reader in READERS[occasion]:
            texts = {language: texts_that_ship(language)[occasion][reader] for language in LANGUAGES}
            places = {one: set(re.findall(r"\{[a-z]+\}", text.body)) for one, text in texts.items()}
            assert len({frozenset(found) for found in places.values()}) == 1, (occasion, reader, places)
            assert len({text.body for text in texts.values()}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_towards_entities_the_word_is_promemoria(language: str) -> None:
    whole = " ".join(f"{text.subject} {text.body}" for one in texts_that_ship(language).values() for text in one.values())
    for word in ("sollecito", "mahnung", "mise en demeure", "opomin ", "opomina"):
        assert word not in whole.lower()


def test_numbers_follow_the_plurals_of_their_language() -> None:
    assert [words("sl").counted("days", number) for number in (1, 2, 3, 5, 101)] == [
        *("1 dan", "2 dneva", "3 dni", "5 dni"),
        "101 dan",
    ]
    assert [words("sl").counted("municipalities", number) for number in (1, 2, 4, 5)] == [
        *("1 občino", "2 občini", "4 občine", "5 občin"),
    ]
    assert [words("de").counted("days", number) for number in (1, 2)] == ["1 Tag", "2 Tage"]
    assert words("it").listed(list("abcdefg")) == "a, b, c, d, e e altri 2"
    assert words("fr").listed(list("abcdef")) == "a, b, c, d, e et un autre"
    assert words("de").listed([]) == "nichts mehr, nur das Absenden steht noch aus"


def test_french_elides_before_a_vowel_and_nowhere_else(app: Flask) -> None:
    with app.test_request_context():
        prepared = Prepared(Text("{ente}", "La réponse de {ente}. De {ente} : à {ente}\n{link}"), "fr", "x")
        assert prepared.write({**VALUES, "ente": "Arnad"}).text.startswith("La réponse d'Arnad. D'Arnad : à Arnad")
        assert prepared.write({**VALUES, "ente": "Étroubles"}).text.startswith("La réponse d'Étroubles")
        assert prepared.write({**VALUES, "ente": "Cogne"}).text.startswith("La réponse de Cogne. De Cogne")
        italian = Prepared(Text("{ente}", "La risposta de {ente}\n{link}"), "it", "x")
        assert "de Arnad" in italian.write({**VALUES, "ente": "Arnad"}).text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{link}\nciao {nome}", "Riga 2, carattere 6: {nome} non si può usare qui"),
        ("{link} { ente}", "Riga 1, carattere 8: { ente} non si può usare qui"),
        ("{link}\n\nciao {ente", "Riga 3, carattere 6: c'è una parentesi graffa senza l'altra"),
        ("ciao ente}\n{link}", "Riga 1, carattere 10: c'è una parentesi graffa senza l'altra"),
        ("{{link}}", "Riga 1, carattere 1: c'è una parentesi graffa senza l'altra"),
        ("{link} {comuni}", "Riga 1, carattere 8: {comuni} non si può usare qui"),
        ("ciao", "Scrivi {link} una volta"),
        ("{link} {link}", "Scrivi {link} una volta"),
        ("", "Scrivi il testo"),
        ("x" * LONGEST_BODY + "{link}", "Accorcia il testo"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(app: Flask, body: str, told: str) -> None:
    with app.test_request_context():
        assert any(told in problem for problem in wrong(body)), wrong(body)


def test_the_known_placeholders_are_named_and_the_subject_has_no_link(app: Flask) -> None:
    with app.test_request_context():
        assert "{ente}, {scadenza}, {giorni}, {link}, {contatti}, {edizione}, {apertura}, {durata}." in wrong("{link} {x}")[0]
        assert wrong("{link}", subject="Rispondi {link}")[0].startswith("subject: Riga 1, carattere 10: {link}")
        assert wrong("{link}", subject="")[0] == "subject: Scrivi l'oggetto del messaggio."
        assert wrong("{link} {comuni} {avanzamento}", "lead") == []


def test_a_message_says_the_same_in_text_and_in_html_and_keeps_the_place_of_the_link(app: Flask) -> None:
    with app.test_request_context():
        written = Prepared(Text("{ente}", "Entro {scadenza}.\n\nRispondi:\n{link}\n\n{contatti}\n{edizione}"), "it").write(
            VALUES
        )
    assert written.subject == "Samone (TN)"
    assert written.text == (
        "Entro 30 aprile 2026, 23:59.\n\nRispondi:\n{link}\n\nSegreteria: 06 0\nUfficio & figli\nRicognizione <2026>\n"
    )
    assert written.html.count("{link}") == 2
    assert "Segreteria: 06 0<br>Ufficio &amp; figli<br>Ricognizione &lt;2026&gt;" in written.html
    assert '<a href="{link}">' in written.html


def test_a_value_is_no_placeholder(app: Flask) -> None:
    with app.test_request_context():
        written = Prepared(Text("{ente}", "{ente} {link}"), "it").write({**VALUES, "ente": "{link} {giorni}"})
    assert written.text == "(link) {giorni} {link}\n"


def test_what_stands_before_and_after_the_link() -> None:
    assert paragraphs("a\n\nb:\n{link}\n\nc") == (["a", "b:"], ["c"])
    assert paragraphs("Rispondi da {link}. Grazie.") == (["Rispondi da"], ["Grazie."])


@pytest.mark.parametrize(("language", "occasion", "reader"), EVERY_TEXT)
def test_every_text_that_ships_can_be_written(app: Flask, language: str, occasion: str, reader: str) -> None:
    with app.test_request_context():
        written = Prepared(texts_that_ship(language)[occasion][reader], language, words(language)["button"]).write(VALUES)
        text = fill_late(written.text, {"mancano": "A & B", "minuti": "2"}, html=False)
        html = fill_late(written.html, {"mancano": "A & B", "minuti": "2"}, html=True)
    assert "{" not in text.replace("{link}", "") + html.replace("{link}", "")
    assert f'<html lang="{language}">' in html
    assert words(language)["button"].replace("'", "&#39;") in html
    assert ("A &amp; B" in html) == ("A & B" in text)
