"""The file that describes an edition (YAML), read and checked.

Not for: storing it (`lifecycle.py`).
Holds always: a file that is wrong in any place is refused whole, with every place named.

    code: "2026"
    title: Ricognizione delle buone pratiche 2026
    period: {from: 2025-09-01, to: 2026-08-31}
    opening: 2026-10-01 09:00          # Europe/Rome
    deadline: 2026-12-18 23:59         # Europe/Rome; that whole minute still counts
    questionnaire: RBP5                # one that ships, or a path relative to this file
    letter: lettera.pdf                # optional, a PDF of at most 5 MB
    letter_text: testo.md              # optional: each entity's letter, a file or the text itself: `letter_text.py`
    contacts: [{name: …, role: …, email: …, phone: …, hours: …}]
    pilot: ["048017"]                  # optional: who may answer while the edition is a pilot
    plan: [{day: 2026-10-31, percent: 20}]    # optional: share of the municipalities represented that is hoped for by that day
    results_url: https://…             # optional: what became of last year's answers
    accessibility_url: https://…       # optional: the declaration on AGID's form
    second_step: true                  # optional: entities sign in with a code by e-mail too, in a browser that is new to them
    telephone: desk                    # optional: who fills in with an officer on the line: nobody, desk or territory (both)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from app.editions.checks import (
    MAX_LETTER_BYTES,
    ROME,
    Problem,
    WrongInstantError,
    address_problems,
    contact_problems,
    date_problems,
    is_fit,
    letter_text_problems,
    name_problems,
    pdf_problems,
    period_problems,
    pilot_problems,
    plan_problems,
    read_instant,
)
from app.editions.current import Contact, Plan
from app.questionnaire.loader import load_definition, read_shipped, shipped_definitions
from app.questionnaire.model import Questionnaire

__all__ = ["MAX_LETTER_BYTES", "ROME", "EditionFile", "EditionFileError", "read_edition_file", "typed_instant"]

MAX_FILE_BYTES = 256 * 1024
WORDS: Final = {
    "instant": "write it as 2026-10-01 09:00, Rome time",
    "hour": "that hour does not exist on the day when daylight saving begins",
    "code": "letters, digits and hyphens, at most %(most)d",
    "title": "between 1 and %(most)d characters",
    "period_order": "`from` comes after `to`",
    "deadline_order": "it must come after the opening",
    "web_address": "a web address that begins with https://",
    "pilot_twice": "%(code)s stands there twice",
    "contact_name": "a name, so that people know whom they call",
    "contact_email": "an e-mail address such as segreteria@example.org",
    "too_long": "at most %(most)d characters",
    "too_many_rows": "at most %(most)d rows",
    "plan_outside": "a day from the opening (%(first)s) to the deadline (%(last)s)",
    "plan_day_twice": "the day of the row before stands there again",
    "plan_percent": "a percent from 1 to 100",
    "plan_growth": "more than the row before: the plan grows",
}
"""What is wrong, for whoever writes the file; `checks.py` finds it."""

_PLAIN = ("code", "title", "questionnaire", "letter", "letter_text", "results_url", "accessibility_url")


class EditionFileError(Exception):
    """The file is wrong: `problems` names each place and what should stand there."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))
        self.problems = problems


class _Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start: dt.date = msgspec.field(name="from")
    end: dt.date = msgspec.field(name="to")


class _PlanRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: dt.date
    percent: int


class _Raw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    title: str
    period: _Period
    opening: Any
    deadline: Any
    questionnaire: str
    contacts: tuple[Contact, ...] = ()
    letter: str | None = None
    letter_text: str | None = None
    pilot: tuple[str, ...] = ()
    plan: tuple[_PlanRow, ...] = ()
    results_url: str | None = None
    accessibility_url: str | None = None
    second_step: bool = False
    telephone: Literal["nobody", "desk", "territory"] = "nobody"


@dataclass(frozen=True, slots=True)
class EditionFile:
    """What the file says, checked. Instants are aware; `closes_at` is the first instant after the deadline's minute."""

    code: str
    title: str
    period_from: dt.date
    period_to: dt.date
    opens_at: dt.datetime
    closes_at: dt.datetime
    questionnaire: Questionnaire
    questionnaire_source: str
    contacts: tuple[Contact, ...]
    letter: bytes | None
    pilot: tuple[str, ...]
    results_url: str | None
    accessibility_url: str | None
    letter_text: str = ""
    plan: Plan = ()
    second_step: bool = False
    telephone: str = "nobody"

    @property
    def contacts_json(self) -> str:
        """The contacts as they are stored."""
        return msgspec.json.encode(self.contacts).decode()

    @property
    def plan_json(self) -> str:
        """The plan as it is stored."""
        return msgspec.json.encode(self.plan).decode()


