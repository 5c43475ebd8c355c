"""The demo edition, two associations with made-up addresses, and four accounts."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from app.accounts.entity_accounts import set_password_hash, stored_hash
from app.accounts.passwords import hash_password, verify_password
from app.config import Settings
from app.editions.current import Contact, edition_by_code, questionnaire_of
from app.editions.files import ROME, EditionFile
from app.editions.lifecycle import move_edition, store_edition
from app.extensions import db
from app.questionnaire.loader import load_definition, read_shipped
from app.registry.entities import find_by_code
from app.registry.imports.plan import apply_plan, plan_import
from app.registry.load import load_municipalities

EDITION: Final = "demo"
QUESTIONNAIRE: Final = "RBP5"
ENTITIES: Final = ("048017", "022165", "068038", "demo-unione")
"""A city that leads an Ambito, a village of a Unione whose name is not unique, the longest name, the Unione itself."""
IMPORTS: Final = {"associations": "associations.csv", "addresses": "addresses.csv"}
LETTER: Final = Path(__file__).with_name("letter.pdf")
ACCOUNTS_FILE: Final = "demo-accounts.json"
ACTOR: Final = "command:demo"


class NotLocalError(Exception):
    """The installation's base URL is not on this machine: a demonstration would fill a country with synthetic answers."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An entity that can sign in, with the password in clear: it is made for this and stands in the instance folder."""

    code: str
    label: str
    password: str


def refuse_unless_local(settings: Settings) -> None:
    """Raise NotLocalError unless the base URL names this machine."""
    if not settings.is_local:
        raise NotLocalError(
            f"base_url is {settings.base_url}: demo commands run only where it is http://127.0.0.1 or localhost"
        )


def load_demo(settings: Settings, now: dt.datetime) -> tuple[DemoAccount, ...]:
    """Load the registry and an open edition and make four accounts, or find them as an earlier call left them.

    Raises `NotLocalError`, and `PlanRefusedError` where the registry does not have the municipalities of the demonstration.
    """
    refuse_unless_local(settings)
    load_municipalities(now)
    for kind, name in IMPORTS.items():
        plan = plan_import(kind, Path(__file__).with_name(name), now)
        apply_plan(plan, plan.digest, actor=ACTOR, now=now)
    known = edition_by_code(EDITION)
    if known is None:
        store_edition(demo_edition(now), actor=ACTOR, now=now)
    elif known.closes_at <= now:
        frozen = questionnaire_of(known.digest)
        moved_on = replace(demo_edition(now), opens_at=known.opens_at, questionnaire=frozen)
        store_edition(moved_on, actor=ACTOR, now=now)
    known = edition_by_code(EDITION)
    if known is not None and known.state != "open":
        move_edition(EDITION, "open", actor=ACTOR, now=now)
    return _accounts(settings.instance_path / ACCOUNTS_FILE, now)


def demo_edition(now: dt.datetime) -> EditionFile:
    """An edition that opened a week ago and closes in six weeks, at a quarter to midnight in Rome."""
    today = now.astimezone(ROME).replace(hour=0, minute=0, second=0, microsecond=0)
    closes = (today + dt.timedelta(days=42)).replace(hour=23, minute=45)
    source = read_shipped(QUESTIONNAIRE)
    return EditionFile(
        code=EDITION,
        title="Ricognizione delle buone pratiche per la famiglia (dimostrazione)",
        period_from=dt.date(today.year - 1, 9, 1),
        period_to=dt.date(today.year, 8, 31),
        opens_at=(today - dt.timedelta(days=7)).replace(hour=9).astimezone(dt.UTC),
        closes_at=closes.astimezone(dt.UTC) + dt.timedelta(minutes=1),
        questionnaire=load_definition(source, f"{QUESTIONNAIRE}.yaml"),
        questionnaire_source=source,
        contacts=(
            Contact(
                name="Segreteria della ricognizione",
                role="contatto dimostrativo",
                email="segreteria@example.org",
                phone="06 0000 0000",
                hours="lun–ven 9–13",
            ),
        ),
        letter=LETTER.read_bytes(),
        pilot=(),
        results_url=None,
        accessibility_url=None,
    )


def _accounts(file: Path, now: dt.datetime) -> tuple[DemoAccount, ...]:
    known = msgspec.json.decode(file.read_bytes(), type=tuple[DemoAccount, ...]) if file.exists() else ()
    if known and all(_can_sign_in(account) for account in known):
        return known
    accounts = tuple(_account(code, now) for code in ENTITIES)
    db.session.commit()
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        private.write(msgspec.json.encode(accounts))
    return accounts


def _can_sign_in(account: DemoAccount) -> bool:
    entity = find_by_code(account.code)
    return entity is not None and verify_password(stored_hash(entity.id), account.password)


def _account(code: str, now: dt.datetime) -> DemoAccount:
    entity = find_by_code(code)
    if entity is None:
        raise LookupError(f"the registry has no entity {code}")
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    set_password_hash(entity.id, hash_password(password), now)
    return DemoAccount(code, entity.label, password)


def account_lines(base_url: str, accounts: Sequence[DemoAccount]) -> list[str]:
    """What `make run` prints."""
    width = max(len(account.label) for account in accounts)
    rows = [f"  {account.label:<{width}}  code {account.code}  password {account.password}" for account in accounts]
    return [f"Ricognizione runs at {base_url}", "Who can sign in:", *rows]
