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
    assert visitor.path == "/gestione", visitor.address
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
