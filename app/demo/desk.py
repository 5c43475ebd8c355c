"""The demonstration's members of staff: one of each role, with passwords and second factors that are printed.

Not for: an installation that others reach: like the whole demonstration it refuses unless the base URL is on this machine.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from app.accounts.staff import ADMINISTRATOR, COORDINATOR, REVIEWER, TERRITORY, staff_by_email
from app.accounts.staff_accounts import add_member, enable_member, set_up_member
from app.accounts.staff_signing_in import can_sign_in, secret_of_member
from app.accounts.totp import code_at, grouped, step_of
from app.config import Settings
from app.demo.loading import ACTOR, refuse_unless_local

STAFF_FILE: Final = "demo-staff.json"
REGION: Final = "09"
MEMBERS: Final = (
    ("amministrazione@example.org", "Amministrazione dimostrativa", ADMINISTRATOR, None),
    ("coordinamento@example.org", "Coordinamento dimostrativo", COORDINATOR, None),
    ("revisione@example.org", "Revisione dimostrativa", REVIEWER, None),
    ("toscana@example.org", "Territorio dimostrativo", TERRITORY, REGION),
)


class UnknownMemberError(Exception):
    """Nobody of the staff has this address."""


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A member of staff who can sign in, with the password in clear: it is made for this and stands in the instance folder."""

    email: str
    role: str
    password: str


def load_demo_staff(settings: Settings, now: dt.datetime) -> tuple[DemoMember, ...]:
    """Make one member of each role, or find them as an earlier call left them. Raises `NotLocalError`."""
    refuse_unless_local(settings)
    file = settings.instance_path / STAFF_FILE
    known = msgspec.json.decode(file.read_bytes(), type=tuple[DemoMember, ...]) if file.exists() else ()
    if len(known) == len(MEMBERS) and all(can_sign_in(one.email, one.password) for one in known):
        return known
    members = tuple(_member(email, name, role, region, now) for email, name, role, region in MEMBERS)
    _keep(file, members)
    return members


def demo_code(settings: Settings, email: str, now: dt.datetime) -> str:
    """The six digits that a phone of this member would show now. Raises `NotLocalError`, `UnknownMemberError`."""
    refuse_unless_local(settings)
    secret = secret_of_member(email)
    if secret is None:
        raise UnknownMemberError(email)
    return code_at(secret, step_of(now))


def staff_lines(base_url: str, members: Sequence[DemoMember]) -> list[str]:
    """What `make run` prints of them."""
    width = max(len(one.email) for one in members)
    rows = [
        f"  {one.role:<13}  {one.email:<{width}}  password {one.password}\n"
        f"  {'':<13}  {'key for a phone:':<{width}}  {grouped(secret_of_member(one.email) or '')}"
        for one in members
    ]
    return [
        f"Who can sign in at {base_url}/gestione/accedi:",
        *rows,
        "The six digits, without a phone: flask --app wsgi demo code EMAIL",
    ]


def _member(email: str, name: str, role: str, region: str | None, now: dt.datetime) -> DemoMember:
    row = staff_by_email(email)
    if row is None:
        add_member(email, name, role, region, actor=ACTOR, now=now, mail=False)
        row = staff_by_email(email)
    elif row.disabled_at is not None:
        enable_member(row.id, actor=ACTOR, now=now)
    if row is None:
        raise LookupError(f"{email} was added and is not there")
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    set_up_member(row.id, password, actor=ACTOR, now=now)
    return DemoMember(email, role, password)


def _keep(file: Path, members: tuple[DemoMember, ...]) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        private.write(msgspec.json.encode(members))
