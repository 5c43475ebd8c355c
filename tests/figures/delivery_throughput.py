"""How fast one worker delivers: 7,896 reminders of a real batch, as a share of a bare `smtplib` loop with the same messages.

The batch is queued as a coordinator queues it, to every entity of the country; `flask mail deliver --once`, a process of its
own, sends it to a sink in another one. In turns with its quarters the loop sends what the sink has just taken, ready as bytes,
over one connection of its own. The sink's clock counts, from its greeting to the goodbye. Entities have a password, as in each
edition but the first; told beside: a part of the batch to entities that never had one, each with a link made for it.
What the sink itself can take is measured with the same messages from a client that costs next to nothing: whole conversations
made beforehand. The bare loop is no measure of that: a good part of its time is `smtplib`.
"""

from __future__ import annotations

import base64
import datetime as dt
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import EntityAccount
from app.chasing.respondents import refresh_respondents
from app.clock import now
from app.extensions import db, table_of
from app.mail.models import Delivery
from app.registry.models import ContactAddress, Entity
from app.reminders.audience import Choice
from app.reminders.batches import Plan, queue_batch
from app.reminders.schedule import Schedule
from tests.figures.desk_cost import SHIPPED_TEMPLATE, _add_addresses, _edition
from tests.figures.harness import AT_LEAST, DATABASES, EXACTLY, Figure, bench
from tests.live_site import ROOT, Site

GOALS = {"sqlite": 0.45, "postgresql": 0.35}
SLOWEST_SINK = 1_000
PARTS = 4
SENDER = "ricognizione@example.org"
_ROW = table_of(Delivery).c


@dataclass
class Sink:
    """The other side: its port, and what its conversations took."""

    port: int
    process: subprocess.Popen[str]

    def last(self) -> tuple[float, int]:
        """(seconds, messages) of the next conversation that has ended."""
        assert self.process.stdout is not None
        seconds, taken = self.process.stdout.readline().split()
        return float(seconds), int(taken)

    def kept(self, number: int) -> list[bytes]:
        """The last messages that it took, as they came."""
        with smtplib.SMTP("127.0.0.1", self.port) as server:
            found = [base64.b64decode(server.docmd("XKEPT")[1]) for _ in range(number)]
        self.last()
        return found


