"""The filtered respondents as files, and the list of calls to make, to print or to take away.

Not for: what stands in the files (`app.chasing.export`, `app.chasing.call_list`).
Holds always: a file is made of the rows of the filter in its address, of one's own Region alone for a territory's person;
taking one is a POST with an audit entry; neither memory nor the database's only writer is held by a long file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flask import Response, abort, render_template, request, send_file, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.chasing.call_list import COLUMNS as CALL_COLUMNS
from app.chasing.call_list import MOST_ON_A_PAGE, call_cells, page_to_print
from app.chasing.export import COLUMNS, FORMATS, Cell, cells, csv_lines, note_export, write_xlsx
from app.chasing.listing import ListRow, all_rows, count_matching
from app.database import begin_unit_of_work
from app.desk import blueprint
from app.desk.asked import Asked, address_of, ask
from app.desk.chasing_words import OUTCOME_WORDS, STATE_WORDS, back_text, short, word
from app.desk.responses import asked_page, chips
from app.editions.files import ROME

NOT_ANSWERED = ("never", "opened", "draft")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.post("/risposte/esporta")
def export() -> ResponseReturnValue:
    """The file of the rows that the filter finds."""
    asked = ask()
    form = request.form.get("formato", "")
    if asked is None or form not in FORMATS:
        abort(404 if asked is None else 400)
    _note(asked, form)
    slices = ([cells(row) for row in rows] for rows in _slices(asked))
    heads = [code for code, _text in COLUMNS], [str(text) for _code, text in COLUMNS]
    return _file(asked, "risposte", form, heads, slices)


@blueprint.route("/risposte/telefonate", methods=["GET", "POST"])
def call_list() -> ResponseReturnValue:
    """The list of calls: a page to print; posted to, a CSV file."""
    asked = ask()
    if asked is None:
        abort(404)
    if request.method == "POST":
        _note(asked, "calls")
        head = [code for code, _text in CALL_COLUMNS]
        return _file(asked, "telefonate", "csv", [head], call_cells(_slices(asked)))
    path = url_for("desk.call_list")
    listing = page_to_print(asked.edition.id, asked.wanted, asked_page(), asked.today, region=asked.region)
    return render_template(
        "desk/call_list.html",
        listing=listing,
        first=(listing.page - 1) * MOST_ON_A_PAGE + 1,
        page_address=lambda page: address_of(path, asked.wanted, pagina=str(page)),
        chips=chips(asked, path),
        here=address_of(path, asked.wanted),
        to_call="" if asked.wanted.states else address_of(path, replace(asked.wanted, states=NOT_ANSWERED)),
        back=address_of(url_for("desk.responses"), asked.wanted),
        taken_at=short(asked.taken_at),
        state_word=lambda state: word(STATE_WORDS, state),
        back_text=back_text,
        outcome_word=lambda outcome: word(OUTCOME_WORDS, outcome),
    )


def _slices(asked: Asked) -> Iterator[list[ListRow]]:
    begin_unit_of_work(writes=False)  # the audit entry is written; what follows only reads, for as long as a download takes
    return all_rows(asked.edition.id, asked.wanted, asked.today, region=asked.region)


def _note(asked: Asked, form: str) -> None:
    rows = count_matching(asked.edition.id, asked.wanted, asked.today, region=asked.region)
    note_export(asked.wanted, rows, form, edition=asked.edition.code, actor=asked.staff.actor, now=asked.at)


def _file(
    asked: Asked, name: str, form: str, heads: Sequence[Sequence[str]], slices: Iterable[Iterable[Sequence[Cell]]]
) -> Response:
    name = f"{name}-{asked.edition.code}-{asked.at.astimezone(ROME):%Y%m%d-%H%M}.{form}"
    if form == "csv":
        response = Response(stream_with_context(csv_lines(heads[0], slices)), mimetype=None, content_type=CSV_TYPE)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115 — it is closed, and gone, with the response that sends it
    write_xlsx(file, heads, slices, _("Risposte"), asked.at)
    file.seek(0)
    return send_file(file, mimetype=XLSX_TYPE, as_attachment=True, download_name=name)
