"""`/gestione/pratiche/importa/<n>…`: say what a file means, look at what it would become, settle what is not sure, confirm.

Not for: uploading it and what came of it (`practice_imports.py`), the rules (`app.practices.importing`).
Holds always: what is confirmed is what the page showed (its revision), or nothing; to approve at once is a choice of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.import_words import HOW_WORDS, STATE_TAGS, STATE_WORDS, TARGET_WORDS, told
from app.desk.login_paging import paging
from app.desk.old_pages import old_page
from app.extensions import db
from app.practices.importing.drafting import LEAVE, STATES, UNMATCHED, Row
from app.practices.importing.mapping import (
    TARGETS,
    Labels,
    Layer,
    Meaning,
    UnfitMeaningError,
    code_for,
    read_meaning,
    write_meaning,
    written_values,
)
from app.practices.importing.matching import Matcher
from app.practices.importing.source import Source
from app.practices.importing.storing import (
    ChangedSinceError,
    NothingReadyError,
    draft_upload,
    same_file,
    take_in_upload,
)
from app.practices.importing.uploads import (
    UnknownUploadError,
    Upload,
    change_meaning,
    drop_upload,
    read_upload,
    settle,
)
from app.practices.kinds import INITIATIVE, KINDS, PRACTICE
from app.practices.record import CHOICES
from app.practices.vocabulary import labels
from app.practices.words import KIND_NAMES
from app.registry.entities import search_entities
from app.registry.regions import REGIONS
from app.web.language import current_language

ROWS: Final = 50
EXAMPLES: Final = 2
LONGEST_EXAMPLE: Final = 80
Problems = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column as the page shows it. `values`: category → (how often, its code), of a field that has codes."""

    number: int
    name: str
    target: str
    examples: list[str]
    values: list[tuple[str, int, str]]


@blueprint.route("/pratiche/importa/<int(max=2147483647):number>/lettura", methods=["GET", "POST"])
def read_import(number: int) -> ResponseReturnValue:
    """What the columns, categories and layers of the file mean."""
    upload, words = _upload(number), labels(current_language())
    if request.method != "POST":
        return _draw_meaning(upload, upload.meaning, words, [])
    meaning = _typed(upload.source, words)
    problems = old_page() or _doubled(meaning)
    if problems:
        return _draw_meaning(upload, meaning, words, problems), 422
    fresh = [field for field in meaning.values if field not in upload.meaning.values]
    change_meaning(number, meaning, now())
    if fresh:
        flash(_("Ora controlla le categorie delle colonne che hai scelto."), "info")
        return redirect(url_for("desk.read_import", number=number), 303)
    return redirect(url_for("desk.preview_import", number=number), 303)


def _typed(source: Source, words: Labels) -> Meaning:
    """The meaning that the form says; of a field that has just been chosen our guess."""
    typed = request.form
    columns = {}
    for number, column in enumerate(source.columns):
        target = typed.get(f"colonna-{number}", "")
        if target in TARGETS:
            columns[column] = target
    values: dict[str, dict[str, str]] = {}
    for column, field in columns.items():
        if field in CHOICES:
            values[field] = _typed_values(source, column, field, words.get(field, {}))
    layers = {}
    for number, name in enumerate(source.layers):
        kind, area = typed.get(f"livello-{number}-tipo", PRACTICE), typed.get(f"livello-{number}-area", "")
        layers[name] = Layer(kind if kind in (*KINDS, "") else PRACTICE, area if area in words.get("area", {}) else "")
    kind = typed.get("tipo", PRACTICE)
    return Meaning(columns, values, layers, kind if kind in KINDS else PRACTICE)


