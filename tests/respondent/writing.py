"""What somebody types into a question, and what must become of it: stored, read, and shown again in the form.

Not for: wrong input (`slips.py`) and answers that are searched for (`places.py`).
Holds always: the value is drawn first and then written in one of the ways in which people write it, so that the expected
value never comes from reading the writing; each free text carries the mark of its writer.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from tests.respondent.reference import OTHER, OTHER_LABEL, Question
from tests.served import Fields

MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
    "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip
PHRASES = (
    "Sportello di ascolto & orientamento",
    "Spazio gioco «Il Nido d’Oro»",
    "Café dei papà, ogni giovedì",
    "Riduzione delle rette <b>anche</b> per i nonni",
    'Laboratorio "Leggere insieme" 100% gratuito',
    "Mutuo aiuto tra famiglie – Bürgerhilfe, sosed ščiti",
    "Trasporto a piedi: il pedibus 🚸",
)


@dataclass(frozen=True)
class Written:
    """An answer. `typed`: sub-field → texts, "" the answer's own; `value`: as stored, None where nothing is; `shown`: to read.

    `again`: what the form shows at the next visit; `wrong`: part of the message beside the question, "" where all is well;
    `fault`: the sub-fields marked as wrong.
    """

    typed: Fields
    value: Any
    shown: str
    again: Fields
    wrong: str = ""
    fault: frozenset[str] = frozenset()

    def named(self, code: str) -> Fields:
        """What is typed, by the names of the form's controls."""
        return {f"{code}.{part}" if part else code: texts for part, texts in self.typed.items()}

    @property
    def meaning(self) -> Any:
        """What the rules of the path see of it."""
        if self.wrong or not isinstance(self.value, dict):
            return None
        return self.value.get("code", self.value.get("codes"))


BLANK = Written({}, None, "", {})


@dataclass(frozen=True)
class Hand:
    """Who writes. `mark` stands in every free text; `options` are those that hold for the question now."""

    random: Random
    mark: str
    options: Mapping[str, str]

    def phrase(self) -> str:
        """A text of its own."""
        return f"{self.random.choice(PHRASES)} {self.mark}"


def write(question: Question, hand: Hand) -> Written:
    """Draw an answer to a question whose type needs no search."""
    if question.na_label and hand.random.random() < 0.15:
        return not_available(question)
    return WRITERS[question.type](question, hand)


def not_available(question: Question) -> Written:
    """ "n.d.", which is an answer of its own."""
    return Written({"na": ["1"]}, {"na": True}, question.na_label, {"na": ["1"]})


def _same(typed: Fields, value: Any, shown: str) -> Written:
    return Written(typed, value, shown, typed)


def text(question: Question, hand: Hand) -> Written:
    said = hand.phrase()
    ways = (said, f"  {said} ", said.replace(" ", "  ", 1), unicodedata.normalize("NFD", said), f"{said}\x07")
    return Written({"": [hand.random.choice(ways)]}, said, said, {"": [said]})


def textarea(question: Question, hand: Hand) -> Written:
    lines = [hand.phrase() for _ in range(hand.random.randint(1, 3))]
    said = "\n".join([*lines[:1], "", *lines[1:]] if len(lines) > 1 else lines)
    typed = hand.random.choice((said.replace("\n", "\r\n"), f"\r\n{said}  \r\n", said.replace("\n", " \n")))
    return Written({"": [typed]}, said, said, {"": [said]})


def single(question: Question, hand: Hand) -> Written:
    code = hand.random.choice(list(hand.options))
    return chosen_single(hand.options, code)


def chosen_single(options: Mapping[str, str], code: str) -> Written:
    """The choice of one option that asks no text."""
    return _same({"": [code]}, {"code": code}, options[code])


def multi(question: Question, hand: Hand) -> Written:
    alone = [code for code in hand.options if code in question.exclusive]
    ordinary = [code for code in hand.options if code not in question.exclusive]
    if alone and hand.random.random() < 0.15:
        return chosen_multi(hand.options, {hand.random.choice(alone)}, "")
    codes = set(hand.random.sample(ordinary, hand.random.randint(1, min(4, len(ordinary)))))
    return chosen_multi(hand.options, codes, hand.phrase() if OTHER in codes else "", ticked=hand.random.random() < 0.7)


def chosen_multi(options: Mapping[str, str], codes: set[str], other: str, *, ticked: bool = True) -> Written:
    """The choice of several. `other`: the text beside "Altro", which chooses it even where it is not `ticked`."""
    ordered = [code for code in options if code in codes]
    shown = "\n".join(f"{OTHER_LABEL}: {other}" if code == OTHER else options[code] for code in ordered)
    asks_text = {"text": [other]} if OTHER in options else {}
    pressed = [code for code in ordered if ticked or code != OTHER]
    value = {"codes": ordered, **({"text": other} if other else {})}
    return Written({"": pressed, **asks_text}, value, shown, {"": ordered, **asks_text})


def integer(question: Question, hand: Hand) -> Written:
    number = hand.random.choice((0, hand.random.randint(1, 999), hand.random.randint(1_000, 99_999)))
    italian = grouped(number, ".")
    typed = hand.random.choice((italian, str(number), grouped(number, " "), f"{number},0", f" {italian} "))
    return Written({"": [typed]}, number, italian, {"": [italian]})


