"""E-mail, telephone, web address, and the two answers made of them: contact and person.

For: keeping addresses as typed and saying what is wrong with them. Not for: proving that somebody reads them.
What always holds: a value is kept even when it has a wrong form (then `check` says so, and conditions do not see it);
a web address is never anything but http or https.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final

from app.questionnaire.answers.base import AnswerType, Scalar, Typed, Value, expect_parts, expect_text, tidy
from app.questionnaire.conditions import ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Question

# The local part as RFC 5322's dot-atom (with letters of any script, RFC 6531), the domain of at least two labels.
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL: Final = re.compile(rf"[\w!#$%&'*+/=?^`{{|}}~-]+(?:\.[\w!#$%&'*+/=?^`{{|}}~-]+)*@(?:{_LABEL}\.)+[^\W\d_]{{2,63}}")
_SEVERAL: Final = re.compile(r"@.*[\s,;/].*@")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]+(?:\s?(?:int|interno)\.?\s?[0-9]{1,5})?", re.IGNORECASE)
_URL: Final = re.compile(rf"(?:https?://)?(?:{_LABEL}\.)+[^\W\d_]{{2,63}}(?::[0-9]{{1,5}})?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)

LONGEST: Final = {"email": 254, "phone": 40, "url": 500, "name": 150, "office": 200}
TOO_LONG: Final = N_("Il testo è troppo lungo: accorcialo ad al massimo %(max)s caratteri.")

#: What to do when, of a group of parts, none is given.
NEEDS: Final[dict[tuple[str, ...], str]] = {
    ("name",): N_("Scrivi nome e cognome."),
    ("office",): N_("Scrivi l'ufficio."),
    ("email",): N_("Inserisci l'indirizzo e-mail."),
    ("phone",): N_("Inserisci il numero di telefono."),
    ("url",): N_("Inserisci l'indirizzo del sito."),
    ("email", "phone"): N_("Inserisci un indirizzo e-mail o un numero di telefono."),
    ("email", "phone", "url"): N_("Inserisci un indirizzo e-mail, un numero di telefono o un sito."),
}


def email_fault(text: str) -> str | None:
    """Say what to do about an e-mail address, None if its form is right."""
    if _EMAIL.fullmatch(text) and len(text.partition("@")[0]) <= 64:
        return None
    if _SEVERAL.search(text):
        return N_("Inserisci un solo indirizzo e-mail.")
    return N_("Inserisci un indirizzo e-mail, per esempio ufficio@comune.esempio.it.")


def phone_fault(text: str) -> str | None:
    """Say what to do about a telephone number, None if its form is right: 5 to 15 digits (ITU-T E.164), "+" in front."""
    digits = sum(character.isdigit() for character in re.split("int", text, flags=re.IGNORECASE)[0])
    if _PHONE.fullmatch(text) and 5 <= digits <= 15:
        return None
    return N_("Inserisci un solo numero di telefono, per esempio 011 1234567.")


def url_fault(text: str) -> str | None:
    """Say what to do about a web address, None if its form is right; "https://" may lack."""
    return None if _URL.fullmatch(text) else N_("Inserisci l'indirizzo di un sito, per esempio https://www.comune.esempio.it.")


FAULTS: Final[dict[str, Callable[[str], str | None]]] = {"email": email_fault, "phone": phone_fault, "url": url_fault}


def full_url(text: str) -> str:
    """Give a web address with its scheme: "www.comune.esempio.it" → "https://www.comune.esempio.it"."""
    return text if re.match("https?://", text, re.IGNORECASE) else f"https://{text}"


def part_fault(part: str, text: str) -> tuple[str, dict[str, int]] | None:
    """Give (message, parameters) if a part is too long or has a wrong form."""
    if len(text) > LONGEST[part]:
        return TOO_LONG, {"max": LONGEST[part]}
    fault = FAULTS[part](text) if part in FAULTS else None
    return (fault, {}) if fault else None


class _Address(AnswerType):
    """One address of one line: str, as typed."""

    kind = "text"
    takes = frozenset({"message"})

    def read(self, question: Question, typed: Typed) -> Value | None:
        return tidy(" ".join(typed[""])) or None

    def admit(self, question: Question, value: object) -> Value | None:
        return tidy(expect_text(value)) or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        fault = part_fault(self.name, value)
        return [self.breach(question, fault[0], "", **fault[1])] if fault else []


class Email(_Address):
    """An e-mail address: str."""

    name = "email"
    missing = NEEDS["email",]


class Phone(_Address):
    """A telephone number: str, as typed."""

    name = "phone"
    missing = NEEDS["phone",]


class Url(_Address):
    """A web address, http or https: str, as typed; exported with its scheme."""

    name = "url"
    missing = NEEDS["url",]

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        return {"": None if value is None else full_url(value)}


class Contact(AnswerType):
    """How to reach an office: {"email", "phone", "url"}, each optional; `needs` says which ones must be given.

    Conditions see the list of the parts given: `'email' in P15`.
    """

    name = "contact"
    kind = "list"
    takes = frozenset({"needs"})
    missing = NEEDS["email", "phone"]
    names: ClassVar[tuple[str, ...]] = ("email", "phone", "url")
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("email", "phone"),)

    def parts(self, question: Question) -> tuple[str, ...]:
        return self.names

    def read(self, question: Question, typed: Typed) -> Value | None:
        given = {part: tidy(" ".join(typed[part])) for part in self.names if part in typed}
        return {part: text for part, text in given.items() if text} or None

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        return {part: [text] for part, text in value.items()}

    def admit(self, question: Question, value: object) -> Value | None:
        given = expect_parts(value, self.names)
        texts = {part: tidy(expect_text(given[part], part)) for part in self.names if part in given}
        return {part: text for part, text in texts.items() if text} or None

    def judge(self, question: Question, value: Any) -> list[Problem]:
        problems = []
        for part, text in value.items():
            if fault := part_fault(part, text):
                problems.append(self.problem(question, fault[0], part, **fault[1]))
        for group in question.needs or self.needs:
            if not any(part in value for part in group):
                problems.append(self.problem(question, NEEDS[group], group[0]))
        return problems

    def meaning(self, value: Any) -> ConditionValue:
        return list(value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        return "\n".join(value[part] for part in self.names if part in value)

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        columns: dict[str, Scalar] = {part: None if value is None else value.get(part) for part in self.names}
        if columns.get("url"):
            columns["url"] = full_url(str(columns["url"]))
        return columns


class Person(Contact):
    """A person: {"name", "office", "email", "phone"}; personal data, which the storing room keeps apart and erases in time."""

    name = "person"
    missing = N_("Scrivi chi compila e come contattarlo.")
    names = ("name", "office", "email", "phone")
    needs = (("name",), ("email", "phone"))
