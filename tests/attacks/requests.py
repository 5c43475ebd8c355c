"""What may be asked of a site: every address with own, others' and guessed ids, every form as its owner would send it.

Not for: who may (`app.accounts.permissions`), or what a stranger must not get (`scene.py`).
Holds always: an argument of an address without an example stops the run (`tests.roles.routes.values_of`): a new route is
attacked or the figure has no value; nothing that is sent holds a secret word, or a page that shows it again would seem to leak.
"""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from tests.attacks.scene import BEFORE, LEAD_CODE, NEXT, Scene
from tests.attacks.wire import Wire
from tests.roles.routes import values_of
from tests.served import ServedPage

GUESSED = (*range(1, 6), 999_999)
MOST_SWAPPED = 4
SWAPPED = "?ente=048017&regione=09&da=1&a=2"
MOST_LINKS = 8
MOST_READ = 3
MOST_ADDRESSES = 24
_QUERY_LINK = re.compile(rb'href="(/[^"#]*\?[^"#]*)"')
Form = dict[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """One request. `endpoint` as the site's own map of addresses finds it."""

    method: str
    path: str
    endpoint: str
    form: Form = field(default_factory=dict)
    script: bytes = b""


@dataclass
class Harvest:
    """The forms and links that those saw who may: by endpoint."""

    forms: dict[str, Form] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)


def endpoint_of(app: Flask, path: str, method: str) -> str:
    """Where a request for this path goes; empty for nowhere."""
    try:
        endpoint, _values = app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
    except (HTTPException, RequestRedirect):
        return ""
    return str(endpoint)


def addresses(app: Flask, rule: Rule, scene: Scene, keys: list[str]) -> Iterator[str]:
    """Each address that the rule makes of what is A's, B's, the lead's, and guessed."""
    more: dict[str, list[str | int]] = {
        "number": [*GUESSED],
        "item": [*scene.a.items.values(), *scene.b.items.values()],
        "code": [scene.a.code, scene.b.code, LEAD_CODE],
        "lead": [LEAD_CODE, scene.a.code],
        "member": [scene.a.code, scene.b.code],
        "predecessor": [scene.a.code],
        "edition": [BEFORE, NEXT],
        "key": [*keys],
        "batch": [2],
    }
    arguments = sorted(rule.arguments)
    adapter = app.url_map.bind("localhost")
    choices = []
    for argument in arguments:
        values = [*values_of(argument, scene.a), *values_of(argument, scene.b), *more.get(argument, [])]
        choices.append(list(dict.fromkeys(values)))
    every = list(itertools.product(*choices))
    for values in every[:: -(-len(every) // MOST_ADDRESSES)]:  # of very many, as many spread over all of them
        yield adapter.build(rule.endpoint, dict(zip(arguments, values, strict=True)), force_external=False)


def harvest(app: Flask, client: Wire, paths: list[str], words: list[str], found: Harvest) -> None:
    """Read the first of these pages that there are, as somebody who may, and keep each form and some links with a query."""
    hidden = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    read = 0
    for path in paths:
        if read == MOST_READ:
            return
        answer = client.get(path)
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        read += 1
        for link in _QUERY_LINK.findall(answer.body):
            address = link.decode().replace("&amp;", "&")
            kept = found.links.setdefault(endpoint_of(app, address, "GET"), [])
            if len(kept) < MOST_LINKS and address not in kept and not hidden.search(address):
                kept.append(address)
        for form in ServedPage(answer.text, path).forms:
            fields = {name: [hidden.sub("altro", value) for value in values] for name, values in form.fields.items()}
            fields |= {name: sorted(values)[:1] for name, values in form.offered.items() if values and name not in fields}
            fields |= {one.name: [one.value] for one in form.buttons if one.name}
            fields.pop("csrf_token", None)
            known = found.forms.setdefault(endpoint_of(app, form.action, "POST"), {})
            found.forms[endpoint_of(app, form.action, "POST")] = {**fields, **known}


def requests(app: Flask, rule: Rule, scene: Scene, keys: list[str], seen: Harvest, own_code: str) -> Iterator[Asked]:
    """Each request of this rule: pages read, with and without others' ids in the query, and forms posted as their owner would,
    once in the owner's name and once in one's own."""
    methods = rule.methods or set()
    for place, path in enumerate(addresses(app, rule, scene, keys)):
        if "GET" in methods:
            endpoint = endpoint_of(app, path, "GET")
            yield Asked("GET", path, endpoint)
            if place < MOST_SWAPPED:
                yield Asked("GET", path + SWAPPED, endpoint)
        if "POST" in methods:
            endpoint = endpoint_of(app, path, "POST")
            for code in dict.fromkeys((scene.a.code, own_code)):
                if endpoint in app.config["JSON_ENDPOINTS"]:
                    yield Asked("POST", path, endpoint, script=_save(scene, code))
                else:
                    yield Asked("POST", path, endpoint, _form(scene, seen.forms.get(endpoint, {}), code))
    for address in seen.links.get(rule.endpoint, []):
        yield Asked("GET", address, rule.endpoint)


def _form(scene: Scene, known: Form, code: str) -> Form:
    guessed = {"operator_id": [str(scene.a.operator_id)], "entity": [scene.a.code], "entity_code": [scene.a.code]}
    guessed |= {"invia": ["1"], "dichiarazione": ["1"], "risposta": ["si"], "conferma": ["1"], "number": ["1"]}
    password = {"password": ["cinque parole che nessuno usa"]}
    return {**guessed, **password, **known, "ente": [code], "save_id": [uuid.uuid4().hex]}


def _save(scene: Scene, code: str) -> bytes:
    change = {"op_id": uuid.uuid4().hex, "op": "set", "question": "E02", "base": 0, "fields": {"": ["altro"]}}
    sheet = {"op_id": uuid.uuid4().hex, "op": "delete", "item": scene.a.items["pratiche"], "base": 99}
    saves = [{"save_id": uuid.uuid4().hex, "operations": [change, sheet]}]
    return json.dumps({"response": scene.a.response_id, "entity": code, "saves": saves, "since": 0}).encode()
