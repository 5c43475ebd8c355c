"""Every address of the program asked by every role: who may, who is sent where, and that nothing leaks between entities."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.permissions import ANYBODY, ENTITY, OPERATOR, PERMISSIONS, ROLES_FOR
from app.accounts.staff import ROLES as STAFF_ROLES
from app.accounts.staff import TERRITORY
from tests.desk.staff import STAFF_COOKIE
from tests.questionnaire.samples import reference
from tests.roles.world import BYSTANDER, Owner, World, build_world

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


def values_of(argument: str, owner: Owner | None) -> list[str | int]:
    """What an argument of an address may be, with this entity's own things where it has some."""
    own = list(owner.items.values()) if owner else [STRANGER]
    known: dict[str, list[str | int]] = {
        "token": ["A" * 43],
        "filename": [next(path.relative_to(STYLES).as_posix() for path in sorted(STYLES.rglob("*.css")))],
        "code": ["B", "P", "S", "Z", "048017", "022165"],
        "number": [1, 2],
        "sheet": ["pratiche", "centri"],
        "item": [*own],
        "deed": ["togli", "ripristina"],
        "action": ["duplica", "sposta", "elimina", "conferma-eliminazione"],
        "lead": ["022165"],
        "member": ["022165"],
        "predecessor": ["022165"],
        "edition": ["demo"],
        "part": ["titolo", "periodo", "date", "contatti", "lettera", "piano", "indirizzi"],
        "state": ["bozza", "pilota", "aperta", "chiusa", "pubblicata"],
        "key": ["0" * 16],
        "batch": [1],
        "work": ["pausa", "riprendi"],
        "template": [0, 1],
        "person": [BYSTANDER, 999_999],
        "digest": ["0" * 64, reference().digest],
        "language": ["it", "xx"],
        "version": ["0" * 12],
        "act": ["disattiva", "riattiva", "azzera"],
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


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    """Forms need no token here: a missing one would hide a missing permission."""
    return build_world(make_app(WTF_CSRF_ENABLED=False))


def test_every_endpoint_stands_in_the_table_of_permissions(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(PERMISSIONS)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_the_table_says_and_nobody_else(world: World, role: str) -> None:
    adapter = world.app.url_map.bind("localhost")
    wrong = []
    client = world.client(role)
    for rule in world.app.url_map.iter_rules():
        for asked in requests_to(world.app, rule, {"a": world.a}):
            response = client.open(asked.path, method=asked.method)
            if asked.method == "POST" and not is_refused(response):
                client = world.client(role)  # it may have ended its own session
            try:
                endpoint, _ = adapter.match(asked.path, method=asked.method)
            except MethodNotAllowed:
                right = response.status_code == 405
            else:
                right = response.status_code < 500 and is_refused(response) is (role not in MAY[PERMISSIONS[endpoint]])
            if not right:
                wrong.append(f"{asked.method} {asked.path}: {response.status_code} {response.headers.get('Location', '')}")
    assert not wrong, "\n".join(wrong)


def test_a_refusal_leads_to_where_it_can_be_mended(world: World) -> None:
    assert world.client(ENTITY_A).get("/gestione").headers["Location"].startswith("/gestione/accedi?next=")
    assert world.client(ENTITY_A).post("/gestione/profilo/sessioni").status_code == 401
    for role, get, post in ((ANONYMOUS, "/accedi?next=", 401), (NOBODY_YET, "/operatore?next=", 403)):
        assert world.client(role).get("/compila").headers["Location"].startswith(get)
        assert world.client(role).post("/compila/B").status_code == post


@pytest.mark.parametrize(("role", "other"), [(ENTITY_A, "b"), (ENTITY_B, "a")])
def test_no_route_shows_or_changes_what_is_another_entitys(world: World, role: str, other: str) -> None:
    theirs = world.b if other == "b" else world.a
    own = world.a if other == "b" else world.b
    before = world.stored(theirs)
    shown_own = 0
    for rule in world.app.url_map.iter_rules():
        for asked in requests_to(world.app, rule, {"theirs": theirs}, sorted({"GET", "POST"} & (rule.methods or set()))):
            body = world.client(role).open(asked.path, method=asked.method).get_data().lower()
            assert theirs.secret.lower().encode() not in body, f"{asked.method} {asked.path} shows what is {other}'s"
            shown_own += own.secret.lower().encode() in body
    assert world.stored(theirs) == before
    assert shown_own > 10, "the pages showed hardly anything, so this proves little"


def test_a_territorys_person_sees_and_changes_nothing_of_another_region(world: World) -> None:
    """Theirs is Toscana: entity A's is, entity B's is not."""
    before = world.stored(world.b)
    for rule in world.app.url_map.iter_rules():
        for asked in requests_to(world.app, rule, {"theirs": world.b}, sorted({"GET", "POST"} & (rule.methods or set()))):
            body = world.client(TERRITORY).open(asked.path, method=asked.method).get_data().lower()
            assert world.b.secret.lower().encode() not in body, f"{asked.method} {asked.path} shows another Region's"
    assert world.stored(world.b) == before


@pytest.mark.parametrize("role", [ANONYMOUS, NOBODY_YET])
def test_who_may_not_read_answers_sees_none(world: World, role: str) -> None:
    for rule in world.app.url_map.iter_rules():
        if role == NOBODY_YET and rule.endpoint == "access.operator":
            continue  # it lists the entity's own people, to choose from
        for asked in requests_to(world.app, rule, {"a": world.a}, ("GET", "POST")):
            body = world.client(role).open(asked.path, method=asked.method).get_data().lower()
            seen = [owner.secret for owner in (world.a, world.b) if owner.secret.lower().encode() in body]
            if role == NOBODY_YET and asked.method == "POST":
                seen = [secret for secret in seen if secret != world.a.secret]  # the refusal offers its own people too
            assert not seen, f"{asked.method} {asked.path}"
    assert world.stored(world.a)
    assert world.stored(world.b)


def test_who_has_signed_out_is_nobody(world: World) -> None:
    client = world.client(ENTITY_A)
    assert client.get("/compila").status_code in (200, 303)
    cookie = client.get_cookie("ricognizione", domain="localhost")
    assert cookie is not None
    client.post("/esci")
    client.set_cookie("ricognizione", cookie.value, domain="localhost")
    assert is_refused(client.get("/compila"))


def test_a_member_of_staff_who_has_signed_out_is_nobody(world: World) -> None:
    client = world.client(TERRITORY)
    assert client.get("/gestione").status_code == 200
    cookie = client.get_cookie(STAFF_COOKIE, domain="localhost")
    assert cookie is not None
    client.post("/gestione/esci")
    client.set_cookie(STAFF_COOKIE, cookie.value, domain="localhost")
    assert is_refused(client.get("/gestione"))


def test_no_form_is_taken_without_its_token(make_app: Callable[..., Flask]) -> None:
    world = build_world(make_app())
    before = (world.stored(world.a), world.stored(world.b))
    for rule in world.app.url_map.iter_rules():
        for asked in requests_to(world.app, rule, {"own": world.a}, ["POST"] if "POST" in (rule.methods or ()) else []):
            response = world.client(ENTITY_A).post(asked.path, data={"B01": "none", "entity": "048017", "lingua": "en"})
            assert response.status_code < 500, f"{asked.path}: {response.status_code}"
    assert (world.stored(world.a), world.stored(world.b)) == before
