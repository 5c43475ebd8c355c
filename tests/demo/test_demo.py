"""The demonstration: only on one's own machine, the same at every start, its answers marked and good."""

from __future__ import annotations

import datetime as dt
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.entity_accounts import stored_hash
from app.accounts.operators import list_operators
from app.accounts.passwords import verify_password
from app.config import settings
from app.demo import loading
from app.demo.filling import NoOpenEditionError, fill_synthetic
from app.demo.loading import ACCOUNTS_FILE, ENTITIES, DemoAccount, NotLocalError, account_lines, demo_edition, load_demo
from app.editions.current import edition_by_code
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.questionnaire.model import split_key
from app.registry.entities import find_by_code
from app.responses import personal
from app.responses.journal import folded_document
from app.responses.models import Response
from app.responses.reading import OpenResponse, open_response, response_by_id
from app.responses.reviewing import review_response
from app.responses.submission import has_unsent_changes, list_receipts
from tests.conftest import START, Clock
from tests.registry_rows import add_municipalities

MakeApp = Callable[..., Flask]
ALL = (
    *("048017", "022165", "001235", "068038", "021008", "015146", "058091", "037006", "063049", "082053", "072006", "010025"),
    *("048015", "048046", "022157", "022177"),  # members of the demonstration's associations
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, db_session: object) -> None:
    """Sixteen municipalities in the place of all."""
    monkeypatch.setattr(loading, "load_municipalities", lambda now: add_municipalities(*ALL))


def draw(share: float = 1.0, seed: int = 1) -> list[OpenResponse]:
    """Fill, and give every response there is, by municipality."""
    steps = list(fill_synthetic(settings(), share, START, seed=seed))
    assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)]
    db.session.rollback()
    ids = db.session.execute(sa.select(Response.id)).scalars().all()
    found = [response_by_id(one) for one in ids]
    return sorted((one for one in found if one is not None), key=lambda one: one.entity_code)


def said(response: OpenResponse) -> dict[str, Any]:
    """The answers in clear."""
    return personal.unseal(response.id, response.document.values())


@pytest.mark.parametrize("arguments", [["demo", "load"], ["demo", "fill", "--share", "0.1"]])
def test_the_commands_refuse_where_the_address_is_not_of_this_machine(make_app: MakeApp, arguments: list[str]) -> None:
    app = make_app(base_url="https://ricognizione.example.org")
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 1
    assert "base_url is https://ricognizione.example.org: demo commands run only where" in result.output
    with app.app_context():
        assert edition_by_code("demo") is None
        assert find_by_code("048017") is None
    assert not (Path(app.instance_path) / ACCOUNTS_FILE).exists()


@pytest.mark.parametrize(
    "operation", [lambda: load_demo(settings(), START), lambda: list(fill_synthetic(settings(), 1, START))]
)
def test_so_do_the_functions_below_them(make_app: MakeApp, operation: Callable[[], object]) -> None:
    app = make_app(base_url="https://ricognizione.example.org")
    with app.app_context(), pytest.raises(NotLocalError):
        operation()


@pytest.mark.usefixtures("few")
def test_loading_makes_an_open_edition_and_accounts_that_can_sign_in() -> None:
    accounts = load_demo(settings(), START)
    assert tuple(account.code for account in accounts) == ENTITIES
    for account in accounts:
        entity = find_by_code(account.code)
        assert entity is not None
        assert verify_password(stored_hash(entity.id), account.password)
    assert len({account.password for account in accounts}) == len(ENTITIES)
    edition = edition_by_code("demo")
    assert edition is not None
    assert edition.takes_answers(START)
    assert edition.deadline == dt.datetime(2026, 4, 27, 21, 45, tzinfo=dt.UTC)
    private = settings().instance_path / ACCOUNTS_FILE
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


@pytest.mark.usefixtures("few")
def test_loading_again_gives_the_same_accounts_and_edition() -> None:
    first = load_demo(settings(), START)
    edition = edition_by_code("demo")
    assert load_demo(settings(), START + dt.timedelta(days=3)) == first
    assert edition_by_code("demo") == edition


@pytest.mark.usefixtures("few")
def test_loading_after_the_deadline_moves_the_edition_on() -> None:
    load_demo(settings(), START)
    first = edition_by_code("demo")
    assert first is not None
    much_later = START + dt.timedelta(days=60)
    load_demo(settings(), much_later)
    edition = edition_by_code("demo")
    assert edition is not None
    assert edition.takes_answers(much_later)
    assert (edition.id, edition.digest, edition.opens_at) == (first.id, first.digest, first.opens_at)


