"""What a stranger learns by trying, and whether the owner still comes in after 10,000 wrong passwords, on both databases.

1,000 tries each of what exists and what does not, in random order over one connection: staff at their sign-in page, the links
of staff (dead ones against ones that were never made: staff have no page on which to ask for one), and municipalities with a
password against ones without (that they may sign in is public). Status, headers and body are compared, and the medians of the
times. Then 5,000 wrong passwords from one network and 5,000 from as many, against one municipality and one member of staff, at
the throttling that ships but for its longest wait, which is shortened so that the measurement ends; the owner comes in with
the known device while the last of them are under way, and with a new one from a new network as soon as it may.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from app.accounts.links import create_activation_link, redeem_activation_link
from app.accounts.models import StaffMember
from app.accounts.passwords import hash_password
from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.accounts.staff_accounts import add_member
from app.accounts.staff_links import add_staff_link, redeem_staff_link
from app.accounts.tokens import new_token
from app.accounts.totp import code_at, secret_of, step_of
from app.extensions import db
from app.registry.entities import entities_in_force
from app.registry.load import load_municipalities
from tests.attacks.wire import SESSION_COOKIE, STAFF_COOKIE, Answer, Wire
from tests.figures.harness import AT_MOST, DATABASES, EXACTLY, Figure, bench
from tests.live_site import Site

TRIES = 1_000
ACCOUNTS = 50
WRONG = 5_000
AT_ONCE = 4
LONGEST_WAIT = 20
PATIENCE = 120.0
GAP = 5.0
PASSWORD = "cinque parole del vero titolare"
WITHOUT_ASKING = {"access.staff_sign_in", "access.staff_sign_out", "access.staff_activate"}
"""The pages of staff that are for everybody; a new one may tell who has an account, and is to be measured here too."""
NAMES_NOBODY = {"access.staff_sso", "access.staff_sso_return"}
"""Pages for everybody that take nobody's name: single sign-on asks about whoever has proved at the provider to be the one."""
QUIET = {"throttle_account_failures": "100", "throttle_network_failures": "10000"}
RANDOM = re.compile(r'(name="csrf_token" value=")[^"]+')
PLAIN = re.compile(r"[A-Za-z ()]+")
CHANGING = frozenset({"date", "x-request-id", "set-cookie"})
Try = Callable[[], Answer]
T = TypeVar("T")


def measure() -> Iterator[Figure]:
    """The largest gap on each database; before it what differs in words, and which owner did not come in."""
    asked = {name for name, who in PERMISSIONS.items() if who is ANYBODY and name.startswith(("access.staff", "desk."))}
    unknown = asked ^ (WITHOUT_ASKING | NAMES_NOBODY)
    assert not unknown, f"no measurement for {', '.join(unknown)}"
    with bench(empty=True) as sites:
        for kind in DATABASES:
            with sites.site(kind, trusted_proxies="1", **QUIET) as site:
                gaps, different = _in(site, _tell_apart)
            for what, gap in gaps.items():
                print(f"{kind}: {what}: medians {gap:.2f} % apart", file=sys.stderr)
            with sites.site(kind, trusted_proxies="1", throttle_max_delay_seconds=str(LONGEST_WAIT)) as site:
                outside = _in(site, _besiege)
            for line in [*different, *outside]:
                print(f"{kind}: {line}", file=sys.stderr)
            yield Figure(f"enumeration-different-answers-{kind}", len(different), "", EXACTLY, 0)
            yield Figure(f"enumeration-owners-locked-out-{kind}", len(outside), "", EXACTLY, 0)
            yield Figure(f"enumeration-{kind}", max(gaps.values()), "% between medians", AT_MOST, GAP)


def _in(site: Site, work: Callable[[Site], T]) -> T:
    with site.application().app_context():
        done = work(site)
        db.session.remove()
        db.engine.dispose()
    return done


# Telling apart -------------------------------------------------------------------------------------------------------


