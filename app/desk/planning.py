"""`/gestione/promemoria/nuovo`: a batch in four steps: who, what, when, and a look at all of it before it is confirmed.

Not for: the rules of who is reminded (`app.reminders.audience`), or queueing (`app.reminders.batches`).
Holds always: what was chosen stands in the address, so that Back works and nothing is stored before the confirmation; only the
confirmation changes anything, once for each form that was shown.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.chasing.filters import STATES
from app.chasing.respondents import fresh_respondents
from app.clock import now
from app.config import settings
from app.desk import blueprint
from app.desk.batches import the_edition
from app.desk.filter_words import filter_choices
from app.desk.kind_words import ASSOCIATION_WORDS, KIND_WORDS, WHERE_WORDS, size_choices
from app.desk.old_pages import old_page
from app.desk.plan_drafts import PlanDraft, read_draft, with_filter
from app.desk.plan_learning import foresight, timing_problem, timing_problem_of
from app.desk.plan_previews import previews_of
from app.desk.reminder_words import AUDIENCE_WORDS, CHANNEL_WORDS, OCCASION_WORDS, left_out_words
from app.editions.current import EditionView
from app.mail.ways import sends_certified
from app.registry.entities import ENTITY_KINDS, labels_of
from app.reminders.audience import find_audience, regions_of
from app.reminders.audience_numbers import Question, count_audience, numbers_of
from app.reminders.batches import (
    EmptyBatchError,
    GrownBatchError,
    MixedFilesError,
    MixedOccasionsError,
    OtherBatchError,
    Plan,
    latest_batch,
    queue_batch,
)
from app.reminders.channels import BY_HAND
from app.reminders.learning.turns import LateDaysError
from app.reminders.occasions import AFTERWARDS
from app.reminders.saved_audiences import list_saved
from app.reminders.schedule import CrowdedDaysError, ends_too_late
from app.reminders.template_files import have_same_files
from app.reminders.templates import TemplateRow, UnknownTemplateError, list_templates, template_or_shipped

STEPS = ("chi", "testo", "quando", "conferma")
ASK_NUMBER_ABOVE = 1_000
LONGEST_NUMBER = 9
NOT_OFFERED = frozenset({"submitted", "covered"})
_KEY = re.compile(r"[0-9a-f]{32}\Z")
Errors = list[tuple[str, str]]


@blueprint.get("/promemoria/nuovo")
def new_batch() -> ResponseReturnValue:
    """The step that the address names."""
    step = request.args.get("passo", "chi")
    return _draw(step if step in STEPS else "chi", read_draft(request.args), errors=[])


@blueprint.post("/promemoria/nuovo")
def confirm_batch() -> ResponseReturnValue:
    """Queue it, and show it."""
    edition, draft, at, staff = the_edition(), read_draft(request.form), now(), required_staff()
    key, seen, after = (request.form.get(name, "") for name in ("chiave", "enti", "ultimo"))
    if _KEY.match(key) is None or not (_is_number(seen) and _is_number(after)):
        return _draw("conferma", draft, errors=[])
    if wrong := old_page():
        return _draw("conferma", draft, errors=wrong, key=key), 422
    plan, errors = draft.plan(edition, at, staff.region_code, template_or_shipped(edition.id, draft.template_id).occasion)
    if plan is None:
        return _draw(_step_of(errors), draft, errors=errors), 422
    if int(seen) > ASK_NUMBER_ABOVE and re.sub(r"\D", "", request.form.get("numero", "")) != str(int(seen)):
        problem = _("Per confermare scrivi il numero degli enti: %(number)s.", number=seen)
        return _draw("conferma", draft, errors=[("numero", problem)], key=key), 422
    return _queue(edition, draft, plan, key, int(seen), int(after))


def _step_of(errors: Errors) -> str:
    """The step in which what is wrong is chosen."""
    fields = {field for field, _text in errors}
    return "chi" if "canale" in fields else "testo" if "variante" in fields else "quando"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


REFUSALS = (UnknownTemplateError, CrowdedDaysError, LateDaysError, MixedOccasionsError, MixedFilesError, EmptyBatchError)


def _queue(edition: EditionView, draft: PlanDraft, plan: Plan, key: str, seen: int, after: int) -> ResponseReturnValue:
    staff = required_staff()
    try:
        batch_id = queue_batch(edition, plan, key=key, actor=staff.actor, now=now(), seen=seen, after=after)
    except REFUSALS as error:
        step, field, problem = _why_refused(error)
        return _draw(step, draft, errors=[(field, problem)]), 422
    except GrownBatchError:
        problem = _("Nel frattempo gli enti da raggiungere sono aumentati: controlla di nuovo e conferma.")
        return _draw("conferma", draft, errors=[("", problem)]), 409
    except OtherBatchError as error:
        told = {"name": error.batch.name, "count": format_decimal(error.batch.respondents)}
        problem = _(
            "Nel frattempo è stato messo in coda «%(name)s», a %(count)s enti: guardalo fra i promemoria. Se serve anche "
            "questo, conferma di nuovo.",
            **told,
        )
        return _draw("conferma", draft, errors=[("", problem)]), 409
    if plan.channel == BY_HAND:
        flash(_("Il promemoria è pronto: scarica i messaggi e spediscili dalla tua casella PEC."), "success")
    else:
        flash(_("Il promemoria è pronto e parte da solo: puoi chiudere questa pagina."), "success")
    return redirect(url_for("desk.batch", batch=batch_id), 303)


def _why_refused(error: Exception) -> tuple[str, str, str]:
    """(the step in which it is mended, the id of its field, what to do)."""
    if isinstance(error, UnknownTemplateError):
        return "testo", "testo", _("Questo testo non c'è più: scegline un altro.")
    if isinstance(error, MixedOccasionsError):
        return "testo", *_mixed()
    if isinstance(error, MixedFilesError):
        return "testo", *_other_files()
    if isinstance(error, CrowdedDaysError | LateDaysError):
        return "quando", *timing_problem(error)
    return "chi", "q", _("Nessun ente riceverebbe il promemoria: cambia i filtri.")


def _mixed() -> tuple[str, str]:
    return "variante", _("I testi da provare insieme devono servire alla stessa occasione: scegli altri testi, o uno solo.")


def _not_together(edition: EditionView, template: TemplateRow, others: Sequence[int]) -> tuple[str, str] | None:
    """Why these texts cannot be tried together, with its field; None where they can."""
    if any(template_or_shipped(edition.id, number).occasion != template.occasion for number in others):
        return _mixed()
    return _other_files() if others and not have_same_files([template.id, *others]) else None


def _other_files() -> tuple[str, str]:
    return "variante", _(
        "I testi da provare insieme devono avere gli stessi allegati: allegali a ognuno, o scegli altri testi."
    )


def _draw(step: str, draft: PlanDraft, *, errors: Errors, key: str = "") -> str:
    edition, at, staff = the_edition(), now(), required_staff()
    fresh_respondents(edition, at)
    template = template_or_shipped(edition.id, draft.template_id)
    plan, wrong = draft.plan(edition, at, staff.region_code, template.occasion)
    if plan is None and step == "conferma":
        errors = errors or wrong
        step = _step_of(errors)
    starts_at = at if plan is None else plan.schedule.starts_at
    given: dict[str, Any] = {"region": staff.region_code, "channel": draft.channel, "occasion": template.occasion}
    asked = Question(edition, draft.choice, starts_at, at, **given)
    audience = None
    if plan is not None and step == "conferma":
        audience = find_audience(edition, draft.choice, starts_at, at, **given)
        if problem := timing_problem_of(plan, audience):
            step, errors = "quando", [problem]
        if problem := _not_together(edition, template, plan.others):
            step, errors = "testo", [problem]
    shown: dict[str, Any] = {"step": step, "steps": STEPS, "draft": draft, "errors": errors}
    shown |= {"audience_words": AUDIENCE_WORDS, "list_address": url_for("desk.batch_audience") + draft.query("chi")}
    shown |= {"left_out_words": left_out_words(draft.channel, template.occasion), "channel_words": CHANNEL_WORDS}
    shown |= {"occasion": template.occasion, "afterwards": template.occasion in AFTERWARDS}
    shown |= {"can_certify": sends_certified(settings())}
    shown |= {"address_of": lambda to: url_for("desk.new_batch") + draft.query(to)}
    if step == "chi":
        shown |= {"numbers": count_audience(asked), **_who(edition, draft)}
    elif step == "testo":
        shown |= {"templates": list_templates(edition.id), "occasion_words": OCCASION_WORDS}
    elif step == "conferma" and plan is not None and audience is not None:
        shown |= {"audience": audience, "numbers": numbers_of(audience)}
        first, last = plan.schedule.span(audience.messages)
        shown |= {"plan": plan, "first": first, "last": last, "template": template, "ask_above": ASK_NUMBER_ABOVE}
        shown |= {"others": [template_or_shipped(edition.id, number) for number in plan.others]}
        shown |= {"foresight": foresight(edition, plan, audience, at) if plan.learns else None}
        too_late = template.occasion not in AFTERWARDS and ends_too_late(last, edition.closes_at)
        shown |= {"too_late": too_late, "key": key or secrets.token_hex(16)}
        shown |= {"latest": latest_batch(edition.id)}
        shown |= {"typed": request.form.get("numero", "")}
        shown |= {"previews": previews_of(edition, template, audience, draft, plan.schedule.starts_at)}
    return render_template("desk/plan.html", **shown)


def _who(edition: EditionView, draft: PlanDraft) -> dict[str, Any]:
    known = labels_of(draft.choice.without)
    unknown = [code for code in draft.choice.without if code not in known]
    return {
        "regions": regions_of(edition.id),
        "kinds": [(kind, KIND_WORDS[kind]) for kind in ENTITY_KINDS],
        "sizes": size_choices(),
        "associations": list(ASSOCIATION_WORDS.items()),
        "where_words": WHERE_WORDS,
        "choosable": [state for state in STATES if state not in NOT_OFFERED or state in draft.choice.filter.states],
        "unknown_codes": unknown,
        "choices": filter_choices(),
        "saved": list_saved(),
        "saved_address": lambda one: url_for("desk.new_batch") + with_filter(draft, one.filter).query("chi"),
    }