@pytest.mark.usefixtures("few")
def test_accounts_of_another_database_are_made_anew() -> None:
    first = load_demo(settings(), START)
    file = settings().instance_path / ACCOUNTS_FILE
    file.write_text(file.read_text().replace(first[0].password, "altra-parola-chiave"))
    again = load_demo(settings(), START)
    assert again[0].password not in {first[0].password, "altra-parola-chiave"}


def test_what_is_printed_names_each_account() -> None:
    accounts = (DemoAccount("048017", "Firenze (FI)", "aa-bb"), DemoAccount("022165", "Samone (TN)", "cc-dd"))
    assert account_lines("http://127.0.0.1:8000", accounts) == [
        "Ricognizione runs at http://127.0.0.1:8000",
        "Who can sign in:",
        "  Firenze (FI)  code 048017  password aa-bb",
        "  Samone (TN)   code 022165  password cc-dd",
    ]


@pytest.mark.usefixtures("few")
def test_synthetic_responses_are_marked_and_pass_review() -> None:
    load_demo(settings(), START)
    responses = draw()
    assert [one.entity_code for one in responses] == sorted(ALL)
    assert all(one.synthetic for one in responses)
    sent = [one for one in responses if one.status == "submitted"]
    assert 5 <= len(sent) <= 15
    for response in responses:
        found = review_response(response)
        wrong = {key: problems for key, problems in found.problems.items() if key not in found.missing}
        assert wrong == {}, response.entity_code
        assert folded_document(response.id) == response.document
        assert {one.name for one in list_operators(response.entity_id)} == {"Operatore dimostrativo"}
    for response in sent:
        assert review_response(response).complete
        assert not has_unsent_changes(response)
        assert len(list_receipts(response.id)) == 1
    texts = [
        value
        for response in responses
        for key, value in said(response).items()
        if isinstance(value, str) and split_key(key)[1] in {"P03", "P13", "E02"}
    ]
    assert len(texts) > 10
    assert all("[risposta dimostrativa]" in text for text in texts)


@pytest.mark.usefixtures("few")
def test_the_share_is_kept_and_nobody_is_filled_in_twice() -> None:
    load_demo(settings(), START)
    half = draw(0.5)
    assert len(half) == 8
    before = {one.entity_code: (one.version, one.document) for one in half}
    everybody = draw(1.0, seed=7)
    assert len(everybody) == len(ALL)
    assert {one.entity_code: (one.version, one.document) for one in everybody if one.entity_code in before} == before


@pytest.mark.usefixtures("few")
def test_a_response_that_a_person_has_opened_is_left_alone() -> None:
    load_demo(settings(), START)
    entity, edition = find_by_code("022165"), edition_by_code("demo")
    assert entity is not None
    assert edition is not None
    open_response(entity.id, edition, START)
    own = next(one for one in draw() if one.entity_code == "022165")
    assert (own.version, own.synthetic, own.status) == (0, False, "opened")


def test_the_same_seed_draws_the_same_answers(make_app: MakeApp, databases: Any, database_kind: str, tmp_path: Path) -> None:
    def drawn(name: str, seed: int) -> list[tuple[str, str, dict[str, Any]]]:
        url = databases.fresh(database_kind)
        app = make_app(database_url=url, instance_path=str(tmp_path / name))
        with app.app_context():
            add_municipalities(*ALL)
            store_edition(demo_edition(START), actor="test", now=START)
            move_edition("demo", "open", actor="test", now=START)
            found = [(one.entity_code, one.status, said(one)) for one in draw(0.5, seed)]
            db.session.remove()
            db.engine.dispose()
        databases.drop(url)
        return found

    first = drawn("one", 3)
    assert drawn("two", 3) == first
    assert drawn("three", 4) != first


def test_without_an_open_edition_nothing_is_filled(db_session: object) -> None:
    with pytest.raises(NoOpenEditionError):
        list(fill_synthetic(settings(), 1.0, START))


@pytest.mark.usefixtures("few")
def test_the_commands_say_what_they_did(app: Flask, clock: Clock) -> None:
    run = app.test_cli_runner().invoke
    db.session.rollback()
    loaded = run(args=["demo", "load"])
    assert loaded.exit_code == 0
    assert loaded.output.splitlines()[:2] == [
        f"Ricognizione runs at {settings().base_url}",
        "Who can sign in:",
    ]
    filled = run(args=["demo", "fill", "--share", "0.25"])
    assert filled.exit_code == 0
    told = filled.output.splitlines()[-1]
    assert re.fullmatch("4 municipalities answered synthetically; [0-9]+ practices published", told), told
