"""Associations and their members from a CSV file made by people: one row a member.

Columns: `association` (its code), `kind` (ambito, union, other), `name`, `lead` and `member` (codes of entities),
`valid_from`, `valid_to` (first day no longer a member; both may be empty). If the lead is not in the registry, the columns
`lead_kind` and `lead_name` make it an entity; its code, in `lead`, is then its IPA code.

Not for: what leads and members say in an edition (`responses`).
Holds always: rows of one association agree about it; members that the file does not name stay; a municipality may leave an
association and come back, but is never a member twice at once.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from app.extensions import db
from app.registry.entities import entity_table
from app.registry.folding import search_name
from app.registry.imports.changes import AssociationRef, Change, Draft, Value, Write
from app.registry.imports.fields import UnfitFieldError, read_code, read_date, read_name
from app.registry.imports.files import SourceRow, read_rows
from app.registry.imports.known import KnownEntity, Registry, read_registry
from app.registry.models import ASSOCIATION_KINDS, KINDS, MUNICIPALITY, Association, Membership

REQUIRED = {
    "association": ("association", "associazione", "codice"),
    "kind": ("kind", "tipo"),
    "name": ("name", "nome"),
    "lead": ("lead", "capofila"),
    "member": ("member", "comune"),
}
OPTIONAL = {
    "valid_from": ("valid_from", "dal"),
    "valid_to": ("valid_to", "al"),
    "lead_kind": ("lead_kind", "tipo_capofila"),
    "lead_name": ("lead_name", "nome_capofila"),
}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}")
_KINDS = {kind: kind for kind in ASSOCIATION_KINDS} | {"unione": "union", "altro": "other"}
_LEAD_KINDS = {kind: kind for kind in KINDS if kind != MUNICIPALITY} | {"unione": "union", "consorzio": "consortium"}


@dataclass(slots=True)
class _Span:
    """A membership in time: of the registry, or planned (without `id`). `line`: where this file speaks of it."""

    id: int | None
    start: dt.date | None
    end: dt.date | None
    line: int = 0

    def overlaps(self, start: dt.date | None, end: dt.date | None) -> bool:
        ends_before = self.end is not None and start is not None and self.end <= start
        begins_after = self.start is not None and end is not None and end <= self.start
        return not (ends_before or begins_after)

    def __str__(self) -> str:
        return f"{self.start or '…'} – {self.end or '…'}"


@dataclass(slots=True)
class _KnownAssociation:
    """`id` None: planned. `lead`: the lead's code. `line`: the file's first row of it."""

    code: str
    id: int | None = None
    kind: str = ""
    name: str = ""
    lead: str = ""
    line: int = 0
    members: dict[str, list[_Span]] = field(default_factory=dict)

    @property
    def reference(self) -> Value:
        return AssociationRef(self.code) if self.id is None else self.id


def draft_associations(file: Path, draft: Draft, on: dt.date) -> None:
    """Fill the draft with associations, leads and memberships that the file adds, corrects and ends.

    Raises `RegistryFileError`.
    """
    registry = read_registry()
    associations = _known_associations()
    for row in read_rows(file, draft, required=REQUIRED, optional=OPTIONAL):
        try:
            member = _member(registry, row)
            start, end = read_date(row["valid_from"]), read_date(row["valid_to"])
            if start is not None and end is not None and end <= start:
                raise UnfitFieldError(f"valid_to {end} is not after valid_from {start}")
            association = _association(draft, registry, associations, row)
            _draft_membership(draft, row.line, association, member, start, end)
        except UnfitFieldError as error:
            draft.problem(row.line, str(error))


def _known_associations() -> dict[str, _KnownAssociation]:
    lead, member = entity_table.alias(), entity_table.alias()
    query = sa.select(Association.id, Association.code, Association.kind, Association.name, lead.c.code.label("lead"))
    query = query.outerjoin(lead, lead.c.id == Association.lead_id).order_by(Association.code)
    known = {
        row.id: _KnownAssociation(row.code, row.id, row.kind, row.name, row.lead or "") for row in db.session.execute(query)
    }
    spans = sa.select(Membership.association_id, member.c.code, Membership.id, Membership.valid_from, Membership.valid_to).join(
        member, member.c.id == Membership.entity_id
    )
    for row in db.session.execute(spans.order_by(Membership.id)):
        span = _Span(row.id, row.valid_from, row.valid_to)
        known[row.association_id].members.setdefault(row.code, []).append(span)
    return {association.code: association for association in known.values()}


def _member(registry: Registry, row: SourceRow) -> KnownEntity:
    member = registry.find(read_code(row["member"]))
    if member is None:
        raise UnfitFieldError(f"no entity has the code {row['member'][:40]!r} (member)")
    if member.kind != MUNICIPALITY:
        raise UnfitFieldError(f"{member.label} is no municipality, and members are")
    return member


def _association(
    draft: Draft, registry: Registry, associations: dict[str, _KnownAssociation], row: SourceRow
) -> _KnownAssociation:
    """The row's association, its change in the draft the first time that the file names it."""
    code = row["association"]
    if _CODE.fullmatch(code) is None:
        raise UnfitFieldError(f"an association's code has letters, digits, '.', '-' and '_', not {code[:40]!r}")
    kind = _KINDS.get(row["kind"].lower())
    if kind is None:
        raise UnfitFieldError(f"the kind is one of {', '.join(ASSOCIATION_KINDS)}, not {row['kind'][:40]!r}")
    name = read_name(row["name"])
    lead = _lead(draft, registry, row)
    known = associations.setdefault(code, _KnownAssociation(code))
    if known.line:
        if (known.kind, known.name, known.lead) != (kind, name, lead.code):
            raise UnfitFieldError(f"kind, name or lead of {code} differ from line {known.line}")
        return known
    _draft_association(draft, row.line, known, kind, name, lead)
    known.kind, known.name, known.lead, known.line = kind, name, lead.code, row.line
    return known


