"""A PDF says its title and language, holds its texts as they were given, and is the same for the same data."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
import typst

from app.web.pdf import pdf_of

LETTERS = "Čakovec, Žiri, Škofja Loka; Straße, Bäckerei, Görz; Forlì è là; Hône, Challand-Saint-Victor, cœur"


def form(label: str, **changed: Any) -> dict[str, Any]:
    question = {
        "code": "A01",
        "label": label,
        "note": "",
        "asked_if": "",
        "help": "",
        "hint": "",
        "parts": [],
        "groups": [{"heading": "", "options": [{"label": "Sì", "asks_text": True}]}],
        "one_choice": True,
        "lines": 1,
        "na_label": "",
    }
    return {"intro": [], "steps": [{"title": "Passo", "lines": [], "questions": [question | changed]}]}


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(content).pages).split())


def test_title_language_and_tags_are_those_of_pdf_ua() -> None:
    made = read(pdf_of("blank_form", form("Domanda"), title="Questionario in bianco", language="de"))
    root: Any = made.trailer["/Root"]
    assert made.metadata is not None
    assert made.metadata.title == "Questionario in bianco"
    assert root["/Lang"] == "de"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_letters_of_all_our_languages_can_be_read_back() -> None:
    assert LETTERS in text_of(pdf_of("blank_form", form(LETTERS), title="Prova", language="sl"))


@pytest.mark.parametrize(
    "text", ["#set page(width: 1cm)", "$x^2$ e *forte* _piano_", "= Titolo", "<label> @ref // nota", '#read("/x")']
)
def test_nothing_in_a_text_is_read_as_markup(text: str) -> None:
    made = pdf_of("blank_form", form("Domanda", help=text), title=text, language="it")
    assert text_of(made).count(text) == 2
    assert len(read(made).pages) == 1


@pytest.mark.parametrize(
    ("text", "read_back"),
    [
        ("Nido 🎈 aperto", "Nido?aperto"),
        ("＜script＞", "<script>"),
        ("\ufeffTesto", "Testo"),
        ("家庭", "??"),
        ("＂﹨", '"\\'),
    ],
)
def test_a_character_that_the_fonts_lack_costs_no_document(text: str, read_back: str) -> None:
    made = pdf_of("blank_form", form("Domanda", help=f"Aiuto: {text}"), title=text, language="it")
    assert f"Aiuto:{read_back}" in "".join(text_of(made).split())


def test_the_same_data_make_the_same_bytes() -> None:
    first, other, again = (pdf_of("blank_form", form(label), title="Prova", language="it") for label in ("a", "b", "a"))
    assert first == again != other


def test_data_that_do_not_fit_their_template_are_a_defect() -> None:
    with pytest.raises(typst.TypstError):
        pdf_of("blank_form", {}, title="Prova", language="it")
    assert pdf_of("blank_form", form("a"), title="Prova", language="it")
