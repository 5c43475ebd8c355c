"""What `/esito` and its PDF say: of each practice what became of it, and the entity's numbers beside those of similar ones.

Not for: reading any of it (`outcome.py`). Pure but for the words, which are the reader's.
Holds always: each fate has words, on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.editions.current import EditionView
from app.fill.path import SHEET_ADDRESSES
from app.practices.outcome import (
    APPROVED,
    NO_CONSENT,
    PUBLISHED,
    REJECTED,
    REMOVED,
    SENT_BACK,
    WAITING,
    WITHDRAWN,
    Fate,
)
from app.practices.similar import BOTH, REGION, SIZE, Group, Peer
from app.practices.statistics import CENTRE, INITIATIVE, PRACTICE
from app.practices.vocabulary import Labels
from app.practices.words import KIND_NAMES
from app.web.numbers import number_words

THOUSAND: Final = 1_000
FATE_WORDS: Final[dict[str, tuple[Any, str, Any]]] = {
    PUBLISHED: (_l("Pubblicata"), "success", _l("È sulla mappa, nell'elenco e nei dati aperti.")),
    APPROVED: (_l("Approvata"), "primary", _l("Esce con la prossima pubblicazione: non dovete fare altro.")),
    WAITING: (_l("In verifica"), "warning", _l("La segreteria la sta leggendo. Se c'è un dubbio vi scrive.")),
    SENT_BACK: (
        _l("Da correggere"),
        "danger",
        _l("La segreteria chiede una correzione: cambiate la scheda e inviate di nuovo."),
    ),
    NO_CONSENT: (
        _l("Solo nelle statistiche"),
        "neutral",
        _l("Non avete autorizzato la pubblicazione: conta nei numeri e non si legge altrove."),
    ),
    REJECTED: (_l("Non pubblicata"), "neutral", _l("La segreteria ha deciso di non pubblicarla; resta nelle statistiche.")),
    WITHDRAWN: (_l("Ritirata"), "neutral", _l("È stata tolta dal pubblico, anche dalle versioni precedenti.")),
    REMOVED: (_l("Tolta da voi"), "neutral", _l("Non è più nell'ultimo invio del vostro ente, quindi non è pubblica.")),
}
"""Fate → what its tag says, the tag's kind, what follows from it."""
_STEPS: Final = {PRACTICE: "practice", CENTRE: "centre", INITIATIVE: "practice"}


@dataclass(frozen=True, slots=True)
class FateRow:
    """A practice as it is shown. `address`: where everybody reads it, "" for nowhere; `sheet`: where it is corrected, "" where
    it cannot be; `note`: what the desk wrote."""

    year: int
    title: str
    kind: str
    area: str
    fate: str
    tag: str
    tag_kind: str
    text: str
    note: str
    address: str
    sheet: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A group beside the entity. Shares as words, and their widths in thousandths."""

    name: str
    entities: str
    represented: str
    represented_share: str
    represented_width: int
    publishing: str
    publishing_share: str
    publishing_width: int
    entries: str


@dataclass(frozen=True, slots=True)
class Area:
    """An area: the entity's practices, and of each group; shares of the entity and of the nearest group."""

    name: str
    own: str
    groups: tuple[str, ...]
    own_share: str
    group_share: str
    width: int
    width_before: int


@dataclass(frozen=True, slots=True)
class Areas:
    """Practices by area, and by recipients; `names`: of the groups, the nearest last; `beside`: the nearest that has published
    something, whose shares stand beside the entity's, "" for none."""

    names: tuple[str, ...]
    beside: str
    areas: tuple[Area, ...]
    recipients: tuple[Area, ...]


def fate_rows(
    fates: Sequence[Fate], words: Labels, address_of: Callable[[str], str], edition: EditionView | None
) -> list[FateRow]:
    """The practices in words, in their order."""
    return [_row(one, words, address_of, edition) for one in fates]


