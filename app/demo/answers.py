"""Synthetic answers: a plausible value for any question, drawn by a generator that is handed in.

Not for: judging answers; what comes out is checked like everybody's.
Holds always: the same generator state gives the same value; texts say that they are synthetic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from app.questionnaire.model import Option, Question

MARK: Final = "[risposta dimostrativa]"
PHRASES: Final = (
    "Sportello di ascolto per le famiglie",
    "Incontri serali per neogenitori",
    "Riduzione delle rette dell’asilo nido",
    "Spazio gioco con i nonni",
    "Mediazione familiare gratuita",
    "Laboratori di lettura in biblioteca",
    "Trasporto scolastico condiviso",
    "Gruppo di mutuo aiuto tra genitori",
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from: the generator, the codes of some entities, and today."""

    random: Random
    municipalities: Sequence[str]
    today: dt.date


def synthetic_value(question: Question, options: Sequence[Option], source: Source) -> Any:
    """A value for this question in the shape that the document holds; None for a question that nobody answers."""
    if question.na and source.random.random() < 0.1:
        return {"na": True}
    make = _MAKERS.get(question.type)
    return None if make is None else make(question, options, source)


def _phrase(source: Source) -> str:
    return source.random.choice(PHRASES)


def _text(question: Question, options: Sequence[Option], source: Source) -> str:
    return _phrase(source)[: int(question.max or 150)]


def _textarea(question: Question, options: Sequence[Option], source: Source) -> str:
    sentences = [f"{_phrase(source)}, aperto a tutte le famiglie del territorio." for _ in range(source.random.randint(1, 4))]
    return f"{' '.join(sentences)} {MARK}"


def _number(question: Question, options: Sequence[Option], source: Source) -> int:
    low = int(question.min) if isinstance(question.min, int) else 5
    high = int(question.max) if isinstance(question.max, int) else max(low + 400, 400)
    return source.random.randint(low, high)


def _amount(question: Question, options: Sequence[Option], source: Source) -> str:
    return f"{source.random.randint(5, 900) * 100}.00"


def _date(question: Question, options: Sequence[Option], source: Source) -> str:
    return (source.today - dt.timedelta(days=source.random.randint(1, 700))).isoformat()


def _period(question: Question, options: Sequence[Option], source: Source) -> dict[str, str]:
    value = {"from": _date(question, options, source)[:7]}
    if options:
        value["state"] = source.random.choice(options).code
    return value


def _single(question: Question, options: Sequence[Option], source: Source) -> dict[str, str]:
    option = source.random.choice(options)
    return {"code": option.code, "text": _phrase(source)} if option.asks_text else {"code": option.code}


def _multi(question: Question, options: Sequence[Option], source: Source) -> dict[str, Any]:
    exclusive = [option for option in options if option.code in question.exclusive]
    ordinary = [option for option in options if option.code not in question.exclusive]
    if exclusive and source.random.random() < 0.1:
        return {"codes": [exclusive[0].code]}
    chosen = source.random.sample(ordinary, source.random.randint(1, min(3, len(ordinary))))
    value: dict[str, Any] = {"codes": [option.code for option in options if option in chosen]}
    if any(option.asks_text for option in chosen):
        value["text"] = _phrase(source)
    return value


def _contact(question: Question, options: Sequence[Option], source: Source) -> dict[str, str]:
    return {"email": "ufficio@example.org", "phone": "06 0000 0000"}


def _person(question: Question, options: Sequence[Option], source: Source) -> dict[str, str]:
    return {
        "name": f"Operatore dimostrativo {source.random.randint(1, 999)}",
        "office": "Servizi sociali",
        "email": "operatore@example.org",
        "phone": "06 0000 0000",
    }


def _places(question: Question, options: Sequence[Option], source: Source) -> list[str]:
    return sorted(source.random.sample(list(source.municipalities), min(3, len(source.municipalities))))


def _place(question: Question, options: Sequence[Option], source: Source) -> dict[str, str]:
    return {"address": f"Via Roma {source.random.randint(1, 90)}"}


def _amounts(question: Question, options: Sequence[Option], source: Source) -> dict[str, Any]:
    return {"amounts": {option.code: _amount(question, options, source) for option in options[:2]}}


def _rating(question: Question, options: Sequence[Option], source: Source) -> dict[str, Any]:
    return {"rating": source.random.randint(3, 5)}


_MAKERS: Final[dict[str, Callable[[Question, Sequence[Option], Source], Any]]] = {
    "text": _text,
    "textarea": _textarea,
    "integer": _number,
    "decimal": _amount,
    "money": _amount,
    "date": _date,
    "period": _period,
    "single": _single,
    "multi": _multi,
    "yesno": lambda question, options, source: source.random.random() < 0.5,
    "email": lambda question, options, source: "ufficio@example.org",
    "phone": lambda question, options, source: "06 0000 0000",
    "url": lambda question, options, source: "https://www.example.org",
    "contact": _contact,
    "person": _person,
    "municipality": lambda question, options, source: source.random.choice(list(source.municipalities)),
    "entity": lambda question, options, source: source.random.choice(list(source.municipalities)),
    "municipalities": _places,
    "place": _place,
    "amounts": _amounts,
    "rating": _rating,
}
