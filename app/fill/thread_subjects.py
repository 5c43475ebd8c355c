"""What a thread is about, for the entity: the question's words and where its answer stands.

Not for: threads themselves (`app.threads`) or their pages (`threads.py`).
Holds always: an answer is linked where it can be read now; a question that is not asked any more, or whose sheet is gone, is
linked to the check page.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.context import this_g
from app.fill.answer_lists import sheet_name
from app.fill.asking import QUERY
from app.fill.opening import locale
from app.fill.path import question_address
from app.fill.saving import reached_by
from app.questionnaire.model import answer_key
from app.responses.entry import Entry
from app.responses.reading import OpenResponse
from app.threads.reading import ThreadRow
from app.web.templating import address as url_for


@dataclass(frozen=True, slots=True)
class Subject:
    """The answer that a thread is about: its question's words, with its sheet's name, and where it stands."""

    label: str
    address: str


def own_response() -> OpenResponse | None:
    """The entity's response as this request has found it beside the session; None before the questionnaire's first look."""
    entry: Entry | None = this_g().get("entry")
    return None if entry is None else entry.response


def subject_of(thread: ThreadRow, response: OpenResponse | None) -> Subject | None:
    """What this thread is about; None for a general question."""
    if not thread.question:
        return None
    if response is None or response.edition.id != thread.edition_id:
        return Subject(thread.question, "")
    return answer_subject(response, thread.question, thread.item, thread.id)


def answer_subject(response: OpenResponse, question: str, item: str, thread_id: int = 0) -> Subject | None:
    """An answer by its question's code and its sheet's id; None for a question that there is not, or a sheet that is not its.

    `thread_id`: of the query that leads there, whose words stand beside the question then.
    """
    questionnaire = response.questionnaire_in(locale())
    try:
        found, step = questionnaire.question(question), questionnaire.step_of(question)
    except KeyError:
        return None
    if bool(step.repeat) is not bool(item):
        return None
    label = found.label
    if item:
        placed = response.document.find_item(item)
        if placed is None or placed[0] != step.code:
            return None
        values = {key: answer.value for key, answer in response.document.answers.items()}
        label = f"{sheet_name(values, step, item)}: {label}"
        if placed[1].removed is not None:
            return Subject(label, url_for("fill.check"))
    if not reached_by(response).is_reached(answer_key(question, item or None)):
        return Subject(label, url_for("fill.check"))
    path, _hash, fragment = question_address(response.questionnaire, question, item or None).partition("#")
    return Subject(label, f"{path}?{QUERY}={thread_id}#{fragment}" if thread_id else f"{path}#{fragment}")


def proposed_subject(question: str, label: str) -> str:
    """With what the subject of a question on an answer begins."""
    short = label if len(label) <= 90 else f"{label[:89].rstrip()}…"
    return str(_("Domanda %(code)s: %(label)s", code=question, label=short))
