"""Municipalities and other entities by registry code, and places.

For: keeping codes and coordinates. Not for: knowing which codes exist: this room has no registry; the surface offers codes
by search and names them through `Speech.place_name`.
What always holds: a code is text ("001001"); coordinates are decimal degrees (WGS 84) with a dot, at most six decimals.
"""

from __future__ import annotations

import re
from decimal import Decimal as Dec
from typing import Any, Final

from app.questionnaire.answers.base import (
    AnswerRefused,
    AnswerType,
    Scalar,
    Typed,
    Unreadable,
    Value,
    expect_parts,
    expect_text,
    tidy,
)
from app.questionnaire.answers.numbers import canonical
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Question

ADDRESS_LIMIT: Final = 300
MAX_MUNICIPALITIES: Final = 1000
#: A box around Italy, in degrees, with a margin: what lies outside is a slip, most often latitude and longitude exchanged.
ITALY: Final = {"latitude": (Dec(35), Dec("47.5")), "longitude": (Dec(6), Dec(19))}
COORDINATE_DECIMALS: Final = 6

#: ISTAT: three digits of the province and three of the municipality.
_MUNICIPALITY: Final = re.compile("[0-9]{6}")
_ENTITY: Final = re.compile("[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")
_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20})?")
_CANONICAL_DEGREES: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,6})?")
_PAIR: Final = re.compile(r"([+-]?[0-9]{1,3}\.[0-9]+)\s*[,; ]\s*([+-]?[0-9]{1,3}\.[0-9]+)")

NEEDS: Final[dict[tuple[str, ...], str]] = {
    ("address",): N_("Scrivi l'indirizzo."),
    ("address", "reserved"): N_("Scrivi l'indirizzo, oppure indica che la sede è riservata."),
    ("latitude",): N_("Inserisci le coordinate."),
}


