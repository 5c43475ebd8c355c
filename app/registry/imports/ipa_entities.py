"""IndicePA's file `enti`: the IPA code and addresses of municipalities, and unions, consortia, Regions, provinces and
metropolitan cities as entities of their own.

Not for: other categories of bodies, which are passed over.
Holds always: a municipality is found by Codice_comune_ISTAT, never by what its IPA code looks like; a union of
municipalities bears the ISTAT code of its seat and is told from it by its name; certified mail (Tipo_Mail "pec") is kept
apart from e-mail; a body in liquidation is left out; an address that this source no longer names ends if it came from here,
and one that somebody has ended does not come back from here. What is wrong with a single address is a note: the file is not
ours to mend. Source: https://indicepa.gov.it/ipa-dati, dataset "enti".
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa

from app.extensions import db
from app.registry.addresses import UnfitAddressError, read_email
from app.registry.folding import fold, search_name
from app.registry.imports.addresses_csv import Key, adding, ending, live_addresses
from app.registry.imports.changes import Change, Draft, Value, Write
from app.registry.imports.fields import UnfitFieldError, read_code, read_name
from app.registry.imports.files import SourceRow, read_rows
from app.registry.imports.known import KnownEntity, Registry, read_registry
from app.registry.models import MUNICIPALITY, ContactAddress

MAILS = range(1, 6)
REQUIRED = {
    "ipa_code": ("Codice_IPA",),
    "name": ("Denominazione_ente",),
    "category": ("Codice_Categoria",),
    "in_liquidation": ("Ente_in_liquidazione",),
    "istat_code": ("Codice_comune_ISTAT",),
    "mail1": ("Mail1",),
    "mail_kind1": ("Tipo_Mail1",),
}
OPTIONAL = {f"mail{number}": (f"Mail{number}",) for number in MAILS if number > 1} | {
    f"mail_kind{number}": (f"Tipo_Mail{number}",) for number in MAILS if number > 1
}
SOURCE = "ipa"
_LOCAL = "L6"
_KINDS = {"L4": "region", "L5": "province", "L45": "metropolitan", _LOCAL: ""}
_NAMED_KINDS = (("unione", "union"), ("consorzio", "consortium"))
_MUNICIPAL_WORDS = ("comune", "citta", "municipio", "gemeinde", "commune")
_CAPITAL = "roma capitale"  # what the municipality of Rome is called by law
_PLACES = ("province_sign", "province", "region_code", "region")


def draft_entities(file: Path, draft: Draft, on: dt.date) -> None:
    """Fill the draft with entities, IPA codes and addresses. Raises `RegistryFileError`."""
    registry, live, ended = read_registry(), live_addresses(), _ended_addresses()
    from_here = _addresses_from_here()
    lines: dict[str, int] = {}
    for row in read_rows(file, draft, required=REQUIRED, optional=OPTIONAL):
        if row["category"].upper() not in _KINDS:
            continue
        if row["in_liquidation"].upper() == "S":
            draft.note(row.line, f"{row['name']} [{row['ipa_code']}] is in liquidation and left out")
            continue
        try:
            entity = _draft_entity(draft, registry, row, lines)
        except UnfitFieldError as error:
            draft.problem(row.line, str(error))
            continue
        if entity is not None:
            _draft_addresses(draft, row, entity, live, ended, from_here.get(entity.id, {}))


def _draft_entity(draft: Draft, registry: Registry, row: SourceRow, lines: dict[str, int]) -> KnownEntity | None:
    """The row's entity, its own change in the draft; None for a municipality that the registry does not know."""
    code, name = read_code(row["ipa_code"]), read_name(row["name"])
    first = lines.setdefault(code, row.line)
    if first != row.line:
        raise UnfitFieldError(f"{code} stands in line {first} already")
    seat = registry.find(row["istat_code"].zfill(6)) if row["istat_code"] else None
    if row["category"].upper() == _LOCAL and _is_municipality(name, seat):
        if seat is None or seat.valid_to is not None:
            draft.note(row.line, f"{name} is left out: no municipality in force has the code {row['istat_code'] or '…'}")
            return None
        return _draft_ipa_code(draft, row.line, seat, code, lines)
    return _draft_body(draft, registry, row, code, name, seat)


def _is_municipality(name: str, seat: KnownEntity | None) -> bool:
    """Whether a body of category L6 is the municipality itself: by the first word of its name, or because it bears the
    name of the municipality whose code it gives."""
    folded = fold(name)
    names = {fold(text) for text in (seat.name, seat.name_other_language) if text} if seat is not None else set()
    return folded.split()[:1] in [[word] for word in _MUNICIPAL_WORDS] or folded in {*names, _CAPITAL}


