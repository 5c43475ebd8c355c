"""A coordinator and an administrator at browsers of their own, who come in with password and code and use the pages.

Not for: what is checked (`tests.figures.main_job`).
Holds always: everything goes over HTTP through the forms as they are served; a code is never used twice, so whoever has just
set up the phone waits for the next one.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pyotp

from tests.browsing import Visitor
from tests.live_site import Site
from tests.served import one_line

STEP_SECONDS = 30
EVERYBODY = "/gestione/promemoria/nuovo"


@dataclass
class Hired:
    """What a member of staff knows: address, password and the phone's secret, and when its last code was used."""

    email: str
    password: str
    secret: str
    used_at: float


def hire(site: Site, role: str) -> Hired:
    """A new member of staff, by command, who follows the link and sets up password and phone."""
    email = f"{role}@example.org"
    told = site.flask("staff", "add", email, f"Persona {role}", role)
    link = re.search(rf"{re.escape(site.url)}(/gestione/attiva/\S+)", told)
    assert link is not None, told
    visitor = Visitor(site.url)
    visitor.open(link[1])
    (secret,) = (element.text for element in visitor.served.elements if "totp-secret" in element.attributes.get("class", ""))
    hired = Hired(email, f"quattro parole per {role}", "".join(secret.split()), time.time())
    visitor.submit_open({"password": [hired.password], "totp": [pyotp.TOTP(hired.secret).now()]})
    assert "codici di recupero" in visitor.served.text, visitor.address
    return hired


class Member:
    """A member of staff who has signed in."""

    def __init__(self, url: str, hired: Hired) -> None:
        self.visitor = Visitor(url)
        wait = STEP_SECONDS - hired.used_at % STEP_SECONDS + 1 - (time.time() - hired.used_at)
        time.sleep(max(0.0, wait))
        self.visitor.open("/gestione/accedi")
        code = pyotp.TOTP(hired.secret).now()
        self.visitor.submit_open({"email": [hired.email], "password": [hired.password], "totp": [code]})
        assert self.visitor.path == "/gestione", self.visitor.address

    def text(self) -> str:
        """What the open page says."""
        return one_line(self.visitor.served.text)


class Administrator(Member):
    """Resets logins."""

    def reset(self, code: str) -> None:
        """End the login of an entity, by its page and the confirmation."""
        self.visitor.open(f"/gestione/accessi/{code}/azzera")
        self.visitor.submit_open({})


class Coordinator(Member):
    """Queues a batch in its four steps, follows it, and reads the lists."""

    def queue_batch(self, pace: int) -> str:
        """A batch to everybody who should get one, from now on at this pace; the address of its page."""
        visitor = self.visitor
        visitor.open(f"{EVERYBODY}?passo=conferma&testo=0&quando=ora&ritmo={pace}")
        self.confirmation = visitor.served.form(EVERYBODY, "Conferma: invia a").filled({})
        return self.queue_again()

    def queue_again(self) -> str:
        """Press the button of the same form once more; the address of the page that follows."""
        status, location, body = self.visitor.post(EVERYBODY, self.confirmation)
        assert status == 303, (status, one_line(body.decode())[:500])
        return location

    def says_done(self, batch: str) -> bool:
        """Whether the page of the batch says that nothing waits any more."""
        page = self.visitor.open(batch)
        return "Finisce " not in page and "<h1>" in page

    def counts(self) -> dict[str, int]:
        """How many entities the list finds in each state, its numbers renewed first."""
        self.visitor.open("/gestione")
        self.visitor.submit_open({}, form="/gestione/aggiorna")
        found = {}
        for state in ("submitted", "covered"):
            self.visitor.open(f"/gestione/risposte?stato={state}")
            number = re.search(r"([\d.]+) ent[ei]", self.text())
            found[state] = int(number[1].replace(".", "")) if number is not None else -1
        return found
