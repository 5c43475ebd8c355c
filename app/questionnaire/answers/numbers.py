"""Numbers: integer, decimal, money, and amounts by source, in Italian writing.

For: reading "1.234,50" and its relatives into canonical numbers, and writing them back. Not for: units.

How a number is read. A comma is the decimal sign and dots part the thousands; where both stand, the last one is the decimal
sign, so that the English "1,234.50" is understood too. Thousands may also be parted by spaces or apostrophes.
What could be read in two ways: "1.234" is one thousand two hundred and thirty-four, as every Italian reads it; "1.5", "0.123"
and "12.50" cannot be thousands, so the dot is the decimal sign; "1,234" is asked again, unless three decimals are allowed,
because a spreadsheet may have written it in the English way.
What always holds: at most twelve digits before the decimal sign and four after, so that a double holds the number exactly
enough for the conditions.
"""

from __future__ import annotations

import re
from decimal import Decimal as Dec
from typing import Any, Final

from babel.numbers import format_currency, format_decimal

from app.questionnaire.answers.base import (
    AnswerRefused,
    AnswerType,
    Scalar,
    Typed,
    Unreadable,
    Value,
    expect_parts,
    expect_text,
)
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Bound, Question

MAX_DIGITS: Final = 12
MAX_DECIMALS: Final = 4
#: No number is written longer; the bound keeps the patterns below quick whatever is typed.
MAX_TYPED: Final = 60

_CURRENCY: Final = re.compile(r"^(?:€|eur\b|euro\b)\s*|\s*(?:€|\beur|\beuro)$", re.IGNORECASE)
_SPACED: Final = re.compile("^[0-9]{1,3}(?:[ '’\u00a0\u2009\u202f][0-9]{3})+(?![0-9])")
_BODY: Final = re.compile(r"[0-9.,]*[0-9]")
_GROUPS: Final = {sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+") for sign in ".,"}
_CANONICAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,4})?")

NOT_A_NUMBER: Final = N_("Inserisci un numero, per esempio 1.250.")
NOT_AN_AMOUNT: Final = N_("Inserisci un importo in euro, per esempio 1.250,00.")
AMBIGUOUS: Final = N_(
    "«%(typed)s» si può leggere in due modi: usa il punto per le migliaia (1.250) e la virgola per i decimali (1,25)."
)


def italian(number: Bound) -> str:
    """Write a number in the Italian way: 1234.5 → "1.234,5"."""
    plain = format(Dec(str(number)), ",f")
    return plain.translate({ord(","): ".", ord("."): ","})


def _parted(body: str, typed: str, decimals: int) -> tuple[str, str]:
    """Cut digits with signs into (digits before, digits after) the decimal sign; see the module for the rules."""
    dots, commas = body.count("."), body.count(",")
    if dots and commas:
        sign = "," if body.rindex(",") > body.rindex(".") else "."
        other = "." if sign == "," else ","
        whole, _sign, rest = body.rpartition(sign)
        if body.count(sign) > 1 or other in rest or not _GROUPS[other].fullmatch(whole):
            raise Unreadable(NOT_A_NUMBER)
        return whole.replace(other, ""), rest
    sign = "." if dots else ","
    if dots + commas == 0:
        return body, ""
    if dots + commas > 1:
        if not _GROUPS[sign].fullmatch(body):
            raise Unreadable(NOT_A_NUMBER)
        return body.replace(sign, ""), ""
    whole, _sign, rest = body.partition(sign)
    could_be_thousands = len(rest) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0"
    if could_be_thousands and sign == ".":
        return whole + rest, ""
    if could_be_thousands and decimals < 3:
        raise Unreadable(AMBIGUOUS, typed=typed)
    return whole, rest


def read_number(typed: str, decimals: int, msgid: str = NOT_A_NUMBER) -> Dec:
    """Read a number with at most `decimals` decimals from Italian writing; Unreadable says what to write instead."""
    if len(typed.strip()) > MAX_TYPED:
        raise Unreadable(msgid)
    text = _CURRENCY.sub("", typed.strip()).replace("−", "-").replace("–", "-")
    negative, text = text.startswith("-"), text.removeprefix("-").removeprefix("+").lstrip()
    text = _SPACED.sub(lambda match: re.sub("[^0-9]", "", match[0]), text)
    if not _BODY.fullmatch(text):
        raise Unreadable(msgid)
    try:
        whole, rest = _parted(text, typed.strip(), decimals)
    except Unreadable as reason:
        raise (Unreadable(msgid) if reason.msgid == NOT_A_NUMBER else reason) from None
    whole = whole.lstrip("0") or "0"
    if len(rest) > decimals and (decimals or rest.strip("0")):
        if decimals == 0:
            raise Unreadable(N_("Inserisci un numero intero, senza decimali, per esempio 1.250."))
        raise Unreadable(N_("Il numero ha troppi decimali: il massimo è %(decimals)s."), decimals=decimals)
    if len(whole) > MAX_DIGITS:
        raise Unreadable(N_("Il numero è troppo grande: controlla le cifre."))
    number = Dec(f"{whole}.{rest[:decimals] or '0'}")
    return -number if negative and number else number


def canonical(number: Dec, decimals: int, fixed: bool) -> str:
    """Write a number as the document holds it: "1234.50" with `fixed` decimals, "1234.5" without."""
    text = f"{number:.{decimals}f}"
    return text if fixed or "." not in text else text.rstrip("0").rstrip(".")


