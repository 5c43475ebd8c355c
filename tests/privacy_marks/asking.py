"""Asking a site for all that anybody may read: every address of its map with real values, and every link that leads on.

Not for: what must not be found (`marked.py`).
Holds always: addresses are found, not listed: a page that is new tomorrow is asked for; what is packed is unpacked.
"""

from __future__ import annotations

import gzip
import html
import io
import itertools
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

import brotli
import pypdf
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.extensions import db
from app.practices.finding import PARAMETERS
from app.practices.published import CURRENT, ENTRY
from tests.attacks.requests import endpoint_of
from tests.attacks.wire import Answer, Wire
from tests.privacy_marks.marked import Marks
from tests.roles.routes import values_of

LANGUAGES: Final = ("it", "en")
ENCODINGS: Final = ("identity", "br, gzip")
MOST_ADDRESSES: Final = 1_500
PAGE, FILE, INTERFACE = "page", "file", "interface"
SMALL: Final = re.compile(r"beneficiar\w*[^0-9]{0,60}?(?<![\d.,])[0-4](?![\d.,]\d|\d)", re.IGNORECASE)
"""A number of beneficiaries under 5, beside its name."""
_LINK: Final = re.compile(r'(?:href|src|action|data-[a-z-]+)="(/[^"]*)"')
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)")
_GROUPED: Final = re.compile(r"(?<![\w.])\d{1,3}(?:[.,\s]\d{3})+(?:[.,]\d+)?(?!\w)")
"""A number as programs write it, and as people do: 1.234.567,8."""


@dataclass(frozen=True)
class Read:
    """An answer, as text. `what`: of `page`, `file`, `interface`. `numbers`: the digits of each number in it."""

    name: str
    what: str
    words: str
    numbers: tuple[str, ...]

    def holds(self, mark: str) -> bool:
        kind, _, digits = mark.partition(":")
        return any(number.startswith(digits) for number in self.numbers) if kind == "number" else mark in self.words


@dataclass
class Fetched:
    """All answers. `faults`: those of status 500, or that could not be read."""

    WAYS: ClassVar[tuple[str, ...]] = (PAGE, FILE, INTERFACE)
    answers: list[Read] = field(default_factory=list)
    endpoints: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)

    def holding(self, marks: Mapping[str, str], ways: str = "") -> list[str]:
        """Which mark stands in which answer; of the private ones also each number under 5."""
        kept = [one for one in self.answers if not ways or one.what == ways]
        found = [f"{one.name}: {name}" for one in kept for name, mark in marks.items() if one.holds(mark)]
        return found + (self.small if "cost" in marks else [])


def fetch_all(app: Flask, url: str, marks: Marks) -> Fetched:
    """Ask a running site. Needs an application context on its database."""
    found, queries = Fetched(), _queries()
    rules = [rule for rule in app.url_map.iter_rules() if _is_open(rule)]
    assert len(rules) > 15, "hardly any address is for anybody, so this proves little"
    for language, encoding in itertools.product(LANGUAGES, ENCODINGS):
        client = Wire(url)
        client.get(f"/?lingua={language}")
        waiting = deque(address for rule in rules for address in _addresses(app, rule, marks, queries))
        known = set(waiting)
        while waiting:  # whatever is known is asked for; links beyond the limit are combinations of filters
            path = waiting.popleft()
            answer = client.get(path, {"Accept-Encoding": encoding})
            for link in _take(app, url, found, answer, path, f"{language}, {encoding}"):
                if link not in known and len(known) < MOST_ADDRESSES:
                    known.add(link)
                    waiting.append(link)
        client.close()
    _search_for(url, found, marks)
    return found


def _is_open(rule: Rule) -> bool:
    return "GET" in (rule.methods or set()) and PERMISSIONS.get(rule.endpoint) is ANYBODY and rule.endpoint != "static"


