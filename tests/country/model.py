"""Who answers for whom, counted in plain Python from the rules: what everybody wrote, sent, said and became.

Not for: the program: nothing of it is imported.
Holds always: a count starts from nothing each time; only facts are kept.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LEADING = ("lead_ambito", "lead_other", "union", "metropolitan", "delegate")
STATES = ("universe", "answered", "covered", "both", "represented", "declared", "claimed")
Sum = tuple[int, int, int]


@dataclass
class Body:
    """Whoever can be asked. `ends`: the first day without it."""

    code: str
    kind: str
    region: str
    population: int | None
    begins: dt.date | None = None
    ends: dt.date | None = None
    successor: str | None = None

    def exists(self, day: dt.date) -> bool:
        return (self.begins is None or self.begins <= day) and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class Said:
    """What somebody wrote: the first answer, which entity answers, in what capacity it answers itself, and for which towns."""

    first: str
    lead: str | None = None
    capacity: str = "single"
    towns: tuple[str, ...] = ()

    @property
    def names(self) -> str | None:
        """Who answers for it, where that is asked."""
        return self.lead if self.first in ("other", "both") else None

    @property
    def claims(self) -> tuple[str, ...]:
        """For whom it answers, where that is asked."""
        return self.towns if self.capacity in LEADING else ()


@dataclass
class Country:
    """All facts. `drafts` and `sent` by code; `replies`: (lead, member, "lead" or "member" who said it) → yes or no."""

    bodies: dict[str, Body]
    drafts: dict[str, Said] = field(default_factory=dict)
    sent: dict[str, Said] = field(default_factory=dict)
    replies: dict[tuple[str, str, str], bool] = field(default_factory=dict)

    # What happens ---------------------------------------------------------------------------------------------------

    def send(self, code: str) -> None:
        """The draft becomes the last version; naming a lead anew takes back one's own no. The same again is nothing new."""
        said = self.drafts[code]
        if self.sent.get(code) == said:
            return
        self.sent[code] = said
        if said.names is not None and self.replies.get((said.names, code, "member")) is False:
            del self.replies[said.names, code, "member"]

    def is_declaration(self, code: str) -> bool:
        """Whether what was sent says no more than that another answers."""
        said = self.sent[code]
        return said.first == "other" and said.lead in self.bodies and said.lead != code

    # What follows ---------------------------------------------------------------------------------------------------

    def today(self, code: str | None, day: dt.date) -> str | None:
        """Who stands for a name on a day: itself or the end of its successors; None where nobody does."""
        passed = set()
        while code is not None and code in self.bodies and code not in passed:
            passed.add(code)
            body = self.bodies[code]
            if body.ends is not None and body.ends <= day and body.successor is not None:
                code = body.successor
                continue
            return code if body.exists(day) else None
        return None

    def claims(self, versions: dict[str, Said], day: dt.date) -> Iterator[tuple[str, str]]:
        """(lead, member) of what counts as claimed in these versions."""
        for lead, said in versions.items():
            if not self.bodies[lead].exists(day):
                continue
            for town in {self.today(town, day) for town in said.claims}:
                if town is not None and town != lead and self.replies.get((lead, town, "member")) is not False:
                    yield lead, town

    def declarations(self, day: dt.date) -> Iterator[tuple[str, str]]:
        """(member, lead) of what was sent, whatever anybody replied."""
        for member, said in self.sent.items():
            lead = self.today(said.names, day)
            if lead is not None and lead != member and self.bodies[member].exists(day):
                yield member, lead

    def leads(self, versions: dict[str, Said], day: dt.date) -> dict[str, set[str]]:
        """Member → who claims it."""
        found: dict[str, set[str]] = defaultdict(set)
        for lead, member in self.claims(versions, day):
            found[member].add(lead)
        return found

    def refuses(self, lead: str, member: str) -> bool:
        """Whether either side has said that the lead does not answer for the member."""
        return any(self.replies.get((lead, member, side)) is False for side in ("lead", "member"))

    def claimed_in_vain(self, lead: str, day: dt.date) -> set[str]:
        """Whom this lead's draft claims although they have said no."""
        draft = self.drafts.get(lead)
        own = {self.today(town, day) for town in draft.claims} if draft else set()
        return {town for town in own if town is not None and self.replies.get((lead, town, "member")) is False}

    def waiting_for(self, lead: str, day: dt.date) -> set[str]:
        """Whose declaration waits for this lead's yes or no."""
        draft = self.drafts.get(lead)
        own = {self.today(town, day) for town in draft.claims} if draft else set()
        return {
            member
            for member, named in self.declarations(day)
            if named == lead
            and member not in own
            and (lead, member, "lead") not in self.replies
            and self.replies.get((lead, member, "member")) is not False
        }

    def doubles(self, day: dt.date) -> dict[str, set[str]]:
        """Municipality → the two or more that claim it."""
        sent, drafts = self.leads(self.sent, day), self.leads(self.drafts, day)
        both = {town: sent.get(town, set()) | drafts.get(town, set()) for town in {*sent, *drafts}}
        return {town: leads for town, leads in both.items() if len(leads) > 1 and self.bodies[town].kind == "municipality"}

    def count(self, day: dt.date) -> dict[str, dict[str, Sum]]:
        """Region → state → (municipalities, residents, of unknown population)."""
        covered = self.leads(self.sent, day)
        claimed = self.leads(self.drafts, day)
        declared = {member for member, lead in self.declarations(day) if not self.refuses(lead, member)}
        states: dict[str, dict[str, list[Body]]] = defaultdict(lambda: {state: [] for state in STATES})
        for body in self.bodies.values():
            if body.kind != "municipality" or not body.exists(day):
                continue
            own = body.code in self.sent and not self.is_declaration(body.code)
            led = body.code in covered
            holds = (
                True,
                own,
                led,
                own and led,
                own or led,
                not led and body.code in declared,
                not led and body.code in claimed,
            )
            for state, is_so in zip(STATES, holds, strict=True):
                if is_so:
                    states[body.region][state].append(body)
        return {region: {state: summed(bodies) for state, bodies in rows.items()} for region, rows in states.items()}


def summed(bodies: Iterable[Body]) -> Sum:
    """How many, their residents where known, and how many have no known number."""
    known = [body.population for body in bodies]
    return len(known), sum(number for number in known if number is not None), sum(number is None for number in known)
