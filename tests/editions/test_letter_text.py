"""The text of a letter: what it is read as, and what is said of one that is wrong, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.editions.current import edition_by_code, letter_text_of
from app.editions.files import EditionFileError, read_edition_file
from app.editions.letter_text import Block, LetterTextError, fill_in, read_letter_text
from app.editions.lifecycle import store_edition
from app.letters.writing import default_text
from tests.conftest import START
from tests.editions.conftest import ReadFile, WriteFile

GOOD = "# Lettera\n\nGentile {{ente}},\n\n{{codice}}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(LetterTextError) as caught:
        read_letter_text(text)
    return caught.value.problems


def test_a_text_is_read_as_blocks() -> None:
    text = (
        "Al Sindaco\\\n{{ente}}\n\n# Titolo\n## Sotto\nUna riga\nche continua\n- voce {{scadenza}}\n- altra\n\n{{ codice }}\n"
    )
    assert read_letter_text(text) == (
        Block("paragraph", ("Al Sindaco", "{{ente}}")),
        Block("title", ("Titolo",)),
        Block("heading", ("Sotto",)),
        Block("paragraph", ("Una riga che continua",)),
        Block("items", ("voce {{scadenza}}", "altra")),
        Block("codice", ()),
    )


def test_what_is_filled_in_is_not_read_again() -> None:
    assert fill_in("{{ente}} e {{ edizione }}", {"ente": "{{edizione}}", "edizione": "2026"}) == "{{edizione}} e 2026"


KNOWN = "{{codice}}, {{contatti}}, {{edizione}}, {{ente}}, {{indirizzo_sito}}, {{membri}}, {{scadenza}}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{GOOD}\nCaro {{{{nome}}}}", [f"line 7: {{{{nome}}}} is none of {KNOWN}"]),
        (f"{GOOD}\nI vostri: {{{{membri}}}}", ["line 7: {{membri}} stands alone, with an empty line before and after it"]),
        (f"{GOOD}\n{{{{membri}}}}\nseguono", ["line 7: {{membri}} stands alone, with an empty line before and after it"]),
        (f"{GOOD}\nCaro {{{{ente", ["line 7: two braces that do not belong together"]),
        (f"{GOOD}\n{{{{codice}}}}", ["{{codice}} stands there 2 times"]),
        ("# Lettera\n\nCiao", ["{{codice}} is missing: without the code nobody gets in"]),
        ("{{codice}}", ["one line that begins with # gives the letter its title"]),
        (f"{GOOD}\n# Ancora", ["one line that begins with # gives the letter its title"]),
        ("x" * 20_001, ["longer than 20000 characters: a letter is a page or two"]),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, says: list[str]) -> None:
    assert problems(text) == says


@given(st.text(alphabet="#-{} \n\\aZè<", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        blocks = read_letter_text(text + "\n\n# T\n\n{{codice}}")
    except LetterTextError:
        return
    assert {block.kind for block in blocks} <= {"title", "heading", "paragraph", "items", "codice"}


def test_the_letter_that_ships_is_good() -> None:
    kinds = [block.kind for block in read_letter_text(default_text())]
    assert {"title", "codice", "membri", "contatti"} <= set(kinds)


@pytest.mark.parametrize("inline", [True, False])
def test_the_editions_file_brings_the_text_itself_or_a_file(
    db_session: object, tmp_path: Path, read: ReadFile, inline: bool
) -> None:
    (tmp_path / "testo.md").write_text(GOOD, encoding="utf-8")
    file = read(letter_text=GOOD if inline else "testo.md")
    assert file.letter_text == GOOD
    store_edition(file, actor="test", now=START)
    stored = edition_by_code("2026")
    assert stored is not None
    assert letter_text_of(stored.id) == GOOD
    store_edition(read(), actor="test", now=START)
    assert letter_text_of(stored.id) == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "letter_text: testo.md cannot be read: No such file or directory"),
        (b"\xff\xfe", "letter_text: testo.md cannot be read: it is not UTF-8 text"),
        (b"# T\n\n{{codice}}\x00", "letter_text: testo.md holds a character that is not one to read"),
        (b"# T\n\n{{codice}}\n\n{{cap}}", f"letter_text: line 5: {{{{cap}}}} is none of {KNOWN}"),
    ],
)
def test_a_wrong_text_refuses_the_whole_file(tmp_path: Path, write: WriteFile, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "testo.md").write_bytes(content)
    with pytest.raises(EditionFileError) as caught:
        read_edition_file(write(letter_text="testo.md"))
    assert caught.value.problems == [says]
