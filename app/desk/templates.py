"""`/gestione/promemoria/testi`: the texts of reminders: written, looked at as any entity reads them, tried, removed.

Not for: what a text may hold (`app.reminders.wording`) or a batch (`planning.py`).
Holds always: what was typed comes back with its error; what is removed can be brought back; the texts that ship are copied,
never changed; Italian is asked for, each other language may be left out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from app.accounts.permissions import required_staff
from app.accounts.rations import AskedTooOftenError
from app.clock import now
from app.desk import blueprint
from app.desk.batches import the_edition
from app.desk.old_pages import old_page
from app.desk.plan_previews import preview
from app.desk.reminder_words import AUDIENCE_WORDS, LANGUAGE_WORDS, OCCASION_WORDS
from app.editions.current import EditionView
from app.editions.extensions import own_closes_at
from app.registry.entities import EntityRow, own_label, resolve
from app.registry.entity_languages import languages_of
from app.registry.languages import ITALIAN, LANGUAGES
from app.reminders import templates as stored
from app.reminders.audience import Recipient
from app.reminders.occasions import OPTIONAL, READERS, REMINDER
from app.reminders.template_files import MOST_FILES, copy_whole, list_files
from app.reminders.templates import (
    LONGEST_NAME,
    OTHERS,
    ChangedTemplateError,
    TemplateRow,
    UnfitTemplateError,
    UnknownTemplateError,
)
from app.reminders.trial import send_trial
from app.reminders.wording import Text

LONGEST_NUMBER = 10
EXAMPLE_PROGRESS = 40
EXAMPLE_MEMBERS = 3
Errors = list[tuple[str, str]]


@blueprint.get("/promemoria/testi")
def templates() -> str:
    """The list; after a removal with the button that brings the text back."""
    edition = the_edition()
    removed = request.args.get("tolto", "")
    gone = template_row(int(removed)) if removed.isascii() and removed.isdigit() and len(removed) < LONGEST_NUMBER else None
    listed = stored.list_templates(edition.id)
    return render_template(
        "desk/templates.html",
        templates=listed,
        removed=gone if gone and gone.removed_at else None,
        occasion_words=OCCASION_WORDS,
        language_words=LANGUAGE_WORDS,
        missing=lambda row: [str(LANGUAGE_WORDS[one]) for one in OTHERS if len(row.missing(one)) == len(row.texts)],
    )


@blueprint.route("/promemoria/testi/nuovo", methods=["GET", "POST"])
def new_template() -> ResponseReturnValue:
    """Write one, beginning from the one that ships."""
    edition, staff = the_edition(), required_staff()
    if request.method != "POST":
        return draw_template(None, replace(stored.shipped_template(), name=""), [])
    typed = _typed(REMINDER)
    if wrong := old_page():
        return draw_template(None, typed, wrong), 422
    try:
        texts, others = typed.texts, typed.others
        template_id = stored.create_template(edition.id, typed.name, texts, actor=staff.actor, now=now(), others=others)
    except UnfitTemplateError as error:
        return draw_template(None, typed, _errors(error)), 422
    flash(_("Testo salvato."), "success")
    return redirect(url_for("desk.template_preview", template=template_id), 303)


@blueprint.route("/promemoria/testi/<int(signed=True, max=2147483647):template>", methods=["GET", "POST"])
def template(template: int) -> ResponseReturnValue:
    """Change one."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    if row.ships:
        return redirect(url_for("desk.template_preview", template=row.id), 303)
    if request.method != "POST":
        return draw_template(row, row, [])
    typed = _typed(row.occasion)
    if wrong := old_page():
        return draw_template(row, typed, wrong), 422
    try:
        given: dict[str, Any] = {"others": typed.others, "seen": _seen(), "actor": staff.actor, "now": now()}
        stored.change_template(edition.id, row.id, typed.name, typed.texts, **given)
    except UnfitTemplateError as error:
        return draw_template(row, typed, _errors(error)), 422
    except ChangedTemplateError:
        problem = _(
            "Nel frattempo un collega ha cambiato questo testo: sotto leggi il suo, in alto il tuo. Salva per tenere il tuo."
        )
        return draw_template(template_row(row.id), typed, [("", problem)], theirs=True), 409
    flash(_("Testo salvato."), "success")
    return redirect(url_for("desk.template_preview", template=row.id), 303)


