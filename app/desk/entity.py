"""`/gestione/enti/<codice>`: one entity, with all that the desk knows of it and the forms of what can be done about it.

Not for: doing it (`entity_deeds.py`), or the answers.
Holds always: an entity of another Region is not found by a territory's person; a form that was refused stands on the page again
with what was typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.permissions import required_staff
from app.audit.words import EVENTS
from app.chasing.calls import OUTCOMES
from app.chasing.dossier import MOST, MOST_WHOLE
from app.chasing.record import EntityRecord, Head, entity_record, find_head
from app.chasing.telephoning import why_not
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.chasing_words import (
    ANSWER_WORDS,
    DELIVERY_KINDS,
    DELIVERY_WORDS,
    KIND_WORDS,
    MESSAGE_WORDS,
    OUTCOME_WORDS,
    STATE_KINDS,
    STATE_WORDS,
    back_text,
    short,
    word,
)
from app.desk.granting import TypedGrant
from app.desk.reminder_words import LANGUAGE_WORDS
from app.desk.thread_words import STATE_TAGS
from app.editions.current import EditionView
from app.editions.extensions import MINUTE, is_over
from app.mail.returns.outcomes import receipts_about
from app.registry.addresses import purpose_labels
from app.registry.entities import EntityRow
from app.responses.telephone_copies import TELEPHONE, CopyState, copy_of
from app.threads.reading import ThreadRow, Wanted, desk_threads

Problems = list[tuple[str, str]]
WHOLE: Final = {
    "telefonate": "call",
    "note": "note",
    "messaggi": "delivery",
    "versioni": "receipt",
    "persone": "operator",
    "indirizzi": "address",
    "registro": "deed",
    "accessi": "access",
    "riaperture": "reopening",
    "salvataggi": "save",
    "tardive": "late",
}
"""Which part of the page `tutte` asks to see whole → how the record calls it."""
_WORDS: Final = {
    "answer": ANSWER_WORDS,
    "deed": EVENTS,
    "delivery": DELIVERY_WORDS,
    "kind": KIND_WORDS,
    "message": MESSAGE_WORDS,
    "outcome": OUTCOME_WORDS,
}


@blueprint.get("/enti/<code>")
def entity(code: str) -> str:
    """All of one entity."""
    return draw_entity(seen_head(code))


def seen_head(code: str) -> Head:
    """The entity of an address, as far as whoever asks may see it; else there is no such page."""
    edition = edition_on()
    head = find_head(code, edition.id if edition else None, region=required_staff().region_code)
    if head is None:
        abort(404)
    return head


def draw_entity(head: Head, form: str = "", typed: Mapping[str, Any] | None = None, problems: Problems | None = None) -> str:
    """The page; `form`: which of its forms was refused, with what was typed and (field, text) of what is wrong."""
    edition, at = edition_on(), now()
    whole = request.args.get("tutte", "")
    found = entity_record(head, edition, at, WHOLE.get(whole, ""))
    copy = copy_of(head.response_id) if head.response_id and head.submitted_mode == TELEPHONE else None
    return render_template(
        "desk/entity.html",
        record=found,
        head=head,
        state=_state(found),
        facts=_facts(found, edition) + _telephone_facts(copy, at),
        coverage=_coverage(found),
        over=edition is not None and is_over(edition, head.extended_until, at),
        words=lambda kind, code: word(_WORDS[kind], code),
        delivery_kinds=DELIVERY_KINDS,
        purposes=purpose_labels(),
        outcomes=[(code, str(OUTCOME_WORDS[code])) for code in OUTCOMES],
        form=form,
        claim=head.claim(at),
        calling=request.args.get("telefonata") == "1",
        typed={"grant": TypedGrant(), **(typed or {})},
        problems=problems or [],
        errors=dict(problems or ()),
        whole=whole,
        more=_more(found, whole),
        short=short,
        back_text=back_text,
        language=head.language,
        language_words=LANGUAGE_WORDS,
        who=_who,
        deeds=_deeds(head, why_not(head, edition, required_staff(), at) is None),
        copy=copy,
        certified=receipts_about(f"entity:{head.entity_id}"),
        threads=_threads(head, edition),
        thread_tags=STATE_TAGS,
        lead_of=url_for("desk.responses") + f"?capofila={head.code}",
    )


def _threads(head: Head, edition: EditionView | None) -> list[ThreadRow]:
    """What the entity and the desk wrote to each other last in this edition."""
    if edition is None:
        return []
    return desk_threads(Wanted(edition.id, required_staff().staff_id, entity_id=head.entity_id), limit=MOST)


def _more(found: EntityRecord, whole: str) -> dict[str, tuple[int, str]]:
    """Part → how many rows it shows and where there are more (nowhere: ""), for those that are cut short."""
    code, cut = found.head.code, {}
    for part, name in WHOLE.items():
        if name not in found.more:
            continue
        where = url_for("desk.entity", code=code, tutte=part, _anchor=part) if part != whole else ""
        if name == "deed" and required_staff().administers:
            where = url_for("desk.log", oggetto=code)
        cut[part] = (MOST_WHOLE if part == whole else MOST, where)
    return cut


def _state(found: EntityRecord) -> tuple[str, str]:
    """The word and the colour of where it stands."""
    state = found.head.status or "never"
    if found.standing is not None and found.standing.covered and state != "submitted":
        state = "covered"
    text = str(STATE_WORDS[state])
    return (f"{text} {found.head.progress} %" if state == "draft" else text), STATE_KINDS[state]


def _facts(found: EntityRecord, edition: EditionView | None) -> list[dict[str, str]]:
    head = found.head
    rows = [
        (_("Aperta la prima volta"), short(head.opened_at) or _("mai")),
        (_("Ultima attività"), short(head.last_activity) or _("nessuna")),
    ]
    if head.submitted_at:
        kind = word(ANSWER_WORDS, head.submitted_as or "")
        rows.append((_("Inviata"), f"{short(head.submitted_at)} · {kind}" if kind else short(head.submitted_at)))
    if head.open_conflicts:
        rows.append((_("Risposte in conflitto"), str(head.open_conflicts)))
    if edition is not None:
        rows.append((_("Scadenza"), _deadline(head, edition)))
    rows.append(
        (_("Accesso"), _("attivato il %(day)s", day=short(head.activated_at)) if head.activated_at else _("mai attivato"))
    )
    if head.suspended_at:
        rows.append((_("Accesso sospeso"), _("dal %(day)s", day=short(head.suspended_at))))
    return [{"label": label, "value": value} for label, value in rows]


def _telephone_facts(copy: CopyState | None, at: dt.datetime) -> list[dict[str, str]]:
    """How a version that counts was sent by telephone, and what the entity has said of it."""
    if copy is None:
        return []
    sent = _("%(when)s, da %(staff)s; in linea %(person)s", when=short(copy.at), staff=copy.staff, person=copy.person)
    return [
        {"label": _("Inviata al telefono"), "value": sent},
        {"label": _("Conferma dell'ente"), "value": _said_of(copy, at)},
    ]


def _said_of(copy: CopyState, at: dt.datetime) -> str:
    if copy.confirmed_at:
        return str(_("confermata il %(when)s", when=short(copy.confirmed_at)))
    if copy.contested_at:
        seen = _("gestita il %(when)s", when=short(copy.handled_at)) if copy.handled_at else _("da gestire")
        return str(
            _("qualcosa non va, %(when)s: «%(note)s» (%(seen)s)", when=short(copy.contested_at), note=copy.note, seen=seen)
        )
    if not copy.addresses:
        return str(_("non chiesta: l'ente non ha indirizzi a cui mandare il link"))
    return str(_("non ancora confermata, dopo più di 10 giorni") if copy.is_flagged(at) else _("in attesa"))


def _deadline(head: Head, edition: EditionView) -> str:
    closes_at = edition.closes_for(head.extended_until)
    until = short(closes_at - MINUTE)
    if head.extended_until is None or closes_at != head.extended_until:
        return until
    told = {"until": until, "reason": head.extension_reason}
    text = _("%(until)s (riaperta: %(reason)s)", **told) if head.reopened else _("%(until)s (prorogata: %(reason)s)", **told)
    return str(text)


def _coverage(found: EntityRecord) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is said of who answers for whom: a sentence, and the entities it is about (label, address)."""
    standing = found.standing
    if standing is None:
        return []
    said: list[tuple[str, tuple[EntityRow, ...]]] = [
        (_("Risponde per questo ente, e ha inviato:"), standing.covered_by),
        (_("Dice nella bozza che risponderà per questo ente:"), standing.claimed_by),
        (_("Questo ente ha indicato che risponde:"), standing.declared_to),
        (_("Ha risposto che non risponde per questo ente:"), standing.refused_by),
        (_("Questo ente ha negato che risponda:"), standing.denied),
        (_("Lo indicano come capofila e aspettano un sì o un no:"), standing.named_by),
        (_("Indicato anche da altri tra i suoi associati:"), tuple(one.member for one in standing.contested)),
    ]
    return [(text, [(row.label, url_for("desk.entity", code=row.code)) for row in rows]) for text, rows in said if rows]


_ACTORS: Final = {
    "command": _l("comando"),
    "visitor": _l("una persona che non era entrata"),
    "entity": _l("l'ente"),
    "operator": _l("chi compila"),
}


def _who(actor: str) -> str:
    """Who did it: a name, or what the record's actor is."""
    kind = actor.partition(":")[0]
    return str(_ACTORS.get(kind, actor))


def _deeds(head: Head, can_telephone: bool) -> list[tuple[str, str]]:
    """(address, words) of what else this person may do for an entity that exists. `can_telephone`: fill in by telephone."""
    staff = required_staff()
    if head.valid_to is not None:
        return []
    pages = [("desk.login", _("Accesso dell'ente"), staff.administers)]
    pages += [("desk.telephone", _("Compila al telefono"), can_telephone)]
    pages += [
        ("desk.addresses", _("Cambia gli indirizzi"), staff.prepares),
        ("desk.letter", _("Lettera con il codice"), staff.prepares),
    ]
    return [(url_for(page, code=head.code), text) for page, text, allowed in pages if allowed]
