"""Plans at work: what is due and approved becomes one batch, whoever runs it, however often; the rest waits or is skipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.models import AuditEntry
from app.chasing.filters import Filter
from app.chasing.respondents import fresh_respondents
from app.editions.current import EditionView, edition_by_code
from app.extensions import db
from app.mail.models import Delivery, DeliveryGroup
from app.mail.outbox import Tally
from app.mail.pace import ROME, is_working_time
from app.registry.patrons import set_patron_day
from app.reminders.models import Batch, PlanStep
from app.reminders.plans import previews
from app.reminders.plans import steps as plans
from app.reminders.plans.marks import is_approved, mark_of
from app.reminders.plans.moving import FALLS, MOVES, apply_effects, effects_of
from app.reminders.plans.previews import audience_of, template_of_step
from app.reminders.plans.running import LATE, NOBODY, OUT_OF_ORDER, OVERTAKEN, Ran, run_plans
from app.reminders.plans.standing import check_plan
from app.reminders.plans.steps import ChangedStepError, Content, Deed, PlanExistsError, add_step, list_steps, step_of
from app.reminders.template_files import add_file, remove_file
from app.reminders.templates import create_template, shipped_template
from tests.accounts.few import at_once
from tests.conftest import START, Clock
from tests.responses.people import FIRENZE, People

Run = Callable[[], Tally]
STAFF = "staff:1"


def content(**changes: object) -> Content:
    """A reminder a week before 30 April: on the 23rd, at nine."""
    given = {"kind": "reminder", "name": "A sette giorni", "channel": "email", "template_id": 0, "filter": Filter()}
    given |= {"days": 7, "minute": 9 * 60, "per_hour": 3_600}
    return Content(**{**given, **changes})


def add(edition: EditionView, *, approved: bool = True, **changes: object) -> int:
    step_id = add_step(edition.id, content(**changes), actor=STAFF, now=START)
    if approved:
        approve(edition, step_id)
    return step_id


def approve(edition: EditionView, step_id: int) -> None:
    step = step_of(edition.id, step_id)
    plans.approve_step(deed(edition, step_id), mark_of(step, template_of_step(edition.id, step), edition))


def deed(edition: EditionView, step_id: int, seen: int | None = None) -> Deed:
    version = step_of(edition.id, step_id).version if seen is None else seen
    return Deed(edition.id, step_id, version, STAFF, START)


def rome(month: int, day: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ROME)


def outcomes(ran: list[Ran]) -> list[str]:
    return [one.outcome for one in ran]


def number_of(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_an_approved_step_that_is_due_becomes_one_batch_and_is_done_with_it(reachable: EditionView) -> None:
    step = add(reachable)
    assert run_plans(rome(4, 23, 8, 59)) == []
    ran = run_plans(rome(4, 23))
    assert outcomes(ran) == ["queued"]
    done = step_of(reachable.id, step)
    assert (done.state, done.batch_id, done.went_at) == ("done", ran[0].batch_id, rome(4, 23))
    assert (number_of(Batch), number_of(Delivery)) == (1, 5)
    assert run_plans(rome(4, 23, 9, 5)) == []
    assert number_of(Batch) == 1
    told = db.session.execute(sa.select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.action == "batch_queued")).one()
    assert told.actor == "command"
    assert f'"step":{step}' in told.detail.replace(" ", "")


def test_of_many_runs_at_once_one_makes_the_batch(app: Flask, reachable: EditionView) -> None:
    for race in range(10):
        db.session.execute(sa.delete(PlanStep))  # two steps on one day would not both go
        add(reachable, name=f"Passo {race}", beyond_why="prova")
        db.session.rollback()
        at_once(app, [lambda: run_plans(rome(4, 23))] * 3)
        assert number_of(Batch) == race + 1
        assert [one.state for one in list_steps(reachable.id)] == ["done"]
    assert number_of(Delivery) == 50


def test_a_run_that_is_killed_leaves_neither_a_batch_nor_a_step_that_is_done(
    reachable: EditionView, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = add(reachable)
    monkeypatch.setattr("app.reminders.batches.queue_into", lambda *_all, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_plans(rome(4, 23))
    db.session.rollback()
    assert (step_of(reachable.id, step).state, number_of(Batch)) == ("planned", 0)
    monkeypatch.undo()
    assert outcomes(run_plans(rome(4, 23, 9, 5))) == ["queued"]


def test_what_nobody_approved_waits_and_is_skipped_after_the_end_of_the_next_working_day(reachable: EditionView) -> None:
    step = add(reachable, approved=False)
    assert outcomes(run_plans(rome(4, 23))) == ["unapproved"]
    assert outcomes(run_plans(rome(4, 24, 18))) == ["unapproved"]
    assert outcomes(run_plans(rome(4, 24, 18, 1))) == [LATE]
    assert (step_of(reachable.id, step).state, step_of(reachable.id, step).note) == ("skipped", LATE)
    assert number_of(Batch) == 0


@pytest.mark.parametrize(
    "changes",
    [{"days": 6}, {"minute": 600}, {"filter": Filter(region="09")}, {"per_hour": 10}, {"name": "Altro"}, {"beyond_why": "x"}],
    ids=str,
)
def test_whatever_is_changed_of_a_step_withdraws_its_approval(reachable: EditionView, changes: dict[str, object]) -> None:
    step = add(reachable)
    plans.change_step(deed(reachable, step), content(**changes))
    assert step_of(reachable.id, step).approved_by is None
    assert "queued" not in outcomes(run_plans(rome(4, 24, 11)))


def test_a_changed_text_or_deadline_withdraws_the_approval_as_well(reachable: EditionView) -> None:
    texts = dict(shipped_template().texts)
    template = create_template(reachable.id, "Nostro", texts, actor=STAFF, now=START)
    add(reachable, template_id=template)
    db.session.execute(sa.text("UPDATE message_template_text SET subject = 'Altro' WHERE audience = 'draft'"))
    db.session.commit()
    assert outcomes(run_plans(rome(4, 23))) == ["unapproved"]


def test_an_old_form_changes_nothing(reachable: EditionView) -> None:
    step = add(reachable)
    with pytest.raises(ChangedStepError):
        plans.change_step(deed(reachable, step, seen=1), content(days=5))
    with pytest.raises(ChangedStepError):
        plans.skip_step(deed(reachable, step, seen=1), "prova")
    assert outcomes(run_plans(rome(4, 23))) == ["queued"]
    with pytest.raises(ChangedStepError):
        plans.remove_step(deed(reachable, step))


def test_a_paused_skipped_or_removed_step_does_not_go_and_each_can_come_back(reachable: EditionView) -> None:
    paused, skipped, removed = (add(reachable, name=name, days=days) for name, days in (("a", 7), ("b", 6), ("c", 3)))
    plans.pause_step(deed(reachable, paused), "prova")
    plans.skip_step(deed(reachable, skipped), "prova")
    plans.remove_step(deed(reachable, removed))
    assert run_plans(rome(4, 27, 10)) == []
    plans.resume_step(deed(reachable, paused))
    plans.unskip_step(deed(reachable, skipped))
    plans.restore_step(deed(reachable, removed))
    assert [one.state for one in list_steps(reachable.id)] == ["planned"] * 3
    assert outcomes(run_plans(rome(4, 27, 10))) == [LATE, "unapproved", "unapproved"]


def test_a_step_after_which_a_later_one_has_gone_is_skipped(reachable: EditionView) -> None:
    add(reachable, name="prima", days=7, approved=False)
    add(reachable, name="dopo", days=6)
    assert outcomes(run_plans(rome(4, 24, 10))) == ["unapproved", "queued"]
    assert outcomes(run_plans(rome(4, 24, 10, 5))) == [OUT_OF_ORDER]


def test_a_message_that_waits_gives_way_to_the_later_step(reachable: EditionView, run: Run, clock: Clock) -> None:
    first, second = add(reachable, name="prima", days=7), add(reachable, name="dopo", days=2)
    run_plans(rome(4, 23))
    db.session.execute(sa.update(DeliveryGroup).values(paused_at=rome(4, 23), pause_reason="prova"))
    db.session.commit()
    run_plans(rome(4, 28))
    db.session.execute(sa.update(DeliveryGroup).values(paused_at=None))
    db.session.commit()
    for minute in (1, 2):
        clock.set(rome(4, 28, 9, minute))
        run()
    states = dict(
        db.session.execute(
            sa.select(Batch.key, sa.func.max(Delivery.state))
            .join(Delivery, Delivery.group_id == Batch.group_id)
            .group_by(Batch.key)
        ).all()
    )
    assert states[step_of(reachable.id, first).key] == "cancelled"
    assert states[step_of(reachable.id, second).key] == "accepted"


def test_an_entity_is_in_one_wave_of_the_invitation(reachable: EditionView) -> None:
    leads = add(reachable, kind="invitation", days=20, filter=Filter(region="09"), name="prima", channel="email")
    others = add(reachable, kind="invitation", days=23, name="poi", channel="email")
    steps = list_steps(reachable.id)
    fresh_respondents(reachable, START)
    assert [len(audience_of(reachable, one, steps, START).recipients) for one in steps] == [1, 4]
    frame = plans.frame_of(reachable)
    run_plans(step_of(reachable.id, leads).due(frame).at)
    run_plans(step_of(reachable.id, others).due(frame).at)
    sizes = db.session.scalars(sa.select(Batch.respondents).order_by(Batch.id)).all()
    excluded = db.session.scalars(sa.select(Batch.excluded).order_by(Batch.id)).all()
    assert (list(sizes), excluded[1]) == ([1, 4], '{"invited": 1}')


def test_a_step_for_nobody_is_skipped_and_says_so(reachable: EditionView) -> None:
    step = add(reachable, filter=Filter(region="01", province="ZZ"))
    assert outcomes(run_plans(rome(4, 23))) == [NOBODY]
    assert step_of(reachable.id, step).note == NOBODY


def test_a_second_plan_is_refused(reachable: EditionView) -> None:
    plans.store_plan(reachable.id, [content()], actor=STAFF, now=START)
    with pytest.raises(PlanExistsError):
        plans.store_plan(reachable.id, [content()], actor=STAFF, now=START)
    assert number_of(PlanStep) == 1


def test_a_moved_deadline_moves_steps_lets_one_fall_and_pauses_what_says_the_old_one(reachable: EditionView) -> None:
    gone, near, far = (add(reachable, name=name, days=days) for name, days in (("d21", 21), ("d7", 7), ("d2", 2)))
    run_plans(rome(4, 9))
    edition = edition_by_code(reachable.code)
    assert edition is not None
    closes_at = rome(4, 17, 0)
    effects = effects_of(edition, edition.opens_at, closes_at, rome(4, 14))
    assert [(one.step.id, one.fate) for one in effects.steps] == [(near, FALLS), (far, MOVES)]
    assert [(row.id, waiting) for row, waiting in effects.batches] == [(step_of(edition.id, gone).batch_id, 5)]
    apply_effects(effects, STAFF, rome(4, 14))
    db.session.commit()
    assert [step_of(edition.id, one).state for one in (gone, near, far)] == ["done", "skipped", "planned"]
    assert step_of(edition.id, far).approved_by is None
    assert db.session.scalar(sa.select(DeliveryGroup.paused_at)) == rome(4, 14)
    later = effects_of(replace(edition), edition.opens_at, edition.closes_at, rome(4, 14))
    assert later.batches == ()


def test_on_its_patron_s_day_an_entity_gets_its_message_on_the_next_working_day(
    reachable: EditionView, run: Run, clock: Clock
) -> None:
    set_patron_day(People.entity(FIRENZE).id, "04-23")
    db.session.commit()
    add(reachable)
    run_plans(rome(4, 23))
    clock.set(rome(4, 23, 9, 1))
    assert (run().accepted, run().claimed) == (4, 0)
    row = db.session.execute(sa.select(Delivery.state, Delivery.not_before).where(Delivery.state != "accepted")).one()
    assert (row.state, row.not_before, is_working_time(row.not_before)) == ("queued", rome(4, 24, 9, 1), True)
    clock.move(days=1)
    assert run().accepted == 1


def test_a_patron_s_day_on_the_last_day_holds_nothing_back(reachable: EditionView, run: Run, clock: Clock) -> None:
    set_patron_day(People.entity(FIRENZE).id, "04-30")
    db.session.commit()
    add(reachable, days=0)
    run_plans(rome(4, 30))
    clock.set(rome(4, 30, 9, 1))
    assert run().accepted == 5


def test_many_waves_of_an_invitation_are_each_asked_once(reachable: EditionView, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(9):
        add(reachable, approved=False, kind="invitation", days=day, name=f"Onda {day}")
    fresh_respondents(reachable, START)
    asked, find = list[int](), previews.find_audience
    monkeypatch.setattr(previews, "find_audience", lambda *given, **more: asked.append(1) or find(*given, **more))
    steps = list_steps(reachable.id)
    assert audience_of(reachable, steps[-1], steps, START).by_reason() == {"invited": 5}
    assert len(asked) == 9


def test_another_attachment_in_the_place_of_one_withdraws_the_approval(reachable: EditionView) -> None:
    template = create_template(reachable.id, "Con lettera", shipped_template().texts, actor=STAFF, now=START)
    add_file(reachable.id, template, "lettera.pdf", b"%PDF-1.7 one", actor=STAFF, now=START)
    step_id = add(reachable, template_id=template)
    step = step_of(reachable.id, step_id)
    assert is_approved(step, template_of_step(reachable.id, step), reachable)
    remove_file(reachable.id, template, 1, actor=STAFF, now=START + dt.timedelta(hours=1))
    add_file(reachable.id, template, "lettera.pdf", b"%PDF-1.7 two", actor=STAFF, now=START + dt.timedelta(hours=1))
    assert not is_approved(step, template_of_step(reachable.id, step), reachable)
    assert outcomes(run_plans(rome(4, 23))) == ["unapproved"]


def test_a_late_step_gives_way_to_an_approved_one_whose_day_has_come(reachable: EditionView) -> None:
    late, next_one = add(reachable, approved=False, days=8), add(reachable, days=7)
    assert outcomes(run_plans(rome(4, 22))) == ["unapproved"]
    approve(reachable, late)
    assert outcomes(run_plans(rome(4, 23, 8, 30))) == [OVERTAKEN]
    assert outcomes(run_plans(rome(4, 23))) == ["queued"]
    assert [step_of(reachable.id, one).state for one in (late, next_one)] == ["skipped", "done"]


def test_a_late_step_goes_where_the_next_one_is_not_approved_or_not_of_today(reachable: EditionView) -> None:
    late = add(reachable, approved=False, days=8)
    add(reachable, approved=False, days=7)
    add(reachable, days=2)
    approve(reachable, late)
    assert outcomes(run_plans(rome(4, 23, 9, 5)))[0] == "queued"


def test_other_contacts_of_the_edition_withdraw_the_approval(reachable: EditionView) -> None:
    add(reachable)
    [contact] = reachable.contacts
    shown = replace(reachable, contacts=(type(contact)("Segreteria", email="altra@example.org"),))
    [step] = list_steps(reachable.id)
    assert is_approved(step, template_of_step(reachable.id, step), reachable)
    assert not is_approved(step, template_of_step(reachable.id, step), shown)


def test_who_runs_the_installation_learns_how_the_plan_stands(reachable: EditionView) -> None:
    assert list(check_plan(START)) == []
    first = add(reachable, approved=False, days=7)
    add(reachable, days=2)

    def told(now: dt.datetime) -> list[tuple[str, str]]:
        return [(one.state.value, one.saw.split(":")[0]) for one in check_plan(now)]

    assert told(START) == [("ok", "the next step is due at 2026-04-23 07")]
    unapproved = ("warning", "steps due within three days, or already, that nobody has approved")
    assert told(rome(4, 21)) == [unapproved]
    approve(reachable, first)
    assert told(rome(4, 23, 9, 30)) == [("ok", "the next step is due at 2026-04-23 07")]
    missed = ("wrong", "approved steps that are due since an hour or more and have not gone")
    assert told(rome(4, 23, 10, 30)) == [missed]
    run_plans(rome(4, 27, 10))
    assert told(rome(4, 27, 11))[0] == ("warning", "steps that the program has skipped in the last week")
