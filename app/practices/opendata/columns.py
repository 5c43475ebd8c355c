"""The columns of the open data: the one description by which every file, the codebook and the API are written.

Not for: how a file is written (`writing.py`), which entries stand in it (`published.py`).
Holds always: names are snake_case and mean the same in every file; a column comes from the published entry alone, so that
nothing is in a file that the gate has not let through; codes are as the questionnaire has them, and their labels stand
beside; a website is an address over http or https, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.practices.published import ENTRY
from app.practices.record import PublicRecord, read_record, web_address
from app.practices.vocabulary import STATUS, Labels
from app.questionnaire.messages import N_

Scalar = str | int | float
Value = Scalar | tuple[str, ...] | None
TEXT, INTEGER, NUMBER, DATE, CODE, LIST = TYPES = ("text", "integer", "number", "date", "code", "list")
"""`date`: a year, a month or a day (2025, 2025-03, 2025-03-31). `list`: in JSON an array, elsewhere joined by `JOINT`."""
JOINT: Final = "; "
MUNICIPALITY: Final = "municipality"
REGION: Final = "region"
OWN, ENTITY = "own", "entity"
PAGES: Final = "/pratiche/"
# Data, not words of a page: they stay as they are in every version, whatever `words.py` says.
KIND_LABELS: Final[Mapping[str, str]] = {
    "practice": N_("Buona pratica"),
    "centre": N_("Centro per le famiglie"),
    "initiative": N_("Iniziativa della Regione"),
}
ENTITY_LABELS: Final[Mapping[str, str]] = {
    "municipality": N_("Comune"),
    "union": N_("Unione di Comuni"),
    "metropolitan": N_("Città metropolitana"),
    "consortium": N_("Consorzio"),
    "ambito": N_("Ambito territoriale"),
    "province": N_("Provincia"),
    "region": N_("Regione"),
    "other": N_("Altro ente"),
}
ENTRY_COLUMNS: Final = tuple(
    ENTRY[name]
    for name in (
        *("code", "kind", "year", "edition_label", "entity_code", "entity_name", "entity_kind", "province_sign", "province"),
        *("region_code", "region", "area", "latitude", "longitude", "record"),
    )
)
"""What is read of each entry."""


class Entry(msgspec.Struct, frozen=True):
    """A published entry as the columns read it. `row`: of `ENTRY_COLUMNS`; `site`: the base URL; `labels`: in Italian."""

    row: Any
    record: PublicRecord
    site: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `labels_of`: the field of `vocabulary.labels` whose codes it holds, "" for none."""

    name: str
    type: str
    meaning: LazyString
    value: Callable[[Entry], Value]
    labels_of: str = ""


def entry_of_row(row: Any, site: str, labels: Labels) -> Entry:
    """Make an entry of a row of `ENTRY_COLUMNS`."""
    return Entry(row, read_record(row.record), site, labels)


def values_of(entry: Entry) -> Iterator[tuple[Column, Value]]:
    """Each column with its value; "", () and None for what was not said."""
    for column in COLUMNS:
        yield column, column.value(entry)


def flat(entry: Entry) -> dict[str, Scalar]:
    """Column → one text or number, lists joined; without what was not said, but for `name` and `description`."""
    found: dict[str, Scalar] = {"name": "", "description": ""}
    for column, given in values_of(entry):
        value = JOINT.join(given) if isinstance(given, tuple) else given
        if value is not None and value != "":
            found[column.name] = value
    return found


def nested(entry: Entry) -> dict[str, Scalar | list[str]]:
    """Column → text, number or list of texts; without what was not said, but for `name` and `description`."""
    found: dict[str, Scalar | list[str]] = {"name": "", "description": ""}
    for column, value in values_of(entry):
        if isinstance(value, tuple):
            if value:
                found[column.name] = list(value)
        elif value is not None and value != "":
            found[column.name] = value
    return found


def _row(name: str) -> Callable[[Entry], Value]:
    return lambda entry: getattr(entry.row, name)


def _said(name: str) -> Callable[[Entry], Value]:
    return lambda entry: getattr(entry.record, name)


def _label(name: str) -> Callable[[Entry], Value]:
    def label(entry: Entry) -> Value:
        codes: str | tuple[str, ...] = getattr(entry.record, name)
        known = entry.labels.get(name, {})
        return tuple(known.get(code, code) for code in codes) if isinstance(codes, tuple) else known.get(codes, codes)

    return label


def _istat(entry: Entry) -> Value:
    return entry.row.entity_code if entry.row.entity_kind == MUNICIPALITY else ""


def _province_istat(entry: Entry) -> Value:
    """The first three digits of a municipality's code are its province's (ISTAT, "codice provincia")."""
    return entry.row.entity_code[:3] if entry.row.entity_kind == MUNICIPALITY else ""


def _own_position(entry: Entry) -> Value:
    if entry.row.latitude is None:
        return ""
    return OWN if entry.record.latitude is not None else ENTITY


def _choice(name: str, meaning: LazyString, labels: LazyString, other: LazyString) -> tuple[Column, ...]:
    """The columns of a question with options: codes, labels, and the text beside "Altro"."""
    kind = CODE if name in ("area", "level") else LIST
    return (
        Column(name, kind, meaning, _said(name), name),
        Column(f"{name}_label", TEXT if kind == CODE else LIST, labels, _label(name)),
        Column(f"{name}_other", TEXT, other, lambda entry: entry.record.others.get(name, "")),
    )


