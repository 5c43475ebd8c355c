"""The pages that everybody may read, before and without signing in.

Not for: the frame around them (`frame`), the words of the blank form (`app.editions.blank_form`).
Holds always: every page exists in every stage of an edition, also before the first one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Response, abort, current_app, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from app.editions.blank_form import blank_form
from app.editions.current import EditionView, letter_of, questionnaire_in
from app.privacy.notice import VERSIONS
from app.privacy.purging import retention_lengths
from app.public import blueprint
from app.public.frame import shown_edition
from app.public.pdf import blank_form_pdf
from app.responses.reading import median_minutes
from app.web import language
from app.web.worker import worker_script


@blueprint.get("/")
def home() -> str:
    """What the survey is, in ten seconds, and where to begin."""
    return render_template("public/home.html", minutes=_minutes(shown_edition()))


@blueprint.get("/questionario")
def questionnaire() -> str:
    """The whole questionnaire, to read and to print before starting."""
    edition = shown_edition()
    if edition is None:
        abort(404)
    return render_template("public/blank_form.html", form=blank_form(questionnaire_in(edition, language.current_language())))


@blueprint.get("/questionario.pdf")
def questionnaire_pdf() -> Response:
    """The same as a PDF."""
    edition = shown_edition()
    if edition is None:
        abort(404)
    content = _blank_pdf(edition, language.current_language())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{_("questionario")}.pdf"'
    return response


@blueprint.get("/lettera")
def letter() -> Response:
    """The edition's letter, a PDF."""
    edition = shown_edition()
    content = letter_of(edition.id) if edition is not None and edition.has_letter else None
    if content is None:
        abort(404)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="lettera.pdf"'
    return response


@blueprint.get("/aiuto")
def help_page() -> str:
    """How to answer, question by question of those who call."""
    return render_template("public/help.html", minutes=_minutes(shown_edition()))


@blueprint.get("/privacy")
def privacy() -> str:
    """The privacy notice."""
    return render_template("public/privacy.html", versions=VERSIONS, terms=retention_lengths())


@blueprint.get("/accessibilita")
def accessibility() -> str:
    """How accessible the site is, its declaration, and how to report an obstacle."""
    return render_template("public/accessibility.html")


@blueprint.get("/contatti")
def contacts() -> str:
    """Whom to call or write to."""
    return render_template("public/contacts.html")


@blueprint.post("/lingua")
def switch_language() -> WerkzeugResponse:
    """Show the pages in another language, from this one on."""
    return language.switch_language()


@blueprint.get("/sw.js")
def service_worker() -> Response:
    """The service worker, at the root so that it can look after the pages of the entity."""
    script = worker_script(Path(current_app.static_folder or ""), current_app.static_url_path or "")
    response = Response(script, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@lru_cache(maxsize=16)
def _blank_pdf(edition: EditionView, locale: str) -> bytes:
    """Made once for each state of an edition and language: anybody may ask for it."""
    return blank_form_pdf(blank_form(questionnaire_in(edition, locale)), edition, locale)


def _minutes(edition: EditionView | None) -> int | None:
    """How long half of those who have sent took; None while too few have."""
    return median_minutes(edition.id) if edition is not None else None