def _tell_apart(site: Site) -> tuple[dict[str, float], list[str]]:
    """(what → gap of its medians in percent, what differs in words)."""
    _add_staff()
    with_password, without, names = _add_entities(ACCOUNTS)
    client = Wire(site.url)
    token = client.token()
    pairs: dict[str, tuple[list[Try], list[Try]]] = {
        "sign-in of staff": (
            [_staff_try(client, token, f"esiste{number:02}@example.org") for number in range(ACCOUNTS)],
            [_staff_try(client, token, f"nonvie{number:02}@example.org") for number in range(ACCOUNTS)],
        ),
        "links of staff": (
            [lambda path=path: client.get(path) for path in _dead_links()],
            [lambda: client.get(f"/gestione/attiva/{new_token()}")],
        ),
        "sign-in of municipalities": (
            [_entity_try(client, token, code) for code in with_password],
            [_entity_try(client, token, code) for code in without],
        ),
    }
    gaps, different = {}, []
    for what, sides in pairs.items():
        gaps[what], told = _compare(client, *sides, names)
        different += [f"{what}: {line}" for line in told]
    return gaps, different


def _compare(client: Wire, existing: list[Try], missing: list[Try], names: Sequence[str]) -> tuple[float, list[str]]:
    """Try each side 1,000 times in random order, each try from a network of its own."""
    chance = random.Random(7)
    order = [side for side in (0, 1) for _ in range(TRIES)]
    chance.shuffle(order)
    times: tuple[list[float], list[float]] = ([], [])
    words: tuple[set[str], set[str]] = (set(), set())
    for number, side in enumerate(order):
        client.network = _network(number)
        attempt = chance.choice((existing, missing)[side])
        began = time.perf_counter()
        answer = attempt()
        times[side].append(time.perf_counter() - began)
        words[side].add(_essence(answer, names))
    medians = [statistics.median(one) for one in times]
    gap = abs(medians[0] - medians[1]) / min(medians) * 100
    return gap, [] if words[0] == words[1] else [f"{len(words[0] ^ words[1])} answers that only one side gets"]


def _essence(answer: Answer, names: Sequence[str]) -> str:
    """An answer without what is random in every answer and what was typed."""
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in CHANGING)
    body = RANDOM.sub(r"\1", answer.text)
    for typed in (r"(?:esiste|nonvie)\d\d@example\.org", r"\b\d{6}\b", *map(re.escape, names)):
        body = re.sub(typed, "…", body)
    return "\n".join([str(answer.status_code), *headers, body])


def _staff_try(client: Wire, token: str, email: str) -> Try:
    fields = {"csrf_token": token, "email": email, "password": "una password sbagliata", "totp": "123456"}
    return lambda: client.post("/gestione/accedi", fields)


def _entity_try(client: Wire, token: str, code: str) -> Try:
    fields = {"csrf_token": token, "entity": code, "password": "una password sbagliata"}
    return lambda: client.post("/accedi", fields)


def _network(number: int) -> str:
    return f"10.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def _add_staff() -> None:
    """Members with passwords."""
    stored = hash_password(PASSWORD)
    for number in range(ACCOUNTS):
        add_member(f"esiste{number:02}@example.org", "Persona", "reviewer", None, actor="test", now=_now(), mail=False)
    db.session.execute(sa.update(StaffMember).values(password_hash=stored))
    db.session.commit()


def _dead_links() -> list[str]:
    """Links of members that were replaced since."""
    ids = db.session.execute(sa.select(StaffMember.id).order_by(StaffMember.id)).scalars().all()
    links = [add_staff_link(staff_id, _now(), actor="test") for staff_id in ids]
    for staff_id in ids:
        add_staff_link(staff_id, _now(), actor="test")
    db.session.commit()
    return ["/" + link.split("/", 3)[3] for link in links]


def _add_entities(count: int) -> tuple[list[str], list[str], list[str]]:
    """Municipalities with names of one length: some with a password, as many without."""
    load_municipalities(_now())
    alike = [one for one in entities_in_force(kind="municipality") if len(one.label) == 12 and PLAIN.fullmatch(one.label)]
    codes, names = [one.code for one in alike[: count * 2]], [one.label for one in alike[: count * 2]]
    assert len(codes) == count * 2
    db.session.commit()
    for code in codes[:count]:
        _activate(code)
    return codes[:count], codes[count:], names


def _activate(code: str) -> None:
    redeem_activation_link(create_activation_link(code, _now()).rpartition("/")[2], PASSWORD, _now())


# After 10,000 wrong passwords ----------------------------------------------------------------------------------------


