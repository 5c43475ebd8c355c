"""How many responses each edition has."""

from __future__ import annotations

from collections.abc import Callable

from app.editions.current import EditionView
from app.extensions import db
from app.responses.models import Response
from app.responses.reading import OpenResponse
from app.responses.tallies import Tally, tallies


def test_responses_are_counted_by_edition(edition: EditionView, respond: Callable[[str], OpenResponse]) -> None:
    assert tallies() == {}
    for code in ("048017", "022165"):
        respond(code)
    db.session.query(Response).order_by(Response.id).first().status = "submitted"
    db.session.commit()
    assert tallies() == {edition.id: Tally(begun=2, sent=1)}
