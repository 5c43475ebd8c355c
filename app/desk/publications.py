"""`/gestione/pratiche/pubblica`: what a publication would add and change, its confirmation, and the publications so far.

Not for: what a publication is (`app.practices.publishing`).
Holds always: what is published is exactly what the page showed: one that was approved since waits for the next.
"""

from __future__ import annotations

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.permissions import required_staff
from app.clock import now
from app.database import unit_of_work
from app.desk import blueprint
from app.desk.asked import edition_on
from app.desk.chasing_words import short
from app.desk.old_pages import old_page
from app.practices.opendata.files import make_files
from app.practices.previewing import ReadyRow, fingerprint_of, ready_to_publish
from app.practices.published import current_version, list_versions
from app.practices.publishing import NothingToPublishError, publish
from app.practices.words import KIND_NAMES

LONGEST_NOTE: Final = 500
SHOWN: Final = 100
Problems = list[tuple[str, str]]


@blueprint.route("/pratiche/pubblica", methods=["GET", "POST"])
def publications() -> ResponseReturnValue:
    """The preview, and after its confirmation the publication."""
    edition_on()
    ready = ready_to_publish()
    if request.method != "POST":
        return _draw(ready, "", [])
    note = request.form.get("nota", "").replace("\r\n", "\n").strip()
    problems: Problems = list(old_page())
    if len(note) > LONGEST_NOTE or "\x00" in note:
        problems.append(("nota", _("Accorcia la nota: al massimo %(most)d caratteri.", most=LONGEST_NOTE)))
    if request.form.get("conferma") != "1":
        problems.append(("conferma", _("Per pubblicare, conferma di aver guardato l'elenco.")))
    if request.form.get("visto") != fingerprint_of(ready):
        text = _("Nel frattempo qualcosa è stato approvato, cambiato o ritirato: guarda di nuovo l'elenco e conferma.")
        problems = [("", text)]
    if problems:
        return _draw(ready, note, problems), 422
    try:
        done = publish(actor=required_staff().actor, note=note, now=now(), shown={row.id: row.revision for row in ready})
    except NothingToPublishError:
        return _draw(ready, note, [("", _("Non c'è niente da pubblicare."))]), 422
    _make_files()
    told = ngettext("%(num)d scheda nuova", "%(num)d schede nuove", done.added)
    changed = ngettext("%(num)d cambiata", "%(num)d cambiate", done.changed)
    flash(_("Pubblicazione n. %(n)d: %(added)s, %(changed)s.", n=done.number, added=told, changed=changed), "success")
    return redirect(url_for("desk.publications"), 303)


def _make_files() -> None:
    """Make the files of the version that has just come, so that the first who asks need not wait for them."""
    with unit_of_work(writes=False):  # so that others can write while a file is made
        version = current_version()
        if version is not None:
            make_files(version)


def _draw(ready: list[ReadyRow], note: str, problems: Problems) -> str:
    return render_template(
        "desk/publications.html",
        added=[row for row in ready if not row.changes],
        changed=[row for row in ready if row.changes],
        shown=SHOWN,
        seen=fingerprint_of(ready),
        versions=list_versions(),
        note=note,
        problems=problems,
        errors={name: text for name, text in problems if name},
        kinds={name: str(text) for name, text in KIND_NAMES.items()},
        short=short,
        longest=LONGEST_NOTE,
    )