@contextmanager
def sink() -> Iterator[Sink]:
    command = [sys.executable, "-m", "tests.mail_sink"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Sink(int(process.stdout.readline()), process)
        finally:
            process.kill()


def measure() -> Iterator[Figure]:
    """The shares, after whether every message was taken once."""
    with bench() as sites, sink() as other_side:
        for kind, goal in GOALS.items():
            with sites.site(
                kind, smtp_host="127.0.0.1", smtp_port=str(other_side.port), smtp_security="none", smtp_sender=SENDER
            ) as site:
                yield from _on(site, kind, goal, other_side)


def _on(site: Site, kind: str, goal: float, other_side: Sink) -> Iterator[Figure]:
    _queue(site)
    ours, bare, least, sent, shares = 0.0, 0.0, 0.0, 0, []
    for part in range(PARTS):
        _make_due(site, part)
        said = site.flask("mail", "deliver", "--once")
        assert "sent" in said, said
        seconds, taken = other_side.last()
        messages = other_side.kept(taken)
        again, number = _bare(other_side, messages)
        alone, swallowed = _swallow(other_side, messages)
        assert number == swallowed == taken
        ours, bare, least, sent = ours + seconds, bare + again, least + alone, sent + taken
        shares.append(again / seconds)
    wanted = _queued(site)
    yield Figure(f"delivery-throughput-{kind}-taken", sent, f"of {wanted} messages taken", EXACTLY, wanted)
    yield Figure(f"delivery-throughput-{kind}-sink", sent / least, "messages/s taken", AT_LEAST, SLOWEST_SINK)
    spread = "–".join(f"{share:.2f}" for share in (min(shares), max(shares)))
    print(f"{DATABASES[kind]}: {sent / ours:.0f} messages/s, {spread} of a bare loop's {sent / bare:.0f}")
    print(f"{DATABASES[kind]}: {_links(site, other_side):.0f} messages/s where each needs a link made for it")
    yield Figure(f"delivery-throughput-{kind}", bare / ours, "of a bare loop", AT_LEAST, goal)


def _queue(site: Site) -> None:
    with site.application().app_context():
        _add_addresses()
        own = sa.literal("protocollo@comune-") + sa.cast(table_of(ContactAddress).c.entity_id, sa.String) + ".example.org"
        db.session.execute(sa.update(ContactAddress).values(email=own))
        codes = sa.select(Entity.id, sa.literal("x"), sa.literal(now(), EntityAccount.password_set_at.type))
        known = sa.select(EntityAccount.entity_id)
        db.session.execute(
            sa.insert(EntityAccount).from_select(
                ["entity_id", "password_hash", "password_set_at"], codes.where(Entity.id.not_in(known))
            )
        )
        db.session.commit()
        edition = _edition()
        refresh_respondents(edition, now())
        schedule = Schedule(now() + dt.timedelta(hours=1), 3_600, working_hours=False)
        queue_batch(edition, Plan("A tutti", Choice(), SHIPPED_TEMPLATE, schedule), key="all", actor="staff:1", now=now())
        later = now() + dt.timedelta(days=1)
        db.session.execute(sa.update(Delivery).where(_ROW.kind == "reminder").values(not_before=later))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _make_due(site: Site, part: int) -> None:
    with site.application().app_context():
        mine = sa.and_(_ROW.kind == "reminder", _ROW.state == "queued", _ROW.id % PARTS == part)
        db.session.execute(sa.update(Delivery).where(mine).values(not_before=now()))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _queued(site: Site) -> int:
    with site.application().app_context():
        count = sa.select(sa.func.count()).select_from(Delivery).where(_ROW.kind == "reminder", _ROW.state == "accepted")
        found = db.session.execute(count).scalar_one()
        db.session.remove()
        db.engine.dispose()
    return found


def _bare(other_side: Sink, messages: list[bytes]) -> tuple[float, int]:
    """The same messages, one after the other over one connection."""
    with smtplib.SMTP("127.0.0.1", other_side.port) as server:
        for number, content in enumerate(messages):
            server.sendmail(SENDER, [f"protocollo.{number}@example.org"], content)
    return other_side.last()


def _swallow(other_side: Sink, messages: list[bytes]) -> tuple[float, int]:
    """The same messages as ready conversations over a bare socket: what is left is the time of the sink."""
    talks = [_conversation(number, content) for number, content in enumerate(messages)]
    with socket.create_connection(("127.0.0.1", other_side.port)) as connection, connection.makefile("rb") as replies:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert replies.readline().startswith(b"220")
        connection.sendall(b"EHLO client\r\n")
        while not replies.readline().startswith(b"250 "):
            pass
        for envelope, content in talks:
            connection.sendall(envelope)
            codes = [replies.readline()[:3] for _ in range(3)]
            assert codes == [b"250", b"250", b"354"], codes
            connection.sendall(content)
            assert replies.readline().startswith(b"250")
        connection.sendall(b"QUIT\r\n")
        replies.readline()
    return other_side.last()


def _conversation(number: int, content: bytes) -> tuple[bytes, bytes]:
    """(what stands before the message, the message with its last dot), as RFC 5321 wants them."""
    envelope = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<protocollo.{number}@example.org>\r\nDATA\r\n".encode()
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return envelope, stuffed.rstrip(b"\r\n") + b"\r\n.\r\n"


def _links(site: Site, other_side: Sink) -> float:
    """Messages a second where each needs a link that is made for it."""
    with site.application().app_context():
        again = sa.and_(_ROW.kind == "reminder", _ROW.id % PARTS == 0)
        db.session.execute(sa.delete(EntityAccount).where(EntityAccount.password_hash == "x"))
        db.session.execute(sa.update(Delivery).where(again).values(state="queued", not_before=now()))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    site.flask("mail", "deliver", "--once")
    seconds, taken = other_side.last()
    return taken / seconds
