"""Members of staff for tests: one of each role, with live sessions."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts.models import StaffMember
from app.accounts.staff import TERRITORY
from app.accounts.staff_sessions import open_staff_session
from app.extensions import db

STAFF_COOKIE = "ricognizione-gestione"
TOSCANA = "09"


def add_member(role: str, now: dt.datetime, region_code: str | None = None) -> int:
    """A member of this role, made once for each role and Region; the id. A territory's person sees Toscana."""
    if role == TERRITORY and region_code is None:
        region_code = TOSCANA
    email = f"{role}{region_code or ''}@example.org"
    known = db.session.execute(sa.select(StaffMember.id).where(StaffMember.email == email)).scalar_one_or_none()
    if known is not None:
        return known
    values = {"email": email, "name": f"Persona {role}", "role": role, "region_code": region_code, "password_hash": "unused"}
    added = sa.insert(StaffMember).values(**values, totp_serial=1, totp_step=0, created_at=now).returning(StaffMember.id)
    return db.session.execute(added).scalar_one()


def sit_down(client: FlaskClient, role: str, now: dt.datetime, region_code: str | None = None) -> FlaskClient:
    """Give the browser a live session of a member of this role."""
    token = open_staff_session(add_member(role, now, region_code), now)
    db.session.commit()
    client.set_cookie(STAFF_COOKIE, token, domain="localhost")
    return client
