"""Every route asked by every role over data that could leak: what somebody got or changed that was not theirs.

Anonymous, two municipalities, one that has not said who fills in, a Unione that answers for the first, and each role of staff,
a territory's of the entity's own Region, of another, and one that fills in by telephone for the first, ask a running site for
every address: with their own, others' and
guessed ids in path, query, form and script, with good tokens of their own sessions. A leak is a secret word on a page of
somebody who may not read it, a request let in that the table of permissions refuses (or refused that it lets in), and a row of
an entity's that is another after a stranger's request. Routes that no table names and answers 500 are counted as well.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Flask

from app.accounts.permission_table import PERMISSIONS
from app.accounts.staff import ADMINISTRATOR, COORDINATOR, REVIEWER, TERRITORY
from app.accounts.telephone import MAY_ASK
from app.extensions import db
from tests.attacks.requests import Asked, Harvest, addresses, harvest, requests
from tests.attacks.rows import digests
from tests.attacks.scene import (
    ANONYMOUS,
    BY_PHONE,
    DESK_ONLY,
    ELSEWHERE,
    HOME,
    LEAD,
    LEAD_CODE,
    NEXT_WORD,
    NOBODY_YET,
    UNSENT,
    A,
    B,
    Scene,
    build_scene,
    forbidden_to,
)
from tests.attacks.wire import SESSION_COOKIE, Answer, Wire
from tests.figures.harness import DATABASES, EXACTLY, Figure, bench
from tests.roles.routes import ANONYMOUS as NO_ONE
from tests.roles.routes import ENTITY_A, ENTITY_B, is_refused, may
from tests.roles.routes import NOBODY_YET as NO_PERSON
from tests.roles.world import BY_TELEPHONE, Owner

ROLES = (ANONYMOUS, B, LEAD, REVIEWER, ELSEWHERE, NOBODY_YET, A, HOME, BY_PHONE, COORDINATOR, ADMINISTRATOR)
"""Strangers first: whoever has rights may change what they would ask for."""
AS_IN_TABLE = {ANONYMOUS: NO_ONE, A: ENTITY_A, B: ENTITY_B, LEAD: ENTITY_A, NOBODY_YET: NO_PERSON}
AS_IN_TABLE |= {HOME: TERRITORY, ELSEWHERE: TERRITORY, BY_PHONE: BY_TELEPHONE}
ANSWERS = frozenset({"response", "response_item", "response_journal", "personal_value", "submission", "late_save"})
ACCOUNTS = frozenset({"entity_account", "web_session", "operator", "known_place"})
ANYBODYS_DEEDS = {
    "access.link": frozenset({"delivery", "audit_entry"}),
    "access.request_access": frozenset({"access_request", "audit_entry"}),
}
"""What an entity's rows get from whoever asks on the pages that are for everybody: a message to its address, a request."""
LEADS_DEEDS = frozenset({"coverage_reply", "audit_entry"})
SHOWN = 40
SETTINGS = {"throttle_network_failures": "10000", "throttle_account_failures": "100", "session_idle_minutes": "10080"}


def measure() -> Iterator[Figure]:
    """Leaks on each database; before them the routes that no table names, and faults."""
    with bench(empty=True) as sites:
        for kind in DATABASES:
            with sites.site(kind, **SETTINGS) as site:
                app = site.application()
                with app.app_context():
                    matrix = Matrix(app, build_scene(site, dt.datetime.now(dt.UTC)))
                    matrix.run()
                    db.session.remove()
                    db.engine.dispose()
            for line in (matrix.leaks + matrix.faults)[:SHOWN]:
                print(f"{kind}: {line}", file=sys.stderr)
            print(f"{kind}: {matrix.count} requests by {len(ROLES)} roles to {matrix.routes} routes", file=sys.stderr)
            yield Figure(f"access-matrix-unlisted-{kind}", len(matrix.unlisted), "routes", EXACTLY, 0)
            yield Figure(f"access-matrix-faults-{kind}", len(matrix.faults), "answers 500", EXACTLY, 0)
            yield Figure(f"access-matrix-{kind}", len(matrix.leaks), f"leaks in {matrix.count} requests", EXACTLY, 0)


