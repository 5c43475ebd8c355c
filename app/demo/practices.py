"""The demonstration's map is not empty: synthetic practices of last year's edition, brought in as a file and published.

Not for: answers of this year's edition (`filling.py`, whose practices `publish_share` approves and publishes).
Holds always: every title says that it is synthetic; what is there already does not come twice.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from random import Random
from typing import Final

from app.config import Settings
from app.demo.loading import ACTOR, refuse_unless_local
from app.extensions import db
from app.practices.importing.storing import NothingReadyError, take_in_upload
from app.practices.importing.uploads import drop_upload, keep_upload
from app.practices.published import current_version
from app.practices.publishing import publish
from app.practices.synthetic import approve_synthetic
from app.practices.vocabulary import labels
from app.registry.entities import entities_in_force

PRACTICES: Final = 400
SHARE: Final = 0.7
NOTE: Final = "Dimostrazione: pratiche sintetiche"
_NAMES: Final = (
    *("Sportello per le famiglie", "Spazio gioco", "Incontri per neogenitori", "Gruppo di parola", "Nido aperto al pomeriggio"),
    *("Mediazione familiare", "Pacco di benvenuto ai nati", "Ludoteca itinerante", "Doposcuola di quartiere"),
)
_SENTENCE: Final = "Testo sintetico della dimostrazione: nessun ente ha scritto questa scheda."


def load_practices(settings: Settings, now: dt.datetime, *, seed: int = 1) -> int:
    """Bring in and publish last year's synthetic practices, unless something is public already; how many.

    Raises NotLocalError.
    """
    refuse_unless_local(settings)
    if current_version() is not None:
        return 0
    words, year = labels("it"), now.year - 1
    number = keep_upload(
        "pratiche-sintetiche.csv", _table(words, seed), edition_label=str(year), year=year, labels=words, actor=ACTOR, now=now
    )
    try:
        take_in_upload(number, 1, words, approve=True, actor=ACTOR, now=now)
    except NothingReadyError:  # a registry without municipalities
        drop_upload(number)
        db.session.commit()
        return 0
    return publish(actor=ACTOR, note=NOTE, now=now).added


def publish_share(settings: Settings, now: dt.datetime, *, share: float = SHARE) -> int:
    """Approve a share of the synthetic practices that wait and publish it; how many came. Raises NotLocalError."""
    refuse_unless_local(settings)
    if not approve_synthetic(share, actor=ACTOR, now=now):
        return 0
    return publish(actor=ACTOR, note=NOTE, now=now).added


def _table(words: dict[str, dict[str, str]], seed: int) -> bytes:
    """The practices of some municipalities, the same for the same seed."""
    random = Random(seed)  # noqa: S311  (a demonstration, not a secret)
    entities = entities_in_force(kind="municipality")
    chosen = random.sample(entities, min(PRACTICES, len(entities)))
    text = io.StringIO()
    table = csv.writer(text, delimiter=";")
    table.writerow(["titolo", "descrizione", "comune", "area", "destinatari", "tipo", "fondi", "lat", "lon"])
    for entity in chosen:
        several = [";".join(random.sample(sorted(words[field]), 2)) for field in ("recipients", "types", "funding")]
        place = [entity.latitude or "", entity.longitude or ""]
        title = f"{random.choice(_NAMES)} (sintetica)"
        table.writerow([title, _SENTENCE, entity.code, random.choice(sorted(words["area"])), *several, *place])
    return text.getvalue().encode()
