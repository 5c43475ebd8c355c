"""`/gestione/telefonate`: whom to call next and why, in order, and taking one so that nobody else rings the same office.

Not for: writing a call down, which is done on the entity's page (`entity_deeds.py`), or the list to print (`exports.py`).
Holds always: the address is the whole state of the list; a territory's person sees and takes its own Region's entities alone;
the telephone is that of whoever fills in, for those who follow entities.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.call_queue import REASONS, Wanted, next_free, queue_page
from app.chasing.claims import claim_on, leave, take, take_first
from app.chasing.respondents import fresh_respondents
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.call_words import REASON_WORDS, reason_text
from app.desk.chasing_words import OUTCOME_WORDS, back_text, short, word
from app.desk.entity import seen_head
from app.desk.filter_words import LANGUAGE_WORDS
from app.desk.responses import asked_page
from app.editions.files import ROME
from app.registry.regions import REGIONS

TRIED = 20
"""How many of the first are tried, each of which somebody may take at the same moment."""


@blueprint.get("/telefonate")
def calls() -> str:
    """The queue."""
    edition, staff, at = edition_on(), required_staff(), now()
    if edition is None:
        return render_template("desk/calls.html", queue=None)
    wanted, taken_at = _asked(), fresh_respondents(edition, at)
    return render_template(
        "desk/calls.html",
        queue=queue_page(edition, wanted, asked_page(), at, region=staff.region_code),
        wanted=wanted,
        reasons=list(REASON_WORDS.items()),
        regions=[] if staff.region_code else list(REGIONS.items()),
        languages=list(LANGUAGE_WORDS.items()),
        here=_address(wanted),
        fields=dict(_fields(wanted)),
        page_address=lambda page: _address(wanted, pagina=str(page)),
        reason_text=lambda row: reason_text(row, at),
        outcome_word=lambda outcome: word(OUTCOME_WORDS, outcome),
        back_text=back_text,
        short=short,
        hour=_hour,
        taken_at=short(taken_at)[-5:],
    )


@blueprint.post("/telefonate/prossima")
def take_next_call() -> ResponseReturnValue:
    """Take the next one that nobody has, and open its page where the call is written down."""
    edition, staff, at = edition_on(), required_staff(), now()
    if edition is None:
        abort(404)
    wanted = _asked()
    fresh_respondents(edition, at)
    free = next_free(edition, wanted, at, region=staff.region_code, most=TRIED)
    code = take_first(edition.id, free, staff_id=staff.staff_id, now=at)
    if code is None:
        flash(_("Nessun ente da chiamare: chi resta lo sta chiamando qualcun altro."), "info")
        return redirect(_address(wanted), 303)
    return _to_call(code)


@blueprint.post("/telefonate/<code>/prendi")
def take_call(code: str) -> ResponseReturnValue:
    """Take one of the list."""
    head, edition, staff, at = seen_head(code), edition_on(), required_staff(), now()
    if edition is None or not head.asked:
        abort(404)
    if take(edition.id, (head.entity_id, head.code), staff_id=staff.staff_id, now=at):
        return _to_call(head.code)
    claim = claim_on(edition.id, head.entity_id, at)
    if claim is not None:
        flash(_("L'ha già preso %(name)s, fino alle %(hour)s.", name=claim.staff, hour=_hour(claim.until)), "warning")
    return redirect(_address(_asked()), 303)


@blueprint.post("/telefonate/<code>/lascia")
def leave_call(code: str) -> ResponseReturnValue:
    """Leave to others what one has taken."""
    head, edition = seen_head(code), edition_on()
    if edition is None:
        abort(404)
    if leave(edition.id, (head.entity_id, head.code), staff_id=required_staff().staff_id, now=now()):
        flash(_("Lasciato: lo può chiamare chiunque."), "success")
    else:
        flash(_("Non era più tuo: nulla è cambiato."), "info")
    return redirect(_address(_asked()), 303)


def _to_call(code: str) -> ResponseReturnValue:
    return redirect(url_for("desk.entity", code=code, telefonata="1", _anchor="esito"), 303)


def _asked() -> Wanted:
    """What the address or the form asks for; what it does not know asks nothing."""
    reason, region, language = (request.values.get(name, "") for name in ("motivo", "regione", "lingua_ente"))
    return Wanted(
        reason if reason in REASONS else "",
        region if region in REGIONS else "",
        language if language in LANGUAGE_WORDS else "",
    )


def _fields(wanted: Wanted) -> list[tuple[str, str]]:
    pairs = (("motivo", wanted.reason), ("regione", wanted.region), ("lingua_ente", wanted.language))
    return [(name, value) for name, value in pairs if value]


def _address(wanted: Wanted, **beside: str) -> str:
    fields = [*_fields(wanted), *beside.items()]
    return url_for("desk.calls") + (f"?{urlencode(fields)}" if fields else "")


def _hour(instant: dt.datetime) -> str:
    return f"{instant.astimezone(ROME):%H:%M}"
