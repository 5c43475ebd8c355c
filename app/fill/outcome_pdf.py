"""The PDF of `/esito`: one or two sheets for whoever decides in the entity.

Not for: what stands on the page (`outcome.py`).
Holds always: nothing stands in it that is not on the page; at most `MOST_ROWS` practices and `MOST_IDEAS` ideas, and it says
how many more there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import ngettext

from app.editions.files import ROME
from app.fill.outcome_words import SHORT_NAMES, Area, Areas, Compared, FateRow
from app.practices.similar import Idea
from app.web.pdf import pdf_of

MOST_ROWS: Final = 14
MOST_IDEAS: Final = 4


def outcome_pdf_of(
    entity: str,
    edition: str,
    rows: Sequence[FateRow],
    groups: Sequence[Compared],
    areas: Areas | None,
    ideas: Sequence[tuple[Idea, str]],
    *,
    led: tuple[int, int] | None,
    earlier: int,
    sent: bool,
    address: str,
    language: str,
    today: dt.datetime,
) -> bytes:
    """The sheets, in the reader's language."""
    day = format_date(today.astimezone(ROME).date(), "d MMMM yyyy", locale=language)
    data = {
        "entity": entity,
        "intro": [f"{edition}. {_('Situazione al %(date)s.', date=day)}", *_summary(rows, led, earlier, sent=sent)],
        "practices": _practices(rows),
        "compared": _compared(groups),
        "areas": _table(_("Per macro-area"), areas, areas.areas) if areas else None,
        "recipients": _table(_("Per destinatari"), areas, areas.recipients) if areas else None,
        "ideas": {
            "heading": _("Idee da enti simili"),
            "lines": [f"{area}: «{idea.title}», {idea.entity}." for idea, area in ideas[:MOST_IDEAS]],
        },
        "end": _(
            "La ricognizione serve a conoscere, non a giudicare. La pagina, aggiornata: %(address)s",
            address=address,
        ),
    }
    return pdf_of("outcome", data, title=_("Che cosa è nato dalle nostre risposte"), language=language)


def _summary(rows: Sequence[FateRow], led: tuple[int, int] | None, earlier: int, *, sent: bool) -> list[str]:
    public = sum(row.is_public for row in rows)
    lines = []
    if not rows and not sent:
        lines.append(_("L'ente non ha inviato schede in questa edizione."))
    elif not rows:
        lines.append(_("La risposta è inviata e conta nelle statistiche. Non contiene schede da pubblicare."))
    elif not public:
        sheets = ngettext("Una scheda inviata", "%(num)d schede inviate", len(rows))
        lines.append(_("%(sheets)s; nessuna è ancora pubblica.", sheets=sheets))
    else:
        sheets = ngettext("Una scheda inviata", "%(num)d schede inviate", len(rows))
        lines.append(_("%(sheets)s, pubbliche: %(public)s.", sheets=sheets, public=public))
    if led:
        lines.append(
            _(
                "Comuni per cui l'ente ha risposto: %(members)s. Pratiche associate pubblicate: %(public)s.",
                members=led[0],
                public=led[1],
            )
        )
    if earlier:
        lines.append(
            ngettext(
                "Delle edizioni precedenti c'è un'altra scheda.",
                "Delle edizioni precedenti ci sono altre %(num)d schede.",
                earlier,
            )
        )
    return lines


def _practices(rows: Sequence[FateRow]) -> dict[str, Any] | None:
    if not rows:
        return None
    more = len(rows) - MOST_ROWS
    return {
        "heading": _("Le nostre schede"),
        "head": [_("Scheda"), _("Macro-area"), _("Che cosa ne è stato")],
        "rows": [[row.title, row.area or row.kind, row.tag] for row in rows[:MOST_ROWS]],
        "more": ngettext("E un'altra nella pagina.", "E altre %(num)d nella pagina.", more) if more > 0 else "",
    }


def _compared(groups: Sequence[Compared]) -> dict[str, Any] | None:
    if not groups:
        return None
    return {
        "heading": _("Accanto a enti simili"),
        "head": [
            _("Gruppo"),
            _("Enti"),
            _("Hanno risposto o sono rappresentati"),
            _("Hanno pubblicato"),
            _("Schede pubblicate"),
        ],
        "rows": [
            {
                "name": one.name,
                "entities": one.entities,
                "represented": one.represented_share,
                "represented_width": one.represented_width,
                "publishing": one.publishing_share,
                "publishing_width": one.publishing_width,
                "entries": one.entries,
            }
            for one in groups
        ],
    }


def _table(heading: str, areas: Areas, rows: Sequence[Area]) -> dict[str, Any] | None:
    if not rows:
        return None
    names = [str(SHORT_NAMES[name]) for name in areas.names]
    return {
        "heading": heading,
        "head": [_("Voce"), _("Il nostro ente"), *names],
        "rows": [[one.name, one.own, *one.groups] for one in rows],
    }
