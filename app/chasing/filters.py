"""Which respondents: a filter as it stands in an address, and the conditions that it means.

Not for: sorting and paging (`listing.py`).
Holds always: what an address holds that is no filter is left out, never an error; a filter written into an address and read
again is the same; conditions are about `respondent` alone, which the caller narrows to its edition; a territory's person adds
its Region (`conditions(filter, edition, region=…)`) and never sees another's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import sqlalchemy as sa

from app.chasing.belonging import ASSOCIATIONS, belongs_to
from app.chasing.models import Call
from app.chasing.respondents import SIZES, respondent_table
from app.editions.files import ROME
from app.extensions import table_of
from app.registry.entities import ENTITY_KINDS, LONGEST_SEARCH, MUNICIPALITY_KIND, entity_table, select_matching
from app.registry.languages import LANGUAGES
from app.registry.recipients import select_with_address
from app.responses.late import has_late_work
from app.responses.telephone_copies import FLAGGED_AFTER, is_contested, is_unconfirmed

STATES: Final = ("never", "opened", "draft", "submitted", "covered")
"""Where an entity stands, each in one of them: what it sent comes before what others sent for it."""
PROBLEMS: Final = (
    "no_address",
    "bad_address",
    "doubly_claimed",
    "call_back",
    "waits_for_lead",
    "leads",
    "silent_lead",
    "late_work",
    "by_phone",
    "phone_unconfirmed",
    "phone_contested",
    "no_pec",
    "bounced",
    "extension",
)
ACTIVITIES: Final = ("quiet", "recent")
"""No activity for so many days, of those that have opened; some activity in the last so many days."""
MESSAGES: Final = ("none", "before", "within")
"""No reminder in this edition; the last one so many days ago or longer; the last one within so many days."""
LAST_CHANNELS: Final = ("email", "pec", "hand")
BEFORE: Final = ("yes", "no")
"""Whether it answered in the edition before."""
MOST_DAYS: Final = 999
ALL: Final = 100
"""Percent."""
_ROW: Final = respondent_table.c
_CALL: Final = table_of(Call)


class Arguments(Protocol):
    """The fields of an address, as werkzeug's MultiDict gives them."""

    def get(self, key: str, default: str, /) -> str: ...

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """All of it must hold; an empty part asks nothing. `states` and `problems`: any of them, each of `STATES`, `PROBLEMS`.

    `text`: name or code; `region`: two digits; `province`: its sign; `kind`: of `ENTITY_KINDS`; `size`: 1 to 5,
    `SIZES`; `lead`: the code of an entity that leads an association, for its members; `association`: of
    `ASSOCIATIONS`, for municipalities; `least` and `most`: percent of progress, both included; `activity`: of `ACTIVITIES`,
    with its days; `message`: of `MESSAGES`, with its days but for none; `channel`: by which the last reminder went, of
    `LAST_CHANNELS`; `language`: of `app.registry.languages`; `before`: of `BEFORE`.
    """

    text: str = ""
    states: tuple[str, ...] = ()
    region: str = ""
    province: str = ""
    kind: str = ""
    size: int = 0
    lead: str = ""
    problems: tuple[str, ...] = ()
    association: str = ""
    least: int = 0
    most: int = ALL
    activity: str = ""
    activity_days: int = 0
    message: str = ""
    message_days: int = 0
    channel: str = ""
    language: str = ""
    before: str = ""

    @classmethod
    def from_args(cls, args: Arguments) -> Filter:
        """The filter of an address."""
        kind, size, association = (args.get(name, "") for name in ("tipo", "classe", "forma"))
        return cls(
            text=" ".join(args.get("q", "").split())[:LONGEST_SEARCH],
            states=_known(args.getlist("stato"), STATES),
            region=_plain(args.get("regione", ""), 2),
            province=_plain(args.get("provincia", ""), 4).upper(),
            kind=kind if kind in ENTITY_KINDS else "",
            size=int(size) if size in {str(number + 1) for number in range(len(SIZES) + 1)} else 0,
            lead=_plain(args.get("capofila", ""), 32),
            problems=_known(args.getlist("problema"), PROBLEMS),
            association=association if association in ASSOCIATIONS else "",
            **_read_progress(args),
            **_read_contacts(args),
        )

    def to_args(self) -> list[tuple[str, str]]:
        """The fields of its address, in a fixed order, without what asks nothing."""
        single = {"q": self.text, "regione": self.region, "provincia": self.province, "tipo": self.kind}
        single |= {"classe": str(self.size or ""), "capofila": self.lead, "forma": self.association}
        single |= {"da": str(self.least or ""), "a": "" if self.most == ALL else str(self.most)}
        single |= {"attivita": self.activity, "attivita_giorni": str(self.activity_days or "")}
        single |= {"messaggio": self.message, "messaggio_giorni": str(self.message_days or "")}
        single |= {"ultimo_canale": self.channel, "lingua_ente": self.language, "precedente": self.before}
        pairs = [(name, value) for name, value in single.items() if value]
        return pairs + [("stato", state) for state in self.states] + [("problema", problem) for problem in self.problems]

    @property
    def is_empty(self) -> bool:
        """Whether it asks nothing."""
        return self == Filter()


