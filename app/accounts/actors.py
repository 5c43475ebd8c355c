"""Who is meant by the names of the audit record: "staff:7", "operator:31", "entity:048017".

Not for: reading the record (`app.audit.reading`).
Holds always: names are looked up for a whole page at once, in at most three queries; a name that means nobody is shown as it
is. Personal data of operators and staff: for staff alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from app.accounts.models import Operator
from app.accounts.operators import STAFF_NAME, shown_name
from app.accounts.staff import staff_names
from app.extensions import db
from app.registry.entities import entity_table, label


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by name. `entity_code`, `staff_id`: of the page that tells more, where there is one."""

    text: str
    entity_code: str | None = None
    staff_id: int | None = None


def names_of(references: Collection[str]) -> dict[str, Named]:
    """Each reference → what to call it."""
    wanted: dict[str, set[str]] = {}
    for reference in references:
        kind, _separator, key = reference.partition(":")
        wanted.setdefault(kind, set()).add(key)
    found = _entities(wanted.get("entity", set())) | _operators(wanted.get("operator", set()))
    found |= _staff(wanted.get("staff", set()))
    return {reference: found.get(reference) or _other(reference) for reference in references}


def _entities(codes: set[str]) -> dict[str, Named]:
    if not codes:
        return {}
    entity = entity_table.c
    query = sa.select(entity.code, entity.name, entity.province_sign).where(entity.code.in_(codes)).order_by(entity.code)
    return {
        f"entity:{row.code}": Named(label(row.name, row.province_sign), entity_code=row.code)
        for row in db.session.execute(query)
    }


def _operators(keys: set[str]) -> dict[str, Named]:
    ids = _numbers(keys)
    if not ids:
        return {}
    entity = entity_table.c
    query = sa.select(Operator.id, Operator.name, Operator.verified_at, entity.code)
    query = query.add_columns(entity.name.label("entity_name"), entity.province_sign, STAFF_NAME.label("staff"))
    query = query.join(entity_table, entity.id == Operator.entity_id).where(Operator.id.in_(ids)).order_by(Operator.id)
    named = {}
    for row in db.session.execute(query):
        name = shown_name(row.name, verified=row.verified_at is not None, staff=row.staff)
        named[f"operator:{row.id}"] = Named(f"{name} – {label(row.entity_name, row.province_sign)}", entity_code=row.code)
    return named


def _staff(keys: set[str]) -> dict[str, Named]:
    ids = _numbers(keys)
    if not ids:
        return {}
    return {f"staff:{one}": Named(name, staff_id=one) for one, name in staff_names().items() if one in ids}


def _numbers(keys: set[str]) -> set[int]:
    return {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) <= 9}


def _other(reference: str) -> Named:
    kind, _separator, key = reference.partition(":")
    texts = {
        "command": _("Comando sul server"),
        "program": _("Il programma"),
        "mail": _("Invio della posta"),
        "visitor": _("Chi visita il sito"),
        "edition": _("Edizione %(code)s", code=key),
        "registry": _("Anagrafica: %(name)s", name=key),
        "login_run": _("Azzeramento di più accessi n. %(number)s", number=key) if key else _("Azzeramento di più accessi"),
        "template": _("Testo di promemoria n. %(number)s", number=key),
        "delivery": _("Consegna n. %(number)s", number=key),
        "batch": _("Promemoria n. %(number)s", number=key),
        "practice": _("Pratica %(code)s", code=key),
        "access_request": _("Richiesta di accesso n. %(number)s", number=key),
        "invitation": _("Invito n. %(number)s", number=key),
        "reopening_request": _("Richiesta di riapertura n. %(number)s", number=key),
    }
    return Named(str(texts.get(kind, reference)))
