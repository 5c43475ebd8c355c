"""What comes back from the world, taken for what it is: the whole corpus through the real handling, on both databases.

Each of its messages is about a delivery of its own, to an address of its own, which was accepted before. It passes if its
kind, its delivery, the delivery's state and whether its address is held back are as the corpus expects. Then all of them come
once more, as from a second source: nothing may change. False suspensions are counted among answers of machines, challenges,
and what passes.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator

import sqlalchemy as sa

from app.clock import now
from app.extensions import db
from app.mail.returns.handling import take_return
from app.mail.returns.models import MailReturn
from tests.figures.harness import DATABASES, EXACTLY, Figure, Measured, Share, bench
from tests.live_site import Site
from tests.mail.returns.corpus import CORPUS, HARMLESS
from tests.mail.returns.deliveries import RETURN_SETTINGS, sent, state_of
from tests.mail.returns.writing import About
from tests.mail.suppressed import is_suppressed


def measure() -> Iterator[Measured]:
    """The share that was understood on each database; before it what was done twice, and who was held back without reason."""
    with bench(empty=True) as sites:
        for kind in DATABASES:
            settings = {name: value for name, value in RETURN_SETTINGS.items() if name != "base_url"}
            with sites.site(kind, **settings) as site:
                wrong, held, again = _take_all(site)
            for line in wrong:
                print(f"{kind}: {line}", file=sys.stderr)
            yield Figure(f"bounces-false-suspensions-{kind}", held, "", EXACTLY, 0)
            yield Figure(f"bounces-taken-twice-{kind}", again, "", EXACTLY, 0)
            yield Share(f"bounces-{kind}", len(CORPUS) - len(wrong), len(CORPUS), "messages")


def _take_all(site: Site) -> tuple[list[str], int, int]:
    """(what was misunderstood, addresses held back without reason, messages taken twice)."""
    with site.application().app_context():
        instant = now()
        abouts = [sent(number, instant) for number in range(1, len(CORPUS) + 1)]
        wrong, held = [], 0
        for case, about in zip(CORPUS, abouts, strict=True):
            taken = take_return(case.write(about), "pec" if case.name.startswith("pec") else "imap", instant)
            suspended = is_suppressed(about.recipient)
            found = (taken.kind, taken.matched, state_of(about), suspended)
            if found != (case.kind, case.matched, case.state, case.held):
                wrong.append(f"{case.name}: {found}")
            held += suspended and (case.kind in HARMLESS or not case.held)
        again = _once_more(abouts, instant)
        db.session.remove()
        db.engine.dispose()
    return wrong, held, again


def _once_more(abouts: list[About], instant: dt.datetime) -> int:
    taken = [
        take_return(b"Delivered-To: x@example.org\r\n" + case.write(about).replace(b"\n", b"\r\n"), "maildir", instant)
        for case, about in zip(CORPUS, abouts, strict=True)
    ]
    rows = db.session.execute(sa.select(sa.func.count()).select_from(MailReturn)).scalar_one()
    return sum(one.new for one in taken) + rows - len(CORPUS)
