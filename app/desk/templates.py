"""`/gestione/promemoria/testi`: the texts of reminders: written, looked at as any entity reads them, tried, removed.

Not for: what a text may hold (`app.reminders.wording`) or a batch (`planning.py`).
Holds always: what was typed comes back with its error; what is removed can be brought back; the text that ships is copied,
never changed.
"""

from __future__ import annotations

import datetime as dt

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.accounts.rations import AskedTooOftenError
from app.clock import now
from app.desk import blueprint
from app.desk.batches import the_edition
from app.desk.old_pages import old_page
from app.desk.plan_previews import preview
from app.desk.reminder_words import AUDIENCE_WORDS
from app.editions.current import EditionView
from app.editions.extensions import own_closes_at
from app.registry.entities import EntityRow, resolve
from app.reminders import templates as stored
from app.reminders.audience import Recipient
from app.reminders.templates import (
    LONGEST_NAME,
    ChangedTemplateError,
    TemplateRow,
    Texts,
    UnfitTemplateError,
    UnknownTemplateError,
)
from app.reminders.trial import send_trial
from app.reminders.wording import PLACEHOLDERS, Text

LONGEST_NUMBER = 10
EXAMPLE_PROGRESS = 40
EXAMPLE_MEMBERS = 3
Errors = list[tuple[str, str]]


@blueprint.get("/promemoria/testi")
def templates() -> str:
    """The list; after a removal with the button that brings the text back."""
    edition = the_edition()
    removed = request.args.get("tolto", "")
    gone = _row(int(removed)) if removed.isascii() and removed.isdigit() and len(removed) < LONGEST_NUMBER else None
    listed = stored.list_templates(edition.id)
    return render_template("desk/templates.html", templates=listed, removed=gone if gone and gone.removed_at else None)


@blueprint.route("/promemoria/testi/nuovo", methods=["GET", "POST"])
def new_template() -> ResponseReturnValue:
    """Write one, beginning from the one that ships."""
    edition, staff = the_edition(), required_staff()
    if request.method != "POST":
        shipped = stored.shipped_template()
        return _draw(None, "", shipped.texts, [])
    name, texts = _typed()
    if wrong := old_page():
        return _draw(None, name, texts, wrong), 422
    try:
        template_id = stored.create_template(edition.id, name, texts, actor=staff.actor, now=now())
    except UnfitTemplateError as error:
        return _draw(None, name, texts, _errors(error)), 422
    flash(_("Testo salvato."), "success")
    return redirect(url_for("desk.template_preview", template=template_id), 303)


@blueprint.route("/promemoria/testi/<int(max=2147483647):template>", methods=["GET", "POST"])
def template(template: int) -> ResponseReturnValue:
    """Change one."""
    edition, staff, row = the_edition(), required_staff(), _row(template)
    if row.ships:
        return redirect(url_for("desk.template_preview", template=row.id), 303)
    if request.method != "POST":
        return _draw(row, row.name, row.texts, [])
    name, texts = _typed()
    if wrong := old_page():
        return _draw(row, name, texts, wrong), 422
    try:
        stored.change_template(edition.id, row.id, name, texts, seen=_seen(), actor=staff.actor, now=now())
    except UnfitTemplateError as error:
        return _draw(row, name, texts, _errors(error)), 422
    except ChangedTemplateError:
        problem = _(
            "Nel frattempo un collega ha cambiato questo testo: sotto leggi il suo, in alto il tuo. Salva per tenere il tuo."
        )
        return _draw(_row(row.id), name, texts, [("", problem)], theirs=True), 409
    flash(_("Testo salvato."), "success")
    return redirect(url_for("desk.template_preview", template=row.id), 303)


@blueprint.get("/promemoria/testi/<int(max=2147483647):template>/anteprima")
def template_preview(template: int) -> ResponseReturnValue:
    """What an entity would read, of each text; and a trial to oneself."""
    edition, row = the_edition(), _row(template)
    written = " ".join(request.args.get("ente", "").split())[:100]
    entity, errors = _entity(written)
    shown = [preview(edition, row, one, now()) for one in _examples(edition, entity)]
    return render_template(
        "desk/template_preview.html",
        template=row,
        written=written,
        entity=entity,
        errors=errors,
        previews=shown,
        audience_words=AUDIENCE_WORDS,
        mine=required_staff().email,
    )


