"""What an import would change: one `Change` for each thing that a person decides about, gathered in a `Draft`.

Not for: reading files or writing the database.
Holds always: a change says in words what was and what will be, and holds the very writes that will be done; whatever else a
row refers to by a reference, because it may not be there yet. Problems keep a plan from being applied; notes do not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_PROBLEMS = 10_000
GROUPS = ("added", "changed", "ended")


@dataclass(frozen=True, slots=True)
class EntityRef:
    """The id of the entity that will bear this code."""

    code: str


@dataclass(frozen=True, slots=True)
class AssociationRef:
    """The id of the association that will bear this code."""

    code: str


@dataclass(frozen=True, slots=True)
class Now:
    """The instant at which the plan is applied."""


NOW = Now()
Value = str | int | float | dt.date | EntityRef | AssociationRef | Now | None


@dataclass(frozen=True, slots=True)
class Write:
    """A row to insert into a table (`row_id` None), or the columns to set in the row `row_id`."""

    table: str
    row_id: Value
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `group`: one of `GROUPS`; `subject`: whom it concerns; `what`: which thing of theirs; empty is nothing."""

    group: str
    line: int
    subject: str
    what: str
    before: str
    after: str
    writes: tuple[Write, ...]

    @property
    def text(self) -> str:
        """The change in a line."""
        told = f"{self.before} → {self.after}" if self.before and self.after else self.after or self.before
        return f"{self.subject}: {' '.join(filter(None, (self.what, told)))}"


class TooManyProblemsError(Exception):
    """So much of a file is wrong that reading on tells nobody anything."""


@dataclass(slots=True)
class Draft:
    """A plan in the making; `unchanged` counts the lines that say what is known already."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def problem(self, line: int, message: str) -> None:
        """Say what is wrong in a line. Raises `TooManyProblemsError` when there is no end to it."""
        self.problems.append((line, message))
        if len(self.problems) >= MOST_PROBLEMS:
            raise TooManyProblemsError

    def note(self, line: int, message: str) -> None:
        """Say what of a line is left out, and why, although nothing is wrong."""
        self.notes.append((line, message))
