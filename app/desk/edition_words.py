"""What the pages of editions say: states, what is wrong with a part, what is missing before a step.

Not for: finding any of it (`app.editions`). Holds always: each text says what to do, and is read when the page is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.editions.checks import Problem
from app.editions.letter_text import PLACEHOLDERS
from app.questionnaire.source import LintProblem

STATES: Final[dict[str, tuple[LazyString, str]]] = {
    "draft": (_l("Bozza"), "neutral"),
    "pilot": (_l("Pilota"), "warning"),
    "open": (_l("Aperta"), "success"),
    "closed": (_l("Chiusa"), "danger"),
    "published": (_l("Pubblicata"), "primary"),
}
"""State → its word and the colour of its tag."""

TELEPHONE_WORDS: Final[dict[str, LazyString]] = {
    "nobody": _l("Nessuno"),
    "desk": _l("Chi coordina"),
    "territory": _l("Chi coordina e chi segue il territorio, ciascuno per la propria Regione"),
}
"""Who of the staff fills in with an officer on the line."""

STEP_NAMES: Final = {
    "bozza": "draft",
    "pilota": "pilot",
    "aperta": "open",
    "chiusa": "closed",
    "pubblicata": "published",
}
"""The states as addresses name them."""

REST_DAYS: Final = {
    "sunday": _l("La scadenza cade di domenica: molti uffici sono chiusi già dal venerdì. Meglio un giorno feriale."),
    "holiday": _l("La scadenza cade in un giorno festivo: gli uffici sono chiusi. Meglio un giorno feriale."),
}

POINTS: Final = {
    "deadline": (_l("La scadenza è nel futuro"), _l("La scadenza è passata: spostala prima.")),
    "other": (_l("Nessun'altra edizione è aperta"), _l("Un'altra edizione è aperta: chiudila prima.")),
    "contacts": (_l("I contatti ci sono"), _l("Mancano i contatti: chi ha bisogno di aiuto non sa chi chiamare.")),
    "letter": (_l("La lettera pubblica c'è"), _l("Manca il PDF della lettera che tutti possono leggere.")),
    "plan": (_l("Il piano di risposta c'è"), _l("Manca il piano di risposta: non si vedrà se le risposte sono in ritardo.")),
    "plan_dates": (_l("Il piano sta fra apertura e scadenza"), _l("Il piano ha giorni fuori dalle date: correggilo.")),
    "day": (_l("La scadenza è in un giorno feriale"), _l("La scadenza è di domenica o in un giorno festivo.")),
    "pilots": (_l("Gli enti del pilota sono scelti"), _l("Nessun ente è nel pilota: nessuno potrà rispondere.")),
}
"""Point of the check list → how it reads when met and when not."""

PROBLEMS: Final = {
    "instant": _l("Scrivi il giorno e l'ora, per esempio 18/12/2026 e 23:59."),
    "hour": _l("Quest'ora non esiste: quella notte comincia l'ora legale. Scegline un'altra."),
    "date": _l("Scrivi una data, per esempio 31/10/2026."),
    "code": _l("Usa lettere, cifre e trattini, al massimo %(most)d caratteri, per esempio 2027."),
    "code_taken": _l("Un'altra edizione ha già questo codice: scegline uno diverso."),
    "earlier_unknown": _l("L'edizione da cui copiare non c'è più: scegline un'altra dall'elenco."),
    "title": _l("Scrivi un titolo di al massimo %(most)d caratteri."),
    "unfit": _l("Scrivi il testo di nuovo: contiene un carattere che non si può leggere."),
    "frozen": _l("L'edizione è già stata aperta: questo non si può più cambiare."),
    "period_order": _l("La fine del periodo viene prima dell'inizio: correggi una delle due date."),
    "period_years": _l("Il periodo deve stare fra il %(least)d e il %(most)d: controlla l'anno."),
    "deadline_order": _l("La scadenza deve venire dopo l'apertura."),
    "deadline_past": _l("L'edizione è aperta: la scadenza deve essere nel futuro. Per chiuderla subito usa «Chiudi»."),
    "deadline_earlier": _l("La nuova scadenza viene prima di quella annunciata: se è quello che vuoi, conferma."),
    "web_address": _l("Scrivi un indirizzo che comincia con https://, al massimo 500 caratteri."),
    "contact_name": _l("Scrivi un nome, o il nome dell'ufficio."),
    "contact_email": _l("Controlla l'e-mail: deve somigliare a segreteria@esempio.it."),
    "too_long": _l("Scrivi al massimo %(most)d caratteri."),
    "too_many_rows": _l("Sono troppi: al massimo %(most)d."),
    "plan_outside": _l("Scegli un giorno fra l'apertura e la scadenza: dal %(first)s al %(last)s."),
    "plan_day_twice": _l("Questo giorno c'è già nella riga prima: cambialo, o togli una delle due."),
    "plan_percent": _l("Scrivi una percentuale da 1 a 100, senza il segno %%."),
    "plan_growth": _l("La percentuale deve crescere: scrivine una maggiore di quella della riga prima."),
    "not_pdf": _l("Questo file non è un PDF: salvalo come PDF e caricalo di nuovo."),
    "pdf_size": _l("Il file è troppo grande: al massimo %(most)d MB."),
    "no_file": _l("Scegli un file."),
    "not_text": _l("Il file non è testo in UTF-8: salvalo così e caricalo di nuovo."),
    "unknown_definition": _l("Scegli uno dei questionari dell'elenco."),
    "unknown_entity": _l("Nessun ente corrisponde: scrivi il nome o il codice ISTAT."),
    "several_entities": _l("Più enti hanno questo nome: scrivi il codice, o il nome con la provincia come in «Samone (TN)»."),
    "pilot_unknown": _l("Nessun ente di oggi ha il codice %(code)s: correggilo o toglilo."),
    "no_codes": _l("Scrivi almeno un codice, per esempio 048017."),
    "old_page": _l("La pagina era aperta da troppo tempo: controlla quello che hai scritto e invialo di nuovo."),
    "telephone": _l("Scegli una delle voci."),
    "unconfirmed": _l("Manca qualcosa: se vuoi andare avanti lo stesso, conferma."),
}

LETTER_PROBLEMS: Final = {
    "too_long": _l("Il testo supera %(most)d caratteri: una lettera è di una o due pagine."),
    "unknown_place": _l("%(place)s non è un segnaposto: usa uno di %(known)s."),
    "not_alone": _l("%(place)s deve stare da solo, con una riga vuota prima e dopo."),
    "braces": _l("Ci sono due graffe che non si chiudono."),
    "title": _l("Serve un titolo: una sola riga che comincia con #."),
    "place_twice": _l("%(place)s c'è %(count)d volte: lascialo una volta sola."),
    "no_code": _l("Manca {{codice}}: senza il codice nessuno entra."),
}

_FIELDS: Final = {
    "opening": "opening_day",
    "deadline": "deadline_day",
    "period": "period_to",
    "contacts": "name-0",
    "plan": "day-0",
}
"""Place of a problem → the field that mends it, where they differ."""


def errors_of(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """(id of the field, what is wrong and what to do) of each problem, beside the fields.

    No id for what is frozen: its page has no field for it.
    """
    return [(_field(problem), words_of(problem)) for problem in problems]


def summary_of(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """The same for the summary at the top of the page, where a row must be told from the others."""
    told = [(problem, words_of(problem)) for problem in problems]
    return [
        (
            _field(problem),
            text if problem.row is None else str(_("Riga %(number)d: %(problem)s", number=problem.row + 1, problem=text)),
        )
        for problem, text in told
    ]


def _field(problem: Problem) -> str:
    if problem.reason == "frozen":
        return ""
    return _FIELDS.get(problem.place, problem.place) if problem.row is None else f"{problem.place}-{problem.row}"


def words_of(problem: Problem) -> str:
    """What is wrong, in the page's language."""
    if problem.letter is not None:
        params = dict(problem.letter.params)
        if "known" in params:
            params["known"] = ", ".join(f"{{{{{name}}}}}" for name in sorted(PLACEHOLDERS))
        words = str(LETTER_PROBLEMS[problem.letter.reason])
        said = words % params if params else words
        return str(_("Riga %(line)d: %(problem)s", line=problem.letter.line, problem=said)) if problem.letter.line else said
    params = {name: _shown(value) if name in {"first", "last"} else value for name, value in problem.params.items()}
    return str(PROBLEMS[problem.reason]) % params


def _shown(day: str | int) -> str:
    return str(format_date(dt.date.fromisoformat(str(day)), "d MMMM y"))


def lint_words(problem: LintProblem) -> str:
    """A problem of a definition with its line."""
    words = str(_(problem.msgid))
    said = words % problem.params if problem.params else words
    return str(_("Riga %(line)d: %(problem)s", line=problem.line, problem=said))
