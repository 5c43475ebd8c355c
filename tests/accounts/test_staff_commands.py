"""`flask staff …`: the first administrator, and what is put right from the server."""

from __future__ import annotations

import pytest
from click.testing import Result
from flask import Flask

from app.accounts.staff_links import member_of_link
from tests.accounts.staff import ADMINISTRATOR, activated, member
from tests.conftest import START
from tests.registry_rows import add_municipalities


@pytest.fixture(autouse=True)
def _registry(db_session: object) -> None:
    add_municipalities()


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["staff", *arguments])


def test_the_first_administrator_gets_a_link(app: Flask) -> None:
    result = run(app, "add", ADMINISTRATOR, "Nome Cognome", "administrator")
    assert result.exit_code == 0, result.output
    link = result.output.splitlines()[0]
    assert link.startswith("http://127.0.0.1:8000/gestione/attiva/")
    assert member_of_link(link.rpartition("/")[2], START).name == "Nome Cognome"


def test_a_territory_needs_its_region(app: Flask) -> None:
    refused = run(app, "add", "t@example.org", "Nome", "territory")
    assert (refused.exit_code, "needs --region" in refused.output) == (1, True)
    assert run(app, "add", "t@example.org", "Nome", "territory", "--region", "09").exit_code == 0
    assert run(app, "role", "t@example.org", "reviewer").output.strip() == "t@example.org: reviewer"
    moved = run(app, "role", "t@example.org", "territory", "--region", "09")
    assert moved.output.strip() == "t@example.org: territory of Region 09"


def test_the_list_says_who_can_sign_in(app: Flask) -> None:
    activated(ADMINISTRATOR, START)
    run(app, "add", "altra@example.org", "Altra", "reviewer")
    run(app, "disable", "altra@example.org")
    assert run(app, "list").output.splitlines() == [
        "altra@example.org\tAltra\treviewer\t\tdisabled\tnever",
        f"{ADMINISTRATOR}\tPersona administrator\tadministrator\t\tactive\tnever",
    ]
    assert run(app, "enable", "altra@example.org").output.strip() == "altra@example.org: enabled"


def test_the_last_administrator_is_neither_closed_nor_moved_but_can_be_reset(app: Flask) -> None:
    activated(ADMINISTRATOR, START)
    for arguments in (("disable", ADMINISTRATOR), ("role", ADMINISTRATOR, "reviewer")):
        refused = run(app, *arguments)
        assert (refused.exit_code, "the last administrator" in refused.output) == (1, True)
    reset = run(app, "reset", ADMINISTRATOR)
    assert (reset.exit_code, "/gestione/attiva/" in reset.output) == (0, True)
    assert not member(ADMINISTRATOR).activated


def test_an_address_of_nobody_is_said(app: Flask) -> None:
    for arguments in (("reset", "x@example.org"), ("disable", "x@example.org"), ("role", "x@example.org", "reviewer")):
        result = run(app, *arguments)
        assert (result.exit_code, "nobody has the address x@example.org" in result.output) == (1, True)
