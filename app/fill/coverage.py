"""Who answers for whom, in the entity's pages: what a member and a lead are asked, their replies, and taking a short path back.

Not for: the rules (`responses.coverage`) or what the templates say of each state (`fill/coverage.html`).
Holds always: a reply is the signed-in entity's own, to somebody who has named or claimed it; a member's yes fills in its short
path only where its first question is open or says so already, so that answers given are never turned into others.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.editions.files import ROME
from app.fill import blueprint
from app.fill.opening import author, load_response
from app.fill.path import first_page, question_address, short_path, step_address
from app.fill.prefill import prefilled
from app.fill.saving import reached_by, sent_for_another
from app.questionnaire.model import Questionnaire
from app.questionnaire.reach import reach
from app.registry.associations import members_of
from app.registry.entities import EntityRow, find_by_code
from app.responses.coverage import (
    NotAskedError,
    NothingToWithdrawError,
    Standing,
    reply_to_lead,
    reply_to_member,
    standing_of,
    withdraw_declaration,
)
from app.responses.document import Operation
from app.responses.drafts import EditionClosedError, TooLargeError, apply
from app.responses.reading import OpenResponse
from app.responses.withdrawal import SHORT

BULK_FROM = 4
YES = "si"


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What the pages say of an entity's standing. `counting`: labels of the municipalities that count on its answer.

    `claims`: who claims it, sent or not; `confirmed`: to whom of them it has said yes and may still say no; `choosing`: whether
    it has to choose between them; `mend_url`: where a lead says for whom it answers; `bulk`: whether one button may say yes to
    all; `withdrawable`: whether what was sent is a short path.
    """

    standing: Standing
    counting: tuple[str, ...]
    claims: tuple[EntityRow, ...]
    confirmed: tuple[EntityRow, ...]
    choosing: bool
    mend_url: str
    bulk: bool
    withdrawable: bool

    @property
    def asks(self) -> bool:
        """Whether a reply of this entity is waited for."""
        return bool(self.standing.unconfirmed or self.standing.named_by)


def coverage_view(response: OpenResponse, at: dt.datetime) -> CoverageView:
    """The entity's standing in the response's edition, ready to be drawn."""
    standing = standing_of(response.entity_id, response.edition, at)
    claims = (*standing.covered_by, *standing.claimed_by)
    return CoverageView(
        standing=standing,
        counting=_counting(response, standing, at),
        claims=claims,
        confirmed=tuple(row for row in claims if row not in (*standing.unconfirmed, *standing.declared_to)),
        choosing=len(claims) > 1 and bool(standing.unconfirmed),
        mend_url=_mend_url(response),
        bulk=len(standing.named_by) >= BULK_FROM,
        withdrawable=standing.submitted_as in SHORT,
    )


def _counting(response: OpenResponse, standing: Standing, at: dt.datetime) -> tuple[str, ...]:
    """Whom it says to answer for, or while it has not said, whom it leads; and those who wait for its word. Whoever has said
    that it does not answer for them counts on nobody here."""
    question = response.questionnaire.in_role("answers_for")
    answer = response.document.answers.get(question.code) if question else None
    has_said = answer is not None and isinstance(answer.value, list)
    own = standing.claims if has_said else members_of(response.entity_id, at.astimezone(ROME).date())
    rows = {row.id: row for row in (*own, *standing.named_by, *standing.promised)}
    for row in standing.denied_by:
        rows.pop(row.id, None)
    rows.pop(response.entity_id, None)
    return tuple(sorted(row.label for row in rows.values()))


def _mend_url(response: OpenResponse) -> str:
    """Where a lead says for whom it answers: that question, or the first of its step while it is not asked."""
    question = response.questionnaire.in_role("answers_for")
    if question is None:
        return url_for("fill.overview")
    if reached_by(response).is_reached(question.code):
        return question_address(response.questionnaire, question.code, None)
    return step_address(response.questionnaire.step_of(question.code))


# A member replies to who claims it ---------------------------------------------------------------------------------------


@blueprint.post("/compila/capofila/<lead>")
def answer_lead(lead: str) -> ResponseReturnValue:
    """The member says whether an entity that claims it answers for it; among several, a yes to one is a no to the others."""
    at = now()
    response = load_response(at)
    home = redirect(url_for("fill.overview"), 303)
    if sent_for_another(response.entity_code):
        return home
    found = find_by_code(lead)
    claims = coverage_view(response, at).claims
    agrees = request.form.get("risposta") == YES
    others = [one for one in claims if agrees and found is not None and one.id != found.id]
    try:
        for one, says in [(found, agrees), *((other, False) for other in others)]:
            if one is None:
                raise NotAskedError(lead)
            reply_to_lead(response.entity_id, one.id, says, edition=response.edition, author=author(), now=at)
    except (NotAskedError, EditionClosedError) as error:
        _say_refused(error)
        return home
    if found is None or not agrees:
        flash(_("Registrato: per voi non risponde %(lead)s.", lead=found.label if found else lead), "success")
        return home
    return _point_to(response, found, at)


