"""A person's copy and erasure from the desk: audited, of this entity alone, and the answers stay."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts.invitations import invite
from app.accounts.models import OperatorInvitation
from app.accounts.operator_messages import send_invitation, send_verification
from app.accounts.operators import add_operator, operator_names, remove_operator
from app.audit.models import AuditEntry
from app.extensions import db
from app.privacy.erasing import erase_operator
from app.privacy.exporting import person_data
from tests.desk.conftest import NewStaff
from tests.desk.logins import FIRENZE, entity
from tests.fill.person import Person

PAGE = f"/gestione/accessi/{FIRENZE}/persone"


@pytest.fixture
def numbers(edition: object, now: dt.datetime) -> tuple[int, int, int]:
    """Two operators of Firenze, the second taken from the list, and one of another municipality."""
    known = {"office": "Servizi sociali", "phone": "055 1"}
    first = add_operator(entity().id, name="Operatore A", email="a@example.org", now=now, **known)
    second = add_operator(entity().id, name="Operatore B", email="b@example.org", now=now, **known)
    remove_operator(entity().id, second, by=None, now=now)
    other = add_operator(entity("022165").id, name="Operatore C", email="c@example.org", now=now, **known)
    return first, second, other


def deeds() -> list[tuple[str, str]]:
    query = sa.select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.number)
    return [tuple(row) for row in db.session.execute(query) if row.action in {"operator_exported", "operator_erased"}]


def test_the_page_shows_who_fills_in_and_who_was_taken_from_the_list(
    administrator: Person, numbers: tuple[int, int, int]
) -> None:
    login = administrator.get(f"/gestione/accessi/{FIRENZE}")
    assert login.links()["Persone che compilano"] == PAGE
    page = administrator.get(PAGE)
    assert page.text.index("Operatore A (non verificato)") < page.text.index("Tolte dall'elenco")
    assert page.text.index("Tolte dall'elenco") < page.text.index("Operatore B (non verificato)")
    assert "Operatore C" not in page.html
    assert "Nessuno ha ancora detto chi compila." in administrator.get("/gestione/accessi/021008/persone").text


def test_a_copy_is_one_persons_and_stands_in_the_log(administrator: Person, numbers: tuple[int, int, int]) -> None:
    first, _second, other = numbers
    page = administrator.get(PAGE)
    token = page.value("csrf_token", f"{PAGE}/{first}/copia")[0]
    file = administrator.client.post(f"{PAGE}/{first}/copia", data={"csrf_token": token})
    assert file.headers["Content-Disposition"] == f'attachment; filename="dati-persona-{first}.json"'
    assert [one["email"] for one in file.json["person"]] == ["a@example.org"]
    assert deeds() == [("operator_exported", f"operator:{first}")]
    refused = administrator.client.post(f"{PAGE}/{other}/copia", data={"csrf_token": token})
    assert refused.status_code == 303
    assert len(deeds()) == 1


def test_an_erasure_is_confirmed_and_takes_invitations_along(
    administrator: Person, numbers: tuple[int, int, int], now: dt.datetime
) -> None:
    first, second, other = numbers
    invited = invite(entity(), "A@example.org", by=first, hands_over=False, now=now)
    db.session.commit()
    asked = administrator.get(f"{PAGE}/{first}/cancella")
    assert asked.heading == "Cancella i dati di Operatore A (non verificato)"
    assert "Non si può annullare." in asked.text
    assert operator_names(entity().id)[first] == "Operatore A (non verificato)"
    done = administrator.press(asked, "Cancella i dati")
    assert done.alerts == ["Dati della persona cancellati. Le risposte dell'ente sono rimaste com'erano."]
    assert operator_names(entity().id)[first] == "persona rimossa n. 1"
    row = db.session.execute(sa.select(OperatorInvitation).where(OperatorInvitation.id == invited)).scalar_one()
    assert (row.email, row.outcome, row.ended_at is not None) == ("", "withdrawn", True)
    assert administrator.press(asked, "Cancella i dati").alerts == [
        "Questa persona non c'è: i suoi dati sono già stati cancellati."
    ]
    assert administrator.get(f"{PAGE}/{first}/cancella").status == 404
    assert administrator.get(f"{PAGE}/{other}/cancella").status == 404
    assert administrator.get(f"{PAGE}/{second}/cancella").status == 200
    assert deeds() == [("operator_erased", f"operator:{first}")]


def test_a_coordinator_sees_none_of_it(new_staff: NewStaff, numbers: tuple[int, int, int]) -> None:
    assert new_staff("coordinator").get(PAGE).status == 403


def test_a_copy_has_invitations_and_their_messages_without_the_addresses_of_others(
    administrator: Person, numbers: tuple[int, int, int], now: dt.datetime
) -> None:
    first = numbers[0]
    send_verification(entity(), first, language="it", now=now)
    send_invitation(entity(), "altra@example.org", by=first, hands_over=False, language="it", now=now)
    found = person_data(first)
    assert [(row["purpose"], row["email"]) for row in found["invitations"]] == [
        ("verification", "a@example.org"),
        ("invitation", ""),
    ]
    assert [row["recipient"] for row in found["messages"]] == ["a@example.org"]
    assert "altra@example.org" not in str(found)


def test_an_address_that_a_colleague_or_the_office_has_too_is_not_taken_from_them(
    administrator: Person, numbers: tuple[int, int, int], now: dt.datetime
) -> None:
    known = {"office": "Anagrafe", "email": "A@example.org", "phone": ""}
    colleague = add_operator(entity().id, name="Operatore D", now=now, **known)
    send_verification(entity(), colleague, language="it", now=now)
    erase_operator(numbers[0], actor="staff:1", now=now)
    row = db.session.execute(sa.select(OperatorInvitation)).scalar_one()
    assert (row.email, row.ended_at) == ("A@example.org", None)
    erase_operator(colleague, actor="staff:1", now=now)
    db.session.refresh(row)
    assert (row.email, row.outcome) == ("", "withdrawn")
