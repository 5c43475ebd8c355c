"""Somebody of an entity at a browser: comes in by its link, answers as the pages ask, sends, and comes back.

Not for: what is checked (`tests.figures.main_job`).
Holds always: everything goes over HTTP through the forms as they are served.
"""

from __future__ import annotations

import time

from tests.browsing import Visitor
from tests.main_job.cast import Part

BUSY = 503
TRIES = 40
PRACTICE = {
    **{"P01": ["Sportello famiglia"], "P02": ["families"], "P03": ["Ascolto e orientamento."], "P04": ["all"]},
    **{"P06": ["municipality"], "P15.email": ["a@example.org"], "P16": ["publish"]},
}


class Officer:
    """One officer of one entity."""

    def __init__(self, url: str, part: Part) -> None:
        self.part = part
        self.visitor = Visitor(url)
        self.password = f"quattro parole {part.code} a caso"

    def activate(self, link: str) -> None:
        """Set the password and say who fills in."""
        self.visitor.open(link.removeprefix(self.visitor.origin))
        self._insist({"password": [self.password]})
        if self.visitor.path == "/operatore":
            self._say_who()

    def _say_who(self) -> None:
        """Go on as whoever filled in before, else as somebody new."""
        known = [one for one in self.visitor.served.form("/operatore").buttons if one.name == "operator_id"]
        if known:
            self.visitor.submit_open({}, form="/operatore", button=(known[0].name, known[0].value))
        else:
            self.visitor.say_who(f"Operatore {self.part.code}")

    def sign_in(self, password: str = "") -> int:
        """Sign in with a new browser; the status of the page that follows."""
        self.visitor = Visitor(self.visitor.origin)
        self.visitor.open("/accedi")
        self._insist({"entity": [self.part.code], "password": [password or self.password]})
        return self.visitor.status

    def start(self) -> None:
        """Answer the first page and go away."""
        self.visitor.submit("/compila/B", {"B01": ["own"]})

    def report_nothing(self) -> str:
        """The short path: nothing to report. The address that it ends on."""
        self.visitor.submit("/compila/B", {"B01": ["none"]})
        if self.part.members:
            self._confirm_members("union")
            self.visitor.open("/compila/breve")
        elif self.part.kind != "municipality":
            self._confirm_capacity()
            self.visitor.open("/compila/breve")
        return self._send_short({"B02": ["staff"]})

    def answer(self) -> str:
        """The whole questionnaire with a practice. The address that it ends on."""
        visitor = self.visitor
        visitor.submit("/compila/B", {"B01": ["own"]})
        visitor.submit("/compila/B/2", {"B04": ["families"], "B05": ["municipal"]})
        visitor.submit("/compila/C", {"C01": ["planned"]})
        page = visitor.submit("/compila/P", {}, form="/compila/P/schede")
        visitor.submit(page, PRACTICE)
        if self.part.members:
            self._confirm_members("lead_ambito")
        else:
            self._confirm_capacity()
        visitor.open("/compila/verifica")
        return visitor.submit_open({"dichiarazione": ["1"]})

    def look(self) -> int:
        """Ask for the overview: 200 while the session is live."""
        return self.visitor.get("/compila")[0]

    def _confirm_members(self, capacity: str) -> None:
        """Say in what capacity, then confirm the members that the page proposes."""
        self.visitor.submit("/compila/E", {"E05": [capacity], **self._contact()})
        self.visitor.open("/compila/E")
        self.visitor.submit_open({})

    def _confirm_capacity(self) -> None:
        self.visitor.submit("/compila/E", {"E05": ["single"], **self._contact()})

    def _contact(self) -> dict[str, list[str]]:
        office = {"E04.name": ["Operatore A"], "E04.office": ["Servizi sociali"], "E04.email": ["a@example.org"]}
        return office | {"E04.phone": ["06 0000001"]}

    def _send_short(self, answers: dict[str, list[str]]) -> str:
        return self.visitor.submit("/compila/breve", {**answers, "dichiarazione": ["1"]}, form="/compila/breve")

    def _insist(self, fields: dict[str, list[str]]) -> None:
        for _try in range(TRIES):
            self.visitor.submit_open(fields, refused=True)
            if self.visitor.status != BUSY:
                return
            time.sleep(0.3)
        raise AssertionError(f"the site stays busy for {self.part.code}")