TOO_SMALL: Final = N_("Il numero è troppo piccolo: il minimo è %(limit)s.")
TOO_GREAT: Final = N_("Il numero è troppo grande: il massimo è %(limit)s.")


def out_of_range(question: Question, number: Dec) -> tuple[str, str] | None:
    """Give (message, limit in Italian writing) if a number is smaller than `min` or greater than `max`."""
    if question.min is not None and number < Dec(str(question.min)):
        return TOO_SMALL, italian(question.min)
    if question.max is not None and number > Dec(str(question.max)):
        return TOO_GREAT, italian(question.max)
    return None


class Integer(AnswerType):
    """A whole number: int, of at most twelve digits. `min`, `max`: the number's range."""

    name = "integer"
    kind = "number"
    takes = frozenset({"min", "max", "message", "publish_min"})
    missing = NOT_A_NUMBER

    def read(self, question: Question, typed: Typed) -> Value | None:
        return int(read_number(" ".join(typed[""]), 0))

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": [italian(value)]}

    def admit(self, question: Question, value: object) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**MAX_DIGITS:
            raise AnswerRefused("an integer of at most 12 digits is expected")
        return value

    def judge(self, question: Question, value: Any) -> list[Problem]:
        wrong = out_of_range(question, Dec(value))
        return [self.breach(question, wrong[0], limit=wrong[1])] if wrong else []

    def meaning(self, value: Any) -> ConditionValue:
        return float(value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return format_decimal(value, locale=speech.locale)


class Decimal(AnswerType):
    """A number with decimals: canonical str such as "-12.5". `decimals`: how many at most (2 unless told, 4 at most)."""

    name = "decimal"
    kind = "number"
    takes = frozenset({"min", "max", "decimals", "message", "publish_min"})
    missing = NOT_A_NUMBER
    fixed = False
    not_readable = NOT_A_NUMBER

    def decimals(self, question: Question) -> int:
        return 2 if question.decimals is None else question.decimals

    def read(self, question: Question, typed: Typed) -> Value | None:
        decimals = self.decimals(question)
        return canonical(read_number(" ".join(typed[""]), decimals, self.not_readable), decimals, self.fixed)

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {"": [italian(value)]}

    def admit(self, question: Question, value: object) -> Value | None:
        return admit_number(value, self.decimals(question), self.fixed)

    def judge(self, question: Question, value: Any) -> list[Problem]:
        wrong = out_of_range(question, Dec(value))
        return [self.breach(question, wrong[0], limit=wrong[1])] if wrong else []

    def meaning(self, value: Any) -> ConditionValue:
        return float(value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return format_decimal(Dec(value), format="#,##0.####", locale=speech.locale)

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {"": None if value is None else float(value)}


class Money(Decimal):
    """An amount in euros: canonical str with two decimals, "1234.50". "€" and "euro" may be typed with it."""

    name = "money"
    takes = frozenset({"min", "max", "message"})
    missing = NOT_AN_AMOUNT
    fixed = True
    not_readable = NOT_AN_AMOUNT

    def decimals(self, question: Question) -> int:
        return 2

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return format_currency(Dec(value), "EUR", locale=speech.locale)


class Amounts(AnswerType):
    """Amounts in euros by source: {"amounts": {"<option>": "10.00"}}, an option the fewer if blank; conditions see the sum."""

    name = "amounts"
    kind = "number"
    takes = frozenset({"options", "options_like", "min", "max", "message"})
    missing = N_("Inserisci almeno un importo in euro, per esempio 1.250,00.")

    def parts(self, question: Question) -> tuple[str, ...]:
        return tuple(option.code for option in question.options)

    def read(self, question: Question, typed: Typed) -> Value | None:
        amounts = {}
        for source, texts in typed.items():
            try:
                amounts[source] = canonical(read_number(" ".join(texts), 2, NOT_AN_AMOUNT), 2, fixed=True)
            except Unreadable as reason:
                raise Unreadable(reason.msgid, source, **reason.params) from None
        return {"amounts": amounts}

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {source: [italian(amount)] for source, amount in value["amounts"].items()}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(expect_parts(value, ("amounts",)).get("amounts"), self.parts(question))
        amounts = {source: admit_number(given[source], 2, fixed=True) for source in self.parts(question) if source in given}
        return {"amounts": amounts} if amounts else None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        found = ((source, out_of_range(question, Dec(amount))) for source, amount in value["amounts"].items())
        return [self.breach(question, wrong[0], source, limit=wrong[1]) for source, wrong in found if wrong]

    def meaning(self, value: Any) -> ConditionValue:
        return float(sum(map(Dec, value["amounts"].values())))

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        amounts = value["amounts"]
        return "\n".join(
            f"{option.label}: {format_currency(Dec(amounts[option.code]), 'EUR', locale=speech.locale)}"
            for option in question.options
            if option.code in amounts
        )

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        amounts = {} if value is None else value["amounts"]
        return {source: float(amounts[source]) if source in amounts else None for source in self.parts(question)}


def admit_number(value: object, decimals: int, fixed: bool) -> str:
    """Take a canonical number ("1234.5") from a client; AnswerRefused if it is none or has too many decimals."""
    text = expect_text(value)
    if not _CANONICAL.fullmatch(text) or len(text.partition(".")[2].rstrip("0")) > decimals:
        raise AnswerRefused(f'a number such as "1234.5" with at most {decimals} decimals is expected')
    number = Dec(text)
    return canonical(number if number else Dec(0), decimals, fixed)
