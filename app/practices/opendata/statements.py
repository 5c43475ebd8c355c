"""Statements of RDF and how they are written, as RDF/XML and as JSON-LD.

Not for: what is said (`catalogue.py`). Pure.
Holds always: both say the same; every node has an address, so that there is nothing to be told apart by its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

PREFIXES: Final[Mapping[str, str]] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatapit": "http://dati.gov.it/onto/dcatapit#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "locn": "http://www.w3.org/ns/locn#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Ref:
    """Another node, by its address."""

    uri: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text in a language."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of a data type, by its short name: `xsd:date`."""

    text: str
    type: str


Object = Ref | Words | Typed | str


@dataclass(frozen=True, slots=True)
class Node:
    """What is said of one address. `types` and properties by short names: `dcat:Dataset`."""

    uri: str
    types: Sequence[str]
    says: Sequence[tuple[str, Object]]


def long_name(short: str) -> str:
    """The address of a short name. Raises KeyError for an unknown prefix."""
    prefix, _, rest = short.partition(":")
    return PREFIXES[prefix] + rest


def rdf_xml(nodes: Sequence[Node]) -> str:
    """RDF/XML."""
    spaces = "".join(f"\n  xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in PREFIXES.items())
    described = "".join(_xml_node(node) for node in nodes)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n{described}</rdf:RDF>\n'


def json_ld(nodes: Sequence[Node]) -> str:
    """JSON-LD with its context inside."""
    graph = [_json_node(node) for node in nodes]
    return json.dumps({"@context": dict(PREFIXES), "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _xml_node(node: Node) -> str:
    lines = [f"<rdf:type rdf:resource={quoteattr(long_name(name))}/>" for name in node.types]
    lines += [_xml_statement(name, value) for name, value in node.says]
    return "".join(
        (f"<rdf:Description rdf:about={quoteattr(node.uri)}>\n", *(f"  {line}\n" for line in lines), "</rdf:Description>\n")
    )


def _xml_statement(name: str, value: Object) -> str:
    if isinstance(value, Ref):
        return f"<{name} rdf:resource={quoteattr(value.uri)}/>"
    if isinstance(value, Words):
        return f'<{name} xml:lang="{value.language}">{escape(value.text)}</{name}>'
    if isinstance(value, Typed):
        return f"<{name} rdf:datatype={quoteattr(long_name(value.type))}>{escape(value.text)}</{name}>"
    return f"<{name}>{escape(value)}</{name}>"


def _json_node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": node.uri, "@type": list(node.types)}
    for name, value in node.says:
        found.setdefault(name, []).append(_json_value(value))
    return found


def _json_value(value: Object) -> Any:
    if isinstance(value, Ref):
        return {"@id": value.uri}
    if isinstance(value, Words):
        return {"@value": value.text, "@language": value.language}
    return {"@value": value.text, "@type": value.type} if isinstance(value, Typed) else value
