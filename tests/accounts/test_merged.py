"""An entity that has ended is found as people may still type it, with who took its place at the end of the chain."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.merged import Merged, merged_entity
from app.extensions import db
from app.registry.models import Entity
from tests.accounts.few import AGLIE, ALDINO, SAMONE_TN, SAMONE_TO, entity

pytestmark = pytest.mark.usefixtures("few")


def merge(code: str, into: str | None) -> None:
    successor = None if into is None else entity(into).id
    ended = sa.update(Entity).where(Entity.code == code).values(valid_to=dt.date(2026, 1, 1), successor_id=successor)
    db.session.execute(ended)
    db.session.commit()


@pytest.mark.parametrize("typed", ["Agliè", "AGLIE'", "001001", "1001", "Comune di Agliè", "Agliè (TO)", "aglie, torino"])
def test_an_old_name_or_code_leads_to_the_successor(typed: str) -> None:
    assert merged_entity(typed) is None
    merge(AGLIE, ALDINO)
    assert merged_entity(typed) == Merged(entity(AGLIE), entity(ALDINO))


def test_a_chain_is_followed_to_its_end() -> None:
    merge(AGLIE, ALDINO)
    merge(ALDINO, SAMONE_TN)
    assert merged_entity("Agliè") == Merged(entity(AGLIE), entity(SAMONE_TN))


def test_an_end_without_a_successor_and_a_ring_lead_nowhere() -> None:
    merge(AGLIE, None)
    assert merged_entity("Agliè") == Merged(entity(AGLIE), None)
    merge(ALDINO, SAMONE_TN)
    merge(SAMONE_TN, ALDINO)
    assert merged_entity("Aldein") == Merged(entity(ALDINO), None)


def test_of_two_ended_ones_of_one_name_the_province_decides() -> None:
    merge(SAMONE_TO, AGLIE)
    merge(SAMONE_TN, ALDINO)
    assert merged_entity("Samone") is None
    assert merged_entity("Samone (TN)") == Merged(entity(SAMONE_TN), entity(ALDINO))


@pytest.mark.parametrize("typed", ["", "   ", "|", "%", "_", "agl", "999999", "a" * 5000])
def test_what_is_no_name_finds_nobody(typed: str) -> None:
    merge(AGLIE, ALDINO)
    assert merged_entity(typed) is None
