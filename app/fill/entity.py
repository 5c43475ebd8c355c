"""The entity's own page: addresses, who fills in, where somebody is signed in, associations, what was sent and when.

Not for: changing any of it (`addresses.py`, `people.py`); an address changes only once the desk has confirmed it.
Holds always: it can be read whether an edition is on or not; only the signed-in entity's own things stand on it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.invitations import pending_invitations
from app.accounts.operators import list_operators, operator_names, removed_operators, telephone_operators
from app.accounts.session_list import list_sessions
from app.clock import now
from app.editions.current import EditionView, current_edition
from app.editions.files import ROME
from app.fill import blueprint
from app.fill.answer_lists import AnswerList
from app.fill.opening import identity, locale
from app.fill.privacy import notice_to_ask
from app.fill.views import moment
from app.questionnaire.reach import reach
from app.registry.addresses import AddressRow, addresses_of, purpose_label, waiting_changes
from app.registry.associations import AssociationRow, association_rows
from app.registry.entity_languages import read_language_state
from app.registry.recipients import RECIPIENTS, recipients_of
from app.responses import personal
from app.responses.consents import DAYS, consent_to_read
from app.responses.earlier import earlier_response, earlier_versions
from app.responses.reading import find_response
from app.responses.submission import is_withdrawn, list_receipts, submitted_document


@dataclass(frozen=True, slots=True)
class Address:
    """An address as the page shows it. `gets`: the kinds of message that go to it now."""

    row: AddressRow
    purpose: str
    gets: frozenset[str]


@blueprint.get("/ente")
def entity() -> ResponseReturnValue:
    """All that the entity can look at and look after by itself."""
    at = now()
    who = identity()
    edition = current_edition()
    leads, belongs = _associations(who.entity_id)
    return render_template(
        "fill/entity.html",
        addresses=_addresses(who.entity_id, at),
        changes=waiting_changes(who.entity_id),
        purpose_label=purpose_label,
        operators=[*list_operators(who.entity_id), *telephone_operators(who.entity_id)],
        invitations=pending_invitations(who.entity_id),
        now=at,
        removed=removed_operators(who.entity_id),
        sessions=list_sessions(who.entity_id, at, current=who.session_key),
        leads=leads,
        belongs=belongs,
        consent=_consent(who.entity_id, edition, at),
        earlier=earlier_versions(who.entity_id, edition.id if edition else None),
        moment=moment,
        notice=notice_to_ask(),
        language=read_language_state(who.entity_id),
        language_words=language_words(),
    )


def language_words() -> list[tuple[str, str]]:
    """Each language in which an entity may be written to, by its code, as a reader of these pages says it."""
    return [("it", _("italiano")), ("de", _("tedesco")), ("fr", _("francese")), ("sl", _("sloveno"))]


def _addresses(entity_id: int, at: dt.datetime) -> list[Address]:
    gets = {kind: set(recipients_of(entity_id, kind, at)) for kind in RECIPIENTS}
    return [
        Address(row, purpose_label(row.purpose), frozenset(kind for kind, emails in gets.items() if row.email in emails))
        for row in addresses_of(entity_id)
    ]


def _consent(entity_id: int, edition: EditionView | None, at: dt.datetime) -> dict[str, Any] | None:
    """Whether the desk may read the draft, until when and who said so; None where there is no draft to read."""
    response = find_response(entity_id, edition.id) if edition else None
    if response is None:
        return None
    given = consent_to_read(response.id, at)
    who = operator_names(entity_id).get(given.operator_id or 0, "") if given else ""
    return {"given": given, "who": who, "days": DAYS}


def _associations(entity_id: int) -> tuple[list[AssociationRow], list[AssociationRow]]:
    """Those that it leads, and those that it belongs to and somebody else leads."""
    today = now().astimezone(ROME).date()
    leads = association_rows(today, lead_ids=[entity_id])
    own = {row.code for row in leads}
    return leads, [row for row in association_rows(today, member_ids=[entity_id]) if row.code not in own]


@blueprint.get("/ente/edizioni/<edition>")
def earlier(edition: str) -> ResponseReturnValue:
    """The filled copy of what the entity sent last in another edition."""
    who = identity()
    response = earlier_response(who.entity_id, edition)
    receipts = list_receipts(response.id) if response else []
    document = submitted_document(response.id, receipts[0].number) if response and receipts else None
    if response is None or document is None:
        abort(404)
    values = personal.unseal(response.id, document.values())
    reached = reach(response.questionnaire, values, document.live_items())
    listed = AnswerList(response.questionnaire_in(locale()), reached, values, document.live_items())
    return render_template(
        "fill/copy.html",
        draft=False,
        response=response,
        at=receipts[0].submitted_at,
        receipt=receipts[0],
        withdrawn=is_withdrawn(response),
        sender=operator_names(who.entity_id).get(receipts[0].operator_id or 0, ""),
        sections=listed.sections(),
        back="fill.entity",
    )