@blueprint.get("/promemoria/testi/<int(signed=True, max=2147483647):template>/anteprima")
def template_preview(template: int) -> ResponseReturnValue:
    """What an entity would read, of each text; and a trial to oneself."""
    edition, row = the_edition(), template_row(template)
    written = " ".join(request.args.get("ente", "").split())[:100]
    entity, errors = _entity(written)
    shown = [preview(edition, row, one, now()) for one in _examples(edition, row, entity, _language(entity))]
    return render_template(
        "desk/template_preview.html",
        template=row,
        written=written,
        entity=entity,
        errors=errors,
        previews=shown,
        audience_words=AUDIENCE_WORDS,
        occasion_words=OCCASION_WORDS,
        language=_language(entity),
        languages=_languages(row),
        files=list_files(row.id),
        mine=required_staff().email,
    )


@blueprint.post("/promemoria/testi/<int(signed=True, max=2147483647):template>/copia")
def copy_template_page(template: int) -> ResponseReturnValue:
    """A copy, opened to be changed."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    name = _("Copia di %(name)s", name=row.name)[:LONGEST_NAME]
    copied = copy_whole(edition.id, row.id, name, actor=staff.actor, now=now())
    flash(_("Ecco la copia: cambia nome e testo."), "success")
    return redirect(url_for("desk.template", template=copied), 303)


@blueprint.post("/promemoria/testi/<int(signed=True, max=2147483647):template>/prova")
def try_template(template: int) -> ResponseReturnValue:
    """Send one of its texts to whoever asks."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    entity, _errors_of_name = _entity(" ".join(request.form.get("ente", "").split())[:100])
    audience = request.form.get("destinatari", "")
    language = _language(entity)
    wanted = [one for one in _examples(edition, row, entity, language) if one.audience == audience]
    if not wanted:
        abort(404)
    try:
        send_trial(edition, row, wanted[0], staff, now())
        flash(_("Prova in partenza per %(email)s: arriva fra poco, con PROVA nell'oggetto.", email=staff.email), "success")
    except AskedTooOftenError:
        flash(_("Hai già chiesto diverse prove: aspetta qualche minuto."), "warning")
    shown: dict[str, Any] = {"ente": entity.code if entity else None, "in": language}
    return redirect(url_for("desk.template_preview", template=row.id, **shown), 303)


@blueprint.post("/promemoria/testi/<int(signed=True, max=2147483647):template>/<any(togli, ripristina):deed>")
def keep_template(template: int, deed: str) -> ResponseReturnValue:
    """Remove it from the list, or bring it back."""
    edition, staff, row = the_edition(), required_staff(), template_row(template)
    change = stored.remove_template if deed == "togli" else stored.restore_template
    try:
        change(edition.id, row.id, actor=staff.actor, now=now())
    except UnknownTemplateError:
        abort(404)
    if deed == "ripristina":
        flash(_("«%(name)s» è di nuovo fra i testi.", name=row.name), "success")
        return redirect(url_for("desk.templates"), 303)
    return redirect(url_for("desk.templates", tolto=row.id), 303)


def template_row(template_id: int) -> TemplateRow:
    try:
        return stored.template_of(the_edition().id, template_id)
    except UnknownTemplateError:
        abort(404)


def _seen() -> dt.datetime | None:
    """When the text that the form shows had last been changed."""
    try:
        return dt.datetime.fromisoformat(request.form.get("visto", ""))
    except ValueError:
        return None


