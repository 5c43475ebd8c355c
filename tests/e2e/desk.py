"""Members of staff of a running site, and the ways that their days share: in with password and code, and along the menu.

Not for: what a day does (`test_desk.py`).
Holds always: each person has an account of their own, so that a code is never used twice and nobody waits for the next one.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from app.accounts.staff import staff_by_email
from app.accounts.staff_accounts import add_member, set_up_member
from app.accounts.staff_signing_in import secret_of_member
from app.accounts.totp import code_at, step_of
from app.extensions import db
from tests import browser as browsers
from tests.e2e.conftest import OpenPage
from tests.e2e.person import Person
from tests.live_site import Site

PASSWORD = "quattro parole per la gestione"
ENTER = "main form .button-row button[type=submit]"
WAYS = {
    "mouse": {"viewport": browsers.WIDE},
    "keyboard": {"viewport": browsers.WIDE},
    "telephone": {"viewport": browsers.NARROW},
}


@dataclass(frozen=True)
class Member:
    """What somebody at the desk knows: the address, and the secret in the phone."""

    email: str
    secret: str

    def code(self) -> str:
        """What the phone shows now."""
        return code_at(self.secret, step_of(dt.datetime.now(dt.UTC)))

    def next_code(self) -> str:
        """What it shows once it shows another: a code is good once, and the next one not before its time."""
        last = self.code()
        while self.code() == last:
            time.sleep(0.2)
        return self.code()


def hire(site: Site, role: str, way: str, region: str | None = None) -> Member:
    """A member of staff with password and phone, who has not come in yet."""
    email, now = f"{role}.{way}@example.org", dt.datetime.now(dt.UTC)
    app = site.application()
    with app.app_context():
        add_member(email, f"Persona {role.title()}", role, region, actor="command:test", now=now, mail=False)
        row = staff_by_email(email)
        assert row is not None
        set_up_member(row.id, PASSWORD, actor="command:test", now=now)
        secret = secret_of_member(email)
        db.engine.dispose()
    assert secret is not None
    return Member(email, secret)


def sit_down(site: Site, open_page: OpenPage, way: str, role: str, region: str | None = None) -> Person:
    """Somebody in front of the desk's first page, come in with a wrong password first and then with the right one."""
    member = hire(site, role, way, region)
    kind = site.database_url.split(":")[0].split("+")[0]
    page = open_page("/gestione/accedi", **WAYS[way])
    person = Person(page, keyboard=way == "keyboard", pictures=f"desk {role} {way} {kind}")
    person.looks()
    for password in ("non questa", PASSWORD):
        enter(person, member, password)
        if password != PASSWORD:
            assert person.page.locator(".error-summary").count() == 1
            person.shoots("sign in refused")
    person.is_at("/gestione")
    return person


def enter(person: Person, member: Member, password: str) -> None:
    """Fill in and send the page on which one signs in."""
    person.types("email", member.email)
    person.types("password", password)
    person.types("totp", member.code())
    person.presses(ENTER)


def turns_to(person: Person, path: str) -> None:
    """Follow the menu of the desk to one of its pages."""
    person.presses(f'nav.entity-nav a[href="{path}"]')
    person.is_at(path)
