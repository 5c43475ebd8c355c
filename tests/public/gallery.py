"""A page with each type of question in each of its states, and the components: for the eye, for axe, for the tests of form.

Not shipped. `mount(app)` serves it at /_galleria/<state> ("normale", "errore", "nd", "lettura", "lungo"); `page(state)` renders
it inside a request context.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from app.accounts.permission_table import ANYBODY, PERMISSIONS
from app.questionnaire.model import Option, Question

STATES = ("normale", "errore", "nd", "lettura", "lungo")
LONG = "Sportello di ascolto e di orientamento per le famiglie di San Valentino in Abruzzo Citeriore " * 12
WORD = "Sportellodiascoltoediorientamentoperlefamigliedelterritoriocomunale" * 3

CHOICES = (
    Option("own", "Sì, gestiti dall'ente"),
    Option("other", "Altro (specificare)", asks_text=True),
    Option("unknown", "Non so"),
)


@dataclass(frozen=True)
class Found:
    """A municipality as the search gives it."""

    code: str
    label: str


@dataclass(frozen=True)
class Case:
    """What the page hands to the macro for one question."""

    q: Question
    name: str
    fields: dict[str, list[str]]
    errors: tuple[str, ...] = ()
    results: tuple[Found, ...] | None = None
    chosen: tuple[Found, ...] = ()
    readonly: bool = False
    badge: str | None = None
    base: int | None = None


QUESTIONS: tuple[tuple[str, dict[str, Any], dict[str, list[str]]], ...] = (
    ("text", {"max": 150, "help": "Come lo chiamate di solito."}, {"": ["Sportello famiglia"]}),
    ("textarea", {"max": 2000, "help": "Bastano due frasi: l'obiettivo e come si lavora."}, {"": ["Ascolto e orientamento."]}),
    ("integer", {}, {"": ["1.250"]}),
    ("decimal", {"example": "37,5"}, {"": ["12,5"]}),
    ("money", {}, {"": ["1.234,50"]}),
    ("date", {}, {"": ["31/1/2026"]}),
    ("email", {}, {"": ["servizi.sociali@comune.esempio.it"]}),
    ("phone", {}, {"": ["0123 456789"]}),
    ("url", {}, {"": ["www.comune.esempio.it"]}),
    ("yesno", {}, {"": ["yes"]}),
    ("single", {"options": CHOICES, "required": True}, {"": ["other"], "text": ["Consorzio"]}),
    ("multi", {"options": CHOICES, "exclusive": frozenset({"unknown"})}, {"": ["own", "other"], "text": ["Ludoteca"]}),
    ("rating", {"min": 1, "max": 5}, {"": ["4"], "comment": ["Tutto chiaro."]}),
    ("municipality", {}, {"": ["048017"], "search": ["castro"]}),
    ("entity", {}, {"": ["048017"]}),
    ("municipalities", {}, {"": ["048017", "001001"]}),
    (
        "period",
        {"options": (Option("running", "In corso"), Option("ended", "Conclusa"))},
        {"from": ["9/2025"], "to": [""], "state": ["running"]},
    ),
    ("contact", {}, {"email": ["famiglia@comune.esempio.it"], "phone": ["0123 456789"], "url": [""]}),
    (
        "person",
        {"required": True},
        {"name": ["Operatore A"], "office": ["Ufficio servizi sociali"], "email": [""], "phone": [""]},
    ),
    (
        "place",
        {"reservable": True},
        {"address": ["via Roma 12"], "latitude": ["45,07"], "longitude": ["7,68"], "reserved": ["1"]},
    ),
    (
        "amounts",
        {"options": (Option("region", "Fondi regionali"), Option("municipal", "Fondi comunali"))},
        {"region": ["10,00"]},
    ),
    ("display", {"help": "Le prossime domande riguardano il periodo di riferimento."}, {}),
)
LONG_HELP = (
    "Per famiglia si intende ogni nucleo, anche con un solo genitore. Contano gli interventi ordinari e quelli gestiti insieme "
    "ad altri enti, purché siano rivolti a chi vive nel territorio e siano stati attivi almeno una parte del periodo."
)
ERRORS = ("Inserisci un numero, per esempio 1.250.", "Hai scritto «mille».")
CHOSEN = (Found("048017", "Firenze (FI)"), Found("001001", "Agliè (TO)"))
RESULTS = (
    Found("016065", "Castro (BG)"),
    Found("075096", "Castro (LE)"),
    Found("068038", "San Valentino in Abruzzo Citeriore (PE)"),
)


def cases(state: str) -> list[Case]:
    """One case for each type, in this state."""
    return [_case(number, state, *row) for number, row in enumerate(QUESTIONS, start=1)]


def _case(number: int, state: str, kind: str, extra: dict[str, Any], fields: dict[str, list[str]]) -> Case:
    registry = kind in {"municipality", "entity", "municipalities"}
    long = state == "lungo"
    settings = {"na": state == "nd" and kind != "display", "label": f"Domanda di tipo {kind}", **extra}
    if long:
        settings |= {"label": f"{kind}: {LONG[:280]}", "help": LONG_HELP}
        fields = {name: [LONG if name in {"", "comment"} and not registry else WORD] for name in fields} | (
            {"": fields.get("", [])} if registry or "options" in extra else {}
        )
    return Case(
        q=Question(code=f"G{number:02d}", type=kind, **settings),
        name=f"0f8fad5b-d9cb-469f-a165-70867728950e/G{number:02d}" if long else f"G{number:02d}",
        fields={"na": ["1"]} if state == "nd" else fields,
        errors=ERRORS if state == "errore" and kind != "display" else (),
        results=RESULTS if registry and state in {"normale", "errore"} else () if registry and long else None,
        chosen=(CHOSEN if kind == "municipalities" else CHOSEN[:1]) if registry and state != "nd" else (),
        readonly=state == "lettura",
        badge="Non sarà pubblicato" if number % 3 == 0 else None,
        base=number,
    )


TASKS = [
    {"title": "Servizi e interventi per le famiglie", "url": "/compila/B", "state": "COMPLETE", "note": None},
    {
        "title": "Buone pratiche",
        "url": None,
        "state": "IN_PROGRESS",
        "note": "2 schede",
        "subtasks": [
            {"title": "Sportello famiglia", "url": "/compila/pratiche/1", "state": "TO_REVIEW", "note": None},
            {"title": WORD, "url": "/compila/pratiche/2", "state": "NOT_STARTED", "note": None},
        ],
    },
    {"title": "Schede dei Centri per le famiglie", "url": None, "state": "NOT_REQUIRED", "note": None},
]
ROWS = [
    {"label": "Titolo della buona pratica", "value": "Sportello famiglia", "url": "/compila/P", "tag": "Sarà pubblico"},
    {"label": "Che cosa si fa e perché", "value": f"Prima riga.\nSeconda riga. {WORD}", "url": "/compila/P", "tag": None},
    {"label": "Comuni coinvolti", "value": "", "url": "/compila/P", "tag": None, "problem": "Scegli almeno un Comune."},
]


def page(state: str) -> str:
    """The whole page, inside a request context."""
    rows = cases(state)
    template = current_app.jinja_env.from_string((Path(__file__).parent / "gallery.html").read_text(encoding="utf-8"))
    context: dict[str, Any] = {
        "heading": f"Galleria: {state}",
        "cases": rows,
        "summary": [(f"q-{case.name}", f"{case.q.label}: {case.errors[0]}") for case in rows if case.errors],
        "components": state == "normale",
        "tasks": TASKS,
        "rows": ROWS,
        "page_address": lambda number: f"?pagina={number}",
    }
    current_app.update_template_context(context)
    return template.render(context)


def mount(app: Flask) -> None:
    """Serve the gallery at /_galleria/<state>."""
    PERMISSIONS["gallery"] = ANYBODY
    app.add_url_rule("/_galleria/<state>", "gallery", page)
