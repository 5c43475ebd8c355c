"""What a whole edition is played with: few entities on a site whose clock moves, people who come in, and the post.

Not for: the acts (`test_whole_edition.py`).
Holds always: a message counts once it is in the tests' mail server; whoever comes in does so by the page, with the code that a
telephone would show by the site's clock.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from pypdf import PdfReader

from app.accounts.staff import staff_by_email
from app.accounts.staff_accounts import add_member as add_staff
from app.accounts.staff_accounts import set_up_member
from app.accounts.staff_signing_in import secret_of_member
from app.accounts.totp import code_at, step_of
from app.editions.files import read_edition_file
from app.editions.lifecycle import store_edition
from app.extensions import db
from app.mail.models import MailWorker
from app.mail.pace import ROME
from app.registry.entities import find_by_code
from tests.e2e.desk import ENTER
from tests.e2e.desk import PASSWORD as DESK_PASSWORD
from tests.e2e.person import Person
from tests.e2e.walk import PASSWORD, SUBMIT, say_who
from tests.moved_clock import ClockedSite
from tests.registry.rows import add_association, add_contact
from tests.registry_rows import add_municipalities
from tests.smtp_server import SmtpServer, Taken

MILANO, BERGAMO, FIRENZE, ROMA, TORINO, NAPOLI = "015146", "016024", "048017", "058091", "001272", "063049"
NAMES = {MILANO: "milano", BERGAMO: "bergamo", FIRENZE: "firenze", ROMA: "roma", TORINO: "torino"}
"""Those with addresses. Napoli has none: only a letter reaches it."""
LOMBARDIA, TOSCANA = "03", "09"
COORDINATOR, CALLER = "coordinatore@example.org", "territorio@example.org"
OPERATOR = "operatore.a@example.org"
"""Of whoever fills in for a municipality (tests/e2e/walk.py)."""
EDITION = """
code: "2027"
title: Ricognizione 2027
period: {from: 2025-09-01, to: 2026-08-31}
opening: 2027-03-01 09:00
deadline: 2027-04-14 23:59
questionnaire: RBP5
telephone: territory
contacts: [{name: Segreteria, email: segreteria@example.org}]
"""


def rome(month: int, day: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    """An instant of the year of the play."""
    return dt.datetime(2027, month, day, hour, minute, tzinfo=ROME)


def email(code: str) -> str:
    return f"protocollo@{NAMES[code]}.example.org"


def certified(code: str) -> str:
    return f"pec@{NAMES[code]}.example.org"


def furnish(site: ClockedSite) -> None:
    """Six municipalities, of which Milano answers for Bergamo if it says so; an edition not yet open; two members of staff."""
    app, now = site.application(), site.clock()
    with app.app_context():
        add_municipalities(*NAMES, NAPOLI)
        ids = {code: entity.id for code in NAMES if (entity := find_by_code(code)) is not None}
        for code, entity_id in ids.items():
            add_contact(entity_id, "registry_office", email(code))
            add_contact(entity_id, "pec", certified(code))
        add_association("A1", ids[MILANO], ids[MILANO], ids[TORINO])
        file = site.folder / "edition.yaml"
        file.write_text(EDITION, encoding="utf-8")
        store_edition(read_edition_file(file), actor="test", now=now)
        for address, role, region in ((COORDINATOR, "coordinator", None), (CALLER, "territory", LOMBARDIA)):
            add_staff(address, f"Persona {role.title()}", role, region, actor="test", now=now, mail=False)
            row = staff_by_email(address)
            assert row is not None
            set_up_member(row.id, DESK_PASSWORD, actor="test", now=now)
        db.engine.dispose()


@dataclass
class Play:
    """The site, its post, how many messages have been read."""

    site: ClockedSite
    server: SmtpServer
    open_window: Callable[[], Person]
    read: int = 0
    last: list[str] = field(default_factory=list)
    """Whom the last reminder reached."""
    people: dict[str, Person] = field(default_factory=dict)

    def at(self, instant: dt.datetime) -> None:
        """Go on from this instant."""
        self.site.clock.set(instant)

    def post(self) -> list[Taken]:
        """Deliver what is due, as the service would; what the mail server has taken since the last time for entities. What
        staff gets about its own sign-ins and waiting messages is left out."""
        app = self.site.application()
        with (
            app.app_context()
        ):  # as on a machine that was started since: it knows no other clock that this one would be ahead of
            db.session.execute(sa.delete(MailWorker))
            db.session.commit()
            db.engine.dispose()
        self.site.flask("mail", "deliver", "--once")
        taken = self.server.taken[self.read :]
        self.read = len(self.server.taken)
        return [one for one in taken if not set(one.recipients) & {COORDINATOR, CALLER}]

    def run_plan(self, month: int, day: int) -> list[Taken]:
        """Let the timer of plans run at nine on a day; what goes out then."""
        self.at(rome(month, day, 9, 1))
        self.site.flask("reminders", "plan")
        return self.post()

    def staff(self, address: str) -> Person:
        """This member of staff, come in anew by the page: a session at the desk does not last until the next act."""
        person = self.people.setdefault(address, self.open_window())
        app = self.site.application()
        with app.app_context():
            secret = secret_of_member(address)
            db.engine.dispose()
        assert secret is not None
        person.goes_to(f"{self.site.url}/gestione/accedi")
        for name, text in (("email", address), ("password", DESK_PASSWORD)):
            person.types(name, text)
        person.types("totp", code_at(secret, step_of(self.site.clock())))
        person.presses(ENTER)
        person.is_at("/gestione")
        return person

    def officer(self, code: str, address: str, letter_code: str = "") -> Person:
        """An officer of this municipality who follows a link: one that sets the password, or one to the page for signing in,
        where the first time the letter's code is typed."""
        person = self.people.setdefault(code, self.open_window())
        person.goes_to(address)
        first = bool(letter_code) or "/attiva/" in address
        if letter_code:
            person.goes_to(f"{self.site.url}/accedi/codice")
            person.types("code", letter_code)
        if "/attiva/" not in address:
            person.types("entity", code)
        person.types("password", PASSWORD)
        person.presses(SUBMIT)
        if first:
            say_who(person)
        elif person.page.locator('main button[name="operator_id"]').count():
            person.presses('main button[name="operator_id"]')
        return person


def to_whom(taken: list[Taken]) -> list[str]:
    """The recipients, in the order of the alphabet."""
    return sorted(recipient for one in taken for recipient in one.recipients)


def text_for(taken: list[Taken], address: str) -> str:
    """What the one message to this address says."""
    [one] = [each for each in taken if address in each.recipients]
    body = one.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(text: str, pattern: str) -> str:
    """The address in a message that begins with the site's own and goes on so."""
    found = re.search(rf"http://127\.0\.0\.1:\d+{pattern}", text)
    assert found is not None, text
    return found[0]


def codes_in(letters: Path) -> dict[str, str]:
    """Entity → the code of activation in its letter, from the file that the desk has downloaded: a page for each, as listed."""
    with zipfile.ZipFile(letters) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("elenco.csv").decode("utf-8-sig")), delimiter=";"))
        [name] = {row["file"] for row in rows}
        texts = [page.extract_text() for page in PdfReader(io.BytesIO(archive.read(name))).pages]
    found = [code for text in texts if (code := re.search(r"\d{4}(\s\d{4}){3}", text)) is not None]
    return {row["codice"]: "".join(code[0].split()) for row, code in zip(rows, found, strict=True)}