def _typed_values(source: Source, column: str, field: str, codes: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for number, written in enumerate(written_values(source, column, field)):
        code = request.form.get(f"valore-{field}-{number}")
        found[written] = code_for(written, field, codes) if code is None else code if code in codes else ""
    return found


def _doubled(meaning: Meaning) -> Problems:
    try:
        read_meaning(write_meaning(meaning))
    except UnfitMeaningError:
        doubled = [field for field, times in Counter(meaning.columns.values()).items() if times > 1]
        names = ", ".join(str(TARGET_WORDS[field]) for field in doubled)
        return [("", _("Due colonne diventano la stessa cosa (%(names)s): scegline una.", names=names))]
    if "title" not in meaning.columns.values():
        return [("colonna-0", _("Scegli la colonna con il titolo."))]
    return []


def _draw_meaning(upload: Upload, meaning: Meaning, words: Labels, problems: Problems) -> str:
    source = upload.source
    columns = []
    for number, name in enumerate(source.columns):
        target = meaning.columns.get(name, "")
        columns.append(ColumnRow(number, name, target, _examples(source, name), _values(source, name, target, meaning)))
    return render_template(
        "desk/import_meaning.html",
        upload=upload,
        meaning=meaning,
        columns=columns,
        counts=Counter(feature.layer for feature in source.features),
        notes=[told(one, source.form) for one in source.notes],
        words=words,
        targets=[(target, TARGET_WORDS[target]) for target in TARGETS],
        names=TARGET_WORDS,
        kinds=KIND_NAMES,
        problems=problems,
    )


def _examples(source: Source, column: str) -> list[str]:
    found: dict[str, None] = {}
    for feature in source.features:
        if text := feature.texts.get(column):
            found[f"{text[: LONGEST_EXAMPLE - 1]}…" if len(text) > LONGEST_EXAMPLE else text] = None
        if len(found) >= EXAMPLES:
            break
    return list(found)


def _values(source: Source, column: str, target: str, meaning: Meaning) -> list[tuple[str, int, str]]:
    if target not in CHOICES:
        return []
    codes = meaning.values.get(target, {})
    return [(written, times, codes.get(written, "")) for written, times in written_values(source, column, target).items()]


@blueprint.get("/pratiche/importa/<int(max=2147483647):number>")
def preview_import(number: int) -> ResponseReturnValue:
    """What the file would become: counts, and a page of rows."""
    return _draw_preview(number, [])


def _draw_preview(number: int, problems: Problems) -> str:
    upload, words = _upload(number), labels(current_language())
    rows, matcher = draft_upload(upload, words, now())
    state = request.args.get("stato", "")
    shown = [row for row in rows if row.state == state] if state in STATES else rows
    pager = paging(len(shown), rows=ROWS)
    return render_template(
        "desk/import_preview.html",
        upload=upload,
        counts=Counter(row.state for row in rows),
        unread=Counter(field for row in rows for field in row.unread),
        outside=sum(row.outside for row in rows),
        same=same_file(upload.digest),
        state=state if state in STATES else "",
        rows=shown[pager.offset : pager.offset + ROWS],
        pager=pager,
        label=matcher.label,
        words=words,
        states=STATE_WORDS,
        tags=STATE_TAGS,
        hows=HOW_WORDS,
        kinds=KIND_NAMES,
        names=TARGET_WORDS,
        problems=problems,
    )


@blueprint.route("/pratiche/importa/<int(max=2147483647):number>/elementi/<int(max=2147483647):place>", methods=["GET", "POST"])
def settle_feature(number: int, place: int) -> ResponseReturnValue:
    """Whose one feature is: choose among who it may be, search by name, or leave it out."""
    upload, words = _upload(number), labels(current_language())
    rows, matcher = draft_upload(upload, words, now())
    row = next((one for one in rows if one.place == place), None)
    if row is None:
        abort(404)
    if request.method != "POST":
        return _draw_feature(upload, row, matcher, [])
    key = request.form.get("ente", "")
    problems = old_page() or ([] if _may_be(key, matcher) else [("ente", _("Scegli un ente, o «Lascia fuori»."))])
    if problems:
        return _draw_feature(upload, row, matcher, problems), 422
    settle(number, {place: key}, now())
    following = next((one.place for one in rows if one.place > place and one.state == UNMATCHED), None)
    if row.state == UNMATCHED and following is not None:
        flash(_("Salvato. Questa è la prossima da sistemare."), "success")
        return redirect(url_for("desk.settle_feature", number=number, place=following), 303)
    flash(_("Salvato."), "success")
    return redirect(url_for("desk.preview_import", number=number), 303)


def _may_be(key: str, matcher: Matcher) -> bool:
    return key == LEAVE or key in matcher.by_key or matcher.label(key) != key


def _draw_feature(upload: Upload, row: Row, matcher: Matcher, problems: Problems) -> str:
    asked = " ".join(request.args.get("q", "").split())[:100]
    found = [entity.code for entity in search_entities(asked)] if asked else []
    settled = upload.settled.get(row.place, "")
    keys = dict.fromkeys(key for key in (settled, row.match.key, *row.match.candidates, *found) if key and key != LEAVE)
    if row.kind == INITIATIVE:
        keys |= dict.fromkeys(f"region:{code}" for code in REGIONS)
    feature = next(one for one in upload.source.features if one.place == row.place)
    layer = [{"label": _("Livello"), "value": feature.layer}] if feature.layer else []
    return render_template(
        "desk/import_feature.html",
        upload=upload,
        row=row,
        feature=feature,
        shown=[*layer, *({"label": column, "value": text} for column, text in feature.texts.items())],
        choices=[(key, matcher.label(key)) for key in keys],
        chosen=settled or row.match.key,
        leave=LEAVE,
        asked=asked,
        nothing=bool(asked and not found),
        hows=HOW_WORDS,
        kinds=KIND_NAMES,
        problems=problems,
    )


@blueprint.post("/pratiche/importa/<int(max=2147483647):number>/conferma")
def confirm_import(number: int) -> ResponseReturnValue:
    """Take in what is ready."""
    revision, choice = request.form.get("versione", ""), request.form.get("esame", "")
    _upload(number)
    db.session.rollback()
    if problems := old_page() or ([] if choice in ("coda", "approva") else [("esame", _("Scegli che cosa succede ora."))]):
        return _draw_preview(number, problems), 422
    seen = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0
    words, actor = labels(current_language()), required_staff().actor
    try:
        import_id = take_in_upload(number, seen, words, approve=choice == "approva", actor=actor, now=now())
    except ChangedSinceError:
        return _draw_preview(number, [("", _("Nel frattempo qualcosa è cambiato: controlla di nuovo, poi conferma."))]), 409
    except NothingReadyError:
        return _draw_preview(number, [("", _("Nessuna pratica può entrare: scegli prima gli enti."))]), 422
    return redirect(url_for("desk.practice_import", number=import_id), 303)


@blueprint.post("/pratiche/importa/<int(max=2147483647):number>/elimina")
def drop_import(number: int) -> ResponseReturnValue:
    """Throw the file away; nothing of it came in."""
    upload = _upload(number)
    drop_upload(upload.row.id)
    db.session.commit()
    flash(_("File eliminato: nulla è stato importato."), "success")
    return redirect(url_for("desk.practice_imports"), 303)


def _upload(number: int) -> Upload:
    try:
        return read_upload(number, now())
    except UnknownUploadError:
        abort(404)