def draw_template(row: TemplateRow | None, typed: TemplateRow, errors: Errors, *, theirs: bool = False) -> str:
    """The form with what was typed; `row`: as it is stored, none for a new one."""
    return render_template(
        "desk/template.html",
        template=row,
        typed=typed,
        errors=errors,
        audiences={name: AUDIENCE_WORDS[name] for name in typed.readers},
        optional=OPTIONAL,
        languages=[_in_form(typed, one, errors) for one in OTHERS],
        occasion_words=OCCASION_WORDS,
        longest_name=LONGEST_NAME,
        files=list_files(row.id) if row else [],
        most_files=MOST_FILES,
        theirs=row if theirs else None,
    )


def _in_form(typed: TemplateRow, language: str, errors: Errors) -> tuple[str, LazyString, int, bool]:
    """Code, name, how many texts are missing, and whether something is wrong in one of them."""
    wrong = any(field.startswith(f"{language}.") for field, _text in errors)
    return language, LANGUAGE_WORDS[language], len(typed.missing(language)), wrong


def _typed(occasion: str) -> TemplateRow:
    """What the form holds; a text that nobody wrote is none."""
    others = {language: _typed_texts(occasion, f"{language}.") for language in OTHERS}
    name = " ".join(request.form.get("nome", "").split())
    given = {language: texts for language, texts in others.items() if texts}
    return TemplateRow(1, name, None, "", None, _typed_texts(occasion, ""), occasion, given)


def _typed_texts(occasion: str, before: str) -> dict[str, Text]:
    texts = {
        audience: Text(
            " ".join(request.form.get(f"{before}{audience}.subject", "").split()),
            "\n".join(request.form.get(f"{before}{audience}.body", "").splitlines()).strip(),
        )
        for audience in READERS[occasion]
    }
    return {audience: text for audience, text in texts.items() if not stored.is_empty(text)}


def _language(entity: EntityRow | None) -> str:
    """The language that is looked at: the one that was chosen, else that of the entity."""
    chosen = request.values.get("in", "")
    if chosen in LANGUAGES:
        return chosen
    return ITALIAN if entity is None else languages_of([entity.id]).get(entity.id, ITALIAN)


def _languages(row: TemplateRow) -> list[tuple[str, LazyString, str]]:
    """Code, name and what it lacks, of each language, for the switch of the preview."""
    lacks = {one: [str(AUDIENCE_WORDS[name]) for name in row.missing(one)] for one in OTHERS}
    return [(one, LANGUAGE_WORDS[one], ", ".join(lacks.get(one, []))) for one in LANGUAGES]


def _errors(error: UnfitTemplateError) -> Errors:
    """(id of the field, what is wrong)."""
    nameless = _("Scrivi un nome di al massimo %(count)d caratteri, per ritrovare il testo.", count=LONGEST_NAME)
    return [(f"{audience}.{part}" if audience else "nome", problem or nameless) for audience, part, problem in error.problems]


def _entity(written: str) -> tuple[EntityRow | None, Errors]:
    """The entity that was named; what is wrong with the name."""
    if not written:
        return None, []
    found = resolve(written)
    if len(found) == 1:
        return found[0], []
    if found:
        names = ", ".join(f"{one.label}: {one.code}" for one in found[:5])
        return None, [("ente", _("Ci sono più enti con questo nome: scrivi il codice (%(names)s).", names=names))]
    return None, [("ente", _("Non troviamo nessun ente con questo nome o codice."))]


def _examples(edition: EditionView, row: TemplateRow, entity: EntityRow | None, language: str) -> list[Recipient]:
    """One reader for each text: the entity, or an invented one, as if it stood where the text is for."""
    entity_id, code = (entity.id, entity.code) if entity else (0, "000000")
    label = entity.label if entity else _("Comune di esempio (XX)")
    example = Recipient(
        entity_id=entity_id,
        code=code,
        label=label,
        audience="",
        progress=EXAMPLE_PROGRESS,
        members=0,
        closes_at=edition.closes_for(own_closes_at(edition, entity_id)),
        emails=(),
        language=language,
        own_label=own_label(entity) if entity else "",
    )
    members = {"lead": EXAMPLE_MEMBERS}
    return [replace(example, audience=one, members=members.get(one, 0)) for one in row.readers if one in row.texts]
