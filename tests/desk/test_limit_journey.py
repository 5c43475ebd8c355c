"""The limit of three e-mails, and a deadline that moves for all, walked at the desk: a fourth needs a person's word, and what
has not been sent moves after it was said."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery
from app.mail.pace import ROME
from app.reminders.models import Batch, PlanStep
from app.reminders.plans.running import run_plans
from tests.desk.test_reminder_plan import DATES, PLAN, press, reachable, step_page
from tests.fill.person import Person

__all__ = ["reachable"]
NEW = "/gestione/promemoria/nuovo"
DAYS = {"Primo": "28", "Secondo": "21", "Terzo": "14", "Quarto": "7"}
APPROVE = "Approva: parte da solo"
WHY = "Deciso con la Regione: mancano ancora in molti"


def run(month: int, day: int) -> tuple[int, int]:
    """Run the plan at nine of that day, and have what it queued go out; batches and messages so far."""
    run_plans(dt.datetime(2026, month, day, 9, 0, tzinfo=ROME))
    db.session.execute(sa.update(Delivery).values(state="accepted"))
    db.session.commit()
    counted = (sa.select(sa.func.count()).select_from(table) for table in (Batch, Delivery))
    batches, messages = (db.session.scalar(query) or 0 for query in counted)
    db.session.rollback()
    return batches, messages


def fourth() -> PlanStep:
    db.session.rollback()
    return db.session.scalars(sa.select(PlanStep).where(PlanStep.name == "Quarto")).one()


def approve(person: Person, name: str) -> None:
    page, where = step_page(person, name)
    press(person, page, f"{where}/approva", APPROVE)


def test_a_fourth_e_mail_needs_a_decision_and_more_time_moves_it(reachable: EditionView, coordinator: Person) -> None:
    for name, days in DAYS.items():
        form = coordinator.get(f"{PLAN}/nuovo?passo=reminder")
        typed = {"nome": name, "giorni": days, "ora": "9:00", "giorno": "", "ritmo": "3600"}
        press(coordinator, form, f"{PLAN}/nuovo", "Aggiungi il passo", **typed)
    for name in ("Primo", "Secondo", "Terzo"):
        approve(coordinator, name)
    assert [run(4, 2), run(4, 9), run(4, 16)] == [(1, 5), (2, 10), (3, 15)]
    page, where = step_page(coordinator, "Quarto")
    assert "Sarebbe il messaggio numero 4 per questo canale" in page.text
    refused = coordinator.get(f"{NEW}?passo=chi")
    assert "Hanno già avuto tre promemoria in questa edizione" in refused.text
    assert "0 enti" in refused.text
    assert "5 enti" in coordinator.get(f"{NEW}?passo=chi&oltre=1").text
    press(coordinator, page, where, "Salva le modifiche", oltre=WHY)
    approve(coordinator, "Quarto")
    decided = fourth()
    assert (decided.beyond_why, decided.beyond_by) == (WHY, decided.approved_by)
    changed = sa.select(AuditEntry.actor).where(AuditEntry.action == "plan_step_changed")
    assert db.session.scalars(changed).all() == [decided.beyond_by]
    shown = press(coordinator, coordinator.get(DATES), DATES, "Salva", deadline_day="2026-05-29")
    assert "Non è ancora salvato nulla" in shown.text
    assert "va approvato di nuovo" in shown.text
    assert "ven 22 mag 2026, 09:00" in shown.text
    assert fourth().approved_by is not None, "looking changes nothing"
    press(coordinator, shown, DATES, "Salva")
    assert (fourth().approved_by, fourth().beyond_by) == (None, decided.beyond_by)
    approve(coordinator, "Quarto")
    assert run(4, 23) == (3, 15), "its old day is no more"
    assert run(5, 22) == (4, 20)
    [*_others, last] = db.session.scalars(
        sa.select(AuditEntry.detail).where(AuditEntry.action == "batch_queued").order_by(AuditEntry.number)
    )
    assert '"beyond"' in last
    assert not any('"beyond"' in one for one in _others)
