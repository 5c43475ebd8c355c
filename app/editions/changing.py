"""Changing an edition part by part, as the pages do.

Not for: loading one from a file or moving its state (`lifecycle.py`), making a new one (`creating.py`).
Holds always: each change names the version of the edition that its author saw and is refused if another came between; it passes
the checks that a file must pass; it leaves an audit entry in its own transaction, with what changed and no contact of a person.
Each function commits, or raises UnknownEditionError, ChangedEditionError or EditionProblemsError and changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.audit.chain import Scalar, record
from app.editions.checks import (
    MINUTE,
    EditionProblemsError,
    Problem,
    address_problems,
    contact_problems,
    date_problems,
    letter_text_problems,
    name_problems,
    pdf_problems,
    period_problems,
    plan_problems,
    unfit_problems,
)
from app.editions.current import Contact, Plan
from app.editions.definitions import store_definition
from app.editions.lifecycle import ChangedEditionError, locked_edition
from app.editions.models import TELEPHONE, Edition, PilotEntity
from app.extensions import db
from app.questionnaire.model import Questionnaire
from app.registry.entities import codes_in_force

BEFORE_OPENING = frozenset({"draft", "pilot"})
MOST_PILOTS = 1_000


class UnknownEditionError(Exception):
    """No edition has this code."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes which edition and when. `seen`: its `changed_at` as they have read it; `also`: flushes what other rooms
    change with it, in the same transaction, once the edition's row is held and its change is known to be right."""

    code: str
    seen: dt.datetime
    actor: str
    now: dt.datetime
    also: Callable[[], None] = lambda: None


def rename(act: Act, *, code: str, title: str) -> None:
    """Change the title and, in a draft, the code: later it stands in links and in the log."""
    edition = _begin(act)
    title = title.strip()
    problems = [*name_problems(code, title), *unfit_problems({"code": code, "title": title})]
    if code != edition.code and edition.state != "draft":
        problems.append(Problem("code", "frozen"))
    elif code != edition.code and _is_taken(code):
        problems.append(Problem("code", "code_taken"))
    _refuse(problems)
    before, title_before = edition.code, edition.title
    edition.code, edition.title = code, title
    try:
        db.session.flush()
    except IntegrityError:
        _refuse([Problem("code", "code_taken")])
    _finish(act, edition, "name", code_before=before, title_before=title_before, title_after=title)


def set_period(act: Act, *, start: dt.date, end: dt.date) -> None:
    """Change the reference period."""
    edition = _begin(act)
    _refuse(period_problems(start, end))
    before = f"{edition.period_from}/{edition.period_to}"
    edition.period_from, edition.period_to = start, end
    _finish(act, edition, "period", before=before, after=f"{start}/{end}")


def set_dates(act: Act, *, opens_at: dt.datetime, deadline: dt.datetime, confirmed: bool) -> None:
    """Change opening and deadline, the last minute that counts. `confirmed`: an open edition may end earlier than was said."""
    edition = _begin(act)
    closes_at = deadline + MINUTE
    _refuse(_date_problems(edition, opens_at, closes_at, act.now, confirmed=confirmed))
    before = f"{edition.opens_at.isoformat()}/{edition.closes_at.isoformat()}"
    edition.opens_at, edition.closes_at = opens_at, closes_at
    after = f"{opens_at.isoformat()}/{closes_at.isoformat()}"
    _finish(act, edition, "dates", before=before, after=after)


def _date_problems(
    edition: Edition, opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime, *, confirmed: bool
) -> Iterator[Problem]:
    yield from date_problems(opens_at, closes_at - MINUTE)
    if edition.state not in BEFORE_OPENING and opens_at != edition.opens_at:
        yield Problem("opening", "frozen")
    if edition.state == "open" and closes_at <= now:
        yield Problem("deadline", "deadline_past")
    elif edition.state == "open" and closes_at < edition.closes_at and not confirmed:
        yield Problem("confirmed", "deadline_earlier")


def set_contacts(act: Act, contacts: Sequence[Contact]) -> None:
    """Change whom people may call or write to."""
    edition = _begin(act)
    fields = ("name", "role", "email", "phone", "hours")
    unfit = [
        Problem(problem.place, problem.reason, row)
        for row, contact in enumerate(contacts)
        for problem in unfit_problems({name: getattr(contact, name) for name in fields})
    ]
    _refuse([*contact_problems(contacts), *unfit])
    before = len(msgspec.json.decode(edition.contacts))
    edition.contacts = msgspec.json.encode(tuple(contacts)).decode()
    _finish(act, edition, "contacts", before=before, after=len(contacts))


def set_letter_text(act: Act, text: str) -> None:
    """Change the text of the letter to each entity; empty: the one that ships."""
    edition = _begin(act)
    _refuse([*(letter_text_problems(text) if text else ()), *unfit_problems({"letter_text": text})])
    before, edition.letter_text = len(edition.letter_text), text
    _finish(act, edition, "letter_text", before=before, after=len(text))


