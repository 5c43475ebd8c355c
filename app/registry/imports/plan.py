"""A plan: what a file would change in the registry, to be read by a person and then applied as it is or not at all.

Not for: what the files mean (a module for each source).
Holds always: planning writes nothing. Applying makes the plan anew inside the writing transaction and compares its digest
with the one that a person has confirmed: exactly what was shown is written, in one transaction, or nothing. A plan with
problems is not applied. A plan applied twice changes nothing the second time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from app.audit.chain import Scalar, record
from app.extensions import db
from app.registry.imports import addresses_csv, associations_csv, ipa_entities, istat_list, istat_variations
from app.registry.imports.changes import GROUPS, Change, Draft, TooManyProblemsError
from app.registry.imports.writing import lock_tables, write_changes
from app.registry.load import RegistryFileError

DIGEST_DIGITS = 16
SOURCES: dict[str, Callable[[Path, Draft, dt.date], None]] = {
    "addresses": addresses_csv.draft_addresses,
    "associations": associations_csv.draft_associations,
    "ipa": ipa_entities.draft_entities,
    "istat-list": istat_list.draft_list,
    "istat-variations": istat_variations.draft_variations,
}
"""Kind of file → what reads it. Each takes the file, the draft to fill, and today's date in Rome."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change. `problems` and `notes`: (line, message) in the file's order; line 0 is the file as a whole.

    `digest` stands for the changes: the same digest, the same writes.
    """

    kind: str
    file: Path
    changes: tuple[Change, ...]
    unchanged: int
    problems: tuple[tuple[int, str], ...]
    notes: tuple[tuple[int, str], ...]
    digest: str

    @property
    def source(self) -> str:
        """Kind and file, as a person names them."""
        return f"{self.kind}: {self.file.name}"

    def counts(self) -> dict[str, int]:
        """How many changes of each group, and how many lines say what is known already."""
        counts = {group: sum(change.group == group for change in self.changes) for group in GROUPS}
        return counts | {"unchanged": self.unchanged}


class PlanOutdatedError(Exception):
    """Since the preview the file or the registry has changed, or the digest is another file's. `plan`: what would be now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"the plan is another one now: {plan.digest}")
        self.plan = plan


class PlanRefusedError(Exception):
    """The plan has problems, which come first. `plan`: with all of them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{len(plan.problems)} problems")
        self.plan = plan


def plan_import(kind: str, file: Path, now: dt.datetime) -> Plan:
    """What this file would change. Every line that is wrong is among `problems`; a file that cannot be read at all as well."""
    draft = Draft()
    try:
        SOURCES[kind](file, draft, now.astimezone(ZoneInfo("Europe/Rome")).date())
    except RegistryFileError as error:
        draft.problems.append((error.line, error.message))
    except TooManyProblemsError:
        draft.problems.append((draft.problems[-1][0], "so much is wrong that reading stopped here"))
    changes = tuple(draft.changes)
    problems, notes = tuple(sorted(draft.problems)), tuple(sorted(draft.notes))
    return Plan(kind, file, changes, draft.unchanged, problems, notes, _digest(kind, changes))


def apply_plan(plan: Plan, digest: str, *, actor: str, now: dt.datetime) -> Plan:
    """Write what the plan of this digest says; the plan that was written.

    Raises `PlanOutdatedError` or `PlanRefusedError`, and then nothing has changed.
    """
    return apply_import(plan.kind, plan.file, digest, actor=actor, now=now)


def apply_import(kind: str, file: Path, digest: str, *, actor: str, now: dt.datetime) -> Plan:
    """`apply_plan` for whoever has only the file and the digest that its preview gave. Raises the same."""
    lock_tables()
    fresh = plan_import(kind, file, now)
    if fresh.problems or fresh.digest != digest:
        db.session.rollback()
        raise PlanRefusedError(fresh) if fresh.problems else PlanOutdatedError(fresh)
    if fresh.changes:
        write_changes(fresh.changes, now)
        counts = fresh.counts()
        detail: dict[str, Scalar] = {"file": file.name, "digest": digest, **{group: counts[group] for group in GROUPS}}
        record("registry_imported", actor=actor, subject=f"registry:{kind}", detail=detail, now=now)
    db.session.commit()
    return fresh


def _digest(kind: str, changes: tuple[Change, ...]) -> str:
    digest = hashlib.sha256(kind.encode())
    for change in changes:
        told = (change.group, change.line, change.subject, change.what, change.before, change.after)
        writes = [(write.table, write.row_id, sorted(write.values.items(), key=_column)) for write in change.writes]
        digest.update(repr((told, writes)).encode())
    return digest.hexdigest()[:DIGEST_DIGITS]


def _column(item: tuple[str, object]) -> str:
    return item[0]