def _row(one: Fate, words: Labels, address_of: Callable[[str], str], edition: EditionView | None) -> FateRow:
    tag, kind, text = FATE_WORDS[one.fate]
    sheet = ""
    if one.fate == SENT_BACK and one.item_id and edition is not None and one.edition_id == edition.id:
        sheet = url_for("fill.sheet", sheet=SHEET_ADDRESSES[_STEPS[one.kind]], item=one.item_id)
    area = words["area"].get(one.record.area, one.record.area)
    address = address_of(one.code) if one.is_public else ""
    shown = (str(tag), kind, str(text), one.note, address, sheet, one.is_public)
    return FateRow(one.year, one.title, str(KIND_NAMES[one.kind]), area, one.fate, *shown)


def group_name(key: str, peer: Peer) -> str:
    """How a group is called: "Comuni da 1.000 a 4.999 residenti, Toscana"."""
    size = _size_name(peer)
    if key == SIZE:
        return size
    if key == REGION:
        where = _("Comuni") if peer.kind == "municipality" else _("Enti dello stesso tipo")
        return str(_("%(who)s, %(region)s", who=where, region=peer.region))
    return str(_("%(who)s, %(region)s", who=size, region=peer.region))


def _size_name(peer: Peer) -> str:
    names = {
        1: _("Comuni con meno di 1.000 residenti"),
        2: _("Comuni da 1.000 a 4.999 residenti"),
        3: _("Comuni da 5.000 a 19.999 residenti"),
        4: _("Comuni da 20.000 a 99.999 residenti"),
        5: _("Comuni con 100.000 residenti o più"),
    }
    return str(names[peer.size_class] if peer.kind == "municipality" else _("Enti dello stesso tipo"))


def compared(groups: Sequence[Group], peer: Peer, own: int, language: str) -> list[Compared]:
    """Each group that may be told, in words."""
    numbers = number_words(language)
    return [
        Compared(
            group_name(one.key, peer),
            numbers.whole(one.entities),
            numbers.whole(one.represented),
            numbers.share(one.represented, one.entities),
            one.represented * THOUSAND // one.entities,
            numbers.whole(one.publishing),
            numbers.share(one.publishing, one.entities),
            one.publishing * THOUSAND // one.entities,
            numbers.whole(one.entries),
        )
        for one in groups
    ]


def areas_chart(public: Sequence[Fate], groups: Sequence[Group], words: Labels, language: str) -> Areas | None:
    """What similar entities published by area and by recipients, beside the entity's own; None where neither has any."""
    shown = [one for one in public if one.kind != CENTRE]
    areas: dict[str, int] = {}
    recipients: dict[str, int] = {}
    for one in shown:
        areas[one.record.area] = areas.get(one.record.area, 0) + 1
        for code in one.record.recipients:
            recipients[code] = recipients.get(code, 0) + 1
    if not shown and not any(group.areas for group in groups):
        return None
    by_area = _areas(areas, len(shown), [(group.areas, sum(group.areas.values())) for group in groups], words["area"], language)
    totals = [(group.recipients, sum(group.areas.values())) for group in groups]
    by_recipients = _areas(recipients, len(shown), totals, words["recipients"], language)
    beside = next((group.key for group in reversed(groups) if group.areas), "")
    return Areas(tuple(group.key for group in groups), beside, by_area, by_recipients)


def _areas(
    own: dict[str, int], own_total: int, groups: Sequence[tuple[dict[str, int], int]], known: dict[str, str], language: str
) -> tuple[Area, ...]:
    numbers = number_words(language)
    order = {code: at for at, code in enumerate(known)}
    codes = {code for code in (*own, *(code for counts, _total in groups for code in counts)) if code}
    nearest, total = next((group for group in reversed(groups) if group[1]), ({}, 0))
    return tuple(
        Area(
            known.get(code, code),
            numbers.whole(own.get(code, 0)),
            tuple(numbers.whole(counts.get(code, 0)) for counts, _total in groups),
            numbers.share(own.get(code, 0), own_total),
            numbers.share(nearest.get(code, 0), total),
            own.get(code, 0) * THOUSAND // own_total if own_total else 0,
            nearest.get(code, 0) * THOUSAND // total if total else 0,
        )
        for code in sorted(codes, key=lambda code: (order.get(code, len(order)), code))
    )


SHORT_NAMES: Final = {SIZE: _l("Stessa ampiezza"), REGION: _l("Stessa Regione"), BOTH: _l("Stessa ampiezza e Regione")}
"""Groups as heads of columns."""