@dataclass
class Matrix:
    """One run on one site."""

    app: Flask
    scene: Scene
    count: int = 0
    leaks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    read: dict[str, set[str]] = field(default_factory=dict)

    def run(self) -> None:
        rules = list(self.app.url_map.iter_rules())
        self.routes = len(rules)
        self.unlisted = {rule.endpoint for rule in rules} ^ set(PERMISSIONS)
        self.leaks += [f"route and table do not agree: {endpoint}" for endpoint in sorted(self.unlisted)]
        self._words = [word for role in ROLES for word in forbidden_to(role, self.scene)]
        self.seen = self._harvest()
        self.scene.client(A), self.scene.client(B)  # so that both have sessions that somebody could end
        for role in ROLES:
            self.scene.allow_telephone("territory" if role == BY_PHONE else "nobody")
            self._ask_all(role)
        self._ends_with_the_call()
        self._must_have_seen()

    def _harvest(self) -> Harvest:
        found = Harvest()
        for role in (A, COORDINATOR, ADMINISTRATOR):
            client, words = self.scene.client(role), self._words
            for rule in self.app.url_map.iter_rules():
                if "GET" in (rule.methods or set()) and rule.endpoint != "static":
                    harvest(self.app, client, list(addresses(self.app, rule, self.scene, [])), words, found)
        assert len(found.forms) > 40, "hardly any form was found, so this proves little"
        return found

    def _ask_all(self, role: str) -> None:
        asker = Asker(self.scene, role)
        forbidden = forbidden_to(role, self.scene)
        own_code = {B: self.scene.b.code, LEAD: LEAD_CODE}.get(role, self.scene.a.code)
        self.before = self._watched(role)
        for rule in self.app.url_map.iter_rules():
            for asked in requests(self.app, rule, self.scene, self.scene.session_keys(), self.seen, own_code):
                if not asked.endpoint:
                    continue
                answer = asker.ask(asked, may=self._may(role, asked))
                self.count += 1
                self._judge(role, asked, answer, forbidden)
        asker.client.close()

    def _may(self, role: str, asked: Asked) -> bool:
        return may(AS_IN_TABLE.get(role, role), asked.endpoint)

    def _judge(self, role: str, asked: Asked, answer: Answer, forbidden: list[str]) -> None:
        what = f"{role}: {asked.method} {asked.path}"
        if answer.status_code == 500:
            self.faults.append(what)
        if is_refused(answer) is self._may(role, asked):
            self.leaks.append(f"{what}: {answer.status_code}, and the table says {PERMISSIONS[asked.endpoint].value}")
        page = answer.words
        self.leaks += [f"{what}: shows {word}" for word in forbidden if word in page]
        self.read.setdefault(role, set()).update(word for word in set(self._words) if word in page)
        if asked.method == "POST":
            self._look_after(role, asked)

    def _look_after(self, role: str, asked: Asked) -> None:
        after = self._watched(role)
        deeds = ANYBODYS_DEEDS.get(asked.endpoint, frozenset())
        if role == LEAD:
            deeds |= LEADS_DEEDS
        for key, digest in after.items():
            if self.before[key] != digest and key[1] not in deeds:
                self.leaks.append(f"{role}: POST {asked.path}: {key[1]} of {key[0]} has changed")
        self.before = after

    def _ends_with_the_call(self) -> None:
        """What staff could ask for by telephone is closed to it once the completion has ended, whoever still has the cookie."""
        self.scene.allow_telephone("territory")
        client = self.scene.client(BY_PHONE)
        cookie = client.cookies[SESSION_COOKIE]
        assert client.get("/compila").status_code == 200, "no completion by telephone was open, so this proves little"
        client.post("/compila/telefono/fine", {})
        client.cookies[SESSION_COOKIE] = cookie
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint not in MAY_ASK or "GET" not in (rule.methods or set()):
                continue
            for path in addresses(self.app, rule, self.scene, []):
                answer = client.get(path)
                self.count += 1
                if not is_refused(answer):
                    self.leaks.append(f"{BY_PHONE}, ended: GET {path}: {answer.status_code}")
        client.close()

    def _watched(self, role: str) -> dict[tuple[str, str], str]:
        """The rows that this role must leave as they are: (entity, table) → digest."""
        a, b, lead = self.scene.a, self.scene.b, self.scene.lead
        theirs: dict[str, tuple[Owner, ...]] = {
            B: (a, lead),
            LEAD: (a, b),
            A: (b, lead),
            NOBODY_YET: (b, lead),
            HOME: (b,),
            BY_PHONE: (b,),
        }
        strangers = theirs.get(role, () if role in {COORDINATOR, ADMINISTRATOR} else (a, b))
        rows = {(one.code, name): digest for one in strangers for name, digest in digests(one.entity_id, one.code).items()}
        if role == BY_PHONE:
            rows |= {(lead.code, name): one for name, one in digests(lead.entity_id, lead.code).items() if name in ANSWERS}
        kept = {
            BY_PHONE: frozenset({"entity_account", "known_place"}),
            HOME: ANSWERS | ACCOUNTS,
            COORDINATOR: ANSWERS | ACCOUNTS,
            ADMINISTRATOR: ANSWERS,
            NOBODY_YET: ANSWERS,
        }
        if role in kept:
            own = digests(a.entity_id, a.code)
            rows |= {(a.code, name): digest for name, digest in own.items() if name in kept[role]}
        return rows

    def _must_have_seen(self) -> None:
        """A word that nobody read shows nothing of who may not read it."""
        a = self.scene.a.secret.lower()
        for role, words in {A: {a, UNSENT}, COORDINATOR: {a, DESK_ONLY, NEXT_WORD}, ADMINISTRATOR: {a, DESK_ONLY}}.items():
            missing = words - self.read[role]
            assert not missing, f"{role} never saw {', '.join(missing)}, so this proves little"


class Asker:
    """A client of a role that goes on where a request of its own has ended its session or spoiled its token."""

    def __init__(self, scene: Scene, role: str) -> None:
        self.scene, self.role = scene, role
        self.renew()

    def renew(self) -> None:
        self.client: Wire = self.scene.client(self.role)
        self.token = self.client.token()

    def ask(self, asked: Asked, *, may: bool) -> Answer:
        answer = self._once(asked)
        if (may and is_refused(answer)) or answer.status_code == 400:
            self.client.close()
            self.renew()
            answer = self._once(asked)
        if self.role == NOBODY_YET and asked.endpoint == "access.operator" and asked.method == "POST":
            self.client.close()
            self.renew()  # it may have said who fills in: that is its right, and the next requests are of one who has not
        return answer

    def _once(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return self.client.get(asked.path)
        if asked.script:
            headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
            return self.client.ask("POST", asked.path, asked.script, headers)
        return self.client.post(asked.path, {**asked.form, "csrf_token": self.token})
