"""What a letter says: its entity's name, code, members and deadline, as text whatever they hold."""

from __future__ import annotations

import datetime as dt
import io
from html.parser import HTMLParser

import pypdf
import pytest
import sqlalchemy as sa

from app.accounts.codes import format_code, issue_code, read_code
from app.accounts.models import ActivationCode
from app.editions.current import EditionView
from app.editions.extensions import extend
from app.editions.models import Edition
from app.extensions import db
from app.letters.printing import pdf_of_letter, print_page
from app.letters.writing import Letter, begin_run, default_text, letter_for, write_letters
from app.registry.entities import entities_in_force
from app.registry.models import Entity
from tests.conftest import START
from tests.letters.conftest import code_rows, entity
from tests.pages import problems_of


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words_of(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    return " ".join(" ".join(reader.words).split())


def code_in(letter: Letter) -> str:
    return next(part.text for part in letter.parts if part.kind == "code")


def set_text(text: str) -> None:
    db.session.execute(sa.update(Edition).values(letter_text=text))
    db.session.commit()


def test_the_default_letter_says_what_an_office_needs(edition: EditionView, union: None) -> None:
    letter = letter_for(entity(), edition, START)
    for said in (text_of(pdf_of_letter(letter)), words_of(print_page(letter))):
        for expected in (
            "Firenze (FI)",
            "Ricognizione 2026",
            code_in(letter),
            "Si risponde fino al 30 aprile 2026, 23:59.",
            "http://127.0.0.1:8000",
            "segreteria@example.org",
            "Bastano due minuti",
            "non a giudicare",
            "2 Comuni contano sulla vostra risposta",
            "Samone (TO), Samone (TN)",
        ):
            assert expected in said
        assert "Bolzano" not in said
        assert "{{" not in said


def test_who_leads_nobody_reads_of_no_members(edition: EditionView, union: None) -> None:
    assert "contano" not in text_of(pdf_of_letter(letter_for(entity("022165"), edition, START)))


def test_the_code_is_in_groups_of_four_and_the_same_until_it_is_used(edition: EditionView) -> None:
    first = code_in(letter_for(entity(), edition, START))
    assert [len(group) for group in first.split()] == [4, 4, 4, 4]
    assert read_code(first) == issue_code(edition, entity().id, START)
    assert code_in(letter_for(entity(), edition, START)) == first
    assert len(code_rows()) == 0  # nobody has committed
    letter_for(entity(), edition, START)
    db.session.execute(sa.update(ActivationCode).values(used_at=START))
    db.session.commit()
    assert code_in(letter_for(entity(), edition, START)) != first


def test_an_entitys_own_deadline_stands_in_its_letter(edition: EditionView) -> None:
    extend("2026", "048017", edition.closes_at + dt.timedelta(days=10), "Elezioni", actor="test", now=START)
    run = begin_run([entity(), entity("022165")], edition, START)
    own, other = (text_of(pdf_of_letter(letter)) for letter in write_letters(run, [entity(), entity("022165")]))
    assert "fino al 10 maggio 2026, 23:59" in own
    assert "fino al 30 aprile 2026, 23:59" in other


def test_the_editions_own_text_takes_the_place_of_the_default(edition: EditionView) -> None:
    set_text("# Lettera a {{ente}}\n\nUna riga\\\nun'altra, entro il {{scadenza}}\n\n{{codice}}\n\n- una voce")
    letter = letter_for(entity(), edition, START)
    assert letter.title == "Lettera a Firenze (FI)"
    assert [part.kind for part in letter.parts] == ["title", "paragraph", "code", "items"]
    assert letter.parts[1].lines == ("Una riga", "un'altra, entro il 30 aprile 2026, 23:59")


@pytest.mark.parametrize("name", ["<b>Paese</b>", "#pagebreak()", "{{codice}}", "Čačak & Žiri", '"><script>alert(1)</script>'])
def test_a_name_is_text_whatever_it_holds(edition: EditionView, name: str) -> None:
    db.session.execute(sa.update(Entity).where(Entity.code == "048017").values(name=name))
    letter = letter_for(entity(), edition, START)
    assert f"{name} (FI)" in text_of(pdf_of_letter(letter))
    page = print_page(letter)
    assert f"{name} (FI)" in words_of(page)
    assert problems_of(page) == []
    assert page.count("<h1>") == 1
    assert "<script" not in page


def test_a_run_asks_the_database_the_same_for_one_as_for_many(edition: EditionView, union: None) -> None:
    counted: list[int] = []
    for entities in ([entity("022165"), entity("021008")], entities_in_force()):
        statements: list[str] = []

        def note(*arguments: object, seen: list[str] = statements) -> None:
            seen.append(str(arguments[2]))

        sa.event.listen(db.engine, "before_cursor_execute", note)
        list(write_letters(begin_run(entities, edition, START), entities))
        sa.event.remove(db.engine, "before_cursor_execute", note)
        counted.append(len(statements))
        db.session.rollback()
    assert counted[0] == counted[1]


def test_the_page_and_the_letter_say_it_in_italian(edition: EditionView) -> None:
    assert '<html lang="it">' in print_page(letter_for(entity(), edition, START))
    assert pypdf.PdfReader(io.BytesIO(pdf_of_letter(letter_for(entity(), edition, START)))).trailer["/Root"]["/Lang"] == "it"


def test_the_default_letter_is_one_page(edition: EditionView) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(pdf_of_letter(letter_for(entity("068038"), edition, START))))
    assert len(pdf.pages) == 1
    assert format_code("1" * 16) not in default_text()
