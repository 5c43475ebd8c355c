"""What may be public of a practice, a centre or an initiative: the record, and which question of a sheet fills which field.

Not for: deciding what may pass (`gate.py`). Pure: no database, no clock.
Holds always: a record holds codes of options, never their labels; the labels are the questionnaire's (`vocabulary.py`).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

import msgspec

from app.practices.models import CENTRE, PRACTICE


class PublicRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record. Texts are plain; lists hold codes of options in the questionnaire's order; "" and () mean not said.

    `municipalities`: ISTAT codes. `started`, `ended`: "2025", "2025-03" or "2025-03-31". `latitude`, `longitude`: decimal
    degrees (WGS 84) of `address`, None where it has none of its own or the seat is reserved. `others`: field → the text beside
    "Altro". `beneficiaries`: never under 5. `language`: in which it was written, "it" where nobody said another.
    """

    title: str
    area: str = ""
    types: tuple[str, ...] = ()
    description: str = ""
    recipients: tuple[str, ...] = ()
    level: str = ""
    municipalities: tuple[str, ...] = ()
    beneficiaries: int | None = None
    started: str = ""
    ended: str = ""
    status: str = ""
    partners: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    results: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    email: str = ""
    phone: str = ""
    url: str = ""
    management: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    others: dict[str, str] = {}
    language: str = "it"


FIELDS: Final[dict[str, dict[str, str]]] = {
    PRACTICE: {
        "P01": "title",
        "P02": "area",
        "P03": "description",
        "P04": "recipients",
        "P05": "types",
        "P06": "level",
        "P07": "municipalities",
        "P08": "beneficiaries",
        "P09": "period",
        "P10": "partners",
        "P11": "funding",
        "P13": "results",
        "P14": "place",
        "P15": "contact",
    },
    CENTRE: {
        "S01": "title",
        "S02": "place",
        "S03": "management",
        "S04": "services",
        "S05": "professions",
    },
}
"""Sheet → question code → field. Codes are stable over editions, so one table serves them all. `period`, `place` and `contact`
fill several fields."""
CONSENT: Final[dict[str, tuple[str, str]]] = {PRACTICE: ("P16", "publish")}
"""Sheet → the question by which the entity lets it be published, and the option that says so; a sheet that is not here needs
none, since all of its public questions say that they are."""
CHOICES: Final = ("area", "types", "recipients", "level", "partners", "funding", "management", "services", "professions")
"""The fields that hold codes of options."""

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_encoder: Final = msgspec.json.Encoder(order="deterministic")
_decoder: Final = msgspec.json.Decoder(PublicRecord)


def write_record(record: PublicRecord) -> str:
    """The record as JSON, always the same text for the same record."""
    return _encoder.encode(record).decode()


def read_record(text: str) -> PublicRecord:
    """Undo `write_record`. Raises msgspec.ValidationError."""
    return _decoder.decode(text)


def web_address(url: str) -> str:
    """The address of a record as a link may lead to it: over http or https; "" for any other."""
    return url if _WEB_ADDRESS.fullmatch(url) else ""


def digest_of(text: str) -> str:
    """SHA-256 of a written record, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
