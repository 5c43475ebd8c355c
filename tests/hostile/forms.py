"""Every form that a page serves and every address that takes JSON, filled by hypothesis with what no person types.

Not for: what a form means; a refusal is as good an answer as any.
Holds always: requests go over HTTP to gunicorn with the token of the page, so that they reach what is behind it; each ending of
500, or without an answer, is told once an address, with what was sent.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.browsing import Visitor
from tests.hostile.corpus import every_text
from tests.hostile.world import World
from tests.served import Form, FormError

SEED = 2026
SLOW = 5.0  # seconds after which an answer is told
SYNC = "/compila/sincronizza"
KEPT = frozenset({"csrf_token", "ente", "save_id"})
NUMBERED = re.compile(r"\d+|[0-9a-f-]{36}")
HUGE = (
    "9" * 5_000,
    "-1",
    "2147483648",
    "9" * 20,
    "1e999",
    "NaN",
    "0x10",
    "१२३",
    "٣",
    "²",
    "1_000",
    "2026-02-30",
    "9999-99-99T99:99",
)

texts = st.one_of(
    st.sampled_from([*every_text(), *HUGE]),
    st.text(max_size=40),
    st.text(alphabet="\0\r\n\t\u2028\ufeff\ud800\U0010ffff{}<>'\"&;%", max_size=12),
    st.integers(1, 200).map(lambda count: "x" * count * 500),
)
kept_or_texts = st.one_of(st.none(), st.lists(texts, max_size=3))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from([2**63, -(2**64), "\ud800"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)
operations = st.fixed_dictionaries(
    {
        "op_id": st.one_of(st.text(min_size=1, max_size=10), anything),
        "op": st.sampled_from(["set", "add", "duplicate", "move", "delete", "restore", "resolve", "none"]),
    },
    optional={
        "question": st.one_of(
            st.sampled_from(["B01", "B03", "P01", "P07", "P08", "P09", "P14", "S02", "E04", "E05", "X"]), anything
        ),
        "item": st.one_of(st.none(), st.uuids().map(str), texts),
        "base": st.one_of(st.integers(-5, 5), anything),
        "fields": st.one_of(
            st.dictionaries(st.sampled_from(["", "text", "lat", "lon", "address", "na"]), st.lists(texts, max_size=3)), anything
        ),
        "step": st.one_of(st.sampled_from(["P", "S", "B"]), anything),
        "source": st.one_of(st.uuids().map(str), anything),
        "before": st.one_of(st.uuids().map(str), texts),
        "seen": st.one_of(st.lists(st.integers(), max_size=4), anything),
        "decision": st.one_of(st.sampled_from(["current", "edited", "keep", "delete", "1"]), anything),
    },
)


@dataclass
class Endings:
    """What came back: requests by status, those of 500 or without an answer, the slow ones, and the pages of refusals."""

    statuses: dict[int, int] = field(default_factory=dict)
    crashes: dict[str, str] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    headers: set[str] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def made(self) -> int:
        return sum(self.statuses.values())

    def note(self, where: str, sent: object, status: int, seconds: float, body: bytes) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status in (0, 500, 502, 504):
            self.crashes.setdefault(where, f"{status} {str(sent)[:300]!r}")
        if seconds > SLOW:
            self.slow[where] = max(seconds, self.slow.get(where, 0))
        if body[:15].lower() == b"<!doctype html>":
            self.pages.setdefault(f"{where} {status}", body.decode(errors="replace"))


@dataclass
class Filler:
    """Somebody of one role who fills in forms."""

    world: World
    role: str
    endings: Endings
    visitor: Visitor = field(init=False)

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.world.site.url)
        self.visitor.cookies.update(self.world.cookies[self.role])

    def send(self, where: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """One request; the body of its answer."""
        visitor, began = self.visitor, time.monotonic()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        given = {"Cookie": cookies, "Origin": visitor.origin, "Accept": "text/html", **headers}
        content, status = b"", 0
        for _try in range(2):  # a connection that was idle too long is closed
            try:
                visitor.connection.request(method, path, body, given)
                answer = visitor.connection.getresponse()
                content, status = answer.read(), answer.status
            except (http.client.HTTPException, OSError):
                visitor.connection.close()
                continue
            break
        self.endings.note(where, body, status, time.monotonic() - began, content)
        return content

    def forms(self, path: str) -> list[Form]:
        """The forms that stand on a page; none where it is refused, or leads elsewhere."""
        try:
            status, _location, body = self.visitor.get(path)
        except (http.client.HTTPException, OSError):
            return []
        if status != 200 or body[:15].lower() != b"<!doctype html>":
            return []
        self.visitor._show(path, status, body)
        try:
            return [form for form in self.visitor.served.forms if "/esci" not in form.action]
        except FormError:
            return []

    def fill(self, form: Form, examples: int) -> None:
        """Post a form so often, each time with other texts."""
        path = form.action.partition("#")[0]
        path = urlsplit(path).path + (f"?{urlsplit(path).query}" if urlsplit(path).query else "")
        where = f"{self.role} {NUMBERED.sub('*', urlsplit(path).path)}"
        names = sorted(set(form.offered) | set(form.fields) | {one.name for one in form.buttons if one.name})

        @seed(SEED)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.fixed_dictionaries(dict.fromkeys([name for name in names if name not in KEPT], kept_or_texts)), st.integers(0, 9)
        )
        def post(typed: dict[str, Sequence[str] | None], way: int) -> None:
            fields = {**form.fields, **{name: value for name, value in typed.items() if value is not None}}
            body, kind = _encoded(fields, multipart=way == 0 and "csrf_token" in fields)
            self.send(where, "POST", path, body, {"Content-Type": kind})

        post()

    def sync(self, examples: int) -> None:
        """The same by script: JSON that is nearly what the page sends, and JSON that is not."""
        told = json.loads(self.visitor.get(f"{SYNC}?since=0")[2])
        given_headers = {"Content-Type": "application/json", "X-CSRFToken": told["token"], "Accept": "application/json"}
        saves = st.lists(
            st.fixed_dictionaries(
                {"save_id": st.one_of(st.uuids().map(str), texts), "operations": st.lists(operations, max_size=4)}
            ),
            max_size=3,
        )
        asked = st.fixed_dictionaries(
            {
                "response": st.one_of(st.just(told["response"]), anything),
                "entity": st.one_of(st.just(self.world.owner.code), texts),
            },
            optional={"since": st.one_of(st.integers(-3, 99), anything), "saves": st.one_of(saves, saves, saves, anything)},
        )

        @seed(SEED)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of(asked, asked, asked, anything))
        def post(value: Any) -> None:
            self.send(f"{self.role} {SYNC}", "POST", SYNC, json.dumps(value).encode(errors="surrogatepass"), given_headers)

        post()


def _encoded(fields: Mapping[str, Sequence[str]], *, multipart: bool) -> tuple[bytes, str]:
    if not multipart:
        pairs = [(name, value) for name, values in fields.items() for value in values]
        body = "&".join(f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs)
        return body.encode(), "application/x-www-form-urlencoded"
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="../../{name}\\0.exe"\r\n\r\n'.encode()
        + value.encode("utf-8", "surrogatepass")
        if name != "csrf_token"
        else f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, values in fields.items()
        for value in values
    ]
    return b"\r\n".join([*parts, b"--b--\r\n"]), "multipart/form-data; boundary=b"


def fill_all(world: World, addresses: Mapping[str, Sequence[str]], endings: Endings, *, examples: int, seconds: float) -> int:
    """Every form of every page of every role, each once, while there is time. How many forms."""
    end, seen = time.monotonic() + seconds, set()
    for role, paths in addresses.items():
        filler = Filler(world, role, endings)
        if role == "entity":
            filler.sync(examples * 10)
        for path in paths:
            for form in filler.forms(path):
                shape = (role, NUMBERED.sub("*", urlsplit(form.action).path), tuple(sorted(form.offered)))
                if shape in seen or time.monotonic() > end:
                    continue
                seen.add(shape)
                filler.fill(form, examples)
                filler.visitor.cookies.update(world.cookies[role])
    return len(seen)


def hostile_query(names: Sequence[str], text: str) -> str:
    return urlencode(dict.fromkeys(names, text))
