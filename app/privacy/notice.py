"""The privacy notice's versions, and who has accepted which.

Not for: its text (`templates/public/privacy.html`).
Holds always: a new version is asked for again and blocks nothing: what somebody saves is saved whether or not it was accepted;
accepting twice keeps the first instant.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import IntegrityError

from app.audit.chain import record
from app.extensions import db, table_of
from app.privacy.models import Acceptance

_ROW: Final = table_of(Acceptance).c


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the notice: its name, since when it holds, what changed with it."""

    name: str
    since: dt.date
    changed: LazyString


VERSIONS: Final = (
    Version("3", dt.date(2026, 11, 30), _l("I messaggi fra l'ente e la segreteria: per quanto tempo si conservano.")),
    Version(
        "2",
        dt.date(2026, 11, 30),
        _l("Per quanto tempo si conserva ogni dato, il registro delle operazioni, la copia dei propri dati."),
    ),
    Version("1", dt.date(2026, 3, 1), _l("Prima versione.")),
)
"""Newest first. Who changes the text in more than its style adds one."""
CURRENT: Final = VERSIONS[0]


def has_accepted(operator_id: int) -> bool:
    """Whether this operator has accepted the present version."""
    own = (_ROW.operator_id == operator_id, _ROW.version == CURRENT.name)
    return db.session.execute(sa.select(_ROW.at).where(*own)).first() is not None


def accept_notice(operator_id: int, version: str, now: dt.datetime) -> bool:
    """Note that this operator has accepted a version, and say whether it is the present one. Commits."""
    if version not in {one.name for one in VERSIONS}:
        return False
    try:
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.execute(sa.insert(Acceptance).values(operator_id=operator_id, version=version, at=now))
            who = f"operator:{operator_id}"
            record("privacy_accepted", actor=who, subject=who, detail={"version": version}, now=now)
    finally:
        db.session.commit()
    return version == CURRENT.name
