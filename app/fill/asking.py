"""From a question to the desk and back: the address for asking about it, and the desk's query that led to its page.

Not for: threads (`app.threads`) and their pages (`threads.py`).
Holds always: a page of questions asks the database for a query only where a thread's own link led there (`?messaggio=`), so
that every other look at it, and every save, costs what it cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import request

from app.accounts.permissions import signed_in
from app.responses.reading import OpenResponse
from app.threads.reading import UnknownThreadError, thread_of
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


def query_here(response: OpenResponse, item: str | None) -> Mapping[str, Query]:
    """Question's code → the query whose link led to this page; nothing on any other page."""
    named = request.args.get(QUERY, "")
    if not (named.isascii() and named.isdigit() and len(named) < 10):
        return {}
    try:
        thread = thread_of(response.entity_id, int(named))
    except UnknownThreadError:
        return {}
    own = thread.is_query and thread.edition_id == response.edition.id and thread.item == (item or "")
    return {thread.question: Query(thread.subject, url_for("fill.thread", number=thread.id))} if own else {}