@blueprint.post("/promemoria/testi/<int(max=2147483647):template>/copia")
def copy_template_page(template: int) -> ResponseReturnValue:
    """A copy, opened to be changed."""
    edition, staff, row = the_edition(), required_staff(), _row(template)
    name = _("Copia di %(name)s", name=row.name)[:LONGEST_NAME]
    copied = stored.copy_template(edition.id, row.id, name, actor=staff.actor, now=now())
    flash(_("Ecco la copia: cambia nome e testo."), "success")
    return redirect(url_for("desk.template", template=copied), 303)


@blueprint.post("/promemoria/testi/<int(max=2147483647):template>/prova")
def try_template(template: int) -> ResponseReturnValue:
    """Send one of its texts to whoever asks."""
    edition, staff, row = the_edition(), required_staff(), _row(template)
    entity, _errors_of_name = _entity(" ".join(request.form.get("ente", "").split())[:100])
    audience = request.form.get("destinatari", "")
    wanted = [one for one in _examples(edition, entity) if one.audience == audience]
    if not wanted:
        abort(404)
    try:
        send_trial(edition, row, wanted[0], staff, now())
        flash(_("Prova in partenza per %(email)s: arriva fra poco, con PROVA nell'oggetto.", email=staff.email), "success")
    except AskedTooOftenError:
        flash(_("Hai già chiesto diverse prove: aspetta qualche minuto."), "warning")
    return redirect(url_for("desk.template_preview", template=row.id, ente=entity.code if entity else None), 303)


@blueprint.post("/promemoria/testi/<int(max=2147483647):template>/<any(togli, ripristina):deed>")
def keep_template(template: int, deed: str) -> ResponseReturnValue:
    """Remove it from the list, or bring it back."""
    edition, staff, row = the_edition(), required_staff(), _row(template)
    change = stored.remove_template if deed == "togli" else stored.restore_template
    try:
        change(edition.id, row.id, actor=staff.actor, now=now())
    except UnknownTemplateError:
        abort(404)
    if deed == "ripristina":
        flash(_("«%(name)s» è di nuovo fra i testi.", name=row.name), "success")
        return redirect(url_for("desk.templates"), 303)
    return redirect(url_for("desk.templates", tolto=row.id), 303)


def _row(template_id: int) -> TemplateRow:
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


def _draw(row: TemplateRow | None, name: str, texts: Texts, errors: Errors, *, theirs: bool = False) -> str:
    return render_template(
        "desk/template.html",
        template=row,
        name=name,
        texts=texts,
        errors=errors,
        audiences=AUDIENCE_WORDS,
        placeholders=PLACEHOLDERS,
        longest_name=LONGEST_NAME,
        theirs=row if theirs else None,
    )


def _typed() -> tuple[str, dict[str, Text]]:
    name = " ".join(request.form.get("nome", "").split())
    texts = {
        audience: Text(
            " ".join(request.form.get(f"{audience}.subject", "").split()),
            "\n".join(request.form.get(f"{audience}.body", "").splitlines()).strip(),
        )
        for audience in PLACEHOLDERS
    }
    return name, texts


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


def _examples(edition: EditionView, entity: EntityRow | None) -> list[Recipient]:
    """One reader for each text: the entity, or an invented one, as if it stood where the text is for."""
    entity_id, code = (entity.id, entity.code) if entity else (0, "000000")
    label = entity.label if entity else _("Comune di esempio (XX)")
    closes_at = edition.closes_for(own_closes_at(edition, entity_id))
    return [
        Recipient(
            entity_id=entity_id,
            code=code,
            label=label,
            audience=audience,
            progress=0 if audience == "not_started" else EXAMPLE_PROGRESS,
            members=EXAMPLE_MEMBERS if audience == "lead" else 0,
            closes_at=closes_at,
            emails=(),
        )
        for audience in PLACEHOLDERS
    ]
