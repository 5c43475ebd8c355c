"""A batch while it is being planned: all that was chosen so far, as fields of an address or of a form.

Not for: queueing it, or drawing the steps (`planning.py`).
Holds always: what is written into an address and read again is the same; nothing of it is stored.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.chasing.filters import Filter
from app.config import settings
from app.editions.current import EditionView
from app.mail.pace import ROME
from app.mail.ways import sends_certified
from app.reminders.audience import Choice
from app.reminders.batches import LONGEST_NAME, Plan
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC, CHANNELS
from app.reminders.learning.lots import MOST_DAYS, MOST_VARIANTS
from app.reminders.occasions import ADVANCE, AFTERWARDS, REMINDER, RESULTS
from app.reminders.schedule import FASTEST, Schedule

MOST_LEFT_OUT = 500
LONGEST_SEARCH = 100
MOST_OTHERS = 20
_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
_NUMBER = re.compile(r"-?[0-9]{1,9}\Z")
Errors = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """What was chosen. `when`: "ora" or "data"; `start`, `pace`, `days` and `preview`, the name or code of whom to show: as
    typed; `channel`: one of `app.reminders.channels.CHANNELS`; `others`: the texts that are tried beside the first."""

    choice: Choice
    template_id: int
    name: str
    when: str
    start: str
    pace: str
    working_hours: bool
    preview: str
    channel: str = BY_EMAIL
    days: str = "1"
    others: tuple[int, ...] = ()

    def pairs(self, *without: str) -> list[tuple[str, str]]:
        """The fields of its address, but for those that a form holds itself."""
        fields = [*self.choice.filter.to_args(), ("senza", " ".join(self.choice.without))]
        fields += [("oltre", "1" if self.choice.beyond_limit else ""), ("testo", str(self.template_id)), ("nome", self.name)]
        fields += [("canale", "" if self.channel == BY_EMAIL else self.channel)]
        fields += [("variante", str(number)) for number in self.others] + [("giorni", "" if self.days == "1" else self.days)]
        fields += [("quando", self.when), ("inizio", self.start), ("ritmo", self.pace)]
        fields += [("orario", "1" if self.working_hours else ""), ("anteprima", self.preview)]
        return [(name, value) for name, value in fields if value and name not in without]

    def query(self, step: str) -> str:
        """The query of the address of a step."""
        return "?" + urlencode([("passo", step), *self.pairs()])

    def plan(
        self, edition: EditionView, now: dt.datetime, region: str | None, occasion: str = REMINDER
    ) -> tuple[Plan | None, Errors]:
        """The plan that this makes, or what is wrong with it. `occasion`: what its text is for."""
        if self.channel == BY_PEC and not sends_certified(settings()):
            return None, [("canale", _("Il programma non può spedire PEC: manca il server. Scegli la PEC a mano."))]
        if self.channel == BY_HAND:
            return Plan(
                self._named(now), self.choice, self.template_id, Schedule(now, FASTEST, False, True), region, BY_HAND
            ), []
        errors: Errors = []
        starts_at = now
        if self.when == "data":
            starts_at, problem = _moment(self.start, now)
            errors += [("inizio", problem)] if problem else []
        if not errors and occasion == RESULTS and edition.state != "published":
            errors.append(("inizio", _("I risultati non sono ancora pubblicati: pubblica prima l'edizione.")))
        if not errors and starts_at >= edition.closes_at and occasion not in AFTERWARDS:
            errors.append(("inizio", _("L'inizio deve venire prima della scadenza.")))
        if not errors and starts_at < edition.opens_at and occasion != ADVANCE:
            errors.append(("inizio", _("La rilevazione non è ancora aperta in quel momento: scegli una data successiva.")))
        pace = int(self.pace) if self.pace.isascii() and self.pace.isdigit() and len(self.pace) < 7 else 0
        if not 0 < pace <= FASTEST:
            errors.append(("ritmo", _("Scrivi quanti messaggi inviare in un'ora, per esempio 400.")))
        days = int(self.days) if self.days.isascii() and self.days.isdigit() else 0
        if not 0 < days <= MOST_DAYS:
            errors.append(("giorni", _("Scrivi in quanti giorni parte, da 1 a %(most)d.", most=MOST_DAYS)))
        if len(self.others) >= MOST_VARIANTS:
            errors.append(("variante", _("Scegli al massimo %(most)d altri testi.", most=MOST_VARIANTS - 1)))
        if errors:
            return None, errors
        schedule = Schedule(starts_at, pace, self.working_hours, days=days)
        name = self._named(starts_at)
        return Plan(name, self.choice, self.template_id, schedule, region, self.channel, self.others), []

    def _named(self, starts_at: dt.datetime) -> str:
        day = format_date(starts_at.astimezone(ROME).date(), "d MMMM y")
        return self.name or str(_("Promemoria del %(day)s", day=day))


def read_draft(args: MultiDict[str, str]) -> PlanDraft:
    """What an address or a form holds; what it does not hold has its usual value."""
    template, pace = _number(args.get("testo", "")) or 0, args.get("ritmo", "").strip().replace(".", "")
    others = [number for text in args.getlist("variante") if (number := _number(text)) not in (None, template)]
    codes = [code for code in re.split(r"[\s,;]+", args.get("senza", "")) if _CODE.match(code)]
    choice = Choice(Filter.from_args(args), tuple(dict.fromkeys(codes))[:MOST_LEFT_OUT], args.get("oltre", "") == "1")
    return PlanDraft(
        choice=choice,
        template_id=template,
        name=" ".join(args.get("nome", "").split())[:LONGEST_NAME],
        when="data" if args.get("quando", "") == "data" else "ora",
        start=args.get("inizio", "").strip()[:30],
        pace=pace[:10] or str(settings().reminders_per_hour),
        working_hours=args.get("orario", "") == "1" or not args.get("ritmo", ""),
        channel=args["canale"] if args.get("canale", "") in CHANNELS else BY_EMAIL,
        preview=" ".join(args.get("anteprima", "").replace("\0", "").split())[:LONGEST_SEARCH],
        days=args.get("giorni", "").strip()[:3] or "1",
        others=tuple(dict.fromkeys(number for number in others if number is not None))[:MOST_OTHERS],
    )


def with_filter(draft: PlanDraft, chosen: Filter) -> PlanDraft:
    """The same with another filter."""
    return replace(draft, choice=replace(draft.choice, filter=chosen))


def _number(text: str) -> int | None:
    """A template's id, below zero for those that ship, None for what is none."""
    return int(text) if _NUMBER.match(text) else None


def _moment(text: str, now: dt.datetime) -> tuple[dt.datetime, str]:
    """(the instant, "") or (now, what is wrong)."""
    try:
        written = dt.datetime.fromisoformat(text)
    except ValueError:
        return now, _("Scrivi il giorno e l'ora di inizio, per esempio 20/04/2026 alle 9:00.")
    instant = written if written.tzinfo else written.replace(tzinfo=ROME)
    if instant < now - dt.timedelta(minutes=5):
        return now, _("Questo momento è già passato: scegline uno futuro, oppure «Subito».")
    return instant, ""