def _read_progress(args: Arguments) -> dict[str, Any]:
    """Bounds that leave nothing between them, or are no percents, ask nothing."""
    least, most = _number(args.get("da", ""), ALL), _number(args.get("a", ""), ALL)
    least, most = least or 0, ALL if most is None else most
    return {"least": least, "most": most} if least <= most else {}


def _read_contacts(args: Arguments) -> dict[str, Any]:
    """What a number of days needs asks nothing without it."""
    days = {name: _number(args.get(f"{name}_giorni", ""), MOST_DAYS) for name in ("attivita", "messaggio")}
    activity, message, channel = args.get("attivita", ""), args.get("messaggio", ""), args.get("ultimo_canale", "")
    found: dict[str, Any] = {}
    if activity in ACTIVITIES and days["attivita"]:
        found |= {"activity": activity, "activity_days": days["attivita"]}
    if message == "none":
        found |= {"message": message}
    elif message in MESSAGES and days["messaggio"]:
        found |= {"message": message, "message_days": days["messaggio"]}
    language, before = args.get("lingua_ente", ""), args.get("precedente", "")
    found |= {"channel": channel if channel in LAST_CHANNELS else "", "language": language if language in LANGUAGES else ""}
    return found | {"before": before if before in BEFORE else ""}


def conditions(wanted: Filter, today: dt.date, *, region: str | None = None) -> list[sa.ColumnElement[bool]]:
    """The conditions on `respondent`. `today`: in Rome; `region`: the only one that whoever asks may see."""
    found: list[sa.ColumnElement[bool]] = []
    if region is not None:
        found.append(_ROW.region_code == region)
    single = ((wanted.region, _ROW.region_code), (wanted.province, _ROW.province_sign), (wanted.kind, _ROW.kind))
    found += [column == value for value, column in single if value]
    if wanted.size:
        found.append(_ROW.size_class == wanted.size)
    if wanted.association:
        found += [_ROW.kind == MUNICIPALITY_KIND, belongs_to(_ROW.entity_id, wanted.association, today)]
    if wanted.text:
        found.append(_ROW.entity_id.in_(select_matching(wanted.text)))
    if wanted.lead:
        lead = sa.select(entity_table.c.id).where(entity_table.c.code == wanted.lead)
        found.append(_ROW.lead_id == lead.scalar_subquery())
    if wanted.states:
        found.append(sa.or_(*(in_state(state) for state in wanted.states)))
    if wanted.problems:
        found.append(sa.or_(*(_PROBLEM[problem](today) for problem in wanted.problems)))
    return [*found, *_about_progress(wanted, today), *_about_messages(wanted, today)]


