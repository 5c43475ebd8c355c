"""Small files of each kind that is taken, and files that are none of them."""

from __future__ import annotations

import io
import zipfile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
CSV = "Comune;Sì\r\nFirenze;1\r\n".encode()
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def packed(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with these parts, in this order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def office(main: str, **more: bytes) -> bytes:
    """A document of the kind whose main part this is."""
    return packed({"[Content_Types].xml": b"<Types/>", main: b"<x/>", **more})


DOCX = office("word/document.xml")
XLSX = office("xl/workbook.xml")
ODT = packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}, method=zipfile.ZIP_STORED)
ODS = packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}, method=zipfile.ZIP_STORED)
FIT = {
    "pdf": PDF,
    "png": PNG,
    "jpg": JPG,
    "csv": CSV,
    "txt": b"due righe\n",
    "docx": DOCX,
    "xlsx": XLSX,
    "odt": ODT,
    "ods": ODS,
}


def bomb() -> bytes:
    """A spreadsheet of some kilobytes that would unpack to 300 MB."""
    return packed({"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/sheet.xml": b"\0" * 300_000_000})
