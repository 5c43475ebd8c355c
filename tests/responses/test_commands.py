"""`flask coverage …` tells the counts of an edition and who is claimed twice."""

from __future__ import annotations

from flask import Flask

from app.editions.current import EditionView
from app.extensions import db
from tests.conftest import Clock


def test_counts_and_double_claims_are_told(app: Flask, edition: EditionView, clock: Clock) -> None:
    db.session.rollback()
    run = app.test_cli_runner().invoke
    told = run(args=["coverage", "counts", "--regions"])
    assert told.exit_code == 0
    assert told.output.startswith("Italy: 5 (")
    assert "answered 0 (0 residents)" in told.output
    assert any(line.startswith("Toscana: 1 (") for line in told.output.splitlines())
    assert run(args=["coverage", "double", edition.code]).output == "no municipality is claimed twice\n"


def test_an_unknown_edition_is_named(app: Flask, db_session: object) -> None:
    db.session.rollback()
    told = app.test_cli_runner().invoke(args=["coverage", "double", "1999"])
    assert (told.exit_code, "there is no edition 1999" in told.output) == (1, True)
