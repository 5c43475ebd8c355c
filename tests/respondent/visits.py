"""Coming, sending and coming back: activation, sign-in, who fills in, the check, the receipt, the copies, the differences.

Not for: answering pages (`municipality.py`).
Holds always: a refusal is provoked only where the page must say what is wrong, and then mended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.browsing import Visitor
from tests.respondent.model import Model
from tests.respondent.municipality import MARK, Respondent
from tests.respondent.places import Town
from tests.respondent.reference import CHECK, NAMED_BY, PAGES, SHEETS, pages_of, questions, sheet_pages
from tests.respondent.tally import Tally
from tests.respondent.writing import Hand, write
from tests.served import Fields, one_line

SHORT_PASSWORD = "breve"
BUSY = 503
TRIES = 20
NO_ANSWER = "(nessuna risposta)"


@dataclass
class Sent:
    """One submitted version: its receipt and what it said."""

    receipt: str
    said: Model


class Guest(Respondent):
    """A respondent with an account, who sends its answers and keeps the receipts."""

    def __init__(self, url: str, town: Town, number: int, model: Model, tally: Tally) -> None:
        super().__init__(Visitor(url), town, number, model, tally)
        self.password = f"quattro parole {self.mark} a caso"
        self.sent: list[Sent] = []

    # Coming in ------------------------------------------------------------------------------------------------------

    def activate(self, link: str) -> None:
        """Follow the activation link, set the password, say who fills in; ends on the first question."""
        self.visitor.open(link.removeprefix(self.visitor.origin))
        self.tally.check(self.town.label in self.visitor.served.text, self.note("the link does not name the entity"))
        if self.number % 5 == 0:
            self._insist({"password": [SHORT_PASSWORD]})
            self._refused(422, "password", "caratteri")
        self._insist({"password": [self.password]})
        self.tally.equal(self.visitor.path, "/operatore", self.note("after activation"))
        given: Fields = {part: [text] for part, text in self.operator.items()}
        if self.number % 7 == 0:
            self.visitor.submit_open({**given, "email": ["operatore@comune"]}, form="/operatore", refused=True)
            self._refused(422, "email", "e-mail")
        self.visitor.submit_open(given, form="/operatore")
        self.tally.equal(self.visitor.path, "/compila/B", self.note("the first page"))
        self.look()

    def _insist(self, fields: Fields) -> None:
        """Post the open form; while the site says that it is busy, wait as it asks and post again."""
        for _try in range(TRIES):
            self.visitor.submit_open(fields, refused=True)
            if self.visitor.status != BUSY:
                return
            time.sleep(0.5)
        raise AssertionError(self.note("the site stays busy"))

    def _refused(self, status: int, field: str, saying: str) -> None:
        self.tally.equal(self.visitor.status, status, self.note("refused"))
        message = self.visitor.served.errors.get(field, "")
        self.tally.check(saying in message, self.note(f"{field} says {message!r}, not {saying!r}"))

    def sign_in_again(self) -> None:
        """A new browser: sign in by code or name, choose who fills in; ends on the summary."""
        self.visitor = Visitor(self.visitor.origin)
        written = self.random.choice((self.town.code, self.town.label, self.town.name if self.town.unique else self.town.code))
        self.visitor.open("/accedi?next=/compila")
        if self.number % 6 == 0:
            self._insist({"entity": [written], "password": [f"{self.password}!"]})
            self._refused(401, "password", "")
        self._insist({"entity": [written], "password": [self.password]})
        self.tally.equal(self.visitor.path, "/operatore", self.note("after signing in"))
        self.look()
        buttons = self.visitor.served.form("/operatore").buttons
        mine = [button for button in buttons if button.text == f"Continua come {self.operator['name']}"]
        self.tally.equal(len(mine), 1, self.note("operators offered"))
        self.visitor.submit_open({}, form="/operatore", button=(mine[0].name, mine[0].value))
        self.tally.equal(self.visitor.path, "/compila", self.note("after choosing who fills in"))
        self.look()

    # Reading back through the pages ---------------------------------------------------------------------------------

    def revisit(self) -> None:
        """Open every page that was walked and find on it what was typed."""
        self.visitor.open("/compila")
        bars = [element for element in self.visitor.served.elements if element.tag == "progress"]
        self.tally.equal([bar.attributes["value"] for bar in bars], [str(self.model.progress())], self.note("progress"))
        for address in pages_of(self.model.meaning())[:-1]:
            self.visitor.open(address)
            self.tally.equal(self.visitor.path, address, self.note("opened"))
            self.look()
            step = address.rsplit("/", 1)[1]
            if step in SHEETS and self.model.items.get(step):
                self.look_at_list(step)
                self._revisit_sheets(step)
        self._read_answers("/compila/bozza", self.model)

    def _revisit_sheets(self, step: str) -> None:
        for item in self.model.live(step):
            for number in range(1, len(sheet_pages(step)) + 1):
                address = f"/compila/{SHEETS[step]}/{item}" + (f"/{number}" if number > 1 else "")
                self.visitor.open(address)
                self.tally.equal(self.visitor.path, address, self.note("opened"))
                self.look()

    def _read_answers(self, address: str, model: Model) -> None:
        """Compare the answers that a page shows for reading with what was said."""
        self.visitor.open(address)
        self.look()
        self.tally.equal_lists(self.visitor.served.answers, model.rows(), self.note("reads"))

    # Sending --------------------------------------------------------------------------------------------------------

    def try_too_early(self) -> None:
        """Look at the check before the end and try to send: refused, with what is missing; then go on where one was.

        Who came by the short page has the required answers of the end already: no sending is too early for them.
        """
        here = self.visitor.path
        self._read_answers(CHECK, self.model)
        awaited = [code for code in ("E04", "E05") if code not in self.model.answers]
        if not awaited:
            self.visitor.open(here)
            return
        self.visitor.submit_open({"dichiarazione": ["1"]}, form=CHECK, refused=True)
        self.tally.equal(self.visitor.status, 422, self.note("sent too early"))
        missing = self.visitor.served.texts_of("to-mend")
        for code in awaited:
            self.tally.check(any(questions()[code].label in text for text in missing), self.note(f"{code} is not missed"))
        self.visitor.open(here)

    def send(self) -> None:
        """From the check page to the receipt and its copy."""
        self._read_answers(CHECK, self.model)
        if self.number % 3 == 0:
            self.visitor.submit_open({}, form=CHECK, refused=True)
            self._refused(422, "dichiarazione-errore", "dichiarazione")
        self.visitor.submit_open({"dichiarazione": ["1"]}, form=CHECK)
        self.tally.equal(self.visitor.path, "/ricevuta", self.note("after sending"))
        self.look()
        shown = "".join(self.visitor.served.texts_of("receipt-number"))
        self.sent.append(Sent(shown.removeprefix("Ricevuta n. ").strip(), self.model.copy()))
        self.tally.check(
            f"Inviata da {self.operator['name']}" in self.visitor.served.text, self.note("the sender is not named")
        )
        self.tally.check(f"-{self.town.code}-{len(self.sent):02}-" in shown, self.note(f"receipt {shown}"))

    def give_opinion(self) -> None:
        """Answer the question that is asked after sending, and find it in its form."""
        question = questions()["F01"]
        written = write(question, Hand(self.random, self.mark, {}))
        self.visitor.submit_open(written.named("F01"), form="/ricevuta/parere")
        self.model.answers["F01"] = written
        form = self.visitor.served.form("/ricevuta/parere")
        shown = {name: form.fields.get(name) for name in written.named("F01")}
        self.tally.equal(shown, written.named("F01"), self.note("F01"))
        self.look()

    def read_receipts(self) -> None:
        """The receipt names the last version; the copy of each shows what was said then."""
        self.visitor.open("/ricevuta")
        self.look()
        shown = "".join(self.visitor.served.texts_of("receipt-number"))
        self.tally.equal(shown.strip(), f"Ricevuta n. {self.sent[-1].receipt}", self.note("receipt"))
        for number, sent in enumerate(self.sent, 1):
            self._read_answers(f"/ricevuta/{number}/copia", sent.said)
            for text in (sent.receipt, self.operator["name"], self.town.label):
                self.tally.check(text in one_line(self.visitor.served.text), self.note(f"the copy does not say {text}"))
        self.visitor.open(f"/ricevuta/{len(self.sent) + 1}/copia", expected=404)

    def read_history(self) -> None:
        """Both versions stand in the history with what differs between them."""
        self.visitor.open("/storico")
        self.look()
        before, after = self.sent[-2].said, self.sent[-1].said
        table = self.visitor.served.table
        versions = len(self.sent)
        listed = [row[-1] for row in table[1 : versions + 1]]
        self.tally.equal(listed, [sent.receipt for sent in reversed(self.sent)], self.note("versions"))
        old, new = before.values(), after.values()
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} - {"F01"}
        expected = sorted((after.label(key.rpartition("/")[2]), _said(before, key), _said(after, key)) for key in changed)
        self.tally.check(bool(expected), self.note("nothing was corrected"))
        found = []
        for row in table[versions + 2 :]:
            label = next((label for label, _old, _new in expected if row[0].endswith(label)), row[0])
            found.append((label, row[1], row[2]))
        self.tally.equal_lists(sorted(found), expected, self.note("differences"))

    def correct(self, code: str) -> None:
        """Answer a question anew, and whatever is asked because of it; ends on the check page."""
        step = questions()[code].step
        item = self.model.live(step)[0] if step in NAMED_BY else None
        self.redo.add(f"{item}/{code}" if item else code)
        self.visitor.open(
            f"/compila/{SHEETS[step]}/{item}" if item else next(page for page, codes in PAGES.items() if code in codes)
        )
        self.look()
        self.fill_page()
        self.walk()

    def intrude(self, other: Guest) -> None:
        """Ask for a sheet of somebody else: it is not there."""
        for step in SHEETS:
            for item in other.model.items.get(step, ()):
                self.visitor.open(f"/compila/{SHEETS[step]}/{item}", expected=404)
                self.tally.check(set(MARK.findall(self.visitor.page)) <= {self.mark}, self.note("shows another's sheet"))


def _said(model: Model, key: str) -> str:
    return model.answers[key].shown if key in model.values() else NO_ANSWER
