"""Attacks on every link that lets somebody in or sets a password: how many took a login over, on both databases.

Links of activation, reset and sign-in, and those of staff, on a running site, once as it stands and once behind a proxy that it
trusts. Each attack has its control: the right use of such a link lets its owner in, or the run has no value.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.accounts.links import ACTIVATION, RESET, add_link, create_activation_link, create_reset_link
from app.accounts.models import ActivationLink, SignInLink, SignInThrottle, StaffLink, StaffMember, WebSession
from app.accounts.resets import reset_login
from app.accounts.sign_in_links import create_sign_in_link
from app.accounts.staff_accounts import add_member, reset_member
from app.accounts.tokens import new_token, token_hash
from app.accounts.totp import code_at, secret_of, step_of
from app.extensions import db
from app.registry.entities import find_by_code
from tests.attacks.wire import SESSION_COOKIE, STAFF_COOKIE, Answer, Wire
from tests.figures.harness import DATABASES, EXACTLY, Figure, bench
from tests.live_site import Site
from tests.roles.world import Owner, make_world

AT_ONCE = 50
EVIL = "evil.example"
GOOD, BAD = "cinque parole del vero titolare", "cinque parole di chi attacca"
SHOWN = 30
LINK_TABLES = (ActivationLink, SignInLink, StaffLink)
BENT = (
    {"Host": EVIL},
    {"X-Forwarded-Host": EVIL},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "81", "X-Forwarded-Prefix": f"//{EVIL}"},
    {"Forwarded": f"host={EVIL};proto=https", "X-Host": EVIL, "X-Original-Host": EVIL, "X-Rewrite-URL": f"//{EVIL}"},
)


def measure() -> Iterator[Figure]:
    """Takeovers on each database, of a site with and without a proxy in front."""
    with bench(empty=True) as sites:
        for kind in DATABASES:
            taken, made = [], 0
            for proxies in ("0", "1"):
                with sites.site(kind, trusted_proxies=proxies, throttle_account_failures="100") as site:
                    app = site.application()
                    with app.app_context():
                        siege = Siege(site, *make_world(dt.datetime.now(dt.UTC)))
                        siege.run()
                        db.session.remove()
                        db.engine.dispose()
                taken += siege.takeovers
                made += siege.made
            for line in taken[:SHOWN]:
                print(f"{kind}: {line}", file=sys.stderr)
            yield Figure(f"reset-attacks-{kind}", len(taken), f"takeovers in {made} attacks", EXACTLY, 0)


@dataclass(frozen=True)
class Kind:
    """A kind of link. `make` gives the path of a new one and the code of a phone that belongs to it, if any."""

    name: str
    make: Callable[[], tuple[str, str]]
    staff: bool = False
    sets_password: bool = True

    @property
    def home(self) -> str:
        return "/gestione" if self.staff else "/compila"

    @property
    def cookie(self) -> str:
        return STAFF_COOKIE if self.staff else SESSION_COOKIE


@dataclass
class Siege:
    """All attacks on one site."""

    site: Site
    a: Owner
    b: Owner
    takeovers: list[str] = field(default_factory=list)
    made: int = 0
    members: int = 0

    def run(self) -> None:
        kinds = (
            Kind("activation", lambda: (_path(create_activation_link(self.a.code, _now())), "")),
            Kind("reset", lambda: (_path(create_reset_link(self.a.code, _now())), "")),
            Kind("sign-in", self._sign_in_link, sets_password=False),
            Kind("staff", self._staff_link, staff=True),
        )
        attacks = (self._reuse, self._race, self._expired, self._hostile_names, self._prefetch, self._referrer)
        attacks += (self._fixation, self._session_from_before, self._other_places, self._altered, self._another_open)
        for kind in kinds:
            for attack in attacks:
                attack(kind)
        self._bent_mail()
        self._after_reset_of_the_desk()

    # What every attack uses ------------------------------------------------------------------------------------------

    def _sign_in_link(self) -> tuple[str, str]:
        path = _path(create_sign_in_link(self.a.entity_id, _now()))
        db.session.commit()
        return path, ""

    def _staff_link(self) -> tuple[str, str]:
        """Of a new member each time: a code of a phone is good once."""
        self.members += 1
        address = f"persona{self.members}@example.org"
        path = _path(add_member(address, "Persona", "coordinator", None, actor="test", now=_now(), mail=False))
        self.member = db.session.execute(sa.select(StaffMember.id).where(StaffMember.email == address)).scalar_one()
        db.session.rollback()
        return path, code_at(secret_of(self.member, 1), step_of(_now()))

    def _client(self) -> Wire:
        return Wire(self.site.url)

    def _use(self, client: Wire, link: tuple[str, str], password: str = GOOD, **more: str) -> Answer:
        path, code = link
        return client.post(path, {"password": password, **({"totp": code} if code else {}), **more})

    def _inside(self, kind: Kind, client: Wire) -> bool:
        answer = client.get(kind.home)
        return answer.status_code < 400 and not answer.location.startswith(("/accedi", "/gestione/accedi"))

    def _check(self, what: str, taken: bool) -> None:
        self.made += 1
        if taken:
            self.takeovers.append(what)

    def _owner_uses(self, kind: Kind, link: tuple[str, str], client: Wire | None = None) -> Wire:
        """The control: its owner gets in. Raises AssertionError."""
        client = client or self._client()
        answer = self._use(client, link)
        assert self._inside(kind, client), f"the right use of a link of {kind.name} lets nobody in: {answer.status_code}"
        return client

    def _tries(self, kind: Kind, what: str, link: tuple[str, str]) -> None:
        """Somebody else uses it with a password of theirs."""
        client = self._client()
        self._use(client, link, BAD)
        self._check(f"{kind.name}: {what}", self._inside(kind, client))

    # One link --------------------------------------------------------------------------------------------------------

    def _reuse(self, kind: Kind) -> None:
        link = kind.make()
        owner = self._owner_uses(kind, link)
        self._tries(kind, "used again", link)
        self._check(f"{kind.name}: a second use threw the owner out", not self._inside(kind, owner))

    def _race(self, kind: Kind) -> None:
        link = kind.make()
        clients = [self._client() for _ in range(AT_ONCE)]
        tokens = [client.token() for client in clients]

        def use(place: int) -> None:
            self._use(clients[place], link, f"{BAD} {place}", csrf_token=tokens[place])

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(use, range(AT_ONCE)))
        inside = sum(self._inside(kind, client) for client in clients)
        assert inside, f"{kind.name}: of {AT_ONCE} at once nobody got in, so this proves nothing"
        self.made += AT_ONCE
        self.takeovers += [f"{kind.name}: one more of {AT_ONCE} at once"] * (inside - 1)

    def _expired(self, kind: Kind) -> None:
        link = kind.make()
        for table in LINK_TABLES:
            where = table.token_hash == token_hash(_token(link))
            db.session.execute(sa.update(table).where(where).values(expires_at=_now() - dt.timedelta(seconds=1)))
        db.session.commit()
        self._tries(kind, "its time is over", link)

    def _hostile_names(self, kind: Kind) -> None:
        """Another host in the request leads no page and no redirect to it."""
        link = kind.make()
        targets = [link[0], f"http://{EVIL}{link[0]}"]
        for target in targets:
            for headers in BENT:
                own = {"Host": f"127.0.0.1:{self.site.port}"} if target.startswith("http") else {}
                answer = self._client().get(target, own | headers)
                said = f"{answer.location} {answer.text}"
                self._check(f"{kind.name}: {target} with {headers} leads to {EVIL}", EVIL in said)
        client = self._client()
        answer = client.post(link[0], {"password": GOOD, "totp": link[1]}, BENT[2])
        self._check(f"{kind.name}: is led to {EVIL} after its use", EVIL in answer.location)

    def _prefetch(self, kind: Kind) -> None:
        """A scanner opens whatever stands in a mail: nobody is signed in, and the link is as good as it was."""
        link = kind.make()
        for method in ("GET", "HEAD", "GET", "OPTIONS"):
            scanner = self._client()
            scanner.ask(method, link[0], None, {"User-Agent": "scanner", "Purpose": "prefetch"})
            self._check(f"{kind.name}: {method} signs in", self._inside(kind, scanner))
        scanner = self._client()
        scanner.get(f"{link[0]}?password={BAD.replace(' ', '+')}&totp={link[1]}&csrf_token={scanner.token()}")
        self._check(f"{kind.name}: GET with a password signs in", self._inside(kind, scanner))
        self._owner_uses(kind, link)

    def _referrer(self, kind: Kind) -> None:
        """The token in the address goes nowhere: no foreign request, no link on, no copy kept."""
        link = kind.make()
        page = self._client().get(link[0])
        policy = page.headers.get("Referrer-Policy", "")
        self._check(f"{kind.name}: Referrer-Policy {policy}", policy not in {"no-referrer", "same-origin"})
        self._check(f"{kind.name}: may be kept by caches", "no-store" not in page.headers.get("Cache-Control", ""))
        asked = re.findall(r'(?:src|href|action|content)="([^"]+)"', page.text)
        assert len(asked) > 5, "a page without links proves nothing"
        foreign = [one for one in asked if one.startswith(("http:", "https:", "//")) and not one.startswith(self.site.url)]
        sources = [one for one in re.findall(r'src="([^"]+)"', page.text) if not one.startswith(("/", "data:"))]
        self._check(f"{kind.name}: the page asks elsewhere: {sources}", bool(sources))
        self._check(f"{kind.name}: the page leads elsewhere: {foreign}", bool(foreign) and policy != "same-origin")
        self._check(f"{kind.name}: the token stands in a link on", any(_token(link) in one for one in asked))
        client = self._owner_uses(kind, link)
        after = client.get(kind.home)
        self._check(f"{kind.name}: the token goes on after its use", _token(link) in f"{after.location} {after.text}")

    def _fixation(self, kind: Kind) -> None:
        """An id that somebody has put into the owner's browser before opens nothing, and the owner gets another."""
        planted = self._client()
        planted.cookies[kind.cookie] = new_token()
        before = planted.cookies[kind.cookie]
        owner = self._owner_uses(kind, kind.make(), planted)
        attacker = self._client()
        attacker.cookies[kind.cookie] = before
        self._check(f"{kind.name}: a planted id is live", self._inside(kind, attacker))
        self._check(f"{kind.name}: the id stayed the same", owner.cookies[kind.cookie] == before)
        first = owner.cookies[kind.cookie]
        second = self._owner_uses(kind, kind.make(), owner).cookies[kind.cookie]
        attacker.cookies[kind.cookie] = first
        self._check(f"{kind.name}: the id before a second sign-in is live", self._inside(kind, attacker) or first == second)
        form = self._client()
        form.token()
        victim = self._client()
        victim.cookies.update(form.cookies)
        token = victim.token()
        self._owner_uses(kind, kind.make(), victim)
        answer = victim.post("/lingua", {"csrf_token": token, "lingua": "en"})
        self._check(f"{kind.name}: a form's token from before is good after signing in", answer.status_code < 400)

    def _session_from_before(self, kind: Kind) -> None:
        """A new password ends who was in before."""
        if not kind.sets_password:
            return
        before = self._owner_uses(kind, kind.make())
        if kind.staff:
            link = _path(reset_member(self.member, actor="test", now=_now(), mail=False))
            new: tuple[str, str] = (link, code_at(secret_of(self.member, 2), step_of(_now())))
            self._check("staff: a session is live after a reset", self._inside(kind, before))
        else:
            new = kind.make()
        self._owner_uses(kind, new)
        self._check(f"{kind.name}: a session from before the new password is live", self._inside(kind, before))

    def _other_places(self, kind: Kind) -> None:
        """A link is dead at another kind's address, and lets into no other entity whatever the form says."""
        link = kind.make()
        token = _token(link)
        bare = link[0].rpartition("/")[0]
        for place in {"/attiva", "/reimposta", "/entra", "/gestione/attiva"} - {bare}:
            client = self._client()
            self._use(client, (f"{place}/{token}", link[1]), BAD)
            self._check(f"{kind.name}: good at {place}", any(name in client.cookies for name in (SESSION_COOKIE, STAFF_COOKIE)))
        dead = f"{bare}/{'A' * 43}"
        for target in (f"{bare}?token={token}", f"{dead}?token={token}", f"{bare}/?{token}", f"/accedi?token={token}"):
            self._tries(kind, f"in the query: {target.partition('?')[0]}", (target, link[1]))
        client = self._client()
        swapped = {"entity": self.b.code, "entity_code": self.b.code, "ente": self.b.code, "entity_id": str(self.b.entity_id)}
        self._use(client, link, GOOD, **swapped, next=f"//{EVIL}/")
        if not kind.staff:
            self._check(f"{kind.name}: a link of one entity opens another", self._entity_of(client) != self.a.entity_id)

    def _altered(self, kind: Kind) -> None:
        """A token with another character, of another length or case is none."""
        link = kind.make()
        token, bare = _token(link), link[0].rpartition("/")[0]
        altered = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in (0, 7, 20, 33, 42)]
        altered += [token + "A", token[:-1], token.swapcase(), token + "=", f"{token}%00", f"{token}%20", "%", "A" * 43]
        for one in altered:
            client = self._client()
            self._use(client, (f"{bare}/{one}", link[1]), BAD)
            self._check(f"{kind.name}: an altered token", self._inside(kind, client))
        self._owner_uses(kind, link)

    def _another_open(self, kind: Kind) -> None:
        """Two links lie about, and one sets the password: the other is dead."""
        if kind.staff:
            other = kind.make()
            link = _path(reset_member(self.member, actor="test", now=_now(), mail=False))
            self._owner_uses(kind, (link, code_at(secret_of(self.member, 2), step_of(_now()))))
            code = code_at(secret_of(self.member, 2), step_of(_now()))
            self._tries(kind, "an older link beside the one that was used", (other[0], code))
            return
        entity = find_by_code(self.a.code)
        assert entity is not None
        others = [(_path(add_link(entity, purpose, _now(), actor="test")), "") for purpose in (ACTIVATION, RESET)]
        db.session.commit()
        others.append(self._sign_in_link())
        used = (_path(add_link(entity, RESET, _now(), actor="test")), "")
        db.session.commit()
        self._owner_uses(Kind("reset", kind.make), used)
        for other in others:
            self._tries(kind, f"{other[0].split('/')[1]} beside the link that was used", other)

    # Beside links ----------------------------------------------------------------------------------------------------

    def _bent_mail(self) -> None:
        """A link that is asked for with another host leads to this site; every link in the mail, opened, changes nothing."""
        for number, headers in enumerate(BENT):
            db.session.execute(sa.delete(SignInThrottle))
            db.session.commit()
            owner = (self.a, self.b)[number % 2]
            self._client().post("/accedi/link", {"entity": owner.code, "entity_code": owner.code, "invia": "1"}, headers)
        self.site.flask("mail", "deliver", "--once")
        files = sorted((self.site.folder / "mail").glob("*.eml"))
        texts = [str(email.message_from_bytes(file.read_bytes(), policy=email.policy.default)) for file in files]
        links = [link for text in texts for link in re.findall(r"https?://[^\s\"<>]+", text.replace("=\n", ""))]
        entering = [link for link in links if "/entra/" in link]
        assert entering, "no mail with a link went out, so this proves nothing"
        for link in links:
            self._check(f"mail: {link} leads elsewhere", not link.startswith(self.site.url))
        for link in entering:
            scanner = self._client()
            scanner.get(_path(link))
            self._check("mail: opening the link signs in", bool(scanner.cookies.get(SESSION_COOKIE)))
        kind = Kind("sign-in", self._sign_in_link, sets_password=False)
        self._owner_uses(kind, (_path(entering[-1]), ""))

    def _after_reset_of_the_desk(self) -> None:
        """The desk resets the login: password, sessions and links from before open nothing."""
        kind = Kind("reset", lambda: (_path(create_reset_link(self.b.code, _now())), ""))
        before = self._owner_uses(kind, kind.make())
        entering = self._client()
        entering.post("/accedi", {"entity": self.b.code, "password": GOOD})
        assert self._inside(kind, entering), "the right password lets nobody in"
        old = kind.make()
        reset_login(self.b.code, actor="test", now=_now())
        for what, client in (("session", before), ("session of the password", entering)):
            self._check(f"a {what} from before the desk's reset is live", self._inside(kind, client))
        self._tries(kind, "from before the desk's reset", old)
        again = self._client()
        again.post("/accedi", {"entity": self.b.code, "password": GOOD})
        self._check("the password from before the desk's reset is good", self._inside(kind, again))

    def _entity_of(self, client: Wire) -> int | None:
        query = sa.select(WebSession.entity_id).where(WebSession.id_hash == token_hash(client.cookies.get(SESSION_COOKIE, "")))
        entity_id = db.session.execute(query).scalar_one_or_none()
        db.session.rollback()
        return entity_id


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def _token(link: tuple[str, str]) -> str:
    return link[0].rpartition("/")[2]
