"""Ending the ways in that are still open: links to set a password, links to sign in, invitations, sign-ins that wait for their
second step, the letter's code.

Not for: making or using them (`links.py`, `sign_in_links.py`, `invitations.py`, `second_step.py`, `codes.py`), sessions or
passwords.
Holds always: flushes only, as a part of what its caller does; what has ended already keeps its instant; whoever changes how
an entity gets in calls `hold_logins` first, so that two of them neither cross nor wait for each other in a ring.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.accounts.models import ActivationCode, ActivationLink, OperatorInvitation, SecondStep, SignInLink
from app.extensions import db
from app.registry.entities import entity_table


def hold_logins(entity_id: int) -> None:
    """From now until the transaction ends nobody else changes how this entity gets in. Rows that name it may still be added."""
    row = sa.select(entity_table.c.id).where(entity_table.c.id == entity_id).with_for_update(key_share=True)
    db.session.execute(row).scalar_one_or_none()


def end_links(entity_id: int, now: dt.datetime) -> None:
    """End every live link of the entity, those that set a password and those that sign in; invitations, and second steps."""
    for link in (ActivationLink, SignInLink, SecondStep):
        db.session.execute(sa.update(link).where(link.entity_id == entity_id, link.ended_at.is_(None)).values(ended_at=now))
    pending = sa.and_(OperatorInvitation.entity_id == entity_id, OperatorInvitation.ended_at.is_(None))
    withdrawn = {"ended_at": now, "outcome": "withdrawn", "email": ""}
    db.session.execute(sa.update(OperatorInvitation).where(pending).values(**withdrawn))


def end_password_links(entity_id: int, now: dt.datetime) -> None:
    """End the live links that set the entity's password."""
    live = sa.and_(ActivationLink.entity_id == entity_id, ActivationLink.ended_at.is_(None))
    db.session.execute(sa.update(ActivationLink).where(live).values(ended_at=now))


def end_codes(entity_id: int, now: dt.datetime) -> None:
    """Withdraw the entity's code in every edition where it has not been used."""
    code = ActivationCode
    live = sa.and_(code.entity_id == entity_id, code.used_at.is_(None), code.ended_at.is_(None))
    db.session.execute(sa.update(code).where(live).values(ended_at=now))
