"""What the desk says of a sheet that it sent back, and answering: a proposed correction taken, or the sheet confirmed as it is.

Not for: what is proposed and how it becomes operations (`app.practices.sent_back`).
Holds always: only the sheets of the signed-in entity's own response; a correction is stored by `drafts.apply`, on the
answer that the page showed; nothing of this is asked of the database before anything was sent.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.fill import blueprint
from app.fill.opening import author, identity, load_response, locale
from app.fill.path import SHEET_ADDRESSES
from app.fill.saving import sent_for_another
from app.practices.fields import value_text
from app.practices.kinds import CENTRE, PRACTICE
from app.practices.sent_back import (
    NotSentBackError,
    SentBack,
    UnsentChangesError,
    confirm_as_it_is,
    holders_of,
    open_corrections,
    operations_for,
    record_now,
    revision_of,
    sent_back_of,
)
from app.practices.vocabulary import labels
from app.practices.words import FIELD_NAMES
from app.questionnaire.model import answer_key, split_key
from app.responses.drafts import SESSION_PART, EditionClosedError, TooLargeError, apply
from app.responses.reading import OpenResponse
from app.responses.submission import compare_documents, has_unsent_changes, submitted_document

ALL = "tutte"
SENT_BACK_STATES = ("sent_back", "to_send")
"""The states of a sheet that the desk sent back, as `components/state.html` knows them: to be corrected, to be sent again."""
SHORT_NOTE = 200
"""Characters of a note in the task list; the sheet shows it whole."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A correction that the desk proposes. `taken`: the draft has it already; `question`, `base`: whose answer it would change,
    "" where no question of the sheet holds it, and the revision of that answer as it is shown."""

    name: str
    label: str
    present: str
    proposed: str
    taken: bool
    question: str
    base: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of a sheet that was sent back. `confirmable`: nothing was changed since it was sent; `corrected`: this
    sheet was, and has to be sent."""

    note: str
    proposals: tuple[Proposal, ...]
    action: str
    confirmable: bool
    corrected: bool

    @property
    def left(self) -> int:
        """How many proposals the draft does not have yet."""
        return sum(not one.taken for one in self.proposals)

    @property
    def bases(self) -> dict[str, int]:
        """Question → the revision shown, of all that the draft does not have yet."""
        return {one.question: one.base for one in self.proposals if one.question and not one.taken}


def told_of(response: OpenResponse, sheet: str, item: str) -> Told | None:
    """What the desk says of this sheet, None where nothing waits."""
    found = sent_back_of(response, item) if response.submissions else []
    if not found:
        return None
    one = found[0]
    action = url_for("fill.answer_desk", sheet=sheet, item=item)
    corrected = item in _changed_sheets(response)
    by_phone = identity().telephone is not None  # staff does not confirm to itself what the desk asks
    may_confirm = not by_phone and not has_unsent_changes(response)
    return Told(one.note, _proposals(response, one), action, may_confirm, corrected)


