"""For figures and fault tests of the outbox: an installation on a database of its own, messages in it, workers as processes."""

from __future__ import annotations

import datetime as dt
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.clock import now
from app.extensions import db, table_of
from app.mail.claiming import end_run_out_leases
from app.mail.groups import GroupMessage, open_group, queue_into, resume_group
from app.mail.models import Delivery, DeliveryGroup
from tests.databases import Databases
from tests.mail.conftest import smtp_settings
from tests.mail.workers import SECONDS, start_worker
from tests.smtp_server import SmtpServer

TEXT = "Buongiorno,\n\nquesto è un avviso.\n"
ROW = table_of(Delivery).c
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass
class Outbox:
    """An installation that sends: its database, its folder, and the application in this process to look into it."""

    url: str
    folder: Path
    settings: Mapping[str, Any]
    app: Flask

    def worker(self, *arguments: str) -> subprocess.Popen[str]:
        """`flask mail …` in a process of its own."""
        return start_worker(self.url, self.folder, dict(self.settings), *arguments)

    def run_once(self) -> tuple[int, str]:
        """(exit code, what it said) of a worker that sends what is due."""
        worker = self.worker("deliver", "--once")
        said, problems = worker.communicate(timeout=10 * SECONDS)
        return worker.returncode, said + problems

    def end_run_out_leases(self) -> None:
        """Put in order what killed workers left, as each run does first."""
        with self.app.app_context():
            end_run_out_leases(now())
            self._done()

    def queue(self, first: int, count: int) -> None:
        """Queue that many messages in a group, all due, from the number `first` on; each to an address of its own."""
        with self.app.app_context():
            at = now() - dt.timedelta(seconds=1)
            group = open_group("figure", 36_000_000, at, working_hours=False)
            messages = [
                GroupMessage(f"entity:{number}", address(number), f"Avviso {number}", TEXT, None, f"n/{number}", at)
                for number in range(first, first + count)
            ]
            queue_into(group, "notice", "it", messages, at)
            self._done()

    def states(self) -> dict[str, str]:
        """Recipient → state."""
        with self.app.app_context():
            rows = db.session.execute(sa.select(ROW.recipient, ROW.state).order_by(ROW.id)).all()
            self._done()
        return {row.recipient: row.state for row in rows}

    def change(self, **values: Any) -> None:
        """Set these columns in all rows: as if time had passed."""
        with self.app.app_context():
            db.session.execute(sa.update(Delivery).values(**values))
            self._done()

    def resume_groups(self) -> None:
        """As if somebody had put right what a server refused, and resumed each group that was paused."""
        with self.app.app_context():
            for group in db.session.scalars(sa.select(DeliveryGroup.id).order_by(DeliveryGroup.id)).all():
                resume_group(group, now())
            self._done()

    def end_leases(self) -> None:
        """As if the minutes of a lease had passed."""
        with self.app.app_context():
            db.session.execute(sa.update(Delivery).where(ROW.lease_until.is_not(None)).values(lease_until=LONG_AGO))
            self._done()

    def _done(self) -> None:
        db.session.commit()
        db.session.remove()


def address(number: int) -> str:
    """The address of the office with this number, in a domain of its own."""
    return f"ufficio@comune{number}.example.org"


@contextmanager
def outbox(databases: Databases, kind: str, server: SmtpServer, **more: Any) -> Iterator[Outbox]:
    """An installation on a fresh database of this kind that sends through `server`; gone at the end."""
    url = databases.fresh(kind)
    with tempfile.TemporaryDirectory(prefix="outbox-") as folder:
        given = smtp_settings(server, **more)
        app = create_app({"database_url": url, "instance_path": folder, **given})
        try:
            yield Outbox(url, Path(folder), given, app)
        finally:
            with app.app_context():
                db.engine.dispose()
            databases.drop(url)


def taken_by_recipient(server: SmtpServer) -> Counter[str]:
    """How often the server took a message for each recipient."""
    return Counter(server.recipients())
