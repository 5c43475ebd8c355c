"""The twelve faults of a mail server, each met by a worker process on a real connection: is the delivery in the right state,
and does nothing go out that must not.

A fault is passed when each of its cases, on both databases, leaves the state that it must; when the server is well again and a
day has passed, what waited has been sent once, and nothing else was sent again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.clock import now
from tests.figures.harness import DATABASES, Share, bench
from tests.mail.outboxes import Outbox, address, outbox
from tests.smtp_server import ALWAYS, DROP, HANG, SmtpServer, smtp_server

WAITING = ("queued", "retry_wait")
PASSWORD = {"smtp_username": "survey", "smtp_password": "right"}


@dataclass(frozen=True)
class Case:
    """Where the server fails and how; the state that follows. `security`, `login`: what the server and the settings ask for."""

    phase: str
    answer: str
    state: str
    security: str = "none"
    login: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


FAULTS: dict[str, tuple[Case, ...]] = {
    "4xx before MAIL": (Case("connect", "421 4.3.2 busy", "retry_wait"),),
    "4xx at MAIL and RCPT": (Case("mail", "451 4.7.1 later", "retry_wait"), Case("rcpt", "450 4.2.0 greylisted", "retry_wait")),
    "5xx at MAIL": (Case("mail", "550 5.7.1 sender refused", "queued"),),
    "5xx at RCPT": (Case("rcpt", "550 5.1.1 no such user", "failed"), Case("rcpt", "550 5.7.1 policy", "failed")),
    "4xx at DATA": (Case("data", "451 4.3.0 later", "retry_wait"), Case("end", "452 4.3.1 full", "retry_wait")),
    "5xx at DATA": (Case("data", "554 5.5.1 no", "failed"), Case("end", "554 5.7.1 spam", "failed")),
    "time-out before DATA": (
        Case("connect", HANG, "retry_wait"),
        Case("mail", HANG, "retry_wait"),
        Case("rcpt", HANG, "retry_wait"),
    ),
    "time-out in and after DATA": (Case("data", HANG, "unknown"), Case("body", HANG, "unknown"), Case("end", HANG, "unknown")),
    "disconnect before DATA": (
        Case("connect", DROP, "retry_wait"),
        Case("mail", DROP, "retry_wait"),
        Case("rcpt", DROP, "retry_wait"),
    ),
    "disconnect in and after DATA": (
        Case("data", DROP, "unknown"),
        Case("body", DROP, "unknown"),
        Case("end", DROP, "unknown"),
    ),
    "TLS": (
        Case("starttls", DROP, "retry_wait", security="starttls"),
        Case(
            "", "a certificate that nobody vouches for", "queued|retry_wait", security="tls", settings={"smtp_security": "tls"}
        ),
    ),
    "login": (
        Case("auth", "535 5.7.8 wrong", "queued", login=True),
        Case("auth", "454 4.7.0 not now", "retry_wait", login=True),
    ),
}


def measure() -> Iterator[Share]:
    """How many of the faults are understood."""
    passed = 0
    with bench(empty=True) as sites:
        for name, cases in FAULTS.items():
            wrong = [problem for kind in DATABASES for case in cases if (problem := _meet(sites.databases, kind, case))]
            for problem in wrong:
                print(f"{name}: {problem}")
            passed += not wrong
    yield Share("smtp-faults", passed, len(FAULTS), "faults")


def _meet(databases: Any, kind: str, case: Case) -> str:
    """What is wrong after this case, empty if nothing is."""
    login = PASSWORD if case.login else {}
    names = {"username": login.get("smtp_username", ""), "password": login.get("smtp_password", "")}
    more = {"smtp_timeout_seconds": 1, **login, **case.settings}
    if case.security == "starttls":
        more["smtp_security"] = "starttls"
    with smtp_server(security=case.security, **names) as server, outbox(databases, kind, server, **more) as box:
        box.queue(1, 1)
        if case.phase:
            server.fail(case.phase, case.answer, ALWAYS if case.login else 1)  # another way to sign in is tried at once
        _code, said = box.run_once()
        found = box.states()[address(1)]
        if found not in case.state.split("|"):
            return f"{case.phase} {case.answer} on {DATABASES[kind]}: {found} instead of {case.state}: {said[-300:]}"
        return _afterwards(box, server, case, found, kind)


def _afterwards(box: Outbox, server: SmtpServer, case: Case, state: str, kind: str) -> str:
    """A day later, with the server well again and what paused the group put right."""
    taken = len(server.taken)
    server.mend()
    with box.app.app_context():
        past = now() - dt.timedelta(minutes=1)
    box.change(not_before=past)
    box.resume_groups()
    box.run_once()
    after = box.states()[address(1)]
    trusted = case.security == "none"  # the test's certificate is nobody's: over TLS nothing is ever sent
    wanted = ("accepted" if state in WAITING else state) if trusted else after
    sent = len(server.taken) - taken
    if after != wanted or sent != int(state in WAITING and trusted):
        return f"{case.phase} {case.answer} on {DATABASES[kind]}: {after} after all, sent {sent} more times"
    return ""