def _about_progress(wanted: Filter, today: dt.date) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.least:
        yield _ROW.progress >= wanted.least
    if wanted.most < ALL:
        yield _ROW.progress <= wanted.most
    if wanted.activity:
        since = _midnight(today - dt.timedelta(days=wanted.activity_days))
        yield _ROW.last_activity < since if wanted.activity == "quiet" else _ROW.last_activity >= since
    if wanted.before:
        yield _ROW.answered_before.is_(wanted.before == "yes")


def _about_messages(wanted: Filter, today: dt.date) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.message == "none":
        yield _ROW.last_message_at.is_(None)
    elif wanted.message:
        since = _midnight(today - dt.timedelta(days=wanted.message_days))
        yield _ROW.last_message_at < since if wanted.message == "before" else _ROW.last_message_at >= since
    if wanted.channel:
        yield _ROW.last_channel == wanted.channel
    if wanted.language:
        yield _ROW.language == wanted.language


def in_state(state: str) -> sa.ColumnElement[bool]:
    """Whether a respondent stands in this one of `STATES`."""
    if state == "submitted":
        return _ROW.state == "submitted"
    if state == "covered":
        return sa.and_(_ROW.covered, _ROW.state != "submitted")
    return sa.and_(_ROW.state == state, ~_ROW.covered)


def shown_state(row: sa.Row[object] | object) -> str:
    """The one of `STATES` in which a row with the columns `state` and `covered` stands."""
    state: str = getattr(row, "state")  # noqa: B009 — rows of any query that has these columns
    return state if state == "submitted" or not getattr(row, "covered") else "covered"  # noqa: B009


def _call_back(today: dt.date) -> sa.ColumnElement[bool]:
    """Somebody promised to call by today, and nobody has called since."""
    promised, since = _CALL.alias("promised"), _CALL.alias("since")
    later = sa.exists().where(
        since.c.edition_id == promised.c.edition_id,
        since.c.entity_id == promised.c.entity_id,
        since.c.removed_at.is_(None),
        since.c.at > promised.c.at,
    )
    own = sa.and_(promised.c.edition_id == _ROW.edition_id, promised.c.entity_id == _ROW.entity_id)
    return sa.exists().where(own, promised.c.removed_at.is_(None), promised.c.call_back_on <= today, ~later)


_PROBLEM: Final[Mapping[str, Callable[[dt.date], sa.ColumnElement[bool]]]] = {
    "no_address": lambda _today: ~_ROW.has_address,
    "bad_address": lambda _today: _ROW.entity_id.in_(select_with_address(bad=True)),
    "doubly_claimed": lambda _today: _ROW.doubly_claimed.is_(True),
    "call_back": _call_back,
    "waits_for_lead": lambda _today: sa.and_(sa.or_(_ROW.claimed, _ROW.declared), ~_ROW.covered),
    "leads": lambda _today: _ROW.is_lead.is_(True),
    "late_work": lambda _today: has_late_work(_ROW.edition_id, _ROW.entity_id),
    "silent_lead": lambda _today: sa.and_(_ROW.is_lead, _ROW.state != "submitted"),
    "by_phone": lambda _today: _ROW.by_phone.is_(True),
    "phone_unconfirmed": lambda today: is_unconfirmed(_ROW.edition_id, _ROW.entity_id, _midnight(today) - FLAGGED_AFTER),
    "phone_contested": lambda _today: is_contested(_ROW.edition_id, _ROW.entity_id),
    "no_pec": lambda _today: ~_ROW.has_pec,
    "bounced": lambda _today: _ROW.bounced.is_(True),
    "extension": lambda _today: _ROW.closes_at.is_not(None),
}


def _midnight(today: dt.date) -> dt.datetime:
    return dt.datetime.combine(today, dt.time(), ROME).astimezone(dt.UTC)


def _known(given: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in known if one in given)


def _number(text: str, most: int) -> int | None:
    """A whole number from 0 to `most`; None for what is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    return number if number is None or number <= most else None


def _plain(text: str, longest: int) -> str:
    return text if len(text) <= longest and text.isascii() and text.replace("-", "").isalnum() else ""
