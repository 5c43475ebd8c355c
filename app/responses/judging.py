"""What becomes of an operation that arrives: it is applied, it says nothing new, or it meets what somebody else has done.

Not for: carrying it out (`document.py`), or the shape of what arrives (`drafts.py`).
Holds always: nothing wins over a value, an edit or a removal that its author has not seen; nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.responses.document import APPLIED, CONFLICT, SAME, Answer, Document, Operation, Outcome, Stamp, reordered


def judge(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    """What becomes of an operation whose shape has been checked: applied, same (nothing to do) or conflict."""
    return _JUDGES[operation.op](document, operation, stamp)


def _judge_set(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    key = operation.key
    current = document.answers.get(key)
    revision = current.revision if current else 0
    if current is not None and current.value == operation.value:
        unseen = document.is_removed(operation.item) and operation.item not in document.conflicts
        return APPLIED if unseen else SAME  # nothing new, but in a sheet that a colleague has removed it must be shown
    if operation.base == revision or (current is not None and _own_write(current, stamp)):
        return APPLIED
    return CONFLICT


def _own_write(current: Answer, stamp: Stamp) -> bool:
    """This save wrote the current value, or the same browser did through the form: its Back button is no second person."""
    if current.revision == stamp.version:
        return True
    return current.channel == stamp.channel == "form" and current.session == stamp.session and bool(stamp.session)


def _judge_add(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    return SAME if document.find_item(operation.item or "") else APPLIED


def _judge_move(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    if found is None:
        return SAME
    items = document.items[found[0]]
    return SAME if reordered(items, operation) == items else APPLIED


def _judge_delete(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    if found is None or found[1].removed is not None:
        return SAME
    base, prefix = operation.base, f"{operation.item}/"
    if base >= document.item_revision(operation.item or ""):
        return APPLIED
    brought_back = base < found[1].revision < stamp.version
    later = [answer for key, answer in document.answers.items() if key.startswith(prefix) and answer.revision > base]
    held = [one for key, several in document.conflicts.items() if key.startswith(prefix) for one in several]
    if brought_back or any(one.revision > base and one.session != stamp.session for one in held):
        return CONFLICT
    return APPLIED if all(_own_write(answer, stamp) or _of_this_browser(answer, stamp) for answer in later) else CONFLICT


def _of_this_browser(answer: Answer, stamp: Stamp) -> bool:
    """Who deletes a sheet has seen what they wrote in it: before a save is answered its browser has the old base."""
    return bool(stamp.session) and answer.session == stamp.session


def _judge_restore(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    found = document.find_item(operation.item or "")
    return SAME if found is None or found[1].removed is None else APPLIED


def _judge_resolve(document: Document, operation: Operation, stamp: Stamp) -> Outcome:
    open_ones = {challenger.revision for challenger in document.conflicts.get(operation.key, ())}
    if operation.question is None:
        return _judge_item_decision(document, operation, decided=not open_ones & set(operation.seen))
    current = document.answers.get(operation.key)
    if operation.base == (current.revision if current else 0):
        return APPLIED if open_ones & set(operation.seen) or (current and current.value != operation.value) else SAME
    return _judge_set(document, operation, stamp)


def _judge_item_decision(document: Document, operation: Operation, *, decided: bool) -> Outcome:
    """A decision about an item holds for what was on the screen: not for an edit, a removal or a decision that came since."""
    found = document.find_item(operation.item or "")
    if found is None:
        return SAME
    removed, keep = found[1].removed, operation.choice == "keep"
    if decided and (removed is None) == keep:
        return SAME
    since = removed.revision if keep and removed else 0 if keep else document.item_revision(operation.item or "")
    return APPLIED if since <= operation.base else CONFLICT


_JUDGES: Final[dict[str, Callable[[Document, Operation, Stamp], Outcome]]] = {
    "set": _judge_set,
    "add": _judge_add,
    "duplicate": _judge_add,
    "move": _judge_move,
    "delete": _judge_delete,
    "restore": _judge_restore,
    "resolve": _judge_resolve,
}
