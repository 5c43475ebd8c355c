"""`/gestione/pratiche`: the queue of review, filtered and paged by its address; many approved or assigned at once.

Not for: one practice (`practice.py`), publishing (`publications.py`).
Holds always: the address is the whole state of the list, and follows from it to a practice and back; nothing is done with many
before a page has shown which, and each is left out that is no longer as it was shown.
"""

from __future__ import annotations

from typing import Any, Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.accounts.permissions import required_staff
from app.clock import now
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.chasing_words import short
from app.desk.login_paging import paging
from app.desk.practice_words import refused_text
from app.extensions import db
from app.practices.kinds import APPROVED, KINDS, REJECTED, SENT_BACK, WAITING, WITHDRAWN
from app.practices.queue import (
    ALL,
    CHANGED,
    MINE,
    NOBODYS,
    TO_PUBLISH,
    UNFIT,
    QueueRow,
    Wanted,
    count_queue,
    queue_counts,
    queue_page,
    rows_of_codes,
)
from app.practices.review import DecisionRefusedError, Seen, approve_many, assign_many, reviewers
from app.practices.vocabulary import Labels, labels
from app.practices.words import KIND_NAMES, STATE_TAGS
from app.registry.regions import region_names
from app.web.language import current_language

ROWS: Final = 25
MOST_TOGETHER: Final = 100
VIEWS: Final[dict[str, tuple[str, LazyString]]] = {
    "attesa": (WAITING, _l("Da valutare")),
    "mie": (MINE, _l("Assegnate a me")),
    "libere": (NOBODYS, _l("Non assegnate")),
    "cambiate": (CHANGED, _l("Cambiate dopo l'approvazione")),
    "rimandate": (SENT_BACK, _l("Rinviate all'ente")),
    "approvate": (APPROVED, _l("Approvate")),
    "pubblicare": (TO_PUBLISH, _l("Da pubblicare")),
    "respinte": (REJECTED, _l("Non accolte")),
    "ritirate": (WITHDRAWN, _l("Ritirate")),
    "escluse": (UNFIT, _l("Non pubblicabili")),
    "tutte": (ALL, _l("Tutte")),
}
"""What the address calls a view → the view and its words."""
EMPTY: Final[dict[str, LazyString]] = {
    WAITING: _l("Nessuna pratica da valutare: quelle arrivate finora sono tutte decise."),
    MINE: _l("Nessuna pratica da valutare è assegnata a te."),
    NOBODYS: _l("Nessuna pratica da valutare è senza chi la segue."),
    CHANGED: _l("Nessun ente ha cambiato una scheda dopo l'approvazione."),
    SENT_BACK: _l("Nessuna pratica aspetta una correzione dell'ente."),
    TO_PUBLISH: _l("Niente da pubblicare: quello che è approvato è già pubblico, o la sua edizione non è ancora aperta."),
    UNFIT: _l("Nessuna scheda è senza consenso o tolta dal suo ente."),
}
"""View → why it may be empty."""
FIELDS: Final = ("vista", "tipo", "anno", "area", "regione", "q")
"""The fields of the address that make the queue."""


@blueprint.get("/pratiche")
def practices() -> str:
    """The queue."""
    edition_on()
    wanted, words = asked_queue(), labels(current_language())
    counts = queue_counts(wanted.staff_id)
    plain = wanted == Wanted(wanted.staff_id, view=wanted.view)
    pager = paging(counts.views[wanted.view] if plain else count_queue(wanted), rows=ROWS)
    return render_template(
        "desk/practices.html",
        rows=queue_page(wanted, limit=ROWS, offset=pager.offset),
        pager=pager,
        all_chosen=request.args.get("scelte") == "tutte",
        choice=_choice_address(pager.page),
        empty=_empty(wanted, plain=plain),
        wanted=wanted,
        view=view_name(wanted),
        views=[
            (queue_address("desk.practices", vista=name), str(text), counts.views[view], view == wanted.view)
            for name, (view, text) in VIEWS.items()
        ],
        years=[(str(year), str(year)) for year in counts.years],
        areas=sorted(words["area"].items(), key=lambda pair: pair[1]),
        regions=sorted(region_names().items(), key=lambda pair: pair[1]),
        members=reviewers(),
        **_words(words),
    )


def asked_queue() -> Wanted:
    """What the address asks for; what no list has is left out."""
    year, region, kind = request.args.get("anno", ""), request.args.get("regione", ""), request.args.get("tipo", "")
    known = VIEWS.get(request.args.get("vista", ""), VIEWS["attesa"])[0]
    return Wanted(
        staff_id=required_staff().staff_id,
        view=known,
        kind=kind if kind in KINDS else "",
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
        area=request.args.get("area", "").replace("\x00", "")[:40],
        region=region if len(region) == 2 and region.isascii() and region.isdigit() else "",
        text=" ".join(request.args.get("q", "").replace("\x00", "").split())[:100],
    )


