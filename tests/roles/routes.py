"""Every address of the program, and what it says to each role.

Holds always: whom the table of permissions refuses is not let in, and everybody else is."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.permission_table import ANYBODY, ENTITY, OPERATOR, PERMISSIONS, ROLES_FOR
from app.accounts.staff import ROLES as STAFF_ROLES
from app.accounts.staff import TERRITORY
from app.accounts.telephone import MAY_ASK
from tests.questionnaire.samples import reference
from tests.roles.world import BY_TELEPHONE, BYSTANDER, Owner, World

ANONYMOUS, ENTITY_A, ENTITY_B, NOBODY_YET = ENTITY_ROLES = ("anonymous", "entity A", "entity B", "entity A, nobody yet")
ROLES = (*ENTITY_ROLES, *STAFF_ROLES)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STRANGER = str(uuid.UUID(int=7))
STYLES = Path(__file__).parents[2] / "app" / "static"
MAY = {
    ANYBODY: set(ROLES),
    ENTITY: {ENTITY_A, ENTITY_B, NOBODY_YET},
    OPERATOR: {ENTITY_A, ENTITY_B},
    **{requirement: set(roles) for requirement, roles in ROLES_FOR.items()},
}


@dataclass(frozen=True)
class Request:
    rule: Rule
    method: str
    path: str
    owner: str


def may(role: str, endpoint: str) -> bool:
    """Whether the tables let this role in: that of permissions, and for staff on the telephone that of what it may ask for."""
    requirement = PERMISSIONS[endpoint]
    if role == BY_TELEPHONE:
        return endpoint in MAY_ASK if requirement in (ENTITY, OPERATOR) else TERRITORY in MAY[requirement]
    return role in MAY[requirement]


FIXED: dict[str, list[str | int]] = {
    "token": ["A" * 43],
    "code": ["B", "P", "S", "Z", "048017", "022165"],
    "number": [1, 2],
    "sheet": ["pratiche", "centri"],
    "deed": ["togli", "ripristina"],
    "action": ["duplica", "sposta", "elimina", "conferma-eliminazione"],
    "lead": ["022165"],
    "member": ["022165"],
    "predecessor": ["022165"],
    "edition": ["demo"],
    "part": ["titolo", "periodo", "date", "contatti", "lettera", "piano", "indirizzi", "accesso", "telefono"],
    "state": ["bozza", "pilota", "aperta", "chiusa", "pubblicata"],
    "key": ["0" * 16],
    "batch": [1],
    "audience": [1],
    "planned": [1],
    "place": [1],
    "work": ["pausa", "riprendi"],
    "template": [0, 1],
    "hands_over": [False, True],
    "order": ["rimanda", "ritira"],
    "step": ["B", "P", "Z"],
    "language": ["it", "xx"],
    "version": ["0" * 12],
    "turn": ["chiudi", "riapri"],
    "way_back": ["annulla", "riapri"],
    "attachment": [1, 2],
    "file": ["pratiche.geojson", "codebook.csv"],
    "form": ["rdf", "jsonld"],
    "act": ["disattiva", "riattiva", "azzera"],
    "etag": ["1.0", "0.0"],
}
"""Argument of an address → what it may be, whoever asks."""


def values_of(argument: str, owner: Owner | None) -> list[str | int]:
    """What an argument of an address may be, with this entity's own things where it has some."""
    known: dict[str, list[str | int]] = FIXED | {
        "filename": [next(path.relative_to(STYLES).as_posix() for path in sorted(STYLES.rglob("*.css")))],
        "item": list(owner.items.values()) if owner else [STRANGER],
        "person": [BYSTANDER, 999_999],
        "digest": ["0" * 64, reference().digest],
    }
    assert argument in known, f"say in this test what the new argument {argument!r} may be"
    return known[argument]


def requests_to(app: Flask, rule: Rule, owners: dict[str, Owner | None], methods: Sequence[str] = METHODS) -> Iterator[Request]:
    """Each method on each address that the rule can make, with the things of each owner."""
    arguments = sorted(rule.arguments)
    adapter = app.url_map.bind("localhost")
    for name, owner in owners.items() if "item" in arguments else [("nobody", None)]:
        for values in itertools.product(*(values_of(argument, owner) for argument in arguments)):
            path = adapter.build(rule.endpoint, dict(zip(arguments, values, strict=True)), force_external=False)
            for method in methods:
                yield Request(rule, method, path, name)


def is_refused(response: TestResponse) -> bool:
    """Whether the table of permissions stopped the request: 401, 403, or a way to sign in or to say who fills in."""
    return response.status_code in (401, 403) or response.headers.get("Location", "").startswith(
        ("/accedi?next=", "/operatore?next=", "/gestione/accedi?next=")
    )


def answers(world: World, role: str, requests: Iterable[Request]) -> Iterator[tuple[Request, TestResponse]]:
    """Each request with its answer, asked by this role in a live session: after a POST that was let in, a new one."""
    client = world.client(role)
    for asked in requests:
        response = client.open(asked.path, method=asked.method)
        yield asked, response
        if asked.method == "POST" and not is_refused(response):
            client = world.client(role)  # it may have ended its own session


def wrong_answers(world: World, role: str) -> list[str]:
    """Each method on each address that lets this role in and should not, or does not and should."""
    adapter = world.app.url_map.bind("localhost")
    wrong = []
    every = (asked for rule in world.app.url_map.iter_rules() for asked in requests_to(world.app, rule, {"a": world.a}))
    for asked, response in answers(world, role, every):
        try:
            endpoint, _ = adapter.match(asked.path, method=asked.method)
        except MethodNotAllowed:
            right = response.status_code == 405
        else:
            right = response.status_code < 500 and is_refused(response) is not may(role, endpoint)
        if not right:
            wrong.append(f"{asked.method} {asked.path}: {response.status_code} {response.headers.get('Location', '')}")
    return wrong
