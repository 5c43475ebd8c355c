"""The blank questionnaire as a PDF.

Not for: its words (`app.editions.blank_form`) or the page (`templates/public/blank_form.html`, which says the same).
Holds always: every question of the form stands in it once, in order.
"""

from __future__ import annotations

from typing import Any

from babel.dates import format_date, format_datetime
from flask_babel import gettext as _

from app.editions.blank_form import BlankForm, BlankQuestion, BlankStep
from app.editions.current import EditionView
from app.public.frame import deadline_of
from app.web.pdf import pdf_of


def blank_form_pdf(form: BlankForm, edition: EditionView, language: str) -> bytes:
    """The form on paper, in the language that its texts are in."""
    steps = [_step(f"{number}. {step.title}", step) for number, step in enumerate(form.steps, 1)]
    if form.after_submission:
        questions = [_question(question) for question in form.after_submission]
        steps.append({"title": _("Dopo l'invio"), "lines": [], "questions": questions})
    data = {"intro": _intro(edition, language), "steps": steps}
    return pdf_of("blank_form", data, title=form.title, language=language)


def _intro(edition: EditionView, language: str) -> list[str]:
    start, end = (format_date(day, "d MMMM yyyy", locale=language) for day in (edition.period_from, edition.period_to))
    last = format_datetime(deadline_of(edition), "d MMMM yyyy, HH:mm", locale=language)
    return [
        _("Questionario in bianco, da leggere o stampare prima di cominciare. Le risposte si inviano solo dal sito."),
        _("Periodo di riferimento: dal %(start)s al %(end)s.", start=start, end=end),
        _("Scadenza: %(date)s.", date=last),
    ]


def _step(title: str, step: BlankStep) -> dict[str, Any]:
    sheets = _("Una scheda per ciascuno: se serve, stampa questa parte più volte.") if step.repeated else ""
    lines = [line for line in (sheets, step.asked_if, step.intro) if line]
    return {"title": title, "lines": lines, "questions": [_question(question) for question in step.questions]}


def _question(question: BlankQuestion) -> dict[str, Any]:
    return {
        "code": question.code,
        "label": question.label,
        "note": "" if question.required else _("(facoltativo)"),
        "asked_if": question.asked_if,
        "help": question.help,
        "hint": question.hint,
        "parts": question.parts,
        "groups": [
            {"heading": heading, "options": [{"label": one.label, "asks_text": one.asks_text} for one in options]}
            for heading, options in question.groups
        ],
        "one_choice": question.one_choice,
        "lines": question.lines,
        "na_label": question.na_label,
    }
