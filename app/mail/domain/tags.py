"""Records that are lists of tags: a DKIM key (RFC 6376, 8301, 8463) and a DMARC policy (RFC 7489).

Not for: finding them in the DNS.
Holds always: pure; whatever a record says, reading it never fails: what is wrong with it is said.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

SHORTEST_RSA: Final = 1_024
"""Receivers take no signature of a shorter key."""
POLICIES: Final = ("none", "quarantine", "reject")
_ED25519_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key that signatures are checked with. `bits`: of an RSA one; `problem`: why it is worth nothing, empty if it is not."""

    kind: str
    bits: int = 0
    testing: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Dmarc:
    """What a domain wants done with mail that only claims to be its own. `policy`: one of POLICIES, empty where it says none
    that exists; `reports`: whether it says where reports go; `strict_dkim`, `strict_spf`: whether domains must be the same."""

    policy: str
    subdomains: str
    reports: bool
    strict_dkim: bool
    strict_spf: bool
    is_suffix: bool


def tags_of(record: str) -> dict[str, str]:
    """Name → value; of a name that stands twice, the first."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def is_dkim(record: str) -> bool:
    """Whether a text can be a key: it has one, and no other version."""
    tags = tags_of(record)
    return "p" in tags and tags.get("v", "DKIM1") == "DKIM1"


def read_key(record: str) -> DkimKey:
    """What a key is worth."""
    tags = tags_of(record)
    kind, testing = tags.get("k", "rsa").lower(), "y" in tags.get("t", "").lower().split(":")
    written = "".join(tags.get("p", "").split())
    if not written:
        return DkimKey(kind, problem="it is revoked: its p= is empty")
    try:
        raw = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return DkimKey(kind, problem="its p= is no base64: was it cut or mistyped?")
    if kind == "ed25519":
        return DkimKey(kind, testing=testing, problem="" if len(raw) == _ED25519_BYTES else "it is no Ed25519 key")
    if kind != "rsa":
        return DkimKey(kind, problem=f"nobody knows keys of the kind {kind[:20]}")
    return _read_rsa(raw, testing=testing)


def _read_rsa(raw: bytes, *, testing: bool) -> DkimKey:
    kind = "rsa"
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return DkimKey(kind, problem="it is no RSA key: was it cut or mistyped?")
    if not isinstance(key, RSAPublicKey):
        return DkimKey(kind, problem="it is no RSA key")
    short = f"it has {key.key_size} bits: receivers want {SHORTEST_RSA} at least"
    return DkimKey(kind, key.key_size, testing, short if key.key_size < SHORTEST_RSA else "")


def is_dmarc(record: str) -> bool:
    """Whether a text is a policy."""
    name, equals, value = record.partition(";")[0].partition("=")
    return bool(equals) and name.strip().lower() == "v" and value.strip() == "DMARC1"


def read_dmarc(record: str) -> Dmarc:
    """What a policy says."""
    tags = tags_of(record)
    policy = tags.get("p", "").lower()
    policy = policy if policy in POLICIES else ""
    subdomains = tags.get("sp", "").lower()
    return Dmarc(
        policy=policy,
        subdomains=subdomains if subdomains in POLICIES else policy,
        reports="mailto:" in tags.get("rua", "").lower(),
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        is_suffix=tags.get("psd", "").lower() == "y",
    )
