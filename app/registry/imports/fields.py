"""Reading single fields of a registry file: codes, dates, names.

Holds always: pure; a field that is not what it should be raises `UnfitFieldError` saying what it should be.
"""

from __future__ import annotations

import datetime as dt
import re

from app.registry.models import PURPOSES

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ITALIAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_YEARS = range(1861, 2200)
_OTHER_CODE = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,31}")
_LONGEST_NAME = 200
_PURPOSE_WORDS = {purpose: purpose for purpose in PURPOSES} | {
    "protocollo": "registry_office",
    "sindaco": "mayor",
    "servizi_sociali": "social_services",
    "altro": "other",
}


class UnfitFieldError(ValueError):
    """What the field should be."""


def read_date(text: str) -> dt.date | None:
    """2026-01-31 or 31/01/2026; None for an empty field."""
    if not text:
        return None
    iso, italian = _ISO.fullmatch(text), _ITALIAN.fullmatch(text)
    if iso is not None:
        year, month, day = (int(part) for part in iso.groups())
    elif italian is not None:
        day, month, year = (int(part) for part in italian.groups())
    else:
        raise UnfitFieldError(f"a date is written 2026-01-31 or 31/01/2026, not {text[:20]!r}")
    try:
        date = dt.date(year, month, day)
    except ValueError as error:
        raise UnfitFieldError(f"there is no day {text}") from error
    if year not in _YEARS:
        raise UnfitFieldError(f"the year {year} is out of range")
    return date


def read_code(text: str) -> str:
    """The code of an entity: six digits (a spreadsheet may have eaten the zeros before), or an IPA code in small letters."""
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return text.zfill(6)
    code = text.lower()
    if _OTHER_CODE.fullmatch(code) is None:
        raise UnfitFieldError(f"a code is six digits (ISTAT) or an IPA code, not {text[:40]!r}")
    return code


def read_istat_code(text: str) -> str:
    """Six digits, not fewer."""
    if re.fullmatch(r"[0-9]{6}", text) is None:
        raise UnfitFieldError(f"a municipality's code is six digits, not {text[:20]!r}")
    return text


def read_name(text: str) -> str:
    """A name that a person can read."""
    if not any(letter.isalnum() for letter in text) or len(text) > _LONGEST_NAME:
        raise UnfitFieldError(f"a name has letters, and at most {_LONGEST_NAME} characters")
    return text


def read_purpose(text: str) -> str:
    """One of `PURPOSES`, also by its Italian word."""
    purpose = _PURPOSE_WORDS.get("_".join(text.lower().split()))
    if purpose is None:
        raise UnfitFieldError(f"the purpose is one of {', '.join(PURPOSES)}, not {text[:40]!r}")
    return purpose
