"""From a question to the desk and back: the address for asking about it, and what the desk asks, where it is answered.

Not for: threads (`app.threads`) and their pages (`threads.py`).
Holds always: a page of questions asks the database for queries only where one waits for the entity, which came with its
response (`app.responses.entry`), or where a thread's own link led there (`?messaggio=`), and then once: every other look at it,
and every save, costs what it cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import ngettext

from app.accounts.permissions import signed_in
from app.context import this_g
from app.questionnaire.model import Questionnaire
from app.responses.reading import OpenResponse
from app.threads.reading import ThreadRow, queries_to
from app.web.templating import address as url_for

QUERY: Final = "messaggio"
"""In an address: the thread in which the desk asks about an answer of the page."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the desk asks about an answer, and where it is answered in words."""

    subject: str
    address: str


def ask_address(question: str, item: str | None) -> str:
    """Where this question is asked about; empty where whoever reads is not the entity itself."""
    who = signed_in()
    if who is None or who.telephone is not None:
        return ""
    return url_for("fill.new_message", domanda=question, scheda=item) if item else url_for("fill.new_message", domanda=question)


def queries_here(response: OpenResponse, item: str | None) -> Mapping[str, tuple[Query, ...]]:
    """Question's code → what the desk asks about its answer here: what waits, and the query whose link led to this page."""
    named = request.args.get(QUERY, "")
    found: dict[str, tuple[Query, ...]] = {}
    for thread in open_queries(response, int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 0):
        if thread.item == (item or ""):
            query = Query(thread.subject, url_for("fill.thread", number=thread.id))
            found[thread.question] = (*found.get(thread.question, ()), query)
    return found


def open_queries(response: OpenResponse, linked: int = 0) -> list[ThreadRow]:
    """The desk's queries on answers that wait for the entity, the oldest first; none for staff who fills in by telephone.

    `linked`: the id of one that is wanted even where it does not wait.
    """
    who = signed_in()
    if who is None or who.telephone is not None or not (linked or this_g().get("queried", True)):
        return []
    return queries_to(response.entity_id, response.edition.id, linked)


def query_notes(threads: Iterable[ThreadRow], questionnaire: Questionnaire) -> Mapping[str, str]:
    """Step's code, or sheet's id → that the desk asks about answers of it, in words."""
    counted = Counter(thread.item or _step_code(questionnaire, thread.question) for thread in threads)
    return {
        place: ngettext(
            "La segreteria chiede chiarimenti su una risposta",
            "La segreteria chiede chiarimenti su %(num)d risposte",
            count,
        )
        for place, count in counted.items()
    }


def _step_code(questionnaire: Questionnaire, question: str) -> str:
    """Empty for a question that the questionnaire has no more."""
    try:
        return questionnaire.step_of(question).code
    except KeyError:
        return ""
