"""What a case of the corpus is, and those of the commonest outcomes in few words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.mail.returns.writing import About

DAEMON = "MAILER-DAEMON@mx.example.org"
SYSTEM = "Mail Delivery System <Mailer-Daemon@mx.example.org>"
NULL = "Return-Path: <>"
MARK = "Auto-Submitted: auto-replied"
Write = Callable[[About], bytes]


@dataclass(frozen=True)
class Case:
    """One message. `state`: of its delivery afterwards, which was accepted before; `held`: its address is held back."""

    name: str
    kind: str
    write: Write
    state: str = "accepted"
    held: bool = False
    matched: bool = True


def bad(name: str, write: Write) -> Case:
    return Case(name, "hard", write, "bounced", held=True)


def hard(name: str, write: Write) -> Case:
    return Case(name, "hard", write, "bounced")


def soft(name: str, write: Write, state: str = "bounced") -> Case:
    return Case(name, "soft", write, state)


def late(name: str, write: Write) -> Case:
    return Case(name, "delayed", write)


def answer(about: About) -> str:
    """The header of an answer to our message."""
    return f"In-Reply-To: {about.message_id}"
