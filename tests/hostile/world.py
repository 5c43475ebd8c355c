"""A site whose every text is hostile: answers, names, labels, letters, reminders, calls, notes, requests, replies of servers.

What a form would refuse is written into the tables beside it, because a text may have come in before a check was there, or by
an import; what goes out must not depend on the check.
Not for: what the pages do with it (`probe.py`, `takeaways.py`).
Holds always: people have live sessions of each role; the texts differ with each pouring.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.accounts.login_runs import prepare_run
from app.accounts.messages import Occasion, queue_messages
from app.accounts.models import AccessRequest, LoginRunItem, StaffMember
from app.accounts.operators import add_operator
from app.accounts.sessions import open_session
from app.accounts.staff_sessions import open_staff_session
from app.chasing.calls import NewCall, add_call
from app.chasing.notes import add_note
from app.clock import now
from app.editions.current import current_edition, edition_by_code
from app.editions.models import Definition, Edition, ReopeningRequest
from app.extensions import db
from app.letters.writing import default_text
from app.mail.messages import UnfitMessageError
from app.mail.models import Delivery
from app.questionnaire.loader import load_definition, read_shipped
from app.registry.addresses import add_address, propose_change
from app.registry.entities import find_by_code
from app.registry.folding import search_name
from app.registry.models import Entity
from app.reminders.audience import Choice
from app.reminders.batches import Plan, queue_batch
from app.reminders.schedule import Schedule
from app.reminders.templates import create_template
from app.reminders.wording import PLACEHOLDERS, Text
from app.responses.document import Operation
from app.responses.drafts import Author, apply
from app.responses.reading import OpenResponse, open_response
from app.responses.submission import submit_response
from tests.hostile.corpus import Pourer, addresses, header_texts
from tests.live_site import Site
from tests.questionnaire.samples import ALONE, CENTRE, PRACTICE
from tests.roles.world import Owner

ENTITIES = ("048017", "022165")
TEXTS: dict[str, tuple[str, ...]] = {
    "operator": ("name", "office"),
    "staff_member": ("name",),
    "access_request": ("name", "office", "phone", "note"),
    "reopening_request": ("name", "office", "phone", "reason"),
    "entity_note": ("text",),
    "call": ("spoke_with", "note"),
    "extension": ("reason",),
    "association": ("name",),
    "delivery_group": ("label", "pause_reason"),
    "reminder_batch": ("name",),
    "message_template": ("name",),
    "mail_suppression": ("reply",),
    "response_item": ("label",),
}
"""Columns that hold what somebody typed, poured over row by row."""
LABELLED = re.compile(r'^(\s+(?:title|label|help|example|hint|note|na_label|intro|[a-z][a-z0-9_]*): (?:\{label: )?)"([^"]*)"')
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
PLAIN_KEYS = frozenset({"version", "show_if", "code", "language", "source", "when", "check", "regex", "unit"})


@dataclass
class World:
    """A poured site: an entity's things by name, and the cookies of each role."""

    site: Site
    owner: Owner
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    poured: int = 0


def pour(site: Site, shift: int) -> World:
    """Fill a demo site with hostile texts. `shift`: with which text the dealing begins."""
    pourer = Pourer(shift)
    with site.application().app_context():
        _ask_hostile_questions(pourer)
        owner, author, response = _answer(ENTITIES[0], pourer)
        _answer(ENTITIES[1], pourer)
        _write_edition(pourer)
        _work_at_the_desk(owner, pourer)
        with suppress(Exception):  # what cannot be sent stays a draft, and the pages show that
            submit_response(response, author, now(), seen_version=response.version)
        db.session.rollback()
        _queue_mail(owner, pourer)
        _pour_over(pourer)
        cookies = _sessions(owner)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return World(site, owner, cookies, pourer.poured)


def without_braces(text: str) -> str:
    """What a text with placeholders may hold."""
    return text.translate({ord("{"): "(", ord("}"): ")"})


def hostile_definition(pourer: Pourer) -> str:
    """The questionnaire that ships, every label and option of it hostile."""

    dealt: dict[str, str] = {}  # an option that stands twice reads the same

    def changed(line: str) -> str:
        found = LABELLED.match(line)
        if found is None or found[1].strip(" -:").split(":")[0] in PLAIN_KEYS or "==" in line:
            return line
        text = dealt.setdefault(found[0], UNFIT.sub("", without_braces(pourer.text("label", 120))))
        return f"{found[1]}{json.dumps(f'{text} {found[2]}', ensure_ascii=False)}{line[found.end() :]}"

    return "\n".join(changed(line) for line in read_shipped("RBP5").splitlines()) + "\n"


