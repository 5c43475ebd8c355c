"""What an answer has been: every value that it had, with who gave it and when.

Not for: comparing submitted versions (`submission.py`), or writing (restoring an earlier value is a `set` like any).
Holds always: reads the journal, in which nothing changes; values stay sealed; a value that lost against another is no change.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from app.responses.document import Document, Stamp, perform
from app.responses.journal import journal_lines

MOST_CHARACTERS: Final = 2_000_000
"""Of all values together: somebody who saves long texts for hours would else make a page that no memory holds."""
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Change:
    """An answer from a revision on. `operator`: who gave it; `at`: ISO 8601 in UTC."""

    value: Any
    revision: int
    operator: int | None
    at: str


def changes_by_answer(response_id: int) -> tuple[dict[str, list[Change]], frozenset[str]]:
    """(key → its values, oldest first, of the answers that were ever given; keys whose oldest values are left out, because all
    of them are longer than `MOST_CHARACTERS`). One pass over the journal."""
    document, found = Document(), dict[str, list[Change]]()
    kept, length, shortened = deque[tuple[str, int]](), 0, set[str]()
    for line in journal_lines(response_id):
        stamp = Stamp(line.version, line.operator, line.at, line.session, line.channel)
        for operation, outcome in zip(line.operations, line.outcomes, strict=True):
            perform(document, operation, outcome, stamp)
        for key, answer in document.answers.items():
            known = found.setdefault(key, [])
            if answer.revision == line.version and (not known or known[-1].value != answer.value):
                known.append(Change(answer.value, answer.revision, answer.operator, answer.at))
                kept.append((key, len(_encode(answer.value))))
                length += kept[-1][1]
        while length > MOST_CHARACTERS and kept:
            oldest, own = kept.popleft()
            length -= own
            if len(found[oldest]) > 1:  # what an answer is now stays: a document is bounded by itself
                del found[oldest][0]
                shortened.add(oldest)
    return {key: changes for key, changes in found.items() if changes}, frozenset(shortened)
