"""What the columns, categories and layers of a file mean: a first guess of ours, which somebody reads and corrects.

Not for: reading the file, finding whose a practice is (`matching.py`). Pure: the labels of the codes are given.
Holds always: what is not in a mapping is left out of the record; a category that nobody has given a code stays without one; the
words of earlier editions stand in `data/categories.toml`, with what is known of them and what is assumed.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from app.practices.importing.source import UMAP, Feature, Source
from app.practices.models import CENTRE, INITIATIVE, KINDS, PRACTICE
from app.practices.record import CHOICES
from app.registry.folding import fold

Labels = Mapping[str, Mapping[str, str]]
CATEGORIES: Final = Path(__file__).parent / "data" / "categories.toml"
OWNER: Final = "municipality"
"""The column that names whose a practice is: a name, a name with its province, or an ISTAT code."""
SEVERAL: Final = tuple(name for name in CHOICES if name not in {"area", "level"})
TARGETS: Final = (
    *("title", "description", OWNER, "area", "types", "recipients", "level", "funding", "partners", "management"),
    *("services", "professions", "beneficiaries", "started", "ended", "results", "address", "email", "phone", "url"),
)
"""What a column may be: a field of `PublicRecord`, or `OWNER`."""
MOST_VALUES: Final = 200
LONGEST_VALUE: Final = 200
ALIKE: Final = 0.5
_PARTS: Final = (";", "|", "\n")
_NAMED: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title", "titolo", "name", "nome", "denominazione", "titolo della buona pratica", "progetto", "nome progetto"),
    "description": ("description", "descrizione", "testo", "abstract", "che cosa si fa", "sintesi"),
    OWNER: ("comune", "municipality", "ente", "istat", "codice istat", "istat code", "comune ente", "nome comune", "entity"),
    "area": ("area", "macro area", "macroarea", "categoria", "category", "ambito tematico"),
    "types": ("types", "tipo", "tipologia", "tipi", "tipo di intervento"),
    "recipients": ("recipients", "destinatari", "beneficiari", "target", "a chi si rivolge"),
    "level": ("level", "livello", "livello territoriale"),
    "funding": ("funding", "fondi", "finanziamento", "fonte di finanziamento", "fonti di finanziamento", "risorse"),
    "partners": ("partners", "partner", "soggetti coinvolti"),
    "beneficiaries": ("beneficiaries", "numero beneficiari", "n beneficiari", "numero destinatari"),
    "started": ("started", "inizio", "data inizio", "dal", "avvio"),
    "ended": ("ended", "fine", "data fine", "al", "conclusione"),
    "results": ("results", "risultati", "esiti"),
    "address": ("address", "indirizzo", "sede", "luogo"),
    "email": ("email", "e mail", "mail", "posta elettronica"),
    "phone": ("phone", "telefono", "tel"),
    "url": ("url", "link", "sito", "sito web", "website", "pagina web"),
}


class Layer(msgspec.Struct, frozen=True):
    """What a layer of a map stands for: the kind of its features ("": leave them out), and their area, "" for none."""

    kind: str = PRACTICE
    area: str = ""


class Meaning(msgspec.Struct, frozen=True):
    """How a file is read. `columns`: column → one of `TARGETS`; `values`: field → category as written → code ("" for none);
    `layers`: name → what it stands for; `kind`: of what is in no layer."""

    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    layers: dict[str, Layer] = {}
    kind: str = PRACTICE


class UnfitMeaningError(ValueError):
    """A stored or written mapping that is none; the message says where."""


def write_meaning(meaning: Meaning) -> str:
    """As JSON."""
    return msgspec.json.encode(meaning).decode()


def read_meaning(text: str | bytes) -> Meaning:
    """Undo `write_meaning`. Raises UnfitMeaningError, also for a field that there is not or that two columns fill."""
    try:
        meaning = msgspec.json.decode(text, type=Meaning)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnfitMeaningError(str(error)) from error
    chosen = [target for target in meaning.columns.values() if target]
    unknown = set(chosen) - set(TARGETS) | set(meaning.values) - set(CHOICES)
    if unknown:
        raise UnfitMeaningError(f"there is no field {', '.join(sorted(unknown))}")
    if doubled := [target for target, times in Counter(chosen).items() if times > 1]:
        raise UnfitMeaningError(f"two columns for {', '.join(sorted(doubled))}")
    kinds = {meaning.kind, *(layer.kind for layer in meaning.layers.values())}
    if not kinds <= {*KINDS, ""}:
        raise UnfitMeaningError(f"there is no kind {', '.join(sorted(kinds - {*KINDS, ''}))}")
    return meaning


def guess(source: Source, labels: Labels) -> Meaning:
    """What the file most likely means. `labels`: field → code → label, of `vocabulary.labels`."""
    columns: dict[str, str] = {}
    free = dict.fromkeys(TARGETS)
    for column in sorted(source.columns, key=lambda name: _rank(name, source.form)):
        target = _target(column, free)
        if target:
            columns[column] = target
            del free[target]
    values = {
        field: _guess_values(source, columns, field, labels.get(field, {})) for field in columns.values() if field in CHOICES
    }
    layers = {name: _guess_layer(name, labels.get("area", {})) for name in source.layers}
    return Meaning(dict(sorted(columns.items())), values, layers)


def written_values(source: Source, column: str, field: str) -> dict[str, int]:
    """Category as written in a column → how often, the most frequent first, at most `MOST_VALUES`."""
    found: Counter[str] = Counter()
    for feature in source.features:
        found.update(parts_of(feature.texts.get(column, ""), field))
    return dict(found.most_common(MOST_VALUES))


def parts_of(text: str, field: str) -> Iterator[str]:
    """The categories in a cell: one, or where the field may have several those between semicolons, bars and lines."""
    if field in SEVERAL:
        for mark in _PARTS[1:]:
            text = text.replace(mark, _PARTS[0])
        yield from filter(None, (part.strip()[:LONGEST_VALUE] for part in text.split(_PARTS[0])))
    elif text.strip():
        yield " ".join(text.split())[:LONGEST_VALUE]


def layer_of(meaning: Meaning, feature: Feature) -> Layer:
    """What a feature is by its layer."""
    return meaning.layers.get(feature.layer, Layer(meaning.kind)) if feature.layer else Layer(meaning.kind)


def code_for(written: str, field: str, labels: Mapping[str, str]) -> str:
    """The code that a category most likely is, "" for none: its own code or label, a word of an earlier edition, the label
    with which it has most words in common."""
    folded = fold(written)
    for code, label in labels.items():
        if folded in (fold(code), fold(label)):
            return code
    known = earlier_words(field).get(folded)
    if known:
        return known if known in labels or field == "kind" else ""
    words = _telling(folded)
    best, score = "", 0.0
    for code, label in labels.items():
        common = _telling(fold(label))
        if words and common and (shared := len(words & common) / len(words | common)) > score:
            best, score = code, shared
    return best if score >= ALIKE else ""


@lru_cache(maxsize=8)
def earlier_words(field: str) -> Mapping[str, str]:
    """Folded name of a category of earlier editions → code."""
    found: dict[str, str] = {}
    for category in categories():
        if category["field"] == field:
            found |= {fold(name): category["code"] for name in category["names"]}
    return found


@lru_cache(maxsize=1)
def categories() -> list[dict[str, Any]]:
    """What is known and assumed of the categories of earlier editions."""
    read: list[dict[str, Any]] = tomllib.loads(CATEGORIES.read_text(encoding="utf-8"))["category"]
    return read


def _telling(folded: str) -> set[str]:
    return {word[:6] for word in folded.split() if len(word) > 3}


def _rank(name: str, form: str) -> int:
    """Columns in the order in which they may take a field: in a map uMap's own come first."""
    own = ("name", "description").index(name) if name in ("name", "description") else 2
    return own if form == UMAP else 0


def _target(column: str, free: Mapping[str, None]) -> str:
    folded = fold(column)
    return next((target for target, names in _NAMED.items() if target in free and folded in names), "")


def _guess_values(source: Source, columns: Mapping[str, str], field: str, labels: Mapping[str, str]) -> dict[str, str]:
    column = next(name for name, target in columns.items() if target == field)
    return {written: code_for(written, field, labels) for written in written_values(source, column, field)}


def _guess_layer(name: str, areas: Mapping[str, str]) -> Layer:
    kind = earlier_words("kind").get(fold(name), "")
    if kind in (CENTRE, INITIATIVE):
        return Layer(kind)
    return Layer(PRACTICE, code_for(name, "area", areas))