def _ask_hostile_questions(pourer: Pourer) -> None:
    source = hostile_definition(pourer)
    made = load_definition(source, "hostile.yaml")
    values = {"code": made.code, "version": made.version, "digest": made.digest, "source": source, "stored_at": now()}
    added = sa.insert(Definition).values(**values).returning(Definition.id)
    definition = db.session.execute(added).scalar_one()
    db.session.execute(sa.update(Edition).values(definition_id=definition))
    db.session.commit()


def _hostile(value: Any, pourer: Pourer, place: str) -> Any:
    """The same answer with every text in it hostile; codes, numbers and addresses of mail stay what they are."""
    if isinstance(value, str):
        return pourer.text(place, 900) if " " in value or value.isalpha() else value
    if not isinstance(value, Mapping):
        return value
    typed = {"text", "address", "name", "office", "phone"}
    return {key: pourer.text(f"{place}.{key}", 180) if key in typed else part for key, part in value.items()}


def _answer(code: str, pourer: Pourer) -> tuple[Owner, Author, OpenResponse]:
    entity, edition = find_by_code(code), current_edition()
    assert entity is not None
    assert edition is not None
    person = {"name": "Operatore", "office": "Ufficio", "email": "a@example.org", "phone": "06 0"}
    operator = add_operator(entity.id, **person, now=now())
    add_operator(entity.id, **{**person, "email": "b@example.org"}, now=now())
    response = open_response(entity.id, edition, now())
    items = {name: str(uuid.uuid4()) for name in ("centri", "pratiche")}
    answers = dict(ALONE) | {"B03": pourer.text("B03", 100), "B07": pourer.text("B07", 100)}
    operations = [Operation("add", item=items["centri"], step="S"), Operation("add", item=items["pratiche"], step="P")]
    operations += [Operation("set", question=key, value=_hostile(value, pourer, key)) for key, value in answers.items()]
    for sheet, values in (("centri", CENTRE), ("pratiche", PRACTICE)):
        for key, value in values.items():
            operations.append(Operation("set", item=items[sheet], question=key, value=_hostile(value, pourer, key)))
    author = Author(operator, code.ljust(64, "0"))
    for number, operation in enumerate(operations):  # one by one: what a type refuses goes in as what could not be parsed
        _apply(response, operation, author, f"pour-{pourer.poured}-{number}", pourer)
    response = open_response(entity.id, edition, now())
    other = Author(operator, code.ljust(64, "1"), "form")
    dispute = Operation("set", question="E02", value=pourer.text("E02 of another", 300), base=0)
    with suppress(ValueError):
        apply(response, [dispute], other, now(), save_id=f"other-{pourer.poured}")
    db.session.rollback()
    response = open_response(entity.id, edition, now())
    return Owner(code, entity.id, "", operator, response.id, items), author, response


def _apply(response: OpenResponse, operation: Operation, author: Author, save_id: str, pourer: Pourer) -> None:
    for value in (operation.value, {"raw": {"": [pourer.text(operation.question or "sheet", 200)]}}):
        changed = Operation(operation.op, question=operation.question, item=operation.item, step=operation.step, value=value)
        try:
            apply(response, [changed if operation.op == "set" else operation], author, now(), save_id=f"{save_id}-{id(value)}")
        except ValueError:
            db.session.rollback()
            continue
        return


def _write_edition(pourer: Pourer) -> None:
    hostile = addresses()[-2:]
    contact = {name: pourer.text(f"contact {name}", 180) for name in ("name", "role", "phone", "hours")}
    letter = f"{default_text()}\n\n{' '.join(without_braces(pourer.text('letter', 600)).split())}\n"
    values = {
        "title": pourer.text("edition", 280),
        "contacts": json.dumps([{**contact, "email": "segreteria@example.org"}]),
        "results_url": hostile[pourer.poured % 2],
        "accessibility_url": hostile[(pourer.poured + 1) % 2],
        "letter_text": letter,
    }
    db.session.execute(sa.update(Edition).values(**values))
    db.session.commit()


