"""What happens in a country while an edition is on, one event at a time, done in the program and told to the model.

Holds always: the same generator gives the same events; an event that the program must refuse is refused, and changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from app.responses.coverage import NotAskedError, NothingToWithdrawError
from tests.country.building import START, Ground, Group
from tests.country.hands import Hands
from tests.country.model import Body, Country, Said

ROME = ZoneInfo("Europe/Rome")
REGION_OF_NEW = "01"
UNKNOWN_TOWN = "999999"
BUSY = 80
T = TypeVar("T")


@dataclass
class Life:
    """The events. `touched`: whom the last one was about."""

    ground: Ground
    random: Random
    hands: Hands = field(init=False)
    busy: list[Group] = field(init=False)
    touched: set[str] = field(default_factory=set)
    born: int = 0

    def __post_init__(self) -> None:
        self.hands = Hands(self.ground, START)
        self.busy = self.random.sample(self.ground.groups, BUSY)

    @property
    def country(self) -> Country:
        return self.ground.country

    @property
    def day(self) -> dt.date:
        return self.hands.now.astimezone(ROME).date()

    def begin(self, leads: int, members: int) -> None:
        """So many leads and members have acted before the first event."""
        for group in self.random.sample(self.ground.groups, leads):
            self._write(group.lead, self._claiming(group))
            if self.random.random() < 0.6:
                self._send(group.lead)
        for _member in range(members):
            self.random.choice((self.declare, self.answer))()

    def happen(self) -> str:
        """One event, and its name. Those that nobody can do now are passed over."""
        self.touched.clear()
        self.hands.now += dt.timedelta(minutes=self.random.randint(1, 90))
        while True:
            event = self.random.choices([event for event, _weight in EVENTS], [weight for _event, weight in EVENTS])[0]
            if event(self):
                return event.__name__

    # Writing and sending --------------------------------------------------------------------------------------------

    def declare(self) -> bool:
        """A member says that another answers: its lead, now and then the wrong one, itself or nobody that is known."""
        code = self._town()
        own = [group.lead for group in self.ground.groups if code in group.members]
        others = [self._group().lead, code, "X999", self._anybody()]
        lead = self.random.choice(own if own and self.random.random() < 0.8 else others)
        self._write(code, replace(self._before(code), first="other", lead=lead))
        if self.random.random() < 0.8:
            self._send(code)
        return True

    def answer(self) -> bool:
        """A member answers itself, has nothing to report, or answers and names a lead as well."""
        code = self._town()
        own = [group.lead for group in self.ground.groups if code in group.members]
        first = self.random.choice(("own", "own", "none", "both", "unknown"))
        self._write(code, replace(self._before(code), first=first, lead=self.random.choice(own or [code])))
        if self.random.random() < 0.8:
            self._send(code)
        return True

    def claim(self) -> bool:
        """A lead writes for whom it answers, and sends it or stays silent."""
        group = self._group()
        if not self._exists(group.lead):
            return False
        self._write(group.lead, self._claiming(group))
        if self.random.random() < 0.5:
            self._send(group.lead)
        return True

    def correct(self) -> bool:
        """A lead that has written takes some out, adds others, or says that it answers for nobody."""
        code = self._one(
            [code for code, said in self.country.drafts.items() if said.first and said.towns and self._exists(code)]
        )
        if code is None:
            return False
        said = self.country.drafts[code]
        kept = tuple(town for town in said.towns if self.random.random() < 0.8)
        more = tuple(town for town in {self._town() for _ in range(self.random.randint(0, 3))} if town not in kept)
        capacity = self.random.choice((said.capacity, said.capacity, "single", "lead_other"))
        self._write(code, replace(said, towns=(*kept, *sorted(more)), capacity=capacity if kept or more else "single"))
        if self.random.random() < 0.6:
            self._send(code)
        return True

    def send(self) -> bool:
        """Somebody sends what stands in the draft, also where nothing has changed since."""
        code = self._one([code for code, said in self.country.drafts.items() if said.first and self._exists(code)])
        if code is None:
            return False
        self._send(code)
        return True

    def withdraw(self) -> bool:
        """A short path was a mistake; who has sent an answer cannot withdraw it."""
        code = self._one([code for code in self.country.sent if self._exists(code)])
        if code is None:
            return False
        self.touched.add(code)
        if self.country.sent[code].first == "none" or self.country.is_declaration(code):
            self.hands.withdraw(code)
            del self.country.sent[code]
        else:
            with pytest.raises(NothingToWithdrawError):
                self.hands.withdraw(code)
        return True

    # Replying -------------------------------------------------------------------------------------------------------

    def reply_as_lead(self) -> bool:
        """A lead says yes or no to a member that has named it."""
        pairs = [(lead, member) for member, lead in self.country.declarations(self.day)]
        pair = self._one(pairs)
        if pair is None:
            return False
        lead, member = pair
        agrees = self.random.random() < 0.6
        self.touched |= {lead, member}
        self.hands.lead_replies(lead, member, agrees)
        self.country.replies[lead, member, "lead"] = agrees
        said = self.country.drafts.get(lead, Said("", None, ""))
        if agrees and member not in said.towns:
            self.country.drafts[lead] = replace(said, towns=(*said.towns, member))
        return True

    def reply_as_member(self) -> bool:
        """A member says yes or no to a lead that claims it, or changes its mind."""
        named = [
            (lead, town)
            for versions in (self.country.sent, self.country.drafts)
            for lead, said in versions.items()
            if self._exists(lead)
            for town in {self.country.today(town, self.day) for town in said.claims}
            if town is not None and town != lead
        ]
        pair = self._one(sorted(named))
        if pair is None:
            return False
        lead, member = pair
        agrees = self.random.random() < 0.4
        self.touched |= {lead, member}
        self.hands.member_replies(member, lead, agrees)
        self.country.replies[lead, member, "member"] = agrees
        return True

    def reply_unasked(self) -> bool:
        """Somebody replies to what nobody said: refused."""
        lead, member = self._group().lead, self._town()
        asked = any(lead == named for sender, named in self.country.declarations(self.day) if sender == member)
        if asked or not self._exists(lead):
            return False
        self.touched |= {lead, member}
        with pytest.raises(NotAskedError):
            self.hands.lead_replies(lead, member, agrees=True)
        return True

    # The registry ---------------------------------------------------------------------------------------------------

    def merge(self) -> bool:
        """Two or three municipalities become one: a new one, or one of those that exist; today or on a day to come."""
        day = self.day + dt.timedelta(days=self.random.choice((0, 0, 0, 2, 10)))
        first = self._acting()
        going = {code for code in (first, *(self._town() for _ in range(2))) if self.country.bodies[code].ends is None}
        target = self._town() if self.random.random() < 0.5 else self._found(day)
        for code in sorted(going - {target}):
            self._end(code, day, target)
        return True

    def merge_again(self) -> bool:
        """A municipality into which others have merged merges as well."""
        ended = {body.successor for body in self.country.bodies.values() if body.successor}
        code = self._one(sorted(code for code in ended if code and self.country.bodies[code].ends is None))
        if code is None:
            return False
        target = self._town()
        if target != code:
            self._end(code, self.day, target)
        return True

    def dissolve(self) -> bool:
        """A lead ends: its tasks go to another, or to nobody."""
        group = self._group()
        body = self.country.bodies[group.lead]
        if body.kind == "municipality" or body.ends is not None:
            return False
        other = self._group().lead
        self._end(group.lead, self.day, self.random.choice((None, other if other != group.lead else None)))
        return True

    def wait(self) -> bool:
        """Days pass."""
        self.hands.now += dt.timedelta(hours=self.random.randint(5, 60))
        return True

    # What the events are made of ------------------------------------------------------------------------------------

    def _exists(self, code: str) -> bool:
        return self.country.bodies[code].exists(self.day)

    def _one(self, among: Sequence[T]) -> T | None:
        return self.random.choice(among) if among else None

    def _group(self) -> Group:
        """Mostly one of those where much happens."""
        return self.random.choice(self.busy if self.random.random() < 0.75 else self.ground.groups)

    def _town(self) -> str:
        """A municipality that exists."""
        while True:
            code = self.random.choice(self._group().members)
            if self._exists(code):
                return code

    def _anybody(self) -> str:
        return self.random.choice(list(self.country.bodies))

    def _acting(self) -> str:
        """A municipality that has written something, if there is one."""
        wrote = [
            code for code in self.country.drafts if self._exists(code) and self.country.bodies[code].kind == "municipality"
        ]
        return self.random.choice(wrote) if wrote else self._town()

    def _before(self, code: str) -> Said:
        said = self.country.drafts.get(code, Said("own"))
        return said if said.first else replace(said, first="own", capacity="single")

    def _claiming(self, group: Group) -> Said:
        """What the lead of a group writes: most of its members, now and then others, itself, one that nobody knows."""
        towns = [town for town in group.members if self.random.random() < 0.85]
        for more in (self._town(), group.lead, UNKNOWN_TOWN, self.random.choice(self._group().members)):
            if self.random.random() < 0.25 and more.isdigit() and more not in towns:
                towns.append(more)
        capacity = group.capacity if towns else "single"
        return replace(self._before(group.lead), capacity=capacity, towns=tuple(towns))

    def _write(self, code: str, said: Said) -> None:
        self.touched.add(code)
        self.hands.save(code, said)
        self.country.drafts[code] = said

    def _send(self, code: str) -> None:
        self.touched.add(code)
        self.hands.send(code)
        self.country.send(code)

    def _found(self, day: dt.date) -> str:
        """A municipality that begins on a day."""
        self.born += 1
        population = self.random.choice((None, self.random.randint(200, 20_000)))
        body = Body(f"9{self.born:05}", "municipality", REGION_OF_NEW, population, begins=day)
        self.country.bodies[body.code] = body
        self.hands.add(body)
        return body.code

    def _end(self, code: str, day: dt.date, successor: str | None) -> None:
        body = self.country.bodies[code]
        body.ends, body.successor = day, successor
        self.touched |= {code} if successor is None else {code, successor}
        self.hands.end(body)


EVENTS: tuple[tuple[Callable[[Life], bool], int], ...] = (
    (Life.declare, 18),
    (Life.answer, 12),
    (Life.claim, 14),
    (Life.correct, 12),
    (Life.send, 8),
    (Life.withdraw, 6),
    (Life.reply_as_lead, 9),
    (Life.reply_as_member, 8),
    (Life.reply_unasked, 2),
    (Life.merge, 5),
    (Life.merge_again, 2),
    (Life.dissolve, 1),
    (Life.wait, 3),
)
"""Each with how often it happens among the others."""
