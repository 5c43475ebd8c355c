"""Static files: read once, compressed once, served under an address that changes with their content.

The address holds one digest of the whole folder (`/static/<digest>/css/app.css`), not one of each file, so that style sheets
and ES modules go on naming each other by relative paths; the price is that any change makes browsers fetch all of them again.
Not for: files of people or of editions.
Our scripts travel without their comments, which are a quarter of their weight; the lines keep their numbers.
Holds always: an address with the present digest may be kept for a year; with another digest (a page from before an update)
the present file is served and not kept. Nothing outside of the folder, and no session, is ever touched.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import brotli

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/static/"
DIGEST_LENGTH = 12
KEPT = "public, max-age=31536000, immutable"
COMPRESSIBLE = frozenset({".css", ".js", ".svg", ".json", ".webmanifest", ".txt", ".html", ".geojson", ".topojson"})
TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
COMMENTS = re.compile(rb"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
"""Comments that have whole lines of a script to themselves, as ours have."""
ONLY_READ = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class StaticFile:
    """One file in memory and its compressed forms, made when first asked for."""

    content: bytes
    content_type: str
    compressible: bool
    encoded: dict[str, bytes] = field(default_factory=dict)

    def body(self, accepted: str) -> tuple[bytes, str | None]:
        """The bytes to send to a client that accepts these encodings, and the encoding used."""
        if not self.compressible:
            return self.content, None
        for name, compress in (("br", brotli.compress), ("gzip", gzip.compress)):
            if name in accepted:
                if name not in self.encoded:
                    self.encoded[name] = compress(self.content)
                return self.encoded[name], name
        return self.content, None


def digest_of(folder: Path) -> str:
    """A short digest of all names and contents below `folder`."""
    digest = hashlib.sha256()
    for path in _paths(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:DIGEST_LENGTH]


class StaticFiles:
    """A WSGI application that serves the folder and passes every other address on."""

    def __init__(self, application: WSGIApplication, folder: Path, digest: str, *, reload: bool) -> None:
        self._application = application
        self._folder = folder
        self._digest = digest
        self._reload = reload
        self._lock = threading.Lock()
        self._files = {} if reload else {path.relative_to(folder).as_posix(): _load(path) for path in _paths(folder)}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._application(environ, start_response)
        digest, _, name = path.removeprefix(PREFIX).partition("/")
        found = self._find(name)
        if found is None or environ["REQUEST_METHOD"] not in ONLY_READ:
            return self._application(environ, start_response)
        with self._lock:
            body, encoding = found.body(environ.get("HTTP_ACCEPT_ENCODING", ""))
        kept = KEPT if digest == self._digest and not self._reload else "no-cache"
        headers = [("Content-Type", found.content_type), ("Content-Length", str(len(body))), ("Cache-Control", kept)]
        if found.compressible:
            headers.append(("Vary", "Accept-Encoding"))
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _find(self, name: str) -> StaticFile | None:
        if not self._reload:
            return self._files.get(name)
        for path in _paths(self._folder):
            if path.relative_to(self._folder).as_posix() == name:
                return _load(path)
        return None


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _load(path: Path) -> StaticFile:
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = guessed.startswith("text/") or guessed in {"application/json", "image/svg+xml", "application/manifest+json"}
    content_type = f"{guessed}; charset=utf-8" if text else guessed
    content = path.read_bytes()
    if path.suffix == ".js" and "vendor" not in path.parts:
        content = without_comments(content)
    return StaticFile(content, content_type, path.suffix in COMPRESSIBLE)


def without_comments(script: bytes) -> bytes:
    """A script with its comment lines left empty."""
    return COMMENTS.sub(lambda found: b"\n" * found[0].count(b"\n"), script)