def _work_at_the_desk(owner: Owner, pourer: Pourer) -> None:
    edition, entity = current_edition(), find_by_code(owner.code)
    assert edition is not None
    assert entity is not None
    at, staff = now(), db.session.execute(sa.select(sa.func.min(StaffMember.id))).scalar_one()
    whom = (entity.id, entity.code)
    add_call(edition.id, whom, NewCall("call_back", "Persona", "nota", at.date()), staff_id=staff, now=at)
    add_note(whom, "nota", staff_id=staff, now=at)
    person = {"name": "Persona", "office": "Ufficio", "email": "a@example.org", "phone": "06 0"}
    for _ in range(3):
        db.session.execute(sa.insert(AccessRequest).values(entity_id=entity.id, **person, note="", created_at=at))
    asked = {"edition_id": edition.id, "entity_id": entity.id, **person, "reason": "perché", "created_at": at}
    with db.session.begin_nested(), suppress(sa.exc.IntegrityError):
        db.session.execute(sa.insert(ReopeningRequest).values(**asked))
    with suppress(ValueError):
        add_address(entity.id, purpose="mayor", email="sindaco@example.org", source="csv", actor="test", now=at)
        propose_change(
            entity.id, purpose="other", email="a'b`{}|~!#$%&*+/=?^_-@example.org", replaces_id=None, proposed_by="test", now=at
        )
    db.session.commit()
    unknown = [(3, pourer.text("list of codes", 200))]
    run = prepare_run([owner.entity_id], source="list", actor=f"staff:{staff}", now=at, unknown=unknown)
    told = sa.update(LoginRunItem).where(LoginRunItem.run_id == run)
    db.session.execute(told.values(state="failed", reason=pourer.text("reason", 40)))
    db.session.commit()


def _queue_mail(owner: Owner, pourer: Pourer) -> None:
    edition, entity = edition_by_code("demo"), find_by_code(owner.code)
    assert edition is not None
    assert entity is not None
    at = now()
    headings = header_texts()
    name = headings[pourer.poured % len(headings)]
    db.session.execute(sa.update(Entity).where(Entity.id == entity.id).values(name=name[:200]))
    db.session.commit()
    named = find_by_code(owner.code)
    assert named is not None
    for kind in ("activation", "reset", "sign_in"):
        occasion = Occasion(pourer.text("occasion", 200), edition.closes_at)
        with suppress(UnfitMessageError):  # a name on two lines is refused before it is queued
            queue_messages(kind, named, at, language="it", occasion=occasion)
        at += dt.timedelta(microseconds=1)
    texts = {audience: _reminder(pourer, audience) for audience in PLACEHOLDERS}
    template = create_template(edition.id, pourer.text("template", 100)[:100], texts, actor="staff:1", now=at)
    plan = Plan("Promemoria", Choice(), template, Schedule(at, 20_000, working_hours=False))
    with suppress(Exception):
        queue_batch(edition, plan, key=uuid.uuid4().hex, actor="staff:1", now=at)
    db.session.rollback()
    failed = sa.select(Delivery.id).order_by(Delivery.id).limit(2)
    reply = {"state": "failed", "reason": "550", "reply": pourer.text("reply", 480)}
    db.session.execute(sa.update(Delivery).where(Delivery.id.in_(failed)).values(**reply))
    db.session.commit()


def _reminder(pourer: Pourer, audience: str) -> Text:
    subject = "".join(one for one in without_braces(pourer.text("subject", 150)) if one.isprintable())
    return Text(f"{subject} {{ente}}"[:190], f"{without_braces(pourer.text('body', 900))}\n\n{{link}}\n\n{{ente}} {{contatti}}")


def _pour_over(pourer: Pourer) -> None:
    """Replace every text of the tables above, and the names of some entities, with hostile ones."""
    for name, columns in TEXTS.items():
        table = db.metadata.tables[name]
        keys = list(table.primary_key.columns)
        for row in db.session.execute(sa.select(*keys).order_by(*keys).limit(200)).all():
            values = {column: pourer.text(f"{name}.{column}", table.c[column].type.length or 900) for column in columns}
            where = [key == value for key, value in zip(keys, row, strict=True)]
            db.session.execute(sa.update(table).where(*where).values(**values))
    chosen = sa.or_(Entity.code.in_((*ENTITIES, "068038", "demo-unione")), Entity.id % 150 == 0)
    for key in db.session.execute(sa.select(Entity.id).where(chosen).order_by(Entity.id)).scalars().all():
        named, other = pourer.text("entity", 190), pourer.text("entity's other name", 190)
        places = {"province": pourer.text("province", 90), "region": pourer.text("region", 90)}
        values = {"name": named, "name_other_language": other, "search_name": search_name(named, other)[:1000]}
        db.session.execute(sa.update(Entity).where(Entity.id == key).values(**values, **places))
    db.session.commit()


def _sessions(owner: Owner) -> dict[str, dict[str, str]]:
    at = now()
    cookies = {
        "anonymous": {},
        "entity": {"ricognizione": open_session(owner.entity_id, at, operator_id=owner.operator_id)},
        "nobody yet": {"ricognizione": open_session(owner.entity_id, at)},
    }
    for role in ("administrator", "coordinator", "reviewer", "territory"):
        member = sa.select(sa.func.min(StaffMember.id)).where(StaffMember.role == role)
        token = open_staff_session(db.session.execute(member).scalar_one(), at)
        cookies[role] = {"ricognizione-gestione": token}
    return cookies
