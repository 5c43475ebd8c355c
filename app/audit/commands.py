"""`flask audit …`: the chain's head, to be kept elsewhere, and whether the record is still as it was written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup

from app.audit.hashing import Head, current_head
from app.audit.verifying import check_chain
from app.clock import now
from app.database import unit_of_work
from app.extensions import db

audit_group = AppGroup("audit", help="The record of who did what: its head, and whether it is as it was written.")
REASONS: Final = {
    "edited": "edited: what it says is not what was written",
    "origin": "edited: from where it was done was erased before its term",
    "removed": "removed: an entry is missing here",
    "moved": "reordered: here stands the entry that was written as no. {written_as}",
    "inserted": "inserted: an entry was put in, and here stands the one that was written as no. {written_as}",
    "unlinked": "inserted, or the one before it written anew: whole in itself, it does not follow the one before",
    "added": "inserted: it stands beyond the beginning or the end of the chain",
    "truncated": "truncated: the chain once went on, and ends before it",
    "head": "the chain's own end is not that of its last entry: it was changed, or the entry after it is missing",
    "rewritten": "rewritten: the chain is whole but no longer runs through the head that was kept",
}
_HEAD: Final = re.compile(r"(?P<number>\d{1,18})(?::|\s+)(?P<hash>[0-9a-f]{16,64})(?:\s+\S+)?")
_TOLD_EVERY: Final = 100_000


@audit_group.command("head")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Add the line to this file too.")
def head(out: Path | None) -> None:
    """Print where the chain ends: number, hash, instant. Keep the line where this installation cannot write."""
    with unit_of_work(writes=False):
        end = current_head()
    line = f"{end.number} {end.entry_hash} {now():%Y-%m-%dT%H:%M:%SZ}"
    if out is not None:
        try:
            with out.open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    click.echo(line)


@audit_group.command("verify")
@click.option("--head", "noted", multiple=True, metavar="FILE|NUMBER:HASH", help="A head that was kept, or a file of them.")
def verify(noted: tuple[str, ...]) -> None:
    """Compute the chain anew. Ends with 1 and says the first broken number where it is not as it was written."""
    kept = [one for text in noted for one in _heads_in(text)]
    with unit_of_work(writes=False):
        found = check_chain(kept=kept, tell=_tell)
    if found.broken is None:
        click.echo(f"sound: {found.last} entries, through {len(kept)} kept heads; the last is {found.entry_hash}")
        return
    reason = REASONS[found.reason].format(written_as=found.written_as)
    since = max((one.number for one in kept if one.number < found.broken), default=0)
    more = f" (the last kept head before it is no. {since})" if found.reason == "rewritten" else ""
    raise click.ClickException(f"broken at no. {found.broken}: {reason}{more}")


def _tell(done: int, last: int) -> None:
    db.session.rollback()  # no transaction lasts longer than some entries
    if done % _TOLD_EVERY == 0 and done:
        click.echo(f"{done} of {last}", err=True)


def _heads_in(text: str) -> Sequence[Head]:
    """The heads that a text is or that stand in the file that it names, one a line."""
    if ":" in text and (typed := _HEAD.fullmatch(text.strip())):
        return [Head(int(typed["number"]), typed["hash"])]
    try:
        lines = Path(text).read_text(encoding="ascii").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{text} is neither NUMBER:HASH nor a file of heads that can be read") from error
    found = [(number, _HEAD.fullmatch(line.strip())) for number, line in enumerate(lines, 1) if line.strip()]
    for number, head_line in found:
        if head_line is None:
            raise click.UsageError(f"{text}, line {number}: should be a number and a hash, as `audit head` prints them")
    if not found:
        raise click.UsageError(f"{text} holds no head")
    return [Head(int(one["number"]), one["hash"]) for _number, one in found if one is not None]