@dataclass
class Owner:
    """Somebody who knows the password. `fields`: what they send; `page`: where."""

    name: str
    page: str
    fields: Callable[[], dict[str, str]]
    session: str

    phone: bool = False
    last_step: int = 0

    def wait_for_phone(self) -> None:
        """A code is good once: until the phone shows another."""
        while self.phone and step_of(_now()) <= self.last_step:
            time.sleep(0.2)

    def sign_in(self, client: Wire) -> Answer:
        self.wait_for_phone()
        self.last_step = step_of(_now())
        client.cookies.pop(self.session, None)
        return client.post(self.page, self.fields())


def _besiege(site: Site) -> list[str]:
    """Which owner, on which device, did not come in."""
    return [line for owner in (_municipality(), _member()) for line in _besieged(site, owner)]


def _besieged(site: Site, owner: Owner) -> list[str]:
    known = Wire(site.url, network="198.51.100.1")
    assert _comes_in(owner, known, PATIENCE) is not None, f"{owner.name} does not come in at all, so this proves nothing"
    tried, ended = _Count(), threading.Event()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        attackers = [pool.submit(_attack, site, owner, place, tried, ended) for place in range(AT_ONCE)]
        while tried.number < WRONG * 2 and not any(one.done() for one in attackers):
            time.sleep(0.1)
        during = _comes_in(owner, known, PATIENCE)
        ended.set()
        for one in attackers:
            one.result()
    new = Wire(site.url, network="203.0.113.9")
    after = _comes_in(owner, new, PATIENCE)
    told = {"known device, during the attack": during, "new device and network, after it": after}
    for where, seconds in told.items():
        said = "never" if seconds is None else f"{seconds:.1f} s"
        print(
            f"{owner.name} after {tried.number} wrong passwords: {where}: {said} (longest wait {LONGEST_WAIT} s)",
            file=sys.stderr,
        )
    return [f"{owner.name} did not come in: {where}" for where, seconds in told.items() if seconds is None]


class _Count:
    """How many were tried, by all together."""

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self.number += 1
            return self.number


def _attack(site: Site, owner: Owner, place: int, tried: _Count, ended: threading.Event) -> None:
    """Wrong passwords without end: every other one from one network, the others each from its own."""
    client = Wire(site.url)
    fields = {**owner.fields(), "password": "una password sbagliata", "totp": "000000", "csrf_token": client.token()}
    while not ended.is_set():
        number = tried.next()
        client.network = "192.0.2.66" if number % 2 else _network(number)
        answer = client.post(owner.page, fields)
        assert answer.status_code in {401, 429, 503}, answer.status_code


def _comes_in(owner: Owner, client: Wire, patience: float) -> float | None:
    """Seconds until the owner is in, who tries again as the page says; None where the patience ends before.

    A first code of the phone is waited for before the clock starts.
    """
    owner.wait_for_phone()
    began = time.monotonic()
    while time.monotonic() - began < patience:
        answer = owner.sign_in(client)
        if owner.session in client.cookies:
            return time.monotonic() - began
        if answer.status_code == 401:
            return None  # it knows the password: whoever is told that it is wrong is shut out
        time.sleep(min(float(answer.headers.get("Retry-After", "1")), 5.0))
        owner.last_step = 0 if answer.status_code == 429 else owner.last_step  # it was not looked at, so its code is fresh
    return None


def _municipality() -> Owner:
    load_municipalities(_now())
    code = entities_in_force(kind="municipality")[0].code
    db.session.commit()
    _activate(code)
    return Owner("municipality", "/accedi", lambda: {"entity": code, "password": PASSWORD}, SESSION_COOKIE)


def _member() -> Owner:
    """A member who set up the phone a minute ago; its codes are good once each."""
    email, before = "titolare@example.org", _now() - dt.timedelta(minutes=2)
    link = add_member(email, "Persona", "coordinator", None, actor="test", now=before, mail=False)
    staff_id = db.session.execute(sa.select(StaffMember.id).where(StaffMember.email == email)).scalar_one()
    secret = secret_of(staff_id, 1)
    redeem_staff_link(link.rpartition("/")[2], PASSWORD, code_at(secret, step_of(before)), before)
    return Owner(
        "member of staff",
        "/gestione/accedi",
        lambda: {"email": email, "password": PASSWORD, "totp": code_at(secret, step_of(_now()))},
        STAFF_COOKIE,
        phone=True,
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
