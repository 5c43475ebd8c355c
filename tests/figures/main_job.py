"""The main job from end to end on real parts: checks passed of checks made, on both databases.

The site, two delivery workers and a recording mail server are processes and threads of their own. 200 entities of all kinds
get a link; 120 answer and send over HTTP, leads among them whose 15 members are covered so, 20 begin, the others never come.
A coordinator signs in with password and code and queues a batch through the pages, at a pace at which it takes a while; while
it goes out, 20 more send their answer. Whoever had sent before the claim must not be reached, everybody else exactly once an
address, with the right name, link and deadline. Then an administrator resets ten logins, and their old passwords and sessions
are dead.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from babel.dates import format_datetime

from app.accounts.links import create_activation_link
from app.editions.current import current_edition
from app.extensions import db
from app.mail.models import Delivery
from app.page_context import ROME
from tests.figures.harness import DATABASES, Share, bench
from tests.live_site import FLASK, ROOT, Site
from tests.main_job.cast import Part, gather
from tests.main_job.desk import Administrator, Coordinator, hire
from tests.main_job.officer import Officer
from tests.respondent.tally import Tally
from tests.smtp_server import SmtpServer, Taken, smtp_server

SUBMIT = 120
COVERED = 15
START = 20
LATE = 20
RESETS = 10
WORKERS = 2
PACE = 3_600  # messages an hour: one a second
AT_ONCE = 6
SHOWN_FAILURES = 25
BETWEEN = 2.0  # seconds between two who send meanwhile: the batch overtakes some of them
SURE = 1.0  # seconds: whoever had sent so long before the mail server saw its message had sent before the claim
PATIENCE = 300.0


def measure() -> Iterator[Share]:
    """The checks on each database."""
    with bench() as sites:
        for kind in DATABASES:
            with smtp_server() as mail:
                settings = {"smtp_host": "127.0.0.1", "smtp_port": str(mail.port), "smtp_security": "none"}
                with sites.site(kind, **settings, smtp_sender="ricognizione@example.org") as site:
                    tally = Job(site, mail).run()
            for failure in tally.failures[:SHOWN_FAILURES]:
                print(f"{kind}: {failure}", file=sys.stderr)
            yield Share(f"main-job-{kind}", tally.passed, tally.made, "checks")


@dataclass
class Reached:
    """A message that the mail server took: when, and what it says."""

    at: float
    taken: Taken

    @property
    def text(self) -> str:
        body = self.taken.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@dataclass
class Job:
    """One run on one site."""

    site: Site
    mail: SmtpServer
    tally: Tally = field(default_factory=Tally)
    seen_at: list[float] = field(default_factory=list)
    sent_at: dict[str, float] = field(default_factory=dict)

    def run(self) -> Tally:
        self.parts = gather(self.site, dt.datetime.now(dt.UTC))
        self.by_code = {part.code: part for part in self.parts}
        self._cast_roles()
        self.officers = {part.code: Officer(self.site.url, part) for part in self.parts}
        self._answer()
        coordinator, administrator = self._staff()
        with self._workers():
            batch = coordinator.queue_batch(PACE)
            self._check_queued(coordinator, batch)
            self._send_meanwhile()
            self._wait_for_end(coordinator, batch)
        self._check_reached()
        self._check_dashboard(coordinator)
        self._reset(administrator)
        return self.tally

    # Before the batch ------------------------------------------------------------------------------------------------

    def _cast_roles(self) -> None:
        """Leads and others send until there are 120; then some begin; the rest never comes. Members wait for their lead."""
        free = [part for part in self.parts if part.role == "silent"]
        leads = [part for part in self.parts if part.role == "lead"]
        senders = leads + free[: SUBMIT - len(leads)]
        for part in senders:
            part.role = "sender"
        rest = free[SUBMIT - len(leads) :]
        for part in rest[:START]:
            part.role = "starter"
        self.late = [part.code for part in rest[-LATE:]]
        covered = [part for part in self.parts if part.role == "member"]
        self.tally.equal((len(senders), len(covered)), (SUBMIT, COVERED), "the plan")

    def _answer(self) -> None:
        with self.site.application().app_context():
            self.links = {part.code: create_activation_link(part.code, dt.datetime.now(dt.UTC)) for part in self.parts}
            db.session.commit()
            db.engine.dispose()
        self._together([part for part in self.parts if part.role in ("sender", "starter")], self._visit)
        self._together([self.by_code[code] for code in self.late], self._come_in)

    def _come_in(self, part: Part) -> Officer:
        officer = self.officers[part.code]
        officer.activate(self.links[part.code])
        return officer

    def _visit(self, part: Part) -> None:
        officer = self._come_in(part)
        if part.role == "starter":
            officer.start()
            return
        ended = officer.answer() if int(part.code[-1], 36) % 2 else officer.report_nothing()
        self.tally.equal(ended, "/ricevuta", f"{part.code} sent")
        self.sent_at[part.code] = time.time()

    def _together(self, parts: Sequence[Part], act: Callable[[Part], object]) -> None:
        """Let all act, some at the same time. One that cannot go on is a check that failed."""

        def acting(part: Part) -> None:
            try:
                act(part)
            except Exception as error:  # noqa: BLE001 — whatever stops one is told with what failed, and the others go on
                where = traceback.extract_tb(error.__traceback__)[-1]
                self.tally.check(False, f"{part.code}: {type(error).__name__}: {error} ({where.name}:{where.lineno})")

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(acting, parts))

    def _staff(self) -> tuple[Coordinator, Administrator]:
        secrets = {role: hire(self.site, role) for role in ("coordinator", "administrator")}
        return Coordinator(self.site.url, secrets["coordinator"]), Administrator(self.site.url, secrets["administrator"])

    # The batch -------------------------------------------------------------------------------------------------------

    @contextmanager
    def _workers(self) -> Iterator[None]:
        """Delivery workers as processes, and a note of when each message was taken."""
        self.mail.at = lambda phase: self.seen_at.append(time.time()) if phase == "end" else None
        command = [*FLASK, "mail", "deliver", "--loop"]
        with ExitStack() as stack:
            log = stack.enter_context(self.site.log.open("ab"))
            workers = [
                subprocess.Popen(command, cwd=ROOT, env=self.site.environment(), stdout=log, stderr=log) for _ in range(WORKERS)
            ]
            try:
                yield
            finally:
                for worker in workers:
                    worker.terminate()
                for worker in workers:
                    worker.wait(timeout=30)

    def _expected(self) -> set[str]:
        """The codes of those who have neither sent nor been covered."""
        return {part.code for part in self.parts if part.role not in ("sender", "member")}

    def _check_queued(self, coordinator: Coordinator, batch: str) -> None:
        expected = sorted(email for code in self._expected() for email in self.by_code[code].emails)
        rows = self._deliveries()
        self.tally.equal(sorted(row.recipient for row in rows), expected, "addresses in the batch")
        secret = re.compile(r"/(attiva|entra|reimposta)/\S{20}")
        self.tally.check(not any(secret.search(row.text + (row.html or "")) for row in rows), "a link stands in the outbox")
        self.tally.equal(coordinator.queue_again(), batch, "a second click")
        self.tally.equal(len(self._deliveries()), len(rows), "deliveries after a second click")

    def _send_meanwhile(self) -> None:
        """20 send while the batch goes out, one after the other."""
        for code in self.late:
            officer = self.officers[code]
            try:
                self.tally.equal(officer.report_nothing(), "/ricevuta", f"{code} sent meanwhile")
            except AssertionError as error:
                self.tally.check(False, f"{code} meanwhile: {error}")
                continue
            self.sent_at[code] = time.time()
            time.sleep(BETWEEN)

    def _wait_for_end(self, coordinator: Coordinator, batch: str) -> None:
        end = time.monotonic() + PATIENCE
        waiting = 1
        while waiting and time.monotonic() < end:
            time.sleep(0.5)
            waiting = sum(row.state in ("queued", "claimed", "data", "retry_wait") for row in self._deliveries())
        self.tally.equal(waiting, 0, "deliveries that wait at the end")
        self.tally.check(coordinator.says_done(batch), "the batch's page does not say that it is done")

    def _deliveries(self) -> Sequence[Delivery]:
        with self.site.application().app_context():
            found = db.session.execute(sa.select(Delivery).where(Delivery.group_id.is_not(None)).order_by(Delivery.id))
            rows = found.scalars().all()
            db.session.expunge_all()
            db.engine.dispose()
        return rows

    # Afterwards ------------------------------------------------------------------------------------------------------

    def _check_reached(self) -> None:
        """Each address once, none of whoever had sent before, and each message right."""
        self.rows, self.told_deadline = self._deliveries(), self._deadline()
        mine = {row.message_id for row in self.rows}  # the receipts of those who sent travel beside the batch
        seen = [(at, taken) for at, taken in zip(self.seen_at, self.mail.taken, strict=True)]
        told = [(at, taken) for at, taken in seen if str(taken.message["Message-ID"]) in mine]
        reached = {taken.recipients[0]: Reached(at, taken) for at, taken in told}
        self.tally.check(set(reached) <= self._addresses(self.by_code), "an address was reached that nobody has")
        counted = Counter(recipient for _at, taken in told for recipient in taken.recipients)
        for code, part in self.by_code.items():
            for email in part.emails:
                self._check_one(part, email, reached.get(email), counted[email], code in self._expected())
        stopped = [row for row in self.rows if row.state == "cancelled"]
        self.tally.check(len(stopped) > 0, "nobody sent before its claim, so this proves little")
        self.tally.check(all(row.reason for row in stopped), "a cancelled delivery without a reason")
        self.tally.check(any(code in self.late for code in self._codes_reached(reached)), "nobody was reached before it sent")
        states = Counter(row.state for row in self.rows)
        print(f"{len(reached)} addresses reached, {dict(states)}, {len(self.late)} sent meanwhile")

    def _codes_reached(self, reached: Iterable[str]) -> set[str]:
        return {part.code for part in self.parts if any(email in reached for email in part.emails)}

    def _addresses(self, parts: dict[str, Part]) -> set[str]:
        return {email for part in parts.values() for email in part.emails}

    def _check_one(self, part: Part, email: str, reached: Reached | None, times: int, expected: bool) -> None:
        sent = self.sent_at.get(part.code)
        if not expected:
            self.tally.equal(times, 0, f"{part.code} had sent or was covered, and {email} was reached")
        elif part.code not in self.late:
            self.tally.equal(times, 1, f"{email} was reached")
        else:
            self.tally.check(times <= 1, f"{email} was reached {times} times")
            late = reached is not None and sent is not None and sent + SURE < reached.at
            self.tally.check(not late, f"{part.code} had sent before the claim, and {email} was reached")
            missed = reached is None and (sent is None or self._due(email) + SURE * 5 < sent)
            self.tally.check(not missed, f"{email} was not reached although its entity had not sent")
        if reached is not None:
            self._check_text(part, reached)

    def _due(self, email: str) -> float:
        row = next(row for row in self.rows if row.recipient == email)
        return row.not_before.timestamp()

    def _check_text(self, part: Part, reached: Reached) -> None:
        text = reached.text
        self.tally.check(part.label in text, f"{part.code}: the message does not name it")
        self.tally.check(self.told_deadline in text, f"{part.code}: no deadline {self.told_deadline} in the message")
        self.tally.check("{" not in text, f"{part.code}: a placeholder is left in the message")
        links = re.findall(rf"{re.escape(self.site.url)}(/\S+)", text)
        wanted = "/accedi?ente=" + part.code if part.role == "starter" or part.code in self.late else "/attiva/"
        self.tally.check(any(link.startswith(wanted) for link in links), f"{part.code}: no link {wanted} but {links}")

    def _deadline(self) -> str:
        """As a message writes it."""
        with self.site.application().app_context():
            edition = current_edition()
            db.engine.dispose()
        assert edition is not None
        return str(format_datetime(edition.deadline, "d MMMM y", tzinfo=ROME, locale="it"))

    def _check_dashboard(self, coordinator: Coordinator) -> None:
        """What the desk counts is what happened."""
        counted = coordinator.counts()
        self.tally.equal(counted.get("submitted"), SUBMIT + len(self.late), "submitted, by the list")
        self.tally.equal(counted.get("covered"), COVERED, "covered, by the list")

    def _reset(self, administrator: Administrator) -> None:
        chosen = [self.officers[part.code] for part in self.parts if part.role == "sender"][:RESETS]
        for officer in chosen:
            self.tally.equal(officer.look(), 200, f"{officer.part.code} is signed in")
        for officer in chosen:
            administrator.reset(officer.part.code)
        self.site.flask("mail", "deliver", "--once")
        for officer in chosen:
            code = officer.part.code
            self.tally.check(officer.look() in (302, 303), f"{code}: the old session still lives")
            self.tally.check(officer.sign_in() != 200, f"{code}: the old password still signs in")
            links = [link for taken in self.mail.taken for link in self._reset_links(taken, officer.part)]
            self.tally.equal(len(links), len(officer.part.emails), f"{code}: links for a new password")
            if links:
                officer.password = f"altre quattro parole {code}"
                officer.activate(links[0])
                self.tally.equal(officer.look(), 200, f"{code} is in again with its new password")

    def _reset_links(self, taken: Taken, part: Part) -> list[str]:
        if taken.recipients[0] not in part.emails:
            return []
        return re.findall(rf"({re.escape(self.site.url)}/reimposta/\S+)", Reached(0, taken).text)