def _choice_address(page: int) -> str:
    """The address of this page of the list with all of it chosen, or, where it is, with nothing: a tick needs no script."""
    chosen = {} if request.args.get("scelte") == "tutte" else {"scelte": "tutte"}
    return queue_address("desk.practices", pagina=page, **chosen, _anchor="scelte")


def _empty(wanted: Wanted, *, plain: bool) -> tuple[str, str, str]:
    """Why nothing is here, what to do next, and where."""
    if not plain:
        everything = url_for("desk.practices", vista=view_name(wanted))
        return _("Nessuna pratica corrisponde alla ricerca."), _("Togli i filtri"), everything
    whole = (_("Vedi tutte le pratiche"), url_for("desk.practices", vista="tutte"))
    if wanted.view == ALL:
        why = _("Non è ancora arrivata nessuna pratica: arrivano quando un ente invia la risposta con le sue schede.")
        return why, _("Vedi chi ha risposto"), url_for("desk.responses")
    return str(EMPTY.get(wanted.view, _l("Nessuna pratica è in questo stato."))), *whole


def view_name(wanted: Wanted) -> str:
    """What the address calls its view."""
    return next(name for name, (view, _text) in VIEWS.items() if view == wanted.view)


def queue_address(endpoint: str, **values: Any) -> str:
    """The address of a page with the queue of this request kept in it."""
    kept = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    return url_for(endpoint, **{**kept, **values})


@blueprint.post("/pratiche/insieme")
def decide_practices() -> ResponseReturnValue:
    """Approve or assign those that were chosen in the list: first what it would do, and after the confirmation what it did."""
    chosen, staff = _chosen(), required_staff()
    deed = "assegna" if request.form.get("azione") == "assegna" else "approva"
    member = _number(request.form.get("a", ""))
    members = reviewers()
    named = next((one.name for one in members if one.id == member), "")
    problem = ""
    if not chosen:
        problem = _("Non hai scelto nessuna pratica: segna quelle che vuoi nella lista.")
    elif deed == "assegna" and not named:
        problem = _("Scegli a chi assegnarle.")
    if problem or request.form.get("conferma") != "1":
        return _preview(chosen, deed, member, named, problem), (422 if problem else 200)
    try:
        if deed == "approva":
            done, left = approve_many(chosen, actor=staff.actor, now=now())
        else:
            done, left = assign_many(chosen, member, actor=staff.actor, now=now())
    except DecisionRefusedError as error:
        return _preview(chosen, deed, member, named, refused_text(error.reason)), 422
    db.session.rollback()
    rows = rows_of_codes([*done, *left])
    return render_template(
        "desk/practices_done.html",
        deed=deed,
        done=[row for row in rows if row.code in done],
        left=[row for row in rows if row.code not in done],
        named=named,
        back=queue_address("desk.practices"),
        **_words(),
    )


def _preview(chosen: list[Seen], deed: str, member: int, named: str, problem: str) -> str:
    seen = {one.code: one.revision for one in chosen}
    rows = rows_of_codes(list(seen))
    fit = [row for row in rows if _is_safe(row, seen[row.code], deed)]
    return render_template(
        "desk/practices_confirm.html",
        deed=deed,
        member=member,
        named=named,
        problem=problem,
        fit=fit,
        left=[row for row in rows if row not in fit],
        seen=seen,
        action=queue_address("desk.decide_practices"),
        back=queue_address("desk.practices"),
        **_words(),
    )


def _is_safe(row: QueueRow, revision: int, deed: str) -> bool:
    """Whether it may be done without looking at the practice again."""
    same = row.revision == revision
    return same if deed == "assegna" else same and row.state == WAITING and row.fit and not row.changed


def _chosen() -> list[Seen]:
    """What was ticked: "code.revision" each; what is none is left out."""
    found = {}
    for value in request.form.getlist("scelta")[:MOST_TOGETHER]:
        code, _dot, revision = value.partition(".")
        if 0 < len(code) <= 12 and code.isalnum() and code.isascii() and _number(revision):
            found[code] = Seen(code, _number(revision))
    return list(found.values())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _words(words: Labels | None = None) -> dict[str, Any]:
    return {
        "tags": STATE_TAGS,
        "kinds": {name: str(text) for name, text in KIND_NAMES.items()},
        "short": short,
        "queue_address": queue_address,
        "area_names": (words or labels(current_language()))["area"],
    }