def _proposals(response: OpenResponse, one: SentBack) -> tuple[Proposal, ...]:
    words, present = labels(locale()), record_now(response, one.item_id)
    left = open_corrections(response, one.item_id, one.corrections)
    holders = holders_of(response, one.item_id)
    codes = {name: holders[name][0] if name in holders else "" for name in one.corrections}
    return tuple(
        Proposal(
            name,
            str(FIELD_NAMES[name]),
            value_text(name, getattr(present, name), words) if present is not None else "",
            value_text(name, value, words),
            name not in left,
            codes[name],
            revision_of(response, one.item_id, codes[name]),
        )
        for name, value in one.corrections.items()
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A sheet that waits for its entity. `note`: what the desk wrote; `corrected`: the draft holds another than was sent, so
    that it is the sending that is missing."""

    item: str
    title: str
    address: str
    note: str
    corrected: bool

    @property
    def state(self) -> str:
        """As the task list shows it (`components/state.html`)."""
        return SENT_BACK_STATES[1 if self.corrected else 0]

    @property
    def text(self) -> str:
        """What the task list says of it: the beginning of the note, or what is missing."""
        if self.corrected:
            return str(_("L'hai cambiata: invia di nuovo la risposta, e la segreteria la rilegge."))
        note = " ".join(self.note.split())
        short = note if len(note) <= SHORT_NOTE else f"{note[:SHORT_NOTE].rpartition(' ')[0] or note[:SHORT_NOTE]}…"
        return str(_("La segreteria chiede una modifica: «%(note)s»", note=short))


def asked_again(response: OpenResponse) -> dict[str, Asked]:
    """Item → each sheet of the draft that waits for its entity, the one that waits longest first."""
    found = sent_back_of(response) if response.submissions else []
    live = {item for items in response.document.live_items().values() for item in items}
    changed = _changed_sheets(response) if found else frozenset()
    return {
        one.item_id: Asked(
            one.item_id,
            one.title,
            url_for("fill.sheet", sheet=_address_of(one), item=one.item_id),
            one.note,
            one.item_id in changed,
        )
        for one in found
        if one.item_id in live
    }


def _changed_sheets(response: OpenResponse) -> frozenset[str]:
    """The sheets of which some answer is not as it was sent."""
    sent = submitted_document(response.id, response.submissions)
    if sent is None or not has_unsent_changes(response):
        return frozenset()
    changes = compare_documents(sent, response.document, response.questionnaire)
    return frozenset(item for item in (split_key(one.key)[0] for one in changes) if item)


def _address_of(one: SentBack) -> str:
    return SHEET_ADDRESSES[CENTRE if one.kind == CENTRE else PRACTICE]


@blueprint.post("/compila/<any(pratiche, centri):sheet>/<uuid:item>/segreteria")
def answer_desk(sheet: str, item: uuid.UUID) -> ResponseReturnValue:
    """Take one proposed correction, all of them, or confirm the sheet as it was sent."""
    at, key = now(), str(item)
    response = load_response(at)
    here = redirect(url_for("fill.sheet", sheet=sheet, item=item), 303)
    if response.document.find_item(key) is None:
        abort(404)
    if sent_for_another(response.entity_code):
        return here
    if request.form.get("azione") == "conferma":
        _confirm(response, key)
        return here
    found = sent_back_of(response, key)
    if not found:
        flash(_("La segreteria non chiede più niente di questa scheda."), "info")
        return here
    _take(response, found[0], request.form.get("prendi", ""))
    return here


def _confirm(response: OpenResponse, item: str) -> None:
    try:
        confirm_as_it_is(response, item, author(), now())
    except NotSentBackError:
        flash(_("La segreteria non chiede più niente di questa scheda."), "info")
    except UnsentChangesError:
        flash(_("Hai modificato la risposta: inviala di nuovo, e la segreteria la rilegge."), "warning")
    else:
        flash(_("Confermata: la segreteria sa che la scheda è giusta così."), "success")


def _take(response: OpenResponse, one: SentBack, name: str) -> None:
    """Put it into the draft and say what comes next."""
    wanted = set(one.corrections) if name == ALL else {name}
    left = open_corrections(response, one.item_id, one.corrections)
    operations = operations_for(response, one.item_id, left, wanted & set(left), _bases_seen(response, one.item_id))
    if not operations:
        flash(_("La scheda è già così."), "info")
        return
    save_id = request.form.get("save_id", "")[:64] or str(uuid.uuid4())
    try:
        reply, _saved = apply(response, operations, author(), now(), save_id=save_id)
    except EditionClosedError:
        flash(_("La scadenza è passata: la correzione non è stata registrata. Chiama i contatti qui sotto."), "error")
        return
    except TooLargeError:
        flash(_("Le risposte sono troppo lunghe: accorcia i testi e riprova."), "error")
        return
    if reply.conflicts:
        flash(_("Un collega ha modificato questa risposta nel frattempo: decidi quale vale."), "warning")
    elif reply.refused:
        flash(_("Non è stato possibile registrare la correzione: scrivila nella scheda."), "error")
    else:
        flash(ngettext("Correzione registrata.", "Correzioni registrate.", len(operations)), "success")


def _bases_seen(response: OpenResponse, item: str) -> dict[str, int]:
    """Question → the revision that the page showed; a page that tells none saw none, so that it overwrites nothing.

    What this very browser has saved since, by itself while somebody typed in the same page, is no second person's.
    """
    codes = {code for code, _part in holders_of(response, item).values()}
    seen = {code: request.form.get(f"{code}.base", 0, type=int) for code in codes}
    session = author().session[:SESSION_PART]
    for code in codes:
        known = response.document.answers.get(answer_key(code, item))
        if known is not None and session and known.session == session:
            seen[code] = known.revision
    return seen
