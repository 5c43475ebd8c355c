"""What is taken as an attachment is known by its bytes, and nothing of it is opened."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from app.threads.files import KINDS, LONGEST_NAME, MOST_BYTES, UnfitFileError, read_file, shown_name
from tests.threads import samples


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_taken_under_its_own_name_alone(kind: str) -> None:
    assert read_file(f"Delibera n. 4.{kind.upper()}", samples.FIT[kind]).kind == kind
    texts = {"csv", "txt"}
    for other in set(KINDS) - {kind} - (texts if kind in texts else set()):
        with pytest.raises(UnfitFileError) as refused:
            read_file(f"x.{other}", samples.FIT[kind])
        assert refused.value.reason == "other", (kind, other)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("pagina.pdf", samples.HTML, "other"),
        ("disegno.svg", samples.SVG, "kind"),
        ("disegno.png", samples.SVG, "other"),
        ("pagina.html", samples.HTML, "kind"),
        ("pagina.csv", samples.HTML, "other"),
        ("pagina.txt", b"\n  <html>", "other"),
        ("programma.exe", b"MZ", "kind"),
        ("programma.pdf.exe", samples.PDF, "kind"),
        ("programma.pdf", b"MZ" + samples.PDF, "other"),
        (".pdf", samples.PDF, "kind"),
        ("pdf", samples.PDF, "kind"),
        ("", samples.PDF, "kind"),
        ("vuoto.pdf", b"", "empty"),
        ("grande.pdf", samples.PDF.ljust(MOST_BYTES + 1), "large"),
        ("vecchio.xls", b"\xd0\xcf\x11\xe0", "kind"),
        ("vecchio.csv", b"\xd0\xcf\x11\xe0 text", "other"),
        ("zip.docx", samples.packed({"a.txt": b"a"}), "other"),
        ("tronco.xlsx", samples.XLSX[:40], "damaged"),
        ("macro.xlsx", samples.office("xl/workbook.xml", **{"xl/vbaProject.bin": b"x"}), "macros"),
        ("oggetto.docx", samples.office("word/document.xml", **{"word/embeddings/oleObject1.bin": b"x"}), "macros"),
        (
            "macro.odt",
            samples.packed({"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/x.xml": b""}, method=0),
            "macros",
        ),
        ("stretto.odt", samples.packed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "other"),
        ("tante.xlsx", samples.packed({f"{n}": b"" for n in range(2_001)}), "large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_what_is_something_else_is_refused(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(UnfitFileError) as refused:
        read_file(name, content)
    assert refused.value.reason == reason


def test_a_bomb_is_refused_unopened() -> None:
    content = samples.bomb()
    assert len(content) < MOST_BYTES
    tracemalloc.start()
    with pytest.raises(UnfitFileError) as refused:
        read_file("bomba.xlsx", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.reason == "damaged"
    assert peak < 4 * 1024 * 1024


def test_a_part_that_is_locked_is_refused() -> None:
    content = bytearray(samples.XLSX)
    for place in range(len(content) - 4):
        if content[place : place + 4] == b"PK\x01\x02":
            content[place + 8] |= 1
    with pytest.raises(UnfitFileError) as refused:
        read_file("chiuso.xlsx", bytes(content))
    assert refused.value.reason == "damaged"
    assert zipfile.is_zipfile(io.BytesIO(bytes(content)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Documenti\\piano.pdf", "piano.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("fattura\u202efdp.exe", "fatturafdp.exe"),
        ('" onclick="x".pdf', "_ onclick=_x_.pdf"),
        ("<b>.pdf", "_b_.pdf"),
        ("...", "allegato"),
        ("", "allegato"),
        ("Città di Sant’Agata.pdf", "Città di Sant’Agata.pdf"),
    ],
)
def test_a_name_is_shown_and_no_path(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_long_name_keeps_its_ending() -> None:
    shown = shown_name("è" * 400 + ".pdf")
    assert len(shown) <= LONGEST_NAME
    assert shown.endswith("è.pdf")
