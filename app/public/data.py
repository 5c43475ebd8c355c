"""`/dati`: the open data, their files of every version, what changed from one to the next, and the catalogue (DCAT-AP_IT).

Not for: making files (`app.practices.opendata`), the interface for programs (`api.py`).
Holds always: a file is the same for everybody and depends on no session; before the first publication every address answers,
with nothing in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import brotli
import sqlalchemy as sa
from flask import Response, abort, render_template, url_for

from app.config import settings
from app.context import this_request
from app.editions.current import EditionView
from app.extensions import db
from app.practices.kept import state_of
from app.practices.opendata.catalogue import FORMATS, Facts, describe
from app.practices.opendata.columns import COLUMNS
from app.practices.opendata.files import (
    FILES,
    DataFile,
    Listed,
    checksums,
    file_of,
    list_files,
    make_files,
    modified_at,
)
from app.practices.opendata.licences import LICENCES
from app.practices.opendata.statements import Node, json_ld, rdf_xml
from app.practices.published import CURRENT, ENTRY, Version, list_versions, version_of
from app.public import OPEN_ENDPOINTS, blueprint
from app.public.frame import PAGES_WRITTEN
from app.public.kept_answers import Made, kept_answer
from app.public.open_pages import open_page, standing
from app.web.content_encoding import BROTLI, asked_encoding
from app.web.language import current_language
from app.web.numbers import number_words
from app.web.open_answers import for_any_site, open_answer
from app.web.site_address import site_address

PIECE: Final = 65_536
FILE_RULE: Final = f"<any({', '.join(repr(name) for name in FILES)}):file>"
CATALOGUES: Final[dict[str, tuple[str, Callable[[Sequence[Node]], str]]]] = {
    "rdf": ("application/rdf+xml; charset=utf-8", rdf_xml),
    "jsonld": ("application/ld+json; charset=utf-8", json_ld),
}
_YEARS: Final = sa.select(sa.func.min(ENTRY.year), sa.func.max(ENTRY.year)).where(CURRENT)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file on the page: `size` and `sha256` are empty where nobody has asked for it yet."""

    name: str
    format: str
    size: str
    sha256: str


@blueprint.get("/dati")
def data_page() -> Response:
    """What the dataset is, its files, its licence, and how to use it."""
    stands = standing()  # before anything else is read, so that the files are not older than the version
    made = list_files(stands.version)
    return open_page(made, lambda version: _page(version, made), stands)


@blueprint.get("/dati/modifiche")
def data_changes() -> Response:
    """Every version, the latest first, with what it added, changed and took back."""
    return open_page("changes", lambda _version: _changes())


@blueprint.get(f"/dati/{FILE_RULE}")
def data_file(file: str) -> Response:
    """A file of the last version."""
    return _sent(standing().version, file)


@blueprint.get(f"/dati/<int:number>/{FILE_RULE}")
def data_file_of_version(number: int, file: str) -> Response:
    """The same of this version, for ever, but for what is taken back later."""
    return _sent(_version(number), file)


@blueprint.get("/dati/<int:number>/SHA256SUMS")
def data_checksums(number: int) -> Response:
    """The checksums of the files of a version, which are made for it."""
    version = _version(number)
    text = checksums(make_files(version))
    return open_answer(lambda: Response(text, content_type="text/plain; charset=utf-8"), _tag(text), modified_at(version))


@blueprint.get("/dati/catalogo.<any(rdf, jsonld):form>")
def data_catalogue(form: str) -> Response:
    """The catalogue, for those who harvest it."""
    media_type, write = CATALOGUES[form]
    stands = standing()
    version, edition = stands.version, stands.edition
    made = list_files(version)
    about = ("catalogue", form, made, stands.mark)
    return kept_answer(
        state_of(version), about, lambda: Made(write(describe(_facts(version, edition, made))).encode(), media_type)
    )


@blueprint.after_request
def let_any_site_read(response: Response) -> Response:
    """Refusals included, so that a script can say why it has nothing."""
    return for_any_site(response) if this_request().endpoint in OPEN_ENDPOINTS else response


def _page(version: Version | None, made: Sequence[Listed]) -> str:
    read = settings()
    return render_template(
        "public/data.html",
        version=version,
        files=_shown(made),
        licence=LICENCES[read.data_licence],
        holder=read.data_holder_name,
        columns=COLUMNS,
        site=read.base_url,
        path=url_for("public.data_page"),
        canonical=site_address("public.data_page"),
    )


def _changes() -> str:
    return render_template(
        "public/data_changes.html",
        versions=list_versions(),
        formats=[(name, FORMATS[name][1]) for name in ("pratiche.geojson", "pratiche.csv")],
        path=url_for("public.data_changes"),
        canonical=site_address("public.data_changes"),
    )


def _version(number: int) -> Version:
    found = version_of(number) if number < 2**31 else None
    if found is None:
        abort(404)
    return found


def _sent(version: Version | None, name: str) -> Response:
    """A file, compressed as it is kept or plain, as the client can read it."""
    found, packed = file_of(version, name), asked_encoding(BROTLI) == BROTLI
    tag = f"{found.sha256[:32]}{'-br' if packed else ''}"
    return open_answer(lambda: _response(found, version, packed), tag, modified_at(version) if version else None)


def _response(found: DataFile, version: Version | None, packed: bool) -> Response:
    stem, _, end = found.name.rpartition(".")
    response = Response(found.content if packed else _unpacked(found.content), content_type=found.media_type)
    response.direct_passthrough = not packed  # what comes piece by piece is not gathered to be compressed again
    headers = response.headers
    headers["Content-Length"] = str(len(found.content) if packed else found.bytes)
    headers["Content-Disposition"] = f'attachment; filename="ricognizione-{stem}-v{version.number if version else 0}.{end}"'
    headers["Vary"] = "Accept-Encoding"
    if packed:
        headers["Content-Encoding"] = BROTLI
    return response


def _unpacked(content: bytes) -> Iterator[bytes]:
    reader = brotli.Decompressor()
    for start in range(0, len(content), PIECE):
        yield reader.process(content[start : start + PIECE])


def _tag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _shown(made: Sequence[Listed]) -> list[Shown]:
    known, words = {one.name: one for one in made}, number_words(current_language())
    shown = []
    for name in FILES:
        one = known.get(name)
        shown.append(Shown(name, FORMATS[name][1], _size(one.bytes, words.whole) if one else "", one.sha256 if one else ""))
    return shown


def _size(size: int, whole: Callable[[int], str]) -> str:
    return f"{whole(-(-size // 1000))} kB"


def _facts(version: Version | None, edition: EditionView | None, made: Sequence[Listed]) -> Facts:
    read = settings()
    first, last = db.session.execute(_YEARS).one()
    modified = version.modified_at.date() if version else PAGES_WRITTEN
    return Facts(
        site=read.base_url,
        holder_name=read.data_holder_name,
        holder_ipa=read.data_holder_ipa,
        holder_url=read.data_holder_url,
        contact=read.data_contact or _edition_contact(edition) or site_address("public.contacts"),
        licence=LICENCES[read.data_licence],
        number=version.number if version else 0,
        issued=list_versions()[-1].published_at.date() if version else None,
        modified=modified,
        years=None if first is None else (first, last),
        files=made,
    )


def _edition_contact(edition: EditionView | None) -> str:
    emails = [contact.email for contact in edition.contacts if contact.email] if edition is not None else []
    return f"mailto:{emails[0]}" if emails else ""