class Municipality(AnswerType):
    """A municipality: its ISTAT code, "001001"."""

    name = "municipality"
    kind = "text"
    missing = N_("Cerca il Comune per nome e scegline uno.")
    na_wins = True
    code = _MUNICIPALITY
    unknown = N_("Cerca il Comune per nome e scegline uno fra quelli trovati.")

    def read(self, question: Question, typed: Typed) -> Value | None:
        code = typed[""][0].strip()
        if not self.code.fullmatch(code):
            raise Unreadable(self.unknown)
        return code

    def admit(self, question: Question, value: object) -> Value | None:
        if not self.code.fullmatch(expect_text(value)):
            raise AnswerRefused("a code of the registry is expected")
        return str(value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return speech.place_name(value)


class Entity(Municipality):
    """An entity of the registry, of any kind: its code."""

    name = "entity"
    missing = N_("Cerca l'ente per nome e scegline uno.")
    code = _ENTITY
    unknown = N_("Cerca l'ente per nome e scegline uno fra quelli trovati.")


class Municipalities(AnswerType):
    """Municipalities: ISTAT codes without repetition, in the order in which they were chosen. `min`, `max`: how many."""

    name = "municipalities"
    kind = "list"
    takes = frozenset({"min", "max", "message"})
    missing = N_("Cerca i Comuni per nome e scegline almeno uno.")

    def read(self, question: Question, typed: Typed) -> Value | None:
        codes = list(dict.fromkeys(code.strip() for code in typed[""]))
        if not all(map(_MUNICIPALITY.fullmatch, codes)):
            raise Unreadable(Municipality.unknown)
        if len(codes) > MAX_MUNICIPALITIES:
            raise Unreadable(N_("Hai scelto troppi Comuni: il massimo è %(max)s."), max=str(MAX_MUNICIPALITIES))
        return codes

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": list(value)}

    def admit(self, question: Question, value: object) -> Value | None:
        if not isinstance(value, list) or len(value) > MAX_MUNICIPALITIES:
            raise AnswerRefused(f"a list of at most {MAX_MUNICIPALITIES} codes is expected")
        if not all(_MUNICIPALITY.fullmatch(expect_text(code)) for code in value) or len(set(value)) != len(value):
            raise AnswerRefused("different codes of municipalities are expected")
        return list(value) or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        most = MAX_MUNICIPALITIES if question.max is None else question.max
        if len(value) > float(most):
            return [self.breach(question, N_("Hai scelto troppi Comuni: il massimo è %(max)s."), max=str(most))]
        if question.min is not None and len(value) < float(question.min):
            return [self.breach(question, N_("Hai scelto pochi Comuni: il minimo è %(min)s."), min=str(question.min))]
        return []

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return ", ".join(map(speech.place_name, value))

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {"": None if value is None else " ".join(value)}


def read_degrees(typed: str, axis: str) -> str:
    """Read a coordinate in decimal degrees, with a dot or a comma, to at most six decimals (a tenth of a metre)."""
    text = tidy(typed).replace("−", "-").removesuffix("°").rstrip()
    if not _DEGREES.fullmatch(text):
        if axis == "latitude":
            raise Unreadable(N_("Inserisci la latitudine in gradi decimali, per esempio 45,0703."), axis)
        raise Unreadable(N_("Inserisci la longitudine in gradi decimali, per esempio 7,6869."), axis)
    return canonical(round(Dec(text.replace(",", ".")), COORDINATE_DECIMALS) + 0, COORDINATE_DECIMALS, fixed=False)


class Place(AnswerType):
    """A place: {"address", "latitude": "45.1", "longitude": "7.2", "reserved": true}, each optional.

    "reserved" exists where the question is `reservable`: then only the municipality is ever shown. A pair of coordinates
    pasted into the first box is read as both. Conditions see the list of the parts given.
    """

    name = "place"
    kind = "list"
    takes = frozenset({"reservable", "needs"})
    missing = N_("Scrivi l'indirizzo.")

    def parts(self, question: Question) -> tuple[str, ...]:
        return ("address", "latitude", "longitude", *(("reserved",) if question.reservable else ()))

    def read(self, question: Question, typed: Typed) -> Value | None:
        place: dict[str, Any] = {}
        if "address" in typed and (address := tidy(" ".join(typed["address"]))):
            place["address"] = address
        degrees = {axis: tidy(" ".join(typed[axis])) for axis in ITALY if axis in typed}
        pair = _PAIR.fullmatch(degrees.get("latitude", ""))
        if pair and "longitude" not in degrees:
            degrees = {"latitude": pair[1], "longitude": pair[2]}
        place |= {axis: read_degrees(text, axis) for axis, text in degrees.items()}
        if "reserved" in typed:
            place["reserved"] = True
        return place or None

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        fields = {"address": [value["address"]]} if "address" in value else {}
        fields |= {axis: [value[axis].replace(".", ",")] for axis in ITALY if axis in value}
        return {**fields, **({"reserved": ["1"]} if value.get("reserved") else {})}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, self.parts(question))
        place: dict[str, Any] = {}
        if address := tidy(expect_text(given.get("address", ""), "address")):
            place["address"] = address
        for axis in ITALY:
            if axis in given:
                if not _CANONICAL_DEGREES.fullmatch(expect_text(given[axis], axis)):
                    raise AnswerRefused(f'{axis}: decimal degrees such as "45.0703" are expected')
                place[axis] = read_degrees(given[axis], axis)
        if not isinstance(given.get("reserved", False), bool):
            raise AnswerRefused("reserved: true or false is expected")
        if given.get("reserved"):
            place["reserved"] = True
        return place or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        problems = []
        if len(value.get("address", "")) > ADDRESS_LIMIT:
            msgid = N_("L'indirizzo è troppo lungo: accorcialo ad al massimo %(max)s caratteri.")
            problems.append(self.problem(question, msgid, "address", max=ADDRESS_LIMIT))
        for axis, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if axis in value and other not in value:
                problems.append(self.problem(question, N_("Inserisci tutte e due le coordinate, oppure nessuna."), other))
        outside = [axis for axis, (least, most) in ITALY.items() if axis in value and not least <= Dec(value[axis]) <= most]
        if outside:
            msgid = N_("Le coordinate sono fuori dall'Italia: controlla che latitudine e longitudine non siano scambiate.")
            problems.append(self.problem(question, msgid, outside[0]))
        for group in question.needs:
            if not any(part in value for part in group):
                problems.append(self.problem(question, NEEDS[group], group[0]))
        return problems

    def meaning(self, value: Any) -> ConditionValue:
        return list(value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        lines = [value["address"]] if "address" in value else []
        if "latitude" in value and "longitude" in value:
            lines.append(f"{value['latitude']}, {value['longitude']}")
        if value.get("reserved"):
            lines.append(speech.translate(N_("Sede riservata: si mostra solo il Comune")))
        return "\n".join(lines)

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        place = value or {}
        columns: dict[str, Scalar] = {"address": place.get("address")}
        columns |= {axis: float(place[axis]) if axis in place else None for axis in ITALY}
        if question.reservable:
            columns["reserved"] = None if value is None else int(place.get("reserved", False))
        return columns
