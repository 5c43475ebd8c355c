"""Every address asked for what is not the asker's: nothing leaks between entities, and no form is taken without its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.accounts.staff import TERRITORY
from tests.roles.routes import ANONYMOUS, ENTITY_A, ENTITY_B, NOBODY_YET, Request, answers, requests_to
from tests.roles.world import Owner, World, build_world


def _reads_and_posts(app: Flask, owner: Owner) -> Iterator[Request]:
    for rule in app.url_map.iter_rules():
        yield from requests_to(app, rule, {"theirs": owner}, sorted({"GET", "POST"} & (rule.methods or set())))


@pytest.mark.parametrize(("role", "other"), [(ENTITY_A, "b"), (ENTITY_B, "a")])
def test_no_route_shows_or_changes_what_is_another_entitys(world: World, role: str, other: str) -> None:
    theirs = world.b if other == "b" else world.a
    own = world.a if other == "b" else world.b
    before = world.stored(theirs)
    shown_own = 0
    for asked, response in answers(world, role, _reads_and_posts(world.app, theirs)):
        body = response.get_data().lower()
        assert theirs.secret.lower().encode() not in body, f"{asked.method} {asked.path} shows what is {other}'s"
        shown_own += own.secret.lower().encode() in body
    assert world.stored(theirs) == before
    assert shown_own > 10, "the pages showed hardly anything, so this proves little"


def test_a_territorys_person_sees_and_changes_nothing_of_another_region(world: World) -> None:
    """Theirs is Toscana: entity A's is, entity B's is not."""
    before = world.stored(world.b)
    for asked, response in answers(world, TERRITORY, _reads_and_posts(world.app, world.b)):
        body = response.get_data().lower()
        assert world.b.secret.lower().encode() not in body, f"{asked.method} {asked.path} shows another Region's"
    assert world.stored(world.b) == before


@pytest.mark.parametrize("role", [ANONYMOUS, NOBODY_YET])
def test_who_may_not_read_answers_sees_none(world: World, role: str) -> None:
    own_people = {"access.operator"} if role == NOBODY_YET else set()  # it lists them, to choose from
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint not in own_people]
    requests = (asked for rule in rules for asked in requests_to(world.app, rule, {"a": world.a}, ("GET", "POST")))
    for asked, response in answers(world, role, requests):
        body = response.get_data().lower()
        seen = [owner.secret for owner in (world.a, world.b) if owner.secret.lower().encode() in body]
        if role == NOBODY_YET and asked.method == "POST":
            seen = [secret for secret in seen if secret != world.a.secret]  # the refusal offers its own people too
        assert not seen, f"{asked.method} {asked.path}"
    assert world.stored(world.a)
    assert world.stored(world.b)


def test_no_form_is_taken_without_its_token(make_app: Callable[..., Flask]) -> None:
    world = build_world(make_app())
    before = (world.stored(world.a), world.stored(world.b))
    for rule in world.app.url_map.iter_rules():
        for asked in requests_to(world.app, rule, {"own": world.a}, ["POST"] if "POST" in (rule.methods or ()) else []):
            response = world.client(ENTITY_A).post(asked.path, data={"B01": "none", "entity": "048017", "lingua": "en"})
            assert response.status_code < 500, f"{asked.path}: {response.status_code}"
    assert (world.stored(world.a), world.stored(world.b)) == before
