"""`/gestione/promemoria/piano/<id>`: one step of the plan: whom it reaches, what it says, when; changed, approved, skipped.

Not for: the plan as a whole (`reminder_plan.py`), or what a form holds (`plan_step_forms.py`).
Holds always: each deed names the version of the step that the page showed, and is refused if another came between; what is
approved is exactly what the page showed; what was taken out can be put back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

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
from app.desk.plan_letters import letters_of_step, prepare_step_letters
from app.desk.plan_previews import preview
from app.desk.plan_step_forms import Errors, TypedStep, content_of, new_step, stored_step, typed_step
from app.desk.plan_words import KIND_WORDS as STEP_KIND_WORDS
from app.desk.plan_words import STEP_CHANNEL_WORDS
from app.desk.planning import NOT_OFFERED
from app.desk.reminder_plan import shown_steps
from app.desk.reminder_words import AUDIENCE_WORDS, left_out_words
from app.editions.current import EditionView
from app.letters.running import LettersRefusedError
from app.mail.ways import sends_certified
from app.registry.entities import ENTITY_KINDS
from app.reminders.audience import Audience, regions_of
from app.reminders.occasions import UNCOUNTED
from app.reminders.plans import steps as plans
from app.reminders.plans.marks import mark_of
from app.reminders.plans.previews import audience_of, template_of_step
from app.reminders.plans.steps import ChangedStepError, Deed, Step, UnknownStepError, frame_of, list_steps, step_of
from app.reminders.saved_audiences import list_saved
from app.reminders.templates import TemplateRow, list_templates

LONGEST_WHY: Final = 200
_PATH: Final = "/promemoria/piano/<int(max=2147483647):planned>"
_WORKS: Final[Mapping[str, tuple[Callable[[Deed], None], LazyString]]] = {
    "ritira": (plans.withdraw_approval, _l("Approvazione ritirata: il passo non parte finché qualcuno non lo approva.")),
    "riprendi": (plans.resume_step, _l("Il passo è di nuovo previsto: approvalo, se deve partire da solo.")),
    "ripristina": (plans.unskip_step, _l("Il passo è di nuovo previsto: approvalo, se deve partire da solo.")),
    "togli": (plans.remove_step, _l("Passo tolto dal piano: in fondo alla pagina lo puoi rimettere.")),
    "rimetti": (plans.restore_step, _l("Passo rimesso nel piano.")),
    "fatta": (plans.mark_letters_sent, _l("Segnato come fatto.")),
}


@blueprint.get(_PATH)
def plan_step(planned: int) -> str:
    """The step."""
    return _draw(_asked(planned))


@blueprint.post(_PATH)
def change_plan_step(planned: int) -> ResponseReturnValue:
    """Store what was changed of it."""
    asked, edition = _asked(planned), the_edition()
    typed = typed_step(request.form, asked.content.kind)
    content, errors = content_of(typed, _templates(edition))
    errors = old_page() or errors
    if errors or content is None:
        return _draw(asked, typed, errors), 422
    try:
        plans.change_step(_deed(asked), content)
    except ChangedStepError:
        return _draw(_asked(planned), typed, [("", _changed())]), 409
    flash(_("Modifiche salvate. Se il passo era approvato, va approvato di nuovo."), "success")
    return redirect(url_for("desk.plan_step", planned=planned), 303)


@blueprint.route("/promemoria/piano/nuovo", methods=["GET", "POST"])
def new_plan_step() -> ResponseReturnValue:
    """Add a step of the kind that the address names."""
    edition, kind = the_edition(), request.values.get("passo", "")
    if request.method != "POST":
        return _draw_form(edition, new_step(kind), [])
    typed = typed_step(request.form, kind)
    content, errors = content_of(typed, _templates(edition))
    errors = old_page() or errors
    if errors or content is None:
        return _draw_form(edition, typed, errors), 422
    step_id = plans.add_step(edition.id, content, actor=required_staff().actor, now=now())
    flash(_("Passo aggiunto: guarda l'anteprima e approvalo, se deve partire da solo."), "success")
    return redirect(url_for("desk.plan_step", planned=step_id), 303)


@blueprint.post(f"{_PATH}/<any(approva,ritira,pausa,riprendi,salta,ripristina,togli,rimetti,fatta,lettere):work>")
def steer_plan_step(planned: int, work: str) -> ResponseReturnValue:
    """Approve it or withdraw that, pause, resume, skip it or not, take it out or put it back, say that it is done, or prepare
    its letters."""
    asked = _asked(planned)
    if wrong := old_page():
        return _draw(asked, errors=wrong, why=" ".join(request.form.get("motivo", "").split()), stopping=work), 422
    try:
        if work in {"pausa", "salta"}:
            return _stop(asked, work)
        if work == "approva":
            return _approve(asked)
        if work == "lettere":
            return _prepare(asked)
        do, told = _WORKS[work]
        do(_deed(asked))
    except ChangedStepError:
        return _draw(_asked(planned), errors=[("", _changed())]), 409
    flash(str(told), "success")
    back = "desk.reminder_plan" if work in {"togli", "rimetti"} else "desk.plan_step"
    return redirect(url_for(back) if back == "desk.reminder_plan" else url_for(back, planned=planned), 303)


def _stop(asked: Step, work: str) -> ResponseReturnValue:
    why, field = " ".join(request.form.get("motivo", "").split()), f"motivo-{work}"
    if not 0 < len(why) <= LONGEST_WHY or "\0" in why:
        problem = _("Scrivi il motivo, in al massimo %(count)d caratteri: lo leggono i colleghi.", count=LONGEST_WHY)
        return _draw(asked, errors=[(field, problem)], why=why), 422
    if work == "pausa":
        plans.pause_step(_deed(asked), why)
        flash(_("Il passo è in pausa: non parte finché non lo riprendi."), "success")
    else:
        plans.skip_step(_deed(asked), why)
        flash(_("Il passo è saltato: non parte. Lo puoi ripristinare."), "success")
    return redirect(url_for("desk.plan_step", planned=asked.id), 303)


def _approve(asked: Step) -> ResponseReturnValue:
    edition, at = the_edition(), now()
    template = template_of_step(edition.id, asked)
    mark = mark_of(asked, template, edition)
    if request.form.get("visto", "") != mark:
        raise ChangedStepError(asked.id)
    fresh_respondents(edition, at)
    if _shown(edition, asked, at).blocked:
        return _draw(asked, errors=[("", _("Non si può approvare finché non è corretto quello che non va."))]), 422
    plans.approve_step(_deed(asked), mark)
    flash(_("Approvato: parte da solo nel momento indicato. Se qualcosa cambia, va approvato di nuovo."), "success")
    return redirect(url_for("desk.plan_step", planned=asked.id), 303)


def _prepare(asked: Step) -> ResponseReturnValue:
    try:
        number = prepare_step_letters(the_edition(), asked, actor=required_staff().actor, at=now())
    except LettersRefusedError:
        problem = _("Ora non ci sono lettere da preparare: nessuno le riceverebbe, o la rilevazione è finita.")
        return _draw(asked, errors=[("", problem)]), 422
    return redirect(url_for("desk.letters", number=number), 303)


def _asked(step_id: int) -> Step:
    try:
        return step_of(the_edition().id, step_id)
    except UnknownStepError:
        abort(404)


def _deed(asked: Step) -> Deed:
    version = request.form.get("versione", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1
    return Deed(the_edition().id, asked.id, seen, required_staff().actor, now())


def _changed() -> str:
    return str(
        _(
            "Nel frattempo un'altra persona ha cambiato questo passo, o è già partito: non è stato salvato nulla. Qui sotto "
            "c'è com'è ora; quello che hai scritto nel modulo è ancora lì."
        )
    )


def _templates(edition: EditionView) -> list[TemplateRow]:
    return [one for one in list_templates(edition.id) if one.occasion not in UNCOUNTED]


def _shown(edition: EditionView, asked: Step, at: dt.datetime) -> Any:
    steps = [one for one in list_steps(edition.id) if one.id != asked.id]
    return next(one for one in shown_steps(edition, [*steps, asked], at) if one.step.id == asked.id)


def _draw(asked: Step, typed: TypedStep | None = None, errors: Errors | None = None, why: str = "", stopping: str = "") -> str:
    edition, at = the_edition(), now()
    fresh_respondents(edition, at)
    shown, template = _shown(edition, asked, at), template_of_step(edition.id, asked)
    going = asked.state in {"planned", "paused"} and asked.removed_at is None
    audience = audience_of(edition, asked, list_steps(edition.id), at) if going else Audience((), ())
    start = max(asked.due(frame_of(edition)).at, at)
    return _draw_form(
        edition,
        typed or stored_step(asked.content),
        errors or [],
        shown=shown,
        going=going,
        audience=audience,
        messages=_examples(edition, template, audience, start),
        template=template,
        letters=letters_of_step(edition, asked, at) if asked.removed_at is None else None,
        mark=mark_of(asked, template, edition),
        why=why,
        stopping=stopping,
        typed_again=typed is not None,
    )


def _examples(edition: EditionView, template: TemplateRow | None, audience: Audience, at: dt.datetime) -> list[dict[str, Any]]:
    """What the first recipient of each text would read."""
    firsts = {one.audience: one for one in reversed(audience.recipients)}
    if template is None:
        return []
    return [preview(edition, template, firsts[name], at) for name in AUDIENCE_WORDS if name in firsts]


def _draw_form(edition: EditionView, typed: TypedStep, errors: Errors, **context: Any) -> str:
    return render_template(
        "desk/plan_step.html",
        **({"shown": None, "letters": None} | context),
        edition=edition,
        typed=typed,
        errors=errors,
        templates=_templates(edition),
        step_kind=STEP_KIND_WORDS[typed.kind],
        channel_words={name: STEP_CHANNEL_WORDS[name] for name in typed.channels},
        can_certify=sends_certified(settings()),
        audience_words=AUDIENCE_WORDS,
        left_out_words=left_out_words(typed.channel),
        regions=regions_of(edition.id),
        kinds=[(kind, KIND_WORDS[kind]) for kind in ENTITY_KINDS],
        sizes=size_choices(),
        associations=list(ASSOCIATION_WORDS.items()),
        choosable=[state for state in STATES if state not in NOT_OFFERED],
        where_words=WHERE_WORDS,
        choices=filter_choices(),
        saved=[(one.id, one.name) for one in list_saved()],
    )
