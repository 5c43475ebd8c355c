"""What people type into forms, at random: a question of each type, words that mean something, and whole pages of fields.

Not for: judging any of it: the program's two readings of it, here and in the browser, are compared with each other.
Holds always: the same seed gives the same fields.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

from app.questionnaire.answers import type_of
from app.questionnaire.loader import load_definition
from app.questionnaire.model import Question, Questionnaire, answer_key
from tests.questionnaire.voices import OPTIONS, ask

Fields = dict[str, list[str]]

PLAIN = OPTIONS[:2]
MARKS: dict[str, list[dict[str, Any]]] = {
    "text": [{}, {"max": 10, "na": True, "na_label": "n.d."}, {"pattern": "[A-Z]{4}"}],
    "textarea": [{}, {"max": 20, "na": True, "na_label": "n.d."}],
    "integer": [{}, {"min": 0, "max": 5000, "na": True, "na_label": "n.d."}],
    "decimal": [{}, {"decimals": 4, "min": -10}, {"decimals": 0}, {"na": True, "na_label": "n.d."}],
    "money": [{}, {"min": 0, "na": True, "na_label": "n.d."}],
    "amounts": [{"options": PLAIN}, {"options": PLAIN, "na": True, "na_label": "n.d.", "min": 0}],
    "date": [{}, {"min": "2025-01-01", "max": "2026-12-31", "na": True, "na_label": "n.d."}],
    "period": [{}, {"options": PLAIN, "na": True, "na_label": "n.d."}],
    "single": [{"options": OPTIONS}, {"options": PLAIN, "na": True, "na_label": "n.d."}],
    "multi": [
        {"options": OPTIONS, "exclusive": frozenset({"none"})},
        {"options": OPTIONS, "na": True, "na_label": "n.d.", "min": 1, "max": 2},
    ],
    "yesno": [{}, {"na": True, "na_label": "n.d."}],
    "email": [{}, {"na": True, "na_label": "n.d."}],
    "phone": [{}],
    "url": [{}],
    "contact": [{}, {"na": True, "na_label": "n.d.", "needs": (("email",), ("phone",))}],
    "person": [{"private": True}, {"private": True, "needs": (("name",), ("office",))}],
    "municipality": [{}, {"na": True, "na_label": "n.d."}],
    "municipalities": [{}, {"na": True, "na_label": "n.d.", "min": 1, "max": 2}],
    "entity": [{}, {"na": True, "na_label": "n.d."}],
    "place": [{}, {"reservable": True, "na": True, "na_label": "n.d.", "needs": (("address", "reserved"),)}],
    "rating": [{}, {"na": True, "na_label": "n.d.", "required": True, "max": 3}],
    "display": [{}],
}
QUESTIONS = [ask(type_, **marks)[1] for type_, rows in MARKS.items() for marks in rows]

WORDS = (
    "own",
    "none",
    "more",
    "yes",
    "no",
    "1",
    "3",
    "5",
    "12",
    "-7",
    "1.250",
    "1.234,50",
    "1,234",
    "12,5",
    "1.5",
    "0,10 €",
    "999999999999,99",
    "31/01/2026",
    "2026-01-31",
    "3/2025",
    "2025",
    "marzo 2025",
    "30/2/2026",
    "001001",
    "001002",
    "c_a074",
    "ufficio@comune.esempio.it",
    "011 1234567",
    "www.comune.esempio.it",
    "45.0703, 7.6869",
    "45,07",
    "7,68",
    "Via Roma 1",
    "è",
    "sì",
    "€ 5",
    "1.234 euro",
    "1 250",
    "- 5",
    "007",
    "5,0000",
    ",5",
    "0.123",
    "999.999.999.999",
    "29/2/2027",
    "0/5/2026",
    "5/00/2026",
    "1° Marzo 2026",
    "31 . 1 . 2026",
    "1899",
    "a..b@comune.it",
    "è@comùne.it",
    "https://comune.it/a?x=1#y",
    "1500 int. 12",
    "011 12345 int. 12",
    "47,5000005",
    "5.9999995",
    "-0,1°",
    "45.0 7.60",
    "ABCD",
    "ab12",
    "x" * 41,
    "👪" * 12,
    "a\u0300 " * 4,
)
NASTY = "aZè0.,:/€ \t\r\n\x00\x85\u0301\u00a0\u2028\u202e\ud800👪'\"-"

#: Words that are likely to be an answer of a type; choices take their own options.
LIKELY: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("integer", "decimal", "money", "amounts"), ("0", "3", "12", "1.250", "12,5", "-7", "0,10 €", "250")),
    **dict.fromkeys(("date", "period"), ("31/01/2026", "3/2025", "2025", "marzo 2025", "1/2/2026")),
    **dict.fromkeys(("municipality", "municipalities"), ("001001", "001002", "048017")),
    "yesno": ("yes", "no"),
    "rating": ("1", "3", "5"),
    "entity": ("c_a074", "001001"),
}
LIKELY_PARTS: Final = {
    "email": "ufficio@comune.esempio.it",
    "phone": "011 1234567",
    "url": "www.comune.esempio.it",
    "latitude": "45,07",
    "longitude": "7,68",
    "name": "Operatore A",
    "na": "1",
}

VARIED: Final = Path(__file__).parents[1] / "fixtures" / "questionnaires" / "varied.yaml"


def varied() -> Questionnaire:
    """A questionnaire with steps, sheets, limits, options and checks of every kind."""
    return load_definition(VARIED.read_text(encoding="utf-8"), VARIED.name)


class Typist:
    """Fills in forms: mostly with what makes sense, at times with anything."""

    def __init__(self, chance: random.Random, sense: float) -> None:
        self.chance = chance
        self.sense = sense

    def text(self) -> str:
        word = self.chance.choice(WORDS)
        kind = self.chance.random()
        if kind < 0.2:
            return "".join(self.chance.choices(NASTY, k=self.chance.randrange(30)))
        return f"  {word}\r\n" if kind < 0.3 else word

    def likely(self, question: Question, subfield: str) -> list[str]:
        codes = [option.code for option in question.options]
        if codes and (not subfield or subfield == "state"):
            return self.chance.sample(codes, self.chance.choice((1, 1, 2)) if question.type == "multi" else 1)
        word = LIKELY_PARTS.get(subfield) or self.chance.choice(LIKELY.get(question.type, WORDS))
        return [word]

    def fields(self, question: Question) -> Fields:
        """The fields of one question."""
        subfields = type_of(question).subfields(question)
        if self.chance.random() < self.sense:
            if "na" in subfields and self.chance.random() < 0.1:
                return {"na": ["1"]}
            return {
                sub: self.likely(question, sub)
                for sub in subfields
                if sub not in ("na", "text") and self.chance.random() < 0.95
            }
        names = [name for name in (*subfields, "search", "na") if self.chance.random() < 0.5]
        pick = (lambda name: [self.text()], lambda name: [*self.likely(question, name), self.text()], lambda name: [])
        return {name: self.chance.choice(pick)(name) for name in names}

    def document(self, questionnaire: Questionnaire) -> tuple[dict[str, Fields], dict[str, list[str]]]:
        """(fields by answer key, item ids by step): some questions are left alone, some steps off the path are filled in."""
        fields: dict[str, Fields] = {}
        items: dict[str, list[str]] = {}
        for step in questionnaire.steps:
            if step.repeat:
                items[step.code] = [f"{step.code.lower()}-{n}" for n in range(self.chance.randrange(4))]
            for item in items[step.code] if step.repeat else [None]:
                for question in step.questions:
                    if self.chance.random() < 0.85:
                        fields[answer_key(question.code, item)] = self.fields(question)
        return fields, items


def any_fields(seed: int, count: int) -> list[tuple[Question, Fields]]:
    """So many questions of every type with what may have been typed."""
    typist = Typist(random.Random(seed), 0.3)
    return [(question, typist.fields(question)) for question in typist.chance.choices(QUESTIONS, k=count)]
