"""50 municipalities answer over HTTP exactly as the served forms ask: checks passed of checks made, on both databases.

Each draws its answers from a generator of its own, slips now and then, sees what is wrong and mends it. 30 submit, five of
them correct an answer and submit again, 20 stop half-way. What they typed, which alone says what must be there, is compared
with every page that comes, with the receipt and the copies, with the database, and again after the server was killed and
started and they have signed in anew. What is checked stands in `tests.respondent`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from app.accounts.links import create_activation_link
from app.clock import now
from app.editions.current import current_edition
from app.extensions import db
from tests.figures.harness import DATABASES, Share, bench
from tests.live_site import Site
from tests.respondent.model import Model
from tests.respondent.municipality import Stopped
from tests.respondent.places import Town, towns
from tests.respondent.reading_back import read_back
from tests.respondent.reference import questions
from tests.respondent.slips import SLIPS
from tests.respondent.tally import Tally
from tests.respondent.visits import Guest
from tests.respondent.writing import MONTHS

SUBMIT = 30
STOP = 20
FEWEST_PAGES = 7  # that somebody posts who has services of its own, from the first question to the check
AT_ONCE = 6
BY_COMMAND = 2
SHOWN_FAILURES = 25
PATHS = ("own", "both", "other", "none", "unknown")
CORRECTIONS = ("B05", "P03", "B01", "E04", "C01")
NOT_UNIQUE_OR_ACCENTED = ("022165", "001001", "021008", "016065", "080014")


def measure() -> Iterator[Share]:
    """The checks on each database."""
    with bench() as sites:
        for kind in DATABASES:
            with sites.site(kind) as site:
                tally = answer_all(site)
            for failure in tally.failures[:SHOWN_FAILURES]:
                print(f"{kind}: {failure}", file=sys.stderr)
            yield Share(f"answering-{kind}", tally.passed, tally.made, "checks")


def answer_all(site: Site) -> Tally:
    """Let all of them answer on a running site, and count."""
    tally = Tally()
    guests, links = _invite(site, tally)
    _together(guests, lambda guest: _visit(guest, links[guest.town.code]))
    _read_all(site, guests)
    _together(guests, lambda guest: guest.intrude(guests[guest.number - 1]))
    site.kill()
    site.start()
    _together(guests, _come_back)
    _read_all(site, guests)
    _count_plan(guests, tally)
    return tally


def _invite(site: Site, tally: Tally) -> tuple[list[Guest], Mapping[str, str]]:
    """The guests with their plans, and the activation link of each: some by the command, the others by what it calls."""
    invited = _chosen_towns(site)
    with site.application().app_context():
        edition = current_edition()
        assert edition is not None
        placeholders = {
            name: f"{day.day} {MONTHS[day.month - 1]} {day.year}"
            for name, day in (("inizio", edition.period_from), ("fine", edition.period_to))
        }
        links = {town.code: create_activation_link(town.code, now()) for town in invited[BY_COMMAND:]}
        db.engine.dispose()
    links |= {town.code: site.flask("entity", "activate", town.code).split()[0] for town in invited[:BY_COMMAND]}
    guests = [Guest(site.url, town, number, Model(placeholders), tally) for number, town in enumerate(invited)]
    for guest in guests[:SUBMIT]:
        guest.first = PATHS[guest.number % 2 if guest.number < len(CORRECTIONS) else guest.number % len(PATHS)]
    for guest in guests[SUBMIT:]:
        guest.posts = guest.random.randint(2, FEWEST_PAGES - 1)
        guest.first = PATHS[guest.number % len(PATHS) if guest.posts == 2 else guest.number % 2]
    return guests, links


def _chosen_towns(site: Site) -> Sequence[Town]:
    taken = {account.code for account in site.accounts}
    free = [town for town in towns() if town.code not in taken]
    special = [town for town in free if town.code in NOT_UNIQUE_OR_ACCENTED]
    others = [town for town in free if town not in special]
    return [*special, *Random(2026).sample(others, SUBMIT + STOP - len(special))]


def _together(guests: Sequence[Guest], act: Callable[[Guest], None]) -> None:
    """Let all act, some at the same time. One that cannot go on is a check that failed."""

    def acting(guest: Guest) -> None:
        try:
            act(guest)
        except Exception as error:  # noqa: BLE001 — whatever stops one is told with what failed, and the others go on
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"
            guest.tally.check(False, guest.note(what))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(acting, guests))


def _visit(guest: Guest, link: str) -> None:
    """The first visit of each: to the receipt, or until it goes home."""
    guest.activate(link)
    if guest.posts is not None:
        try:
            guest.walk()
        except Stopped:
            return
        raise AssertionError("came to the end before it went home")
    if guest.number % 4 == 0:
        guest.walk("/compila/E")
        guest.try_too_early()
    guest.walk()
    guest.send()
    if guest.number % 2:
        guest.give_opinion()
    if guest.number < len(CORRECTIONS):
        guest.first = "other" if guest.first == "own" else "own"
        guest.correct(CORRECTIONS[guest.number])
        guest.send()
        guest.read_history()


def _come_back(guest: Guest) -> None:
    """After the server was killed: sign in anew and find everything."""
    guest.posts = None
    guest.sign_in_again()
    guest.revisit()
    if guest.sent:
        guest.read_receipts()


def _read_all(site: Site, guests: Sequence[Guest]) -> None:
    with site.application().app_context():
        for guest in guests:
            read_back(guest)
        db.session.remove()
        db.engine.dispose()


def _count_plan(guests: Sequence[Guest], tally: Tally) -> None:
    """That what was planned took place: so many submitted, so many twice, so many not; each question answered by somebody,
    and wrong input typed into each type of answer that can be wrong."""
    sent = [len(guest.sent) for guest in guests]
    plan = [2] * len(CORRECTIONS) + [1] * (SUBMIT - len(CORRECTIONS)) + [0] * STOP
    tally.equal_lists(sent, plan, "versions sent")
    receipts = [one.receipt for guest in guests for one in guest.sent]
    tally.equal(len(set(receipts)), sum(plan), "different receipts")
    answered = {key.rpartition("/")[2] for guest in guests for key in guest.model.stored()}
    tally.equal(answered, set(questions()), "questions answered by somebody")
    slips = [kind for guest in guests for kind in guest.slips]
    tally.equal(set(slips), set(SLIPS), "types of answers with wrong input")
    posted = sum(guest.pages for guest in guests)
    answers = sum(len(guest.model.stored()) for guest in guests)
    print(f"{len(guests)} municipalities posted {posted} pages, {len(slips)} answers wrong at first, and {answers} stand")
