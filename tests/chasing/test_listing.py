"""The list against a plain count in Python over generated rows: every filter, every order, no row twice, one Region alone."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.operators import add_operator
from app.chasing.calls import NewCall, add_call, last_calls, set_call_removed
from app.chasing.filters import PROBLEMS, STATES, Filter
from app.chasing.listing import PAGE, SORTS, ListRow, Order, all_rows, count_matching, list_page
from app.chasing.models import Call
from app.chasing.respondents import respondent_table
from app.editions.current import EditionView
from app.editions.files import ROME
from app.extensions import db
from app.mail.outbox import Message, queue_message
from app.mail.suppressions import suppress
from app.registry.models import KINDS, ContactAddress, Entity
from app.responses.models import LateSave, Response, Submission, TelephoneCopy
from app.responses.reading import open_response
from tests.conftest import START
from tests.desk.staff import add_member
from tests.registry.rows import add_association, add_membership

ROWS = 137
TODAY = START.date()
Row = dict[str, Any]


@pytest.fixture
def rows(edition: EditionView) -> list[Row]:
    """Respondents drawn by lot, with what a filter may ask of each."""
    draw = random.Random(20260316)
    made = [_row(number, edition, draw) for number in range(ROWS)]
    db.session.execute(sa.delete(respondent_table))
    db.session.execute(sa.insert(Entity), [row["entity"] for row in made])
    db.session.execute(sa.insert(respondent_table), [row["respondent"] for row in made])
    staff = add_member("coordinator", START)
    for kind in ("ambito", "union"):
        add_association(f"A-{kind}", None, *(row["entity"]["id"] for row in made if kind in row["belongs"]), kind=kind)
    over = add_association("A-over", None, kind="other", valid_to=TODAY)
    add_membership(over, made[0]["entity"]["id"])
    for row in made:
        _write_around(row, edition, staff)
    db.session.commit()
    return made


def _row(number: int, edition: EditionView, draw: random.Random) -> Row:
    name = draw.choice(("Àlba", "San Vito", "Forlì", "Casale", "Borgo d'Èze")) + f" {draw.randrange(40)}"
    entity = {"id": 5000 + number, "code": f"9{number:05}", "kind": draw.choice(KINDS[:4]), "name": name}
    entity |= {"province_sign": draw.choice((None, "AA", "BB", "CC")), "region_code": draw.choice(("09", "03", None))}
    plain = name.lower().replace("à", "a").replace("ì", "i").replace("è", "e").replace("'", " ")
    entity |= {"search_name": f"| {plain} |"}
    state = draw.choice(("never", "opened", "draft", "submitted"))
    seen = None if state == "never" else START - dt.timedelta(minutes=draw.randrange(9999))
    yes = {flag: draw.random() < 0.3 for flag in ("covered", "claimed", "declared", "doubly_claimed", "is_lead", "has_address")}
    respondent = {name: entity[name] for name in ("kind", "region_code", "province_sign")} | yes
    respondent |= {"edition_id": edition.id, "entity_id": entity["id"], "state": state, "size_class": draw.randrange(6)}
    respondent |= {"population": draw.choice((None, draw.randrange(10**6))), "progress": draw.randrange(101)}
    respondent |= {"answered": state == "submitted", "submitted_as": "answer" if state == "submitted" else None}
    respondent |= {"last_activity": seen, "submitted_at": seen if state == "submitted" else None}
    phone = random.Random(number).choice((None, "old", "young", "confirmed", "contested", "handled", "sent again"))
    respondent |= {"by_phone": phone is not None}
    respondent |= {"has_pec": draw.random() < 0.5, "bounced": draw.random() < 0.2, "answered_before": draw.random() < 0.4}
    respondent |= {"language": draw.choice(("it", "de", "fr", "sl")), "last_channel": draw.choice(("", "email", "pec", "hand"))}
    written = respondent["last_channel"] != ""
    respondent |= {"last_message_at": START - dt.timedelta(hours=draw.randrange(24 * 20)) if written else None}
    respondent |= {"lead_id": 5000 if number % 7 == 1 else None}
    respondent |= {"closes_at": draw.choice((None, edition.closes_at + dt.timedelta(days=draw.randrange(9))))}
    return {
        "entity": entity,
        "respondent": respondent,
        "belongs": {kind for kind in ("ambito", "union") if draw.random() < 0.4},
        "bad": draw.random() < 0.2,
        "promised": draw.choice((None, TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=1))),
        "called_since": draw.random() < 0.3,
        "late": draw.choice((None, None, "waiting", "taken")),
        "phone": phone,
    }


def _write_around(row: Row, edition: EditionView, staff: int) -> None:
    entity_id = row["entity"]["id"]
    if row["bad"]:
        email = f"guasto{entity_id}@example.org"
        address = {"entity_id": entity_id, "purpose": "other", "email": email, "source": "csv", "created_at": START}
        db.session.execute(sa.insert(ContactAddress).values(**address))
        suppress(email, "550", START)
    call = {"edition_id": edition.id, "entity_id": entity_id, "staff_id": staff, "spoke_with": "", "note": ""}
    if row["promised"]:
        promised = call | {"at": START - dt.timedelta(hours=2), "outcome": "call_back", "call_back_on": row["promised"]}
        db.session.execute(sa.insert(Call).values(**promised))
    if row["late"]:
        _write_late(entity_id, edition, row["late"])
    if row["phone"]:
        _write_copy(entity_id, edition, row["phone"])
    if row["called_since"]:
        db.session.execute(sa.insert(Call).values(**call, at=START - dt.timedelta(hours=1), outcome="will_answer"))


def _write_late(entity_id: int, edition: EditionView, state: str) -> None:
    """A save after the deadline: of this edition where it waits."""
    response = open_response(entity_id, edition, START)
    save = {"save_id": "s", "digest": "d", "session": "", "channel": "json", "number": 1, "operations": "[]", "at": START}
    db.session.execute(sa.insert(LateSave).values(response_id=response.id, state=state, **save))


def _write_copy(entity_id: int, edition: EditionView, phone: str) -> None:
    """What was sent by telephone, and what became of it."""
    response = open_response(entity_id, edition, START)
    at = START - dt.timedelta(days=9 if phone == "young" else 11)
    sent = {"response_id": response.id, "number": 1, "receipt": f"r{entity_id}", "version": 0, "document": "{}"}
    sent |= {"definition_id": edition.definition_id, "submitted_at": at}
    (number,) = db.session.execute(sa.insert(Submission).values(**sent).returning(Submission.id)).one()
    submissions = 2 if phone == "sent again" else 1
    own = sa.update(Response).where(Response.id == response.id)
    db.session.execute(own.values(status="submitted", submissions=submissions))
    copy = {"submission_id": number, "response_id": response.id, "created_at": at, "addresses": 1, "note": ""}
    said = {"confirmed": {"confirmed_at": START}, "contested": {"contested_at": START}}
    said["handled"] = {"contested_at": START, "handled_at": START}
    db.session.execute(sa.insert(TelephoneCopy).values(**copy, **said.get(phone, {})))


def stands(row: Row) -> str:
    respondent = row["respondent"]
    state: str = respondent["state"]
    return "covered" if respondent["covered"] and state != "submitted" else state


def _silent(row: Row) -> bool:
    return bool(row["respondent"]["is_lead"] and row["respondent"]["state"] != "submitted")


def _is_municipality(row: Row) -> bool:
    return bool(row["entity"]["kind"] == "municipality")


def _waits(row: Row) -> bool:
    asked = row["respondent"]
    return bool((asked["claimed"] or asked["declared"]) and not asked["covered"])


HAS: dict[str, Callable[[Row], bool]] = {
    "no_address": lambda row: not row["respondent"]["has_address"],
    "bad_address": lambda row: row["bad"],
    "doubly_claimed": lambda row: row["respondent"]["doubly_claimed"],
    "call_back": lambda row: row["promised"] is not None and row["promised"] <= TODAY and not row["called_since"],
    "waits_for_lead": _waits,
    "leads": lambda row: row["respondent"]["is_lead"],
    "silent_lead": _silent,
    "late_work": lambda row: row["late"] == "waiting",
    "by_phone": lambda row: row["respondent"]["by_phone"],
    "phone_unconfirmed": lambda row: row["phone"] == "old",
    "phone_contested": lambda row: row["phone"] == "contested",
    "no_pec": lambda row: not row["respondent"]["has_pec"],
    "bounced": lambda row: row["respondent"]["bounced"],
    "extension": lambda row: row["respondent"]["closes_at"] is not None,
}
MIDNIGHT = dt.datetime(2026, 3, 16, tzinfo=ROME)


def cases() -> Iterator[tuple[str, Filter, Callable[[Row], bool]]]:
    yield "all", Filter(), lambda _row: True
    for state in STATES:
        yield f"state {state}", Filter(states=(state,)), lambda row, state=state: stands(row) == state
    yield "two states", Filter(states=("draft", "covered")), lambda row: stands(row) in ("draft", "covered")
    for problem in PROBLEMS:
        yield problem, Filter(problems=(problem,)), HAS[problem]
    yield "two problems", Filter(problems=("leads", "call_back")), lambda row: HAS["leads"](row) or HAS["call_back"](row)
    yield "region", Filter(region="09"), lambda row: row["entity"]["region_code"] == "09"
    yield "province", Filter(province="BB"), lambda row: row["entity"]["province_sign"] == "BB"
    yield "kind", Filter(kind="union"), lambda row: row["entity"]["kind"] == "union"
    yield "size", Filter(size=3), lambda row: row["respondent"]["size_class"] == 3
    for kind in ("ambito", "union"):
        yield (
            f"association {kind}",
            Filter(association=kind),
            lambda row, kind=kind: _is_municipality(row) and kind in row["belongs"],
        )
    yield "no association", Filter(association="none"), lambda row: _is_municipality(row) and not row["belongs"]
    yield from _cases_of_progress()
    yield from _cases_of_messages()
    yield "lead", Filter(lead="900000"), lambda row: row["respondent"]["lead_id"] == 5000
    yield "name without accents", Filter(text="alba"), lambda row: row["entity"]["name"].startswith("Àlba")
    yield "name with accents", Filter(text="FORLÌ"), lambda row: row["entity"]["name"].startswith("Forlì")
    yield "code", Filter(text="900041"), lambda row: row["entity"]["code"] == "900041"
    yield (
        "several parts",
        Filter(text="san vito", states=("never", "draft"), region="03"),
        lambda row: (
            row["entity"]["name"].startswith("San Vito")
            and stands(row) in ("never", "draft")
            and row["entity"]["region_code"] == "03"
        ),
    )


def _cases_of_progress() -> Iterator[tuple[str, Filter, Callable[[Row], bool]]]:
    yield "at least half", Filter(least=50), lambda row: row["respondent"]["progress"] >= 50
    yield "at most a tenth", Filter(most=10), lambda row: row["respondent"]["progress"] <= 10
    yield "between", Filter(least=40, most=60), lambda row: 40 <= row["respondent"]["progress"] <= 60
    yield "quiet", Filter(activity="quiet", activity_days=3), lambda row: _since(row, "last_activity", 3) is False
    yield "recent", Filter(activity="recent", activity_days=3), lambda row: _since(row, "last_activity", 3) is True
    yield "answered before", Filter(before="yes"), lambda row: row["respondent"]["answered_before"]
    yield "new", Filter(before="no"), lambda row: not row["respondent"]["answered_before"]


def _cases_of_messages() -> Iterator[tuple[str, Filter, Callable[[Row], bool]]]:
    yield "never written to", Filter(message="none"), lambda row: row["respondent"]["last_message_at"] is None
    yield "long ago", Filter(message="before", message_days=7), lambda row: _since(row, "last_message_at", 7) is False
    yield "lately", Filter(message="within", message_days=7), lambda row: _since(row, "last_message_at", 7) is True
    yield "by certified mail", Filter(channel="pec"), lambda row: row["respondent"]["last_channel"] == "pec"
    yield "in German", Filter(language="de"), lambda row: row["respondent"]["language"] == "de"


def _since(row: Row, column: str, days: int) -> bool | None:
    """Whether an instant of a row comes after the midnight in Rome that many days ago, None where there is none."""
    at: dt.datetime | None = row["respondent"][column]
    return None if at is None else at >= MIDNIGHT - dt.timedelta(days=days)


def pages(edition: EditionView, wanted: Filter, order: Order, region: str | None = None) -> list[ListRow]:
    first = list_page(edition.id, wanted, order, 1, TODAY, region=region)
    found = list(first.rows)
    for page in range(2, first.pages + 1):
        found += list_page(edition.id, wanted, order, page, TODAY, region=region).rows
    assert len(found) == first.total
    return found


def test_every_filter_finds_what_python_counts(edition: EditionView, rows: list[Row]) -> None:
    empty = []
    for name, wanted, holds in cases():
        expected = {row["entity"]["code"] for row in rows if holds(row)}
        assert {row.code for row in pages(edition, wanted, Order())} == expected, name
        assert count_matching(edition.id, wanted, TODAY) == len(expected), name
        tuscan = {row["entity"]["code"] for row in rows if holds(row) and row["entity"]["region_code"] == "09"}
        assert {row.code for row in pages(edition, wanted, Order(), "09")} == tuscan, name
        assert {row.code for part in all_rows(edition.id, wanted, TODAY, region="09", slice_of=7) for row in part} == tuscan
        empty += [name] if not expected else []
    assert not empty, "these cases prove nothing"


@pytest.mark.parametrize("by", SORTS)
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_total_and_the_unknown_comes_last(
    edition: EditionView, rows: list[Row], by: str, descending: bool
) -> None:
    found = pages(edition, Filter(), Order(by, descending))
    assert len({row.code for row in found}) == ROWS
    values = [_sorted_by(row, by) for row in found]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (ROWS - len(known))
    assert known == sorted(known, reverse=descending)


def _sorted_by(row: ListRow, by: str) -> Any:
    if by == "stato":
        return (STATES.index(row.state), row.progress)
    plain = row.name.lower().replace("à", "a").replace("ì", "i").replace("è", "e").replace("'", " ")
    values = {"nome": plain, "codice": row.code, "provincia": row.province_sign, "attivita": row.last_activity}
    return (values | {"scadenza": row.closes_at, "residenti": row.population})[by]


def test_an_order_is_read_from_an_address_and_written_again() -> None:
    assert Order.from_text("-attivita") == Order("attivita", descending=True)
    assert str(Order.from_text("-attivita")) == "-attivita"
    assert Order.from_text("'; drop table") == Order()


def test_a_page_that_is_not_there_is_the_first(edition: EditionView, rows: list[Row]) -> None:
    far = list_page(edition.id, Filter(), Order(), 99, TODAY)
    assert (far.page, len(far.rows), far.total) == (1, PAGE, ROWS)
    assert list_page(edition.id, Filter(text="nessuno"), Order(), 3, TODAY).total == 0


def test_a_row_has_its_last_message_call_and_contact(edition: EditionView, rows: list[Row]) -> None:
    entity_id, code = rows[0]["entity"]["id"], rows[0]["entity"]["code"]
    for number in (1, 2):
        key = {"reference": f"entity:{entity_id}", "dedupe_key": f"k{number}", "language": "it", "recipient": "a@example.org"}
        queue_message(Message(kind="extension", subject=f"Messaggio {number}", text="…", **key), START)
        add_operator(entity_id, name=f"Persona {number}", office="U", email=f"{number}@example.org", phone="06 0", now=START)
    call = add_call(edition.id, (entity_id, code), NewCall("refused"), staff_id=add_member("coordinator", START), now=START)
    (row,) = pages(edition, Filter(text=code), Order())
    assert row.message is not None
    assert row.contact is not None
    assert row.call is not None
    assert (row.message.subject, row.contact.name, row.call.outcome) == ("Messaggio 2", "Persona 2 (non verificato)", "refused")
    staff = add_member("coordinator", START)
    set_call_removed((entity_id, code), call, removed=True, staff_id=staff, now=START)
    after = last_calls(edition.id, [entity_id])
    assert entity_id not in after or after[entity_id].outcome != "refused"