def read_edition_file(path: Path) -> EditionFile:
    """Read and check an edition's file.

    Raises EditionFileError (the file or what it names) and DefinitionError (a questionnaire with file and line).
    """
    raw = _decode(path)
    problems: list[str] = []
    opens_at = typed_instant(raw.opening, "opening", problems)
    deadline = typed_instant(raw.deadline, "deadline", problems)
    plan = tuple((row.day, row.percent) for row in sorted(raw.plan, key=lambda row: row.day))
    problems += _in_words(period_problems(raw.period.start, raw.period.end))
    if opens_at and deadline:
        problems += _in_words(date_problems(opens_at, deadline))
    problems += _part_problems(raw)
    if opens_at and deadline and opens_at < deadline:
        problems += _in_words(plan_problems(plan, opens_at, deadline + dt.timedelta(minutes=1)), rows_of="plan")
    letter = _letter(path, raw.letter, problems)
    letter_text = _letter_text(path, raw.letter_text, problems)
    source, name = _questionnaire_source(path, raw.questionnaire, problems)
    if problems or opens_at is None or deadline is None:
        raise EditionFileError(path.name, problems)
    return EditionFile(
        code=raw.code,
        title=raw.title.strip(),
        period_from=raw.period.start,
        period_to=raw.period.end,
        opens_at=opens_at,
        closes_at=deadline + dt.timedelta(minutes=1),
        questionnaire=load_definition(source, name),
        questionnaire_source=source,
        contacts=raw.contacts,
        letter=letter,
        pilot=raw.pilot,
        results_url=raw.results_url,
        accessibility_url=raw.accessibility_url,
        letter_text=letter_text,
        plan=plan,
        second_step=raw.second_step,
        telephone=raw.telephone,
    )


def _in_words(problems: Iterable[Problem], *, rows_of: str = "") -> list[str]:
    """Each with its place; a row's with the list it stands in, rows counted from 1 (the plan's by day)."""
    found = []
    for problem in problems:
        words = WORDS[problem.reason] % problem.params if problem.params else WORDS[problem.reason]
        place = problem.place if problem.row is None else f"{rows_of}: row {problem.row + 1}, {problem.place}"
        found.append(f"{place}: {words}")
    return found


def _decode(path: Path) -> _Raw:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise EditionFileError(path.name, [f"larger than {MAX_FILE_BYTES // 1024} kB: an edition's file is a page long"])
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EditionFileError(path.name, [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise EditionFileError(path.name, [f"is not UTF-8 text (byte {error.start})"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise EditionFileError(path.name, [f"line {line}: not YAML: {error.problem}"]) from error
    except yaml.reader.ReaderError as error:
        raise EditionFileError(path.name, [f"not YAML: the character #x{error.character:04x} cannot stand there"]) from error
    except ValueError as error:  # PyYAML makes dates by itself
        raise EditionFileError(path.name, [f"a date or time that does not exist: {error}"]) from error
    except RecursionError as error:
        raise EditionFileError(path.name, ["not YAML: nested too deeply"]) from error
    try:
        raw = msgspec.convert(document, _Raw, strict=True)
    except msgspec.ValidationError as error:
        raise EditionFileError(path.name, [str(error)]) from error
    except UnicodeEncodeError as error:
        raise EditionFileError(path.name, ["a text holds half a character (\\ud800 and the like)"]) from error
    unfit = _fields_with_unfit_characters(raw)
    if unfit:
        raise EditionFileError(path.name, [f"{name}: a text holds a character that is not one to read" for name in unfit])
    return raw


def _fields_with_unfit_characters(raw: _Raw) -> list[str]:
    """The fields that a page could not show, a database could not store or a path could not hold."""
    texts: dict[str, Iterable[str | None]] = {name: (getattr(raw, name),) for name in _PLAIN}
    texts |= {"contacts": (part for one in raw.contacts for part in msgspec.structs.astuple(one)), "pilot": raw.pilot}
    return [name for name, parts in texts.items() if not all(is_fit(part or "") for part in parts)]


def typed_instant(written: object, name: str, problems: list[str]) -> dt.datetime | None:
    """An instant from YAML: a timestamp with seconds comes as one, without them as a text."""
    try:
        return read_instant(written)
    except WrongInstantError as error:
        problems.append(f"{name}: {WORDS[error.reason]}")
        return None


def _part_problems(raw: _Raw) -> list[str]:
    """Names, addresses, pilot and contacts."""
    plain = chain(
        name_problems(raw.code, raw.title),
        address_problems(raw.results_url, raw.accessibility_url),
        pilot_problems(raw.pilot),
    )
    return [*_in_words(plain), *_in_words(contact_problems(raw.contacts), rows_of="contacts")]


def _letter(path: Path, name: str | None, problems: list[str]) -> bytes | None:
    if name is None:
        return None
    try:
        content = (path.parent / name).read_bytes()
    except OSError as error:
        problems.append(f"letter: {name} cannot be read: {error.strerror}")
        return None
    words = {"not_pdf": "is not a PDF", "pdf_size": f"is larger than {MAX_LETTER_BYTES // 1024 // 1024} MB"}
    problems += [f"letter: {name} {words[problem.reason]}" for problem in pdf_problems(content)]
    return content


def _letter_text(path: Path, given: str | None, problems: list[str]) -> str:
    """The checked text: `given` itself where it holds lines or placeholders, else the file that it names."""
    if given is None:
        return ""
    text = given if "\n" in given or "{{" in given else _named_text(path, given, problems)
    if text is None:
        return ""
    problems += [f"letter_text: {problem.letter}" for problem in letter_text_problems(text)]
    return text


def _named_text(path: Path, name: str, problems: list[str]) -> str | None:
    try:
        text = (path.parent / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.append(f"letter_text: {name} cannot be read: {reason}")
        return None
    if not is_fit(text):
        problems.append(f"letter_text: {name} holds a character that is not one to read")
        return None
    return text


def _questionnaire_source(path: Path, name: str, problems: list[str]) -> tuple[str, str]:
    if name in shipped_definitions():
        return read_shipped(name), f"{name}.yaml"
    try:
        return (path.parent / name).read_text(encoding="utf-8"), name
    except (OSError, UnicodeDecodeError):
        shipped = ", ".join(shipped_definitions())
        problems.append(f"questionnaire: {name} is neither one that ships ({shipped}) nor a readable file")
        return "", name
