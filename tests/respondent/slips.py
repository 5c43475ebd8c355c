"""Wrong input: what people type by mistake, what must then stand beside the question, and what is kept of it.

Not for: answers that are right (`writing.py`).
Holds always: nothing that was typed is lost: it stands in the document, as typed or as a value that is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.respondent.reference import OTHER, Question
from tests.respondent.writing import Hand, Written
from tests.served import Fields


def slip(question: Question, hand: Hand) -> Written | None:
    """A wrong answer to a question, None where none can be typed into its form."""
    drawn = [found for way in SLIPS.get(question.type, ()) if (found := way(question, hand)) is not None]
    return hand.random.choice(drawn) if drawn else None


def _raw(typed: Fields, wrong: str, fault: str = "") -> Written:
    """Typed but not understood. `shown`: what was typed, as the check page repeats it."""
    shown = ", ".join(text for part, texts in typed.items() if part != "na" for text in texts)
    return Written(typed, {"raw": typed}, shown, typed, wrong, frozenset({fault}))


def _kept(typed: Fields, value: Any, shown: str, wrong: str, fault: str = "") -> Written:
    """Understood but not right."""
    return Written(typed, value, shown, typed, wrong, frozenset({fault}))


def _letters(question: Question, hand: Hand) -> Written:
    return _raw({"": [f"circa mille {hand.mark}"]}, "Inserisci un")


def _half_person(question: Question, hand: Hand) -> Written:
    return _raw({"": ["12,5"]}, "numero intero")


def _less_than_none(question: Question, hand: Hand) -> Written:
    return _kept({"": ["-5"]}, -5, "-5", "troppo piccolo")


def _both(question: Question, hand: Hand) -> Written | None:
    return _raw({"": ["120"], "na": ["1"]}, "lascia solo una delle due") if question.na_label else None


def _two_readings(question: Question, hand: Hand) -> Written:
    return _raw({"": ["1,234"]}, "due modi")


def _too_precise(question: Question, hand: Hand) -> Written:
    return _raw({"": ["1.234,567"]}, "troppi decimali")


def _too_long(question: Question, hand: Hand) -> Written | None:
    if not question.max:
        return None
    said = f"{hand.mark} {'a' * question.max}"
    return _kept({"": [said]}, said, said, "caratteri")


def _excluding(question: Question, hand: Hand) -> Written | None:
    alone = next((code for code in hand.options if code in question.exclusive), None)
    if alone is None:
        return None
    another = hand.random.choice([code for code in hand.options if code not in question.exclusive and code != OTHER])
    codes = [code for code in hand.options if code in {alone, another}]
    shown = "\n".join(hand.options[code] for code in codes)
    return _kept({"": codes, **_no_text(hand)}, {"codes": codes}, shown, "esclude le altre risposte")


def _unspecified(question: Question, hand: Hand) -> Written | None:
    if OTHER not in hand.options:
        return None
    return _kept(
        {"": [OTHER], **_no_text(hand)}, {"codes": [OTHER]}, hand.options[OTHER], "scrivi di che cosa si tratta", "text"
    )


def _no_text(hand: Hand) -> Fields:
    return {"text": [""]} if OTHER in hand.options else {}


def _no_such_day(question: Question, hand: Hand) -> Written:
    return _raw({"from": ["31/02/2025"]}, "non esiste", "from")


def _short_year(question: Question, hand: Hand) -> Written:
    return _raw({"from": ["2024"], "to": ["3/25"]}, "quattro cifre", "to")


def _vague(question: Question, hand: Hand) -> Written:
    return _raw({"from": [f"un po' di tempo fa {hand.mark}"]}, "Inserisci una data", "from")


def _backwards(question: Question, hand: Hand) -> Written:
    typed = {"from": ["05/2025"], "to": ["2024"]}
    value = {"from": "2025-05", "to": "2024"}
    return _kept(typed, value, "Avvio: maggio 2025\nConclusione: 2024", "prima dell'avvio", "to")


def _half_a_point(question: Question, hand: Hand) -> Written:
    said = f"via Milano 3 {hand.mark}"
    typed = {"address": [said], "latitude": ["45,0703"]}
    return _kept(typed, {"address": said, "latitude": "45.0703"}, said, "tutte e due le coordinate", "longitude")


def _exchanged(question: Question, hand: Hand) -> Written:
    said = f"via Torino 4 {hand.mark}"
    typed = {"address": [said], "latitude": ["7,6869"], "longitude": ["45,0703"]}
    value = {"address": said, "latitude": "7.6869", "longitude": "45.0703"}
    return _kept(typed, value, f"{said}\n7.6869, 45.0703", "fuori dall'Italia", "latitude")


def _not_degrees(question: Question, hand: Hand) -> Written:
    return _raw({"latitude": [f"a nord {hand.mark}"]}, "latitudine in gradi", "latitude")


def _broken_email(question: Question, hand: Hand) -> Written:
    return _kept({"email": ["ufficio@comune"]}, {"email": "ufficio@comune"}, "ufficio@comune", "indirizzo e-mail", "email")


def _two_emails(question: Question, hand: Hand) -> Written:
    said = "a@esempio.it, b@esempio.it"
    return _kept({"email": [said]}, {"email": said}, said, "un solo indirizzo", "email")


def _short_phone(question: Question, hand: Hand) -> Written:
    return _kept({"phone": ["12"]}, {"phone": "12"}, "12", "numero di telefono", "phone")


def _site_alone(question: Question, hand: Hand) -> Written:
    said = "www.esempio.it"
    return _kept({"url": [said]}, {"url": said}, said, "e-mail o un numero di telefono", "email")


def _nameless(question: Question, hand: Hand) -> Written:
    parts = {"office": f"Ufficio {hand.mark}", "email": "ufficio@comune.esempio.it"}
    typed = {"name": [""], "phone": [""], **{part: [said] for part, said in parts.items()}}
    return _kept(typed, parts, "\n".join(parts.values()), "Scrivi nome e cognome", "name")


SLIPS: dict[str, tuple[Callable[[Question, Hand], Written | None], ...]] = {
    "integer": (_letters, _half_person, _less_than_none, _both),
    "money": (_letters, _two_readings, _too_precise, _both),
    "text": (_too_long,),
    "textarea": (_too_long, _both),
    "multi": (_excluding, _unspecified),
    "period": (_no_such_day, _short_year, _vague, _backwards),
    "place": (_half_a_point, _exchanged, _not_degrees),
    "contact": (_broken_email, _two_emails, _short_phone, _site_alone),
    "person": (_nameless,),
}
