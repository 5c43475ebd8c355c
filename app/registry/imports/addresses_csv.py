"""Addresses from a CSV file made by people: columns `entity`, `purpose`, `email` and, if wanted, `action` (add or end) and
`language` (it, de, fr or sl: in which the entity is written to from now on).

Not for: IndicePA (`ipa_entities.py`).
Holds always: a line adds an address or ends one; addresses that the file does not name stay as they are, and so does the
language of an entity whose lines leave it empty.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa

from app.extensions import db
from app.registry.addresses import UnfitAddressError, read_email
from app.registry.imports.changes import NOW, Change, Draft, Write
from app.registry.imports.fields import UnfitFieldError, read_code, read_purpose
from app.registry.imports.files import SourceRow, read_rows
from app.registry.imports.known import KnownEntity, Registry, read_registry
from app.registry.languages import LANGUAGES
from app.registry.models import ContactAddress, Entity

REQUIRED = {
    "entity": ("entity", "ente", "codice"),
    "purpose": ("purpose", "uso", "tipo"),
    "email": ("email", "e-mail", "indirizzo"),
}
OPTIONAL = {"action": ("action", "azione"), "language": ("language", "lingua")}
_ACTIONS = {"": "add", "add": "add", "aggiungi": "add", "end": "end", "termina": "end"}
SOURCE = "csv"
Key = tuple[int | None, str, str]


def draft_addresses(file: Path, draft: Draft, on: dt.date) -> None:
    """Fill the draft with what the file's lines add and end. Raises `RegistryFileError`."""
    registry, live, chosen = read_registry(), live_addresses(), _chosen_languages()
    seen: dict[Key, int] = {}
    asked: dict[int | None, str] = {}
    for row in read_rows(file, draft, required=REQUIRED, optional=OPTIONAL):
        try:
            entity = _entity(registry, row)
            purpose, action = read_purpose(row["purpose"]), _action(row["action"])
            email, language = read_email(row["email"]), _language(row["language"])
            if language and asked.setdefault(entity.id, language) != language:
                raise UnfitFieldError(f"another line of the file says {asked[entity.id]} for this entity")
        except UnfitAddressError:
            draft.problem(row.line, f"{row['email'][:80]!r} is not an e-mail address")
            continue
        except UnfitFieldError as error:
            draft.problem(row.line, str(error))
            continue
        if language and entity.id is not None and chosen.get(entity.id, "") != language:
            draft.changes.append(_speaking(row.line, entity, chosen.get(entity.id, ""), language))
            chosen[entity.id] = language
        key = (entity.id, purpose, email)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            draft.problem(row.line, f"this address stands in line {first} already")
        else:
            _draft_row(draft, row.line, action, entity, key, live.get(key))


def live_addresses() -> dict[Key, int]:
    """(entity, purpose, e-mail) → id of every address in use."""
    columns = (ContactAddress.entity_id, ContactAddress.purpose, ContactAddress.email, ContactAddress.id)
    query = sa.select(*columns).where(ContactAddress.ended_at.is_(None)).order_by(ContactAddress.id.desc())
    return {(row.entity_id, row.purpose, row.email): row.id for row in db.session.execute(query)}


def adding(line: int, entity: KnownEntity, purpose: str, email: str, source: str) -> Change:
    """The change that registers an address."""
    values = {"entity_id": entity.reference, "purpose": purpose, "email": email, "source": source, "created_at": NOW}
    write = Write("contact_address", None, {**values, "ended_at": None})
    return Change("added", line, entity.label, f"address ({purpose})", "", email, (write,))


def ending(line: int, entity: KnownEntity, purpose: str, email: str, address_id: int) -> Change:
    """The change that ends an address."""
    write = Write("contact_address", address_id, {"ended_at": NOW})
    return Change("ended", line, entity.label, f"address ({purpose})", email, "", (write,))


def _entity(registry: Registry, row: SourceRow) -> KnownEntity:
    entity = registry.find(read_code(row["entity"]))
    if entity is None:
        raise UnfitFieldError(f"no entity has the code {row['entity'][:40]!r}")
    if entity.valid_to is not None:
        raise UnfitFieldError(f"{entity.label} has ended on {entity.valid_to}: register the address for its successor")
    return entity


def _action(text: str) -> str:
    action = _ACTIONS.get(text.lower())
    if action is None:
        raise UnfitFieldError(f"the action is add or end, not {text[:40]!r}")
    return action


def _language(text: str) -> str:
    language = text.strip().lower()
    if language and language not in LANGUAGES:
        raise UnfitFieldError(f"the language is one of {', '.join(LANGUAGES)}, not {text[:40]!r}")
    return language


def _chosen_languages() -> dict[int, str]:
    """Entity's id → the language that was chosen for it."""
    query = sa.select(Entity.id, Entity.language).where(Entity.language.is_not(None)).order_by(Entity.id)
    return {row[0]: str(row[1]) for row in db.session.execute(query)}


def _speaking(line: int, entity: KnownEntity, before: str, language: str) -> Change:
    return Change(
        "changed", line, entity.label, "language", before, language, (Write("entity", entity.id, {"language": language}),)
    )


def _draft_row(draft: Draft, line: int, action: str, entity: KnownEntity, key: Key, known: int | None) -> None:
    _, purpose, email = key
    if action == "add" and known is None:
        draft.changes.append(adding(line, entity, purpose, email, SOURCE))
    elif action == "end" and known is not None:
        draft.changes.append(ending(line, entity, purpose, email, known))
    else:
        draft.unchanged += 1
