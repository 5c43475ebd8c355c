"""Changing an edition: loading it from a file, moving it from state to state.

Not for: one part after the other, as the pages do (`changing.py`), or reading (`current.py`).
Holds always: an operation that fails changes nothing; from the opening on the questionnaire stays; each change leaves an
audit entry in its own transaction.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.audit.chain import record
from app.editions.definitions import store_definition
from app.editions.files import EditionFile
from app.editions.models import Edition, PilotEntity
from app.extensions import db

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "draft": ("pilot", "open"),
    "pilot": ("draft", "open"),
    "open": ("closed",),
    "closed": ("open", "published"),
    "published": ("closed",),
}


class EditionRefusedError(Exception):
    """An edition cannot be changed in this way; the text says why and what to do."""


class ChangedEditionError(Exception):
    """Somebody else has changed the edition since it was read. Nothing was changed."""


def store_edition(file: EditionFile, *, actor: str, now: dt.datetime) -> str:
    """Create the edition of this file, or bring the stored one up to it. Commits. Returns "created" or "changed".

    Raises EditionRefusedError where the edition is open or later and the file has another questionnaire or opening.
    """
    edition = db.session.execute(sa.select(Edition).where(Edition.code == file.code)).scalar_one_or_none()
    outcome = "created" if edition is None else "changed"
    definition_id = store_definition(file.questionnaire, file.questionnaire_source, now)
    if edition is None:
        edition = Edition(code=file.code, state="draft")
        db.session.add(edition)
    elif edition.state not in {"draft", "pilot"}:
        _refuse_frozen_changes(edition, definition_id, file)
    edition.title, edition.period_from, edition.period_to = file.title, file.period_from, file.period_to
    edition.opens_at, edition.closes_at = file.opens_at, file.closes_at
    edition.definition_id = definition_id
    edition.contacts = file.contacts_json
    edition.results_url, edition.accessibility_url = file.results_url, file.accessibility_url
    edition.letter = file.letter
    edition.letter_text, edition.plan = file.letter_text, file.plan_json
    edition.second_step, edition.telephone = file.second_step, file.telephone
    edition.changed_at = now
    db.session.flush()
    db.session.execute(sa.delete(PilotEntity).where(PilotEntity.edition_id == edition.id))
    db.session.add_all(PilotEntity(edition_id=edition.id, entity_code=code) for code in file.pilot)
    detail = {"outcome": outcome, "closes_at": file.closes_at.isoformat(), "questionnaire": file.questionnaire.digest}
    record("edition_stored", actor=actor, subject=f"edition:{file.code}", detail=detail, now=now)
    db.session.commit()
    return outcome


def _refuse_frozen_changes(edition: Edition, definition_id: int, file: EditionFile) -> None:
    if edition.definition_id != definition_id:
        db.session.rollback()
        raise EditionRefusedError(
            f"edition {file.code} is {edition.state}: its questionnaire is frozen. Keep the questionnaire it opened with."
        )
    if edition.opens_at != file.opens_at:
        db.session.rollback()
        raise EditionRefusedError(f"edition {file.code} is {edition.state}: its opening can no longer be moved.")


def locked_edition(code: str) -> Edition | None:
    """The edition of this code, held until the transaction ends."""
    query = sa.select(Edition).where(Edition.code == code).with_for_update()
    return db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def move_edition(code: str, state: str, *, actor: str, now: dt.datetime, seen: dt.datetime | None = None) -> None:
    """Move an edition to another state. Commits. `seen`: its `changed_at` as whoever decides has read it.

    Raises ChangedEditionError where it was changed since; EditionRefusedError on an unknown edition, on a step that
    `TRANSITIONS` does not have, on opening after the deadline, and on opening a second edition while one is open.
    """
    edition = locked_edition(code)
    if edition is None:
        raise EditionRefusedError(f"there is no edition {code}: `edition list` shows them")
    if seen is not None and edition.changed_at != seen:
        raise ChangedEditionError(code)
    if state not in TRANSITIONS[edition.state]:
        allowed = " or ".join(TRANSITIONS[edition.state])
        raise EditionRefusedError(f"edition {code} is {edition.state}: it can become {allowed}, not {state}")
    if state == "open":
        _refuse_wrong_opening(edition, now)
    before, edition.state = edition.state, state
    edition.note_change(now)
    record("edition_moved", actor=actor, subject=f"edition:{code}", detail={"before": before, "after": state}, now=now)
    db.session.commit()


def _refuse_wrong_opening(edition: Edition, now: dt.datetime) -> None:
    if edition.closes_at <= now:
        raise EditionRefusedError(f"the deadline of edition {edition.code} has passed: move it first (`edition load`)")
    other = db.session.execute(sa.select(Edition.code).where(Edition.state == "open", Edition.id != edition.id)).scalar()
    if other is not None:
        raise EditionRefusedError(f"edition {other} is open: close it before you open {edition.code}")
