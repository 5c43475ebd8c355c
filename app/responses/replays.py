"""A save that comes again: by what it is known, and the reply that it got the first time.

Not for: storing one (`drafts.py`).
Holds always: a save's first reply stands in the journal, in the line of that very save.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from app.accounts.tokens import keyed_hash
from app.extensions import db, table_of
from app.responses.models import JournalEntry

_JOURNAL: Final = table_of(JournalEntry).c
_REPLY: Final = sa.select(_JOURNAL.reply).where(
    _JOURNAL.response_id == sa.bindparam("response"),
    _JOURNAL.save_id == sa.bindparam("save"),
    _JOURNAL.digest == sa.bindparam("operations"),
)


class Refusal(msgspec.Struct, frozen=True):
    """An operation that was not stored: its place in the save and why (a code of `drafts.py`)."""

    index: int
    reason: str


class Reply(msgspec.Struct, frozen=True):
    """What became of a save: keys stored, keys in conflict, refusals by place, and the version of the response now."""

    applied: tuple[str, ...]
    conflicts: tuple[str, ...]
    refused: tuple[Refusal, ...]
    version: int


@dataclass(frozen=True, slots=True)
class SaveKey:
    """By what a save is known again: the id that its page has made, and the digest of what was sent."""

    save_id: str
    digest: str


def digest_of(sent: bytes) -> str:
    """By what a repetition of a save is known: keyed, since it may tell of personal values."""
    return keyed_hash(sent.decode())


def known_reply(response_id: int, save_id: str, digest: str) -> Reply | None:
    """The first reply of a save that the journal has."""
    parameters = {"response": response_id, "save": save_id, "operations": digest}
    text = db.session.connection().execute(_REPLY, parameters).scalar_one_or_none()
    return None if text is None else msgspec.json.decode(text, type=Reply)
