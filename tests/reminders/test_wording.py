"""Texts: braces are placeholders, and what is wrong with them is said with its place; values never become markup."""

from __future__ import annotations

import pytest
from flask import Flask

from app.reminders.models import AUDIENCES
from app.reminders.templates import check_template, shipped_template
from app.reminders.wording import LONGEST_BODY, Prepared, Text, paragraphs, problems_of

VALUES = {
    "ente": "Samone (TN)",
    "scadenza": "30 aprile 2026, 23:59",
    "giorni": "12 giorni",
    "contatti": "Segreteria: 06 0\nUfficio & figli",
    "avanzamento": "40 %",
    "comuni": "3 Comuni",
    "edizione": "Ricognizione <2026>",
}


def wrong(body: str, audience: str = "not_started", subject: str = "Oggetto") -> list[str]:
    return [f"{part}: {problem}" for part, problem in problems_of(audience, Text(subject, body))]


def test_the_text_that_ships_passes_the_check(app: Flask) -> None:
    with app.test_request_context():
        check_template(shipped_template().name, shipped_template().texts)


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
        assert "{ente}, {scadenza}, {giorni}, {link}, {contatti}, {edizione}." in wrong("{link} {x}")[0]
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


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_audience_of_the_shipped_text_can_be_written(app: Flask, audience: str) -> None:
    with app.test_request_context():
        written = Prepared(shipped_template().texts[audience], "it").write(VALUES)
    assert "{" not in written.text.replace("{link}", "")
    assert "{" not in written.html.replace("{link}", "")
