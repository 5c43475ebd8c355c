"""Which of a response's conflicts wait for a decision: those that stand where somebody can see and settle them.

Two answers to one question of a sheet that was removed, or of a step that is no longer asked, are kept with it: they stop
nothing while it is away, and wait again when it comes back.
Not for: what becomes of an operation (`judging.py`), or the values themselves, which stay in the document.
Holds always: pure; a conflict about a sheet itself, removed or not, waits as long as its step is asked.
"""

from __future__ import annotations

from app.questionnaire.model import Questionnaire
from app.questionnaire.reach import reach
from app.responses.document import Document


def open_conflicts(questionnaire: Questionnaire, document: Document) -> tuple[str, ...]:
    """The keys of the answers and sheets that wait for a decision. Personal answers may be sealed: no condition names them."""
    if not document.conflicts:
        return ()
    reached = reach(questionnaire, document.values(), document.live_items())
    sheets = {item.id: step for step, items in document.items.items() for item in items}
    return tuple(key for key in document.conflicts if sheets.get(key) in reached.steps or reached.is_reached(key))


def conflicts_inside(document: Document, item_id: str) -> int:
    """How many answers of a sheet stand there twice."""
    return sum(key.startswith(f"{item_id}/") for key in document.conflicts)
