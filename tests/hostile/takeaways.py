"""What leaves the site as a file or a message: no cell is a formula, no header is somebody else's, no PDF runs anything.

Not for: pages (`probe.py`).
Holds always: a file is taken apart by something else than what wrote it.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage

import pypdf

from tests.hostile.corpus import RESULT

FORMULA = frozenset("=+-@")
OUR_HEADERS = frozenset(
    {
        *("from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "list-id", "content-language"),
        *("content-type", "content-transfer-encoding", "mime-version", "list-unsubscribe", "precedence"),
    }
)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RUNS = re.compile(rb"/(JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|SubmitForm|ImportData)\b")
NUMBER = re.compile(r"-?\d+([.,]\d+)?\Z")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might run this cell: what counts is the first character after blanks and quotes, in any width."""
    if cell.startswith(("\t", "\r", "\n")):
        return True
    first = cell.lstrip(' \t\r\n\u00a0\u200b\ufeff"')[:1]
    return unicodedata.normalize("NFKC", first) in FORMULA and not NUMBER.match(cell)


def csv_formulas(content: bytes) -> Iterator[str]:
    """The cells of a CSV file that a spreadsheet would run."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))
    if len({len(row) for row in rows}) > 1:
        yield "rows of different lengths"
    yield from (cell for row in rows for cell in row if is_formula(cell))


def xlsx_formulas(content: bytes) -> Iterator[str]:
    """The cells of a workbook that are formulas, or would become some when they are edited or saved as CSV."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if "externalLink" in name or "vbaProject" in name or (name.endswith(".rels") and b"External" in book.read(name)):
                yield name
        texts = [_text(one) for one in ET.fromstring(book.read("xl/sharedStrings.xml"))] if _has(book) else []
        for name in book.namelist():
            if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
                yield from _sheet_formulas(ET.fromstring(book.read(name)), texts)


def _has(book: zipfile.ZipFile) -> bool:
    return "xl/sharedStrings.xml" in book.namelist()


def _text(element: ET.Element) -> str:
    return "".join(part.text or "" for part in element.iter(f"{SHEET}t"))


def _sheet_formulas(sheet: ET.Element, texts: list[str]) -> Iterator[str]:
    for cell in sheet.iter(f"{SHEET}c"):
        if cell.find(f"{SHEET}f") is not None:
            yield f"formula in {cell.get('r')}"
        value = cell.find(f"{SHEET}v")
        if cell.get("t") == "s" and value is not None and value.text:
            text = texts[int(value.text)]
        else:
            text = _text(cell) if cell.get("t") == "inlineStr" else ""
        if is_formula(text):
            yield text


def message_problems(message: EmailMessage) -> Iterator[str]:
    """What in a message came in by a text: a header, a recipient, a part."""
    for name in message:
        if name.lower() not in OUR_HEADERS:
            yield f"header {name}"
    for name in ("From", "To", "Subject", "Message-ID"):
        if len(message.get_all(name, [])) != 1:
            yield f"{name} stands {len(message.get_all(name, []))} times"
    if len(str(message["To"]).split(",")) != 1 or "attack" in str(message["To"]) or "attack" in str(message["From"]):
        yield f"recipients {message['To']}"
    kinds = [part.get_content_type() for part in message.walk()]
    if kinds not in (["text/plain"], ["multipart/alternative", "text/plain", "text/html"]):
        yield f"parts {kinds}"


def pdf_problems(content: bytes, wanted: str = "") -> Iterator[str]:
    """What a PDF would run, and whether a text in it was worked out instead of set. `wanted`: must be read in it as it is."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    if found := RUNS.search(content):
        yield f"holds {found[0].decode()}"
    if RESULT in text:
        yield "a text was worked out"
    if "root:x:" in text:
        yield "a file was read"
    if wanted and "".join(wanted.split()) not in text:
        yield f"{wanted} is not set as it stands"


def header_problems(headers: list[tuple[str, str]]) -> Iterator[str]:
    """Headers of an HTTP answer that a text made."""
    for name, value in headers:
        if name.lower() in {"x-attack", "set-cookie"} and ("attack" in value.lower() or value in {"1", "a=b"}):
            yield f"header {name}: {value}"
        if name.lower() == "location" and (value.startswith(("//", "/\\")) or "attack.invalid" in value.split("?")[0]):
            yield f"leads to {value}"
        if name.lower() == "content-disposition" and value.count("filename=") > 1:
            yield f"two names: {value}"