_LABELS: Final = _l("Le etichette dei codici della colonna precedente, in italiano")
_OTHER: Final = _l("Il testo scritto accanto ad «Altro»")
_WHO: Final = (
    Column("code", TEXT, _l("Codice della scheda: resta lo stesso in tutte le versioni"), _row("code")),
    Column("name", TEXT, _l("Titolo della pratica o nome del Centro"), _said("title")),
    Column("description", TEXT, _l("Che cosa si fa e perché"), _said("description")),
    Column("kind", CODE, _l("Buona pratica, Centro per le famiglie o iniziativa di una Regione"), _row("kind"), "kind"),
    Column("kind_label", TEXT, _LABELS, lambda entry: KIND_LABELS[entry.row.kind]),
    Column("year", INTEGER, _l("Anno dell'edizione"), _row("year")),
    Column("edition", TEXT, _l("Edizione della rilevazione"), _row("edition_label")),
    Column("entity_code", TEXT, _l("Codice dell'ente nel registro; per un Comune è il codice ISTAT"), _row("entity_code")),
    Column("entity_name", TEXT, _l("Nome dell'ente che ha risposto"), _row("entity_name")),
    Column("entity_kind", CODE, _l("Tipo di ente"), _row("entity_kind"), "entity_kind"),
    Column("entity_kind_label", TEXT, _LABELS, lambda entry: ENTITY_LABELS.get(entry.row.entity_kind, entry.row.entity_kind)),
    Column("municipality_istat", TEXT, _l("Codice ISTAT del Comune: sei cifre, è un testo"), _istat),
    Column("province_istat", TEXT, _l("Codice ISTAT della provincia: tre cifre, è un testo"), _province_istat),
    Column("province_sign", TEXT, _l("Sigla della provincia"), _row("province_sign")),
    Column("province", TEXT, _l("Nome della provincia"), _row("province")),
    Column("region_istat", TEXT, _l("Codice ISTAT della Regione: due cifre, è un testo"), _row("region_code")),
    Column("region", TEXT, _l("Nome della Regione"), _row("region")),
)
_WHAT: Final = (
    *_choice("area", _l("Macro-area"), _LABELS, _OTHER),
    *_choice("types", _l("Tipologia di intervento"), _LABELS, _OTHER),
    *_choice("recipients", _l("A chi si rivolge"), _LABELS, _OTHER),
    *_choice("level", _l("Livello territoriale"), _LABELS, _OTHER),
    Column("municipalities", LIST, _l("Codici ISTAT dei Comuni coinvolti"), _said("municipalities")),
    Column("beneficiaries", INTEGER, _l("Beneficiari nel periodo; meno di 5 non si pubblica"), _said("beneficiaries")),
    Column("started", DATE, _l("Avvio: anno, mese o giorno"), _said("started")),
    Column("ended", DATE, _l("Conclusione: anno, mese o giorno"), _said("ended")),
    Column("status", CODE, _l("Stato"), _said("status"), STATUS),
    Column("status_label", TEXT, _LABELS, _label("status")),
    *_choice("partners", _l("Enti e soggetti coinvolti"), _LABELS, _OTHER),
    *_choice("funding", _l("Fonti di finanziamento"), _LABELS, _OTHER),
    Column("results", TEXT, _l("Risultati raggiunti o attesi"), _said("results")),
    *_choice("management", _l("Chi gestisce il Centro"), _LABELS, _OTHER),
    *_choice("services", _l("Servizi del Centro"), _LABELS, _OTHER),
    *_choice("professions", _l("Professioni presenti nel Centro"), _LABELS, _OTHER),
)
_WHERE: Final = (
    Column("address", TEXT, _l("Indirizzo della sede, se è pubblico"), _said("address")),
    Column("lat", NUMBER, _l("Latitudine in gradi decimali (WGS 84)"), _row("latitude")),
    Column("lon", NUMBER, _l("Longitudine in gradi decimali (WGS 84)"), _row("longitude")),
    Column("position", CODE, _l("Di che cosa è la posizione: della sede o dell'ente"), _own_position, "position"),
    Column("email", TEXT, _l("E-mail pubblica dell'ufficio"), _said("email")),
    Column("phone", TEXT, _l("Telefono pubblico dell'ufficio"), _said("phone")),
    Column("website", TEXT, _l("Sito della pratica"), lambda entry: web_address(entry.record.url)),
    Column("language", TEXT, _l("Lingua in cui è scritta (ISO 639-1)"), _said("language")),
    Column("page_url", TEXT, _l("La sua pagina su questo sito"), lambda entry: f"{entry.site}{PAGES}{entry.row.code}"),
)
COLUMNS: Final[tuple[Column, ...]] = (*_WHO, *_WHAT, *_WHERE)
COLUMN_NAMES: Final = tuple(column.name for column in COLUMNS)
OWN_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": KIND_LABELS,
    "entity_kind": ENTITY_LABELS,
    "position": {OWN: N_("Della sede"), ENTITY: N_("Dell'ente: il municipio o la sede dell'ente")},
}
"""Codes that are the program's own, with their labels; those of `record.CHOICES` and of the status are the questionnaire's."""


def labels_of(column: Column, labels: Labels, language: str) -> Mapping[str, str]:
    """Code → label of a column in a language; empty for one without codes. `labels`: of `vocabulary.labels` in it."""
    own = OWN_LABELS.get(column.labels_of)
    if own is None:
        return labels.get(column.labels_of, {})
    with force_locale(language):
        return {code: gettext(label) for code, label in own.items()}
