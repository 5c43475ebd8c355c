"""Which entity a person means by what was typed.

Not for: whether it may sign in. That an entity can sign in is public, so a name that nobody bears is told as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.registry.entities import EntityRow, find_by_code, resolve, search_entities

MOST_OFFERED = 12


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


def written_as(code: str) -> str:
    """How to write an entity in the form's field so that it is found again; empty for an unknown code."""
    entity = find_by_code(code) if code else None
    return entity.label if entity is not None else ""
