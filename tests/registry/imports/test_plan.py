"""A plan is applied as it was shown, whole, once, or not at all."""

from __future__ import annotations

import datetime as dt
import json
import random
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.chain import current_head, first_broken_entry
from app.audit.models import AuditEntry
from app.extensions import db
from app.registry.imports.plan import Plan, PlanOutdatedError, PlanRefusedError, apply_plan
from app.registry.load import load_municipalities
from tests.registry.imports.sources import ipa_file, list_file, listed, plan, variations_file, varied, write
from tests.registry.rows import add_contact, add_entity, everything
from tests.registry_rows import add_municipalities

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def borgo(db_session: object) -> int:
    return add_entity("001001", "Borgo")


def addresses(folder: Path, *lines: str) -> Path:
    return write(folder, ["entity,purpose,email", *lines])


def test_a_preview_writes_nothing_and_a_confirmation_exactly_it(borgo: int, tmp_path: Path, now: dt.datetime) -> None:
    before, head = everything(), current_head()
    shown = plan("addresses", addresses(tmp_path, "001001,mayor,one@example.org"))
    assert (everything(), current_head()) == (before, head)
    written = apply_plan(shown, shown.digest, actor="staff:1", now=now)
    assert (written.changes, written.digest) == (shown.changes, shown.digest)
    (entry,) = db.session.execute(sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject, AuditEntry.detail)).all()
    assert (entry.action, entry.actor, entry.subject) == ("registry_imported", "staff:1", "registry:addresses")
    assert json.loads(entry.detail) == {"file": "file.csv", "digest": shown.digest, "added": 1, "changed": 0, "ended": 0}
    assert first_broken_entry() is None


def test_a_plan_is_outdated_when_the_registry_or_the_file_changes(borgo: int, tmp_path: Path, now: dt.datetime) -> None:
    file = addresses(tmp_path, "001001,mayor,one@example.org", "001001,pec,two@example.org")
    shown = plan("addresses", file)
    add_contact(borgo, "mayor", "one@example.org")
    before = everything()
    with pytest.raises(PlanOutdatedError) as caught:
        apply_plan(shown, shown.digest, actor="command", now=now)
    assert caught.value.plan.counts() == {"added": 1, "changed": 0, "ended": 0, "unchanged": 1}
    assert everything() == before
    shown = plan("addresses", file)
    addresses(tmp_path, "001001,pec,three@example.org")
    with pytest.raises(PlanOutdatedError):
        apply_plan(shown, shown.digest, actor="command", now=now)
    assert everything() == before


def test_a_plan_with_problems_is_not_applied(borgo: int, tmp_path: Path, now: dt.datetime) -> None:
    shown = plan("addresses", addresses(tmp_path, "001001,mayor,one@example.org", "001001,mayor,nobody"))
    before = everything()
    with pytest.raises(PlanRefusedError) as caught:
        apply_plan(shown, shown.digest, actor="command", now=now)
    assert caught.value.plan.problems == shown.problems
    assert everything() == before


def test_two_who_confirm_at_once_write_once(app: Flask, borgo: int, tmp_path: Path, now: dt.datetime) -> None:
    shown = plan("addresses", addresses(tmp_path, *(f"001001,other,n{number}@example.org" for number in range(300))))
    db.session.rollback()
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def confirm() -> None:
        with app.app_context():
            start.wait()
            try:
                apply_plan(shown, shown.digest, actor="command", now=now)
            except PlanOutdatedError:
                outcomes.append("outdated")
            else:
                outcomes.append("written")

    threads = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["outdated"] * 3 + ["written"]
    assert len(everything()["contact_address"]) == 300


CODES = ["048017", "022165", "001235", "068038", "021008", "999999"]
DRAWN = ["addresses", "associations", "ipa", "istat-list", "istat-variations"]


def random_file(draw: random.Random, folder: Path) -> tuple[str, Path]:
    """A file of any kind about Firenze, both Samone, San Valentino and Bolzano, right or partly wrong."""
    kind = draw.choice(DRAWN)
    day = f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/{draw.randint(2010, 2026)}"
    return kind, (_made_by_people if kind in DRAWN[:2] else _published)(kind, draw, folder, day)


