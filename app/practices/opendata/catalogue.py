"""What the catalogue says of the dataset: DCAT-AP_IT, the Italian profile of DCAT, for dati.gov.it and whoever harvests.

Mandatory there: of a catalogue title, description, publisher, modified, dataset; of a dataset identifier, title, description,
modified, theme, rightsHolder, frequency, distribution; of a distribution accessURL, format, license; of an agent identifier and
name; of a contact name and e-mail (AGID's guide to the profile).
Not for: how it is written (`statements.py`).
Holds always: bodies are named, never persons; what is not known (the size of a file that nobody has made) is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.practices.opendata.files import FILES, Listed
from app.practices.opendata.licences import Licence
from app.practices.opendata.statements import Node, Object, Ref, Typed, Words

EUROPEAN: Final = "http://publications.europa.eu/resource/authority"
THEME: Final = f"{EUROPEAN}/data-theme/SOCI"
FREQUENCY: Final = f"{EUROPEAN}/frequency/IRREG"
"""A version comes when practices are approved, or when one is taken back."""
ITALIAN: Final = f"{EUROPEAN}/language/ITA"
ITALY: Final = f"{EUROPEAN}/country/ITA"
FORMATS: Final = {
    "pratiche.geojson": ("GEOJSON", "GeoJSON, RFC 7946"),
    "pratiche.csv": ("CSV", "CSV"),
    "pratiche.jsonl": ("JSON", "JSON Lines"),
    "pratiche.umap": ("JSON", "uMap"),
    "codebook.csv": ("CSV", "CSV, il significato di colonne e codici"),
}
"""File → its code in the European list of file types, and its title."""
TITLE: Final = {
    "it": "Buone pratiche per le famiglie dei Comuni italiani",
    "en": "Good practices for families of Italian municipalities",
}
DESCRIPTION: Final = {
    "it": (
        "Buone pratiche e servizi per le famiglie, Centri per le famiglie e iniziative delle Regioni, raccolti presso i Comuni "
        "e gli altri enti e pubblicati con il loro consenso, con posizione, codici ISTAT e categorie."
    ),
    "en": (
        "Good practices and services for families, Family Centres and initiatives of Regions, collected from municipalities "
        "and other bodies and published with their consent, with position, ISTAT codes and categories."
    ),
}
CATALOGUE_TITLE: Final = {"it": "Dati aperti della ricognizione sulle famiglie", "en": "Open data of the survey on families"}
KEYWORDS: Final = ("famiglie", "buone pratiche", "centri per le famiglie", "comuni", "genitorialità", "infanzia", "welfare")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an installation knows of its dataset. `site`: its base URL. `contact`: a URI, mailto: or https:. `years`: the first
    and the last that entries are of, None without one. `number`: of the version, 0 before the first."""

    site: str
    holder_name: str
    holder_ipa: str
    holder_url: str
    contact: str
    licence: Licence
    number: int
    issued: dt.date | None
    modified: dt.date
    years: tuple[int, int] | None
    files: Sequence[Listed]


def describe(facts: Facts) -> list[Node]:
    """The catalogue, its dataset, a distribution for each file, and whoever answers for them."""
    page = f"{facts.site}/dati"
    agent, contact, period, place = (f"{page}#{name}" for name in ("ente", "contatto", "periodo", "italia"))
    distributions = [f"{page}/{name}#distribuzione" for name in FILES]
    nodes = [
        _catalogue(facts, page, agent),
        _dataset(facts, page, agent, contact, distributions, period if facts.years else "", place),
        Node(agent, ("dcatapit:Agent", "foaf:Agent"), _agent(facts)),
        Node(contact, ("dcatapit:Organization", "vcard:Organization", "vcard:Kind"), _contact(facts)),
        Node(
            place,
            ("dct:Location",),
            (("locn:geographicalName", Words("Italia", "it")), ("dcatapit:geographicalIdentifier", Ref(ITALY))),
        ),
        Node(facts.licence.uri, ("dcatapit:LicenseDocument", "dct:LicenseDocument"), _licence(facts.licence)),
        Node(THEME, ("skos:Concept",), (("skos:prefLabel", Words("Popolazione e società", "it")),)),
    ]
    if facts.years:
        first, last = facts.years
        dates = (("schema:startDate", _date(dt.date(first, 1, 1))), ("schema:endDate", _date(dt.date(last, 12, 31))))
        nodes.append(Node(period, ("dct:PeriodOfTime",), dates))
    known = {one.name: one for one in facts.files}
    for name, uri in zip(FILES, distributions, strict=True):
        nodes += _distribution(facts, f"{page}/{name}", uri, name, known.get(name))
    return nodes


