"""What an answer has been: every value that it had, with who gave it and when.

Not for: comparing submitted versions (`submission.py`), or writing (restoring an earlier value is a `set` like any).
Holds always: reads the journal, in which nothing changes; values stay sealed; a value that lost against another is no change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.responses.document import Document, Stamp, perform
from app.responses.journal import journal_lines


@dataclass(frozen=True, slots=True)
class Change:
    """An answer from a revision on. `operator`: who gave it; `at`: ISO 8601 in UTC."""

    value: Any
    revision: int
    operator: int | None
    at: str


def changes_by_answer(response_id: int) -> dict[str, list[Change]]:
    """Key → its values, oldest first, of the answers that were ever given. One pass over the journal."""
    document, found = Document(), dict[str, list[Change]]()
    for line in journal_lines(response_id):
        stamp = Stamp(line.version, line.operator, line.at, line.session, line.channel)
        for operation, outcome in zip(line.operations, line.outcomes, strict=True):
            perform(document, operation, outcome, stamp)
        for key, answer in document.answers.items():
            known = found.setdefault(key, [])
            if answer.revision == line.version and (not known or known[-1].value != answer.value):
                known.append(Change(answer.value, answer.revision, answer.operator, answer.at))
    return {key: changes for key, changes in found.items() if changes}