def _draft_ipa_code(draft: Draft, line: int, entity: KnownEntity, code: str, lines: dict[str, int]) -> KnownEntity:
    first = lines.setdefault(entity.code, line)
    if first != line:
        raise UnfitFieldError(f"{entity.label} stands in line {first} already, with another IPA code")
    if entity.ipa_code == code:
        draft.unchanged += 1
    else:
        write = Write("entity", entity.id, {"ipa_code": code})
        draft.changes.append(Change("changed", line, entity.label, "IPA code", entity.ipa_code or "", code, (write,)))
    return entity


def _draft_body(
    draft: Draft, registry: Registry, row: SourceRow, code: str, name: str, seat: KnownEntity | None
) -> KnownEntity:
    """A body that is no municipality. One that is known keeps the kind that somebody has given it."""
    known = registry.by_code.get(code)
    if known is not None and (known.kind == MUNICIPALITY or known.valid_to is not None):
        raise UnfitFieldError(f"{code} is the code of {known.label}, which has ended or is a municipality")
    places: dict[str, Value] = {column: getattr(seat, column) if seat is not None else None for column in _PLACES}
    if known is None:
        entity = KnownEntity(code, _kind(row["category"].upper(), name), name)
        values = {"code": code, "kind": entity.kind, "ipa_code": code, **_named(name), **places}
        draft.changes.append(
            Change("added", row.line, entity.label, f"entity ({entity.kind})", "", name, (Write("entity", None, values),))
        )
        registry.add(entity)
        return entity
    values = {**_named(name), **(places if seat is not None else {}), "ipa_code": code}
    differ = {column: value for column, value in values.items() if column != "search_name" and getattr(known, column) != value}
    if not differ:
        draft.unchanged += 1
        return known
    before = "; ".join(str(getattr(known, column) or "…") for column in differ)
    after = "; ".join(str(value or "…") for value in differ.values())
    if "name" in differ:
        differ |= _named(name)
    draft.changes.append(Change("changed", row.line, known.label, "", before, after, (Write("entity", known.id, differ),)))
    return known


def _kind(category: str, name: str) -> str:
    if category != _LOCAL:
        return _KINDS[category]
    words = fold(name).split()
    return next((kind for word, kind in _NAMED_KINDS if word in words), "other")


def _named(name: str) -> dict[str, Value]:
    return {"name": name, "search_name": search_name(name, None)}


def _draft_addresses(
    draft: Draft, row: SourceRow, entity: KnownEntity, live: dict[Key, int], ended: set[Key], from_here: dict[Key, int]
) -> None:
    named: set[Key] = set()
    for number in MAILS:
        written, kind = row[f"mail{number}"], row[f"mail_kind{number}"].lower()
        if not written:
            continue
        try:
            email = read_email(written)
        except UnfitAddressError:
            draft.note(row.line, f"Mail{number} of {entity.label} is left out: {written[:80]!r} is not an e-mail address")
            continue
        purpose = "pec" if kind == "pec" else "registry_office"
        key = (entity.id, purpose, email)
        if key in named:
            continue
        named.add(key)
        if key in ended and key not in live:
            draft.note(row.line, f"Mail{number} of {entity.label} is left out: somebody has ended {email}")
        elif key not in live:
            draft.changes.append(adding(row.line, entity, purpose, email, SOURCE))
    for key in sorted(from_here.keys() - named, key=str):
        draft.changes.append(ending(row.line, entity, key[1], key[2], from_here[key]))


def _addresses_from_here() -> dict[int | None, dict[Key, int]]:
    columns = (ContactAddress.entity_id, ContactAddress.purpose, ContactAddress.email, ContactAddress.id)
    query = sa.select(*columns).where(ContactAddress.ended_at.is_(None), ContactAddress.source == SOURCE)
    found: dict[int | None, dict[Key, int]] = {}
    for row in db.session.execute(query.order_by(ContactAddress.id)):
        found.setdefault(row.entity_id, {})[(row.entity_id, row.purpose, row.email)] = row.id
    return found


def _ended_addresses() -> set[Key]:
    columns = (ContactAddress.entity_id, ContactAddress.purpose, ContactAddress.email)
    query = sa.select(*columns).where(ContactAddress.ended_at.is_not(None)).order_by(ContactAddress.id)
    return {(row.entity_id, row.purpose, row.email) for row in db.session.execute(query)}