def _queries() -> list[str]:
    """Queries with real values of every filter, one at a time, and of page and version."""
    rows = db.session.execute(
        sa.select(ENTRY.area, ENTRY.level, ENTRY.region_code, ENTRY.year, ENTRY.kind, ENTRY.tags).where(CURRENT)
    )
    values: dict[str, set[str]] = {name: set() for name in PARAMETERS}
    tags = {"types": "tipo", "recipients": "destinatari", "funding": "fondi"}
    for row in rows:
        for name, value in zip(("area", "livello", "regione", "anno", "genere"), row, strict=False):
            values[name] |= {str(value)} if value else set()
        for one in row.tags.split():
            name, _, code = one.partition(":")
            values.get(tags.get(name, ""), set()).add(code)
    db.session.rollback()
    values["q"] = {"testo", "centro"}
    singles = [f"?{name}={value}" for name, every in values.items() for value in sorted(every)]
    return ["", *singles, "?pagina=2", "?pagina=1&quanti=1", "?versione=1", "?versione=2&quanti=200", "?vista=tabella"]


def _addresses(app: Flask, rule: Rule, marks: Marks, queries: Sequence[str]) -> Iterator[str]:
    adapter, arguments = app.url_map.bind("localhost"), sorted(rule.arguments)
    choices = [_values(rule, argument, marks) for argument in arguments]
    for values in itertools.product(*choices):
        path = adapter.build(rule.endpoint, dict(zip(arguments, values, strict=True)), force_external=False)
        yield from (path + query for query in (queries if rule.endpoint.startswith("public.") and not arguments else [""]))


def _values(rule: Rule, argument: str, marks: Marks) -> list[str | int]:
    offered = getattr(rule._converters[argument], "items", None)
    if offered:
        return sorted(offered)
    if argument == "number":
        return [*range(1, marks.versions + 2)]
    if argument == "code" and rule.endpoint.startswith("public."):
        return [*marks.codes, "ABCDEFGH"]
    return values_of(argument, None)


def _take(app: Flask, url: str, found: Fetched, answer: Answer, path: str, how: str) -> list[str]:
    """Read an answer; where its links lead."""
    endpoint, name = endpoint_of(app, path, "GET"), f"{path} ({how})"
    found.endpoints.add(endpoint)
    if answer.status_code >= 500:
        found.faults.append(f"{name}: {answer.status_code}")
    text = _text(answer)
    headers = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
    words = html.unescape(unquote(f"{headers}\n{text}")).lower()
    media_type = answer.headers.get("Content-Type", "")
    what = INTERFACE if path.startswith("/api/") else PAGE if media_type.startswith("text/html") else FILE
    spaced = words.replace("\\n", " ")
    numbers = tuple(re.sub(r"\D", "", one) for pattern in (_NUMBER, _GROUPED) for one in pattern.findall(spaced))
    found.answers.append(Read(name, what, words, numbers))
    plain = re.sub(r"<[^>]*>", " ", words)
    found.small += [f"{name}: {one.group()[-60:]}" for one in SMALL.finditer(plain)]
    return [link for link in _links(url, text, headers) if PERMISSIONS.get(endpoint_of(app, link, "GET")) is ANYBODY]


def _links(url: str, text: str, headers: str) -> Iterator[str]:
    absolute = re.compile(re.escape(url) + r"(/[^\s\"'<>\\;)]*)")
    for link in (*_LINK.findall(text), *absolute.findall(text), *absolute.findall(headers)):
        address = html.unescape(link).partition("#")[0]
        if not address.startswith(("//", "/static/")) and "lingua=" not in address and urlsplit(address).path:
            yield address


def _text(answer: Answer) -> str:
    body = answer.body
    encoding = answer.headers.get("Content-Encoding", "")
    if body and encoding:
        body = {"br": brotli.decompress, "gzip": gzip.decompress}[encoding](body)
    if answer.headers.get("Content-Type", "").startswith("application/pdf") and body:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    text = body.decode("utf-8", "replace")
    if "json" in answer.headers.get("Content-Type", "") and "\\u" in text:
        return text + json.dumps(json.loads(text), ensure_ascii=False)
    return text


def _search_for(url: str, found: Fetched, marks: Marks) -> None:
    """Whether a search finds an entry by a word of it that is not public."""
    client = Wire(url)
    for name, mark in {**marks.private, **marks.hidden}.items():
        if not mark.startswith("number:"):
            for number in ("", f"&versione={marks.versions}", "&versione=1"):
                answer = client.get(f"/api/v1/pratiche?q={mark}{number}")
                if json.loads(answer.body)["total"]:
                    found.small.append(f"a search finds an entry by {name}")
    client.close()