def money(question: Question, hand: Hand) -> Written:
    cents = hand.random.choice((hand.random.randint(0, 99_999), hand.random.randint(100_000, 99_999_999)))
    stored = f"{cents // 100}.{cents % 100:02}"
    italian = f"{grouped(cents // 100, '.')},{cents % 100:02}"
    plain = f"{cents // 100},{cents % 100:02}"
    english = f"{grouped(cents // 100, ',')}.{cents % 100:02}"
    typed = hand.random.choice((italian, plain, english, f"€ {italian}", f"{italian} euro", stored))
    return Written({"": [typed]}, stored, f"{italian}\xa0€", {"": [italian]})


def grouped(number: int, sign: str) -> str:
    """Whole digits in groups of three."""
    return f"{number:,}".replace(",", sign)


def period(question: Question, hand: Hand) -> Written:
    begin = dt.date(hand.random.randint(2015, 2024), hand.random.randint(1, 12), hand.random.randint(1, 28))
    end = begin + dt.timedelta(days=hand.random.randint(400, 1_200))
    parts: dict[str, tuple[str, str, str, str]] = {}
    if hand.random.random() < 0.8:
        parts["from"] = _moment(begin, hand.random)
    if not parts or hand.random.random() < 0.5:
        parts["to"] = _moment(end, hand.random)
    typed = {part: [ways[0]] for part, ways in parts.items()}
    value = {part: ways[1] for part, ways in parts.items()}
    shown = [f"{'Avvio' if part == 'from' else 'Conclusione'}: {ways[2]}" for part, ways in parts.items()]
    again = {part: [ways[3]] for part, ways in parts.items()}
    if hand.random.random() < 0.7:
        state = hand.random.choice(list(hand.options))
        typed["state"], value["state"], again["state"] = [state], state, [state]
        shown.append(hand.options[state])
    return Written(typed, value, "\n".join(shown), again)


def _moment(day: dt.date, random: Random) -> tuple[str, str, str, str]:
    """(typed, stored, shown, shown in the form) of a day, its month or its year."""
    month = MONTHS[day.month - 1]
    precision = random.choice("ymd")
    if precision == "y":
        return (f"{day.year}",) * 4
    if precision == "m":
        typed = random.choice((f"{day.month}/{day.year}", f"{day:%m/%Y}", f"{month} {day.year}", f"{day:%Y-%m}"))
        return typed, f"{day:%Y-%m}", f"{month} {day.year}", f"{day:%m/%Y}"
    words = f"{day.day} {month} {day.year}"
    typed = random.choice((f"{day.day}/{day.month}/{day.year}", f"{day:%d.%m.%Y}", words, f"{day:%Y-%m-%d}"))
    return typed, f"{day:%Y-%m-%d}", words, f"{day:%d/%m/%Y}"


def place(question: Question, hand: Hand) -> Written:
    typed: Fields = {"address": [f"via Roma {hand.random.randint(1, 90)}/b, {hand.phrase()}"]}
    value: dict[str, Any] = {"address": typed["address"][0]}
    again = dict(typed)
    shown = [value["address"]]
    if hand.random.random() < 0.5:
        latitude, longitude = _degrees(hand.random, 37, 46), _degrees(hand.random, 8, 17)
        value |= {"latitude": latitude, "longitude": longitude}
        pasted = hand.random.random() < 0.3
        commas = [latitude.replace(".", ",")], [longitude.replace(".", ",")]
        typed |= {"latitude": [f"{latitude}, {longitude}"]} if pasted else {"latitude": commas[0], "longitude": commas[1]}
        again |= {"latitude": commas[0], "longitude": commas[1]}
        shown.append(f"{latitude}, {longitude}")
    if hand.random.random() < 0.3:
        typed["reserved"], value["reserved"], again["reserved"] = ["1"], True, ["1"]
        shown.append("Sede riservata: si mostra solo il Comune")
    return Written(typed, value, "\n".join(shown), again)


def _degrees(random: Random, least: int, most: int) -> str:
    """Degrees with one to six decimals, the last of them not a zero, and always a dot."""
    decimals = random.randint(1, 6)
    number = Decimal(random.randint(least * 10**decimals, most * 10**decimals) // 10 * 10 + random.randint(1, 9))
    return f"{number / 10**decimals:f}"


def contact(question: Question, hand: Hand) -> Written:
    number = hand.random.randint(10, 99)
    email, phone = f"ufficio.{number}@comune.esempio.it", f"+39 0125 {number}{number}"
    ways = {"email": email, "phone": phone, "url": "www.esempio.it/a?b=c&d"}
    parts = hand.random.choice((("email",), ("phone",), ("email", "phone"), ("email", "phone", "url"), ("phone", "url")))
    return joined({part: ways[part] for part in parts})


def joined(parts: Mapping[str, str]) -> Written:
    """An answer of several boxes that is read as one line each."""
    return _same({part: [said] for part, said in parts.items()}, dict(parts), "\n".join(parts.values()))


def rating(question: Question, hand: Hand) -> Written:
    marks = hand.random.randint(1, 5)
    comment = hand.phrase()
    return _same({"": [str(marks)], "comment": [comment]}, {"rating": marks, "comment": comment}, f"{marks} su 5\n{comment}")


WRITERS: dict[str, Callable[[Question, Hand], Written]] = {
    "text": text,
    "textarea": textarea,
    "single": single,
    "multi": multi,
    "integer": integer,
    "money": money,
    "period": period,
    "place": place,
    "contact": contact,
    "rating": rating,
}
