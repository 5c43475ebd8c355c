"""Several saves of one device that come together: the second knows nothing of what became of the first.

A device gives its next save of an answer the base that it knew, since no reply came between: its own writing is no second
person's, and a colleague's in between still is.
Not for: judging (`document.py`) or storing (`drafts.py`).
Holds always: pure; a base is moved only to a revision that a save of the same device wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from app.responses.document import Document
from app.responses.replays import Reply


class Based(Protocol):
    """An operation, as the responses room or as a browser writes it."""

    @property
    def op(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def item(self) -> str | None: ...

    @property
    def base(self) -> int: ...


@dataclass(slots=True)
class Continuing:
    """What earlier saves wrote. `written`: key → (the base that its device knew, the revision that it has since)."""

    written: dict[str, tuple[int, int]] = field(default_factory=dict)

    def base_of(self, operation: Based, document: Document) -> int:
        """The base by which an operation is judged."""
        if not self.written or operation.op not in {"set", "resolve", "delete"}:
            return operation.base
        if operation.op == "delete":
            return self._base_of_item(operation.item or "", operation.base, document)
        base, revision = self.written.get(operation.key, (-1, 0))
        return revision if base == operation.base else operation.base

    def _base_of_item(self, item: str, base: int, document: Document) -> int:
        """The sheet's revision as it is, if all that was written in it since its device looked was these saves'."""
        found = document.find_item(item)
        if found is None:
            return base
        held = (one.revision for key, several in document.conflicts.items() if key.startswith(f"{item}/") for one in several)
        if any(revision > base for revision in held):
            return base
        made = self.written.get(item, (0, 0))[1]
        revisions = {key: one.revision for key, one in document.answers.items() if key.startswith(f"{item}/")}
        revisions[item] = found[1].revision
        later = {key: revision for key, revision in revisions.items() if revision > base}
        own = all(revision in {made, self.written.get(key, (0, 0))[1]} for key, revision in later.items())
        return max(later.values()) if later and own else base

    def note(self, operations: Iterable[Based], reply: Reply, document: Document | None) -> None:
        """Remember what a save wrote. `document`: as the save left it, None where others have saved since."""
        for operation in operations:
            if operation.key not in reply.applied or operation.key in reply.conflicts:
                continue
            revision = reply.version if document is None else revision_of(document, operation.key)
            self.written[operation.key] = (operation.base, revision)


def revision_of(document: Document, key: str) -> int:
    """The revision of an answer or of a sheet, 0 for none."""
    answer = document.answers.get(key)
    if answer is not None:
        return answer.revision
    found = document.find_item(key)
    return found[1].revision if found else 0
