"""`/gestione/promemoria/<id>/esito`: what a batch has brought, as far as its numbers may say so; the same as a file.

Not for: how far it has gone out (`batch_pages.py`), or the rule of what is told (`app.reminders.learning`).
Holds always: a comparison is shown from its own instant on and not before; a file holds sums of groups, never an entity.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from flask import Response, current_app, render_template
from flask_babel import gettext as _

from app.clock import now
from app.desk import blueprint
from app.desk.batches import asked_batch, the_edition
from app.desk.learning_words import TOO_SMALL, days_words, in_hundred, interval_words, variant_words
from app.reminders.audience import regions_of
from app.reminders.batches import BatchRow
from app.reminders.learning.comparing import Answer
from app.reminders.learning.estimate import Difference
from app.reminders.learning.report import Line, Report, report_of
from app.web.spreadsheets import inert


@dataclass(frozen=True, slots=True)
class Group:
    """A line of a table: what it is called, its counts, and what it says beside the first."""

    name: str
    line: Line
    told: str = ""


@blueprint.get("/promemoria/<int(max=2147483647):batch>/esito")
def batch_outcome(batch: int) -> str:
    """Counts, comparisons, and what can be said."""
    row, edition, at = asked_batch(batch), the_edition(), now()
    report = report_of(edition, row, at)
    names = dict(regions_of(edition.id)) if report.days else {}
    return render_template(
        "desk/batch_outcome.html",
        row=row,
        report=report,
        now=at,
        whole=[Group(_("Tutti gli enti"), report.whole)],
        days=_days(report),
        days_told=days_words(report.days.answers.submitted) if report.days and report.days.answers else "",
        opened_told=_opened(report),
        regions=sorted((names.get(code, code), days_words(one.submitted)) for code, one in report.days.regions.items())
        if report.days
        else [],
        variants=_variants(report, row),
        in_hundred=in_hundred,
    )


@blueprint.get("/promemoria/<int(max=2147483647):batch>/esito.csv")
def batch_outcome_file(batch: int) -> Response:
    """The sums of the groups and their differences, for a spreadsheet."""
    row, edition = asked_batch(batch), the_edition()
    report = report_of(edition, row, now())
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    heads = [_("Confronto"), _("Gruppo"), _("Enti"), _("Inviati"), _("Arrivati"), _("Tornati indietro"), _("Aperto il modulo")]
    heads += [
        _("Risposta inviata"),
        _("Differenza ogni 100"),
        _("Intervallo, da"),
        _("Intervallo, a"),
        _("Differenza minima visibile ogni 100"),
    ]
    writer.writerow(heads)
    for cells in _cells(report, row, dict(regions_of(edition.id)) if report.days else {}):
        writer.writerow([inert(cell) for cell in cells])
    response: Response = current_app.response_class("\ufeff" + file.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="promemoria-{row.id}-esito.csv"'
    return response


def _days(report: Report) -> list[Group]:
    if report.days is None:
        return []
    return [Group(_("Già raggiunti"), report.days.first), Group(_("Non ancora raggiunti (ultimo giorno)"), report.days.second)]


def _opened(report: Report) -> str:
    """What the days say of opening the form."""
    found = report.days.answers.opened.difference if report.days and report.days.answers else None
    if found is None:
        return ""
    between = interval_words(found)
    if found.tells:
        return str(_("Chi apre il modulo per la prima volta: %(between)s ogni 100 enti.", between=between))
    return str(_("Chi apre il modulo per la prima volta: i dati non bastano (%(between)s ogni 100 enti).", between=between))


def _variants(report: Report, row: BatchRow) -> list[Group]:
    if report.variants is None:
        return []
    names = row.variant_names
    told = [variant_words(answers.submitted, names[0]) for answers in report.variants.answers]
    texts = [_("il primo testo, con cui si confrontano gli altri"), *told] if told else [""] * len(names)
    return [Group(name, line, text) for name, line, text in zip(names, report.variants.lines, texts, strict=True)]


def _cells(report: Report, row: BatchRow, names: dict[str, str]) -> list[list[object]]:
    """The lines of the file: a group each, the difference beside the group that it is of."""
    lines = [_line(_("Tutti"), group, None) for group in [Group(_("Tutti gli enti"), report.whole)]]
    if report.days is not None:
        answers = report.days.answers
        first, second = _days(report)
        lines += [_line(_("Giorni"), first, answers.submitted if answers else None), _line(_("Giorni"), second, None)]
        for code, one in sorted(report.days.regions.items()):
            lines.append(
                [_("Giorni, per Regione"), names.get(code, code), one.submitted.first + one.submitted.second, *[""] * 5]
            )
            lines[-1] += _difference(one.submitted)
    if report.variants is not None:
        told = [None, *(answers.submitted for answers in report.variants.answers)]
        told += [None] * (len(report.variants.lines) - len(told))
        lines += [_line(_("Testi"), group, one) for group, one in zip(_variants(report, row), told, strict=True)]
    return lines


def _line(comparison: str, group: Group, answer: Answer | None) -> list[object]:
    line = group.line
    counts = [line.entities, line.sent, line.arrived, line.returned, line.opened, line.submitted]
    return [comparison, group.name, *counts, *_difference(answer)]


def _difference(answer: Answer | None) -> list[object]:
    """(difference, from, to, the least that could be seen), all of them in a hundred; in words where nothing is told."""
    if answer is None:
        return [""] * 4
    shows, found = _decimal(answer.shows), answer.difference
    if not isinstance(found, Difference):
        return [str(TOO_SMALL), "", "", shows]
    return [_decimal(found.value), _decimal(found.low), _decimal(found.high), shows]


def _decimal(share: float) -> str:
    """A share in a hundred with a comma, as Italian spreadsheets read it; the minus is typographic, so that no cell is a
    formula."""
    return f"{100 * share:.2f}".replace(".", ",").replace("-", "−")
