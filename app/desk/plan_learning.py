"""What a batch over days or in variants will be able to show, told before it is confirmed; and what is wrong with its days.

Not for: the rule of what is told (`app.reminders.learning.power`), or the steps of a plan (`planning.py`).
Holds always: a number of queries that does not grow with the entities; nothing is stored.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

from flask_babel import gettext as _

from app.desk.learning_words import in_hundred
from app.editions.current import EditionView
from app.reminders.audience import Audience, regions_of
from app.reminders.batches import Plan
from app.reminders.learning.arms import look_ahead, places_of
from app.reminders.learning.power import detectable, is_enough
from app.reminders.learning.turns import LateDaysError
from app.reminders.schedule import CrowdedDaysError, ends_too_late


def timing_problem(error: CrowdedDaysError | LateDaysError) -> tuple[str, str]:
    """(field, what is wrong) for a batch that cannot go out over these days."""
    if isinstance(error, CrowdedDaysError):
        return "giorni", _(
            "A questo ritmo i messaggi di un giorno non finiscono prima di quelli del giorno dopo: aumenta il ritmo o i giorni."
        )
    return "giorni", _(
        "L'ultimo giorno viene troppo tardi: tutti devono riceverlo almeno un giorno prima della scadenza. Scegli meno giorni."
    )


def timing_problem_of(plan: Plan, audience: Audience) -> tuple[str, str] | None:
    """The same for one that nobody has confirmed yet; None where nothing is wrong."""
    if plan.schedule.days == 1 or not audience.recipients:
        return None
    try:
        _first, last = plan.schedule.span(audience.messages)
    except CrowdedDaysError as error:
        return timing_problem(error)
    late = ends_too_late(last, min(one.closes_at for one in audience.recipients))
    return timing_problem(LateDaysError()) if late else None


def foresight(edition: EditionView, plan: Plan, audience: Audience, now: dt.datetime) -> list[str]:
    """Sentences: which difference these numbers could show, over the days and between the texts, and for which Regions."""
    days, variants, number = plan.schedule.days, 1 + len(plan.others), len(audience.recipients)
    expected = look_ahead(edition, plan.schedule, plan.region or plan.choice.filter.region, now)
    told = []
    if days > 1:
        told += [_of_days(*_split(number, days), expected.days), _regions(edition, audience, days, expected.days)]
    if variants > 1:
        told.append(_of_texts(number // variants, variants - 1, expected.variants))
    return told


def _of_days(first: int, second: int, base: float) -> str:
    numbers = {"first": first, "second": second, "shows": in_hundred(detectable(first, second, base))}
    if is_enough(first, second, base):
        return str(
            _(
                "Prima che parta l'ultimo giorno si confrontano gli enti già raggiunti (circa %(first)s) con quelli non ancora "
                "raggiunti (circa %(second)s). Così si vede una differenza di almeno %(shows)s risposte ogni 100 enti, se c'è.",
                **numbers,
            )
        )
    return str(
        _(
            "Gli enti sono pochi: i giorni mostrerebbero solo una differenza di almeno %(shows)s risposte ogni 100 enti, e il "
            "confronto non verrà mostrato.",
            **numbers,
        )
    )


def _of_texts(each: int, comparisons: int, base: float) -> str:
    shows = in_hundred(detectable(each, each, base, comparisons=comparisons))
    if is_enough(each, each, base, comparisons=comparisons):
        return str(
            _(
                "I testi si confrontano a sette giorni dall'ultimo messaggio, o alla scadenza. Così si vede una differenza di "
                "almeno %(shows)s risposte ogni 100 enti fra un testo e il primo, se c'è.",
                shows=shows,
            )
        )
    return str(
        _(
            "Gli enti sono pochi: fra i testi si vedrebbe solo una differenza di almeno %(shows)s risposte ogni 100 enti, e il "
            "confronto non verrà mostrato.",
            shows=shows,
        )
    )


def _split(number: int, days: int) -> tuple[int, int]:
    """(those of all days but the last, those of the last)."""
    return number - number // days, number // days


def _regions(edition: EditionView, audience: Audience, days: int, base: float) -> str:
    places = places_of(edition.id)
    sizes = Counter(places.get(one.entity_id, ("", 0))[0] for one in audience.recipients)
    alone = [code for code, number in sizes.items() if code and is_enough(*_split(number, days), base)]
    large = {code for code in alone if is_enough(*_split(sizes[code], days), base, comparisons=len(alone))}
    names = [name for code, name in regions_of(edition.id) if code in large]
    if not names:
        return str(_("Per le singole Regioni i numeri sono troppo piccoli: non si dirà nulla di nessuna."))
    return str(_("Fra le singole Regioni si potrà dire qualcosa solo di: %(names)s.", names=", ".join(names)))
