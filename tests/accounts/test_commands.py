"""`flask entity …`: what the desk does from the command line."""

from __future__ import annotations

import datetime as dt

import pytest
from click.testing import Result
from flask import Flask

from app.accounts.codes import read_code, redeem_code
from app.accounts.entity_accounts import stored_hash
from app.accounts.login_runs import confirm_run, prepare_run
from app.accounts.places import place_of
from app.accounts.requests import add_access_request
from app.demo.loading import demo_edition
from app.editions.current import current_edition
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from tests.accounts.few import AGLIE, PASSWORD, activate, entity
from tests.accounts.mailbox import MASKED, OFFICE, claim, queued, register

pytestmark = pytest.mark.usefixtures("few")


def run(app: Flask, *words: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["entity", *words])


def open_edition(now: dt.datetime) -> None:
    store_edition(demo_edition(now), actor="test", now=now)
    move_edition("demo", "open", actor="test", now=now)


def test_reset(app: Flask, now: dt.datetime) -> None:
    activate(AGLIE, now)
    told = run(app, "reset", AGLIE)
    assert (told.exit_code, "no address is registered" in told.stderr) == (0, True)
    assert stored_hash(entity(AGLIE).id) is None
    register(AGLIE)
    told = run(app, "reset", AGLIE)
    assert f"a link for a new password is on its way to {MASKED}" in told.stdout
    assert OFFICE not in told.output
    assert [one.kind for one in claim(now)] == ["reset"]


def test_invite(app: Flask, now: dt.datetime) -> None:
    assert "there is no edition yet" in run(app, "invite", AGLIE).output
    open_edition(now)
    assert "has no registered address" in run(app, "invite", AGLIE).output
    register(AGLIE)
    told = run(app, "invite", AGLIE)
    assert told.stdout == f"a link is on its way to {MASKED}\n"
    assert "si può rispondere fino al" in queued()[0].text
    activate(AGLIE, now)
    refused = run(app, "invite", AGLIE)
    assert (refused.exit_code, "has its password" in refused.output) == (1, True)


def test_code(app: Flask, now: dt.datetime) -> None:
    open_edition(now)
    first = run(app, "code", AGLIE)
    assert len(first.stdout.strip()) == 19
    assert "good until 2026-04-27 23:45, for one use" in first.stderr
    assert run(app, "code", AGLIE).stdout == first.stdout
    edition = current_edition()
    assert edition is not None
    redeem_code(edition, entity(AGLIE), first.stdout, PASSWORD, now, place=place_of(None, "192.0.2.1"))
    assert read_code(run(app, "code", AGLIE).stdout) != read_code(first.stdout)


def test_requests(app: Flask, now: dt.datetime) -> None:
    assert run(app, "requests").stdout == "nobody waits\n"
    hostile = "Nulla\n\x1b]0;titolo\x07"
    given = {"name": "Operatore A", "office": "Anagrafe", "email": "a@example.org", "phone": "", "note": hostile}
    request = add_access_request(entity(AGLIE), **given, network="192.0.2.1", now=now)
    listed = run(app, "requests").stdout
    assert listed == (
        f"{request}\t2026-03-16 09:00 UTC\t001001\tAgliè (TO)\tOperatore A\tAnagrafe\ta@example.org\t\tNulla  ]0;titolo \n"
    )
    add_access_request(entity(AGLIE), **given | {"email": "b@example.org"}, network="192.0.2.1", now=now)
    cut = run(app, "requests", "--limit", "1")
    assert (cut.stdout, cut.stderr) == (listed, "1 more, asked later: --limit 2 shows them\n")
    assert run(app, "requests", "--handled", str(request + 1)).exit_code == 0
    assert run(app, "requests", "--handled", str(request)).stdout == f"request {request}: answered\n"
    again = run(app, "requests", "--handled", str(request), "--outcome", "refused")
    assert (again.exit_code, f"no request {request} waits" in again.output) == (1, True)
    assert run(app, "requests").stdout == "nobody waits\n"


@pytest.mark.parametrize("command", ["reset", "invite", "code", "activate"])
def test_a_code_of_nobody_is_told(app: Flask, now: dt.datetime, command: str) -> None:
    open_edition(now)
    refused = run(app, command, "1001")
    assert (refused.exit_code, "no entity in force has the code 1001" in refused.output) == (1, True)


def test_a_confirmed_run_is_worked_off_and_one_that_is_not_is_refused(app: Flask, now: dt.datetime) -> None:
    activate(AGLIE, now)
    number = prepare_run([entity(AGLIE).id], source="file", actor="staff:7", now=now)
    assert (run(app, "run", str(number)).exit_code, stored_hash(entity(AGLIE).id) is None) == (1, False)
    confirm_run(number, typed="", actor="staff:7", now=now)
    told = run(app, "run", str(number))
    assert told.stdout == f"run {number}: 0 reset, 1 reset without an address to write to, 0 failed, 0 left as they were\n"
    db.session.rollback()
    assert stored_hash(entity(AGLIE).id) is None
    assert run(app, "run", str(number)).exit_code == 0
    assert run(app, "run", "99").exit_code == 1