def _lead(draft: Draft, registry: Registry, row: SourceRow) -> KnownEntity:
    code = read_code(row["lead"])
    lead = registry.find(code)
    if lead is not None:
        return lead
    kind = _LEAD_KINDS.get(row["lead_kind"].lower())
    if kind is None or not row["lead_name"]:
        kinds = ", ".join(kind for kind in KINDS if kind != MUNICIPALITY)
        raise UnfitFieldError(f"no entity has the code {code!r} (lead): to add it give lead_name, and lead_kind among {kinds}")
    if code.isdigit():
        raise UnfitFieldError(f"the code of a new lead is its IPA code, not {code!r}")
    lead = KnownEntity(code, kind, read_name(row["lead_name"]), ipa_code=code)
    registry.add(lead)
    values = {"code": code, "kind": kind, "name": lead.name, "search_name": search_name(lead.name, None), "ipa_code": code}
    draft.changes.append(
        Change("added", row.line, lead.label, f"entity ({kind})", "", lead.name, (Write("entity", None, values),))
    )
    return lead


def _draft_association(draft: Draft, line: int, known: _KnownAssociation, kind: str, name: str, lead: KnownEntity) -> None:
    after = f"{kind}, {name}, {lead.code}"
    values = {"kind": kind, "name": name, "lead_id": lead.reference}
    if known.id is None:
        write = Write("association", None, {"code": known.code, **values})
        draft.changes.append(Change("added", line, known.code, "association", "", after, (write,)))
    elif (known.kind, known.name, known.lead) != (kind, name, lead.code):
        before = f"{known.kind}, {known.name}, {known.lead or '…'}"
        write = Write("association", known.id, values)
        draft.changes.append(Change("changed", line, known.code, "association", before, after, (write,)))


def _draft_membership(
    draft: Draft, line: int, association: _KnownAssociation, member: KnownEntity, start: dt.date | None, end: dt.date | None
) -> None:
    spans = association.members.setdefault(member.code, [])
    meant = _meant(spans, line, start, end)
    subject, what = f"{association.code} {association.name}", f"member {member.label}"
    if meant is None:
        spans.append(_Span(None, start, end, line))
        values: dict[str, Value] = {"association_id": association.reference, "entity_id": member.reference}
        write = Write("membership", None, {**values, "valid_from": start, "valid_to": end})
        draft.changes.append(Change("added", line, subject, what, "", str(_Span(None, start, end)), (write,)))
        return
    meant.line = line
    before, after = _Span(None, meant.start, meant.end), _Span(None, start or meant.start, end)
    if before == after:
        draft.unchanged += 1
        return
    group = "ended" if before.end is None and end is not None else "changed"
    write = Write("membership", meant.id, {"valid_from": after.start, "valid_to": after.end})
    draft.changes.append(Change(group, line, subject, what, str(before), str(after), (write,)))
    meant.start, meant.end = after.start, after.end


def _meant(spans: list[_Span], line: int, start: dt.date | None, end: dt.date | None) -> _Span | None:
    """The membership that a row speaks of; None for a new one. Raises `UnfitFieldError` where it would overlap another."""
    touched = [span for span in spans if span.overlaps(start, end)]
    if not touched:
        return None
    earlier = next((span for span in touched if span.line), None)
    if earlier is not None:
        raise UnfitFieldError(f"this member stands in line {earlier.line} already, at the same time")
    same = [span for span in touched if span.start == start]
    meant = same[0] if same else touched[0]
    if len(touched) > 1 or (not same and start is not None and meant.start is not None):
        raise UnfitFieldError(f"is a member {' and '.join(map(str, touched))} already, which overlaps")
    return meant
