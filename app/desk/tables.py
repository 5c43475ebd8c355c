"""The dashboard's tables: the states, and the response by territory and by kind, each line with its way on.

Not for: counting (`app.chasing`), the chart (`curve.py`) or what waits (`waiting.py`).
Holds always: a number and the list that it leads to are of the same respondents; a table without a line is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.staff_sessions import StaffIdentity
from app.chasing.counting import BANDS, NOWHERE, Line, Sum
from app.chasing.figures import Part
from app.chasing.filters import STATES, Filter
from app.chasing.respondents import SIZES
from app.desk.addresses import list_of
from app.desk.chasing_words import STATE_WORDS
from app.desk.kind_words import ASSOCIATION_WORDS, KIND_WORDS
from app.registry.entities import MUNICIPALITY_KIND
from app.web.numbers import NumberWords

Words = tuple[str, ...]
_FIELDS: Final = dict(zip(STATES, ("never", "opened", "draft", "sent", "led"), strict=True))


@dataclass(frozen=True, slots=True)
class StateLine:
    """So many municipalities in a state, with their shares of municipalities and of residents. `part`: of the line above."""

    name: str
    number: str
    share: str
    population: str
    address: str | None
    part: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of a table: the numbers as words. `inside`: the dashboard of the place; `address`: the list."""

    name: str
    cells: tuple[str, ...]
    address: str | None
    inside: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `heads` name the cells of its rows."""

    id: str
    caption: str
    first: str
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    note: str = ""

    @property
    def has_lists(self) -> bool:
        """Whether a row leads to a list."""
        return any(row.address for row in self.rows)


def states_of(staff: StaffIdentity, part: Part, words: NumberWords, region: str | None) -> list[StateLine]:
    """The five states, each municipality in one of them, with how far the drafts are."""
    lines = []
    own, universe = Filter(region=region or "", kind=MUNICIPALITY_KIND), part.total.universe
    for state in STATES:
        numbers = _shares(getattr(part.total, _FIELDS[state]), universe, words)
        lines.append(StateLine(str(STATE_WORDS[state]), *numbers, list_of(staff, replace(own, states=(state,)))))
        if state == "draft" and part.total.draft.entities:
            lines += [
                StateLine(name, words.whole(number), words.share(number, universe.entities), "", None, True)
                for name, number in zip(_bands(words), part.bands, strict=True)
            ]
    return lines


def counted_of(part: Part, words: NumberWords) -> list[StateLine]:
    """What counts, as the rules of coverage have it: a municipality may stand in several lines."""
    total = part.total
    names = (
        (_("Hanno risposto"), total.answered),
        (_("Coperti dalla risposta di un altro ente"), total.covered),
        (_("Rappresentati: hanno risposto o sono coperti"), total.represented),
        (_("Dicono che risponde un altro ente, che non ha ancora inviato"), total.declared),
        (_("Indicati nella bozza di un altro ente"), total.claimed),
    )
    return [StateLine(name, *_shares(numbers, total.universe, words), None) for name, numbers in names]


def tables_of(staff: StaffIdentity, part: Part, words: NumberWords, region: str | None) -> list[Table]:
    """The response by Region (of the country) or province (of a Region), size, association, lead and kind of entity."""
    own = Filter(region=region or "", kind=MUNICIPALITY_KIND)
    heads = (_("Comuni"), *_state_heads(), _("Rappresentati"), _("Quota dei Comuni"), _("Quota dei residenti"))
    places = _regions if region is None else _provinces
    found = (
        places(staff, part, words, own, heads),
        _sizes(staff, part, words, own, heads),
        _associations(staff, part, words, heads, own),
        _leads(staff, part, words, own),
        _kinds(staff, part, words, own),
    )
    return [table for table in found if table.rows]


def _regions(staff: StaffIdentity, part: Part, words: NumberWords, own: Filter, heads: Words) -> Table:
    rows = []
    for row in part.regions:
        known = row.key != NOWHERE
        address = list_of(staff, replace(own, region=row.key)) if known else None
        inside = url_for("desk.home", regione=row.key) if known else None
        rows.append(TableRow(row.name or _unnamed(row.key, _l("Senza Regione")), _cells(row.line, words), address, inside))
    return Table("regioni", _("Per Regione"), _("Regione"), heads, tuple(rows))


def _provinces(staff: StaffIdentity, part: Part, words: NumberWords, own: Filter, heads: Words) -> Table:
    rows = []
    for row in part.provinces:
        address = list_of(staff, replace(own, province=row.key)) if row.key != NOWHERE else None
        rows.append(TableRow(row.name or _unnamed(row.key, _l("Senza provincia")), _cells(row.line, words), address))
    rows.sort(key=lambda row: row.name)
    return Table("province", _("Per provincia"), _("Provincia"), heads, tuple(rows))


def _sizes(staff: StaffIdentity, part: Part, words: NumberWords, own: Filter, heads: Words) -> Table:
    rows = []
    for row in part.sizes:
        address = list_of(staff, replace(own, size=int(row.key))) if row.key != "0" else None
        rows.append(TableRow(size_name(int(row.key), words), _cells(row.line, words), address))
    return Table("classi", _("Per numero di residenti"), _("Residenti"), heads, tuple(rows))


def _associations(staff: StaffIdentity, part: Part, words: NumberWords, heads: Words, own: Filter) -> Table:
    lines = {row.key: row.line for row in part.associations}
    rows = [
        TableRow(str(name), _cells(lines[key], words), list_of(staff, replace(own, association=key)))
        for key, name in ASSOCIATION_WORDS.items()
        if key in lines
    ]
    note = _("Un Comune che appartiene a forme diverse è contato in ciascuna.")
    return Table("forme", _("Per forma associata"), _("Forma associata"), heads, tuple(rows), note)


def _leads(staff: StaffIdentity, part: Part, words: NumberWords, own: Filter) -> Table:
    rows = []
    for lead in part.leads:
        numbers = (lead.members, lead.represented, lead.members - lead.represented)
        cells = (str(STATE_WORDS[lead.state]), *map(words.whole, numbers))
        rows.append(TableRow(lead.label, cells, list_of(staff, replace(own, lead=lead.code))))
    heads = (_("La sua risposta"), _("Comuni associati"), _("Rappresentati"), _("Mancano"))
    note = _("I capofila con più Comuni che mancano ancora.")
    return Table("capofila", _("Per ente capofila"), _("Ente capofila"), heads, tuple(rows), note)


def _kinds(staff: StaffIdentity, part: Part, words: NumberWords, own: Filter) -> Table:
    lines = {row.key: row.line for row in part.kinds}
    rows = []
    for kind, name in KIND_WORDS.items():
        if kind in lines:
            line = lines[kind]
            cells = (*_states(line, words), words.whole(line.answered.entities))
            share = words.share(line.answered.entities, line.universe.entities)
            rows.append(TableRow(str(name), (*cells, share), list_of(staff, replace(own, kind=kind))))
    heads = (_("Enti"), *_state_heads(), _("Hanno risposto"), _("Quota degli enti"))
    return Table("enti", _("Per tipo di ente"), _("Tipo di ente"), heads, tuple(rows))


def size_name(size: int, words: NumberWords) -> str:
    """A size class in words: "da 1.000 a 4.999"."""
    if size == 0:
        return str(_("numero non noto"))
    low, high = ([0, *SIZES][size - 1], SIZES[size - 1] - 1 if size <= len(SIZES) else None)
    if high is None:
        return str(_("da %(low)s in su", low=words.whole(low)))
    if low == 0:
        return str(_("meno di %(high)s", high=words.whole(high + 1)))
    return str(_("da %(low)s a %(high)s", low=words.whole(low), high=words.whole(high)))


def _bands(words: NumberWords) -> list[str]:
    """The bands of progress, in words: each begins where the one before ends."""
    edges = [words.percent(edge) for edge in BANDS]
    pairs = pairwise(edges)
    between = [str(_("tra %(low)s e %(high)s", low=low, high=high)) for low, high in pairs]
    return [str(_("avanzamento sotto %(edge)s", edge=edges[0])), *between, str(_("da %(edge)s in su", edge=edges[-1]))]


def _state_heads() -> Words:
    return (_("Mai aperto"), _("Aperto"), _("Bozza"), _("Inviata"), _("Coperto"))


def _cells(line: Line, words: NumberWords) -> tuple[str, ...]:
    represented = _shares(line.represented, line.universe, words)
    return (*_states(line, words), *represented)


def _states(line: Line, words: NumberWords) -> tuple[str, ...]:
    numbers = (line.universe, line.never, line.opened, line.draft, line.sent, line.led)
    return tuple(words.whole(one.entities) for one in numbers)


def _shares(numbers: Sum, universe: Sum, words: NumberWords) -> tuple[str, str, str]:
    share = words.share(numbers.entities, universe.entities)
    return words.whole(numbers.entities), share, words.share(numbers.population, universe.population)


def _unnamed(key: str, without: LazyString) -> str:
    return str(without) if key == NOWHERE else key
