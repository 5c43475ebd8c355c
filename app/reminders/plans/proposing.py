"""The plan that is proposed for an edition that has none.

Not for: storing it (`steps.py`).
Holds always: pure; nothing of it is wrong by `checks.py`, but for the hours, which depend on how many are written to. What
would fall outside of the edition, or on the day of another step, is left out.

An entity gets three e-mails and two certified mails at most: the three are the reminders D−21, D−7 and D−2, so the invitation
goes as certified mail. Before it comes the letter on paper, which holds each entity's code of activation.
"""

from __future__ import annotations

from typing import Final

from app.chasing.filters import Filter
from app.reminders import occasions
from app.reminders.channels import BY_EMAIL, BY_HAND, BY_PEC, PAPER
from app.reminders.plans.resolving import AFTER_OPENING, INVITATION, LETTER, REMINDER, Frame, resolve
from app.reminders.plans.steps import Content
from app.reminders.templates import SHIPPED, shipped_for

LETTER_DAYS: Final = -10
OTHERS_DAYS: Final = 3
REMINDER_DAYS: Final = (21, 7, 2)
LEADS: Final = Filter(problems=("leads",))
NINE: Final = 9 * 60
OCCASIONS: Final = {INVITATION: occasions.INVITATION}
"""Kind of step → occasion of its text; for the others a reminder's, the last of them with one of its own."""


def proposed_steps(frame: Frame, names: tuple[str, str, str, str], *, per_hour: int, certified: bool) -> list[Content]:
    """The steps, in their order. `names`: of the letter, the two waves of the invitation, and a reminder with `%d` for the
    days; `certified`: the program can send certified mail."""
    letter, leads, others, reminder = names
    invited_by = BY_PEC if certified else BY_HAND

    def step(kind: str, name: str, channel: str, days: int, wanted: Filter) -> Content:
        occasion = occasions.LAST if kind == REMINDER and days == min(REMINDER_DAYS) else OCCASIONS.get(kind)
        template_id = SHIPPED if occasion is None else shipped_for(occasion)
        return Content(kind, name, channel, template_id, wanted, days, NINE, per_hour)

    steps = [
        step(LETTER, letter, PAPER, LETTER_DAYS, Filter()),
        step(INVITATION, leads, invited_by, 0, LEADS),
        step(INVITATION, others, invited_by, OTHERS_DAYS, Filter()),
        *(step(REMINDER, reminder % days, BY_EMAIL, days, Filter()) for days in REMINDER_DAYS),
    ]
    kept: list[Content] = []
    for one in steps:
        due, days = resolve(one.timing, frame), {resolve(other.timing, frame).day for other in kept}
        inside = one.kind == LETTER or frame.opens_at <= due.at < frame.closes_at
        in_order = one.kind in AFTER_OPENING or not kept or due.at > max(resolve(other.timing, frame).at for other in kept)
        if inside and in_order and due.day not in days:
            kept.append(one)
    return kept
