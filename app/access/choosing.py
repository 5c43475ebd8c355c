"""Which entity a person means by what was typed.

Not for: whether it may sign in. That an entity can sign in is public, so a name that nobody bears is told as such, and one
that has ended leads to who took its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.accounts.merged import Merged, merged_entity
from app.accounts.messages import SIGN_IN
from app.clock import now
from app.registry.addresses import masked
from app.registry.entities import EntityRow, find_by_code, resolve, search_entities
from app.registry.recipients import recipients_of

MOST_OFFERED = 12
MUNICIPALITY = "municipality"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entity, or those to choose among with what to tell the person."""

    entity: EntityRow | None
    candidates: tuple[EntityRow, ...] = ()
    message: str = ""


def choose_entity(typed: str, code: str) -> Choice:
    """The entity that was typed or, of several, the one whose `code` was chosen among those that were offered."""
    matches = resolve(typed)
    if len(matches) == 1:
        return Choice(matches[0])
    merged = None if matches else merged_entity(typed)
    if merged is not None:
        return _choose_successor(merged, code)
    candidates = tuple(matches or search_entities(typed, limit=MOST_OFFERED))
    chosen = next((entity for entity in candidates if entity.code == code), None)
    if chosen is not None:
        return Choice(chosen)
    if matches:
        return Choice(None, candidates, _("Più enti si chiamano %(name)s: scegli il tuo.", name=matches[0].name))
    if candidates:
        return Choice(None, candidates, _("Nessun ente si chiama esattamente «%(name)s»: scegli il tuo.", name=typed))
    message = _("Non troviamo nessun ente con il nome o codice «%(name)s». Controlla come è scritto.", name=typed)
    return Choice(None, (), message)


def _choose_successor(merged: Merged, code: str) -> Choice:
    name, successor = merged.ended.label, merged.successor
    if successor is None:
        return Choice(
            None, (), _("%(name)s non esiste più. Se rispondi per un altro ente, scrivi il nome di quello.", name=name)
        )
    if code == successor.code:
        return Choice(successor)
    if merged.ended.kind == MUNICIPALITY:
        message = _("Il tuo Comune è confluito in %(name)s: accedi come %(name)s.", name=successor.label)
    else:
        message = _("Il tuo ente è confluito in %(name)s: accedi come %(name)s.", name=successor.label)
    return Choice(None, (successor,), message)


def where_links_go(entity: EntityRow) -> list[str]:
    """The addresses to which a sign-in link of this entity goes, masked: they may be shown to anybody."""
    return [masked(email) for email in recipients_of(entity.id, SIGN_IN, now())]


def written_as(code: str) -> str:
    """How to write an entity in the form's field so that it is found again; empty for an unknown code."""
    entity = find_by_code(code) if code else None
    return entity.label if entity is not None else ""