def _catalogue(facts: Facts, page: str, agent: str) -> Node:
    says: list[tuple[str, Object]] = [("dct:title", Words(text, code)) for code, text in CATALOGUE_TITLE.items()]
    says += [("dct:description", Words(text, code)) for code, text in DESCRIPTION.items()]
    says += [
        ("dct:publisher", Ref(agent)),
        ("dct:modified", _date(facts.modified)),
        ("dcat:dataset", Ref(f"{page}#dataset")),
        ("dct:language", Ref(ITALIAN)),
        ("dcat:themeTaxonomy", Ref(f"{EUROPEAN}/data-theme")),
        ("foaf:homepage", Ref(page)),
    ]
    return Node(f"{page}#catalogo", ("dcatapit:Catalog", "dcat:Catalog"), [*says, *_issued(facts)])


def _dataset(facts: Facts, page: str, agent: str, contact: str, distributions: Sequence[str], period: str, place: str) -> Node:
    says: list[tuple[str, Object]] = [("dct:identifier", f"{facts.holder_ipa}:buone-pratiche-famiglie")]
    says += [("dct:title", Words(text, code)) for code, text in TITLE.items()]
    says += [("dct:description", Words(text, code)) for code, text in DESCRIPTION.items()]
    says += [
        ("dct:modified", _date(facts.modified)),
        ("dcat:theme", Ref(THEME)),
        ("dct:rightsHolder", Ref(agent)),
        ("dct:publisher", Ref(agent)),
        ("dct:creator", Ref(agent)),
        ("dcat:contactPoint", Ref(contact)),
        ("dct:accrualPeriodicity", Ref(FREQUENCY)),
        ("dct:language", Ref(ITALIAN)),
        ("dct:spatial", Ref(place)),
        ("dcat:landingPage", Ref(page)),
        ("owl:versionInfo", str(facts.number)),
    ]
    says += [("dct:temporal", Ref(period))] if period else []
    says += [("dcat:keyword", Words(word, "it")) for word in KEYWORDS]
    says += [("dcat:distribution", Ref(uri)) for uri in distributions]
    return Node(f"{page}#dataset", ("dcatapit:Dataset", "dcat:Dataset"), [*says, *_issued(facts)])


def _distribution(facts: Facts, address: str, uri: str, name: str, made: Listed | None) -> list[Node]:
    code, title = FORMATS[name]
    media_type = FILES[name].media_type.partition(";")[0]
    says: list[tuple[str, Object]] = [
        ("dct:title", Words(title, "it")),
        ("dct:description", Words(f"Il dataset come {title}" if name != "codebook.csv" else title, "it")),
        ("dcat:accessURL", Ref(f"{facts.site}/dati")),
        ("dcat:downloadURL", Ref(address)),
        ("dct:format", Ref(f"{EUROPEAN}/file-type/{code}")),
        ("dcat:mediaType", Ref(f"https://www.iana.org/assignments/media-types/{media_type}")),
        ("dct:license", Ref(facts.licence.uri)),
        ("dct:modified", _date(facts.modified)),
    ]
    nodes = []
    if made is not None:
        checksum = f"{facts.site}/dati/{name}#sha256"
        says += [("dcat:byteSize", Typed(str(made.bytes), "xsd:decimal")), ("spdx:checksum", Ref(checksum))]
        algorithm: Object = Ref("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
        value: Object = Typed(made.sha256, "xsd:hexBinary")
        nodes.append(Node(checksum, ("spdx:Checksum",), (("spdx:algorithm", algorithm), ("spdx:checksumValue", value))))
    return [Node(uri, ("dcatapit:Distribution", "dcat:Distribution"), says), *nodes]


def _agent(facts: Facts) -> list[tuple[str, Object]]:
    says: list[tuple[str, Object]] = [("dct:identifier", facts.holder_ipa), ("foaf:name", Words(facts.holder_name, "it"))]
    return [*says, ("foaf:homepage", Ref(facts.holder_url))] if facts.holder_url else says


def _contact(facts: Facts) -> list[tuple[str, Object]]:
    says: list[tuple[str, Object]] = [("vcard:fn", Words(facts.holder_name, "it"))]
    if facts.contact.startswith("mailto:"):
        says.append(("vcard:hasEmail", Ref(facts.contact)))
    return [*says, ("vcard:hasURL", Ref(f"{facts.site}/contatti"))]


def _licence(licence: Licence) -> list[tuple[str, Object]]:
    return [
        ("dct:type", Ref(licence.type)),
        ("foaf:name", Words(licence.name, "it")),
        ("owl:versionInfo", licence.version),
        ("foaf:page", Ref(licence.url)),
    ]


def _issued(facts: Facts) -> list[tuple[str, Object]]:
    return [("dct:issued", _date(facts.issued))] if facts.issued else []


def _date(day: dt.date) -> Typed:
    return Typed(day.isoformat(), "xsd:date")
