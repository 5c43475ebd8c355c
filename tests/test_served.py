"""A served page gives what its forms would send, offer and mark as wrong, and the answers that it shows."""

from __future__ import annotations

import pytest

from tests.served import AnswerRow, Button, FormError, ServedPage

FORM = """
<form method="post" action="/a">
  <input type="hidden" name="token" value="t&amp;1"><input name="text" value="un &lt;b&gt;" aria-invalid="true">
  <input type="radio" name="one" value="x" checked><input type="radio" name="one" value="y">
  <input type="checkbox" name="many" value="p"><input name="off" value="1" disabled>
  <textarea name="long">
prima
seconda</textarea>
  <button name="azione" value="continua">Salva  e continua</button>
</form>
<form action="/a"><input type="hidden" name="before" value="2"><button>Sposta giù <span>Nido</span></button></form>
<p class="field-error" id="q-text-error"><span>Errore:</span> Scrivi meno.</p>
"""
ANSWERS = """
<dl><dt>Non è una risposta</dt></dl>
<section class="answer-section"><h2>Passo</h2><h3>Scheda</h3>
<dl><div><dt>Domanda <span class="tag">pubblica</span></dt><dd><span class="answer-value">a
b</span></dd></div>
<div><dt>Altra</dt><dd><span class="answer-blank">Non indicato</span></dd></div></dl></section>
"""


def test_a_form_gives_what_a_browser_would_send() -> None:
    form = ServedPage(FORM, "/here").form("/a?x=1")
    assert form.fields == {"token": ["t&1"], "text": ["un <b>"], "one": ["x"], "long": ["prima\nseconda"]}
    assert form.offered == {"token": set(), "text": set(), "one": {"x", "y"}, "many": {"p"}, "long": set()}
    assert form.buttons == [Button("azione", "continua", "Salva e continua")]
    assert form.invalid == {"text"}
    sent = form.filled({"one": ["y"], "many": ["p"]}, ("azione", "continua"))
    assert sent == {**form.fields, "one": ["y"], "many": ["p"], "azione": ["continua"]}


@pytest.mark.parametrize(
    ("answers", "button"),
    [({"one": ["z"]}, None), ({"off": ["2"]}, None), ({"none": ["1"]}, None), ({}, ("azione", "altro"))],
)
def test_what_a_form_does_not_offer_cannot_be_sent(answers: dict[str, list[str]], button: tuple[str, str] | None) -> None:
    with pytest.raises(FormError):
        ServedPage(FORM, "/here").form("/a").filled(answers, button)


def test_of_several_forms_the_button_tells_which() -> None:
    page = ServedPage(FORM, "/here")
    assert page.form("/a", "Sposta").fields == {"before": ["2"]}
    for action, saying in (("/b", ""), ("/a", "Elimina")):
        with pytest.raises(FormError):
            page.form(action, saying)


def test_errors_stand_by_the_question() -> None:
    assert ServedPage(FORM, "/here").errors == {"text": "Errore: Scrivi meno."}


def test_answers_are_read_with_their_section_and_sheet() -> None:
    assert ServedPage(ANSWERS, "/here").answers == [
        AnswerRow("Passo", "Scheda", "Domanda", "a\nb"),
        AnswerRow("Passo", "Scheda", "Altra", None),
    ]
