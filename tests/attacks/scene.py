"""The world of the roles, and more that could leak: last year's answers, unsent ones, calls, notes, requests, mail, the log.

Not for: asking for any of it.
Holds always: every text of an entity holds its secret word; what the desk alone may read holds another word as well, and what
nobody has sent yet a third; the edition that nobody has opened has a word of its own.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from app.accounts.identity import TelephoneSession
from app.accounts.operators import get_operator, remember_declared, restore_operator
from app.accounts.requests import add_access_request
from app.accounts.session_list import list_sessions
from app.accounts.sessions import open_session
from app.accounts.staff import COORDINATOR, REVIEWER, TERRITORY
from app.accounts.staff_sessions import open_staff_session
from app.accounts.tokens import token_hash
from app.audit.chain import record
from app.chasing.calls import OUTCOMES, NewCall, add_call
from app.chasing.notes import add_note
from app.demo.loading import demo_edition
from app.editions.current import edition_by_code
from app.editions.lifecycle import move_edition, store_edition
from app.editions.models import Edition
from app.editions.reopenings import Asker, ask_reopening
from app.extensions import db
from app.mail.models import Delivery
from app.mail.outbox import Message, queue_message
from app.registry.entities import find_by_code
from app.registry.folding import search_name
from app.registry.models import Association, Entity, Membership
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import response_by_id
from tests.attacks.wire import SESSION_COOKIE, STAFF_COOKIE, Wire
from tests.desk.staff import add_member
from tests.live_site import Site
from tests.roles.world import BYSTANDER, Owner, add_owner, make_world

LEAD_CODE = "unione-prova"
LEAD_SECRET = "Sicomoro"
BEFORE, NEXT = "prima", "prossima"
NEXT_WORD = "corbezzolo"
UNSENT = "nonspedita"
DESK_ONLY = "riservatadesk"
YEAR = dt.timedelta(days=365)
HOME_REGION, OTHER_REGION = "09", "04"

ANONYMOUS, A, B, NOBODY_YET, LEAD = "anonymous", "entity A", "entity B", "entity A, nobody yet", "a lead that answers for A"
BY_PHONE = f"{TERRITORY} of A's Region, by telephone for A"
HOME, ELSEWHERE = f"{TERRITORY} of A's Region", f"{TERRITORY} of another Region"
STRANGERS = (ANONYMOUS, NOBODY_YET, B, LEAD, ELSEWHERE, REVIEWER)
"""Who may read nothing of A and change nothing of it; `NOBODY_YET` has its session, and must say first who fills in."""


@dataclasses.dataclass(frozen=True)
class Scene:
    """What stands in the database of a site."""

    site: Site
    a: Owner
    b: Owner
    lead: Owner

    def client(self, role: str) -> Wire:
        """A client with a live session of this role. Needs an application context of the site's database."""
        client = Wire(self.site.url)
        now = dt.datetime.now(dt.UTC)
        if role == ANONYMOUS:
            return client
        if role in {A, B, LEAD, NOBODY_YET}:
            owner = {B: self.b, LEAD: self.lead}.get(role, self.a)
            operator = None if role == NOBODY_YET else self._operator(owner, now)
            client.cookies[SESSION_COOKIE] = open_session(owner.entity_id, now, operator_id=operator)
        else:
            region = {HOME: HOME_REGION, BY_PHONE: HOME_REGION, ELSEWHERE: OTHER_REGION}.get(role)
            member = add_member(TERRITORY if region else role, now, region)
            client.cookies[STAFF_COOKIE] = open_staff_session(member, now)
        if role == BY_PHONE:
            client.cookies[SESSION_COOKIE] = self._begin_by_telephone(member, client.cookies[STAFF_COOKIE], now)
        db.session.commit()
        return client

    def allow_telephone(self, who: str) -> None:
        """Whom the edition lets fill in by telephone; nobody while other roles ask, or they would begin it as they may."""
        db.session.execute(sa.update(Edition).values(telephone=who))
        db.session.commit()

    def _begin_by_telephone(self, member: int, staff_token: str, now: dt.datetime) -> str:
        """A session in which this member of staff fills in for A; the id for its cookie."""
        edition = edition_by_code("demo")
        assert edition is not None
        officer = {"name": "Persona in linea", "office": "Anagrafe", "email": "", "phone": "06 0"}
        operator = remember_declared(self.a.entity_id, **officer, now=now, staff_id=member)
        bound = TelephoneSession(member, token_hash(staff_token), edition.id)
        return open_session(self.a.entity_id, now, operator_id=operator, telephone=bound)

    def _operator(self, owner: Owner, now: dt.datetime) -> int:
        """Whoever fills in, put back where a request of their own has removed them."""
        if get_operator(owner.entity_id, owner.operator_id) is None:
            restore_operator(owner.entity_id, owner.operator_id, now)
        return owner.operator_id

    def session_keys(self) -> list[str]:
        """Under what names the live sessions of A and B are shown."""
        now = dt.datetime.now(dt.UTC)
        keys = [row.key for owner in (self.a, self.b) for row in list_sessions(owner.entity_id, now)[:1]]
        db.session.rollback()  # a transaction left open here would hold up the site's own
        return keys