def set_letter(act: Act, content: bytes | None) -> None:
    """Change the letter that everybody may read, a PDF; None takes it away."""
    edition = _begin(act)
    _refuse(pdf_problems(content) if content is not None else ())
    before = edition.letter_bytes
    edition.letter = content
    _finish(act, edition, "letter", before=before, after=edition.letter_bytes)


def set_plan(act: Act, plan: Plan) -> None:
    """Change the response plan, its rows by day."""
    edition = _begin(act)
    _refuse(plan_problems(plan, edition.opens_at, edition.closes_at))
    before = edition.plan
    edition.plan = msgspec.json.encode(plan).decode()
    _finish(act, edition, "plan", before=before, after=edition.plan)


def set_addresses(act: Act, *, results_url: str | None, accessibility_url: str | None) -> None:
    """Change the addresses of last year's results and of the accessibility declaration; None: there is none."""
    edition = _begin(act)
    texts = {"results_url": results_url or "", "accessibility_url": accessibility_url or ""}
    _refuse([*address_problems(results_url, accessibility_url), *unfit_problems(texts)])
    edition.results_url, edition.accessibility_url = results_url, accessibility_url
    _finish(act, edition, "addresses", results_url=results_url, accessibility_url=accessibility_url)


def set_second_step(act: Act, *, wanted: bool) -> None:
    """Whether an entity needs a code by e-mail beside its password, in a browser where it has not signed in before."""
    edition = _begin(act)
    before, edition.second_step = edition.second_step, wanted
    _finish(act, edition, "second_step", before=before, after=wanted)


def set_telephone(act: Act, who: str) -> None:
    """Who may fill in with an officer on the line, one of `TELEPHONE`; what they have begun ends where they may no longer."""
    edition = _begin(act)
    _refuse([] if who in TELEPHONE else [Problem("telephone", "telephone")])
    before, edition.telephone = edition.telephone, who
    _finish(act, edition, "telephone", before=before, after=who)


def set_questionnaire(act: Act, questionnaire: Questionnaire, source: str) -> None:
    """Take this questionnaire; refused from the opening on."""
    edition = _begin(act)
    if edition.state not in BEFORE_OPENING:
        _refuse([Problem("questionnaire", "frozen")])
    before = edition.definition_id
    edition.definition_id = store_definition(questionnaire, source, act.now)
    detail = {"digest": questionnaire.digest, "version": questionnaire.version}
    _finish(act, edition, "questionnaire", before=before, after=edition.definition_id, **detail)


def add_pilots(act: Act, codes: Sequence[str]) -> int:
    """Let these entities answer while the edition is a pilot; how many of them could not before."""
    edition = _begin(act)
    known = set(pilot_codes(edition.id))
    fresh = [code for code in dict.fromkeys(codes) if code not in known]
    if len(known) + len(fresh) > MOST_PILOTS:
        _refuse([*_pilot_is_over(edition), Problem("pilot", "too_many_rows", params={"most": MOST_PILOTS})])
    in_force = codes_in_force(fresh)
    unknown = [Problem("pilot", "pilot_unknown", params={"code": code}) for code in fresh if code not in in_force]
    _refuse([*_pilot_is_over(edition), *unknown])
    db.session.add_all(PilotEntity(edition_id=edition.id, entity_code=code) for code in fresh)
    db.session.flush()
    _finish(act, edition, "pilot", added=" ".join(fresh), before=len(known), after=len(known) + len(fresh))
    return len(fresh)


def remove_pilot(act: Act, code: str) -> None:
    """Take an entity out of the pilot; what it has answered stays."""
    edition = _begin(act)
    _refuse(_pilot_is_over(edition))
    one = (PilotEntity.edition_id == edition.id, PilotEntity.entity_code == code)
    db.session.execute(sa.delete(PilotEntity).where(*one))
    _finish(act, edition, "pilot", removed=code)


def pilot_codes(edition_id: int) -> list[str]:
    """Who may answer while the edition is a pilot, by code."""
    query = sa.select(PilotEntity.entity_code).where(PilotEntity.edition_id == edition_id).order_by(PilotEntity.entity_code)
    return list(db.session.execute(query).scalars())


def _pilot_is_over(edition: Edition) -> list[Problem]:
    return [] if edition.state in BEFORE_OPENING else [Problem("pilot", "frozen")]


def _begin(act: Act) -> Edition:
    edition = locked_edition(act.code)
    if edition is None:
        db.session.rollback()
        raise UnknownEditionError(act.code)
    if edition.changed_at != act.seen:
        db.session.rollback()
        raise ChangedEditionError(act.code)
    return edition


def _refuse(problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if not found:
        return
    db.session.rollback()
    raise EditionProblemsError(found)


def _finish(act: Act, edition: Edition, part: str, **detail: Scalar) -> None:
    edition.note_change(act.now)
    act.also()
    told = {"part": part, **detail}
    record("edition_changed", actor=act.actor, subject=f"edition:{edition.code}", detail=told, now=act.now)
    db.session.commit()


def _is_taken(code: str) -> bool:
    return db.session.execute(sa.select(Edition.id).where(Edition.code == code)).scalar_one_or_none() is not None
