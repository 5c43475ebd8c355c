"""The registry as an import finds it, in a few queries, so that thousands of lines cost no query each.

Holds always: reads only. What a source plans it also writes into these rows, so that a later line of its file meets what an
earlier one has changed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import label
from app.registry.imports.changes import EntityRef, Value
from app.registry.models import Entity
from app.registry.successors import former_codes


@dataclass(slots=True)
class KnownEntity:
    """An entity of the registry, or one that this plan adds: then without `id`. `successor_id` None also while planned."""

    code: str
    kind: str
    name: str
    id: int | None = None
    name_other_language: str | None = None
    province_sign: str | None = None
    province: str | None = None
    region_code: str | None = None
    region: str | None = None
    cadastral_code: str | None = None
    ipa_code: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    @property
    def label(self) -> str:
        """Name, province's sign and code, as a plan names it."""
        return f"{label(self.name, self.province_sign)} [{self.code}]"

    @property
    def reference(self) -> Value:
        """What a row that refers to this entity holds."""
        return EntityRef(self.code) if self.id is None else self.id


_COLUMNS = (
    Entity.code,
    Entity.kind,
    Entity.name,
    Entity.id,
    Entity.name_other_language,
    Entity.province_sign,
    Entity.province,
    Entity.region_code,
    Entity.region,
    Entity.cadastral_code,
    Entity.ipa_code,
    Entity.valid_from,
    Entity.valid_to,
)


@dataclass(slots=True)
class Registry:
    """Every entity by its code, and the former codes of those that bear another today."""

    by_code: dict[str, KnownEntity]
    former: dict[str, KnownEntity]

    def find(self, code: str) -> KnownEntity | None:
        """The entity with this code, today or formerly."""
        return self.by_code.get(code) or self.former.get(code)

    def add(self, entity: KnownEntity) -> None:
        """Know an entity that the plan adds."""
        self.by_code[entity.code] = entity

    def give_code(self, entity: KnownEntity, code: str) -> None:
        """Know that the plan gives an entity another code."""
        self.former[entity.code] = self.by_code.pop(entity.code)
        entity.code = code
        self.by_code[code] = entity

    def province_of(self, code: str) -> KnownEntity | None:
        """Any municipality in force whose code begins with these three digits, to learn the province's name from."""
        return next((row for row in self.by_code.values() if row.code.startswith(code) and _tells_province(row)), None)


def _tells_province(row: KnownEntity) -> bool:
    return row.kind == "municipality" and row.valid_to is None and row.province is not None


def read_registry() -> Registry:
    """Everything in one query, and the former codes in another."""
    rows = [KnownEntity(*row) for row in db.session.execute(sa.select(*_COLUMNS).order_by(Entity.code))]
    by_id = {row.id: row for row in rows}
    former = {code: by_id[entity_id] for code, entity_id in former_codes().items()}
    return Registry({row.code: row for row in rows}, former)