def _point_to(response: OpenResponse, lead: EntityRow, at: dt.datetime) -> ResponseReturnValue:
    """Fill in the short path after a yes, where nothing else has been answered."""
    answers = elsewhere_answers(response.questionnaire, lead.code)
    known = response.document.answers
    first = first_page(response.questionnaire).questions[0].code
    open_still = first not in known or known[first].value is None
    on_the_way = short_path(response.questionnaire, reached_by(response)) == "elsewhere"
    if not answers or not (open_still or on_the_way):
        flash(_("Confermato: per voi risponde %(lead)s. Le risposte che hai già dato restano.", lead=lead.label), "success")
        return redirect(url_for("fill.overview"), 303)
    operations = [
        Operation("set", question=code, base=known[code].revision if code in known else 0, value=value)
        for code, value in answers.items()
    ]
    # The reply has ended the transaction in which the response was read.
    apply(replace(response, locked=False), operations, author(), at, save_id=f"lead-{secrets.token_urlsafe(12)}")
    flash(_("Confermato: per voi risponde %(lead)s. Resta da dire chi compila, poi invia.", lead=lead.label), "success")
    return redirect(url_for("fill.short"), 303)


def elsewhere_answers(questionnaire: Questionnaire, lead_code: str) -> dict[str, Any]:
    """The answers by which a response says that this entity answers: by question code; none where it cannot say so."""
    who = questionnaire.in_role("answered_by")
    first = first_page(questionnaire).questions[0]
    if who is None:
        return {}
    for option in first.options:
        values: dict[str, Any] = {first.code: {"code": option.code}, who.code: lead_code}
        reached = reach(questionnaire, values, {})
        if short_path(questionnaire, reached) == "elsewhere" and reached.is_reached(who.code):
            return values
    return {}


# A lead replies to members that name it ----------------------------------------------------------------------------------


@blueprint.post("/compila/comuni/<member>")
def answer_member(member: str) -> ResponseReturnValue:
    """The lead says whether it answers for a member that has named it."""
    found = find_by_code(member)
    agrees = request.form.get("risposta") == YES
    return _answer_members(lambda standing: [found] if found is not None else [], agrees)


@blueprint.post("/compila/comuni")
def answer_members() -> ResponseReturnValue:
    """The lead says yes to all members that were on its page."""
    seen = set(request.form.getlist("comune"))
    return _answer_members(lambda standing: [row for row in standing.named_by if row.code in seen], agrees=True)


def _answer_members(chosen: Callable[[Standing], Sequence[EntityRow]], agrees: bool) -> ResponseReturnValue:
    at = now()
    response = load_response(at)
    home = redirect(url_for("fill.overview"), 303)
    if sent_for_another(response.entity_code):
        return home
    members = chosen(standing_of(response.entity_id, response.edition, at))
    also = _capacity(response)
    try:
        if not members:
            raise NotAskedError
        for member in members:
            reply_to_member(response.entity_id, member.id, agrees, edition=response.edition, author=author(), now=at, also=also)
            also = ()
    except (NotAskedError, EditionClosedError, TooLargeError) as error:
        _say_refused(error)
        return home
    names = ", ".join(member.label for member in members)
    if agrees:
        said = ngettext(
            "Confermato: rispondi anche per %(names)s.", "Confermati: rispondi anche per %(names)s.", len(members), names=names
        )
        flash(said, "success")
    else:
        flash(_("Registrato: non rispondi per %(names)s. Il Comune lo vede e risponde da solo.", names=names), "success")
    return home


def _capacity(response: OpenResponse) -> tuple[Operation, ...]:
    """In what capacity the entity answers, as the registry knows it, where it has not said so and others depend on it."""
    question = response.questionnaire.in_role("answers_for")
    if question is None or reached_by(response).is_reached(question.code):
        return ()
    known = response.document.answers
    values = response.document.values()
    for other in response.questionnaire.step_of(question.code).questions:
        value = prefilled(other, response.entity_id) if other.prefill == "entity_group" and other.code not in known else None
        if value and reach(response.questionnaire, values | {other.code: value}, {}).is_reached(question.code):
            return (Operation("set", question=other.code, base=0, value=value),)
    return ()


def _say_refused(error: Exception) -> None:
    reasons = {
        NotAskedError: _("Nel frattempo la richiesta è cambiata: rileggi questa pagina."),
        EditionClosedError: _("La scadenza è passata: la risposta non è stata registrata. Chiama i contatti qui sotto."),
        TooLargeError: _("I Comuni sono troppi per una sola risposta: chiama i contatti qui sotto."),
    }
    flash(reasons[type(error)], "error")


# A short path taken back -------------------------------------------------------------------------------------------------


@blueprint.post("/compila/annulla")
def withdraw() -> ResponseReturnValue:
    """Take back what was sent on a short path: the entity answers itself. Sending again undoes this."""
    at = now()
    response = load_response(at)
    if sent_for_another(response.entity_code):
        return redirect(url_for("fill.overview"), 303)
    try:
        withdraw_declaration(response, author(), at)
    except EditionClosedError:
        flash(_("La scadenza è passata: l'invio non si può più annullare da qui. Chiama i contatti qui sotto."), "error")
        return redirect(url_for("fill.receipt"), 303)
    except NothingToWithdrawError:
        flash(_("Non c'è nessun invio da annullare."), "info")
        return redirect(url_for("fill.overview"), 303)
    flash(
        _("Invio annullato: non conta più. Ora rispondi alla prima domanda; se ci ripensi, salva la stessa risposta e invia."),
        "success",
    )
    return redirect(step_address(response.questionnaire.steps[0]), 303)