def build_scene(site: Site, now: dt.datetime) -> Scene:
    """Write it into the empty database of a site. Needs an application context. Commits."""
    a, b = make_world(now)
    year_ago = now - YEAR
    before = dataclasses.replace(demo_edition(year_ago), code=BEFORE, title="Ricognizione di prima")
    store_edition(before, actor="test", now=year_ago)
    coming = dataclasses.replace(demo_edition(now + YEAR), code=NEXT, title=f"Ricognizione {NEXT_WORD}")
    store_edition(coming, actor="test", now=now)
    lead = _add_lead(now)
    for owner in (a, b):
        _write_beside(owner, now)
    _write_last_year(year_ago, a, b)
    return Scene(site, a, b, lead)


def _add_lead(now: dt.datetime) -> Owner:
    """A Unione of A's Region, whose members are A and whoever else; with answers of its own."""
    name = "Unione di prova"
    row = Entity(code=LEAD_CODE, kind="union", name=name, search_name=search_name(name, None), region_code=HOME_REGION)
    union = Association(code="prova", kind="union", name=name)
    db.session.add_all([row, union])
    db.session.flush()
    union.lead_id = row.id
    member = find_by_code("048017")
    edition = edition_by_code("demo")
    assert member is not None and edition is not None
    db.session.add(Membership(association_id=union.id, entity_id=member.id))
    db.session.commit()
    return add_owner(LEAD_CODE, LEAD_SECRET, edition, now)


def _write_beside(owner: Owner, now: dt.datetime) -> None:
    """What stands beside an entity's answers, and a change of them that was not sent."""
    entity, edition, response = find_by_code(owner.code), edition_by_code("demo"), response_by_id(owner.response_id)
    assert entity is not None and edition is not None and response is not None
    who = (owner.entity_id, owner.code)
    desk = f"{DESK_ONLY} {owner.secret}"
    add_call(edition.id, who, NewCall(OUTCOMES[0], f"Voce {desk}", f"Telefonata {desk}"), staff_id=BYSTANDER, now=now)
    add_note(who, f"Nota {desk}", staff_id=BYSTANDER, now=now)
    person = {"name": f"Chiede {desk}", "office": desk, "email": f"chiede.{owner.secret.lower()}@example.org", "phone": "06 0"}
    add_access_request(entity, **person, note=f"Non ho ricevuto nulla: {desk}", network="192.0.2.7", now=now)
    ask_reopening(_asker(owner), edition, f"Riaprire per {owner.secret}", now)
    letter = {"kind": "receipt", "language": "it", "subject": f"Messaggio {desk}", "text": f"Testo {desk}"}
    recipient = f"sindaco.{owner.secret.lower()}@example.org"
    queue_message(Message(**letter, reference=f"entity:{owner.entity_id}", recipient=recipient, dedupe_key=owner.code), now)
    db.session.execute(sa.update(Delivery).where(Delivery.dedupe_key == owner.code).values(state="accepted"))
    subject = f"entity:{owner.code}"
    record("note_added", actor=f"staff:{BYSTANDER}", subject=subject, detail={"note": f"Registro {desk}"}, now=now)
    author = Author(owner.operator_id, owner.code.ljust(64, "1"))
    changed = Operation("set", question="E02", value=f"Non ancora {UNSENT} {owner.secret}", base=_revision(response, "E02"))
    reply, _changed = apply(response, [changed], author, now, save_id="unsent")
    assert not reply.refused, reply
    db.session.commit()


def _asker(owner: Owner) -> Asker:
    """The entity's operator, as whoever asks for a reopening."""
    operator = get_operator(owner.entity_id, owner.operator_id)
    assert operator is not None
    known = {name: getattr(operator, name) for name in ("id", "name", "office", "email", "phone")}
    return SimpleNamespace(entity_id=owner.entity_id, code=owner.code, **known)


def _revision(response: Any, key: str) -> int:
    return int(response.document.answers[key].revision)


def _write_last_year(then: dt.datetime, *owners: Owner) -> None:
    """Answers in an edition that has been closed for long."""
    move_edition("demo", "closed", actor="test", now=dt.datetime.now(dt.UTC))
    move_edition(BEFORE, "open", actor="test", now=then)
    edition = edition_by_code(BEFORE)
    assert edition is not None
    for owner in owners:
        add_owner(owner.code, f"{owner.secret}annoscorso", edition, then)
    move_edition(BEFORE, "closed", actor="test", now=dt.datetime.now(dt.UTC))
    move_edition("demo", "open", actor="test", now=dt.datetime.now(dt.UTC))


def forbidden_to(role: str, scene: Scene) -> list[str]:
    """The words that must not stand on any page that this role gets."""
    a, b, lead = (owner.secret.lower() for owner in (scene.a, scene.b, scene.lead))
    words = {
        ANONYMOUS: [a, b, lead, NEXT_WORD],
        A: [b, lead, DESK_ONLY, NEXT_WORD],
        NOBODY_YET: [b, lead, DESK_ONLY, NEXT_WORD, UNSENT],
        B: [a, lead, DESK_ONLY, NEXT_WORD],
        LEAD: [a, b, DESK_ONLY, NEXT_WORD],
        HOME: [b, UNSENT],
        BY_PHONE: [b],
        ELSEWHERE: [a, lead, UNSENT],
        REVIEWER: [a, b, lead, UNSENT, DESK_ONLY],
        COORDINATOR: [UNSENT],
    }
    return words.get(role, [UNSENT])