def _made_by_people(kind: str, draw: random.Random, folder: Path, day: str) -> Path:
    if kind == "addresses":
        drawn = [
            (draw.choice(CODES), draw.choice(["pec", "mayor"]), draw.randint(1, 4), draw.choice(["", "end"])) for _ in range(4)
        ]
        lines = [f"{of},{purpose},n{number}@example.org,{action}" for of, purpose, number, action in drawn]
        return write(folder, ["entity,purpose,email,action", *lines])
    lead = draw.choice([*CODES, "uni"])
    drawn_members = [(draw.randint(1, 2), draw.choice(CODES), draw.choice(["", day])) for _ in range(3)]
    lines = [f"A{number},ambito,Uno,{lead},{member},{start},,union,Unione" for number, member, start in drawn_members]
    return write(folder, ["association,kind,name,lead,member,valid_from,valid_to,lead_kind,lead_name", *lines])


def _published(kind: str, draw: random.Random, folder: Path, day: str) -> Path:
    code, other = draw.sample(CODES, 2)
    if kind == "ipa":
        mail = (f"n{draw.randint(1, 3)}@example.org", draw.choice(["pec", ""]))
        union = ("uni", f"Unione {draw.randint(1, 2)}", "L6", "N", other, "", "u@example.org", "pec")
        return ipa_file(folder, (f"c_{code}", "Comune di Prova", "L6", "N", code, "", *mail), union)
    if kind == "istat-list":
        named = listed(code, f"Nome {draw.randint(1, 2)}", f"Z{code[3:]}")
        return list_file(folder, named, listed(other, "Altro", f"Y{other[3:]}"))
    pairs = [f"{code};Nome", f"{other};Altro"]
    return variations_file(
        folder, *(varied(draw.choice(["CS", "ES", "CD", "AP"]), day, *draw.sample(pairs, 2)) for _ in range(2))
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_file_that_was_applied_changes_nothing_when_it_comes_again(seed: int, tmp_path: Path, now: dt.datetime) -> None:
    """Random files one after the other: each either changes nothing at all or, applied, has nothing left to change."""
    add_municipalities()
    draw = random.Random(seed)
    applied = 0
    for _ in range(25):
        kind, file = random_file(draw, tmp_path)
        before = everything()
        shown = plan(kind, file)
        assert everything() == before
        if shown.problems:
            with pytest.raises(PlanRefusedError):
                apply_plan(shown, shown.digest, actor="command", now=now)
            assert everything() == before
            continue
        apply_plan(shown, shown.digest, actor="command", now=now)
        applied += len(shown.changes) > 0
        after, head = everything(), current_head()
        again: Plan = plan(kind, file)
        assert (again.problems, again.changes) == ((), ()), (kind, file.read_text(encoding="cp1252"))
        apply_plan(again, again.digest, actor="command", now=now)
        assert (everything(), current_head()) == (after, head)
    assert applied > 2


def test_the_whole_country_at_once(tmp_path: Path, now: dt.datetime) -> None:
    """Every municipality with its IPA code and two addresses, and 433 unions: one plan, one transaction."""
    load_municipalities(now)
    codes = [row[1] for row in everything()["entity"]]
    rows = [
        (f"c_{code}", "Comune di X", "L6", "N", code, "", f"pec{code}@example.org", "pec", f"urp{code}@example.org", "")
        for code in codes
    ]
    rows += [
        (f"u{number}", f"Unione {number}", "L6", "N", codes[number], "", f"u{number}@example.org", "pec")
        for number in range(433)
    ]
    shown = plan("ipa", ipa_file(tmp_path, *rows))
    assert shown.counts() == {"added": 2 * 7896 + 2 * 433, "changed": 7896, "ended": 0, "unchanged": 0}
    apply_plan(shown, shown.digest, actor="command", now=now)
    assert len(everything()["contact_address"]) == 2 * 7896 + 433
    assert plan("ipa", ipa_file(tmp_path, *rows)).counts()["unchanged"] == 7896 + 433
